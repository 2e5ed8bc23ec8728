package evaluator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// severities are those that a control may have.
var severities = []string{"low", "medium", "high", "critical"}

// Check holds the policies of the last source against everything that the engine asks of them, and against what a reader
// does: that they compile, with their tests; that they are formatted; that each control says what it is, has a test that passes
// and one that fails; and that it gives a verdict for each of the snapshots. The error is a PolicyErrors with all that is wrong.
func Check(ctx context.Context, sources []Source, snapshots []Input) error {
	last := len(sources) - 1
	files, err := regoFiles(sources[last], true)
	if err != nil {
		return err
	}
	if _, err := Benchmarks(sources); err != nil {
		return err
	}
	problems := misformatted(files)
	set, err := load(sources, true)
	if err == nil {
		err = compiles(ctx, sources, set.modules)
	} else if set != nil && !set.unparsed {
		second := compiles(ctx, sources, set.modules)
		err = errors.Join(err, second)
	}
	if err != nil {
		return problems.and(err)
	}
	engine, err := compileWhole(ctx, sources)
	if err != nil {
		return err
	}
	for _, slug := range slices.Sorted(maps.Keys(engine.controls)) {
		if p := engine.controls[slug]; p.source == last {
			problems = append(problems, unlabelled(p, packageLine(set, p.File))...)
		}
	}
	problems = append(problems, comparedStatuses(set, last)...)
	problems = append(problems, astray(set, last)...)
	for _, idle := range engine.idle {
		if idle.source == last && (idle.near != "" || engine.barren[last] != "") {
			problems = append(problems, idle.problem())
		}
	}
	problems = append(problems, untested(set, engine.controls, last)...)
	found, err := engine.speechless(ctx, last, snapshots)
	if err != nil {
		return err
	}
	return append(problems, found...).orNil()
}

// compileWhole is Compile that counts copies of embedded files, too: they are what is checked.
func compileWhole(ctx context.Context, sources []Source) (*Engine, error) {
	set, err := load(sources, false)
	if err != nil {
		return nil, err
	}
	return newEngine(ctx, sources, set)
}

// compiles says what is wrong with the modules together.
func compiles(ctx context.Context, sources []Source, modules []loadedModule) error {
	_, err := compiling(ctx, usual(), sources, func() (*ast.Compiler, error) { return compile(modules, newBuiltins()) })
	return err
}

// misformatted lists the files that are not as Format writes them.
func misformatted(files []policyFile) PolicyErrors {
	var problems PolicyErrors
	for _, f := range files {
		want, err := Format(f.name, f.text)
		if err == nil && !bytes.Equal(want, f.text) {
			problem := &PolicyError{File: f.name, Line: firstDifference(f.text, want), Problem: "not formatted", Hint: "cistern policy check --write formats it"}
			if old := readPolicy(Source{}, f).old; old != nil {
				problem.Problem, problem.Hint = "is Rego of before OPA 1.0", "cistern policy check --write rewrites it in today's"
			}
			problems = append(problems, problem)
		}
	}
	return problems
}

// Format is a policy's text in OPA's one format, and in today's Rego if it is in that of before OPA 1.0; file is its name in errors.
func Format(file string, text []byte) ([]byte, error) {
	if err := tooDeep(file, text, ast.RegoV1); err != nil {
		return nil, err
	}
	in := func(version ast.RegoVersion) ([]byte, error) {
		return format.SourceWithOpts(file, text, format.Opts{RegoVersion: ast.RegoV1, ParserOptions: &ast.ParserOptions{RegoVersion: version}})
	}
	out, err := in(ast.RegoV1)
	if err != nil {
		if now, failed := in(ast.RegoV0); failed == nil {
			return now, nil
		}
		return nil, fromOPA(file, err).orNil()
	}
	return out, nil
}

func firstDifference(a, b []byte) int {
	other := bytes.Split(b, []byte("\n"))
	for i, line := range bytes.Split(a, []byte("\n")) {
		if i >= len(other) || !bytes.Equal(line, other[i]) {
			return i + 1
		}
	}
	return 1
}

// unlabelled is what a control does not say of itself.
func unlabelled(p *policy, line int) PolicyErrors {
	if p.shape != verdictRule {
		return nil // conftest's policies need say nothing
	}
	var problems PolicyErrors
	say := func(problem, hint string) {
		problems = append(problems, &PolicyError{File: p.File, Line: line, Problem: fmt.Sprintf("control %s: %s", p.Slug, problem), Hint: hint})
	}
	if p.Title == p.Slug {
		say("METADATA has no title", "say in one line what the control wants")
	}
	if p.Severity == "" {
		say("METADATA has no custom.severity", "one of "+strings.Join(severities, ", "))
	}
	return append(problems, wrongLabels(p, line)...)
}

// wrongLabels is what a control says of itself and is not so.
func wrongLabels(p *policy, line int) PolicyErrors {
	var problems PolicyErrors
	say := func(problem, hint string) {
		problems = append(problems, &PolicyError{File: p.File, Line: line, Problem: fmt.Sprintf("control %s: %s", p.Slug, problem), Hint: hint})
	}
	if !slugForm.MatchString(p.Slug) {
		say("custom.control is not a slug", "small letters, digits and single hyphens, such as root-logins")
	}
	if p.Severity != "" && !slices.Contains(severities, p.Severity) {
		hint := "one of " + strings.Join(severities, ", ")
		if near := nearest(p.Severity, severities); near != "" {
			hint = "did you mean " + near + "? " + hint
		}
		say(fmt.Sprintf("METADATA custom.severity is %q", p.Severity), hint)
	}
	return problems
}

// speechless lists the source's controls that give no verdict for one of the snapshots, each problem once.
func (e *Engine) speechless(ctx context.Context, source int, inputs []Input) (PolicyErrors, error) {
	where := map[PolicyError][]string{}
	for _, in := range inputs {
		r, err := e.newRun([]Input{in}, Options{Benchmark: &Benchmark{ID: "none"}, Tool: report.Tool{}, Timeout: usual().time, Memory: usual().memory})
		if err != nil {
			return nil, err
		}
		found, err := r.unanswered(ctx, source)
		if err != nil {
			return nil, err
		}
		for _, problem := range found {
			where[*problem] = append(where[*problem], in.Name)
		}
	}
	var problems PolicyErrors
	for problem, names := range where {
		problem.Problem += " (snapshot " + names[0]
		if len(names) > 1 {
			problem.Problem += fmt.Sprintf(" and %d more", len(names)-1)
		}
		problem.Problem += ")"
		problems = append(problems, &problem)
	}
	return problems, nil
}

// unanswered is why the source's controls give no verdict for the first account.
func (r *run) unanswered(ctx context.Context, source int) (PolicyErrors, error) {
	var problems PolicyErrors
	err := r.within(ctx, func(by *hand) error {
		asked := r.question(ctx, r.subjects[0], nil, by)
		defer asked.rest()
		for _, slug := range slices.Sorted(maps.Keys(r.engine.controls)) {
			p := r.engine.controls[slug]
			if p.source != source {
				continue
			}
			_, err := asked.ask(ctx, p)
			var problem *PolicyError
			switch {
			case errors.As(err, &problem):
				problem.Line = cmp.Or(problem.Line, r.engine.ruleLine(p))
				problems = append(problems, problem)
			case err != nil:
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return problems, nil
}

// ruleLine is the line of the rule by which a control speaks, if that is in its first file.
func (e *Engine) ruleLine(p *policy) int {
	for _, ref := range p.refs() {
		for _, rule := range e.compiler.GetRulesExact(ref) {
			if rule.Location != nil && rule.Location.File == p.File {
				return rule.Location.Row
			}
		}
	}
	return 0
}
