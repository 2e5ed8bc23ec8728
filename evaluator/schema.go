package evaluator

// inputSchema is the JSON Schema of what a policy sees as `input`: the snapshot, and `linked`, the fragments of other
// accounts' snapshots that this one's trails, alarms and actions point to.
func inputSchema() (any, error) {
	return true, nil // TODO stand-in until snapshots.Schema is there
}
