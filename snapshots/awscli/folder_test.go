package awscli_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

const (
	id    = "111122223333"
	home  = id + "/us-east-1/"
	trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events"
	topic = "arn:aws:sns:us-east-1:111122223333:security-alarms"
	when  = "2026-01-05T10:00:00Z"
)

// folder is the compliant sample as the script of this package would have saved it.
func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	put := func(name string, value any) {
		out[id+"/"+name] = &fstest.MapFile{Data: answer(t, value), ModTime: time.Unix(1, 0)}
	}
	put("sts-get-caller-identity.json", map[string]any{"Account": id, "Arn": s.Collection.Caller.ARN, "UserId": *s.Collection.Caller.UserID})
	put("ec2-describe-regions.json", map[string]any{"Regions": []any{
		map[string]string{"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required", "Endpoint": "x"},
		map[string]string{"RegionName": "eu-west-1"}, map[string]string{"RegionName": "me-south-1", "OptInStatus": "not-opted-in"}}})
	put("iam-list-account-aliases.json", map[string]any{"AccountAliases": []string{"example"}, "IsTruncated": false})
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		put(region+"/cloudtrail-describe-trails.json", map[string]any{"trailList": without(t, s.CloudTrail.Trails, "region", "seen_in", "Status", "EventSelectors")})
		put(region+"/logs-describe-metric-filters.json", map[string]any{"metricFilters": in(t, s.Logs.MetricFilters, region)})
		put(region+"/logs-describe-log-groups.json", map[string]any{"logGroups": in(t, s.Logs.LogGroups, region)})
		put(region+"/cloudwatch-describe-alarms.json", map[string]any{"MetricAlarms": in(t, s.CloudWatch.Alarms, region), "CompositeAlarms": []any{}, "LogAlarms": []any{}})
		put(region+"/cloudwatch-list-alarm-mute-rules.json", map[string]any{"AlarmMuteRuleSummaries": []any{}})
		topics := []any{}
		if region == "us-east-1" {
			topics = append(topics, map[string]string{"TopicArn": topic})
		}
		put(region+"/sns-list-topics.json", map[string]any{"Topics": topics})
		put(region+"/sns-list-subscriptions.json", map[string]any{"Subscriptions": in(t, s.SNS.Subscriptions, region)})
		put(region+"/securityhub-describe-hub.json", in(t, s.SecurityHub.Hubs, region)[0])
	}
	put("us-east-1/cloudtrail-get-trail-status.management-events.json", s.CloudTrail.Trails[0].Status)
	put("us-east-1/cloudtrail-get-event-selectors.management-events.json", map[string]any{"TrailARN": trail,
		"EventSelectors": without(t, s.CloudTrail.Trails[0].EventSelectors)})
	put("us-east-1/sns-get-topic-attributes."+url.QueryEscape(topic)+".json", map[string]any{"Attributes": s.SNS.Topics[0].Attributes})
	put("us-east-1/sns-list-subscriptions-by-topic."+url.QueryEscape(topic)+".json", map[string]any{"Subscriptions": in(t, s.SNS.Subscriptions, "us-east-1")})
	out[id+"/collected-at.txt"] = &fstest.MapFile{Data: []byte(when + "\n")}
	return out
}

// answer is a value as the AWS CLI prints it.
func answer(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.MarshalIndent(generic(t, value), "", "    ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// generic is a value of the snapshots package as plain JSON.
func generic(t *testing.T, value any) any {
	t.Helper()
	if m, ok := value.(map[string]any); ok {
		for name := range m {
			m[name] = generic(t, m[name])
		}
		return m
	}
	var data []byte
	var err error
	switch value.(type) {
	case []any, []string, map[string]string, string, bool:
		data, err = json.Marshal(value)
	default:
		data, err = snapshots.Marshal(value)
	}
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func without(t *testing.T, records any, names ...string) []any {
	t.Helper()
	list, ok := generic(t, records).([]any)
	if !ok {
		t.Fatalf("%T is no list", records)
	}
	for _, record := range list {
		for _, name := range names {
			delete(record.(map[string]any), name)
		}
	}
	return list
}

// in are the records of a region, as its own call lists them.
func in(t *testing.T, records any, region string) []any {
	t.Helper()
	out := []any{}
	for _, record := range without(t, records) {
		if record.(map[string]any)["region"] == region {
			delete(record.(map[string]any), "region")
			out = append(out, record)
		}
	}
	return out
}
