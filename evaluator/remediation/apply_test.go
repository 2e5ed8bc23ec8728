package remediation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

// cloud is an account that answers the calls of plans, as far as they need it: each call does what AWS says it does, and nothing else.
type cloud struct {
	t *testing.T
	s *snapshots.Snapshot
}

// make makes the calls of a plan, its variables with their values.
func (c *cloud) make(p *Plan) {
	c.t.Helper()
	for _, change := range p.Changes {
		for _, call := range change.Calls {
			text, err := call.Parameters.MarshalJSON()
			if err != nil {
				c.t.Fatal(err)
			}
			c.call(change.Region, call.Operation, []byte(p.Resolve(string(text))))
		}
	}
}

func (c *cloud) read(text []byte, into any) {
	c.t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
}

func (c *cloud) call(region, operation string, in []byte) {
	c.t.Helper()
	account, partition := c.s.Account.ID, c.s.Account.Partition
	switch operation {
	case "create-bucket", "put-public-access-block", "put-bucket-policy", "create-role": // not in a snapshot
	case "put-role-policy": // by which deliveries succeed again
		for i := range c.s.CloudTrail.Trails {
			status := c.s.CloudTrail.Trails[i].Status
			status.LatestCloudWatchLogsDeliveryError, status.LatestCloudWatchLogsDeliveryTime = nil, &c.s.CollectedAt
		}
	case "create-log-group":
		var g struct{ LogGroupName string }
		c.read(in, &g)
		c.s.Logs.LogGroups = append(c.s.Logs.LogGroups, snapshots.LogGroup{Region: region, LogGroupName: g.LogGroupName})
	case "create-trail", "update-trail", "start-logging", "put-event-selectors":
		c.trail(region, operation, in)
	case "create-topic":
		var topic struct{ Name string }
		c.read(in, &topic)
		arn := strings.Join([]string{"arn", partition, "sns", region, account, topic.Name}, ":")
		c.s.SNS.Topics = append(c.s.SNS.Topics, snapshots.Topic{Region: region, TopicArn: arn})
	case "subscribe":
		var n struct{ TopicArn, Protocol, Endpoint string }
		c.read(in, &n)
		if topicAt(c.s, n.TopicArn) == nil {
			c.t.Fatalf("subscribe: there is no topic %s", n.TopicArn)
		}
		c.s.SNS.Subscriptions = append(c.s.SNS.Subscriptions, snapshots.Subscription{
			Region: region, TopicArn: n.TopicArn, SubscriptionArn: n.TopicArn + ":1", Protocol: n.Protocol, Endpoint: n.Endpoint,
		})
	case "put-metric-filter":
		c.filter(region, in)
	case "put-metric-alarm":
		c.alarm(region, in)
	case "enable-alarm-actions":
		var names struct{ AlarmNames []string }
		c.read(in, &names)
		alarmAt(c.s, region, names.AlarmNames[0]).ActionsEnabled = snapshots.Of(true)
	case "enable-security-hub":
		c.s.SecurityHub.Hubs = append(c.s.SecurityHub.Hubs, snapshots.Hub{Region: region, HubArn: "arn:aws:securityhub:" + region + ":" + account + ":hub/default"})
	default:
		c.t.Fatalf("%s: nobody answers it", operation)
	}
}

func (c *cloud) filter(region string, in []byte) {
	c.t.Helper()
	var f snapshots.MetricFilter
	c.read(in, &f)
	f.Region = region
	if groupAt(c.s, region, f.LogGroupName) == nil {
		c.t.Fatalf("put-metric-filter: there is no log group %s", f.LogGroupName)
	}
	if was := filterAt(c.s, region, f.LogGroupName, f.FilterName); was != nil {
		*was = f
		return
	}
	c.s.Logs.MetricFilters = append(c.s.Logs.MetricFilters, f)
}

func (c *cloud) alarm(region string, in []byte) {
	c.t.Helper()
	var a snapshots.Alarm
	c.read(in, &a)
	a.Region = region
	a.AlarmArn = strings.Join([]string{"arn", c.s.Account.Partition, "cloudwatch", region, c.s.Account.ID, "alarm", a.AlarmName}, ":")
	if was := alarmAt(c.s, region, a.AlarmName); was != nil {
		*was = a
		return
	}
	c.s.CloudWatch.Alarms = append(c.s.CloudWatch.Alarms, a)
}

// trailCall is the input of the calls about trails.
type trailCall struct {
	Name, TrailName, S3BucketName, KmsKeyId          string
	CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn string
	IsMultiRegionTrail, IncludeGlobalServiceEvents   *bool
	EnableLogFileValidation                          *bool
	EventSelectors                                   []snapshots.EventSelector
	AdvancedEventSelectors                           []snapshots.AdvancedEventSelector
}

func (c *cloud) trail(region, operation string, in []byte) {
	c.t.Helper()
	var call trailCall
	c.read(in, &call)
	if operation == "create-trail" {
		c.s.CloudTrail.Trails = append(c.s.CloudTrail.Trails, snapshots.Trail{
			Region: region, Name: call.Name, TrailARN: "arn:" + c.s.Account.Partition + ":cloudtrail:" + region + ":" + c.s.Account.ID + ":trail/" + call.Name,
			S3BucketName: &call.S3BucketName, EventSelectors: []snapshots.EventSelector{everything()},
			Status: &snapshots.TrailStatus{IsLogging: snapshots.Of(false)},
		})
	}
	name := call.Name + call.TrailName
	t := find(c.s.CloudTrail.Trails, func(t *snapshots.Trail) bool { return t.Name == name && t.Region == region })
	if t == nil {
		c.t.Fatalf("%s: there is no trail %s", operation, name)
	}
	if operation == "start-logging" {
		t.Status.IsLogging = snapshots.Of(true)
	}
	for _, text := range []struct {
		to   **string
		from string
	}{{&t.KmsKeyId, call.KmsKeyId}, {&t.CloudWatchLogsLogGroupArn, call.CloudWatchLogsLogGroupArn}, {&t.CloudWatchLogsRoleArn, call.CloudWatchLogsRoleArn}} {
		if text.from != "" {
			*text.to = &text.from
		}
	}
	for _, b := range []struct{ to, from **bool }{
		{&t.IsMultiRegionTrail, &call.IsMultiRegionTrail}, {&t.IncludeGlobalServiceEvents, &call.IncludeGlobalServiceEvents},
		{&t.LogFileValidationEnabled, &call.EnableLogFileValidation},
	} {
		if *b.from != nil {
			*b.to = *b.from
		}
	}
	if call.EventSelectors != nil {
		t.EventSelectors, t.AdvancedEventSelectors = call.EventSelectors, nil
	}
	if call.AdvancedEventSelectors != nil {
		t.EventSelectors, t.AdvancedEventSelectors = nil, call.AdvancedEventSelectors
	}
	t.Status.LatestCloudWatchLogsDeliveryError = nil
	t.Status.LatestCloudWatchLogsDeliveryTime = snapshots.Of(c.s.CollectedAt)
}

// confirmAll confirms what is pending, as the steps ask.
func (c *cloud) confirmAll() {
	for i := range c.s.SNS.Subscriptions {
		if n := &c.s.SNS.Subscriptions[i]; n.SubscriptionArn == "PendingConfirmation" {
			n.SubscriptionArn = n.TopicArn + ":1"
		}
	}
}
