package evaluator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// TestEscapesAreRefused lists ways by which a stranger's policy would reach what is not its own: each is refused before it is asked.
func TestEscapesAreRefused(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(`{"type": "object", "properties": {"password": {"type": "string"}}, "additionalProperties": false}`), 0o600); err != nil {
		t.Fatal(err)
	}
	schema := func(text string) string {
		return "# METADATA\n# scope: package\n# schemas:\n#   - data.z: " + text + "\npackage mine.bad\n\nverdict := data.z.nothing\n"
	}
	rule := func(text string) string { return "package mine.bad\n\nverdict := " + text + "\n" }
	for name, c := range map[string]struct{ policy, want string }{
		"the network":                     {rule(`http.send({"method": "get", "url": "http://127.0.0.1:1"})`), "http.send: a policy may not reach the network"},
		"names of hosts":                  {rule(`net.lookup_ip_addr("localhost")`), "net.lookup_ip_addr: a policy may not"},
		"the process":                     {rule("opa.runtime().env"), "opa.runtime: a policy may not"},
		"the clock":                       {rule("time.now_ns()"), "time.now_ns: a policy knows no clock"},
		"the clock, by a token":           {rule(`io.jwt.decode_verify("a.b.c", {})`), "io.jwt.decode_verify: a policy may not"},
		"the clock, by a certificate":     {rule(`crypto.x509.parse_and_verify_certificates("")`), "parse_and_verify_certificates: is not for policies: it looks at the clock"},
		"chance":                          {rule(`rand.intn("a", 3)`), "rand.intn: a policy may not"},
		"random ids":                      {rule(`uuid.rfc4122("a")`), "uuid.rfc4122: a policy may not"},
		"a signature":                     {rule(`io.jwt.encode_sign({}, {}, {})`), "io.jwt.encode_sign: a policy may not"},
		"a schema from the network":       {rule(`json.match_schema({}, {"$ref": "http://127.0.0.1:1/x.json"})`), "json.match_schema: a policy may not"},
		"a schema from a file":            {rule(fmt.Sprintf(`json.verify_schema({"$ref": "file://%s"})`, secret)), "json.verify_schema: a policy may not"},
		"in place of a builtin":           {rule(`x if x := count([1]) with count as http.send`), "var http is unsafe"},
		"in place of input":               {rule(`x if x := input with input as opa.runtime()`), "opa.runtime: a policy may not"},
		"in place of data":                {rule(`x if x := data.z with data.z as http.send({})`), "http.send: a policy may not"},
		"another clock":                   {rule(`x if x := data.as_of with time.now_ns as 1`), "with keyword target must reference existing"},
		"in a template":                   {rule(`$"{http.send({})}"`), "http.send: a policy may not"},
		"in a rule nobody asks":           {rule("1") + "\nother := opa.runtime()\n", "opa.runtime: a policy may not"},
		"the evaluator's parameters":      {"package parameters\n\nmax_events := 1000\n", "the evaluator itself fills data.parameters"},
		"the evaluator's clock":           {"package as_of\n\nx := 1\n", "the evaluator itself fills data.as_of"},
		"METADATA from a file":            {schema(fmt.Sprintf(`{"$ref": "file://%s"}`, secret)), "METADATA schemas: $ref: file://"},
		"METADATA from a file, in a list": {schema(fmt.Sprintf(`{"anyOf": [{"type": "object"}, {"$ref": "FILE://%s"}]}`, secret)), "METADATA schemas: $ref: FILE://"},
		"METADATA beside a file":          {schema(fmt.Sprintf(`{"$id": "file://%s", "properties": {"a": {"$ref": "#/definitions/a"}}}`, secret)), "METADATA schemas: $id: file://"},
		"METADATA from the network":       {schema(`{"$ref": "http://127.0.0.1:1/x.json"}`), "METADATA schemas: $ref: http://"},
	} {
		t.Run(name, func(t *testing.T) {
			rep, err := hostile(t, map[string]string{"bad.rego": c.policy, "good.rego": goodPolicy}, limits{})
			if err != nil {
				t.Fatal(err)
			}
			all := rep.Policies.Errors
			if len(all) == 0 || all[0].File != "mine/bad.rego" || !strings.Contains(all[0].Problem, c.want) {
				t.Errorf("got %+v, want %q of mine/bad.rego", all, c.want)
			}
			text, err := json.Marshal(rep)
			if err != nil || bytes.Contains(text, []byte("password")) {
				t.Errorf("got %s and %v, want nothing of what the file holds", text, err)
			}
			if got := statusesOf(rep); !strings.HasSuffix(got, "good:pass") {
				t.Errorf("got %s, want the good one as ever", got)
			}
		})
	}
}

// TestNothingIsThere asks for what an OPA server would have: it is undefined, and the row says that there is no verdict.
func TestNothingIsThere(t *testing.T) {
	for _, ref := range []string{"data.system.bundles", "data.system", "data.internal", "data.saved", "data.policies"} {
		rep, err := hostile(t, map[string]string{"bad.rego": "package mine.bad\n\n" + strings.TrimSuffix(passVerdict, "\n") + " if " + ref + "\n", "good.rego": goodPolicy}, limits{})
		if err != nil {
			t.Fatal(err)
		}
		if all := rep.Policies.Errors; statusesOf(rep) != "bad:unknown good:pass" || len(all) != 1 || !strings.Contains(all[0].Problem, "is undefined") {
			t.Errorf("%s: got %s and %+v, want it undefined", ref, statusesOf(rep), all)
		}
	}
}

// TestCapabilitiesWithhold holds what other tools read against what the engine refuses.
func TestCapabilitiesWithhold(t *testing.T) {
	text, err := Capabilities()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ast.LoadCapabilitiesJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range read.Builtins {
		if withheld[f.Name] != "" || nondeterministic(f.Name) {
			t.Errorf("got %s among what policies may use, want it withheld", f.Name)
		}
	}
	manual, err := os.ReadFile("../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range withheld {
		if ast.BuiltinMap[name] == nil {
			t.Errorf("%s: withheld, and OPA has no such builtin", name)
		}
		if !bytes.Contains(manual, []byte("`"+name+"`")) {
			t.Errorf("%s: docs/policies.md does not say that it is withheld", name)
		}
	}
}
