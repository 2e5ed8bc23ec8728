package evaluator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// PolicyError is a policy that cannot be used: where, what is wrong and, where one is known, the way out.
type PolicyError struct {
	File    string
	Line    int // 0: the whole file
	Problem string
	Hint    string
}

func (e *PolicyError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}

// PolicyErrors is everything that is wrong with a set of policies, by file and line.
type PolicyErrors []*PolicyError

func (e PolicyErrors) Error() string {
	if len(e) == 1 {
		return e[0].Error()
	}
	return fmt.Sprintf("%v (and %d more)", e[0], len(e)-1)
}

// Hint is the way out of the first of them.
func (e PolicyErrors) Hint() string { return e[0].Hint }

// orNil is e as an error, sorted, or nil if there is none.
func (e PolicyErrors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, comparePlaces)
	return slices.CompactFunc(e, func(a, b *PolicyError) bool { return *a == *b })
}

// comparePlaces orders problems by file, line and text.
func comparePlaces(a, b *PolicyError) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Problem, b.Problem))
}

// and is e with the policies' errors in err; err itself if it is of another kind.
func (e PolicyErrors) and(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range joined.Unwrap() {
			var more PolicyErrors
			if !errors.As(each, &more) {
				return each
			}
			e = append(e, more...)
		}
		return e.orNil()
	}
	var more PolicyErrors
	if !errors.As(err, &more) {
		return err
	}
	return append(e, more...).orNil()
}

// fromOPA says OPA's errors our way. An error without a place belongs to file.
func fromOPA(file string, err error) PolicyErrors {
	var many ast.Errors
	var single *ast.Error
	var ours PolicyErrors
	switch {
	case errors.As(err, &single):
		many = ast.Errors{single}
	case errors.As(err, &ours):
		return ours
	case !errors.As(err, &many):
		return PolicyErrors{{File: file, Problem: err.Error()}}
	}
	var all PolicyErrors
	for _, one := range many {
		p := &PolicyError{File: file}
		if one.Location != nil {
			p.File, p.Line = cmp.Or(one.Location.File, file), max(1, one.Location.Row)
		}
		p.Problem, p.Hint = explain(one)
		all = append(all, p)
	}
	return all
}

// explain rewrites the errors that a policy author meets most, so that they name the way out.
func explain(err *ast.Error) (problem, hint string) {
	if name, ok := strings.CutPrefix(err.Message, "undefined function "); ok {
		return explainFunction(name)
	}
	switch {
	case err.Message == "empty module":
		return "the file is empty", "a policy begins with its package, such as package mine.my_control; cistern policy new writes one"
	case strings.HasPrefix(err.Message, "yaml: "):
		return "METADATA is no YAML: " + strings.TrimPrefix(err.Message, "yaml: "), `a text with a colon, a hash or a quote stands in quotes: title: "a: b"`
	}
	switch detail := err.Details.(type) {
	case *ast.RefErrInvalidDetail:
		return explainRef(detail)
	case *ast.ArgErrDetail:
		return err.Message + "; " + strings.Join(detail.Lines(), ", "), ""
	}
	return err.Message, ""
}

func explainFunction(name string) (problem, hint string) {
	switch {
	case name == "time.now_ns":
		return name + ": a policy knows no clock: the same snapshot must give the same verdict tomorrow",
			"data.as_of is the time of the evaluation, input.collected_at that of the snapshot; time.parse_rfc3339_ns reads both"
	case withheld[name] != "":
		return name + ": is not for policies: " + withheld[name], "cistern capabilities lists what is"
	case nondeterministic(name):
		return name + ": a policy may not reach the network, the process or chance: its verdict must follow from the snapshot alone",
			"what a policy needs must be in the snapshot (input) or in --parameters (data.parameters)"
	}
	if near := nearest(name, builtinNames()); near != "" {
		hint = "did you mean " + near + "?"
	}
	return "undefined function " + name, hint
}

// builtinNames are the functions that a policy may call.
func builtinNames() []string {
	var names []string
	for _, f := range capabilities(newBuiltins()).Builtins {
		names = append(names, f.Name)
	}
	return names
}

// explainRef names a misspelt field and the fields that are there, the likeliest first.
func explainRef(detail *ast.RefErrInvalidDetail) (problem, hint string) {
	parent := readable(detail.Ref[:detail.Pos])
	field := strings.Trim(detail.Ref[detail.Pos].String(), `"`)
	if len(detail.OneOf) == 0 {
		return fmt.Sprintf("%s has no field %s", parent, field), ""
	}
	var names []string
	for _, value := range detail.OneOf {
		names = append(names, strings.Trim(value.String(), `"`))
	}
	problem = fmt.Sprintf("%s has no field %s", parent, field)
	nearest := slices.MinFunc(names, func(a, b string) int { return cmp.Compare(distance(field, a), distance(field, b)) })
	if distance(field, nearest) <= len(field)/2 {
		problem += fmt.Sprintf("; did you mean %s?", nearest)
	}
	return problem, fmt.Sprintf("%s has %s", parent, strings.Join(names, ", "))
}

// readable is a reference as an author would write it: OPA's invented variables are `_`.
func readable(ref ast.Ref) string {
	shown := ref.Copy()
	for i, term := range shown {
		if v, ok := term.Value.(ast.Var); ok && i > 0 && v.IsGenerated() {
			shown[i] = ast.VarTerm("_")
		}
	}
	return shown.String()
}

// distance is the edit distance of two names, upper and lower case being the same.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, corner+1, row[j]+1)
		}
	}
	return row[len(b)]
}
