// Package formats holds what the program writes against schemas that others wrote: each report is made by the program itself, of
// an embedded sample or of a saved report whose texts are hostile. It is a module of its own, so that the validators decide nothing
// about the program. The schemas of SARIF and JUnit are fetched: make e2e-formats.
package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// cistern builds the program.
func cistern(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "cistern")
	build := exec.Command("go", "build", "-o", program, "./cmd/cistern")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build cistern: %v\n%s", err, said)
	}
	return program
}

// run runs the program and returns what it wrote to stdout; 3 and 4 are the exit codes of what is not good.
func run(t *testing.T, program string, arguments ...string) []byte {
	t.Helper()
	out, err := exec.Command(program, arguments...).Output()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && (exit.ExitCode() == 3 || exit.ExitCode() == 4):
	case exit != nil:
		t.Fatalf("cistern %s: %v\n%s", strings.Join(arguments, " "), err, exit.Stderr)
	default:
		t.Fatalf("cistern %s: %v", strings.Join(arguments, " "), err)
	}
	return out
}

const decisions = `waivers:
  - {control: cloudtrail-config-changes, owner: ops@example.com, reason: "moved <to> the *SIEM*", ticket: SEC-1, expires: 2030-12-31}
attestations:
  - {control: config-enabled, owner: audit@example.com, evidence: "https://example.com/a?b=c", expires: 2030-12-31}
`

// saved makes reports of every kind, by name, and returns the files.
func saved(t *testing.T, program string) map[string]string {
	t.Helper()
	folder := t.TempDir()
	files := map[string]string{}
	keep := func(name string, text []byte) string {
		file := filepath.Join(folder, name+".json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	evaluate := func(name string, arguments ...string) {
		files[name] = keep(name, run(t, program, append([]string{"evaluate", "-f", "json"}, arguments...)...))
	}
	waivers := filepath.Join(folder, "waivers.yaml")
	if err := os.WriteFile(waivers, []byte(decisions), 0o600); err != nil {
		t.Fatal(err)
	}
	evaluate("passing", "--sample", "compliant")
	evaluate("failing", "--sample", "broken-pattern-misses")
	evaluate("empty account", "--sample", "empty")
	evaluate("denied", "--sample", "denied")

	samples := filepath.Join("..", "..", "snapshots", "samples")
	broken, err := os.ReadFile(filepath.Join(samples, "broken-alarm-none.json"))
	if err != nil {
		t.Fatal(err)
	}
	other := keep("other", bytes.ReplaceAll(broken, []byte("111122223333"), []byte("444455556666")))
	evaluate("several accounts, waived and attested", filepath.Join(samples, "broken-pattern-misses.json"), other, "--waivers", waivers)

	nothing, err := os.ReadFile(files["passing"])
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range hostile {
		files[name] = keep(name, replaced(t, files["several accounts, waived and attested"], text))
	}
	files["no account"] = keep("no account", emptied(t, nothing))
	return files
}

// hostile are texts that an account, an edition or a person can bring in.
var hostile = map[string]string{
	"empty text": "", "spaces": " \t\u00a0 ", "markup": "<script>alert(1)</script> ]]> &amp;", "formula": "=cmd()", "escape": "\x1b[31m\x00\r\n\x07",
	"right to left": "\u202etxt.exe", "hebrew": "שלום", "long": strings.Repeat("x", 10_000), "long and wide": strings.Repeat("𝄞", 10_000),
	"separators": "a\u2028b\ufeff\ufffe", "markdown": "[a](javascript:alert(1)) {{ insert: param, x }}", "uri": "%zz#?& ://",
}

// replaced is a report whose texts are that one, and whose rows have every status by turns.
func replaced(t *testing.T, file, text string) []byte {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(src, &r); err != nil {
		t.Fatal(err)
	}
	statuses := []string{"fail", "unknown", "manual", "waived", "not_applicable", "pass"}
	for _, account := range r["accounts"].([]any) {
		for i, row := range account.(map[string]any)["results"].([]any) {
			row := row.(map[string]any)
			row["status"] = statuses[i%len(statuses)]
			row["notes"] = []any{"a note"}
			row["remediation"] = "a way out"
			person := map[string]any{"owner": "o", "reason": "r", "ticket": "t", "evidence": "e", "except": "x", "status": "unknown", "expires": "2030-12-31"}
			switch row["status"] {
			case "waived":
				row["waiver"] = person
			case "manual":
				row["attestation"] = person
			case "fail":
				row["exceptions"] = []any{person}
			}
		}
	}
	counted(r)
	withText(r, text)
	if text == "" { // a report of no edition, or of no policies, is refused
		r["benchmark"].(map[string]any)["id"], r["policies"].(map[string]any)["digest"] = "x", "x"
	}
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// counted gives a report the counts of its rows: one with others is refused.
func counted(r map[string]any) {
	count := func() map[string]any {
		return map[string]any{"pass": 0, "fail": 0, "unknown": 0, "not_applicable": 0, "waived": 0, "manual": 0}
	}
	all := count()
	for _, each := range r["accounts"].([]any) {
		account, own := each.(map[string]any), count()
		for _, row := range account["results"].([]any) {
			status := row.(map[string]any)["status"].(string)
			own[status] = own[status].(int) + 1
			all[status] = all[status].(int) + 1
		}
		account["summary"] = own
	}
	r["summary"] = all
}

func withText(value any, text string) any {
	switch v := value.(type) {
	case map[string]any:
		for key, each := range v {
			if key != "schema" && key != "status" && key != "as_of" && key != "summary" && key != "account" {
				v[key] = withText(each, text)
			}
		}
	case []any:
		for i := range v {
			v[i] = withText(v[i], text)
		}
	case string:
		return text
	}
	return value
}

func emptied(t *testing.T, report []byte) []byte {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal(report, &r); err != nil {
		t.Fatal(err)
	}
	r["accounts"] = []any{}
	counted(r)
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A schema is how others say what a format is.
type schema struct {
	format string
	// whole says what is wrong with a document; nil if it is as it should be.
	whole func(document []byte) error
	// broken is a document that the schema must refuse: else it would hold nothing against anything.
	broken func(document []byte) []byte
}

func TestSchemas(t *testing.T) {
	program := cistern(t)
	files := saved(t, program)
	for _, s := range schemas(t) {
		t.Run(s.format, func(t *testing.T) {
			for name, file := range files {
				document := run(t, program, "report", file, "-f", s.format)
				if err := s.whole(document); err != nil {
					t.Errorf("%s: %.2000v", name, err)
				}
			}
			document := run(t, program, "report", files["failing"], "-f", s.format)
			broken := s.broken(document)
			if bytes.Equal(document, broken) {
				t.Fatal("the document was not broken")
			}
			if err := s.whole(broken); err == nil {
				t.Error("a broken document is as it should be")
			}
		})
	}
}

// without replaces a name in the document, so that what is required is not there.
func without(name string) func([]byte) []byte {
	return func(document []byte) []byte {
		return bytes.ReplaceAll(document, []byte(name), []byte("x"+name))
	}
}

// lines holds each line of a document against a schema.
func lines(check func([]byte) error) func([]byte) error {
	return func(document []byte) error {
		n := 0
		for line := range bytes.Lines(document) {
			n++
			if err := check(line); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		return nil
	}
}
