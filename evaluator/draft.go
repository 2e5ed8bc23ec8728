package evaluator

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
)

//go:embed drafts
var drafts embed.FS

// Draft is a control that somebody begins to write.
type Draft struct {
	Slug     string // "root-logins"
	Section  string // the folder: "monitoring"
	Root     string // the name that the package begins with, "" for none
	Title    string // made from the slug if empty
	Severity string // medium if empty
	Pattern  string // the events that must raise the alarm; the draft is about the trails themselves if empty
}

// DraftFile is a file of a draft, and where it belongs in the folder of policies.
type DraftFile struct {
	Path string
	Text []byte
}

// Slugs become the name of a package, and sections of a folder and a part of it.
var (
	slugForm    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	sectionForm = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// otherEvents is a filter that hardly any control wants; the test of a failure deploys it.
const otherEvents = `{ $.eventName = "NoSuchCall" }`

// Files is the policy and its test. They compile, are formatted, and the tests pass.
func (d Draft) Files() ([]DraftFile, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	subject, kind := strings.ReplaceAll(d.Slug, "-", "_"), "trails"
	if d.Pattern != "" {
		kind = "pattern"
	}
	title, err := d.title()
	if err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("PACKAGE", d.pkg(), "SUBJECT", subject, "SLUG", d.Slug, "TITLE", title,
		"SEVERITY", d.severity(), "PATTERN", regoText(d.Pattern), "OTHER", otherEvents)
	var files []DraftFile
	for _, end := range []string{".rego", "_test.rego"} {
		text, err := drafts.ReadFile(path.Join("drafts", kind+end+".tmpl"))
		if err != nil {
			return nil, err
		}
		name := path.Join(d.Section, subject+end)
		formatted, err := Format(name, []byte(fill.Replace(string(text))))
		if err != nil {
			return nil, err
		}
		files = append(files, DraftFile{name, formatted})
	}
	return files, nil
}

// check refuses what would not make a control.
func (d Draft) check() error {
	subject := strings.ReplaceAll(d.Slug, "-", "_")
	switch {
	case !slugForm.MatchString(d.Slug):
		return &InputError{File: strconv.Quote(d.Slug), Problem: "new control: is not a slug", Hint: "small letters, digits and single hyphens, such as root-logins"}
	case ast.IsKeyword(subject), subject == "fixture", slices.ContainsFunc(ast.Builtins, func(f *ast.Builtin) bool {
		first, _, _ := strings.Cut(f.Name, ".")
		return first == subject
	}):
		return &InputError{File: d.Slug, Problem: "new control: is a name that Rego or its library has", Hint: "say more of what the control wants"}
	case strings.HasSuffix(d.Slug, "-test"):
		return &InputError{File: d.Slug, Problem: "new control: its file would be taken for a test", Hint: "choose a slug that does not end in -test"}
	case !sectionForm.MatchString(d.Section) || ast.IsKeyword(d.Section):
		return &InputError{File: "section " + strconv.Quote(d.Section), Problem: "new control: is no name of a package", Hint: "small letters, digits and single underscores, such as monitoring"}
	case slices.Contains(reserved, d.Section) || d.Section == "lib" || d.Section == "benchmarks":
		return &InputError{File: "section " + d.Section, Problem: "new control: is not a place for controls", Hint: "choose another, such as monitoring"}
	case !slices.Contains(severities, d.severity()):
		return &InputError{File: "severity " + d.Severity, Problem: "new control: there is none", Hint: "one of " + strings.Join(severities, ", ")}
	case d.Pattern != "":
		return d.checkPattern()
	}
	return nil
}

// checkPattern refuses a pattern of which the draft's tests would not pass.
func (d Draft) checkPattern() error {
	wrong := func(problem, hint string) error {
		return &InputError{File: "pattern " + d.Pattern, Problem: "new control: " + problem, Hint: hint}
	}
	pattern, err := filterpattern.Parse(d.Pattern)
	if err != nil {
		return wrong(err.Error(), "cistern pattern parse says more of it")
	}
	other, err := filterpattern.Parse(otherEvents)
	if err != nil {
		return err
	}
	covered := func(by *filterpattern.Pattern) filterpattern.Answer {
		question := filterpattern.Question{Required: []*filterpattern.Pattern{pattern}, Deployed: []*filterpattern.Pattern{by}, InForce: true}
		return filterpattern.Covers(question).Answer
	}
	if covered(pattern) != filterpattern.Covered {
		return wrong("cannot be decided", "cistern pattern covers says why")
	}
	if covered(other) != filterpattern.Missed {
		return wrong("no event can match it", "cistern pattern parse shows how it is read")
	}
	return nil
}

// pkg is the draft's package: its path.
func (d Draft) pkg() string {
	name := d.Section + "." + strings.ReplaceAll(d.Slug, "-", "_")
	if d.Root != "" {
		name = d.Root + "." + name
	}
	return name
}

func (d Draft) severity() string {
	if d.Severity == "" {
		return "medium"
	}
	return d.Severity
}

// title is the title as YAML on one line.
func (d Draft) title() (string, error) {
	title := strings.Join(strings.Fields(d.Title), " ")
	if title == "" {
		title = strings.ReplaceAll(d.Slug, "-", " ")
		title = strings.ToUpper(title[:1]) + title[1:]
	}
	text, err := yaml.Marshal(title)
	if err != nil || bytes.Count(text, []byte("\n")) != 1 {
		return "", &InputError{File: "title", Problem: fmt.Sprintf("new control: %q is not one line of text", d.Title)}
	}
	return strings.TrimSpace(string(text)), nil
}

// regoText is a text as Rego writes it, raw where it can be.
func regoText(text string) string {
	if strings.ContainsAny(text, "`\n") {
		return ast.String(text).String()
	}
	return "`" + text + "`"
}
