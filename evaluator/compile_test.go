package evaluator

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// policyFS is a tree of policies for a test: file names and texts.
func policyFS(files map[string]string) fstest.MapFS {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

func TestCompileRefuses(t *testing.T) {
	const pass = `verdict := {"status": "pass", "findings": [], "notes": []}`
	cases := []struct {
		name, policy  string
		problem, hint string
	}{
		{"the network", "package policies.x\n\nverdict := http.send({})\n", "p/x.rego:3: http.send: a policy may not reach the network", "must be in the snapshot"},
		{"the clock", "package policies.x\n\nverdict := time.now_ns()\n", "p/x.rego:3: time.now_ns: a policy knows no clock", "data.as_of"},
		{"chance", "package policies.x\n\nverdict := rand.intn(\"a\", 3)\n", "p/x.rego:3: rand.intn: ", "data.parameters"},
		{"the process", "package policies.x\n\nverdict := opa.runtime()\n", "p/x.rego:3: opa.runtime: ", "data.parameters"},
		{"name look-up", "package policies.x\n\nverdict := net.lookup_ip_addr(\"a\")\n", "p/x.rego:3: net.lookup_ip_addr: ", "data.parameters"},
		{"random ids", "package policies.x\n\nverdict := uuid.rfc4122(\"a\")\n", "p/x.rego:3: uuid.rfc4122: ", "data.parameters"},
		{"an unknown function", "package policies.x\n\nverdict := cwl.cover({})\n", "p/x.rego:3: undefined function cwl.cover", ""},
		{"a syntax error", "package policies.x\n\nverdict := {\n", "p/x.rego:4: ", ""},
		{
			"the trap of not", "package policies.x\n\n" + pass + "\n\na if not startswith(input.account.id, \"1\")\n",
			"p/x.rego:5: `not` without `import future.keywords.not`", "import future.keywords.not",
		},
		{
			"a misspelt field of an answer", "package policies.x\n\nverdict := cwl.covers({\"required\": [], \"deployed\": []}).anwser\n",
			"p/x.rego:3: cwl.covers", "",
		},
		{
			"a misspelt input field", "package policies.x\n\nverdict := [t | some t in input.cloudtrail.trails; t.IsMultiRegionTrial]\n",
			"p/x.rego:3: t has no field IsMultiRegionTrial; did you mean IsMultiRegionTrail?", "LogFileValidationEnabled",
		},
		{
			"a misspelt field of a linked account", "package policies.x\n\nverdict := input.linked[_].sns.topicz\n",
			"p/x.rego:3: input.linked[_].sns has no field topicz; did you mean topics?", "subscriptions, topics",
		},
		{"a reserved package", "package benchmark.x\n\n" + pass + "\n", "p/x.rego:1: package benchmark.x: the evaluator itself fills data.benchmark", "another package name"},
		{
			"a control without a verdict", "# METADATA\n# custom: {control: a-b}\npackage policies.x\n\na := 1\n",
			"p/x.rego:1: control a-b: gives no verdict", "define verdict",
		},
		{"metadata of another kind", "# METADATA\n# custom: {control: [a]}\npackage policies.x\n\n" + pass + "\n", "p/x.rego:1: METADATA custom.control is not a text", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(t.Context(), []Source{{Name: "p", FS: policyFS(map[string]string{"x.rego": c.policy})}})
			var problems PolicyErrors
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want a PolicyErrors", err)
			}
			if !strings.HasPrefix(problems[0].Error(), c.problem) {
				t.Errorf("got  %q\nwant %q...", problems[0], c.problem)
			}
			if !strings.Contains(problems.Hint(), c.hint) {
				t.Errorf("got hint %q, want one with %q", problems.Hint(), c.hint)
			}
		})
	}
}

// TestCompileTellsSourcesApart gives two sources of one name, with a file of one path: neither may take the other's place.
func TestCompileTellsSourcesApart(t *testing.T) {
	control := func(slug string) map[string]string {
		return map[string]string{"x.rego": "# METADATA\n# title: X\n# custom: {control: " + slug + ", severity: low}\npackage " + slug +
			"\n\nverdict := {\"status\": \"pass\", \"findings\": [], \"notes\": []}\n"}
	}
	e, err := Compile(t.Context(), []Source{{Name: "p", FS: policyFS(control("one"))}, {Name: "p", FS: policyFS(control("two"))}})
	if err != nil {
		t.Fatal(err)
	}
	controls, err := e.Controls(t.Context())
	if err != nil || len(controls) != 2 {
		t.Errorf("got controls %v and error %v, want both", controls, err)
	}
}

// TestErrorsNameTheRightFile gives the user's folder the name of the shipped one, and breaks the file of the same path there.
func TestErrorsNameTheRightFile(t *testing.T) {
	good := map[string]string{"x.rego": trailPolicy}
	bad := map[string]string{"x.rego": "package policies.other\n\nverdict := input.cloudtrail.trials\n"}
	for name, c := range map[string]struct {
		sources []Source
		want    string
	}{
		"the user's":           {[]Source{{Name: "policies", FS: policyFS(good), Catalogue: true}, {Name: "policies", FS: policyFS(bad)}}, "policies/x.rego:3: "},
		"the shipped one":      {[]Source{{Name: "policies", FS: policyFS(bad), Catalogue: true}, {Name: "policies", FS: policyFS(good)}}, "embedded:policies/x.rego:3: "},
		"the folder above":     {[]Source{{Name: "policies", FS: policyFS(bad), Catalogue: true}, {Name: ".", FS: policyFS(map[string]string{"policies/x.rego": trailPolicy})}}, "embedded:policies/x.rego:3: "},
		"a folder once more":   {[]Source{{Name: "mine", FS: policyFS(bad)}, {Name: "mine", FS: policyFS(good)}}, "./mine/x.rego:3: "},
		"a whole path twice":   {[]Source{{Name: "/mine", FS: policyFS(bad)}, {Name: "/mine", FS: policyFS(good)}}, "/./mine/x.rego:3: "},
		"folders side by side": {[]Source{{Name: "a", FS: policyFS(bad)}, {Name: "b", FS: policyFS(good)}}, "a/x.rego:3: "},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Compile(t.Context(), c.sources); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s...", err, c.want)
			}
		})
	}
}
