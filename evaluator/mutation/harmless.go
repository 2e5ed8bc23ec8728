package mutation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/cistern-audit/cistern/snapshots"
)

// reordered is the snapshot as it is read from a file that has every list and the keys of every object backwards.
func reordered(s *snapshots.Snapshot) *snapshots.Snapshot {
	text, err := s.Canonical()
	if err != nil {
		return s
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return s
	}
	var b bytes.Buffer
	backwards(&b, tree)
	if again, err := snapshots.Read(&b); err == nil {
		return again
	}
	return s
}

func backwards(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		slices.Reverse(keys)
		b.WriteByte('{')
		for i, key := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(b, "%s:", quoted(key))
			backwards(b, v[key])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			backwards(b, v[len(v)-1-i])
		}
		b.WriteByte(']')
	default:
		b.Write(quoted(v))
	}
}

// quoted is a text, number, boolean or null as JSON.
func quoted(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		return []byte("null")
	}
	return text
}

// redecorated changes what says nothing of how things work.
func redecorated(s *snapshots.Snapshot) *snapshots.Snapshot {
	news := snapshots.Extra{"Novelty": json.RawMessage(`{"since":2026}`)}
	s.Extra = news
	for i := range s.CloudTrail.Trails {
		s.CloudTrail.Trails[i].Extra = news
	}
	for i := range s.Logs.MetricFilters {
		f := &s.Logs.MetricFilters[i]
		f.Extra, f.CreationTime = news, snapshots.Of(int64(1700000000000))
	}
	for i := range s.CloudWatch.Alarms {
		a := &s.CloudWatch.Alarms[i]
		a.Extra, a.AlarmDescription, a.StateValue = news, snapshots.Of("Threshold 10, actions disabled"), snapshots.Of("INSUFFICIENT_DATA")
		a.StateUpdatedTimestamp = snapshots.Of(s.CollectedAt)
	}
	for i := range s.SNS.Topics {
		s.SNS.Topics[i].Extra = news
	}
	for i := range s.SNS.Subscriptions {
		s.SNS.Subscriptions[i].Extra = news
	}
	return s
}

// home is a region where something unrelated may be.
func home(s *snapshots.Snapshot) string {
	for _, t := range s.CloudTrail.Trails {
		return t.Region
	}
	return "us-east-1"
}

func arn(s *snapshots.Snapshot, service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.Account.Partition, service, home(s), s.Account.ID, resource)
}

func moreAlarms(s *snapshots.Snapshot) *snapshots.Snapshot {
	s.CloudWatch.Alarms = append(s.CloudWatch.Alarms, snapshots.Alarm{
		Region: home(s), AlarmName: "unrelated-cpu", AlarmArn: arn(s, "cloudwatch", "alarm:unrelated-cpu"),
		Namespace: snapshots.Of("AWS/EC2"), MetricName: snapshots.Of("CPUUtilization"), Statistic: snapshots.Of("Average"),
		Period: snapshots.Of(int64(300)), EvaluationPeriods: snapshots.Of(int64(3)), Threshold: snapshots.Of(90.0),
		ComparisonOperator: snapshots.Of("GreaterThanThreshold"), ActionsEnabled: snapshots.Of(false), AlarmActions: []string{},
	})
	return s
}

func moreFilters(s *snapshots.Snapshot) *snapshots.Snapshot {
	group := "unrelated"
	for _, f := range s.Logs.MetricFilters {
		group = f.LogGroupName
		break
	}
	s.Logs.MetricFilters = append(s.Logs.MetricFilters, snapshots.MetricFilter{
		Region: home(s), LogGroupName: group, FilterName: "unrelated", FilterPattern: snapshots.Of("{ $.eventName = RunInstances }"),
		MetricTransformations: []snapshots.MetricTransformation{{MetricName: "Unrelated", MetricNamespace: "Unrelated", MetricValue: snapshots.Of("1")}},
	})
	return s
}

func moreTopics(s *snapshots.Snapshot) *snapshots.Snapshot {
	s.SNS.Topics = append(s.SNS.Topics, snapshots.Topic{Region: home(s), TopicArn: arn(s, "sns", "unrelated")})
	return s
}

func moreGroups(s *snapshots.Snapshot) *snapshots.Snapshot {
	if s.Logs.LogGroups != nil {
		s.Logs.LogGroups = append(s.Logs.LogGroups, snapshots.LogGroup{Region: home(s), LogGroupName: "unrelated"})
	}
	return s
}

func oldMuteRule(s *snapshots.Snapshot) *snapshots.Snapshot {
	var names []string
	for _, a := range s.CloudWatch.Alarms {
		names = append(names, a.AlarmName)
	}
	addMuteRule(s, home(s), snapshots.MuteRule{Status: snapshots.Of("EXPIRED"), MuteTargets: &snapshots.MuteTargets{AlarmNames: names}})
	return s
}
