package test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// policy is one Rego file, read as text: what OPA would say of it is the evaluator's to test.
type policy struct {
	path     string
	lines    []string
	pkg      string // "policies.lib.watch"
	pkgLine  int
	metadata metadata
}

// metadata is what a policy says of itself above its package line.
type metadata struct {
	Title  string `yaml:"title"`
	Custom struct {
		Control  string `yaml:"control"`
		Severity string `yaml:"severity"`
	} `yaml:"custom"`
}

func parsePolicy(name string, src []byte) (*policy, error) {
	p := &policy{path: name, lines: strings.Split(strings.TrimRight(string(src), "\n"), "\n")}
	var block []string
	for i, line := range p.lines {
		if pkg, found := strings.CutPrefix(line, "package "); found {
			p.pkg, p.pkgLine = strings.TrimSpace(pkg), i+1
			break
		}
		switch {
		case line == "# METADATA":
			block = []string{}
		case strings.HasPrefix(line, "#") && block != nil:
			block = append(block, strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
		}
	}
	if err := yaml.Unmarshal([]byte(strings.Join(block, "\n")), &p.metadata); err != nil {
		return nil, fmt.Errorf("%s: METADATA: %w", name, err)
	}
	return p, nil
}

func (p *policy) test() bool { return strings.HasSuffix(p.path, "_test.rego") }

// control says whether the file holds a control: policies/<section>/<subject>.rego, the library apart.
func (p *policy) control() bool {
	parts := strings.Split(p.path, "/")
	return len(parts) == 3 && parts[0] == "policies" && parts[1] != "lib" && !p.test()
}

// find is the first line that the expression matches, from 1, or 0.
func (p *policy) find(re *regexp.Regexp) int {
	return slices.IndexFunc(p.lines, re.MatchString) + 1
}

// inPolicies is the Rego of the project itself.
func (h *house) inPolicies() []*policy {
	return slices.DeleteFunc(slices.Clone(h.policies), func(p *policy) bool { return !strings.HasPrefix(p.path, "policies/") })
}

func (h *house) controls() []*policy {
	return slices.DeleteFunc(slices.Clone(h.policies), func(p *policy) bool { return !p.control() })
}

// checkRegoPackageIsPath wants policies/lib/chain.rego to be policies.lib.chain, and its test policies.lib.chain_test.
func checkRegoPackageIsPath(h *house) []string {
	var wrong []string
	for _, p := range h.inPolicies() {
		want := strings.ReplaceAll(strings.TrimSuffix(p.path, ".rego"), "/", ".")
		if p.pkg != want {
			wrong = append(wrong, fmt.Sprintf("%s:%d: got package %q, want %q", p.path, p.pkgLine, p.pkg, want))
		}
	}
	return wrong
}

// checkRegoImportsNot keeps "not f(x.missing)" from being true because x.missing is not there.
func checkRegoImportsNot(h *house) []string {
	negation := regexp.MustCompile(`^[^#"` + "`" + `]*\bnot\s`)
	var wrong []string
	for _, p := range h.inPolicies() {
		at := slices.IndexFunc(p.lines, func(line string) bool {
			return negation.MatchString(line) && !strings.HasPrefix(line, "import ")
		})
		if at >= 0 && !slices.Contains(p.lines, "import future.keywords.not") {
			wrong = append(wrong, fmt.Sprintf("%s:%d: not without import future.keywords.not", p.path, at+1))
		}
	}
	return wrong
}

// checkRegoLinearJoins refuses index[key] := value and index[key] contains value: OPA evaluates both in time quadratic
// in the number of keys. An object comprehension is linear.
func checkRegoLinearJoins(h *house) []string {
	partialObject := regexp.MustCompile(`^[a-z_][\w.]*\[[^\]]*\]\s*(:?=|contains\b|if\b)`)
	var wrong []string
	for _, p := range h.inPolicies() {
		for i, line := range p.lines {
			if partialObject.MatchString(line) && !p.test() {
				wrong = append(wrong, fmt.Sprintf("%s:%d: a rule with a key in its head is quadratic; use an object comprehension", p.path, i+1))
			}
		}
	}
	return wrong
}

var (
	slug    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	verdict = regexp.MustCompile(`^(default )?verdict\b`)
)

func checkControlDeclared(h *house) []string {
	var wrong []string
	for _, p := range h.controls() {
		if p.metadata.Title == "" {
			wrong = append(wrong, p.path+":1: METADATA has no title")
		}
		if !slug.MatchString(p.metadata.Custom.Control) {
			wrong = append(wrong, fmt.Sprintf("%s:1: METADATA custom.control is %q, not a slug", p.path, p.metadata.Custom.Control))
		}
		if !slices.Contains([]string{"low", "medium", "high", "critical"}, p.metadata.Custom.Severity) {
			wrong = append(wrong, fmt.Sprintf("%s:1: METADATA custom.severity is %q", p.path, p.metadata.Custom.Severity))
		}
		if p.find(verdict) == 0 {
			wrong = append(wrong, p.path+":1: no rule verdict")
		}
	}
	return wrong
}

// checkControlTested wants beside each control a test of a pass and a test of a failure. A test shows which it is by its
// name (test_passes_..., test_fails_...) or by the status that it names.
func checkControlTested(h *house) []string {
	tests := map[string]*policy{}
	for _, p := range h.inPolicies() {
		if p.test() {
			tests[p.path] = p
		}
	}
	var wrong []string
	for _, p := range h.controls() {
		file := strings.TrimSuffix(p.path, ".rego") + "_test.rego"
		test := tests[file]
		if test == nil {
			wrong = append(wrong, p.path+":1: no "+path.Base(file))
			continue
		}
		for _, status := range []string{"pass", "fail"} {
			if !test.hasCase(status) {
				wrong = append(wrong, fmt.Sprintf("%s:1: no case that must %s", file, status))
			}
		}
	}
	return wrong
}

func (p *policy) hasCase(status string) bool {
	named := regexp.MustCompile(`^test_` + status)
	shown := regexp.MustCompile(`^[^#]*"` + status + `"`)
	inTest := false
	for _, line := range p.lines {
		if line != "" && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "}") {
			inTest = strings.HasPrefix(line, "test_")
		}
		if inTest && (named.MatchString(line) || shown.MatchString(line)) {
			return true
		}
	}
	return false
}

func checkControlSlugUnique(h *house) []string {
	var wrong []string
	first := map[string]string{}
	for _, p := range h.controls() {
		control := p.metadata.Custom.Control
		if control == "" {
			continue
		}
		if other, twice := first[control]; twice {
			wrong = append(wrong, fmt.Sprintf("%s:1: control %s is declared in %s already", p.path, control, other))
			continue
		}
		first[control] = p.path
	}
	return wrong
}

// edition is one benchmark file, as far as its rows name controls.
type edition struct {
	path     string
	ID       string `yaml:"id"`
	Sections []struct {
		Controls []editionRow `yaml:"controls"`
	} `yaml:"sections"`
}

type editionRow struct {
	ID      string `yaml:"id"`
	Control string `yaml:"control"`
	Reason  string `yaml:"reason"`
}

func parseEdition(name string, src []byte) (*edition, error) {
	e := &edition{path: name}
	if err := yaml.Unmarshal(src, e); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// checkEditionRows wants every row of an edition to name a control that has a policy, or to say why it has none.
func checkEditionRows(h *house) []string {
	declared := map[string]bool{}
	for _, p := range h.controls() {
		declared[p.metadata.Custom.Control] = true
	}
	var wrong []string
	for _, e := range h.editions {
		rows := 0
		seen := map[string]bool{}
		for _, section := range e.Sections {
			rows += len(section.Controls)
			for _, row := range section.Controls {
				if row.ID == "" || seen[row.ID] {
					wrong = append(wrong, fmt.Sprintf("%s:1: id %q is empty or there twice", e.path, row.ID))
				}
				seen[row.ID] = true
				if !declared[row.Control] && row.Reason == "" {
					wrong = append(wrong, fmt.Sprintf("%s:1: row %s: control %q has no policy and no reason", e.path, row.ID, row.Control))
				}
			}
		}
		if base := strings.TrimSuffix(path.Base(e.path), ".yaml"); base != e.ID {
			wrong = append(wrong, fmt.Sprintf("%s:1: got id %q, want %q", e.path, e.ID, base))
		}
		if rows == 0 {
			wrong = append(wrong, e.path+":1: no row")
		}
	}
	return wrong
}
