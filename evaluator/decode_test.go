package evaluator

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/cistern-audit/cistern/snapshots/samples"
	"github.com/open-policy-agent/opa/v1/ast"
)

// FuzzDecode holds the decoder against OPA's own.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `null`, ` { "a" : [ true , false , null , -1.5e+3 , 0 ] , "b" : "x" } `, `"A\n\"\\\/é"`, `[[],{},[{"a":{}}]]`,
		`{"a":1,`, `{"a" 1}`, `01`, `"\ud800"`, "\"\xff\"", `12345678901234567890`, ``, `"`, `[1,]`, `{"a":1}x`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := decode(text); err != nil {
			return // OPA's reads the first of several values, ours refuses what follows
		}
		var value any
		numbers := json.NewDecoder(bytes.NewReader(text))
		numbers.UseNumber()
		if err := numbers.Decode(&value); err != nil {
			t.Fatalf("%q: got a value, want the error %v", text, err)
		}
		unique, err := json.MarshalIndent(value, " ", "\t") // no key twice
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(unique)
		if err != nil {
			t.Fatalf("%q: %v", unique, err)
		}
		want, err := ast.ValueFromReader(bytes.NewReader(unique))
		if err != nil || got.Compare(want) != 0 {
			t.Errorf("%q: got %v, want %v (%v)", unique, got, want, err)
		}
	})
}

func TestDecodeIsOPAs(t *testing.T) {
	for _, name := range samples.Names() {
		text, err := sample(t, name).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		want, err := ast.ValueFromReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if got.Compare(want) != 0 || got.Hash() != want.Hash() {
			t.Errorf("%s: got another value than OPA's decoder", name)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"", "{", `{"a":1,}`, `{"a":1} x`, `"`, "tru"} {
		if got, err := decode([]byte(text)); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}
