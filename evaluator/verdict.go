package evaluator

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

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

// pointerForm is a JSON pointer into the snapshot, or "ACCOUNT#/pointer" into that of another account.
var pointerForm = regexp.MustCompile(`^([0-9]{12}#)?(/.*)?$`)

// readVerdict checks the answer of a policy against the one shape that there is.
func readVerdict(shape ruleShape, answer any) (verdict, error) {
	if shape != verdictRule {
		return readConftest(answer)
	}
	fields, ok := answer.(map[string]any)
	if !ok {
		return verdict{}, fmt.Errorf("verdict is %s, want an object with status, findings and notes", kindOf(answer))
	}
	if err := onlyKeys("verdict", fields, "status", "findings", "notes"); err != nil {
		return verdict{}, err
	}
	var v verdict
	var err error
	if v.status, err = readStatus("verdict.status", fields["status"]); err != nil {
		return v, err
	}
	findings, err := readList("verdict.findings", fields["findings"])
	if err != nil {
		return v, err
	}
	for i, each := range findings {
		f, err := readFinding(fmt.Sprintf("verdict.findings[%d]", i), each)
		if err != nil {
			return v, err
		}
		v.findings = append(v.findings, f)
	}
	if err := v.agrees(); err != nil {
		return v, err
	}
	v.notes, err = readTexts("verdict.notes", fields["notes"])
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

func readFinding(at string, value any) (report.Finding, error) {
	var f report.Finding
	fields, ok := value.(map[string]any)
	if !ok {
		return f, fmt.Errorf("%s is %s, want an object with status and message", at, kindOf(value))
	}
	if err := onlyKeys(at, fields, "status", "message", "region", "resource", "link", "evidence", "pointers"); err != nil {
		return f, err
	}
	var err error
	if f.Status, err = readStatus(at+".status", fields["status"]); err != nil {
		return f, err
	}
	for _, text := range []struct {
		name string
		into *string
	}{{"message", &f.Message}, {"region", &f.Region}, {"resource", &f.Resource}, {"link", &f.Link}} {
		value, ok := fields[text.name]
		if !ok {
			continue
		}
		if *text.into, ok = value.(string); !ok {
			return f, fmt.Errorf("%s.%s is %s, want a text", at, text.name, kindOf(value))
		}
	}
	switch {
	case f.Message == "":
		return f, fmt.Errorf("%s has no message", at)
	case f.Link != "" && !slices.Contains(report.Chain[:], f.Link):
		return f, fmt.Errorf("%s.link is %q, want one of %s", at, f.Link, strings.Join(report.Chain[:], ", "))
	}
	if evidence, ok := fields["evidence"]; ok {
		if f.Evidence, ok = evidence.(map[string]any); !ok {
			return f, fmt.Errorf("%s.evidence is %s, want an object", at, kindOf(evidence))
		}
	}
	if pointers, ok := fields["pointers"]; ok {
		if f.Pointers, err = readTexts(at+".pointers", pointers); err != nil {
			return f, err
		}
	}
	for i, pointer := range f.Pointers {
		if !pointerForm.MatchString(pointer) {
			return f, fmt.Errorf("%s.pointers[%d] is %q, want a JSON pointer such as /cloudtrail/trails/0", at, i, pointer)
		}
	}
	return f, nil
}

func readStatus(at string, value any) (report.Status, error) {
	text, ok := value.(string)
	switch {
	case value == nil:
		return "", fmt.Errorf("%s is not there, want one of %s", at, strings.Join(statuses, ", "))
	case !ok:
		return "", fmt.Errorf("%s is %s, want one of %s", at, kindOf(value), strings.Join(statuses, ", "))
	case !slices.Contains(statuses, text):
		return "", fmt.Errorf("%s is %q, want one of %s", at, text, strings.Join(statuses, ", "))
	}
	return report.Status(text), nil
}

func readList(at string, value any) ([]any, error) {
	list, ok := value.([]any)
	switch {
	case value == nil:
		return nil, fmt.Errorf("%s is not there, want a list (empty if there are none)", at)
	case !ok:
		return nil, fmt.Errorf("%s is %s, want a list", at, kindOf(value))
	}
	return list, nil
}

func readTexts(at string, value any) ([]string, error) {
	list, err := readList(at, value)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(list))
	for i, each := range list {
		text, ok := each.(string)
		if !ok {
			return nil, fmt.Errorf("%s[%d] is %s, want a text", at, i, kindOf(each))
		}
		texts[i] = text
	}
	return texts, nil
}

func onlyKeys(at string, fields map[string]any, known ...string) error {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, key) {
			return fmt.Errorf("%s has a field %q, want only %s", at, key, strings.Join(known, ", "))
		}
	}
	return nil
}

// kindOf is a JSON value's kind in words.
func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return "the text " + fmt.Sprintf("%.40q", v)
	case bool:
		return fmt.Sprint(v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number"
}
