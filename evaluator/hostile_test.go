package evaluator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// doubling is rules x0, x1, ... to xN, each made of two of the one before; in each is %[1]s.
func doubling(name, first, each string, n int) string {
	text := fmt.Sprintf("%s0 := %s\n\n", name, first)
	for i := 1; i <= n; i++ {
		text += fmt.Sprintf("%s%d := %s\n\n", name, i, fmt.Sprintf(each, fmt.Sprintf("%s%d", name, i-1)))
	}
	return text
}

var (
	texts = func(n int) string { return doubling("s", `"aaaaaaaaaaaaaaaa"`, `concat("", [%[1]s, %[1]s])`, n) }
	trees = func(n int) string { return doubling("v", "[1]", "[%[1]s, %[1]s]", n) }
)

// deepValue is a list in a list, 524,288 times, at d16: each is the one before, put in the place of what is innermost in it.
func deepValue() string {
	text := doubling("open", `"[[[[[[[["`, `concat("", [%[1]s, %[1]s])`, 10) + doubling("shut", `"]]]]]]]]"`, `concat("", [%[1]s, %[1]s])`, 10) +
		doubling("way", `"/0/0/0/0/0/0/0/0"`, `concat("", [%[1]s, %[1]s])`, 15) + "d10 := json.unmarshal(concat(\"\", [open10, \"1\", shut10]))\n"
	for i := 11; i <= 16; i++ {
		text += fmt.Sprintf("d%[1]d := json.patch(d%[2]d, [{\"op\": \"replace\", \"path\": way%[2]d, \"value\": d%[2]d}])\n", i, i-1)
	}
	return text
}

// asking is a policy whose verdict needs an expression.
func asking(expression, rest string) map[string]string {
	return map[string]string{"bad.rego": "package mine.bad\n\n" + strings.TrimSuffix(passVerdict, "\n") + " if bad != 12345\n\nbad := " + expression + "\n\n" + rest, "good.rego": goodPolicy}
}

// TestHostilePoliciesAreTheirOwnRow gives a stranger's policy the means to take everything: it is a row of status unknown, and the
// others judge.
func TestHostilePoliciesAreTheirOwnRow(t *testing.T) {
	nestedLists := func(open, shut string, n int) string {
		return "package mine.bad\n\nverdict := " + strings.Repeat(open, n) + "1" + strings.Repeat(shut, n) + "\n"
	}
	cases := []struct {
		name   string
		mine   map[string]string
		limits limits
		want   string // in what it says
	}{
		{"endless", asking(`[1 | some a in n; some b in n; some c in n; a + b + c < 0]`, "n := numbers.range(1, 5000)\n"), limits{time: 50 * time.Millisecond}, "did not end within 50ms"},
		{"a list of all numbers", asking(`numbers.range(1, 100000000000)`, ""), limits{time: time.Minute, memory: 16 << 20}, "took more memory than 16MiB"},
		{"a text that doubles", asking("s40", texts(40)), limits{time: time.Minute, memory: 16 << 20}, "took more memory than 16MiB"},
		{"a number that squares", asking("m40", doubling("m", "12345678901234567890", "%[1]s * %[1]s", 40)), limits{time: 50 * time.Millisecond}, "did not end within 50ms"},
		{"every address", asking(`net.cidr_expand("10.0.0.0/4")`, ""), limits{time: 50 * time.Millisecond}, "did not end within 50ms"},
		{"every way through a value", asking("count([x | walk(v40, [_, x])])", trees(40)), limits{time: 50 * time.Millisecond}, "did not end within 50ms"},
		{"a value in a value in a value", asking("json.marshal(d16)", deepValue()), limits{time: time.Minute, memory: 2 << 30}, "is nested too deep"},
		{"deep JSON", asking(`json.unmarshal(replace(s12, "a", "["))`, texts(12)), limits{time: time.Minute}, "exceeded max depth"},
		{"deep YAML", asking(`yaml.unmarshal(replace(s12, "a", "["))`, texts(12)), limits{time: time.Minute}, "exceeded max depth"},
		{"YAML that repeats itself", asking(`yaml.unmarshal(`+bomb+`)`, ""), limits{time: time.Minute}, "excessive aliasing"},
		{"a large exponent", asking(`to_number("1e999999999")`, ""), limits{time: time.Minute}, "out of range"},
		{"a large exponent as text", asking(`json.unmarshal("1e999999999")`, ""), limits{time: time.Minute}, "number too big"},
		{"a large exponent in the source", asking("1e999999999", ""), limits{}, "number too big"},
		{"a shift", asking("bits.lsh(1, 100000000000)", ""), limits{}, "bits.lsh: is not for policies"},
		{"a template", asking(`strings.render_template("", {})`, ""), limits{}, "strings.render_template: is not for policies"},
		{"every path", asking("graph.reachable_paths({}, [])", ""), limits{}, "graph.reachable_paths: is not for policies"},
		{"lists in lists", map[string]string{"bad.rego": nestedLists("[", "]", 100_000), "good.rego": goodPolicy}, limits{}, "is nested too deep"},
		{"comprehensions in comprehensions", map[string]string{"bad.rego": nestedLists("[x | x := ", "]", 20), "good.rego": goodPolicy}, limits{}, "more than 8 comprehensions lie in each other"},
		{"texts in texts", map[string]string{"bad.rego": nestedLists(`$"{`, `}"`, 20), "good.rego": goodPolicy}, limits{}, "more than 8 comprehensions lie in each other"},
		{"a long sum", map[string]string{"bad.rego": nestedLists("1 + ", "", 100_000), "good.rego": goodPolicy}, limits{}, "is nested too deep"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rep, err := hostile(t, c.mine, c.limits)
			if err != nil {
				t.Fatal(err)
			}
			if got := statusesOf(rep); got != "bad:unknown good:pass" {
				t.Errorf("got %s, want the bad one unknown and the good one as ever", got)
			}
			if all := rep.Policies.Errors; len(all) == 0 || all[0].Control != "bad" || all[0].File != "mine/bad.rego" || all[0].Line == 0 || !strings.Contains(all[0].Problem, c.want) {
				t.Errorf("got %+v, want %q of mine/bad.rego, with its line", all, c.want)
			}
		})
	}
}

const bomb = "`a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
	"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]`"

// hostile is the report on the compliant account by a stranger's policies.
func hostile(t *testing.T, mine map[string]string, l limits) (*report.Report, error) {
	t.Helper()
	e, err := Isolate(t.Context(), []Source{{Name: "mine", FS: policyFS(mine)}})
	if err != nil {
		return nil, err
	}
	b, err := ParseBenchmark("edition.yaml", []byte(testEdition))
	if err != nil {
		t.Fatal(err)
	}
	return e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, Options{Benchmark: b, Timeout: l.time, Memory: l.memory})
}

// unstoppable are policies that no one can stop, each with how the run must end. They go on as long as their process does.
var unstoppable = []struct {
	name    string
	mine    map[string]string
	compile bool // it is the compiler that cannot be stopped
	want    string
}{
	{"a tree as text", asking("json.marshal(v40)", trees(40)), false, "mine/bad.rego: control bad: did not end within "},
	{"two trees side by side", asking("v40 < w40", trees(40)+strings.ReplaceAll(trees(40), "v", "w")), false, "mine/bad.rego: control bad: did not end within "},
	{"a slow regular expression", asking(`regex.match("(x{1000}|y)*(a?){1000}b", s16)`, texts(16)), false, "mine/bad.rego: control bad: did not end within "},
	{"a set of trees", asking("{v40, w40}", trees(40)+strings.ReplaceAll(trees(40), "v", "w")), true, "mine: compile policies: did not end within "},
}

const unstoppableName = "CISTERN_TEST_UNSTOPPABLE"

// TestUnstoppablePoliciesEndTheRun runs this test once more as a process of its own for each of them, which has to end.
func TestUnstoppablePoliciesEndTheRun(t *testing.T) {
	asked := os.Getenv(unstoppableName)
	for _, c := range unstoppable {
		if asked == c.name {
			var err error
			for limit := 50 * time.Millisecond; !errors.As(err, new(*StuckError)) && limit < time.Minute; limit *= 2 { // it may stop before it is stuck
				err = unstopped(t, c.mine, c.compile, limit)
			}
			fmt.Println("ended:", err)
			return
		}
		if asked != "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUnstoppablePoliciesEndTheRun$")
			cmd.Env = append(os.Environ(), unstoppableName+"="+c.name)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "ended: "+c.want) || !strings.Contains(string(out), ", and does not stop\n") {
				t.Errorf("got %v and %s, want %q", err, out, c.want)
			}
		})
	}
}

// unstopped is how a run with such a policy ends.
func unstopped(t *testing.T, mine map[string]string, compile bool, limit time.Duration) error {
	l := limits{time: limit, memory: 1 << 30, grace: 50 * time.Millisecond}
	sources := []Source{{Name: "mine", FS: policyFS(mine)}}
	if compile {
		set, err := load(sources, false)
		if err != nil {
			return err
		}
		_, err = compiling(t.Context(), l, sources, func() (*Engine, error) { return engineOf(t.Context(), sources, set) })
		return err
	}
	e, err := Compile(t.Context(), sources)
	if err != nil {
		return err
	}
	r, err := e.newRun([]Input{{"a.json", sample(t, "compliant")}}, Options{Benchmark: &Benchmark{ID: "none"}})
	if err != nil {
		return err
	}
	h := newHand()
	defer h.rest()
	return h.do(t.Context(), l, func() error {
		asked := r.question(t.Context(), r.subjects[0], nil, h)
		defer asked.rest()
		_, err := asked.ask(t.Context(), e.controls["bad"])
		return err
	})
}

func TestBounded(t *testing.T) {
	l := limits{time: time.Minute}
	if got, err := bounded(t.Context(), l, "x", func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("got %d and %v, want 7", got, err)
	}
	if _, err := bounded(t.Context(), l, "x", func(context.Context) (int, error) { return 0, fs.ErrExist }); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want the work's own error", err)
	}
	var broke *crash
	if _, err := bounded(t.Context(), l, "x", func(context.Context) (int, error) { panic("boom") }); !errors.As(err, &broke) || err.Error() != "boom" {
		t.Errorf("got %v, want the panic as an error", err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	stop(fs.ErrClosed)
	if _, err := bounded(ctx, l, "x", func(ctx context.Context) (int, error) { return 0, context.Cause(ctx) }); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v, want why the caller stopped", err)
	}
}

func TestLargeSourcesAreRefused(t *testing.T) {
	large := func(n int) *fstest.MapFile { return &fstest.MapFile{Data: make([]byte, n)} }
	many := fstest.MapFS{}
	for i := range 9 {
		many[fmt.Sprintf("%d.rego", i)] = large(mostPolicy)
	}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"a policy":        {fstest.MapFS{"a/x.rego": large(mostPolicy + 1)}, "mine/a/x.rego: read policy: is larger than 4MiB"},
		"data":            {fstest.MapFS{"data.json": large(mostSource + 1)}, "mine/data.json: read policy: is larger than 32MiB"},
		"many policies":   {many, "mine/8.rego: read policy: 8.rego and the files before it are larger than 32MiB"},
		"a pipe":          {fstest.MapFS{"x.rego": {Mode: fs.ModeNamedPipe}}, "mine/x.rego: read policy: is no plain file"},
		"a device":        {fstest.MapFS{"x.rego": {Mode: fs.ModeDevice | fs.ModeCharDevice}}, "mine/x.rego: read policy: is no plain file"},
		"a file of a few": {fstest.MapFS{"x.rego": {Data: []byte(goodPolicy)}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Isolate(t.Context(), []Source{{Name: "mine", FS: c.files}})
			if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
