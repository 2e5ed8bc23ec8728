package evaluator

import (
	"fmt"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestRoutes(t *testing.T) {
	const filter = `"region": "r", "logGroupName": "g", "filterName": "f", "filterPattern": "{ $.a=b }"`
	const counting = `"metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1"}]`
	const alarm = `{"region": "r", "Namespace": "s", "MetricName": "m", "AlarmName": "a", "Threshold": 1, "Dimensions": []}`
	const found = `[{"at": [0, 0, 0], "text": "{ $.a = b }", "alarms": [[0, 0]]}]`
	const quiet = `[{"at": [0, 0, 0], "text": "{ $.a = b }", "alarms": []}]`
	const left = `[{"group": "arn", "at": [0, 0]}]`
	cases := []struct{ name, filter, alarm, routes, left string }{
		{"a plain one", filter + `, ` + counting, alarm, found, `[]`},
		{"with no pattern", `"region": "r", "logGroupName": "g", "filterName": "f", ` + counting, alarm, `[{"at": [0, 0, 0], "text": "", "alarms": [[0, 0]]}]`, `[]`},
		{"without alarms", filter + `, ` + counting, `{"region": "r", "Namespace": "s", "MetricName": "other", "AlarmName": "a"}`, quiet, `[]`},
		{"an alarm elsewhere", filter + `, ` + counting, `{"region": "q", "Namespace": "s", "MetricName": "m", "AlarmName": "a"}`, quiet, `[]`},
		{"an alarm with dimensions", filter + `, ` + counting, `{"region": "r", "Namespace": "s", "MetricName": "m", "AlarmName": "a", "Dimensions": [{"Name": "d", "Value": "v"}]}`, quiet, `[]`},
		{"another group", `"region": "r", "logGroupName": "h", "filterName": "f", ` + counting, alarm, `[]`, `[]`},
		{"another value", filter + `, "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "2"}]`, alarm, `[]`, left},
		{"dimensions", filter + `, "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1", "dimensions": {"a": "$.b"}}]`, alarm, `[]`, left},
		{"two metrics", filter + `, "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1"}, {"metricName": "n", "metricNamespace": "s", "metricValue": "1"}]`, alarm, `[]`, left},
		{"transformed events", filter + `, "applyOnTransformedLogs": true, ` + counting, alarm, `[]`, left},
		{"not transformed events", filter + `, "applyOnTransformedLogs": false, ` + counting, alarm, found, `[]`},
		{"a selection", filter + `, "fieldSelectionCriteria": "x", ` + counting, alarm, `[]`, left},
		{"AWS's own dimensions", filter + `, "emitSystemFieldDimensions": ["@aws.account"], ` + counting, alarm, `[]`, left},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := routesOf(t, fmt.Sprintf(`[{"id": "1", "filters": [{%s}], "alarms": [%s]}]`, c.filter, c.alarm), "")
			var short []*ast.Term
			listAt(got, ast.StringTerm("routes")).Foreach(func(route *ast.Term) {
				short = append(short, filtered(route.Value, terms("at", "text", "alarms")))
			})
			if got, want := ast.ArrayTerm(short...), ast.MustParseTerm(c.routes); !got.Equal(want) {
				t.Errorf("routes: got %v, want %v", got, want)
			}
			if got, want := ast.NewTerm(at(got, ast.StringTerm("left"))), ast.MustParseTerm(c.left); !got.Equal(want) {
				t.Errorf("left: got %v, want %v", got, want)
			}
		})
	}
}

// routesOf joins on the log group g of account 1, in region r, to which a trail delivers if it is given.
func routesOf(t *testing.T, accounts, trail string) ast.Value {
	t.Helper()
	group := `{{"account": "1", "region": "r", "name": "g", "arn": "arn"}}`
	if trail != "" {
		group = fmt.Sprintf(`{{"account": "1", "region": "r", "name": "g", "arn": "arn", "trail": %s}}`, trail)
	}
	got, err := newBuiltins().routes(ast.MustParseTerm(accounts), ast.MustParseTerm(group), ast.MustParseTerm(
		`{"form": ["Threshold", "Period"], "deciding": ["AlarmActions"], "apart": {[0, "r", "apart"]}, "message": "%s, %s, %s, %s: 100%"}`))
	if err != nil {
		t.Fatal(err)
	}
	return got.Value
}

func TestRoutesFindDefaultsAndOtherAccounts(t *testing.T) {
	got := routesOf(t, `[{"id": "0", "filters": [], "alarms": []}, {"id": "1", "alarms": [], "filters": [
		{"region": "r", "logGroupName": "g", "filterName": "f", "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1", "unit": "Count"}]},
		{"region": "r", "logGroupName": "h", "filterName": "e", "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1", "defaultValue": 0}]}]}]`, "")
	want := ast.MustParseTerm(`{
		"routes": [{"place": 0, "group": "arn", "at": [1, 0, 0], "pattern": "", "text": "", "way": 0, "alarms": []}],
		"by_text": {"arn": {"": [{"place": 0, "group": "arn", "at": [1, 0, 0], "pattern": "", "text": "", "way": 0, "alarms": []}]}},
		"ways": [{"group": "arn", "on": ["1", "r"], "feed": {"value": 1, "unit": "Count", "defaults": {0}}, "watches": [], "patterns": {""}, "places": [0]}],
		"left": []
	}`)
	if got.Compare(want.Value) != 0 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRoutesRefuse(t *testing.T) {
	const how = `{"form": [], "deciding": [], "apart": set()}`
	for _, c := range []struct{ name, accounts, groups, how string }{
		{"accounts that are no list", `{}`, `set()`, how},
		{"groups that are no set", `[]`, `[]`, how},
		{"nothing of how", `[]`, `set()`, `{}`},
		{"alarms apart in a list", `[]`, `set()`, `{"form": [], "deciding": [], "apart": []}`},
		{"a group without ARN", `[]`, `{{"account": "1", "region": "r", "name": "g"}}`, how},
		{"a group that is a name", `[]`, `{"g"}`, how},
	} {
		if got, err := newBuiltins().routes(ast.MustParseTerm(c.accounts), ast.MustParseTerm(c.groups), ast.MustParseTerm(c.how)); err == nil {
			t.Errorf("%s: got %v, want an error", c.name, got)
		}
	}
}

func TestRoutesShow(t *testing.T) {
	got := routesOf(t, `[{"id": "1",
		"filters": [{"region": "r", "logGroupName": "g", "filterName": "f", "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1"}]}],
		"alarms": [{"region": "r", "Namespace": "s", "MetricName": "m", "AlarmName": "a", "AlarmActions": ["x:topic"]}],
		"topics": [{"TopicArn": "x:other"}, {"TopicArn": "x:topic"}],
		"subscriptions": [{"TopicArn": "x:topic"}]}]`, `{"arn": "trail", "pointer": "/cloudtrail/trails/0"}`)
	want := ast.MustParseTerm(`{
		"status": "pass", "message": "g, f, a, topic: 100%", "region": "r", "resource": "trail",
		"evidence": {"trail": "trail", "log_group": "arn", "filters": ["f"], "alarms": ["a"], "actions": ["x:topic"]},
		"pointers": ["/cloudtrail/trails/0", "/cloudwatch/alarms/0", "/logs/metric_filters/0", "/sns/subscriptions/0", "/sns/topics/1"]
	}`)
	route := listAt(got, ast.StringTerm("routes")).Elem(0).Value
	if got := ast.NewTerm(at(route, kFinding)); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Filters are heard alike if their alarms differ in nothing but what decides nothing.
func TestRoutesHeardAlike(t *testing.T) {
	const accounts = `[{"id": "1", "filters": [%s, %s], "alarms": [%s, {"region": "r", "Namespace": "s", "MetricName": "n", %s}]}]`
	const filter = `{"region": "r", "logGroupName": "g", "filterName": "f", "metricTransformations": [{"metricName": "%s", "metricNamespace": "s", "metricValue": "1"%s}]}`
	const alarm = `{"region": "r", "Namespace": "s", "MetricName": "m", "AlarmName": "a", "Threshold": 1, "AlarmActions": ["t"]}`
	cases := []struct {
		name, more, other string
		ways              int
	}{
		{"but for names", "", `"Threshold": 1, "AlarmActions": ["t"]`, 1},
		{"another threshold", "", `"Threshold": 2, "AlarmActions": ["t"]`, 2},
		{"another topic", "", `"Threshold": 1, "AlarmActions": ["u"]`, 2},
		{"one more topic", "", `"Threshold": 1, "AlarmActions": ["t", "u"]`, 2},
		{"no topic", "", `"Threshold": 1`, 2},
		{"a field that decides nothing", "", `"Threshold": 1, "AlarmActions": ["t"], "OKActions": ["u"]`, 1},
		{"one that is apart", "", `"Threshold": 1, "AlarmActions": ["t"], "AlarmName": "apart"`, 2},
		{"another unit", `, "unit": "Count"`, `"Threshold": 1, "AlarmActions": ["t"]`, 2},
		{"a default", `, "defaultValue": 0`, `"Threshold": 1, "AlarmActions": ["t"]`, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := routesOf(t, fmt.Sprintf(accounts, fmt.Sprintf(filter, "m", ""), fmt.Sprintf(filter, "n", c.more), alarm, c.other), "")
			if ways := listAt(got, ast.StringTerm("ways")).Len(); ways != c.ways {
				t.Errorf("got %d ways, want %d: %v", ways, c.ways, got)
			}
		})
	}
}
