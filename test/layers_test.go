package test

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const module = "github.com/cistern-audit/cistern"

// A layer is what one package may import, apart from the standard library. A name that ends in /... means that and all
// beneath it.
type layer struct {
	folder string
	ours   []string // folders of this module
	others []string // of other modules: a guest who stays, so each is named here
}

// layers is the house: one row a package, and a package without a row does not stand in it.
var layers = []layer{
	{"snapshots/octets", nil, nil},
	{"snapshots", []string{"snapshots/octets"}, nil},
	{"snapshots/awscli", []string{"snapshots"}, nil},
	{"snapshots/samples", []string{"snapshots"}, nil},
	{"policies", nil, nil},
	{"evaluator/filterpattern", nil, nil},
	{"evaluator/report", nil, nil},
	{"evaluator/drift", []string{"snapshots", "evaluator/report"}, nil},
	{"evaluator/history", []string{"evaluator/report"}, nil},
	{"evaluator/astfile", nil, []string{"github.com/open-policy-agent/opa/v1/ast"}},
	{"evaluator", []string{"snapshots", "snapshots/octets", "evaluator/..."}, []string{"github.com/open-policy-agent/opa/v1/...", "gopkg.in/yaml.v3"}},
	{"evaluator/suite", []string{"snapshots", "evaluator/..."}, []string{"gopkg.in/yaml.v3"}},
	{"evaluator/mutation", []string{"snapshots", "evaluator/..."}, nil},
	{"evaluator/remediation", []string{"snapshots", "evaluator/..."}, nil},
	{"evaluator/evidence", []string{"snapshots", "evaluator", "evaluator/report"}, []string{"github.com/secure-systems-lab/go-securesystemslib/dsse"}},
	{"collector", []string{"snapshots"}, []string{"github.com/aws/aws-sdk-go-v2/...", "github.com/aws/smithy-go/...", "golang.org/x/time/..."}},
	{"cmd/cistern", []string{"..."}, []string{"github.com/spf13/cobra/...", "github.com/spf13/pflag", "golang.org/x/term"}},
	{"test/fakeaws", []string{"snapshots"}, []string{"github.com/aws/aws-sdk-go-v2/...", "github.com/aws/smithy-go/..."}}, // its test, that is
	{"test/...", []string{"..."}, nil},
}

// testGuests are the modules that any test may use besides those of its layer. A test may also use all of ours.
var testGuests = []string{
	"github.com/rogpeppe/go-internal/...",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"gopkg.in/yaml.v3",
}

func checkLayers(h *house) []string {
	var wrong []string
	for _, f := range h.goFiles {
		i := slices.IndexFunc(layers, func(l layer) bool { return within(f.folder(), l.folder) })
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("%s:1: package %s has no row in the table of layers", f.path, f.folder()))
			continue
		}
		for _, spec := range f.ast.Imports {
			if imported := importPath(spec); !layers[i].mayImport(imported, f.test()) {
				wrong = append(wrong, fmt.Sprintf("%s: %s must not import %s", f.at(spec), f.folder(), imported))
			}
		}
	}
	return wrong
}

func (l layer) mayImport(imported string, test bool) bool {
	if folder, ours := strings.CutPrefix(imported, module+"/"); ours {
		return test || within(folder, l.ours...)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	return within(imported, l.others...) || test && within(imported, testGuests...)
}

// within says whether name is one of the patterns, or beneath one that ends in /... ("..." is everything).
func within(name string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		root, deep := strings.CutSuffix(pattern, "...")
		if !deep {
			return name == pattern
		}
		return strings.HasPrefix(name+"/", root)
	})
}

// A package of one of these names says nothing of what it holds; a file neither.
var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "type", "types", "manager", "misc", "base", "shared"}

func checkPackageName(h *house) []string {
	var wrong []string
	for _, f := range h.goFiles {
		base := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.path), ".go"), "_test")
		for _, name := range []string{path.Base(f.folder()), f.ast.Name.Name, base} {
			if slices.Contains(emptyNames, strings.TrimSuffix(name, "_test")) {
				wrong = append(wrong, fmt.Sprintf("%s:1: the name %q says nothing of what it holds", f.path, name))
				break
			}
		}
	}
	return wrong
}
