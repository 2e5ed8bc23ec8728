//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// What the accounts of the tests have in common.
const (
	trailName = "main"
	logGroup  = "CloudTrail/DefaultLogGroup"
	namespace = "CISBenchmark"
	topicName = "alerts"
	root      = "root-usage" // the control that is broken where one is broken for all
)

// filter is a metric filter, named after its control.
type filter struct{ name, pattern string }

// published are the metric filters of CIS 7.0.0, word for word.
func published(t *testing.T) []filter {
	t.Helper()
	text, err := os.ReadFile("../testdata/awscli/compliant/123456789012/us-east-1/logs-describe-metric-filters.json")
	if err != nil {
		t.Fatal(err)
	}
	var captured struct {
		MetricFilters []struct{ FilterName, FilterPattern string }
	}
	if err := json.Unmarshal(text, &captured); err != nil {
		t.Fatal(err)
	}
	var all []filter
	for _, f := range captured.MetricFilters {
		all = append(all, filter{f.FilterName, f.FilterPattern})
	}
	if len(all) != 15 {
		t.Fatalf("got %d published filters, want 15", len(all))
	}
	return all
}

// one is the published filter of a control.
func one(t *testing.T, control string) filter {
	t.Helper()
	all := published(t)
	return all[slices.IndexFunc(all, func(f filter) bool { return f.name == control })]
}

// partition is the one that the caller's region belongs to.
func (c caller) partition() string {
	if strings.HasPrefix(c.region, "us-gov-") {
		return "aws-us-gov"
	}
	return "aws"
}

// arn is the ARN of a thing of the account.
func (c caller) arn(service, resource string) string {
	region := c.region
	if service == "iam" {
		region = ""
	}
	return strings.Join([]string{"arn", c.partition(), service, region, c.account, resource}, ":")
}

func (c caller) groupARN(name string) string { return c.arn("logs", "log-group:"+name+":*") }
func (c caller) topic() string               { return c.arn("sns", topicName) }

// build makes an account in which these filters, and alarms on them, watch the events of a trail: the steps of the benchmark's text.
// Security Hub is switched on in these regions.
func (c caller) build(t *testing.T, filters []filter, hubs ...string) {
	t.Helper()
	bucket := []string{"s3api", "create-bucket", "--bucket", "trail-" + c.account}
	if c.region != "us-east-1" {
		bucket = append(bucket, "--create-bucket-configuration", "LocationConstraint="+c.region)
	}
	c.awsAll(t, bucket,
		[]string{"logs", "create-log-group", "--log-group-name", logGroup},
		[]string{"sns", "create-topic", "--name", topicName})
	c.apply(t, c.trailCalls())
	watch := calls{c.subscribeCall()}
	for _, region := range hubs {
		watch = append(watch, []string{"securityhub", "enable-security-hub", "--region", region})
	}
	for _, f := range filters {
		watch = append(watch, filterCall(f, f.name), alarmCall(f.name, c.topic()))
	}
	c.awsAll(t, watch...)
}

// trailCalls make the trail and switch it on.
func (c caller) trailCalls() calls {
	return append(c.bareTrailCalls(), c.selectorsCall("All"))
}

// bareTrailCalls make the trail and switch it on, without event selectors.
func (c caller) bareTrailCalls() calls {
	return calls{
		{"cloudtrail", "create-trail", "--name", trailName, "--s3-bucket-name", "trail-" + c.account, "--is-multi-region-trail",
			"--include-global-service-events", "--enable-log-file-validation", "--kms-key-id", c.arn("kms", "key/11111111-2222-3333-4444-555555555555"),
			"--cloud-watch-logs-log-group-arn", c.groupARN(logGroup), "--cloud-watch-logs-role-arn", c.arn("iam", "role/CloudTrail")},
		{"cloudtrail", "start-logging", "--name", trailName},
	}
}

// selectorsCall selects the management events of a kind, and every event of S3 objects.
func (c caller) selectorsCall(readWrite string) []string {
	return []string{"cloudtrail", "put-event-selectors", "--trail-name", trailName, "--event-selectors", `[{"ReadWriteType":"` + readWrite +
		`","IncludeManagementEvents":true,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:` + c.partition() + `:s3"]}]}]`}
}

func (c caller) subscribeCall() []string {
	return []string{"sns", "subscribe", "--topic-arn", c.topic(), "--protocol", "email", "--notification-endpoint", "security@example.com"}
}

// filterCall puts a filter on the trail's log group, counting in a metric.
func filterCall(f filter, metric string) []string {
	return []string{"logs", "put-metric-filter", "--log-group-name", logGroup, "--filter-name", f.name, "--filter-pattern", f.pattern,
		"--metric-transformations", "metricName=" + metric + ",metricNamespace=" + namespace + ",metricValue=1"}
}

// alarmCall puts an alarm on the metric of its name, acting on a topic, if any. Of an option that is given again the last holds.
func alarmCall(name, topic string, again ...string) []string {
	call := []string{"cloudwatch", "put-metric-alarm", "--alarm-name", name, "--metric-name", name, "--namespace", namespace,
		"--statistic", "Sum", "--period", "300", "--threshold", "1", "--evaluation-periods", "1",
		"--comparison-operator", "GreaterThanOrEqualToThreshold", "--treat-missing-data", "notBreaching"}
	if topic != "" {
		call = append(call, "--alarm-actions", topic)
	}
	return append(call, again...)
}

// collected is what a run of cistern collect brought.
type collected struct {
	*snapshots.Snapshot
	file   string
	stderr string
	code   int
}

// collect runs cistern collect on the caller's account.
func collect(t *testing.T, program string, c caller, arguments ...string) collected {
	t.Helper()
	file := filepath.Join(t.TempDir(), "snapshot.json")
	_, stderr, code := run(t, c.environment(), program, append([]string{"collect", "--verbose", "-o", file}, arguments...)...)
	if code != 0 && code != 4 {
		t.Fatalf("cistern collect: got exit code %d: %s", code, stderr)
	}
	s := readSnapshot(t, program, file)
	if complete := len(s.Gaps) == 0; complete != (code == 0) {
		t.Errorf("cistern collect: got exit code %d and %d gaps, want 0 if there are none, else 4", code, len(s.Gaps))
	}
	c.keepsSecrets(t, stderr, file)
	return collected{s, file, stderr, code}
}

// readSnapshot reads a snapshot that must be valid. The emulator answers describe-hub with a field that AWS has not.
func readSnapshot(t *testing.T, program, file string) *snapshots.Snapshot {
	t.Helper()
	stdout, _, code := run(t, nil, program, "snapshot", "validate", file)
	for line := range strings.Lines(stdout) {
		valid := strings.Contains(line, "valid, 0 errors") || strings.Contains(line, "/securityhub/hubs/") && strings.Contains(line, "/Tags")
		if code != 0 || !valid {
			t.Errorf("cistern snapshot validate: got exit code %d: %s", code, line)
		}
	}
	s, err := snapshots.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// keepsSecrets looks for the caller's credentials in what a run said and wrote.
func (c caller) keepsSecrets(t *testing.T, said string, files ...string) {
	t.Helper()
	texts := map[string]string{"stderr": said}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	secrets := map[string]string{c.key: "the caller's access key id", c.secret: "the caller's secret key", c.token: "the caller's session token"}
	if c.front != nil {
		for _, secret := range c.front.issued() {
			secrets[secret] = "a credential of a role"
		}
	}
	for where, text := range texts {
		for secret, what := range secrets {
			if secret != "" && strings.Contains(text, secret) {
				t.Errorf("%s: got %s in it, want it nowhere", where, what)
			}
		}
	}
}

// evaluate runs cistern evaluate on files.
func evaluate(t *testing.T, program string, files ...string) (*report.Report, int) {
	t.Helper()
	stdout, stderr, code := run(t, nil, program, append([]string{"evaluate", "-f", "json"}, files...)...)
	r, err := report.Read(strings.NewReader(stdout))
	if err != nil {
		t.Fatalf("cistern evaluate: got exit code %d: %v: %s", code, err, stderr)
	}
	return r, code
}

// row is a control's result in the first account of a report.
func row(t *testing.T, r *report.Report, control string) report.Result {
	t.Helper()
	results := r.Accounts[0].Results
	i := slices.IndexFunc(results, func(x report.Result) bool { return x.Control == control })
	if i < 0 {
		t.Fatalf("the report has no row of %s", control)
	}
	return results[i]
}

// watching tells whether a control watches events: those of the monitoring section but Security Hub.
func watching(r report.Result) bool {
	return strings.HasPrefix(r.ID, "5.") && r.Control != "security-hub-enabled"
}

// gapsOf are a snapshot's gaps, one line each, without what AWS says of them.
func gapsOf(s *snapshots.Snapshot) []string {
	var all []string
	for _, g := range s.Gaps {
		words := []string{g.Region, g.Service, g.Operation, string(g.Kind), g.Code}
		all = append(all, strings.TrimSpace(strings.Join(words, " ")))
	}
	return all
}
