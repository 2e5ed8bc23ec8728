package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestSARIFKeepsItsSchema(t *testing.T) {
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "old": oldReport(t), "empty": {}} {
		if err := keepsSchema(t, "sarif-2.1.0-rtm.5.json", written(t, "sarif", r, Style{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if keepsSchema(t, "sarif-2.1.0-rtm.5.json", []byte(`{"version": "2.1.0", "runs": [{}]}`)) == nil {
		t.Error("got a run without a tool that is valid, want an error")
	}
}

func sarifOf(t *testing.T, r *Report) sarifRun {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal(written(t, "sarif", r, Style{}), &log); err != nil {
		t.Fatal(err)
	}
	return log.Runs[0]
}

func TestSARIFMapsEveryStatus(t *testing.T) {
	want := map[Status]string{Pass: "pass none", Fail: "fail error", Unknown: "open none", NotApplicable: "notApplicable none", Waived: "fail error", Manual: "review none"}
	got := map[Status]string{}
	for _, result := range sarifOf(t, everything()).Results {
		status := Status(result.Properties["status"].(string))
		got[status] = result.Kind + " " + result.Level
		if suppressed := len(result.Suppressions) > 0; suppressed != (status == Waived) {
			t.Errorf("%s: got suppressed %t", status, suppressed)
		}
	}
	for _, status := range Statuses {
		if got[status] != want[status] {
			t.Errorf("%s: got %s, want %s", status, got[status], want[status])
		}
	}
}

// TestSARIFFingerprintsStay: the next run, with another clock and other evidence, finds the same trouble under the same name.
func TestSARIFFingerprintsStay(t *testing.T) {
	prints := func(r *Report) []string {
		var all []string
		for _, result := range sarifOf(t, r).Results {
			all = append(all, result.Fingerprints["cistern/v1"])
		}
		return all
	}
	first := prints(everything())
	later := everything()
	later.AsOf = "2027-01-01T00:00:00Z"
	later.Accounts[0].Snapshot.Digest = "sha256:" + strings.Repeat("00", 32)
	later.Accounts[0].Results[3].Findings[0].Message = "another number is missed"
	if got := prints(later); !slices.Equal(got, first) {
		t.Errorf("got %q, want as before %q", got, first)
	}
	if slices.Sort(first); len(slices.Compact(first)) != len(sarifOf(t, everything()).Results) {
		t.Errorf("got %q, want each once", first)
	}
}

func TestSARIFAlertsAreOfWhatFailsOrIsUnknown(t *testing.T) {
	text := written(t, "sarif-alerts", everything(), Style{})
	if err := keepsSchema(t, "sarif-2.1.0-rtm.5.json", text); err != nil {
		t.Error(err)
	}
	var log sarifLog
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, result := range log.Runs[0].Results {
		got = append(got, result.Properties["status"].(string)+" "+result.RuleID)
	}
	want := []string{"fail cloudtrail-config-changes", "unknown console-auth-failures", "fail cloudtrail-multi-region"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSARIFSaysWhatFailed(t *testing.T) {
	run := sarifOf(t, everything())
	if v := run.Invocations[0]; v.Successful || len(v.Notifications) != 2+6+1+1 || v.Notifications[0].Rule == nil {
		t.Errorf("got %+v, want two policies that could not judge, six gaps, the regions that were left out and a note", v)
	}
	if run := sarifOf(t, full()); !run.Invocations[0].Successful {
		t.Error("got a run that failed, want one that succeeded")
	}
}
