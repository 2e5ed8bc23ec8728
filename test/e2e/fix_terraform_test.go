//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// TestFixTerraform breaks accounts, applies the configuration of cistern fix to them, does what it leaves to a human, and reads them again. What
// is there already is imported and changed in nothing but what the plan says, and a second plan of Terraform is empty. It needs terraform and the
// AWS provider, from the folder TERRAFORM_PLUGINS or where terraform init finds it; without them it is skipped.
func TestFixTerraform(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("terraform is not on PATH")
	}
	provider := "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}\n"
	if probe := t.TempDir(); os.WriteFile(filepath.Join(probe, "main.tf"), []byte(provider), 0o600) != nil {
		t.Fatalf("%s: cannot be written to", probe)
	} else if _, stderr, code := run(t, os.Environ(), "terraform", append([]string{"-chdir=" + probe}, initialize()...)...); code != 0 {
		t.Skipf("the AWS provider cannot be had: %s", stderr)
	}
	e := startEmulator(t)
	program := cistern(t)
	front := e.front(t, "us-east-1", "eu-west-1")
	whole := front.desk(t)
	template := e.root().at(whole.url)
	template.build(t, published(t), "us-east-1", "eu-west-1")
	cases := slices.DeleteFunc(slices.Concat(breaks(one(t, root)), accounts(t)), func(b broken) bool {
		return !slices.Contains([]string{
			"logging stopped", "advanced, writes only", "pattern misses events", "topic deleted", "hostile names", "much at once", "nothing is there",
		}, b.name)
	})
	for i, b := range cases {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := e.root().become(t, fmt.Sprintf("4%011d", i), "Engineer")
			d := front.desk(t)
			m := &applied{desk: d, caller: c.at(d.url), program: program, dir: t.TempDir(), named: byName(t, d.url), broken: b}
			if !b.bare {
				whole.replay(t, template, c)
			}
			m.caller.apply(t, b.does(m.caller))
			m.run(t)
		})
	}
}

// initialize is terraform init, from the folder of providers if there is one.
func initialize() []string {
	arguments := []string{"init", "-input=false"}
	if folder := os.Getenv("TERRAFORM_PLUGINS"); folder != "" {
		arguments = append(arguments, "-plugin-dir="+folder)
	}
	return arguments
}

// applied is a case on its way.
type applied struct {
	broken
	caller  caller
	desk    *desk
	program string
	dir     string
	named   string // the desk, for callers that name trails by their ARN
}

// trailARN is a trail's ARN where a call names the trail.
var trailARN = regexp.MustCompile(`"(Name|TrailName)":"arn:[^"]*:trail/([^"]+)"`)

// byName calls a server in the place of callers that name a trail by its ARN, which AWS takes and the emulator does not for every call.
func byName(t *testing.T, server string) string {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	before := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		body, err := io.ReadAll(r.In.Body)
		if err != nil {
			return
		}
		if strings.Contains(r.In.Header.Get("X-Amz-Target"), "CloudTrail") {
			body = trailARN.ReplaceAll(body, []byte(`"$1":"$2"`))
		}
		r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}})
	t.Cleanup(before.Close)
	return before.URL
}

// fixed is what of cistern fix -f json is compared.
type fixed struct {
	Accounts []struct {
		Changes []struct {
			Create bool
			Fields []string
		}
		Controls []struct {
			Control string
			After   report.Status
		}
	}
}

func (m *applied) run(t *testing.T) {
	file := collect(t, m.program, m.caller).file
	asks := append([]string{"fix", file, "--email", "alerts@example.com"}, m.asks...)
	stdout, stderr, _ := run(t, nil, m.program, append(asks, "-f", "json")...)
	var f fixed
	if err := json.Unmarshal([]byte(stdout), &f); err != nil || len(f.Accounts) != 1 {
		t.Fatalf("cistern fix: got %v, want the plan of one account: %s", err, stderr)
	}
	if _, stderr, code := run(t, nil, m.program, append(asks, "-o", filepath.Join(m.dir, "main.tf"))...); code != 0 && code != 4 {
		t.Fatalf("cistern fix -o main.tf: got exit code %d: %s", code, stderr)
	}
	m.terraform(t, 0, "fmt", "-check", "-diff", "main.tf")
	m.emulated(t)
	m.terraform(t, 0, initialize()...)
	m.terraform(t, 0, "plan", "-out", "plan")
	m.inspect(t, f)
	m.terraform(t, 0, "apply", "plan")
	m.desk.confirm()
	m.terraform(t, 0, "plan", "-detailed-exitcode") // which is 2 if there is something to do

	said, _ := evaluate(t, m.program, collect(t, m.program, m.caller).file)
	for _, c := range f.Accounts[0].Controls {
		if c.Control == "security-hub-enabled" {
			continue
		}
		if got := row(t, said, c.Control); got.Status != c.After {
			t.Errorf("%s: got %s, want %s as the plan said: %v", c.Control, got.Status, c.After, got.Findings)
		}
	}
}

// hub is a resource of Security Hub, for which the provider makes a call that the emulator does not know.
var hub = regexp.MustCompile(`(?s)resource "aws_securityhub_account" .*?\n}\n`)

// emulated lets the providers of the configuration reach buckets of the emulator, which has no name of its own for each, and leaves Security Hub
// out.
func (m *applied) emulated(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.dir, "main.tf"), hub.ReplaceAll(text, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	var override strings.Builder
	for block := range strings.SplitSeq(string(text), "provider \"aws\" {\n") {
		alias := ""
		for line := range strings.Lines(block) {
			if strings.HasPrefix(line, "  alias ") {
				alias = line
			}
			if strings.HasPrefix(line, "}") {
				break
			}
		}
		override.WriteString("provider \"aws\" {\n" + alias + "  s3_use_path_style = true\n}\n")
	}
	if strings.Count(string(text), "provider \"aws\" {\n") == 0 {
		return
	}
	all := strings.SplitAfterN(override.String(), "}\n", 2)[1] // what stands before the first provider is none
	if err := os.WriteFile(filepath.Join(m.dir, "main_override.tf"), []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (m *applied) terraform(t *testing.T, want int, arguments ...string) string {
	t.Helper()
	arguments = append([]string{"-chdir=" + m.dir, arguments[0], "-no-color"}, arguments[1:]...)
	stdout, stderr, code := run(t, m.caller.at(m.named).environment("TF_IN_AUTOMATION=1", "TF_INPUT=0"), "terraform", arguments...)
	if code != want {
		t.Fatalf("terraform %s: got exit code %d, want %d:\n%s%s", strings.Join(arguments, " "), code, want, stdout, stderr)
	}
	return stdout
}

// attributes are Terraform's names of what a plan's changes are about.
var attributes = map[string]string{
	"EventSelectors": "event_selector", "AdvancedEventSelectors": "advanced_event_selector", "Status": "enable_logging",
	"IsMultiRegionTrail": "is_multi_region_trail", "LogFileValidationEnabled": "enable_log_file_validation",
	"CloudWatchLogsLogGroupArn": "cloud_watch_logs_group_arn", "CloudWatchLogsRoleArn": "cloud_watch_logs_role_arn",
	"filterPattern": "pattern", "metricTransformations": "metric_transformation",
	"ActionsEnabled": "actions_enabled", "AlarmActions": "alarm_actions", "Namespace": "namespace", "MetricName": "metric_name",
	"Threshold": "threshold", "EvaluationPeriods": "evaluation_periods", "Statistic": "statistic", "ComparisonOperator": "comparison_operator",
	"Period": "period", "TreatMissingData": "treat_missing_data", "Dimensions": "dimensions", "DatapointsToAlarm": "datapoints_to_alarm",
}

// inspect holds what Terraform means to do against the plan: it creates, and updates what it imports, in the fields that differ and no others.
func (m *applied) inspect(t *testing.T, f fixed) {
	t.Helper()
	var means struct {
		Changes []struct {
			Address string
			Change  struct {
				Actions       []string
				Before, After map[string]any
				Importing     any
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(m.terraform(t, 0, "show", "-json", "plan")), &means); err != nil {
		t.Fatal(err)
	}
	var differ []string
	for _, c := range f.Accounts[0].Changes {
		for _, field := range c.Fields {
			differ = append(differ, attributes[field])
		}
	}
	for _, r := range means.Changes {
		switch {
		case slices.Equal(r.Change.Actions, []string{"create"}) && r.Change.Importing == nil:
		case slices.Equal(r.Change.Actions, []string{"update"}) && r.Change.Importing != nil:
			for name, was := range r.Change.Before {
				if !reflect.DeepEqual(was, r.Change.After[name]) && !slices.Contains(differ, name) {
					t.Errorf("%s: got a change of %s from %v to %v, want only %q changed", r.Address, name, was, r.Change.After[name], differ)
				}
			}
		default:
			t.Errorf("%s: got the actions %q, want something created, or imported and updated", r.Address, r.Change.Actions)
		}
	}
	if len(f.Accounts[0].Changes) > 0 && len(means.Changes) == 0 {
		t.Error("terraform plan: got no change, want some")
	}
}
