package drift

import _ "embed" // the schemas

//go:embed diff.schema.json
var schema string

//go:embed snapshot_diff.schema.json
var statesSchema string

// Schema is the JSON Schema of a comparison of verdicts.
func Schema() []byte { return []byte(schema) }

// StatesSchema is the JSON Schema of a comparison of snapshots.
func StatesSchema() []byte { return []byte(statesSchema) }
