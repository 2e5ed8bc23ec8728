package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

const smallEdition = `id: small
title: A small edition
version: "1"
sections:
  - id: "1"
    title: Trails
    controls:
      - {id: "1.1", control: has-trails, level: 1}
`

const smallPolicy = `# METADATA
# title: There are trails
# custom: {control: has-trails, severity: low}
package policies.trails.has_trails

verdict := {
	"status": ["fail", "pass"][min([1, count(input.cloudtrail.trails)])],
	"findings": [],
	"notes": [],
}
`

const smallWaivers = `waivers:
  - {control: has-trails, owner: me@example.com, reason: none is needed, expires: 2027-01-01}
`

var testTool = Tool{Name: "cistern", Version: "1.0.0", Go: "go1.26", OPA: "v1.22.2"}

// small is a catalogue of one control.
func small() fstest.MapFS {
	return fstest.MapFS{
		"benchmarks/small.yaml":      {Data: []byte(smallEdition)},
		"trails/has_trails.rego":     {Data: []byte(smallPolicy)},
		"trails/left_out_test.rego":  {Data: []byte("package not.packed")},
		".hidden/not_packed.rego":    {Data: []byte("package not.packed")},
		"trails/notes-for-people.md": {Data: []byte("not packed")},
	}
}

func sample(t testing.TB, name string) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func contents(t testing.TB) Contents {
	return Contents{
		Snapshots: []*snapshots.Snapshot{sample(t, "compliant")},
		Embedded:  small(),
		Waivers:   []byte(smallWaivers),
		Options:   Options{Benchmark: "small", TimeoutMS: 60_000, MemoryBytes: 1 << 31, NoRecords: true},
		Tool:      testTool,
	}
}

func pack(t testing.TB, c Contents) Bundle {
	t.Helper()
	b, err := Pack(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testKey(t testing.TB, name string) *Key {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ReadKey(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signed is a bundle that the test key has signed, and how it is checked.
func signed(t testing.TB) (Bundle, VerifyOptions) {
	t.Helper()
	b, key := pack(t, contents(t)), testKey(t, "ed25519.pem")
	if err := b.Sign(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	return b, VerifyOptions{Keys: []*PublicKey{key.Public()}, Tool: testTool, Embedded: small()}
}

func verify(t testing.TB, b Bundle, o VerifyOptions) *Verification {
	t.Helper()
	v, err := Verify(context.Background(), b, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *Verification) text() string {
	var b strings.Builder
	for _, c := range v.Checks {
		fmt.Fprintln(&b, c.Status, c.Name, c.Message, c.Problems)
	}
	return b.String()
}

func TestSignedBundleHolds(t *testing.T) {
	b, o := signed(t)
	want := []string{
		"SHA256SUMS", "bundle.json", "evidence.dsse.json", "evidence.intoto.json",
		"policies/embedded/benchmarks/small.yaml", "policies/embedded/trails/has_trails.rego",
		"report.html", "report.json", "snapshots/111122223333.json", "waivers.yaml",
	}
	if got := b.names(); !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
	if v := verify(t, b, o); v.Result != Holds {
		t.Errorf("got %s, want it to hold:\n%s", v.Result, v.text())
	}
}

func TestTwoPacksAreEqual(t *testing.T) {
	first, err := pack(t, contents(t)).Zip()
	if err != nil {
		t.Fatal(err)
	}
	again, err := pack(t, contents(t)).Zip()
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("got another archive of the same contents (error %v), want the same bytes", err)
	}
	b, problems := ReadZip(first)
	if len(problems) > 0 {
		t.Fatalf("got %v of what was written, want it read", problems)
	}
	for name, text := range pack(t, contents(t)) {
		if !bytes.Equal(b[name], text) {
			t.Errorf("%s: got other bytes from the archive than were packed", name)
		}
	}
}

// Every byte of an archive is looked at.
func TestFlippedByteOfArchive(t *testing.T) {
	b, o := signed(t)
	whole, err := b.Zip()
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 31
	}
	text := slices.Clone(whole)
	for i := 0; i < len(text); i += step {
		mask := byte(1) << (i % 8)
		text[i] ^= mask
		flipped, problems := ReadZip(text)
		v := Unreadable(problems, o)
		if len(problems) == 0 {
			v = verify(t, flipped, o)
		}
		if v.Result != Fails || !strings.Contains(v.text(), "byte") {
			t.Fatalf("byte %d: got %s, want it to fail and say where:\n%s", i, v.Result, v.text())
		}
		text[i] ^= mask
	}
}

// Every byte of a folder's small files is looked at, of the others a sample; what changed is named.
func TestFlippedByteOfFolder(t *testing.T) {
	b, o := signed(t)
	for _, name := range b.names() {
		step := 1 + len(b[name])/2000
		if testing.Short() {
			step *= 20
		}
		was := b[name]
		for i := 0; i < len(was); i += step {
			text := slices.Clone(was)
			text[i] ^= 1 << (i % 8)
			b[name] = text
			if v := verify(t, b, o); v.Result != Fails || !strings.Contains(v.text(), name) {
				t.Fatalf("%s, byte %d: got %s, want it to fail and name the file:\n%s", name, i, v.Result, v.text())
			}
		}
		b[name] = was
	}
}

func TestCutArchive(t *testing.T) {
	b, _ := signed(t)
	whole, err := b.Zip()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(whole); i += 1 + i/50 {
		if _, problems := ReadZip(whole[:i]); len(problems) == 0 {
			t.Fatalf("got nothing of an archive cut at byte %d, want a problem", i)
		}
	}
}

// resum makes the lists anew, as someone would who changes a bundle and knows how it is made.
func resum(t testing.TB, b Bundle) {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal(b[StatementFile], &s); err != nil {
		t.Fatal(err)
	}
	s["subject"] = b.subjects()
	var err error
	if b[StatementFile], err = canonical(s); err != nil {
		t.Fatal(err)
	}
	b[sumsFile] = b.sums()
}

// forgery is a change of which the lists know: an unsigned bundle is caught where the verdict differs, or the shipped policy.
var forgeries = []struct {
	name   string
	change func(Bundle)
	want   string
}{
	{"snapshot", func(b Bundle) {
		var s map[string]any
		_ = json.Unmarshal(b["snapshots/111122223333.json"], &s)
		s["cloudtrail"].(map[string]any)["trails"] = []any{}
		text, _ := json.Marshal(s)
		read, _ := snapshots.Read(bytes.NewReader(text))
		b["snapshots/111122223333.json"], _ = read.Canonical()
	}, "account 111122223333, control 1.1 has-trails: expected waived, found pass"},
	{"verdict", func(b Bundle) {
		b[reportFile] = bytes.Replace(b[reportFile], []byte(`"status": "pass"`), []byte(`"status": "fail"`), 1)
		b[reportFile] = bytes.ReplaceAll(b[reportFile], []byte(`"pass": 1`), []byte(`"pass": 0`))
		b[reportFile] = bytes.ReplaceAll(b[reportFile], []byte(`"fail": 0`), []byte(`"fail": 1`))
	}, "account 111122223333, control 1.1 has-trails: expected pass, found fail"},
	{"verdict and not the counts", func(b Bundle) {
		b[reportFile] = bytes.Replace(b[reportFile], []byte(`"status": "pass"`), []byte(`"status": "fail"`), 1)
	}, "account 111122223333, control 1.1 has-trails: expected pass, found fail"},
	{"counts", func(b Bundle) {
		b[reportFile] = bytes.ReplaceAll(b[reportFile], []byte(`"fail": 0`), []byte(`"fail": 1`))
	}, "verdicts differ [report.json: account 111122223333, summary, fail: expected 0, found 1"},
	{"text of the report", func(b Bundle) {
		b[reportFile] = bytes.Replace(b[reportFile], []byte("There are trails"), []byte("There are lights"), 1)
	}, `/accounts/0/results/0/title: expected "There are trails", found "There are lights"`},
	{"formatting of the report", func(b Bundle) { b[reportFile] = append(b[reportFile], '\n') }, "formatting differs"},
	{"page", func(b Bundle) { b[pageFile] = bytes.ToUpper(b[pageFile]) }, "report.html: is not the page of the report"},
	{"waivers", func(b Bundle) { b[waiversFile] = bytes.Replace(b[waiversFile], []byte("2027"), []byte("2020"), 1) }, "report.json"},
	{"shipped policy", func(b Bundle) {
		const name = "policies/embedded/trails/has_trails.rego"
		b[name] = bytes.Replace(b[name], []byte(`"fail", "pass"`), []byte(`"pass", "pass"`), 1)
	}, "has_trails.rego: is not as cistern 1.0.0 has it"},
	{"edition", func(b Bundle) {
		const name = "policies/embedded/benchmarks/small.yaml"
		b[name] = bytes.Replace(b[name], []byte("level: 1"), []byte("level: 2"), 1)
	}, "small.yaml: is not as cistern 1.0.0 has it"},
	{"collection record", func(b Bundle) {
		b[StatementFile] = bytes.Replace(b[StatementFile], []byte(`"partition":"aws"`), []byte(`"partition":"iso"`), 1)
	}, `/predicate/accounts/0/account/partition: expected "aws", found "iso"`},
	{"additional file", func(b Bundle) { b["policies/embedded/more.rego"] = []byte("package more") }, "more.rego: is there, and not in cistern 1.0.0"},
	{"file that nothing names", func(b Bundle) { b["more.txt"] = []byte("more") }, "does not name more.txt"},
	{"no waivers", func(b Bundle) { delete(b, waiversFile) }, "names waivers.yaml, which is not there"},
}

func TestForgeryWithNewLists(t *testing.T) {
	for _, f := range forgeries {
		t.Run(f.name, func(t *testing.T) {
			b, o := signed(t)
			f.change(b)
			resum(t, b)
			v := verify(t, b, o)
			if v.Result != Fails || !strings.Contains(v.text(), "fails signature") {
				t.Errorf("signed: got %s, want the signature to fail:\n%s", v.Result, v.text())
			}
			delete(b, EnvelopeFile)
			o.Keys = nil
			v = verify(t, b, o)
			if v.Result != Fails || !strings.Contains(v.text(), f.want) {
				t.Errorf("unsigned: got %s, want it to fail and say %q:\n%s", v.Result, f.want, v.text())
			}
		})
	}
}

// Who packs other evidence anew has a bundle that agrees with itself: only a signature tells.
func TestWholeForgery(t *testing.T) {
	_, o := signed(t)
	c := contents(t)
	c.Waivers = nil
	b := pack(t, c)
	if v := verify(t, b, o); v.Result != Fails {
		t.Errorf("got %s of an unsigned bundle and a key, want it to fail", v.Result)
	}
	if v := verify(t, b, VerifyOptions{Tool: testTool, Embedded: small()}); v.Result != Unchecked {
		t.Errorf("got %s of an unsigned bundle without a key, want unchecked", v.Result)
	}
	if err := b.Sign(context.Background(), testKey(t, "p256.pem")); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, b, o); v.Result != Fails || !strings.Contains(v.text(), "the key has not signed") {
		t.Errorf("got %s of a bundle that another key signed, want it to fail:\n%s", v.Result, v.text())
	}
}

func TestOtherVersion(t *testing.T) {
	b, o := signed(t)
	o.Tool.Version = "2.0.0"
	if v := verify(t, b, o); v.Result != Holds || !strings.Contains(v.text(), "though the bundle names cistern 1.0.0 and this is cistern 2.0.0") {
		t.Errorf("got %s, want a bundle of another version that judges alike to hold:\n%s", v.Result, v.text())
	}
}

// Whoever signs may name any version: it excuses no verdict and no record.
func TestInventedVersion(t *testing.T) {
	replace := func(name, from, to string) func(Bundle) {
		return func(b Bundle) { b[name] = bytes.Replace(b[name], []byte(from), []byte(to), 1) }
	}
	const policy = "policies/embedded/trails/has_trails.rego"
	tests := []struct {
		name   string
		change func(Bundle)
		result Status
		want   []string
	}{
		{"verdict", replace(reportFile, `"status": "pass"`, `"status": "fail"`), Fails,
			[]string{"this program judges otherwise: 1 verdict; if cistern v9.9.9 made it honestly, that version would confirm it", "expected pass, found fail"}},
		{"counts", replace(reportFile, `"fail": 0`, `"fail": 1`), Fails, []string{"this program judges otherwise"}},
		{"a second row before the first", replace(reportFile, `"results": [`, `"results": [{"id": "1.1", "control": "has-trails", "status": "fail"},`), Fails,
			[]string{"expected pass, found fail", "a further row: expected no row, found pass"}},
		{"a field in another case", replace(reportFile, `"status": "pass"`, `"status": "fail", "Status": "pass"`), Fails, []string{"expected pass, found fail"}},
		{"policies that do not compile", replace(policy, "package", "packet"), Fails, []string{"cannot be made again", "if cistern v9.9.9 made it honestly"}},
		{"text", replace(reportFile, "There are trails", "There are lights"), Unchecked,
			[]string{"the verdicts are the same, the text differs", `/accounts/0/results/0/title: expected "There are trails", found "There are lights"`}},
		{"formatting", replace(reportFile, "\n", "\n\n"), Unchecked, []string{"its formatting differs"}},
		{"page", replace(pageFile, "There are trails", "There are lights"), Unchecked, []string{"NOT CHECKED", "1 line differs"}},
		{"record", func(b Bundle) {
			replace(StatementFile, `"partition":"aws"`, `"partition":"iso"`)(b)
			replace(StatementFile, `"complete":true`, `"complete":false`)(b)
		}, Fails, []string{`/predicate/accounts/0/account/partition: expected "aws", found "iso"`, "/predicate/accounts/0/completeness/complete: expected true, found false"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := contents(t)
			c.Tool.Version = "v9.9.9"
			b := pack(t, c)
			key := testKey(t, "ed25519.pem")
			test.change(b)
			resum(t, b)
			if err := b.Sign(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			v := verify(t, b, VerifyOptions{Keys: []*PublicKey{key.Public()}, Tool: testTool, Embedded: small()})
			if v.Result != test.result || !strings.Contains(v.text(), "holds signature") {
				t.Errorf("got %s, want %s and a signature that holds:\n%s", v.Result, test.result, v.text())
			}
			for _, want := range test.want {
				if !strings.Contains(v.text(), want) {
					t.Errorf("got no %q in:\n%s", want, v.text())
				}
			}
		})
	}
}

// Changed policies that are signed are judged against, and never hold.
func TestSignedChangeOfShippedPolicies(t *testing.T) {
	const name = "trails/has_trails.rego"
	changed := func(from, to string) fstest.MapFS {
		tree := small()
		tree[name] = &fstest.MapFile{Data: bytes.Replace(tree[name].Data, []byte(from), []byte(to), 1)}
		return tree
	}
	tests := []struct {
		name, version string
		embedded      fstest.MapFS
		result        Status
		want          []string
	}{
		{"verdict", "v9.9.9", changed(`["fail", "pass"][`, `["fail", "fail"][`), Unchecked, []string{
			"unchecked policies 1 file differs from those of cistern 1.0.0, and nobody vouches for them", name,
			"unchecked verdicts the policies of cistern 1.0.0 give 1 other verdict", "control 1.1 has-trails: expected pass, found waived"}},
		{"remark", "v9.9.9", changed("verdict :=", "# a remark\nverdict :="), Unchecked, []string{"unchecked policies", "holds verdicts the policies of cistern 1.0.0 give every verdict"}},
		{"the same version", "1.0.0", changed(`["fail", "pass"][`, `["fail", "fail"][`), Fails, []string{"fails policies", "another build of it made the bundle"}},
	}
	for _, test := range tests {
		c, key := contents(t), testKey(t, "ed25519.pem")
		c.Tool.Version, c.Embedded = test.version, test.embedded
		b := pack(t, c)
		if err := b.Sign(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		v := verify(t, b, VerifyOptions{Keys: []*PublicKey{key.Public()}, Tool: testTool, Embedded: small()})
		if v.Result != test.result {
			t.Errorf("%s: got %s, want %s:\n%s", test.name, v.Result, test.result, v.text())
		}
		for _, want := range test.want {
			if !strings.Contains(v.text(), want) {
				t.Errorf("%s: got no %q in:\n%s", test.name, want, v.text())
			}
		}
	}
}

// The shipped policies judge what is packed as they judge it elsewhere.
func TestShippedPolicies(t *testing.T) {
	c := contents(t)
	c.Embedded, c.Options.Benchmark, c.Waivers = policies.FS, "cis-7.0.0", nil
	c.Snapshots = append(c.Snapshots, sample(t, "broken-pattern-misses"))
	if c.Snapshots[1].Account.ID == c.Snapshots[0].Account.ID {
		c.Snapshots = c.Snapshots[1:]
	}
	b := pack(t, c)
	v := verify(t, b, VerifyOptions{Tool: testTool, Embedded: policies.FS})
	if v.Result != Unchecked {
		t.Errorf("got %s, want all but the signature to hold:\n%s", v.Result, v.text())
	}
}

// A bundle of the first version stays readable, and its verdicts stay the same: v1.zip is never made anew.
func TestFirstVersion(t *testing.T) {
	text, err := os.ReadFile("testdata/v1.zip")
	if err != nil {
		t.Fatal(err)
	}
	b, problems := ReadZip(text)
	if len(problems) > 0 {
		t.Fatalf("got %v, want it read", problems)
	}
	o := VerifyOptions{Keys: []*PublicKey{testKey(t, "ed25519.pem").Public()}, Tool: Tool{Name: "cistern", Version: "another"}, Embedded: small()}
	v := verify(t, b, o)
	if v.Result == Fails || v.MadeBy == nil || v.MadeBy.Version != "1.0.0" {
		t.Errorf("got %s, want a bundle of version 1.0.0 that does not fail:\n%s", v.Result, v.text())
	}
	if strings.Contains(v.text(), "judges otherwise") || strings.Contains(v.text(), "cannot be made again") {
		t.Errorf("got other verdicts, want those of version 1.0.0:\n%s", v.text())
	}
}

// The user's own policies are nobody's but theirs: without a signature they are caught where a verdict differs.
func TestSwappedOwnPolicy(t *testing.T) {
	const own = "package ours\n\ndeny contains \"never\" if input.account.id == \"\"\n"
	c := contents(t)
	c.Own = []Policies{{Name: "ours of 2026", FS: fstest.MapFS{"main.rego": {Data: []byte(own)}}}}
	const name = "policies/1-ours-of-2026/main.rego"
	for _, test := range []struct {
		name, policy string
		result       Status
	}{
		{"another verdict", strings.Replace(own, "==", "!=", 1), Fails},
		{"another text, and so another digest", own + "# a remark\n", Fails},
		{"the same", own, Unchecked},
	} {
		b := pack(t, c)
		if _, ok := b[name]; !ok {
			t.Fatalf("got files %q, want %s", b.names(), name)
		}
		b[name] = []byte(test.policy)
		resum(t, b)
		if v := verify(t, b, VerifyOptions{Tool: testTool, Embedded: small()}); v.Result != test.result {
			t.Errorf("%s: got %s, want %s:\n%s", test.name, v.Result, test.result, v.text())
		}
	}
}
