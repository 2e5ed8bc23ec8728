package report

import (
	"bytes"
	"io"
)

// A line is a result that stands alone, in a stream that holds nothing else. Its fields are those of lineHead, lineResult and lineTail.

// lineHead is where all results come from.
type lineHead struct {
	AsOf      string    `json:"as_of"`
	Tool      Tool      `json:"tool"`
	Benchmark Benchmark `json:"benchmark"`
	Policies  string    `json:"policies_digest"`
}

// lineResult is one result, and the account that it is of.
type lineResult struct {
	Account  string   `json:"account"`
	Alias    string   `json:"alias"`
	Snapshot Snapshot `json:"snapshot"`
	Gaps     int      `json:"gaps"` // how much of the account could not be read
	Result
	NotRead        []Gap    `json:"not_read,omitempty"` // what of the account
	RegionsLeftOut []string `json:"regions_left_out,omitempty"`
}

// lineTail is what else is to be known of the run.
type lineTail struct {
	RunNotes      []string       `json:"run_notes,omitempty"`
	PolicySources []PolicySource `json:"policy_sources,omitempty"`
	PolicyErrors  []PolicyError  `json:"policy_errors,omitempty"` // that hold for the account
	Unread        []string       `json:"unread,omitempty"`        // other snapshots, of the run
}

// writeJSONL writes a line of JSON for each result: all of it, and where it comes from.
func writeJSONL(w io.Writer, s *Stream, _ Style) error {
	r := s.Head
	head, err := marshalLine(lineHead{r.AsOf, r.Tool, r.Benchmark, r.Policies.Digest})
	if err != nil {
		return err
	}
	head[len(head)-1] = ','
	i := 0
	for lines, err := range s.formed(Form{format: "jsonl"}) {
		if err != nil {
			return err
		}
		tail, err := s.lineTail(s.Briefs[i].Account)
		if err != nil {
			return err
		}
		i++
		for line := range bytes.Lines(lines) {
			for _, part := range [][]byte{head, line[len("{") : len(line)-len("}\n")], tail} {
				if _, err := w.Write(part); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lineTail is the end of an account's lines.
func (s *Stream) lineTail(account string) ([]byte, error) {
	r := s.Head
	tail := lineTail{RunNotes: r.Notes, PolicySources: r.Policies.Sources, Unread: someUnread(r)}
	for _, e := range s.failuresOf(account) {
		tail.PolicyErrors = append(tail.PolicyErrors, *e)
	}
	text, err := marshalLine(tail)
	if err != nil {
		return nil, err
	}
	if text[0] = ','; len(text) == len("{}") {
		text = text[1:]
	}
	return append(text, '\n'), nil
}

// linesOf are an account's results, a line each: what stands in lines between what is of the run, as an object of its own.
func linesOf(a *Account) ([]byte, error) {
	var b bytes.Buffer
	for i := range a.Results {
		l := lineResult{a.Account, a.Alias, a.Snapshot, len(a.Gaps), a.Results[i], a.Gaps, a.RegionsLeftOut}
		if err := encode(&b, l, ""); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func marshalLine(value any) ([]byte, error) {
	var b bytes.Buffer
	err := encode(&b, value, "")
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
