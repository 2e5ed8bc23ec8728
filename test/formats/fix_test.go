package formats

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"gopkg.in/yaml.v3"
)

// TestTerraformGoldens reads the configurations that the tests of the program compare, and holds their layout against that of terraform fmt.
func TestTerraformGoldens(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "evaluator", "remediation", "testdata", "terraform", "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the golden files: got %d (%v), want some", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		textsOfHCL(t, file, text)
		if want := hclwrite.Format(text); !bytes.Equal(text, want) {
			t.Errorf("%s: got\n%s\nwant, as terraform fmt writes it,\n%s", file, text, want)
		}
	}
}

// hostileName holds what means something in Terraform, CloudFormation, YAML or a comment.
const hostileName = "a ${aws.x} %{ if true } $${b} $$${c} %%{d} %%%{e} \"q\" 'r' \\ \\n \n\t\r */ -- # {x: *y, &z !Sub} é 東京 \U0001F512 \u0007\u2028 \u007f $"

// TestHostileFix asks for what mends alarms and filters with hostile names, patterns and descriptions: each text that the calls of the plan take is in
// the file as it is, and nothing else is in it than for a harmless name.
func TestHostileFix(t *testing.T) {
	program := cistern(t)
	for _, c := range []struct{ sample, name, pattern string }{
		{"broken-alarm-threshold", "RootUsage", ""},
		{"broken-action-disabled", "RootUsage", ""},
		{"broken-pattern-misses", "CloudTrailChanges", "($.eventName = StartLogging)"},
		{"broken-alarm-none", "RootUsage", ""},
	} {
		t.Run(c.sample, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", "..", "snapshots", "samples", c.sample+".json"))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "hostile.json")
			if err := os.WriteFile(file, []byte(hostileSnapshot(t, string(text), c.name, c.pattern)), 0o600); err != nil {
				t.Fatal(err)
			}
			var plan struct {
				Accounts []struct {
					Changes []struct {
						Calls []struct{ Parameters any }
					}
				}
			}
			if err := json.Unmarshal(run(t, program, "fix", file, "-f", "json"), &plan); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, change := range plan.Accounts[0].Changes {
				for _, call := range change.Calls {
					want = append(want, leaves(call.Parameters)...)
				}
			}
			if !slices.ContainsFunc(want, func(text string) bool { return strings.Contains(text, hostileName) }) {
				t.Errorf("the calls: got %q, want something hostile in them", want)
			}
			terraform := run(t, program, "fix", file, "-f", "terraform")
			if formatted := hclwrite.Format(terraform); !bytes.Equal(terraform, formatted) {
				t.Errorf("terraform: got\n%s\nwant\n%s", terraform, formatted)
			}
			template := run(t, program, "fix", file, "-f", "cloudformation")
			for format, got := range map[string][]string{"terraform": textsOfHCL(t, "main.tf", terraform), "cloudformation": textsOfYAML(t, template)} {
				for _, text := range want {
					if !slices.Contains(got, text) {
						t.Errorf("%s: got %q, want %q among them", format, got, text)
					}
				}
			}
		})
	}
}

// hostileSnapshot gives what has a name another, and a pattern another text.
func hostileSnapshot(t *testing.T, text, name, pattern string) string {
	t.Helper()
	hostile, err := json.Marshal(hostileName)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, `"`+name+`"`) || !strings.Contains(text, pattern) {
		t.Fatalf("the sample: got no %q and %q in it", name, pattern)
	}
	text = strings.ReplaceAll(text, `"`+name+`"`, string(hostile))
	if pattern != "" {
		text = strings.ReplaceAll(text, pattern, pattern+` || ($.eventName = \"it's ${x} %{y} # é\")`)
	}
	return text
}

// leaves are all texts of a JSON value.
func leaves(value any) []string {
	var all []string
	switch v := value.(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, one := range v {
			all = append(all, leaves(one)...)
		}
	case map[string]any:
		for _, one := range v {
			all = append(all, leaves(one)...)
		}
	}
	return all
}

// textsOfHCL are the texts that the attributes of a configuration say by themselves.
func textsOfHCL(t *testing.T, name string, text []byte) []string {
	t.Helper()
	file, problems := hclparse.NewParser().ParseHCL(text, name)
	if problems.HasErrors() {
		t.Fatalf("%v\n%s", problems, text)
	}
	var all []string
	var read func(body *hclsyntax.Body)
	read = func(body *hclsyntax.Body) {
		for _, attribute := range body.Attributes {
			value, problems := attribute.Expr.Value(nil)
			if problems.HasErrors() {
				continue // it names another resource, or a variable
			}
			_ = cty.Walk(value, func(_ cty.Path, v cty.Value) (bool, error) {
				if v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
					all = append(all, v.AsString())
				}
				return true, nil
			})
		}
		for _, block := range body.Blocks {
			read(block.Body)
		}
	}
	read(file.Body.(*hclsyntax.Body))
	return all
}

// textsOfYAML are all texts of a template.
func textsOfYAML(t *testing.T, text []byte) []string {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var all []string
	var read func(node *yaml.Node)
	read = func(node *yaml.Node) {
		if node.Kind == yaml.ScalarNode {
			all = append(all, node.Value)
		}
		for _, one := range node.Content {
			read(one)
		}
	}
	read(&document)
	return all
}
