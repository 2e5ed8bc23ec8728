package snapshots_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

var update = flag.Bool("update", false, "write the reference in docs/snapshot.md anew")

const (
	document = "../docs/snapshot.md"
	begin    = "<!-- reference: written by go test ./snapshots -run Golden -update -->\n"
)

// TestGoldenReference keeps the reference at the end of docs/snapshot.md as the schema and the comments say it.
func TestGoldenReference(t *testing.T) {
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	prose, _, found := strings.Cut(string(data), begin)
	if !found {
		t.Fatalf("%s: got no line %q, want one after which the reference stands", document, begin)
	}
	want := prose + begin + reference(t)
	if string(data) == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the types say: run go test ./snapshots -run Golden -update", document)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// definition is what the schema says of one type.
type definition struct {
	Properties map[string]property `json:"properties"`
	Required   []string            `json:"required"`
}

type property struct {
	Type   string    `json:"type"`
	Format string    `json:"format"`
	Ref    string    `json:"$ref"`
	Items  *property `json:"items"`
}

func (p property) words() string {
	if p.Ref != "" {
		name := strings.TrimPrefix(p.Ref, "#/$defs/")
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	}
	switch p.Type {
	case "array":
		return "list of " + p.Items.words()
	case "string":
		if p.Format == "date-time" {
			return "time"
		}
		return "string"
	}
	return p.Type
}

// reference is every type and field as a Markdown table, from the schema and the comments of the types.
func reference(t *testing.T) string {
	t.Helper()
	var schema struct {
		definition
		Definitions map[string]definition `json:"$defs"`
	}
	if err := json.Unmarshal(snapshots.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	all := schema.Definitions
	all["Snapshot"] = schema.definition
	comments := typeComments(t)
	var b strings.Builder
	for _, name := range order(all) {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", name, comments[name][""])
		properties := all[name].Properties
		if len(properties) == 0 {
			continue
		}
		b.WriteString("\n| field | type | |\n| --- | --- | --- |\n")
		for _, field := range slices.Sorted(maps.Keys(properties)) {
			words := properties[field].words()
			if slices.Contains(all[name].Required, field) {
				words += ", required"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", field, words, comments[name][field])
		}
	}
	return b.String()
}

// order is the snapshot, then what it holds, each type at its first mention.
func order(all map[string]definition) []string {
	names := []string{"Snapshot"}
	for i := 0; i < len(names); i++ {
		properties := all[names[i]].Properties
		for _, field := range slices.Sorted(maps.Keys(properties)) {
			p := properties[field]
			if p.Items != nil {
				p = *p.Items
			}
			if name := strings.TrimPrefix(p.Ref, "#/$defs/"); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// typeComments are the comments of the package's types (under "") and of their fields, by their names in JSON.
func typeComments(t *testing.T) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			spec := general.Specs[0].(*ast.TypeSpec)
			fields, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			out[spec.Name.Name] = map[string]string{"": inOneLine(general.Doc)}
			for _, f := range fields.Fields.List {
				if f.Tag == nil || len(f.Names) == 0 {
					continue
				}
				tag, err := strconv.Unquote(f.Tag.Value)
				if err != nil {
					t.Fatal(err)
				}
				field, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
				if field == "" {
					continue // Extra
				}
				text := strings.TrimPrefix(inOneLine(f.Doc), f.Names[0].Name+" ")
				out[spec.Name.Name][field] = strings.TrimPrefix(strings.TrimPrefix(text, "is "), "are ")
			}
		}
	}
	return out
}

func inOneLine(doc *ast.CommentGroup) string {
	return strings.Join(strings.Fields(doc.Text()), " ")
}
