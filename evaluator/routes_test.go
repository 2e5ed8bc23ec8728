package evaluator

import (
	"fmt"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestRoutes(t *testing.T) {
	const filter = `"region": "r", "logGroupName": "g", "filterName": "f", "filterPattern": "{ $.a = b }"`
	const counting = `"metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1"}]`
	const alarm = `{"region": "r", "Namespace": "s", "MetricName": "m", "AlarmName": "a", "Threshold": 1, "Dimensions": []}`
	cases := []struct{ name, filter, alarm, want string }{
		{"a plain one", filter + `, ` + counting, alarm, `[["f", "{ $.a = b }", ["a"], {"Threshold": 1}]]`},
		{"with no pattern", `"region": "r", "logGroupName": "g", "filterName": "f", ` + counting, alarm, `[["f", "", ["a"], {"Threshold": 1}]]`},
		{"without alarms", filter + `, ` + counting, `{"region": "r", "Namespace": "s", "MetricName": "other", "AlarmName": "a"}`, `[["f", "{ $.a = b }", [], null]]`},
		{"an alarm elsewhere", filter + `, ` + counting, `{"region": "q", "Namespace": "s", "MetricName": "m", "AlarmName": "a"}`, `[["f", "{ $.a = b }", [], null]]`},
		{"an alarm with dimensions", filter + `, ` + counting, `{"region": "r", "Namespace": "s", "MetricName": "m", "AlarmName": "a", "Dimensions": [{"Name": "d", "Value": "v"}]}`, `[["f", "{ $.a = b }", [], null]]`},
		{"another group", `"region": "r", "logGroupName": "h", "filterName": "f", ` + counting, alarm, `[]`},
		{"another value", filter + `, "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "2"}]`, alarm, `[]`},
		{"dimensions", filter + `, "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1", "dimensions": {"a": "$.b"}}]`, alarm, `[]`},
		{"two metrics", filter + `, "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1"}, {"metricName": "n", "metricNamespace": "s", "metricValue": "1"}]`, alarm, `[]`},
		{"transformed events", filter + `, "applyOnTransformedLogs": true, ` + counting, alarm, `[]`},
		{"not transformed events", filter + `, "applyOnTransformedLogs": false, ` + counting, alarm, `[["f", "{ $.a = b }", ["a"], {"Threshold": 1}]]`},
		{"a selection", filter + `, "fieldSelectionCriteria": "x", ` + counting, alarm, `[]`},
		{"AWS's own dimensions", filter + `, "emitSystemFieldDimensions": ["@aws.account"], ` + counting, alarm, `[]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			accounts := fmt.Sprintf(`[{"id": "1", "filters": [{%s}], "alarms": [%s]}]`, c.filter, c.alarm)
			got, err := routes(ast.MustParseTerm(accounts), ast.MustParseTerm(`{{"account": "1", "region": "r", "name": "g", "arn": "arn"}}`), ast.MustParseTerm(`["Threshold", "Period"]`))
			if err != nil {
				t.Fatal(err)
			}
			short := ast.MustParseTerm(`[]`).Value.(*ast.Array)
			got.Value.(*ast.Array).Foreach(func(route *ast.Term) {
				names, form := ast.MustParseTerm(`[]`).Value.(*ast.Array), ast.NullTerm()
				eachAt(route.Value, []*ast.Term{ast.StringTerm("watches")}, func(_ int, watch ast.Value) {
					names = names.Append(ast.NewTerm(at(watch, ast.StringTerm("alarm"), kAlarmName)))
					form = ast.NewTerm(at(watch, ast.StringTerm("form")))
				})
				short = short.Append(ast.ArrayTerm(ast.NewTerm(at(route.Value, kName)), ast.NewTerm(at(route.Value, ast.StringTerm("pattern"))), ast.NewTerm(names), form))
			})
			if want := ast.MustParseTerm(c.want); short.Compare(want.Value) != 0 {
				t.Errorf("got %v, want %v", short, want)
			}
		})
	}
}

func TestRoutesFindDefaultsAndOtherAccounts(t *testing.T) {
	const accounts = `[{"id": "1", "filters": [], "alarms": []}, {"id": "2", "alarms": [], "filters": [
		{"region": "r", "logGroupName": "g", "filterName": "f", "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1", "unit": "Count"}]},
		{"region": "r", "logGroupName": "h", "filterName": "e", "metricTransformations": [{"metricName": "m", "metricNamespace": "s", "metricValue": "1", "defaultValue": 0}]}]}]`
	got, err := routes(ast.MustParseTerm(accounts), ast.MustParseTerm(`{{"account": "2", "region": "r", "name": "g", "arn": "arn"}}`), ast.MustParseTerm(`[]`))
	if err != nil {
		t.Fatal(err)
	}
	want := ast.MustParseTerm(`[{
		"group": "arn", "n": 1, "i": 0, "j": 0, "name": "f", "pointer": "2#/logs/metric_filters/0", "pattern": "", "dimensions": {}, "metric": ["2", "r", "s", "m"],
		"feed": {"value": 1, "unit": "Count", "defaults": {0}}, "watches": []
	}]`)
	if !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := routes(ast.MustParseTerm(`{}`), ast.MustParseTerm(`{}`), ast.MustParseTerm(`[]`)); err == nil {
		t.Error("accounts that are no list: got no error")
	}
}
