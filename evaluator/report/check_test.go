package report

import (
	"errors"
	"strings"
	"testing"
)

func TestReadRefusesWhatNobodyConcluded(t *testing.T) {
	cases := []struct{ name, from, to, pointer, problem string }{
		{"no accounts", old[strings.Index(old, `"accounts"`):], `"accounts": null}`, "/accounts", "want a list of accounts"},
		{"accounts are left out", "," + "\n" + old[strings.Index(old, `"accounts"`):], `}`, "/accounts", "want a list of accounts"},
		{"an account that is none", old[strings.Index(old, `[{"account"`):], `[null]}`, "/accounts/0/account", "want the id of an account"},
		{"no results", old[strings.Index(old, `"results"`):], `"results": null}]}`, "/accounts/0/results", "want a list of results"},
		{"no clock", `"as_of": "2026-01-05T11:00:00Z",`, ``, "/as_of", "is absent"},
		{"no time", `"as_of": "2026-01-05T11:00:00Z"`, `"as_of": "yesterday"`, "/as_of", `"yesterday" is no time`},
		{"no edition", `"benchmark": {"id": "cis-7.0.0", "title": "CIS", "version": "7.0.0"},`, ``, "/benchmark/id", "want the name of an edition"},
		{"no digest", `"policies": {"digest": "sha256:00"},`, ``, "/policies/digest", "want the sha256"},
		{"a status of its own", `"status": "fail"`, `"status": "fine"`, "/accounts/0/results/0/status", `"fine" is no status; want one of pass, fail`},
		{"no status", `"status": "fail", `, ``, "/accounts/0/results/0/status", `"" is no status`},
		{"a finding's status", `"findings": []`, `"findings": [{"status": "ok"}]`, "/accounts/0/results/0/findings/0/status", `"ok" is no status`},
		{"an attestation's status", `"findings": []`, `"findings": [], "attestation": {"status": "ok"}`, "/accounts/0/results/0/attestation/status", `"ok" is no status`},
		{"a sum that lies", `"fail": 1`, `"fail": 0`, "/summary/fail", "is 0, and the rows have 1"},
		{"an account twice", `"notes": []}]}]`, `"notes": []}]}, {"account": "111122223333", "results": []}]`, "/accounts/1/account", "is at /accounts/0, too"},
		{"another type", `"notes": [],`, `"notes": "x",`, "/notes", "what stands here is of type string"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(old, c.from, c.to, 1)
			if text == old {
				t.Fatal("got the report unchanged, want a broken one")
			}
			_, err := Read(strings.NewReader(text))
			var invalid *InvalidError
			if !errors.As(err, &invalid) || invalid.Pointer != c.pointer || !strings.Contains(invalid.Problem, c.problem) || invalid.Hint == "" {
				t.Errorf("got %#v, want %s: %s, with a hint", err, c.pointer, c.problem)
			}
		})
	}
	lies := old[:strings.LastIndex(old, `"fail": 1`)] + `"fail": 2` + old[strings.LastIndex(old, `"fail": 1`)+len(`"fail": 1`):]
	if _, err := Read(strings.NewReader(lies)); err == nil || !strings.Contains(err.Error(), "/accounts/0/summary/fail: is 2, and the rows have 1") {
		t.Errorf("got %v, want an account's sum that lies refused", err)
	}
}

func TestReadLeavesOptionalFieldsToTheWriter(t *testing.T) {
	for _, change := range [][2]string{{`"notes": [],`, ``}, {`"gaps": [],`, ``}, {`"findings": [], `, ``}, {`"schema":`, `"later": {"x": [1]}, "schema":`}} {
		text := strings.Replace(old, change[0], change[1], 1)
		if _, err := Read(strings.NewReader(text)); err != nil || text == old {
			t.Errorf("%s: got %v, want a report", change[0], err)
		}
	}
}
