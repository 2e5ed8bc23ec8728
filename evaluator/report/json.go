package report

import (
	_ "embed" // the schema
	"encoding/json"
	"io"
)

//go:embed schema.json
var schema string

// Schema is the JSON Schema of a report.
func Schema() []byte { return []byte(schema) }

// writeJSON writes contract no. 2: fields in the order of the contract, evidence by key, one final newline.
func writeJSON(w io.Writer, r *Report, _ Style) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
