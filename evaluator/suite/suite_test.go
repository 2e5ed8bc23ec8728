package suite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func options() Options {
	return Options{
		Sources: []evaluator.Source{{Name: "embedded", FS: policies.FS, Catalogue: true}},
		Sample:  samples.Read,
	}
}

// runText runs a suite that the folder holds as x_suite.yaml.
func runText(t *testing.T, text string) []Result {
	t.Helper()
	s, err := Parse("x_suite.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	results, err := Run(t.Context(), []*Suite{s}, options())
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestParseRefuses(t *testing.T) {
	const head = "cases:\n  - name: a\n    sample: compliant\n"
	for name, c := range map[string]struct{ text, want, hint string }{
		"empty":               {"", "x.yaml: read: the file is empty", "has cases"},
		"no YAML":             {"cases: [", "x.yaml:1: read: did not find", ""},
		"no cases":            {"name: x\n", "x.yaml:1: suite: has no cases", "write cases"},
		"empty cases":         {"name: x\ncases: []\n", "x.yaml:2: suite: has no cases", ""},
		"a list":              {"- a\n", "x.yaml:1: suite: is a list, not a mapping", ""},
		"two documents":       {head + "---\na: b\n", "more than one YAML document", ""},
		"unknown field":       {"nmae: x\n" + head, "x.yaml:1: suite: unknown field nmae", "did you mean name?"},
		"unknown case field":  {head + "    expects: {}\n", "x.yaml:4: case: unknown field expects", "did you mean expect?"},
		"twice":               {head + "    name: b\n", "x.yaml:4: case: name is there twice", "the first is in line 2"},
		"control twice":       {head + "    expect: {\n root-usage: pass,\n root-usage: fail}\n", "x.yaml:6: expect: root-usage is there twice", "line 5"},
		"no status":           {head + "    expect: {root-usage: passed}\n", `x.yaml:4: expect root-usage: "passed" is no status`, "did you mean pass?"},
		"a link alone":        {head + "    expect: {root-usage: {link: alarm}}\n", "x.yaml:4: expect root-usage: has no status", ""},
		"no such link":        {head + "    expect: {root-usage: {status: fail, link: alarms}}\n", "x.yaml:4: expect root-usage: there is no link alarms", "did you mean alarm?"},
		"no such rest":        {head + "    rest: skip\n", `x.yaml:4: rest: "skip" is no status`, "one of pass"},
		"no name":             {"cases:\n  - sample: compliant\n", "x.yaml:2: case: has no name", ""},
		"no snapshot":         {"cases:\n  - name: a\n", "x.yaml:2: case a: has no snapshot and no sample", "--sample list"},
		"the same name":       {head + "  - {name: a, sample: empty}\n", "x.yaml:4: case a: the name is there twice", "line 2"},
		"an empty sample":     {"cases: [{name: a, sample: }]\n", "x.yaml:1: case: is empty, not a text", ""},
		"no such op":          {head + "    patch: [{op: set, path: /a, value: 1}]\n", `x.yaml:4: patch: there is no op "set"`, "one of add"},
		"no value":            {head + "    patch: [{op: add, path: /a}]\n", "x.yaml:4: patch: add has no value", ""},
		"a value too many":    {head + "    patch: [{op: remove, path: /a, value: 1}]\n", "x.yaml:4: patch: remove takes no value", ""},
		"no pointer":          {head + "    patch: [{op: remove, path: a.b}]\n", "x.yaml:4: patch: a.b is no JSON pointer", "write it as"},
		"wrong parameter":     {"parameters: {max_events: 0}\n" + head, "x.yaml:1: parameters: max_events: is 0", ""},
		"no time":             {"as_of: tomorrow\n" + head, `x.yaml:1: as_of: "tomorrow" is not a time`, "write 2026"},
		"endless":             {"name: &a [*a]\n" + head, "x.yaml: read: its aliases make it endless", "let no anchor"},
		"a mapping of a name": {"name: {}\n" + head, "x.yaml:1: name: is a mapping, not a text", ""},
	} {
		_, err := Parse("x.yaml", []byte(c.text))
		var problems Unexpected
		if !errors.As(err, &problems) {
			t.Errorf("%s: got %v, want an Unexpected", name, err)
			continue
		}
		if got := problems.Error(); !strings.HasPrefix(got, "x.yaml") || !strings.Contains(got, c.want) || !strings.Contains(problems[0].Hint, c.hint) {
			t.Errorf("%s: got %q, hint %q; want %q, hint %q", name, got, problems[0].Hint, c.want, c.hint)
		}
	}
}

func TestParseSaysAllThatIsWrong(t *testing.T) {
	_, err := Parse("x.yaml", []byte("cases:\n  - {name: a, sample: compliant, expect: {root-usage: good}}\n  - {name: b, file: c}\n"))
	var problems Unexpected
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("got %v, want two problems", err)
	}
}

func TestRun(t *testing.T) {
	for name, c := range map[string]struct {
		of      string
		outcome Outcome
		want    string // in the result, as text
	}{
		"as expected":         {"{name: a, sample: broken-pattern-misses, expect: {cloudtrail-config-changes: {status: fail, link: pattern, message: StopLogging}}}", Pass, ""},
		"by the edition's id": {`{name: a, sample: compliant, expect: {"5.3": pass}}`, Pass, ""},
		"of an account":       {"{name: a, sample: compliant, expect: {111122223333/root-usage: pass, root-usage: fail}}", Pass, ""},
		"another status":      {"{name: a, sample: broken-alarm-none, expect: {root-usage: pass}}", Fail, "2 root-usage status pass fail"},
		"another link":        {"{name: a, sample: broken-alarm-none, expect: {root-usage: {status: fail, link: trail}}}", Fail, "2 root-usage link trail alarm"},
		"another message":     {"{name: a, sample: broken-alarm-none, expect: {root-usage: {status: fail, message: dog}}}", Fail, "2 root-usage message dog"},
		"the rest":            {"{name: a, sample: broken-action-disabled, expect: {root-usage: fail}, rest: [pass, manual]}", Pass, ""},
		"the rest differs":    {"{name: a, sample: broken-alarm-none, expect: {root-usage: fail}, rest: [pass, manual]}", Fail, "vpc-changes status pass or manual fail"},
		"nothing expected":    {"{name: a, sample: compliant}", Fail, "x_suite.yaml:2: the case expects nothing"},
		"no such control":     {"{name: a, sample: compliant, expect: {rot-usage: pass}}", Error, "x_suite.yaml:2: expect rot-usage: was not evaluated: not in cis-7.0.0"},
		"no such account":     {"{name: a, sample: compliant, expect: {123456789012/root-usage: pass}}", Error, "no snapshot of the case is of account 123456789012"},
		"no such sample":      {"{name: a, sample: perfect, expect: {root-usage: pass}}", Error, `x_suite.yaml:2: sample "perfect": there is none`},
		"no such file":        {"{name: a, snapshot: none.json, expect: {root-usage: pass}}", Error, "x_suite.yaml:2: none.json: open: no such file"},
		"one account twice":   {"{name: a, sample: [compliant, empty], expect: {root-usage: pass}}", Error, "x_suite.yaml:2: sample empty: account 111122223333: is in sample compliant already"},
		"patched":             {"{name: a, sample: compliant, patch: [{op: replace, path: /sns/subscriptions, value: []}], expect: {root-usage: {status: fail, link: subscription}}}", Pass, ""},
		"a patch too far":     {"{name: a, sample: compliant, patch: [{op: replace, path: /sns/subscription, value: []}], expect: {root-usage: pass}}", Error, "x_suite.yaml:2: patch: replace /sns/subscription: /sns has no subscription"},
		"patched to nonsense": {"{name: a, sample: compliant, patch: [{op: replace, path: /account/id, value: 7}], expect: {root-usage: pass}}", Error, "x_suite.yaml:2: the patch leaves no valid snapshot"},
	} {
		results := runText(t, "cases:\n  - "+c.of+"\n")
		if len(results) != 1 {
			t.Errorf("%s: got %d results, want 1", name, len(results))
			continue
		}
		r := results[0]
		said := fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Problem)
		for _, d := range r.Differences {
			said += fmt.Sprintln("", d.Line, d.Control, d.Field, d.Want, d.Got)
		}
		if r.Outcome != c.outcome || !strings.Contains(said, c.want) {
			t.Errorf("%s: got %s, %s; want %s, %q", name, r.Outcome, said, c.outcome, c.want)
		}
	}
}
