package evaluator

import (
	"testing"
)

func TestFailedTestSaysWhere(t *testing.T) {
	const tests = `package a_test

import data.saved.compliant

test_local if {
	some account in [compliant.account]
	account.alias == "other"
}

test_data if data.a.word == "other" with input as {}

test_more if {
	n := count([1, 2])
	n > 2
}

test_case[name] if {
	some name, value in {"one": 1, "two": 2}
	value == 1
}
`
	source := Source{Name: "mine", FS: policyFS(map[string]string{"a.rego": "package a\n\nword := \"said\"\n", "a_test.rego": tests})}
	results, err := Test(t.Context(), []Source{source}, TestOptions{Saved: savedSnapshots(t)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"test_local": `line 7 is not true: account.alias == "other"; got "example", want "other"`,
		"test_data":  `line 10 is not true: data.a.word == "other"; got "said", want "other"`,
		"test_more":  `line 14 is not true: n > 2`,
		"test_case":  "",
	}
	for _, r := range results {
		if !r.Failed || r.Where != want[r.Name] {
			t.Errorf("%s: got %q, failed %v, want %q", r.Name, r.Where, r.Failed, want[r.Name])
		}
	}
	if len(results) != len(want) {
		t.Errorf("got %d results, want %d", len(results), len(want))
	}
}
