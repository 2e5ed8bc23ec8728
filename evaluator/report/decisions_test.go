package report

import (
	"strings"
	"testing"
)

func TestTextShowsDecisions(t *testing.T) {
	fail := []Finding{{Status: Fail, Message: "nobody is told"}}
	account := Account{Account: "111122223333", Results: []Result{
		{ID: "1", Control: "a", Status: Pass, Exceptions: []Exception{{Except: `{ $.a = "x" }`, Owner: "ops", Reason: "noise", Expires: "2026-01-05"}}},
		{ID: "2", Control: "b", Status: Waived, Findings: fail, Waiver: &Waiver{Owner: "sec", Reason: "known", Ticket: "SEC-1", Expires: "2026-01-06"}},
		{ID: "3", Control: "c", Status: Manual, Findings: fail, Attestation: &Attestation{Status: Fail, Evidence: "https://siem.example.com/7", Owner: "soc", Expires: "2026-02-01"}},
		{ID: "4", Control: "d", Status: Manual, Attestation: &Attestation{Status: Manual, Evidence: "DOC-1", Owner: "soc", Reason: "reviewed", Expires: "2020-01-01"}},
		{ID: "5", Control: "e", Status: Manual},
	}}
	r := &Report{Schema: SchemaName, AsOf: "2026-01-05T10:00:00Z", Accounts: []Account{account}}
	for _, result := range account.Results {
		r.Summary.Add(result.Status)
	}
	got := string(written(t, "text", r, Style{Width: 110}))
	for _, want := range []string{
		`but for: { $.a = "x" }, until 2026-01-05 (1 day left) by ops: noise` + "\n",
		"waived: until 2026-01-06 (2 days left) by sec: known (SEC-1)\n",
		"nobody is told\n               manual: attested until 2026-02-01 (28 days left) by soc\n               evidence: https://siem.example.com/7\n               by data: fail\n",
		"manual: attested until 2020-01-01 by soc: reviewed\n               evidence: DOC-1\n",
		"1 pass · 0 fail · 0 unknown · 0 n/a · 1 waived · 3 manual (2 attested)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q in it", got, want)
		}
	}
}
