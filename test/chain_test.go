package test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots/awscli"
)

// The folder of AWS CLI output of a compliant account, as captured from an emulated one, and where its files are.
const (
	capturedFolder = "testdata/awscli/compliant"
	trailsFile     = "cloudtrail-describe-trails.json"
	statusFile     = "cloudtrail-get-trail-status.main.json"
	selectorsFile  = "cloudtrail-get-event-selectors.main.json"
	filtersFile    = "logs-describe-metric-filters.json"
	alarmsFile     = "cloudwatch-describe-alarms.json"
	topicsFile     = "sns-list-topics.json"
	subscribers    = "sns-list-subscriptions-by-topic.alerts.json"
)

// capture is the folder's files by name, decoded; a string stands for what is no JSON.
type capture map[string]any

func readCapture(t *testing.T) capture {
	t.Helper()
	c := capture{}
	err := fs.WalkDir(os.DirFS(capturedFolder), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path.Join(capturedFolder, name))
		if err != nil {
			return err
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return err
		}
		c[path.Base(name)] = v
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// folder is the capture as files again.
func (c capture) folder(t *testing.T) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	for name, v := range c {
		data, isText := v.(string)
		if !isText {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			data = string(text)
		}
		region := "us-east-1"
		if at, bare, ok := strings.Cut(name, "/"); ok {
			region, name = at, bare
		}
		out[path.Join("123456789012", region, name)] = &fstest.MapFile{Data: []byte(data)}
	}
	return out
}

// list is the list under a key of a file.
func (c capture) list(file, key string) []map[string]any {
	var out []map[string]any
	for _, v := range c[file].(map[string]any)[key].([]any) {
		out = append(out, v.(map[string]any))
	}
	return out
}

func (c capture) set(file, key string, list ...any) { c[file].(map[string]any)[key] = list }

// named is the record of a list with that name.
func (c capture) named(file, key, field, name string) map[string]any {
	list := c.list(file, key)
	return list[slices.IndexFunc(list, func(v map[string]any) bool { return v[field] == name })]
}

func (c capture) trail() map[string]any    { return c.list(trailsFile, "trailList")[0] }
func (c capture) selector() map[string]any { return c.list(selectorsFile, "EventSelectors")[0] }
func (c capture) filter(slug string) map[string]any {
	return c.named(filtersFile, "metricFilters", "filterName", slug)
}
func (c capture) alarm(slug string) map[string]any {
	return c.named(alarmsFile, "MetricAlarms", "AlarmName", slug)
}
func (c capture) transformation(slug string) map[string]any {
	return c.filter(slug)["metricTransformations"].([]any)[0].(map[string]any)
}

// without drops the named record of a list.
func (c capture) without(file, key, field, name string) {
	var kept []any
	for _, v := range c.list(file, key) {
		if v[field] != name {
			kept = append(kept, v)
		}
	}
	c.set(file, key, kept...)
}

func (c capture) replace(slug, old, with string) {
	f := c.filter(slug)
	f["filterPattern"] = strings.Replace(f["filterPattern"].(string), old, with, 1)
}

const (
	root  = "root-usage"
	topic = "arn:aws:sns:us-east-1:123456789012:alerts"
)

// TestChain breaks the captured account at one link and expects that link, and no other control's verdict to change.
func TestChain(t *testing.T) {
	for _, c := range []struct {
		name    string
		damage  func(capture)
		hit     []string // the controls that are not met; all of the chain's if empty
		status  string
		link    string
		message string // a part of the finding's
	}{
		{"nothing", func(capture) {}, []string{root}, "pass", "", "confirmed subscription"},
		{"no trail", func(c capture) { c.set(trailsFile, "trailList") }, nil, "fail", "trail", "has no trail"},
		{"one region", func(c capture) { c.trail()["IsMultiRegionTrail"] = false }, nil, "fail", "trail", "home region us-east-1 only"},
		{"not logging", func(c capture) { c[statusFile].(map[string]any)["IsLogging"] = false }, nil, "fail", "trail", "is not logging"},
		{"writes only", func(c capture) { c.selector()["ReadWriteType"] = "WriteOnly" }, nil, "fail", "event_selectors", "read"},
		{"no management events", func(c capture) { c.selector()["IncludeManagementEvents"] = false }, nil, "fail", "event_selectors", "read or write"},
		{"keys left out", func(c capture) { c.selector()["ExcludeManagementEventSources"] = []any{"kms.amazonaws.com"} },
			[]string{"cmk-disable-delete", "unauthorized-api-calls", root}, "fail", "event_selectors", "kms.amazonaws.com"},
		{"advanced, writes only", func(c capture) {
			c[selectorsFile] = map[string]any{"TrailARN": c.trail()["TrailARN"], "AdvancedEventSelectors": []any{map[string]any{"FieldSelectors": []any{
				map[string]any{"Field": "eventCategory", "Equals": []any{"Management"}}, map[string]any{"Field": "readOnly", "Equals": []any{"false"}}}}}}
		}, nil, "fail", "event_selectors", "read"},
		{"no log group", func(c capture) { delete(c.trail(), "CloudWatchLogsLogGroupArn") }, nil, "fail", "log_group", "delivers to no"},
		{"no filter", func(c capture) { c.set(filtersFile, "metricFilters") }, nil, "fail", "metric_filter", "no metric filter"},
		{"filters on another group", func(c capture) {
			for _, f := range c.list(filtersFile, "metricFilters") {
				f["logGroupName"] = "other"
			}
		}, nil, "fail", "metric_filter", "no metric filter"},
		{"counts nothing", func(c capture) { c.transformation(root)["metricValue"] = "0" }, []string{root}, "fail", "metric_filter", "counts each match as 0"},
		{"filter gone", func(c capture) { c.without(filtersFile, "metricFilters", "filterName", root) }, []string{root}, "fail", "metric_filter", "none of them feeds"},
		{"filter and alarm gone", func(c capture) {
			c.without(filtersFile, "metricFilters", "filterName", "vpc-changes")
			c.without(alarmsFile, "MetricAlarms", "AlarmName", "vpc-changes")
		}, []string{"vpc-changes"}, "fail", "metric_filter", ""},
		{"pattern of something else", func(c capture) { c.filter(root)["filterPattern"] = `{ $.eventName = "CreateBucket" }` }, []string{root}, "fail", "pattern", ""},
		{"no pattern", func(c capture) { c.filter(root)["filterPattern"] = "" }, []string{root}, "pass", "", ""},
		{"event dropped", func(c capture) { c.replace("iam-policy-changes", "||($.eventName=DetachGroupPolicy)", "") },
			[]string{"iam-policy-changes"}, "fail", "pattern", "15 of 16: DetachGroupPolicy is missed"},
		{"malformed", func(c capture) { c.replace("cmk-disable-delete", "=DisableKey", "==DisableKey") },
			[]string{"cmk-disable-delete"}, "fail", "pattern", "DisableKey"},
		{"namespace", func(c capture) { c.alarm(root)["Namespace"] = "Other" }, []string{root}, "fail", "alarm", "watches namespace Other while the metric is in CISBenchmark"},
		{"no alarm", func(c capture) { c.without(alarmsFile, "MetricAlarms", "AlarmName", root) }, []string{root}, "fail", "alarm", "no alarm watches"},
		{"alarm elsewhere", func(c capture) {
			a := c.alarm(root)
			c.without(alarmsFile, "MetricAlarms", "AlarmName", root)
			a["AlarmArn"] = strings.Replace(a["AlarmArn"].(string), "us-east-1", "eu-west-1", 1)
			c["eu-west-1/"+alarmsFile] = map[string]any{"MetricAlarms": []any{a}, "CompositeAlarms": []any{}}
		}, []string{root}, "fail", "alarm", "is in eu-west-1 while the metric is in us-east-1"},
		{"ten events", func(c capture) { c.alarm(root)["Threshold"] = 10 }, []string{root}, "fail", "alarm", "needs 10 events in 300 s"},
		{"more than one", func(c capture) { c.alarm(root)["ComparisonOperator"] = "GreaterThanThreshold" }, []string{root}, "fail", "alarm", "needs 2 events in 300 s"},
		{"less than", func(c capture) { c.alarm(root)["ComparisonOperator"] = "LessThanThreshold" }, []string{root}, "fail", "alarm", "rings only when nothing happens"},
		{"three periods", func(c capture) { c.alarm(root)["EvaluationPeriods"] = 3 }, []string{root}, "fail", "alarm", "3 breaching periods"},
		{"dimensions", func(c capture) { c.alarm(root)["Dimensions"] = []any{map[string]any{"Name": "a", "Value": "b"}} }, []string{root}, "fail", "alarm", "dimensions"},
		{"switched off", func(c capture) { c.alarm(root)["ActionsEnabled"] = false }, []string{root}, "fail", "action", "ActionsEnabled"},
		{"no action", func(c capture) { c.alarm(root)["AlarmActions"] = []any{} }, []string{root}, "fail", "action", "no action for the ALARM state"},
		{"no topic", func(c capture) {
			c.alarm(root)["AlarmActions"] = []any{"arn:aws:lambda:us-east-1:123456789012:function:x"}
		}, []string{root}, "fail", "action", "no SNS topic"},
		{"another topic", func(c capture) { c.alarm(root)["AlarmActions"] = []any{topic + "2"} }, []string{root}, "fail", "topic", "does not exist"},
		{"topic gone", func(c capture) { c.set(topicsFile, "Topics") }, nil, "fail", "topic", "does not exist"},
		{"pending", func(c capture) { c.list(subscribers, "Subscriptions")[0]["SubscriptionArn"] = "PendingConfirmation" }, nil, "fail", "subscription", "1 pending"},
		{"nobody", func(c capture) { c.set(subscribers, "Subscriptions") }, nil, "fail", "subscription", "nobody"},
		{"one of twelve periods", func(c capture) { c.alarm(root)["EvaluationPeriods"], c.alarm(root)["DatapointsToAlarm"] = 12, 1 }, []string{root}, "pass", "", ""},
		{"one filter an event", func(c capture) {
			const slug = "cloudtrail-config-changes"
			one := c.filter(slug)
			c.without(filtersFile, "metricFilters", "filterName", slug)
			list := c[filtersFile].(map[string]any)["metricFilters"].([]any)
			for _, event := range []string{"CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"} {
				list = append(list, map[string]any{"filterName": event, "filterPattern": `{ $.eventName = "` + event + `" && $.eventSource = "cloudtrail.amazonaws.com" }`,
					"logGroupName": one["logGroupName"], "metricTransformations": one["metricTransformations"]})
			}
			c.set(filtersFile, "metricFilters", list...)
		}, []string{"cloudtrail-config-changes"}, "pass", "", "filters CreateTrail, DeleteTrail, StartLogging, StopLogging, UpdateTrail, alarm"},
		{"alarms refused", func(c capture) {
			c[alarmsFile] = "An error occurred (AccessDenied) when calling the DescribeAlarms operation: User is not authorized"
		}, nil, "unknown", "alarm", "cloudwatch:DescribeAlarms"},
		{"alarms not asked for", func(c capture) { delete(c, alarmsFile) }, nil, "unknown", "alarm", "describe-alarms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			captured := readCapture(t)
			c.damage(captured)
			for _, row := range judgeFolder(t, captured.folder(t), "7.0.0") {
				if !strings.HasPrefix(row.ID, "5.") || row.Control == "security-hub-enabled" {
					continue
				}
				if len(c.hit) > 0 && !slices.Contains(c.hit, row.Control) {
					if row.Status != "pass" {
						t.Errorf("%s: got %s, want pass: %s", row.Control, row.Status, row.Findings[0].Message)
					}
					continue
				}
				if string(row.Status) != c.status {
					t.Errorf("%s: got %s, want %s: %v", row.Control, row.Status, c.status, row.Findings)
					continue
				}
				found := slices.ContainsFunc(row.Findings, func(f report.Finding) bool {
					return f.Link == c.link && (row.Control != root && len(c.hit) != 1 || strings.Contains(f.Message, c.message))
				})
				if !found {
					t.Errorf("%s: got %+v, want link %q and %q", row.Control, row.Findings, c.link, c.message)
				}
			}
		})
	}
}

// TestPrescribedPatternsPass deploys the text of each edition, every alternative of it in turn, and expects the edition to
// be content.
func TestPrescribedPatternsPass(t *testing.T) {
	all, err := evaluator.Benchmarks(shippedSources)
	if err != nil {
		t.Fatal(err)
	}
	e := shippedEngine(t)
	controls, err := e.Controls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, edition := range all {
		for _, section := range edition.Sections {
			for _, row := range section.Controls {
				accepted := row.Patterns
				if i := slices.IndexFunc(controls, func(c evaluator.Control) bool { return c.Slug == row.Control }); accepted == nil && i >= 0 {
					accepted = controls[i].Patterns
				}
				for _, pattern := range accepted {
					captured := readCapture(t)
					if row.Control != "api-activity-no-mfa" {
						captured.filter(row.Control)["filterPattern"] = pattern
					} else {
						captured.filter(root)["filterPattern"] = pattern
					}
					got := judge(t, e, captured.folder(t), edition, row.Control)
					if got[0].Status != "pass" {
						t.Errorf("%s %s: %s does not pass: %v", edition.ID, row.ID, pattern, got[0].Findings)
					}
				}
			}
		}
	}
}

var shippedSources = []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}}

func shippedEngine(t *testing.T) *evaluator.Engine {
	t.Helper()
	e, err := evaluator.Compile(context.Background(), shippedSources)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func judgeFolder(t *testing.T, folder fs.FS, edition string) []report.Result {
	t.Helper()
	all, err := evaluator.Benchmarks(shippedSources)
	if err != nil {
		t.Fatal(err)
	}
	b, err := evaluator.FindBenchmark(all, edition)
	if err != nil {
		t.Fatal(err)
	}
	return judge(t, shippedEngine(t), folder, b)
}

func judge(t *testing.T, e *evaluator.Engine, folder fs.FS, b *evaluator.Benchmark, controls ...string) []report.Result {
	t.Helper()
	imported, err := awscli.Import(folder, awscli.Options{CollectedAt: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := e.Evaluate(t.Context(), []evaluator.Input{{Name: "captured", Snapshot: imported.Snapshots[0]}},
		evaluator.Options{Benchmark: b, Controls: controls})
	if err != nil {
		t.Fatal(err)
	}
	return rep.Accounts[0].Results
}
