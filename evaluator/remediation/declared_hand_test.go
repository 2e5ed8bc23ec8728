package remediation

import (
	"bytes"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/snapshots"
)

// planOf is a plan of one change.
func planOf(c Change, variables ...Variable) *Plan {
	c.Region, c.Why, c.Controls = "us-east-1", "For a test.", []string{"5.1"}
	c.Calls = c.calls()
	return &Plan{Account: "111122223333", Partition: "aws", Digest: "sha256:0", CollectedAt: "2026-01-05T10:00:00Z", Variables: variables, Changes: []Change{c}}
}

func handFilter(edit func(*snapshots.MetricFilter)) Change {
	f := &snapshots.MetricFilter{
		Region: "us-east-1", LogGroupName: "g", FilterName: "Café", FilterPattern: snapshots.Of("{ $.a = 1 }"),
		MetricTransformations: []snapshots.MetricTransformation{{MetricName: "m", MetricNamespace: "n", MetricValue: snapshots.Of("1")}},
	}
	edit(f)
	return Change{Kind: FilterKind, Create: true, Name: f.FilterName, Filter: f}
}

func handAlarm(edit func(*snapshots.Alarm)) Change {
	a := &snapshots.Alarm{Region: "us-east-1", AlarmName: "a", MetricName: snapshots.Of("m"), Namespace: snapshots.Of("n")}
	ringForOne(a)
	edit(a)
	return Change{Kind: AlarmKind, Create: true, Name: a.AlarmName, Alarm: a}
}

// TestByHand is about what a format cannot say: the AWS CLI's command stands in a comment, and no resource.
func TestByHand(t *testing.T) {
	for _, c := range []struct {
		name                      string
		change                    Change
		terraform, cloudformation string // what is missing; empty if nothing is
	}{
		{"nothing", handFilter(func(*snapshots.MetricFilter) {}), "", ""},
		{"transformed", handFilter(func(f *snapshots.MetricFilter) { f.ApplyOnTransformedLogs = snapshots.Of(true) }), "a metric filter of transformed events", ""},
		{"selects", handFilter(func(f *snapshots.MetricFilter) { f.FieldSelectionCriteria = snapshots.Of(`@aws.region = "x"`) }),
			"a metric filter that selects accounts or regions", ""},
		{"several metrics", handFilter(func(f *snapshots.MetricFilter) {
			f.MetricTransformations = append(f.MetricTransformations, f.MetricTransformations[0])
		}), "a metric filter of several metrics", "a metric filter of several metrics"},
		{"decomposed name", handFilter(func(f *snapshots.MetricFilter) { f.FilterName = "Cafe\u0301" }), "texts that are not in Unicode's composed form", ""},
		{"query", handAlarm(func(a *snapshots.Alarm) { a.EvaluationCriteria = &snapshots.EvaluationCriteria{} }), "its query", "its query"},
		{"wall clock", handAlarm(func(a *snapshots.Alarm) {
			a.EvaluationWindow = &snapshots.EvaluationWindow{WallClockWindow: &snapshots.WallClockWindow{}}
		}), "its evaluation window", "its evaluation window"},
		{"trail", Change{Kind: TrailKind, Name: "t", Trail: &snapshots.Trail{Name: "t", TrailARN: "arn:aws:cloudtrail:us-east-1:111122223333:trail/t"}},
			"", "a trail of which is not known whether it records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for format, missing := range map[string]string{"terraform": c.terraform, "cloudformation": c.cloudformation} {
				var b bytes.Buffer
				if err := Write(&b, format, planOf(c.change)); err != nil {
					t.Fatal(err)
				}
				made := strings.Contains(b.String(), "\nresource ") || strings.Contains(b.String(), "    Condition: InUsEast1\n")
				said := strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "#", " ")), " "), "has no way to write "+missing+", so that")
				if made != (missing == "") || said != (missing != "") {
					t.Errorf("%s: got\n%s\nwant a resource, or else a comment that %q is missing", format, b.String(), missing)
				}
				if missing != "" && !strings.Contains(b.String(), "#   aws ") && len(planOf(c.change).Changes[0].Calls) > 0 {
					t.Errorf("%s: got\n%s\nwant the command in a comment", format, b.String())
				}
			}
		})
	}
}

// TestVariableBesideDollar writes texts in which a variable stands beside what would be an expression.
func TestVariableBesideDollar(t *testing.T) {
	for _, c := range []struct{ text, hcl, template string }{
		{mark(TopicName), `var.topic_name`, "!Ref TopicName"},
		{"a-" + mark(TopicName), `"a-${var.topic_name}"`, "!Sub 'a-${TopicName}'"},
		{"a$" + mark(TopicName) + "${b}", `"a\u0024${var.topic_name}$${b}"`, "!Join\n- ''\n- - 'a$'\n  - !Ref TopicName\n  - '${b}'"},
		{"100%{a} $${b} $$", `"100%%{a} $\u0024{b} $$"`, "'100%{a} $${b} $$'"},
		{"a\u0007\u2028\U000E0001\"'", `"a\u0007\u2028\U000e0001\"'"`, `"a\u0007\u2028\U000e0001\"'"`},
	} {
		if got := hclText(c.text); got != c.hcl {
			t.Errorf("%q: got %s, want %s", c.text, got, c.hcl)
		}
		template := &cloudformation{plan: &Plan{}, used: map[string]bool{}}
		inline, lines := yamlLines(template.text(c.text))
		if got := strings.Join(append([]string{inline}, lines...), "\n"); got != c.template {
			t.Errorf("%q: got %s, want %s", c.text, got, c.template)
		}
	}
}

// FuzzYAMLQuoted reads quoted texts back.
func FuzzYAMLQuoted(f *testing.F) {
	for _, text := range []string{"", "a", "it's", "a: b #c", "{ $.a = \"*\" }", "\x00\x7f\u0085\u2028\ufeff", "\U0001F512 \u6771", "- !Sub ${x}", "\t\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		read := map[string]string{}
		if err := yaml.Unmarshal([]byte("a: "+yamlQuoted(text)), &read); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := read["a"]; got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	})
}
