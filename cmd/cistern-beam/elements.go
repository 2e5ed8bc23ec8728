package main

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// What travels between the steps: the exported fields do.

// names are files to look at.
type names struct{ Files []string }

// sighting is a card, but for whom its snapshot mentions: a snapshot that was looked at and not decoded.
type sighting struct {
	Name      string
	Account   string
	Collected string // as momentForm says: as texts they sort as they do as times
	Size      int
	Watches   []string
}

// momentForm is RFC 3339 in UTC with all nine digits of a second.
const momentForm = "2006-01-02T15:04:05.000000000Z"

func sightingOf(c evaluator.Card) sighting {
	return sighting{c.Name, c.Account, c.CollectedAt.UTC().Format(momentForm), c.Size, c.Watches}
}

func (s sighting) card() (evaluator.Card, error) {
	at, err := time.Parse(momentForm, s.Collected)
	return evaluator.Card{Name: s.Name, Account: s.Account, CollectedAt: at, Size: s.Size, Watches: s.Watches}, err
}

// finding is what came of one snapshot: verdicts, or a line of the report that says why there are none.
type finding struct {
	Account   string
	Collected string
	Unread    bool
	Said      []byte // as JSON: a report.Unread, or an evaluator.Judged without the results
	Text      []byte // the account as it stands in a report, packed: all of a day is in one worker's memory
}

func judgedOf(c evaluator.Card, j *evaluator.Judged) (finding, error) {
	text, err := report.MarshalAccount(&j.Account)
	if err != nil {
		return finding{}, err
	}
	bare := *j
	bare.Account = report.Account{Account: j.Account.Account, Alias: j.Account.Alias, Snapshot: j.Account.Snapshot, Summary: j.Account.Summary}
	said, err := json.Marshal(bare)
	if err != nil {
		return finding{}, err
	}
	packed, err := pack(text)
	return finding{Account: c.Account, Collected: c.CollectedAt.UTC().Format(momentForm), Said: said, Text: packed}, err
}

func unreadOf(u report.Unread) (finding, error) {
	said, err := json.Marshal(u)
	return finding{Account: u.Account, Unread: true, Said: said}, err
}

func pack(text []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	return packed.Bytes(), err
}

func unpack(packed []byte) ([]byte, error) {
	return io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
}

// tally is how many accounts have each status under one control on one day.
type tally struct {
	Day, ID, Control                                   string
	Place                                              int // of the control in the report
	Pass, Fail, Unknown, NotApplicable, Waived, Manual int
}

// failure is a snapshot that was not judged, and why.
type failure struct {
	Snapshot, Day, Account, Problem, Hint string
}

func failureOf(day string, u report.Unread) failure {
	return failure{u.File, day, u.Account, u.Problem, u.Hint}
}

// written is a file of the output.
type written struct {
	File, SHA256, Day string
	Accounts          int
}
