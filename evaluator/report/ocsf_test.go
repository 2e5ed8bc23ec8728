package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

func TestOCSFStatuses(t *testing.T) {
	got, ids := map[string]string{}, map[string]bool{}
	for line := range bytes.Lines(written(t, "ocsf", verdicts(), Style{})) {
		var event ocsfEvent
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
		ids[event.Metadata.UID] = true
		if event.Cloud.Account.UID != "111122223333" {
			continue
		}
		got[event.Compliance.Control] = fmt.Sprintf("%d %s, %d %s, %d %s", event.Compliance.StatusID, event.Compliance.Status, event.StatusID, event.Status, event.SeverityID, event.Severity)
	}
	want := map[string]string{
		"passes": "1 Pass, 1 New, 1 Informational", "fails": "3 Fail, 1 New, 5 Critical", "waived": "3 Fail, 3 Suppressed, 3 Medium",
		"unknown": "2 Warning, 1 New, 2 Low", "not-applicable": "99 not_applicable, 1 New, 1 Informational",
		"manual": "99 manual, 1 New, 0 Unknown", "attested": "99 manual, 1 New, 3 Medium",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(ids) != 8 {
		t.Errorf("got %d events of a name of their own, want 8", len(ids))
	}
}

// What is mended passes under the name that failed.
func TestOCSFNamesStay(t *testing.T) {
	uid := func(r *Report) string {
		at, err := reportTime(r)
		if err != nil {
			t.Fatal(err)
		}
		return ocsfOf(r.Stream(), &r.Accounts[0], &r.Accounts[0].Results[1], at).FindingInfo.UID
	}
	r := verdicts()
	before := uid(r)
	r.AsOf, r.Accounts[0].Snapshot.Digest, r.Accounts[0].Results[1].Status = "2026-03-01T00:00:00Z", "sha256:other", Pass
	if after := uid(r); after != before {
		t.Errorf("got %s, want %s", after, before)
	}
}
