package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// InvalidError is a report that says it is of this version and does not keep the contract: it was changed by hand, or damaged.
type InvalidError struct {
	Pointer string // to what is wrong
	Problem string
	Hint    string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("read report: %s: %s", plainOr(cut(e.Pointer, 200), "/"), plain(cut(e.Problem, 500)))
}

const (
	hintEvaluate = "a report is written by cistern evaluate -f json: evaluate again, or take the file as it was written"
	hintSummary  = "the counts of a report are those of its rows: was the file changed by hand? evaluate again, or take the file as it was written"
	hintNewer    = "is the report of a newer cistern? update cistern, or evaluate again"
)

// check refuses what no writer of this contract has written: a report that is shown must be one that was concluded.
func (r *Report) check() error {
	if err := r.checkHead(); err != nil {
		return err
	}
	if r.Accounts == nil {
		return absent("/accounts", "a list of accounts")
	}
	var sum Summary
	seen := map[string]int{}
	for i := range r.Accounts {
		a, at := &r.Accounts[i], fmt.Sprintf("/accounts/%d", i)
		if a.Account == "" {
			return absent(at+"/account", "the id of an account")
		}
		if first, twice := seen[a.Account]; twice {
			return twiceIn(at, a.Account, first)
		}
		seen[a.Account] = i
		if err := a.check(at); err != nil {
			return err
		}
		for _, status := range Statuses {
			*sum.of(status) += a.Summary.Count(status)
		}
	}
	if err := r.Shard.holds(len(r.Accounts)); err != nil {
		return err
	}
	return sameCounts("/summary", r.Summary, sum)
}

func (a *Account) check(at string) error {
	if a.Results == nil {
		return absent(at+"/results", "a list of results")
	}
	var sum Summary
	for i := range a.Results {
		row, at := &a.Results[i], fmt.Sprintf("%s/results/%d", at, i)
		if err := known(at+"/status", row.Status); err != nil {
			return err
		}
		for j := range row.Findings {
			if err := known(fmt.Sprintf("%s/findings/%d/status", at, j), row.Findings[j].Status); err != nil {
				return err
			}
		}
		if row.Attestation != nil {
			if err := known(at+"/attestation/status", row.Attestation.Status); err != nil {
				return err
			}
		}
		sum.Add(row.Status)
	}
	return sameCounts(at+"/summary", a.Summary, sum)
}

func absent(pointer, want string) error {
	return &InvalidError{pointer, "is absent or empty; want " + want, hintEvaluate}
}

func known(pointer string, status Status) error {
	if slices.Contains(Statuses[:], status) {
		return nil
	}
	var names []string
	for _, name := range Statuses {
		names = append(names, string(name))
	}
	return &InvalidError{pointer, fmt.Sprintf("%q is no status; want one of %s", cut(string(status), 50), strings.Join(names, ", ")), hintNewer}
}

func sameCounts(pointer string, said, counted Summary) error {
	for _, status := range Statuses {
		if said.Count(status) != counted.Count(status) {
			problem := fmt.Sprintf("is %d, and the rows have %d", said.Count(status), counted.Count(status))
			return &InvalidError{pointer + "/" + string(status), problem, hintSummary}
		}
	}
	return nil
}

// misread is what the decoder says of a value of another type, in our words.
func misread(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return fmt.Errorf("read report: %w", err)
	}
	pointer := "/" + strings.ReplaceAll(wrong.Field, ".", "/")
	return &InvalidError{pointer, fmt.Sprintf("byte %d: what stands here is of type %s; want what cistern report schema says", wrong.Offset, wrong.Value), hintEvaluate}
}
