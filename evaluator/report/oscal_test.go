package report

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func oscalOf(t *testing.T, r *Report) *oscalAssessment {
	t.Helper()
	var document oscalDocument
	if err := json.Unmarshal(written(t, "oscal", r, Style{}), &document); err != nil {
		t.Fatal(err)
	}
	return &document.Results
}

func propOf(props []oscalProp, name string) string {
	for _, p := range props {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

func TestOSCALStatuses(t *testing.T) {
	result := oscalOf(t, verdicts()).Results[0]
	got := map[string]string{}
	for _, o := range result.Observations {
		got[propOf(o.Props, "control")] = "observed by " + o.Methods[0]
	}
	for _, f := range result.Findings {
		said := f.Target.Status.State + " " + f.Target.Status.Reason + " " + propOf(f.Props, "verdict")
		for _, related := range f.Risks {
			i := slices.IndexFunc(result.Risks, func(r oscalRisk) bool { return r.UUID == related.UUID })
			said += " " + result.Risks[i].Status
		}
		got[propOf(f.Props, "control")] = said
	}
	want := map[string]string{
		"passes": "satisfied pass pass", "fails": "not-satisfied fail fail open", "waived": "not-satisfied fail waived deviation-approved",
		"unknown": "not-satisfied other unknown", "manual": "observed by EXAMINE", "attested": "observed by EXAMINE", "not-applicable": "observed by TEST",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var controls []string
	for _, c := range result.ReviewedControls.Selections[0].Include {
		controls = append(controls, c.ID)
	}
	if want := "cis-7.0.0_4.1 cis-7.0.0_5.5 cis-7.0.0_5.6 cis-7.0.0_5.7 cis-7.0.0_5.8 cis-7.0.0_5.9"; strings.Join(controls, " ") != want {
		t.Errorf("got controls %q, want %q", controls, want)
	}
	if len(result.Attestations) != 1 || propOf(result.Attestations[0].Parts[0].Props, "verdict-by-data") != "fail" {
		t.Errorf("got attestations %v, want one whose data fails", result.Attestations)
	}
}

// Every reference of the document leads to something in it, and nothing has the name of another thing.
func TestOSCALReferences(t *testing.T) {
	text := string(written(t, "oscal", verdicts(), Style{}))
	given := map[string]int{}
	for _, m := range regexp.MustCompile(`"uuid": "([^"]+)"`).FindAllStringSubmatch(text, -1) {
		given[m[1]]++
	}
	for id, n := range given {
		if n > 1 {
			t.Errorf("got %s %d times", id, n)
		}
	}
	references := regexp.MustCompile(`"(?:[a-z]+-uuid|href)": "#?([0-9a-f]{8}-[^"]+)"`).FindAllStringSubmatch(text, -1)
	if len(references) < 20 {
		t.Fatalf("got %d references, want more", len(references))
	}
	for _, m := range references {
		if given[m[1]] == 0 {
			t.Errorf("%s leads nowhere", m[0])
		}
	}
}

func TestOSCALOfNothing(t *testing.T) {
	r := verdicts()
	r.Accounts[1].Results = nil
	r.Accounts[1].Snapshot = Snapshot{}
	got := oscalOf(t, r).Results[1]
	if got.Start != "2026-02-01T00:00:00Z" || len(got.ReviewedControls.Selections[0].Include) != 0 {
		t.Errorf("got start %s, controls %v; want the report's time and none", got.Start, got.ReviewedControls.Selections)
	}
	r.Accounts = nil
	if got := oscalOf(t, r).Results; len(got) != 1 || got[0].Title != "No account was assessed" {
		t.Errorf("got %v, want one result that says so", got)
	}
}

func TestOSCALToken(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"cis-7.0.0_5.5", "cis-7.0.0_5.5"}, {"7.0.0_5.5", "_7.0.0_5.5"}, {"", ""}, {"a b:c", "a_b_c"}, {"-x", "_-x"}, {"שלום", "שלום"}, {"\u0301a", "_a"},
	} {
		if got := oscalToken(c.text); got != c.want {
			t.Errorf("oscalToken(%q): got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestOSCALText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"plain_text (5.5)", "plain_text (5.5)"}, {"<script>", `\<script>`}, {"[a](b)", `\[a\](b)`}, {"*a* `b` ~c~ ^d^", "\\*a\\* \\`b\\` \\~c\\~ \\^d\\^"},
		{"{{ x }}", `\{\{ x }}`}, {"a\\\nb\x1b", `a\\\\nb\\u001b`},
	} {
		if got := oscalText(c.text); got != c.want {
			t.Errorf("oscalText(%q): got %q, want %q", c.text, got, c.want)
		}
	}
}
