package evaluator

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// TestShufflingChangesNothing writes every sample anew with its lists and keys in another order: not a byte of the report
// may change.
func TestShufflingChangesNothing(t *testing.T) {
	e, another := shipped(t), shipped(t)
	o := Options{Benchmark: allControls(t, e)}
	for _, name := range samples.Names() {
		t.Run(name, func(t *testing.T) {
			before := reportOf(t, e, o, sample(t, name))
			canonical, err := sample(t, name).Canonical()
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(3) {
				text := shuffled(t, canonical, rand.New(rand.NewPCG(seed, 1)))
				if bytes.Equal(text, canonical) {
					t.Fatal("got the text unshuffled")
				}
				s, err := snapshots.Read(bytes.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				if after := reportOf(t, another, o, s); !bytes.Equal(after, before) {
					t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, after, before)
				}
			}
		})
	}
}

func reportOf(t *testing.T, e *Engine, o Options, s *snapshots.Snapshot) []byte {
	t.Helper()
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", s}}, o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, format := range report.Formats() {
		if err := report.Write(&b, format.Name, rep, report.Style{}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// shuffled is the same JSON with the members of every list and object in another order.
func shuffled(t *testing.T, text []byte, random *rand.Rand) []byte {
	t.Helper()
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	writeShuffled(t, &b, value, random)
	return b.Bytes()
}

func writeShuffled(t *testing.T, b *bytes.Buffer, value any, random *rand.Rand) {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		b.WriteByte('{')
		for i, key := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			writeShuffled(t, b, key, random)
			b.WriteByte(':')
			writeShuffled(t, b, v[key], random)
		}
		b.WriteByte('}')
	case []any:
		random.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		b.WriteByte('[')
		for i, each := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeShuffled(t, b, each, random)
		}
		b.WriteByte(']')
	default:
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
}

// TestPointersPoint follows every JSON pointer of the reports on the samples, and on an organisation.
func TestPointersPoint(t *testing.T) {
	runs := map[string][]Input{"organisation": organisation(t)}
	for _, name := range samples.Names() {
		runs[name] = []Input{{name, sample(t, name)}}
	}
	e := shipped(t)
	o := Options{Benchmark: allControls(t, e)}
	for name, inputs := range runs {
		documents := map[string]ast.Value{}
		for _, in := range inputs {
			s, err := newSubject(in)
			if err != nil {
				t.Fatal(err)
			}
			documents[s.account] = s.document()
		}
		rep, err := e.Evaluate(t.Context(), inputs, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, account := range rep.Accounts {
			for _, result := range account.Results {
				for _, f := range result.Findings {
					for _, pointer := range f.Pointers {
						if !points(documents, account.Account, pointer) {
							t.Errorf("%s: %s: pointer %s points to nothing", name, result.Control, pointer)
						}
					}
				}
			}
		}
	}
}

// points reports whether a pointer of that account's report leads to something.
func points(documents map[string]ast.Value, home, pointer string) bool {
	if account, rest, ok := strings.Cut(pointer, "#"); ok {
		home, pointer = account, rest
	}
	return documents[home] != nil && resolve(documents[home], pointer) != nil
}
