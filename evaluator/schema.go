package evaluator

import (
	"encoding/json"
	"fmt"

	"github.com/cistern-audit/cistern/snapshots"
)

// inputSchema is the JSON Schema of what a policy sees as `input`: the snapshot, and `linked`, the fragments of other
// accounts' snapshots that this one's trails, alarms and actions point to.
func inputSchema() (any, error) {
	var schema map[string]any
	if err := json.Unmarshal(snapshots.Schema(), &schema); err != nil {
		return nil, fmt.Errorf("schema of snapshots: read: %w", err)
	}
	properties, ok := schema["properties"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("schema of snapshots: read: has no properties")
	}
	fragment := map[string]any{}
	for _, name := range []string{"account", "cloudtrail", "logs", "cloudwatch", "sns", "gaps"} {
		fragment[name] = properties[name]
	}
	properties["linked"] = map[string]any{
		"type":  "array",
		"items": map[string]any{"type": "object", "properties": fragment},
	}
	return schema, nil
}
