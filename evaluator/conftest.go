package evaluator

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// conftestRule are the rules by which conftest's packages speak: each member of a deny or violation is a failure, of a warn a warning.
var conftestRule = regexp.MustCompile(`^(deny|violation|warn)(_[a-zA-Z0-9]+)*$`)

// exceptionRule names what a conftest package excuses: lists of the names of rules, without their deny_ or violation_.
const exceptionRule = "exception"

// defines tells whether a module has a rule of that name which is no function.
func defines(module *ast.Module, name string) bool {
	return slices.Contains(ruleNames(module), name)
}

// ruleNames are the names of the module's rules but for functions.
func ruleNames(module *ast.Module) []string {
	var names []string
	for _, rule := range module.Rules {
		if name, ok := rule.Head.Ref()[0].Value.(ast.Var); ok && len(rule.Head.Args) == 0 {
			names = append(names, string(name))
		}
	}
	return names
}

// conftestRules are the rules by which a package speaks to conftest, sorted; with exception, if it has one. None if it does not speak.
func conftestRules(pkg string, compiler *ast.Compiler) []string {
	found := map[string]bool{}
	excuses := false
	for _, module := range compiler.Modules {
		if module.Package.Path.String() != pkg {
			continue
		}
		for _, name := range ruleNames(module) {
			if conftestRule.MatchString(name) {
				found[name] = true
			}
			excuses = excuses || name == exceptionRule
		}
	}
	names := slices.Sorted(maps.Keys(found))
	if excuses && len(names) > 0 {
		names = append(names, exceptionRule)
	}
	return names
}

// lenientSources are the sources that hold conftest's kind of policies and none of ours.
func lenientSources(modules []loadedModule) map[int]bool {
	lenient, ours := map[int]bool{}, map[int]bool{}
	for _, m := range modules {
		names := ruleNames(m.Module)
		ours[m.source] = ours[m.source] || slices.Contains(names, verdictRule.rule())
		lenient[m.source] = lenient[m.source] || slices.ContainsFunc(names, conftestRule.MatchString)
	}
	maps.DeleteFunc(lenient, func(source int, speaks bool) bool { return !speaks || ours[source] })
	return lenient
}

// refs are the rules that the policy is asked for.
func (p *policy) refs() []ast.Ref {
	var all []ast.Ref
	for _, name := range p.rules {
		all = append(all, ast.MustParseRef(p.Package+"."+name))
	}
	return all
}

// asking is the query that the policy is asked. Of conftest's rules any may be undefined, which means that it has nothing to say.
func (p *policy) asking() string {
	if p.shape == verdictRule {
		return p.Package + "." + p.shape.rule()
	}
	var each []string
	for _, name := range p.rules {
		each = append(each, fmt.Sprintf("%q: [said | said := %s.%s]", name, p.Package, name))
	}
	return "{" + strings.Join(each, ", ") + "}"
}

// readConftest makes a verdict of what conftest's rules say: members of deny and violation fail, those of warn are notes. What an
// exception excuses is a note, too: it is never lost.
func readConftest(answer ast.Value) (verdict, error) {
	v := verdict{status: report.Pass}
	said, ok := answer.(ast.Object)
	if !ok {
		return v, fmt.Errorf("the answer is %s, want an object", kindOf(answer))
	}
	excused, err := readExceptions(fieldOf(said, ast.InternedTerm(exceptionRule)))
	if err != nil {
		return v, err
	}
	var rules []string
	for _, key := range said.Keys() {
		rules = append(rules, keyText(key.Value))
	}
	slices.Sort(rules)
	for _, name := range rules {
		if name == exceptionRule {
			continue
		}
		findings, err := readMembers(name, fieldOf(said, ast.InternedTerm(name)))
		if err != nil {
			return v, err
		}
		by := excuseOf(name, excused)
		for _, f := range findings {
			switch {
			case strings.HasPrefix(name, "warn"):
				v.notes = append(v.notes, "warning: "+f.Message)
			case by != nil:
				v.notes = append(v.notes, fmt.Sprintf("%s is excused by the package's exception %q: %s", name, *by, f.Message))
			default:
				v.status = report.Fail
				v.findings = append(v.findings, f)
			}
		}
	}
	for _, name := range excused {
		if !slices.ContainsFunc(rules, func(rule string) bool { return excuseOf(rule, []string{name}) != nil }) {
			v.notes = append(v.notes, fmt.Sprintf("exception %q: the package has no such deny or violation", name))
		}
	}
	return v, nil
}

// excuseOf is the exception that a rule falls under: its name without deny_ or violation_; "" or the whole name for a plain deny.
func excuseOf(rule string, excused []string) *string {
	kind, name, _ := strings.Cut(rule, "_")
	if kind != "deny" && kind != "violation" {
		return nil
	}
	for i, each := range excused {
		if each == name || name == "" && each == rule {
			return &excused[i]
		}
	}
	return nil
}

// readExceptions are the names that the exceptions list, sorted.
func readExceptions(value ast.Value) ([]string, error) {
	lists, err := readSaid(exceptionRule, value)
	if err != nil {
		return nil, err
	}
	var all []string
	for i := range lists.Len() {
		names, err := readTexts(spot{list: exceptionRule, index: i}, lists.Elem(i).Value)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// readSaid is the members of a rule's set, none if the rule is undefined.
func readSaid(name string, value ast.Value) (*ast.Array, error) {
	sets, ok := value.(*ast.Array)
	if !ok || sets.Len() == 0 {
		return ast.NewArray(), nil
	}
	members, err := readList(spotAt(name), sets.Elem(0).Value)
	if err != nil {
		return nil, fmt.Errorf("%w; write %s contains ... if { ... }", err, name)
	}
	return members, nil
}

// readMembers reads the members of a set: each is a text, or an object with msg.
func readMembers(name string, value ast.Value) ([]report.Finding, error) {
	members, err := readSaid(name, value)
	if err != nil {
		return nil, err
	}
	var findings []report.Finding
	for i := range members.Len() {
		at, each := spot{list: name, index: i}, members.Elem(i).Value
		f := report.Finding{Status: report.Fail}
		switch m := each.(type) {
		case ast.String:
			f.Message = string(m)
		case ast.Object:
			if f.Evidence, err = readObject(at, each); err != nil {
				return nil, err
			}
			f.Message, _ = f.Evidence["msg"].(string)
			delete(f.Evidence, "msg")
		}
		if f.Message == "" {
			return nil, fmt.Errorf("%s is %s, want a text or an object with a text msg", at, kindOf(each))
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// bareNots are the places where a rule would silently say nothing of what is absent.
func bareNots(file string, module *ast.Module) PolicyErrors {
	if importsNot(module) {
		return nil
	}
	var problems PolicyErrors
	ast.WalkExprs(module, func(expr *ast.Expr) bool {
		if expr.Negated {
			problems = append(problems, &PolicyError{
				File: file, Line: expr.Loc().Row,
				Problem: "`not` without `import future.keywords.not`: where a field is absent the whole rule would silently say nothing",
				Hint:    "add `import future.keywords.not` below the package line; `not f(x.absent)` then is true",
			})
		}
		return false
	})
	return problems
}
