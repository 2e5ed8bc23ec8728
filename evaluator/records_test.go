package evaluator

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

func TestPointed(t *testing.T) {
	document, err := decode([]byte(`{"logs": {"metric_filters": [{"filterName": "a", "tags": {"x/y": 1, "~": 2}, "list": [7]}]}, "account": {"id": "1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{
		"/logs/metric_filters/0/filterName":  `"a"`,
		"/logs/metric_filters/0/tags/x~1y":   `1`,
		"/logs/metric_filters/0/tags/~0":     `2`,
		"/logs/metric_filters/0/list/0":      `7`,
		"/logs/metric_filters/0/list":        `[7]`,
		"/logs/metric_filters/1":             "",
		"/logs/metric_filters/-1":            "",
		"/logs/metric_filters/first":         "",
		"/logs/metric_filters/0/filterName/": "",
		"/logs/metric_filters":               "",
		"/account":                           "",
		"":                                   "",
	} {
		got := ""
		if value := pointed(document, pointer); value != nil {
			got = value.String()
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", pointer, got, want)
		}
	}
}

func TestRecords(t *testing.T) {
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	s := withoutValidation(t)
	rep, err := e.Evaluate(t.Context(), []Input{{"s", s}}, o)
	if err != nil {
		t.Fatal(err)
	}
	record, _ := rep.Accounts[0].Records["/cloudtrail/trails/0"].(map[string]any)
	if got, want := record["TrailARN"], rep.Accounts[0].Results[0].Findings[0].Resource; got != want {
		t.Errorf("trail: got %v, want %s", got, want)
	}
	if got := len(rep.Accounts[0].Records); got != len(s.CloudTrail.Trails) {
		t.Errorf("records: got %d, want %d", got, len(s.CloudTrail.Trails))
	}
	// What was kept is what was found.
	var kept bytes.Buffer
	if err := report.Write(&kept, "json", rep, report.Style{}); err != nil {
		t.Fatal(err)
	}
	before := kept.String()
	read, err := report.Read(&kept)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := report.Write(&again, "json", read, report.Style{}); err != nil || again.String() != before {
		t.Errorf("a report that was read is not written as it was: %v", err)
	}
	o.NoRecords = true
	if rep, err = e.Evaluate(t.Context(), []Input{{"s", s}}, o); err != nil {
		t.Fatal(err)
	}
	if got := rep.Accounts[0].Records; got != nil {
		t.Errorf("without records: got %v", got)
	}
}

func TestRecordsOfAnotherAccount(t *testing.T) {
	e := shipped(t)
	inputs := organisation(t)
	rep, err := e.Evaluate(t.Context(), inputs, Options{Benchmark: allControls(t, e)})
	if err != nil {
		t.Fatal(err)
	}
	foreign := 0
	for _, a := range rep.Accounts {
		for pointer, record := range a.Records {
			account, rest, ok := strings.Cut(pointer, "#")
			if !ok {
				continue
			}
			foreign++
			i := slices.IndexFunc(inputs, func(in Input) bool { return in.Snapshot.Account.ID == account })
			if got, want := jsonText(t, record), recordText(t, inputs[i], rest); got != want {
				t.Errorf("%s: got %s, want %s", pointer, got, want)
			}
		}
	}
	if foreign == 0 {
		t.Error("no record of another account")
	}
}

func jsonText(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// recordText is what a snapshot says at a pointer to a member of one of its lists, read another way.
func recordText(t *testing.T, in Input, pointer string) string {
	t.Helper()
	text, err := in.Snapshot.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var document map[string]any
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(pointer, "/")
	section, _ := document[parts[1]].(map[string]any)
	list, _ := section[parts[2]].([]any)
	i, err := strconv.Atoi(parts[3])
	if err != nil || i >= len(list) {
		t.Fatalf("%s: no such member", pointer)
	}
	return jsonText(t, list[i])
}
