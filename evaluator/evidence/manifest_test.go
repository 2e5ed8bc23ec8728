package evidence

import (
	"errors"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

// What a stranger's manifest may not say.
func TestHostileManifests(t *testing.T) {
	change := func(f func(m *Manifest)) func(Bundle) {
		return func(b Bundle) {
			m, err := b.manifest()
			if err != nil {
				t.Fatal(err)
			}
			f(m)
			if b[manifestFile], err = m.encode(); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		change func(Bundle)
		want   string
	}{
		{"another schema", change(func(m *Manifest) { m.Schema = "cistern/evidence/x" }), `schema is "cistern/evidence/x"`},
		{"no time", change(func(m *Manifest) { m.Options.TimeoutMS = 0 }), "timeout: is 0 ms"},
		{"a day", change(func(m *Manifest) { m.Options.TimeoutMS = 86_400_000 }), "timeout: is 86400000 ms"},
		{"all memory", change(func(m *Manifest) { m.Options.MemoryBytes = 1 << 50 }), "memory: is"},
		{"a secret", change(func(m *Manifest) { m.Options.Algorithm = "HS256" }), "is a secret"},
		{"a key that is not there", change(func(m *Manifest) { m.Options.Algorithm = "RS256" }), "names policies/verification-key.pem, which is not there"},
		{"no snapshots", change(func(m *Manifest) { m.Snapshots = []string{} }), "does not name snapshots/111122223333.json"},
		{"a snapshot twice", change(func(m *Manifest) { m.Snapshots = append(m.Snapshots, m.Snapshots...) }), "named twice"},
		{"a snapshot elsewhere", change(func(m *Manifest) { m.Snapshots = append(m.Snapshots, "../../etc/passwd") }), "not in order"},
		{"another file as waivers", change(func(m *Manifest) { m.Waivers = "../waivers.yaml" }), "none of a bundle"},
		{"policies elsewhere", change(func(m *Manifest) { m.Policies = []PolicySource{{"policies/1-../../x", "folder"}} }), "policies/1-"},
		{"policies of no kind", change(func(m *Manifest) { m.Policies = []PolicySource{{"policies/1-x", "link"}} }), "neither folder nor bundle"},
		{"another edition", change(func(m *Manifest) { m.Options.Benchmark = "none" }), "cannot be made again: benchmark none"},
		{"no time at all", change(func(m *Manifest) { m.Options.AsOf = "yesterday" }), "cannot be made again: parsing time"},
		{"a control that is not there", change(func(m *Manifest) { m.Options.Controls = []string{"none"} }), "cannot be made again"},
		{"space", func(b Bundle) { b[manifestFile] = append(b[manifestFile], ' ') }, "not in its one form"},
		{"nothing", func(b Bundle) { b[manifestFile] = nil }, "read: EOF"},
		{"null", func(b Bundle) { b[manifestFile] = []byte("null") }, "schema"},
		{"a field more", func(b Bundle) { b[manifestFile] = []byte(`{"more": 1}`) }, `unknown field "more"`},
	}
	for _, test := range tests {
		b, o := signed(t)
		delete(b, EnvelopeFile)
		o.Keys = nil
		test.change(b)
		resum(t, b)
		if v := verify(t, b, o); v.Result != Fails || !strings.Contains(v.text(), test.want) {
			t.Errorf("%s: got %s, want it to fail with %q:\n%s", test.name, v.Result, test.want, v.text())
		}
	}
}

// What a stranger's statement may not say.
func TestHostileStatements(t *testing.T) {
	for text, want := range map[string]string{
		``:     "read: EOF",
		`null`: "is no statement of this kind",
		`{}`:   "is no statement of this kind",
		`[]`:   "read: json",
		`{"_type":"https://in-toto.io/Statement/v1","predicate":null,"predicateType":"https://github.com/cistern-audit/cistern/evidence/v1","subject":[{"digest":{},"name":"x"}]}`: "not with one digest",
		strings.Repeat("[", 20_000): "exceeded max depth",
		`{"_type":"a","_type":"a"}`: "is not in canonical form",
	} {
		b, o := signed(t)
		b[StatementFile] = []byte(text)
		b[sumsFile] = b.sums()
		if v := verify(t, b, o); v.Result != Fails || !strings.Contains(v.text(), want) {
			t.Errorf("%.40s: got %s, want it to fail with %q:\n%s", text, v.Result, want, v.text())
		}
	}
}

func TestNewerBundle(t *testing.T) {
	b, o := signed(t)
	b[manifestFile] = []byte(`{"schema": "cistern/evidence/v2", "more": 1}`)
	if v := verify(t, b, o); v.Result != Fails {
		t.Errorf("got %s of a manifest that was changed, want it to fail", v.Result)
	}
	b[sumsFile] = b.sums()
	var newer *NewerError
	if _, err := Verify(t.Context(), b, o); !errors.As(err, &newer) || newer.Schema != "cistern/evidence/v2" {
		t.Errorf("got %v, want a *NewerError", err)
	}
}

// The record names the user's own files by their digests, and an older version's may lack them.
func TestDigestsInRecord(t *testing.T) {
	b, o := signed(t)
	const want = `"waivers":"sha256:`
	if !strings.Contains(string(b[StatementFile]), want+digest(b[waiversFile])) {
		t.Errorf("got no %s in %s", want, b[StatementFile])
	}
	b[StatementFile] = []byte(strings.Replace(string(b[StatementFile]), `,`+want+digest(b[waiversFile])+`"`, "", 1))
	b[sumsFile] = b.sums()
	delete(b, EnvelopeFile)
	o.Keys = nil
	if v := verify(t, b, o); v.Result != Fails || !strings.Contains(v.text(), "/predicate/waivers: expected") {
		t.Errorf("got %s of the same version, want it to fail:\n%s", v.Result, v.text())
	}
	o.Tool.Version = "2.0.0"
	if v := verify(t, b, o); v.Result != Unchecked || !strings.Contains(v.text(), "recorded fewer fields") {
		t.Errorf("got %s of another version, want the record to hold:\n%s", v.Result, v.text())
	}
}

func TestCompleteness(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *snapshots.Snapshot)
		want   string // the list that is partial
	}{
		{"nothing missing", func(*snapshots.Snapshot) {}, ""},
		{"status of a trail", func(s *snapshots.Snapshot) { s.CloudTrail.Trails[0].Status = nil }, "/cloudtrail/trails"},
		{"selectors of a trail", func(s *snapshots.Snapshot) {
			s.CloudTrail.Trails[0].EventSelectors, s.CloudTrail.Trails[0].AdvancedEventSelectors = nil, nil
		}, "/cloudtrail/trails"},
		{"attributes of a topic", func(s *snapshots.Snapshot) { s.SNS.Topics[0].Attributes = nil }, "/sns/topics"},
	}
	for _, test := range tests {
		s := sample(t, "compliant")
		test.change(s)
		c := completenessOf(s, nil)
		if c.Complete != (test.want == "") {
			t.Errorf("%s: got complete %v", test.name, c.Complete)
		}
		for _, list := range c.Lists {
			if got, want := list.State == "partial", list.Pointer == test.want; got != want {
				t.Errorf("%s: got state %s of %s", test.name, list.State, list.Pointer)
			}
		}
	}
}
