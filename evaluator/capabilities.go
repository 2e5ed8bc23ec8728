package evaluator

import (
	"bytes"
	"encoding/json"
)

// Capabilities is what a policy may use, in OPA's own form: every builtin whose answer follows from its arguments, ours among them, and no
// network. Linters and editors that read it know the policies' language as the engine does.
func Capabilities() ([]byte, error) {
	text, err := json.Marshal(capabilities(newBuiltins()))
	if err != nil {
		return nil, err
	}
	// OPA leaves out an empty list of hosts, and takes a missing one for every host.
	text = append(bytes.TrimSuffix(text, []byte("}")), `,"allow_net":[]}`...)
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
