package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// way is what mends one way in which a link breaks. Names in braces are those of the finding.
type way struct {
	link string
	says string // in the finding's message; any other way of the link if empty
	text string
}

// ways are the ways out of a broken chain, by link. Where a finding says two things of one link, the last of the link, which holds for all,
// is given.
var ways = [...]way{
	{"trail", " has no trail that records every region", "Create a trail that records every region, let it deliver to a CloudWatch Logs log group, and start it (create-trail with --is-multi-region-trail, start-logging). " +
		"On the log group put a metric filter {pattern}, and behind it {rest}."},
	{"trail", " is not logging", "Start {trail} (start-logging)."},
	{"trail", " records its home region ", "Let {trail} record every region (update-trail with --is-multi-region-trail)."},
	{"trail", "", "Let a trail record every region, and keep it logging."},
	{"event_selectors", "", "Let {trail} record all management events, those that read and those that write, and leave none out (put-event-selectors)."},
	{"log_group", " delivers to no CloudWatch Logs log group", "Give {trail} a CloudWatch Logs log group, and a role that may write to it (update-trail with --cloud-watch-logs-log-group-arn and --cloud-watch-logs-role-arn)."},
	{"log_group", " could not deliver to ", "Mend the delivery of {trail}: its role must be allowed logs:CreateLogStream and logs:PutLogEvents on the log group, and the log group must exist."},
	{"log_group", ", which does not exist", "Create the log group that {trail} delivers to, or let the trail deliver to one that exists (update-trail with --cloud-watch-logs-log-group-arn)."},
	{"log_group", "", "Let {trail} deliver to a CloudWatch Logs log group that exists and that its role may write to."},
	{"metric_filter", " has no metric filter", "Put a metric filter {pattern} on {group}, and behind it {rest}."},
	{"metric_filter", " is about this control", "Put a metric filter {pattern} on {group}, and behind it {rest}."},
	{"metric_filter", " counts each match as ", "Let {filters} count each match as 1 (metricValue 1)."},
	{"metric_filter", "", "Let a metric filter {pattern} on {group} count each match as 1."},
	{"alarm", "no alarm watches its metric ", "Put an alarm on {metric}: Sum >= 1 in one period, with an SNS topic that somebody confirmed as its action."},
	{"alarm", " while the metric is in ", "Let {alarms} watch the metric that {filters} feeds: in the region and the namespace of that metric."},
	{"alarm", " while the metric has ", "Let {alarms} watch the metric with the dimensions that {filters} gives it."},
	{"alarm", ", the filter's name; the metric is ", "Let {alarms} watch the metric that {filters} feeds, by the metric's name."},
	{"alarm", " is muted by an alarm mute rule", "End the mute rule that silences {alarms}."},
	{"alarm", " events in ", "Let {alarms} ring for a single event: Sum >= 1 in one period."},
	{"alarm", "", "Let {alarms} watch the metric and ring for a single event: Sum >= 1 in one period, missing data not breaching, no unit, not muted."},
	{"action", "has its actions switched off", "Switch the actions of {alarms} on (enable-alarm-actions)."},
	{"action", "has no action for the ALARM state", "Give {alarms} an SNS topic with a confirmed subscriber as the action of its ALARM state."},
	{"action", ", which is no SNS topic", "Add an SNS topic with a confirmed subscriber to the actions of {alarms}: what it acts on now tells nobody."},
	{"action", "", "Let {alarms} have its actions switched on, and an SNS topic with a confirmed subscriber among those of its ALARM state."},
	{"topic", ", which does not exist", "Create {topics} again with a confirmed subscriber, or let {alarms} notify a topic that exists."},
	{"topic", " is encrypted with alias/aws/sns", "Encrypt {topics} with a customer managed key whose policy allows cloudwatch.amazonaws.com to call kms:Decrypt and kms:GenerateDataKey*, or with none."},
	{"topic", "", "Let {alarms} notify an SNS topic that exists, and that CloudWatch may publish to."},
	{"subscription", " pending)", "Have the subscriber of {topics} confirm: the link is in the message that SNS sent. If it is lost or too old, subscribe again."},
	{"subscription", "", "Subscribe somebody to {topics}, and have the subscription confirmed."},
}

// undecided are the ways out where nobody can decide what was read.
var undecided = map[string]string{
	"event_selectors": "Let {trail} record all management events, so that nothing depends on its selectors.",
	"metric_filter":   "Let a metric filter {pattern} count each match as 1, with no further selection.",
	"pattern":         "Put one metric filter {pattern} on {group}, so that nothing depends on the others together.",
	"alarm":           "Put an alarm on the metric itself that rings for a single event: Sum >= 1 in one period, a fixed threshold, not muted.",
	"action":          "Let {alarms} notify an SNS topic itself.",
}

// behindFilter is what must follow a metric filter.
const behindFilter = "an alarm of Sum >= 1 in one period on its metric, which notifies an SNS topic with a confirmed subscriber"

var (
	// uncollected is how a finding asks for a call. Only permissions to read are passed on: names in an account may say anything.
	uncollected = regexp.MustCompile(`collect ([a-z0-9-]+(?: --alarm-types CompositeAlarm)?) in (\S+|every region|any region) of account ([0-9]{12}) \(permission ([a-z0-9-]+:(?:Get|List|Describe)[A-Za-z]+)\)(?:: ([a-z_ ]+))?`)
	absentee    = regexp.MustCompile(`account ([0-9]{12}) is not among the snapshots`)
	mistaken    = regexp.MustCompile(`its alarm (.+?) (?:watches namespace|is in|has|watches metric) `)
	unfiltered  = regexp.MustCompile(`^log group (.+) has no metric filter$`)
	folded      = regexp.MustCompile(`[ \t]*[\r\n][ \t\r\n]*`) // a pattern in a policy may have several lines
	unwatched   = regexp.MustCompile(`no alarm watches its metric (.+) in ([a-z0-9-]+)(?: \(and so for [0-9]+ more\))?$`)
)

// WayOut says what to do about a finding of a result: of the very link that broke or is not known, or else what the control says in general. The
// text may hold names of the account, as messages do.
func WayOut(r *Result, f *Finding) string {
	if f == nil {
		return r.Remediation
	}
	text := ""
	switch f.Status {
	case Fail:
		text = wayOfFailure(f)
	case Unknown:
		text = wayOfUnknown(f)
	}
	if text == "" {
		return r.Remediation
	}
	return text
}

// WaysOut are those of the findings that decided a result, each once.
func WaysOut(r *Result) []string {
	var all []string
	found := deciding(r)
	for i := range found {
		if text := WayOut(r, &found[i]); text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(found) == 0 && r.Remediation != "" {
		all = []string{r.Remediation}
	}
	return all
}

// wayLine is WaysOut in one line.
func wayLine(r *Result) string {
	all := WaysOut(r)
	if more := len(all) - mostWays; more > 0 {
		all = append(slices.Clone(all[:mostWays]), fmt.Sprintf("And %d more.", more))
	}
	return plain(strings.Join(all, " "))
}

// mostWays are shown of one control.
const mostWays = 5

func wayOfFailure(f *Finding) string {
	_, chained := f.Evidence["wanted"]
	if f.Link == "pattern" && chained {
		return wayOfPattern(f)
	}
	text := ""
	said := 0
	for _, w := range ways {
		switch {
		case w.link != f.Link:
		case w.says == "" && said != 1:
			text = w.text
		case w.says != "" && strings.Contains(f.Message, w.says):
			said++
			text = w.text
		}
	}
	// A trail that is there and does not record fails every control about trails alike; all else is known of chains only.
	if !chained && (f.Link != "trail" || said != 1 || strings.Contains(f.Message, ways[0].says)) {
		return ""
	}
	return f.named(text)
}

func wayOfUnknown(f *Finding) string {
	if m := uncollected.FindStringSubmatch(f.Message); m != nil {
		call := fmt.Sprintf("%s in %s of account %s (permission %s)", m[1], m[2], m[3], m[4])
		switch why := m[5]; {
		case strings.HasPrefix(why, "it was not collected"), strings.HasPrefix(why, "nobody asked"), strings.HasPrefix(why, "not_attempted"):
			return "Collect again, with " + call + "."
		case strings.HasPrefix(why, "error"), strings.HasPrefix(why, "throttled"):
			return "Collect again: AWS did not answer " + call + "."
		}
		return "Let the role that collects call " + call + ", and collect again."
	}
	if m := absentee.FindStringSubmatch(f.Message); m != nil {
		return "Collect account " + m[1] + ", too, and evaluate the snapshots together."
	}
	if strings.HasPrefix(f.Message, "the policy could not judge: ") {
		return "Mend the policy, and evaluate again; cistern policy check says what is wrong with it."
	}
	if _, chained := f.Evidence["wanted"]; !chained {
		return ""
	}
	return f.named(undecided[f.Link])
}

// wayOfPattern says which events the filters must catch, too.
func wayOfPattern(f *Finding) string {
	missed := "what the event above stands for"
	if names := texts(f.Evidence["missed"]); len(names) > 0 {
		missed = few(names)
	}
	text := "Let a metric filter of {group} catch " + missed + ", too"
	if len(texts(f.Evidence["filters"])) > 0 {
		text = "Let {filters} catch " + missed + ", too"
	}
	if left := texts(f.Evidence["excluded_by"]); len(left) > 0 {
		text += ", which is left out now by " + few(left)
	}
	return f.named(text + ": either one filter {pattern}, or a second filter that feeds the same metric with the rest. A pattern takes 1,024 characters at most.")
}

// named puts the names of the finding where a text asks for them, or what stands for them where it has none.
func (f *Finding) named(text string) string {
	if text == "" {
		return ""
	}
	var topics []string
	for _, action := range texts(f.Evidence["actions"]) {
		if arn := strings.SplitN(action, ":", 4); len(arn) == 4 && arn[2] == "sns" {
			topics = append(topics, action)
		}
	}
	if len(topics) == 0 && (f.Link == "topic" || f.Link == "subscription") {
		topics = nonEmpty(f.Resource)
	}
	trail, group, metric := "the trail", "the trail's log group", "the filter's metric"
	for _, arn := range texts(f.Evidence["trail"]) {
		trail = "trail " + lastOf(arn, "/")
	}
	for _, arn := range texts(f.Evidence["log_group"]) {
		group = "log group " + groupName(arn)
	}
	if m := unfiltered.FindStringSubmatch(f.Message); m != nil {
		group = "log group " + m[1]
	}
	if m := unwatched.FindStringSubmatch(f.Message); m != nil {
		metric = "metric " + m[1] + " in " + m[2]
	}
	alarms := texts(f.Evidence["alarms"])
	if m := mistaken.FindStringSubmatch(f.Message); m != nil { // it watches another metric, so it is none of the filter's
		alarms = m[1:2]
	}
	return strings.NewReplacer(
		"{trail}", trail, "{group}", group, "{metric}", metric, "{rest}", behindFilter, "{pattern}", accepted(f),
		"{filters}", namesOr(texts(f.Evidence["filters"]), "metric filter", "metric filters", "the metric filter"),
		"{alarms}", namesOr(alarms, "alarm", "alarms", "the alarm"),
		"{topics}", namesOr(topics, "topic", "topics", "the alarm's topic"),
	).Replace(text)
}

func namesOr(names []string, one, many, none string) string {
	if len(names) == 0 {
		return none
	}
	return count(names, one, many)
}

// accepted is the shortest pattern that a control accepts, if CloudWatch takes it.
func accepted(f *Finding) string {
	const most = 1024
	best := ""
	for _, pattern := range texts(f.Evidence["wanted"]) {
		if n := utf8.RuneCountInString(pattern); n <= most && (best == "" || n < utf8.RuneCountInString(best)) {
			best = pattern
		}
	}
	if best == "" {
		return "whose pattern catches all events of the control"
	}
	return "with the pattern " + folded.ReplaceAllString(best, " ")
}
