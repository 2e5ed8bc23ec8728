package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:embed shim
var shim embed.FS

// shims are what stands in for our builtins: cwl.parse is a function of shim/cwl.rego.
func shims() []string { return []string{"cwl", "cistern"} }

// policies are the exported policies as the peers run them.
type policies struct {
	edition  string
	controls []string // of the edition's monitoring section: 4.1 ...
	subjects []string // their packages below policies.monitoring, in the same order
	// rego is the folder of policies and data. one has a rule deny for all controls, many one in each of many namespaces.
	rego, one, many string
}

// verdictsRule is the rule that asks for all verdicts at once.
const verdictsRule = "peers/verdicts"

// export writes what the peers need of our policies into dir: no tests, no samples, and the stand-in for our builtins.
func export(ctx context.Context, cistern, edition, dir string) (*policies, error) {
	p := &policies{edition: edition, rego: filepath.Join(dir, "rego"), one: filepath.Join(dir, "one"), many: filepath.Join(dir, "many")}
	if err := p.findControls(ctx, cistern); err != nil {
		return nil, err
	}
	whole := filepath.Join(dir, "exported")
	if _, err := said(ctx, ".", cistern, "policy", "export", "--benchmark", edition, whole); err != nil {
		return nil, err
	}
	for _, folder := range []string{"lib", "monitoring"} {
		if err := p.copyPolicies(whole, folder); err != nil {
			return nil, err
		}
	}
	for _, name := range shims() {
		text, err := shim.ReadFile("shim/" + name + ".rego")
		if err != nil {
			return nil, err
		}
		if err := write(filepath.Join(p.rego, "lib", name+".rego"), text); err != nil {
			return nil, err
		}
	}
	if err := p.writeRules(); err != nil {
		return nil, err
	}
	return p, p.writeData(filepath.Join(whole, "data.json"))
}

// findControls asks cistern which monitoring controls the edition has.
func (p *policies) findControls(ctx context.Context, cistern string) error {
	out, err := said(ctx, ".", cistern, "evaluate", "--sample", "compliant", "--benchmark", p.edition, "--fail-on", "never", "-f", "jsonl")
	if err != nil {
		return err
	}
	rows, err := readRows(strings.NewReader(out))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if strings.HasSuffix(r.Section, " Monitoring") {
			p.controls = append(p.controls, r.ID)
			p.subjects = append(p.subjects, strings.ReplaceAll(r.Control, "-", "_"))
		}
	}
	if len(p.controls) != 16 {
		return fmt.Errorf("edition %s: it has %d monitoring controls, want 16", p.edition, len(p.controls))
	}
	return nil
}

// calls finds calls of the builtins of one name.
func calls(name string) *regexp.Regexp { return regexp.MustCompile(`\b` + name + `\.[a-z]+\(`) }

// copyPolicies copies a folder's policies without their tests. Those that call a builtin of ours import its stand-in.
func (p *policies) copyPolicies(whole, folder string) error {
	files, err := filepath.Glob(filepath.Join(whole, folder, "*.rego"))
	if err != nil {
		return err
	}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, "_test.rego") || name == "fixture.rego" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if text, err = importing(text); err != nil {
			return fmt.Errorf("%s: import the stand-ins: %w", file, err)
		}
		if err := write(filepath.Join(p.rego, folder, name), text); err != nil {
			return err
		}
	}
	return nil
}

// importing is a policy that imports the stand-ins of the builtins that it calls.
func importing(text []byte) ([]byte, error) {
	const first = "import future.keywords.not\n"
	for _, name := range shims() {
		if !calls(name).Match(text) {
			continue
		}
		before, after, found := bytes.Cut(text, []byte(first))
		if !found {
			return nil, fmt.Errorf("there is no line %q", first)
		}
		text = slices.Concat(before, []byte(first+"\nimport data.policies.lib."+name+"\n"), after)
	}
	return text, nil
}

// writeRules writes what the peers are asked: all verdicts as one document; and for conftest, which wants a rule deny, one of all
// controls, or a namespace each.
func (p *policies) writeRules() error {
	var all strings.Builder
	all.WriteString("package peers\n\nverdicts := {\n")
	for _, subject := range p.subjects {
		fmt.Fprintf(&all, "\t%q: data.policies.monitoring.%s.verdict,\n", subject, subject)
		deny := fmt.Sprintf(`package conftest.%s

deny contains {"msg": %q, "status": verdict.status, "findings": verdict.findings} if {
	verdict := data.policies.monitoring.%s.verdict
	verdict.status != "pass"
}
`, subject, subject, subject)
		if err := write(filepath.Join(p.many, subject+".rego"), []byte(deny)); err != nil {
			return err
		}
	}
	all.WriteString("}\n")
	if err := write(filepath.Join(p.rego, "peers.rego"), []byte(all.String())); err != nil {
		return err
	}
	return write(filepath.Join(p.one, "main.rego"), []byte(`package main

deny contains {"msg": subject, "status": verdict.status, "findings": verdict.findings} if {
	some subject, verdict in data.peers.verdicts
	verdict.status != "pass"
}
`))
}

// writeData writes the edition's patterns and the stand-in's two answers. The samples of the export are for its tests.
func (p *policies) writeData(exported string) error {
	text, err := os.ReadFile(exported)
	if err != nil {
		return err
	}
	data := map[string]any{}
	if err := json.Unmarshal(text, &data); err != nil {
		return fmt.Errorf("%s: read: %w", exported, err)
	}
	delete(data, "saved")
	answer := func(word string) map[string]any {
		return map[string]any{"answer": word, "event": map[string]any{}, "reason": "", "required": 0, "nearest": map[string]any{"caught": []any{}}}
	}
	data["shim"] = map[string]any{"covers": answer("covers"), "misses": answer("misses")}
	if text, err = json.Marshal(data); err != nil {
		return err
	}
	return write(filepath.Join(p.rego, "data.json"), text)
}

func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o666)
}
