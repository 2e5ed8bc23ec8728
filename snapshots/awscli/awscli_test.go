package awscli_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/awscli"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func importOne(t *testing.T, folder fs.FS, o awscli.Options) (*snapshots.Snapshot, []awscli.Note) {
	t.Helper()
	r, err := awscli.Import(folder, o)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	if len(r.Snapshots) != 1 {
		t.Fatalf("got %d snapshots, want 1", len(r.Snapshots))
	}
	return r.Snapshots[0], r.Notes
}

func text(t *testing.T, s *snapshots.Snapshot) string {
	t.Helper()
	data, err := s.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// gaps are a snapshot's gaps in a line each.
func gaps(s *snapshots.Snapshot) string {
	lines := []string{}
	for _, g := range s.Gaps {
		resource := ""
		if g.Resource != nil {
			resource = " " + *g.Resource
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s%s: %s %s", g.Region, g.Service, g.Operation, resource, g.Kind, g.Code)))
	}
	return strings.Join(lines, "\n")
}

// TestRoundTrip saves the compliant sample as AWS CLI output and imports it: the same facts come back.
func TestRoundTrip(t *testing.T) {
	want, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	got, notes := importOne(t, folder(t), awscli.Options{})
	for _, p := range snapshots.Validate([]byte(text(t, got))) {
		t.Errorf("got %s %s, want no problem", p.Severity, p)
	}
	if got.Collection.Source != "aws-cli" || len(got.Collection.Calls) != 23 {
		t.Errorf("got source %q and %d calls, want aws-cli and 23", got.Collection.Source, len(got.Collection.Calls))
	}
	if skipped := got.Collection.Regions.Skipped; len(skipped) != 1 || skipped[0].Name != "me-south-1" {
		t.Errorf("got skipped regions %v, want me-south-1", skipped)
	}
	if len(notes) != 0 {
		t.Errorf("got notes %v, want none", notes)
	}
	got.Collection, want.Collection = snapshots.Collection{}, snapshots.Collection{}
	if text(t, got) != text(t, want) {
		t.Errorf("got %s, want %s", text(t, got), text(t, want))
	}
}

// TestImportTwice checks that the same folder makes the same bytes.
func TestImportTwice(t *testing.T) {
	one, _ := importOne(t, folder(t), awscli.Options{})
	two, _ := importOne(t, folder(t), awscli.Options{})
	if text(t, one) != text(t, two) {
		t.Error("got other bytes the second time")
	}
}

// TestFlat imports files without any folders or names that say what they are.
func TestFlat(t *testing.T) {
	want, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	flat := fstest.MapFS{}
	for name, file := range folder(t) {
		if !strings.Contains(name, "us-east-1/") {
			continue
		}
		plain := map[string]string{"describe-trails": "trails", "get-trail-status": "status", "get-event-selectors": "selectors",
			"metric-filters": "filters", "log-groups": "groups", "describe-alarms": "alarms", "mute": "mutes", "list-topics": "topics",
			"list-subscriptions.": "subs", "by-topic": "", "attributes": "attributes", "hub": "hub"}
		for part, short := range plain {
			if strings.Contains(name, part) && short != "" {
				flat[short+".json"] = file
			}
		}
	}
	got, _ := importOne(t, flat, awscli.Options{CollectedAt: want.CollectedAt.Time})
	if !strings.Contains(gaps(got), "ec2 describe-regions: not_attempted") || strings.Count(gaps(got), "\n") != 0 {
		t.Errorf("got gaps %s, want only that of the regions", gaps(got))
	}
	want.SecurityHub.Hubs = want.SecurityHub.Hubs[1:] // the flat folder has one region
	want.CloudTrail.Trails[0].SeenIn = []string{"us-east-1"}
	want.Account.Alias = nil
	got.Gaps = want.Gaps
	got.Collection, want.Collection = snapshots.Collection{}, snapshots.Collection{}
	if text(t, got) != text(t, want) {
		t.Errorf("got %s, want %s", text(t, got), text(t, want))
	}
}

const denied = "\nAn error occurred (AccessDenied) when calling the DescribeAlarms operation: User: x is not authorized to perform: cloudwatch:DescribeAlarms\n"

// TestGaps changes one file of the folder and expects that gap.
func TestGaps(t *testing.T) {
	tests := []struct {
		name   string
		change func(f fstest.MapFS)
		want   string
	}{
		{"denied", func(f fstest.MapFS) { f[home+"cloudwatch-describe-alarms.json"].Data = []byte(denied) },
			"us-east-1 cloudwatch describe-alarms: denied AccessDenied"},
		{"denied, in a file beside an empty one", func(f fstest.MapFS) {
			f[home+"cloudwatch-describe-alarms.json"].Data = nil
			f[home+"cloudwatch-describe-alarms.err"] = &fstest.MapFile{Data: []byte(denied)}
		}, "us-east-1 cloudwatch describe-alarms: denied AccessDenied"},
		{"denied, in a file of no name", func(f fstest.MapFS) {
			delete(f, home+"cloudwatch-describe-alarms.json")
			f[home+"oops.txt"] = &fstest.MapFile{Data: []byte(denied)}
		}, "us-east-1 cloudwatch describe-alarms: denied AccessDenied"},
		{"denied, as AWS sends it", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters.json"].Data = []byte(`{"__type": "com.amazonaws.logs#AccessDeniedException", "Message": "no"}`)
		}, "us-east-1 logs describe-metric-filters: denied AccessDeniedException"},
		{"denied, in XML turned JSON", func(f fstest.MapFS) {
			f[home+"sns-list-topics.json"].Data = []byte(`{"Error": {"Code": "AuthorizationError", "Message": "no"}, "RequestId": "x"}`)
		}, "us-east-1 sns list-topics: denied AuthorizationError"},
		{"throttled", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters.json"].Data = []byte("An error occurred (ThrottlingException) when calling the DescribeMetricFilters operation (reached max retries: 4): Rate exceeded")
		}, "us-east-1 logs describe-metric-filters: throttled ThrottlingException"},
		{"no credentials", func(f fstest.MapFS) {
			f[home+"sns-list-topics.json"].Data = []byte("Unable to locate credentials. You can configure credentials by running \"aws configure\".")
		}, "us-east-1 sns list-topics: error NoCredentials"},
		{"no network", func(f fstest.MapFS) {
			f[home+"sns-list-topics.json"].Data = []byte("\nCould not connect to the endpoint URL: \"https://sns.us-east-1.amazonaws.com/\"\n")
		}, "us-east-1 sns list-topics: error EndpointConnectionError"},
		{"a CLI that does not know the call", func(f fstest.MapFS) {
			f[home+"cloudwatch-list-alarm-mute-rules.json"].Data = []byte("usage: aws [options]\naws: error: argument operation: Invalid choice, valid choices are:\n\ndelete-alarms")
		}, "us-east-1 cloudwatch list-alarm-mute-rules: error UnknownOperation"},
		{"something else", func(f fstest.MapFS) { f[home+"sns-list-topics.json"].Data = []byte("Killed") }, "us-east-1 sns list-topics: error Unreadable"},
		{"nothing", func(f fstest.MapFS) { f[home+"sns-list-topics.json"].Data = []byte("\n") }, "us-east-1 sns list-topics: error EmptyOutput"},
		{"missing", func(f fstest.MapFS) { delete(f, home+"logs-describe-metric-filters.json") }, "us-east-1 logs describe-metric-filters: not_attempted"},
		{"missing region", func(f fstest.MapFS) {
			for name := range f {
				if strings.Contains(name, "eu-west-1") {
					delete(f, name)
				}
			}
		}, "eu-west-1 cloudtrail describe-trails: not_attempted\neu-west-1 logs describe-log-groups: not_attempted\n" +
			"eu-west-1 logs describe-metric-filters: not_attempted\neu-west-1 cloudwatch describe-alarms: not_attempted\n" +
			"eu-west-1 cloudwatch list-alarm-mute-rules: not_attempted\neu-west-1 sns list-topics: not_attempted\n" +
			"eu-west-1 sns list-subscriptions-by-topic: not_attempted\neu-west-1 securityhub describe-hub: not_attempted"},
		{"no status", func(f fstest.MapFS) { delete(f, home+"cloudtrail-get-trail-status.management-events.json") },
			"us-east-1 cloudtrail get-trail-status " + trail + ": not_attempted"},
		{"selectors denied", func(f fstest.MapFS) {
			f[home+"cloudtrail-get-event-selectors.management-events.json"].Data = []byte("An error occurred (AccessDeniedException) when calling the GetEventSelectors operation: no")
		}, "us-east-1 cloudtrail get-event-selectors " + trail + ": denied AccessDeniedException"},
		{"more pages", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters.json"].Data = []byte(`{"metricFilters": [], "nextToken": "abc"}`)
		}, "us-east-1 logs describe-metric-filters: error Truncated"},
		{"a page left out", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters.1.json"] = &fstest.MapFile{Data: []byte(`{"metricFilters": [], "nextToken": "abc"}`)}
			f[home+"logs-describe-metric-filters.3.json"] = f[home+"logs-describe-metric-filters.json"]
			delete(f, home+"logs-describe-metric-filters.json")
		}, "us-east-1 logs describe-metric-filters: error Truncated"},
		{"no regions", func(f fstest.MapFS) { delete(f, id+"/ec2-describe-regions.json") }, "ec2 describe-regions: not_attempted"},
		{"old CLI", func(f fstest.MapFS) {
			f["111122223333/eu-west-1/cloudwatch-describe-alarms.json"].Data = []byte(`{"MetricAlarms": [], "CompositeAlarms": []}`)
		}, "eu-west-1 cloudwatch describe-alarms LogAlarm: not_attempted"},
		{"no subscriptions", func(f fstest.MapFS) {
			for name := range f {
				if strings.Contains(name, "list-subscriptions") && strings.Contains(name, "us-east-1/") {
					delete(f, name)
				}
			}
		}, "us-east-1 sns list-subscriptions-by-topic " + topic + ": not_attempted"},
		{"subscriptions denied", func(f fstest.MapFS) {
			for name := range f {
				if strings.Contains(name, "us-east-1/sns-list-subscriptions-by") {
					f[name].Data = []byte("An error occurred (AuthorizationError) when calling the ListSubscriptionsByTopic operation: no")
				}
			}
			delete(f, home+"sns-list-subscriptions.json")
		}, "us-east-1 sns list-subscriptions-by-topic " + topic + ": denied AuthorizationError"},
		{"organisation denied", func(f fstest.MapFS) {
			f[id+"/organizations-describe-organization.json"] = &fstest.MapFile{Data: []byte("An error occurred (AccessDeniedException) when calling the DescribeOrganization operation: no")}
		}, "organizations describe-organization: denied AccessDeniedException"},
		{"another log group only", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters.some-group.json"] = f[home+"logs-describe-metric-filters.json"]
			delete(f, home+"logs-describe-metric-filters.json")
		}, "us-east-1 logs describe-metric-filters: not_attempted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := folder(t)
			tt.change(f)
			s, _ := importOne(t, f, awscli.Options{})
			if got := gaps(s); got != tt.want {
				t.Errorf("got gaps\n%s\nwant\n%s", got, tt.want)
			}
			for _, p := range snapshots.Validate([]byte(text(t, s))) {
				if p.Severity == snapshots.Wrong {
					t.Errorf("got an invalid snapshot: %s", p)
				}
			}
		})
	}
}

// TestNoGaps changes the folder in ways that lose nothing.
func TestNoGaps(t *testing.T) {
	tests := []struct {
		name   string
		change func(f fstest.MapFS)
		check  func(s *snapshots.Snapshot) bool
	}{
		{"Security Hub is off", func(f fstest.MapFS) {
			f[home+"securityhub-describe-hub.json"].Data = []byte("An error occurred (InvalidAccessException) when calling the DescribeHub operation: Account 111122223333 is not subscribed to AWS Security Hub")
		}, func(s *snapshots.Snapshot) bool { return len(s.SecurityHub.Hubs) == 1 }},
		{"no organisation", func(f fstest.MapFS) {
			f[id+"/organizations-describe-organization.error.txt"] = &fstest.MapFile{Data: []byte("An error occurred (AWSOrganizationsNotInUseException) when calling the DescribeOrganization operation: no")}
		}, func(s *snapshots.Snapshot) bool { return s.Account.Organization == nil }},
		{"an organisation", func(f fstest.MapFS) {
			f[id+"/organizations-describe-organization.json"] = &fstest.MapFile{Data: []byte(`{"Organization": {"Id": "o-exampleorgid", "MasterAccountId": "444455556666"}}`)}
		}, func(s *snapshots.Snapshot) bool { return s.Account.Organization.MasterAccountID == "444455556666" }},
		{"pages", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters.1.json"] = &fstest.MapFile{Data: []byte(`{"metricFilters": [{"filterName": "a", "logGroupName": "b"}], "nextToken": "abc"}`)}
			f[home+"logs-describe-metric-filters.2.json"] = f[home+"logs-describe-metric-filters.json"]
			delete(f, home+"logs-describe-metric-filters.json")
		}, func(s *snapshots.Snapshot) bool { return len(s.Logs.MetricFilters) == 16 }},
		{"the same page twice", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters (1).json"] = f[home+"logs-describe-metric-filters.json"]
		}, func(s *snapshots.Snapshot) bool { return len(s.Logs.MetricFilters) == 15 }},
		{"a token that is null", func(f fstest.MapFS) {
			f[home+"sns-list-topics.json"].Data = []byte(`{"Topics": [{"TopicArn": "` + topic + `"}], "NextToken": null}`)
		}, func(s *snapshots.Snapshot) bool { return len(s.SNS.Topics) == 1 }},
		{"an empty answer", func(f fstest.MapFS) { f["111122223333/eu-west-1/sns-list-topics.json"].Data = []byte("{}") },
			func(s *snapshots.Snapshot) bool { return len(s.SNS.Topics) == 1 }},
		{"PowerShell", func(f fstest.MapFS) {
			file := f[home+"sns-list-topics.json"]
			wide := []byte{0xff, 0xfe}
			for _, c := range file.Data {
				wide = append(wide, c, 0)
			}
			file.Data = wide
		}, func(s *snapshots.Snapshot) bool { return len(s.SNS.Topics) == 1 }},
		{"the trail's log group by name", func(f fstest.MapFS) {
			f[home+"logs-describe-metric-filters.cloudtrail_management-events.json"] = f[home+"logs-describe-metric-filters.json"]
			delete(f, home+"logs-describe-metric-filters.json")
		}, func(s *snapshots.Snapshot) bool { return len(s.Logs.MetricFilters) == 15 }},
		{"status by ARN with other escapes", func(f fstest.MapFS) {
			f[home+"cloudtrail_get-trail-status.arn_aws_cloudtrail_us-east-1_111122223333_trail_management-events.json"] = f[home+"cloudtrail-get-trail-status.management-events.json"]
			delete(f, home+"cloudtrail-get-trail-status.management-events.json")
		}, func(s *snapshots.Snapshot) bool { return s.CloudTrail.Trails[0].Status != nil }},
		{"the only trail's status without a name", func(f fstest.MapFS) {
			f[home+"get-trail-status.json"] = f[home+"cloudtrail-get-trail-status.management-events.json"]
			delete(f, home+"cloudtrail-get-trail-status.management-events.json")
		}, func(s *snapshots.Snapshot) bool { return s.CloudTrail.Trails[0].Status != nil }},
		{"status failed where the trail is a shadow", func(f fstest.MapFS) {
			f["111122223333/eu-west-1/cloudtrail-get-trail-status.management-events.json"] = &fstest.MapFile{Data: []byte("An error occurred (TrailNotFoundException) when calling the GetTrailStatus operation: no")}
		}, func(s *snapshots.Snapshot) bool { return s.CloudTrail.Trails[0].Status != nil }},
		{"times as version 1 prints them", func(f fstest.MapFS) {
			f[home+"cloudtrail-get-trail-status.management-events.json"].Data = []byte(`{"IsLogging": true, "LatestCloudWatchLogsDeliveryTime": 1767606912.873}`)
		}, func(s *snapshots.Snapshot) bool {
			return s.CloudTrail.Trails[0].Status.LatestCloudWatchLogsDeliveryTime.String() == "2026-01-05T09:55:12.873Z"
		}},
		{"a field of tomorrow", func(f fstest.MapFS) {
			f[home+"cloudtrail-get-trail-status.management-events.json"].Data = []byte(`{"IsLogging": true, "IsWatched": {"By": ["b", "a"]}}`)
		}, func(s *snapshots.Snapshot) bool { return s.CloudTrail.Trails[0].Status.Extra["IsWatched"] != nil }},
		{"a mute rule", func(f fstest.MapFS) {
			f[home+"cloudwatch-list-alarm-mute-rules.json"].Data = []byte(`{"AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:night", "Status": "ACTIVE"}]}`)
			f[home+"cloudwatch-get-alarm-mute-rule.night.json"] = &fstest.MapFile{Data: []byte(`{"AlarmMuteRuleArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:night", "Status": "ACTIVE", "MuteTargets": {"AlarmNames": ["RootUsage"]}}`)}
		}, func(s *snapshots.Snapshot) bool {
			return s.CloudWatch.MuteRules[0].MuteTargets.AlarmNames[0] == "RootUsage"
		}},
		{"topics never listed, as in the benchmark's audit", func(f fstest.MapFS) {
			delete(f, home+"sns-list-topics.json")
			delete(f, home+"sns-list-subscriptions.json")
		}, func(s *snapshots.Snapshot) bool {
			ok := len(s.SNS.Topics) == 1 && gaps(s) == "us-east-1 sns list-topics: not_attempted"
			s.Gaps = nil
			return ok
		}},
		{"a topic without subscribers", func(f fstest.MapFS) {
			for name := range f {
				if strings.Contains(name, "us-east-1/sns-list-subscriptions") {
					f[name].Data = []byte(`{"Subscriptions": []}`)
				}
			}
		}, func(s *snapshots.Snapshot) bool { return s.SNS.Subscriptions != nil && len(s.SNS.Subscriptions) == 0 }},
		{"a topic that is gone", func(f fstest.MapFS) {
			f[home+"sns-list-topics.json"].Data = []byte(`{"Topics": []}`)
			f[home+"sns-list-subscriptions.json"].Data = []byte(`{"Subscriptions": []}`)
			for name := range f {
				if strings.Contains(name, "by-topic") || strings.Contains(name, "topic-attributes") {
					f[name].Data = []byte("An error occurred (NotFound) when calling the ListSubscriptionsByTopic operation: Topic does not exist")
				}
			}
		}, func(s *snapshots.Snapshot) bool { return len(s.SNS.Topics) == 0 && s.SNS.Subscriptions != nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := folder(t)
			tt.change(f)
			s, _ := importOne(t, f, awscli.Options{})
			if !tt.check(s) {
				t.Errorf("got another snapshot than wanted: %s", text(t, s))
			}
			if got := gaps(s); got != "" {
				t.Errorf("got gaps %s, want none", got)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	tests := []struct {
		name       string
		change     func(f fstest.MapFS)
		want, hint string
	}{
		{"nothing", func(f fstest.MapFS) { clear(f) }, "the folder holds no AWS CLI output", "--script"},
		{"truncated", func(f fstest.MapFS) {
			file := f[home+"logs-describe-metric-filters.json"]
			file.Data = file.Data[:len(file.Data)/2]
		}, home + "logs-describe-metric-filters.json: not JSON", "not whole"},
		{"a list", func(f fstest.MapFS) { f[home+"sns-list-topics.json"].Data = []byte(`["a"]`) },
			home + "sns-list-topics.json: read: a list, not the answer", "--query"},
		{"another answer", func(f fstest.MapFS) { f[home+"sns-list-topics.json"].Data = []byte(`{"Tops": []}`) },
			home + "sns-list-topics.json: read: not an answer of sns list-topics", "--query"},
		{"wrong type", func(f fstest.MapFS) {
			f[home+"cloudtrail-get-trail-status.management-events.json"].Data = []byte(`{"IsLogging": "true"}`)
		}, `management-events.json: /IsLogging (byte 14): expected true or false, got the string "true"`, "quotes"},
		{"wrong folder", func(f fstest.MapFS) {
			f["444455556666/us-east-1/cloudwatch-describe-alarms.json"] = f[home+"cloudwatch-describe-alarms.json"]
		}, "account 111122223333 in a folder of 444455556666", "name the folder"},
		{"no account", func(f fstest.MapFS) {
			filters := f[home+"logs-describe-metric-filters.json"]
			clear(f)
			f["filters.json"] = filters
		}, "filters.json: read: nothing says which account", "--account"},
		{"no region", func(f fstest.MapFS) {
			filters, sts := f["111122223333/eu-west-1/logs-describe-metric-filters.json"], f[id+"/sts-get-caller-identity.json"]
			clear(f)
			f["filters.json"], f["me.json"] = filters, sts
		}, "filters.json: read: nothing says which region", "--region"},
		{"bad time", func(f fstest.MapFS) { f[id+"/collected-at.txt"].Data = []byte("noon") }, `collected-at.txt: time "noon"`, ""},
		{"several documents", func(f fstest.MapFS) { f[home+"sns-list-topics.json"].Data = []byte("{}{}") }, "more text after the end", "one document"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := folder(t)
			tt.change(f)
			_, err := awscli.Import(f, awscli.Options{})
			var fault *awscli.Error
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got error %v, want an Error with %q in it", err, tt.want)
			}
			if hint := awscli.HintOf(err); !strings.Contains(hint, tt.hint) {
				t.Errorf("got hint %q, want %q in it", hint, tt.hint)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	f := folder(t)
	f[home+"README.md"] = &fstest.MapFile{Data: []byte("# notes")}
	f[home+"s3api-list-buckets.json"] = &fstest.MapFile{Data: []byte(`{"Buckets": []}`)}
	f[home+"cloudwatch-describe-alarms-for-metric.json"] = &fstest.MapFile{Data: []byte(`{"MetricAlarms": []}`)}
	f[home+".DS_Store"] = &fstest.MapFile{}
	f[home+"link.json"] = &fstest.MapFile{Mode: fs.ModeSymlink}
	f[home+"sns-list-topics.json"].Data = []byte(`{"Topics": [{"TopicArn": "` + topic + `"}], "Total": 1}`)
	f[home+"cloudtrail-get-trail-status.other.json"] = &fstest.MapFile{Data: []byte(`{"IsLogging": true}`)}
	f[home+"logs-describe-log-groups.2.json"] = &fstest.MapFile{Data: f[home+"logs-describe-metric-filters.json"].Data}
	delete(f, id+"/collected-at.txt")
	f[id+"/us-east-1/sns-list-subscriptions.json"].ModTime = time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	s, notes := importOne(t, f, awscli.Options{})
	lines := []string{}
	for _, n := range notes {
		lines = append(lines, n.String())
	}
	got := strings.Join(lines, "\n")
	for _, want := range []string{
		"README.md: not AWS CLI output in JSON", "s3api-list-buckets.json: not the answer of a call that cistern needs",
		"describe-alarms-for-metric.json: not the answer", ".DS_Store: a hidden file", "link.json: not a regular file",
		`sns-list-topics.json: the field "Total" is not part of a snapshot`, "get-trail-status.other.json: an answer of cloudtrail get-trail-status about a resource",
		"log-groups.2.json: holds an answer of logs describe-metric-filters", "collected_at is 2026-02-03T04:05:06Z, the time of its newest file",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got notes\n%s\nwant %q among them", got, want)
		}
	}
	if s.CollectedAt.String() != "2026-02-03T04:05:06Z" {
		t.Errorf("got %s, want the newest file's time", s.CollectedAt)
	}
	s, _ = importOne(t, f, awscli.Options{CollectedAt: time.Unix(0, 0)})
	if s.CollectedAt.String() != "1970-01-01T00:00:00Z" {
		t.Errorf("got %s, want what the options say", s.CollectedAt)
	}
}

func TestSeveralAccounts(t *testing.T) {
	f := folder(t)
	for name, file := range folder(t) {
		other := &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(file.Data), id, "444455556666")), ModTime: file.ModTime}
		f[strings.ReplaceAll(name, id, "444455556666")] = other
	}
	r, err := awscli.Import(f, awscli.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Snapshots) != 2 || r.Snapshots[0].Account.ID != id || r.Snapshots[1].Account.ID != "444455556666" {
		t.Fatalf("got %d snapshots, want those of %s and 444455556666", len(r.Snapshots), id)
	}
	for _, s := range r.Snapshots {
		if gaps(s) != "" || len(s.CloudWatch.Alarms) != 15 {
			t.Errorf("%s: got %d alarms and gaps %s, want 15 and none", s.Account.ID, len(s.CloudWatch.Alarms), gaps(s))
		}
	}
}

// TestTrails checks which record of a trail is kept.
func TestTrails(t *testing.T) {
	f := folder(t)
	list := func(trails ...string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{"trailList": [` + strings.Join(trails, ",") + `]}`)}
	}
	record := func(arn, home, bucket string) string {
		return fmt.Sprintf(`{"Name": "t", "TrailARN": %q, "HomeRegion": %q, "S3BucketName": %q, "IsOrganizationTrail": true}`, arn, home, bucket)
	}
	a, b := "arn:aws:cloudtrail:us-east-1:444455556666:trail/t", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"
	f[home+"cloudtrail-describe-trails.json"] = list(record(a, "us-east-1", "home"), record(b, "eu-west-1", "shadow"))
	f["111122223333/eu-west-1/cloudtrail-describe-trails.json"] = list(record(a, "us-east-1", "shadow"), record(b, "eu-west-1", "home"))
	f[home+"cloudtrail-get-trail-status.t.json"] = &fstest.MapFile{Data: []byte(`{"IsLogging": true}`)}
	f["111122223333/eu-west-1/cloudtrail-get-trail-status.t.json"] = &fstest.MapFile{Data: []byte(`{"IsLogging": false}`)}
	delete(f, home+"cloudtrail-get-trail-status.management-events.json")
	s, _ := importOne(t, f, awscli.Options{})
	if len(s.CloudTrail.Trails) != 2 {
		t.Fatalf("got %d trails, want 2", len(s.CloudTrail.Trails))
	}
	for _, tr := range s.CloudTrail.Trails {
		if *tr.S3BucketName != "home" || len(tr.SeenIn) != 2 || tr.Region != *tr.HomeRegion {
			t.Errorf("%s: got bucket %s, region %s, seen in %v, want the home region's record, seen in both", tr.TrailARN, *tr.S3BucketName, tr.Region, tr.SeenIn)
		}
		if tr.Status == nil || *tr.Status.IsLogging != (tr.Region == "us-east-1") {
			t.Errorf("%s: got status %v, want the home region's", tr.TrailARN, tr.Status)
		}
	}
}

func TestScript(t *testing.T) {
	if s := awscli.Script(); !strings.HasPrefix(s, "#!/bin/sh\n") || strings.Contains(s, "\r") {
		t.Error("got a script that is no shell script")
	}
}

func TestStatusThatSaysNothingOfLogging(t *testing.T) {
	for _, text := range []string{`{}`, `{"LatestDeliveryTime": 1767606912.873}`, `{"LatestCloudWatchLogsDeliveryTime": 1767606912.873}`} {
		f := folder(t)
		f[home+"cloudtrail-get-trail-status.management-events.json"].Data = []byte(text)
		s, _ := importOne(t, f, awscli.Options{})
		if status := s.CloudTrail.Trails[0].Status; status == nil || status.IsLogging != nil {
			t.Errorf("%s: got status %+v, want one without IsLogging", text, status)
		}
	}
}
