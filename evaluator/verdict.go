package evaluator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// verdict is what one control says of one account.
type verdict struct {
	status   report.Status
	findings []report.Finding
	notes    []string
}

// statuses are the ones that a policy may give; waived and manual are not its to say.
var statuses = []string{"pass", "fail", "unknown", "not_applicable"}

// The fields of a verdict and of a finding.
var (
	vStatus   = ast.InternedTerm("status")
	vFindings = ast.InternedTerm("findings")
	vNotes    = ast.InternedTerm("notes")
	vMessage  = ast.InternedTerm("message")
	vRegion   = ast.InternedTerm("region")
	vResource = ast.InternedTerm("resource")
	vLink     = ast.InternedTerm("link")
	vEvidence = ast.InternedTerm("evidence")
	vPointers = ast.InternedTerm("pointers")

	verdictFields = []*ast.Term{vStatus, vFindings, vNotes}
	findingFields = []*ast.Term{vStatus, vMessage, vRegion, vResource, vLink, vEvidence, vPointers}
)

// spot is a place in what a policy says, which errors name: verdict.findings[3].message.
type spot struct {
	list  string
	index int // in the list; none if negative
	field string
}

func spotAt(name string) spot { return spot{list: name, index: -1} }

// String is for errors.
func (s spot) String() string {
	if s.index < 0 {
		return s.list + s.field
	}
	return s.list + "[" + strconv.Itoa(s.index) + "]" + s.field
}

func (s spot) at(field string) spot {
	s.field = field
	return s
}

// readVerdict checks the answer of a policy against the one shape that there is.
func readVerdict(shape ruleShape, answer ast.Value) (verdict, error) {
	if shape != verdictRule {
		return readConftest(answer)
	}
	fields, ok := answer.(ast.Object)
	if !ok {
		return verdict{}, fmt.Errorf("verdict is %s, want an object with status, findings and notes", kindOf(answer))
	}
	if err := onlyKeys(spotAt("verdict"), fields, verdictFields); err != nil {
		return verdict{}, err
	}
	var v verdict
	var err error
	if v.status, err = readStatus(spotAt("verdict.status"), fieldOf(fields, vStatus)); err != nil {
		return v, err
	}
	findings, err := readList(spotAt("verdict.findings"), fieldOf(fields, vFindings))
	if err != nil {
		return v, err
	}
	if n := findings.Len(); n > 0 {
		v.findings = make([]report.Finding, n)
	}
	for i := range v.findings {
		if err := readFinding(&v.findings[i], spot{list: "verdict.findings", index: i}, findings.Elem(i).Value); err != nil {
			return v, err
		}
	}
	if err := v.agrees(); err != nil {
		return v, err
	}
	v.notes, err = readTexts(spotAt("verdict.notes"), fieldOf(fields, vNotes))
	return v, err
}

// agrees refuses a status that the verdict's own findings speak against.
func (v verdict) agrees() error {
	failed := false
	for i, f := range v.findings {
		failed = failed || f.Status == report.Fail
		switch {
		case v.status == report.Pass && (f.Status == report.Fail || f.Status == report.Unknown), v.status == report.NotApplicable && f.Status == report.Fail:
			return fmt.Errorf("verdict.status is %s, but verdict.findings[%d] is %s", v.status, i, f.Status)
		}
	}
	if v.status == report.Fail && len(v.findings) > 0 && !failed {
		return fmt.Errorf("verdict.status is fail, but none of verdict.findings is: verdict.findings[0] is %s", v.findings[0].Status)
	}
	return nil
}

func readFinding(f *report.Finding, at spot, value ast.Value) error {
	fields, ok := value.(ast.Object)
	if !ok {
		return fmt.Errorf("%s is %s, want an object with status and message", at, kindOf(value))
	}
	if err := onlyKeys(at, fields, findingFields); err != nil {
		return err
	}
	var err error
	if f.Status, err = readStatus(at.at(".status"), fieldOf(fields, vStatus)); err != nil {
		return err
	}
	for _, text := range [...]struct {
		name *ast.Term
		into *string
	}{{vMessage, &f.Message}, {vRegion, &f.Region}, {vResource, &f.Resource}, {vLink, &f.Link}} {
		value := fieldOf(fields, text.name)
		if value == nil {
			continue
		}
		said, ok := value.(ast.String)
		if !ok {
			return fmt.Errorf("%s.%s is %s, want a text", at, keyText(text.name.Value), kindOf(value))
		}
		*text.into = string(said)
	}
	switch {
	case f.Message == "":
		return fmt.Errorf("%s has no message", at)
	case f.Link != "" && !slices.Contains(report.Chain[:], f.Link):
		return fmt.Errorf("%s.link is %q, want one of %s", at, f.Link, strings.Join(report.Chain[:], ", "))
	}
	if evidence := fieldOf(fields, vEvidence); evidence != nil {
		if f.Evidence, err = readObject(at.at(".evidence"), evidence); err != nil {
			return err
		}
	}
	if pointers := fieldOf(fields, vPointers); pointers != nil {
		if f.Pointers, err = readTexts(at.at(".pointers"), pointers); err != nil {
			return err
		}
	}
	for i, pointer := range f.Pointers {
		if !isPointer(pointer) {
			return fmt.Errorf("%s.pointers[%d] is %q, want a JSON pointer such as /cloudtrail/trails/0", at, i, pointer)
		}
	}
	return nil
}

// isPointer tells whether a text is a JSON pointer into the snapshot, or "ACCOUNT#/pointer" into that of another account.
func isPointer(text string) bool {
	if account, rest, ok := strings.Cut(text, "#"); ok && isAccount(account) {
		text = rest
	}
	return text == "" || text[0] == '/' && !strings.Contains(text, "\n")
}

// isAccount tells whether a text is the id of one.
func isAccount(text string) bool {
	return len(text) == 12 && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// fieldOf is what an object has of that name; nil if nothing.
func fieldOf(fields ast.Object, name *ast.Term) ast.Value {
	term := fields.Get(name)
	if term == nil {
		return nil
	}
	return term.Value
}

// absent tells that a field is not there, or null.
func absent(value ast.Value) bool {
	_, null := value.(ast.Null)
	return null || value == nil
}

func readStatus(at spot, value ast.Value) (report.Status, error) {
	text, ok := value.(ast.String)
	switch {
	case absent(value):
		return "", fmt.Errorf("%s is not there, want one of %s", at, strings.Join(statuses, ", "))
	case !ok:
		return "", fmt.Errorf("%s is %s, want one of %s", at, kindOf(value), strings.Join(statuses, ", "))
	case !slices.Contains(statuses, string(text)):
		return "", fmt.Errorf("%s is %q, want one of %s", at, string(text), strings.Join(statuses, ", "))
	}
	return report.Status(text), nil
}

// readList reads a list, or a set in its order.
func readList(at spot, value ast.Value) (*ast.Array, error) {
	switch list := value.(type) {
	case *ast.Array:
		return list, nil
	case ast.Set:
		return list.Sorted(), nil
	}
	if absent(value) {
		return nil, fmt.Errorf("%s is not there, want a list (empty if there are none)", at)
	}
	return nil, fmt.Errorf("%s is %s, want a list", at, kindOf(value))
}

func readTexts(at spot, value ast.Value) ([]string, error) {
	list, err := readList(at, value)
	if err != nil {
		return nil, err
	}
	texts := make([]string, list.Len())
	for i := range texts {
		each := list.Elem(i).Value
		text, ok := each.(ast.String)
		if !ok {
			return nil, fmt.Errorf("%s[%d] is %s, want a text", at, i, kindOf(each))
		}
		texts[i] = string(text)
	}
	return texts, nil
}

// readObject is an object as JSON has it.
func readObject(at spot, value ast.Value) (map[string]any, error) {
	if _, ok := value.(ast.Object); !ok {
		return nil, fmt.Errorf("%s is %s, want an object", at, kindOf(value))
	}
	object, err := nativeOf(value)
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", at, err)
	}
	return object.(map[string]any), nil
}

// nativeOf is a value as JSON has it, sets in their order. It is what OPA's own makes of it, without a copy of each name.
func nativeOf(value ast.Value) (any, error) {
	switch v := value.(type) {
	case ast.String:
		return string(v), nil
	case *ast.Array:
		list := make([]any, v.Len())
		for i := range list {
			var err error
			if list[i], err = nativeOf(v.Elem(i).Value); err != nil {
				return nil, err
			}
		}
		return list, nil
	case ast.Set:
		return nativeOf(v.Sorted())
	case ast.Object:
		object := make(map[string]any, v.Len())
		err := v.Iter(func(key, value *ast.Term) (err error) {
			object[keyText(key.Value)], err = nativeOf(value.Value)
			return err
		})
		return object, err
	}
	return ast.JSON(value)
}

func onlyKeys(at spot, fields ast.Object, known []*ast.Term) error {
	others := fields.Len()
	for _, name := range known {
		if fields.Get(name) != nil {
			others--
		}
	}
	if others == 0 {
		return nil
	}
	var names, unknown []string
	for _, name := range known {
		names = append(names, keyText(name.Value))
	}
	for _, key := range fields.Keys() {
		if name := keyText(key.Value); !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	return fmt.Errorf("%s has a field %q, want only %s", at, slices.Min(unknown), strings.Join(names, ", "))
}

// keyText is an object's key as JSON has it: what is no text is written as one.
func keyText(key ast.Value) string {
	if text, ok := key.(ast.String); ok {
		return string(text)
	}
	native, err := nativeOf(key)
	if err != nil {
		return key.String()
	}
	text := new(strings.Builder)
	if err := json.NewEncoder(text).Encode(native); err != nil {
		return key.String()
	}
	return strings.TrimSpace(text.String())
}

// kindOf is the kind of a JSON value, or of OPA's own, in words.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil, ast.Null:
		return "null"
	case ast.String:
		return kindOf(string(v))
	case string:
		return "the text " + fmt.Sprintf("%.40q", v)
	case bool, ast.Boolean:
		return fmt.Sprint(v)
	case []any, *ast.Array, ast.Set:
		return "a list"
	case map[string]any, ast.Object:
		return "an object"
	}
	return "a number"
}
