package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/defenseunicorns/go-oscal/src/pkg/validation"
	"github.com/santhosh-tekuri/jsonschema/v6"
	ocsf "github.com/valllabh/ocsf-schema-golang/ocsfvalidate/1.2"
)

// schemas are all that a report is held against.
func schemas(t *testing.T) []schema {
	t.Helper()
	folder := os.Getenv("CISTERN_SCHEMAS")
	if folder == "" {
		t.Fatal("CISTERN_SCHEMAS is not set: run make e2e-formats, which fetches the schemas")
	}
	sarif := bySchema(t, filepath.Join(folder, "sarif-2.1.0.json"))
	return []schema{
		{"oscal", wholeOSCAL, without("reviewed-controls")},
		{"ocsf", lines(wholeOCSF), without("finding_info")},
		{"sarif", sarif, without("driver")},
		{"sarif-alerts", sarif, without("driver")},
		{"junit", byXSD(t, filepath.Join(folder, "jenkins-junit.xsd")), without("classname")},
	}
}

// wholeOSCAL holds a document against the schema of NIST that go-oscal brings.
func wholeOSCAL(document []byte) error {
	v, err := validation.NewValidator(document)
	if err != nil {
		return err
	}
	if got := v.GetSchemaVersion(); got != "1.1.3" {
		return fmt.Errorf("got version %s, want 1.1.3", got)
	}
	if err := v.Validate(); err != nil {
		result, _ := v.GetValidationResult()
		return fmt.Errorf("%w: %+v", err, result.Errors)
	}
	return nil
}

// wholeOCSF holds an event against the schema of OCSF's class.
func wholeOCSF(event []byte) error {
	var class struct {
		UID int `json:"class_uid"`
	}
	if err := json.Unmarshal(event, &class); err != nil {
		return err
	}
	if class.UID != 2003 {
		return fmt.Errorf("got class %d, want 2003", class.UID)
	}
	return ocsf.Validate("compliance_finding", event)
}

// bySchema holds JSON against a JSON Schema.
func bySchema(t *testing.T, file string) func([]byte) error {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiled, err := compiler.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return func(text []byte) error {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return err
		}
		return compiled.Validate(document)
	}
}

// byXSD holds XML against a schema of the W3C's language, by xmllint.
func byXSD(t *testing.T, file string) func([]byte) error {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Fatal("xmllint is not on PATH: apt-get install libxml2-utils")
	}
	return func(text []byte) error {
		lint := exec.Command("xmllint", "--noout", "--nonet", "--schema", file, "-")
		lint.Stdin = bytes.NewReader(text)
		if said, err := lint.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, said)
		}
		return nil
	}
}
