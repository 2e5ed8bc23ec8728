package remediation

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// mendTopic are the ways to let somebody hear an alarm that tells a topic which is not there, or which nobody hears.
func (c *scene) mendTopic() []move {
	dead := c.told()
	alarms, accounts := c.pointedAlarms()
	var replace []move
	for i, a := range alarms[:min(len(alarms), fewTried)] {
		replace = append(replace, c.addAction(a, accounts[i], dead))
	}
	if c.finding.Link == "topic" {
		var again []move
		if !strings.Contains(c.finding.Message, "is encrypted with alias/aws/sns") {
			for _, topic := range dead {
				again = append(again, c.createAgain(topic))
			}
		}
		if c.hasTopic(alarms, accounts) {
			return append(replace, again...)
		}
		return append(again, replace...)
	}
	var hear []move
	for _, topic := range dead {
		hear = append(hear, c.confirm(topic))
	}
	for _, topic := range dead {
		hear = append(hear, c.subscribe(topic))
	}
	replace = replace[:0]
	fifo := slices.DeleteFunc(dead, func(topic string) bool { return !isFIFO(topic) })
	for i, a := range alarms[:min(len(alarms), fewTried)] {
		replace = append(replace, c.addAction(a, accounts[i], fifo))
	}
	return append(hear, replace...)
}

// told are the topics that the finding's alarms tell.
func (c *scene) told() []string {
	var topics []string
	for _, action := range textsOf(c.finding.Evidence["actions"]) {
		if arn, ok := snapshots.ParseARN(action); ok && arn.Service == "sns" {
			topics = append(topics, action)
		}
	}
	return topics
}

// hasTopic tells whether the place of the first alarm has a topic that it may tell.
func (c *scene) hasTopic(alarms []*snapshots.Alarm, accounts []string) bool {
	return len(alarms) > 0 && len(c.listening(&c.w.accounts, accounts[0], alarms[0].Region, c.told())) > 0
}

// topicFor is the topic that an alarm of a region shall tell: the one that was asked for, one that somebody hears, else a new one.
func (c *scene) topicFor(d *draft, account, region string, but []string) string {
	s := d.edit(account)
	if s == nil {
		return ""
	}
	if chosen := c.chosen(s, region); chosen != nil {
		arn := chosen.TopicArn
		if !heard(s, arn) {
			d.hear(c, s, arn)
		}
		return arn
	}
	if found := c.listening(&d.accounts, account, region, but); len(found) > 0 {
		return found[0]
	}
	arn := strings.Join([]string{"arn", s.Account.Partition, "sns", region, account, mark(TopicName)}, ":")
	d.haveTopic(c, s, region, arn, "Create topic "+mark(TopicName)+" for the alarms.")
	return arn
}

// chosen is the topic of a region that the user named; nil if it is not there.
func (c *scene) chosen(s *snapshots.Snapshot, region string) *snapshots.Topic {
	if c.options.Topic == "" {
		return nil
	}
	return find(s.SNS.Topics, func(t *snapshots.Topic) bool {
		return t.Region == region && !isFIFO(t.TopicArn) && (t.TopicArn == c.options.Topic || lastPart(t.TopicArn) == c.options.Topic)
	})
}

// listening are the topics of a region that somebody hears and that an alarm may tell, the fittest first: those that alarms of metric
// filters tell already, those that other alarms do, those with a subscriber who is a person.
func (c *scene) listening(accounts *[]*place, account, region string, but []string) []string {
	i := slices.IndexFunc(*accounts, func(p *place) bool { return p.snapshot.Account.ID == account })
	if i < 0 {
		return nil
	}
	s := (*accounts)[i].snapshot
	told := map[string]int{}
	for _, a := range s.CloudWatch.Alarms {
		for _, action := range a.AlarmActions {
			told[action]++
			if a.MetricName != nil && a.Namespace != nil && fed(s, a.Region, *a.Namespace, *a.MetricName) {
				told[action] += len(s.CloudWatch.Alarms)
			}
		}
	}
	var found []string
	for i := range s.SNS.Topics {
		t := &s.SNS.Topics[i]
		if t.Region == region && !slices.Contains(but, t.TopicArn) && heard(s, t.TopicArn) && mayTell(t) &&
			(told[t.TopicArn] > 0 || reachesPerson(s, t.TopicArn) || t.TopicArn == c.newTopic(s, region)) {
			found = append(found, t.TopicArn)
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(told[b]-told[a], cmp.Compare(purpose(lastPart(b)), purpose(lastPart(a))), strings.Compare(a, b))
	})
	return found
}

func (c *scene) newTopic(s *snapshots.Snapshot, region string) string {
	return strings.Join([]string{"arn", s.Account.Partition, "sns", region, s.Account.ID, mark(TopicName)}, ":")
}

// purpose tells whether a topic's name says that it is for such news.
func purpose(name string) int {
	name = strings.ToLower(name)
	score := 0
	for _, word := range []string{"security", "secops", "cis", "audit", "cloudtrail", "alarm", "alert"} {
		if strings.Contains(name, word) {
			score++
		}
	}
	return score
}

// heard tells whether somebody confirmed a subscription to a topic.
func heard(s *snapshots.Snapshot, topic string) bool {
	return slices.ContainsFunc(s.SNS.Subscriptions, func(n snapshots.Subscription) bool {
		return n.TopicArn == topic && strings.HasPrefix(n.SubscriptionArn, "arn:")
	})
}

// reachesPerson tells whether a confirmed subscriber is a person, or a service that calls one: not another program's queue.
func reachesPerson(s *snapshots.Snapshot, topic string) bool {
	return slices.ContainsFunc(s.SNS.Subscriptions, func(n snapshots.Subscription) bool {
		return n.TopicArn == topic && strings.HasPrefix(n.SubscriptionArn, "arn:") && slices.Contains([]string{"email", "email-json", "sms", "https"}, n.Protocol)
	})
}

// mayTell tells whether an alarm of the topic's account may publish to it, as far as its attributes say: it is no FIFO topic, CloudWatch may
// use its key, and its policy allows CloudWatch, or the account, to publish.
func mayTell(t *snapshots.Topic) bool {
	if isFIFO(t.TopicArn) {
		return false
	}
	if t.Attributes == nil {
		return true
	}
	if strings.HasSuffix(orEmpty(t.Attributes.KmsMasterKeyId), "alias/aws/sns") {
		return false
	}
	return t.Attributes.Policy == nil || allowsAlarms(*t.Attributes.Policy)
}

// isFIFO tells whether a topic is a FIFO topic: alarms cannot tell it, nor does it send mail.
func isFIFO(topic string) bool { return strings.HasSuffix(topic, ".fifo") }

// allowsAlarms reads a topic's policy as far as alarms are concerned. What it cannot read does not allow.
func allowsAlarms(text string) bool {
	var policy struct {
		Statement []struct {
			Effect    string
			Principal any
			Action    any
			Condition map[string]any
		}
	}
	if json.Unmarshal([]byte(text), &policy) != nil {
		return false
	}
	allowed := false
	for _, s := range policy.Statement {
		publishes := slices.ContainsFunc(textsOf(s.Action), func(action string) bool {
			action = strings.ToLower(action)
			return action == "sns:publish" || action == "sns:*" || action == "*" || action == "sns:pub*"
		})
		if !publishes || !meansAlarms(s.Principal) {
			continue
		}
		switch s.Effect {
		case "Deny":
			if len(s.Condition) == 0 {
				return false
			}
		case "Allow":
			allowed = true
		}
	}
	return allowed
}

func meansAlarms(principal any) bool {
	if principal == "*" {
		return true
	}
	who, _ := principal.(map[string]any)
	return slices.Contains(textsOf(who["AWS"]), "*") || slices.Contains(textsOf(who["Service"]), "cloudwatch.amazonaws.com")
}

// createAgain makes a topic that alarms tell and that is not there, so that no alarm needs a change.
func (c *scene) createAgain(topic string) move {
	return func(d *draft) bool {
		arn, _ := snapshots.ParseARN(topic)
		s := d.edit(arn.Account)
		if s == nil || isFIFO(topic) || topicAt(s, topic) != nil {
			return false
		}
		d.haveTopic(c, s, arn.Region, topic, fmt.Sprintf("Create topic %s again: alarms tell it, and it is not there.", arn.Resource))
		return true
	}
}

// haveTopic makes a topic that somebody hears.
func (d *draft) haveTopic(c *scene, s *snapshots.Snapshot, region, arn, why string) {
	if topicAt(s, arn) == nil {
		s.SNS.Topics = append(s.SNS.Topics, snapshots.Topic{Region: region, TopicArn: arn})
		d.touch(ref{TopicKind, s.Account.ID, region, arn}, touch{create: true, why: why})
	}
	if !heard(s, arn) {
		d.hear(c, s, arn)
	}
}

// subscribe lets somebody hear a topic.
func (c *scene) subscribe(topic string) move {
	return func(d *draft) bool {
		arn, _ := snapshots.ParseARN(topic)
		s := d.edit(arn.Account)
		if s == nil || isFIFO(topic) || heard(s, topic) {
			return false
		}
		d.hear(c, s, topic)
		return true
	}
}

// hear subscribes the plan's e-mail address, which its owner must then confirm.
func (d *draft) hear(_ *scene, s *snapshots.Snapshot, topic string) {
	arn, _ := snapshots.ParseARN(topic)
	s.SNS.Subscriptions = append(s.SNS.Subscriptions, snapshots.Subscription{
		Region: arn.Region, TopicArn: topic, SubscriptionArn: topic + ":" + confirmed, Protocol: "email", Endpoint: mark(TopicEmail), Owner: &s.Account.ID,
	})
	count(s, topic)
	d.touch(ref{SubscriptionKind, s.Account.ID, arn.Region, topic}, touch{
		create: true, why: fmt.Sprintf("Subscribe %s to topic %s.", mark(TopicEmail), lastPart(topic)),
	})
	d.promise(promise{
		assumes: fmt.Sprintf("%s confirms the subscription to topic %s", mark(TopicEmail), lastPart(topic)),
		about:   ref{SubscriptionKind, s.Account.ID, arn.Region, topic},
		step: &Step{
			When: After, Account: s.Account.ID,
			Text: fmt.Sprintf("Confirm the subscription of %s to topic %s: AWS sends a mail with a link that is good for three days. Until then nobody hears the alarms.",
				mark(TopicEmail), lastPart(topic)),
		},
	})
}

// confirmed is the id that the proof gives to a subscription that is yet to be made.
const confirmed = "00000000-0000-0000-0000-000000000000"

// confirm takes for granted that a subscriber whose confirmation is pending confirms.
func (c *scene) confirm(topic string) move {
	return func(d *draft) bool {
		arn, _ := snapshots.ParseARN(topic)
		s := d.edit(arn.Account)
		if s == nil || isFIFO(topic) {
			return false
		}
		for i := range s.SNS.Subscriptions {
			n := &s.SNS.Subscriptions[i]
			if n.TopicArn != topic || n.SubscriptionArn != "PendingConfirmation" {
				continue
			}
			n.SubscriptionArn = topic + ":" + confirmed
			count(s, topic)
			who := cmp.Or(n.Endpoint, "the subscriber")
			d.promise(promise{
				assumes: fmt.Sprintf("%s confirms the subscription to topic %s", who, lastPart(topic)),
				about:   ref{SubscriptionKind, s.Account.ID, arn.Region, topic},
				step: &Step{
					When: After, Account: s.Account.ID,
					Text: fmt.Sprintf("Confirm the pending subscription of %s (%s) to topic %s. The link in the message of AWS is good for three days; the command sends another.",
						who, n.Protocol, lastPart(topic)),
					Commands: []string{shellCall(Call{"sns", "subscribe", Object{{"TopicArn", topic}, {"Protocol", n.Protocol}, {"Endpoint", n.Endpoint}}}, arn.Region)},
				},
			})
			return true
		}
		return false
	}
}

// count lets the topic's own attributes tell of one confirmed subscription more.
func count(s *snapshots.Snapshot, topic string) {
	if t := topicAt(s, topic); t != nil && t.Attributes != nil && t.Attributes.SubscriptionsConfirmed != nil {
		t.Attributes.SubscriptionsConfirmed = snapshots.Of("1")
	}
}
