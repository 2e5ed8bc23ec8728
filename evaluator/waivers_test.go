package evaluator

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

const (
	signed = "\n    owner: sec\n    reason: known\n    expires: 2099-01-01\n"
	waive  = "waivers:\n  - control: a" + signed
	except = "exceptions:\n  - control: a\n    except: '{ $.a = \"x\" }'" + signed
	attest = "attestations:\n  - control: a\n    evidence: DOC-1" + signed
)

func TestParseWaiversTakes(t *testing.T) {
	cases := []struct{ name, text string }{
		{"each kind", waive + except + attest},
		{"lists without entries", "waivers: []\nexceptions:\n" + attest},
		{"an account without quotes", waive + "    accounts: [012345678901]\n"},
		{"regions of every partition", waive + "    regions: [us-east-1, us-gov-west-1, cn-north-1, us-iso-east-1, eusc-de-east-1]\n"},
		{"a number for a ticket", waive + "    ticket: 7\n"},
		{"a day in quotes", "waivers:\n  - {control: a, owner: o, reason: r, expires: '2026-02-28'}\n"},
		{"the same of another account", waive + "    accounts: ['111122223333']\n  - control: a" + signed},
		{"an alias", "waivers:\n  - control: a\n    accounts: &all ['111122223333']" + signed + "  - control: b\n    accounts: *all" + signed},
		{"an address as evidence", strings.Replace(attest, "DOC-1", "https://siem.example.com/rules/7", 1)},
		{"an attestation without reason", "attestations:\n  - {control: a, evidence: DOC-1, owner: o, expires: 2026-12-31}\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ParseWaivers("w.yaml", []byte(c.text)); err != nil {
				t.Errorf("got %v, want it taken", err)
			}
		})
	}
}

func TestParseWaiversNamesThePlace(t *testing.T) {
	pattern := func(text string) string { return strings.Replace(except, "'{ $.a = \"x\" }'", text, 1) }
	cases := []struct{ name, text, want, hint string }{
		{"a list that there is not", "waiver:\n  - control: a\n", "w.yaml:1: unknown field waiver", "did you mean waivers?"},
		{"nothing", "{}\n", "w.yaml: read: has no waivers", "write waivers:"},
		{"only a comment", "# none\n", "w.yaml: read: the file is empty", ""},
		{"two documents", waive + "---\n" + waive, "w.yaml:6: read: a second document begins", ""},
		{"a text for a list", "waivers: all\n", "w.yaml:1: waivers: is not a list", "each begins with -"},
		{"a text for an entry", "waivers:\n  - root-usage\n", "w.yaml:2: waiver: is not a list of fields", "write control: ..."},
		{"a field misspelt", waive + "    account: x\n", "w.yaml:6: waiver: unknown field account", "did you mean accounts?"},
		{"a field of another kind", except + "    resources: [x]\n", "w.yaml:7: exception: unknown field resources", "one of control, "},
		{"a field twice", waive + "    owner: ops\n", "w.yaml:6: waiver: owner is there twice", ""},
		{"a list for a text", "waivers:\n  - control: [a]\n", "w.yaml:2: waiver: control is not a text", ""},
		{"an account too short", waive + "    accounts:\n      - '111122223333'\n      - '11112222333'\n", `w.yaml:8: waiver: accounts: "11112222333" is none`, "12 digits"},
		{"a text for accounts", waive + "    accounts: '111122223333'\n", "w.yaml:6: waiver: accounts is not a list", "write [111122223333]"},
		{"no accounts", waive + "    accounts: []\n", "w.yaml:6: waiver: accounts is empty", "leave it out to mean all"},
		{"accounts left open", waive + "    accounts:\n", "w.yaml:6: waiver: accounts is empty", ""},
		{"an account twice", waive + "    accounts: ['111122223333', '111122223333']\n", "w.yaml:6: waiver: accounts: 111122223333 is there twice", ""},
		{"an empty resource", waive + "    resources: ['']\n", "w.yaml:6: waiver: resources: an entry is not a text", ""},
		{"a star inside", waive + "    resources: ['arn:*:trail']\n", `w.yaml:6: waiver: resources: "arn:*:trail" is none`, "at the end only"},
		{"a region misspelt", waive + "    regions: [eu-west]\n", `w.yaml:6: waiver: regions: "eu-west" is none`, "such as eu-west-1"},
		{"a day that never comes", "waivers:\n  - {control: a, owner: o, reason: r,\n     expires: 2026-02-30}\n", `w.yaml:3: waiver: expires "2026-02-30" is not a day`, "YYYY-MM-DD"},
		{"the same again", waive + "  - control: a" + signed, "w.yaml:6: waiver: says what line 2 says", "keep one"},
		{"the same exception", except + "  - control: a\n    except: '{ $.a = \"x\" }'" + signed, "w.yaml:7: exception: says what line 2 says", ""},
		{"no pattern", "exceptions:\n  - control: a" + signed, "w.yaml:2: exception: has no except", "an exception needs control, except, owner, reason and expires"},
		{"no evidence", "attestations:\n  - control: a" + signed, "w.yaml:2: attestation: has no evidence", "an attestation needs control, evidence, owner and expires"},
		{"half an address", strings.Replace(attest, "DOC-1", "https://", 1), `w.yaml:3: attestation: evidence "https://" is not an address`, "https://host/path"},
		{"a pattern in quotes", pattern(`'{ $.a == "x" }'`), "w.yaml:3:20: exception: except: expected ", ""},
		{"a plain pattern", "exceptions:\n  - control: a\n    except: \"{ $.a = }\"" + signed, "w.yaml:3:22: exception: except: expected ", ""},
		{"a pattern over several lines", pattern("|\n      { $.a = \"x\" ||\n        $.b = = }"), "w.yaml:5:", ""},
		{"a folded pattern", pattern(">-\n      { $.a = \"x\" ||\n        $.b = = }"), "w.yaml:3: exception: except: offset ", ""},
		{"terms", pattern("automation"), "w.yaml:3: exception: except: automation is not a pattern of fields", `write { $.field = "value" }`},
		{"fields by position", pattern("'[a, b = 1]'"), "w.yaml:3: exception: except: [a, b = 1] is not a pattern of fields", ""},
		{"everything", pattern(`'{ $.eventVersion = "*" || $.eventVersion NOT EXISTS }'`), "w.yaml:3: exception: except: ", ""},
		{"nothing at all", pattern(`'{ $.eventName = "a" && $.eventName = "b" }'`), "w.yaml:3: exception: except: no CloudTrail event can match ", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseWaivers("w.yaml", []byte(c.text))
			problem, ok := err.(*InputError)
			if !ok || !strings.HasPrefix(err.Error(), c.want) || !strings.Contains(problem.Hint, c.hint) {
				t.Errorf("got %v (%+v), want %s with the hint %q", err, problem, c.want, c.hint)
			}
		})
	}
}

func FuzzParseWaivers(f *testing.F) {
	for _, seed := range []string{waive, except, attest, waive + except + attest, "waivers: &a [*a]", "waivers: {<<: *b}", "a: &a {b: *a}\n", "- - -", "waivers:\n  - ? [a]\n    : b\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ws, err := ParseWaivers("w.yaml", []byte(text))
		if err == nil {
			leftovers(ws.fresh().decisions(), time.Unix(0, 0))
			return
		}
		problem, ok := err.(*InputError)
		lines := 1 + len(regexp.MustCompile("[\n\r\u0085\u2028\u2029]").FindAllString(text, -1))
		if !ok || problem.Problem == "" || problem.Line > lines {
			t.Errorf("got %#v, want an InputError in a line of the file", err)
		}
	})
}

// noted runs the test policy on an account that fails it, under a waivers file.
func noted(t *testing.T, waivers string) (report.Result, []string, error) {
	t.Helper()
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	var err error
	if o.Waivers, err = ParseWaivers("w.yaml", []byte(waivers)); err != nil {
		t.Fatal(err)
	}
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", withoutValidation(t)}}, o)
	if err != nil {
		return report.Result{}, nil, err
	}
	return rep.Accounts[0].Results[0], rep.Notes, nil
}

func TestWaiversOfUnknownControls(t *testing.T) {
	for name, want := range map[string]string{"log-validatoin": "did you mean log-validation?", "7.7": ""} {
		_, _, err := noted(t, strings.Replace(waive, "control: a", "control: "+name, 1))
		problem, ok := err.(*InputError)
		if !ok || problem.Error() != "w.yaml:2: waiver: control "+name+": no edition and no policy has it" || !strings.Contains(problem.Hint, want) {
			t.Errorf("%s: got %v, want an InputError at line 2 with the hint %q", name, err, want)
		}
	}
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	older, err := ParseBenchmark("older.yaml", []byte("id: cis-8.0.0\ntitle: t\nsections:\n  - controls:\n      - {id: \"7.7\", control: gone, reason: r}\n"))
	if err != nil {
		t.Fatal(err)
	}
	o.Benchmark.Among([]*Benchmark{older})
	if o.Waivers, err = ParseWaivers("w.yaml", []byte(strings.Replace(waive, "control: a", "control: gone", 1))); err != nil {
		t.Fatal(err)
	}
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", withoutValidation(t)}}, o)
	if err != nil || len(rep.Notes) != 1 || rep.Notes[0] != "w.yaml:2: waiver of sec for gone: cis-9.0.0 has no control gone" {
		t.Errorf("got %v and %v, want a note that only another edition has it", rep, err)
	}
}

func TestWaiversOfRegions(t *testing.T) {
	const waiver = "waivers:\n  - control: r\n    owner: o\n    reason: r\n    expires: 2099-01-01\n    regions: "
	policy := "# METADATA\n# custom: {control: r}\npackage policies.r\n\nverdict := {\"status\": \"fail\", \"notes\": [], \"findings\": [\n" +
		"\t{\"status\": \"fail\", \"message\": \"a\", \"region\": \"eu-west-1\"},\n\t{\"status\": \"fail\", \"message\": \"b\", \"region\": \"us-east-1\"},\n]}\n"
	edition := "id: e\ntitle: e\nsections:\n  - controls:\n      - {id: \"1\", control: r}\n"
	for regions, want := range map[string]report.Status{"[eu-west-1]": report.Fail, "[eu-west-1, us-east-1]": report.Waived, "[eu-north-1]": report.Fail} {
		e, o := testRun(t, map[string]string{"r.rego": policy}, edition)
		var err error
		if o.Waivers, err = ParseWaivers("w.yaml", []byte(waiver+regions)); err != nil {
			t.Fatal(err)
		}
		rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := rep.Accounts[0].Results[0].Status; got != want {
			t.Errorf("%s: got %s, want %s", regions, got, want)
		}
	}
}

func TestAttestations(t *testing.T) {
	const entry = "attestations:\n  - {control: log-validation, evidence: DOC-1, owner: sec, expires: "
	cases := []struct {
		name, text, ways string
		status, data     report.Status
		note             string
	}{
		{"live", entry + "2099-01-01}\n", "other_ways: true, ", report.Manual, report.Fail, ""},
		{"expired", entry + "2020-01-01}\n", "other_ways: true, ", report.Fail, "", "expired on 2020-01-01"},
		{"refused", entry + "2099-01-01}\n", "", report.Fail, "", "is not applied: the edition allows no other way"},
		{"waived too", entry + "2099-01-01}\nwaivers:\n  - control: log-validation" + signed, "other_ways: true, ", report.Waived, "", "is not applied: the failure is waived"},
		{"of another account", strings.Replace(entry, "control:", "accounts: ['999999999999'], control:", 1) + "2099-01-01}\n", "other_ways: true, ", report.Fail, "", "is not needed"},
		{"twice", entry + "2099-01-01}\n  - {control: \"4.2\", evidence: DOC-2, owner: ops, expires: 2099-01-01}\n", "other_ways: true, ", report.Manual, report.Fail, ""},
		{"of what a human judges", strings.Replace(entry, "log-validation", "bucket-private", 1) + "2099-01-01}\n", "", report.Manual, report.Manual, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, strings.Replace(testEdition, `{id: "4.2", `, `{`+c.ways+`id: "4.2", `, 1))
			var err error
			if o.Waivers, err = ParseWaivers("w.yaml", []byte(c.text)); err != nil {
				t.Fatal(err)
			}
			rep, err := e.Evaluate(t.Context(), []Input{{"a.json", withoutValidation(t)}}, o)
			if err != nil {
				t.Fatal(err)
			}
			got := rep.Accounts[0].Results[0]
			if strings.Contains(c.text, "bucket-private") {
				got = rep.Accounts[0].Results[1]
			} else if len(got.Findings) == 0 || got.Findings[0].Status != report.Fail {
				t.Errorf("got findings %v, want them as the data has them", got.Findings)
			}
			if got.Status != c.status || (got.Attestation != nil) != (c.data != "") || (c.data != "" && (got.Attestation.Status != c.data || got.Attestation.Evidence != "DOC-1")) {
				t.Errorf("got %s with %+v, want %s by data %s", got.Status, got.Attestation, c.status, c.data)
			}
			if notes := strings.Join(rep.Notes, "\n"); !strings.Contains(notes, c.note) || (c.note == "") != (notes == "") {
				t.Errorf("got notes %q, want %q", notes, c.note)
			}
		})
	}
}
