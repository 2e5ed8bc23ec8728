package report

import "io"

// jsonLine is a result that stands alone, in a stream that holds nothing else.
type jsonLine struct {
	AsOf      string    `json:"as_of"`
	Tool      Tool      `json:"tool"`
	Benchmark Benchmark `json:"benchmark"`
	Policies  string    `json:"policies_digest"`
	Account   string    `json:"account"`
	Alias     string    `json:"alias"`
	Snapshot  Snapshot  `json:"snapshot"`
	Gaps      int       `json:"gaps"` // how much of the account could not be read
	Result
	NotRead        []Gap          `json:"not_read,omitempty"` // what of the account
	RegionsLeftOut []string       `json:"regions_left_out,omitempty"`
	RunNotes       []string       `json:"run_notes,omitempty"`
	PolicySources  []PolicySource `json:"policy_sources,omitempty"`
	PolicyErrors   []PolicyError  `json:"policy_errors,omitempty"` // that hold for the account
	Unread         []string       `json:"unread,omitempty"`        // other snapshots, of the run
}

// writeJSONL writes a line of JSON for each result: all of it, and where it comes from.
func writeJSONL(w io.Writer, s *Stream, _ Style) error {
	r := s.Head
	return s.each(func(_ int, a *Account) error {
		var errors []PolicyError
		for _, e := range s.failuresOf(a) {
			errors = append(errors, *e)
		}
		for _, result := range a.Results {
			l := jsonLine{
				r.AsOf, r.Tool, r.Benchmark, r.Policies.Digest, a.Account, a.Alias, a.Snapshot, len(a.Gaps), result,
				a.Gaps, a.RegionsLeftOut, r.Notes, r.Policies.Sources, errors, someUnread(r),
			}
			if err := encode(w, l, ""); err != nil {
				return err
			}
		}
		return nil
	})
}
