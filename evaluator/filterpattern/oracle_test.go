package filterpattern

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

// oracleFile lies beside the checkout on machines that have it; it is not part of the project.
const oracleFile = "../../../shared/data/filter_vectors.jsonl"

// TestOracle holds the parser and the matcher against recorded answers of CloudWatch Logs, where the file is at hand.
func TestOracle(t *testing.T) {
	f, err := os.Open(oracleFile)
	if err != nil {
		t.Skip("no recorded answers on this machine")
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var v struct {
			Pattern, Form, Message string
			Matches                bool
			Valid                  *bool
		}
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		n++
		p, err := Parse(v.Pattern)
		if v.Valid != nil && !*v.Valid {
			if err == nil {
				t.Errorf("%s: got %v, want an error", v.Pattern, p)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v.Pattern, err)
			continue
		}
		if got := p.Match([]byte(v.Message)); got != truth(v.Matches) {
			t.Errorf("%s on %s: got %v, want %v", v.Pattern, v.Message, got, v.Matches)
		}
		if got := p.form.String(); got != v.Form {
			t.Errorf("%s: got form %s, want %s", v.Pattern, got, v.Form)
		}
	}
	t.Logf("%d recorded answers", n)
}
