package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// fewParts are a small fleet, judged whole into whole.json and in parts into parts/1.json and so on.
func fewParts(t *testing.T, of int, options ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	fleet := accounts.Fleet{Seed: 1}
	for i := range 5 {
		text, err := fleet.Account(i, 0).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join("fleet", accounts.ID(i)+".json"), text)
	}
	shards(t, "parts", of, options...)
	if got := cistern(t.Context(), append([]string{"evaluate", "fleet", "--control", "root-usage", "--fail-on", "never", "-o", "whole.json"}, options...)...); got.code != exitOK {
		t.Fatalf("got exit code %d and %s", got.code, got.stderr)
	}
}

// shards writes all parts of the fleet into a folder.
func shards(t *testing.T, dir string, of int, options ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= of; i++ {
		args := []string{"evaluate", "fleet", "--control", "root-usage", "--shard", fmt.Sprintf("%d/%d", i, of), "-o", fmt.Sprintf("%s/%d.json", dir, i)}
		if got := cistern(t.Context(), append(args, options...)...); got.code != exitOK {
			t.Fatalf("got exit code %d and %s", got.code, got.stderr)
		}
	}
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func textOf(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPackedPartsAreMerged(t *testing.T) {
	fewParts(t, 3)
	put(t, "mixed/1.json", textOf(t, "parts/1.json"))
	put(t, "mixed/2.json.gz", gzipped(t, textOf(t, "parts/2.json")))
	put(t, "mixed/three", gzipped(t, textOf(t, "parts/3.json"))) // known by its bytes, not by its name
	got := cistern(t.Context(), "merge", "mixed", "mixed/three", "--fail-on", "never", "-o", "merged.json")
	if got.code != exitOK || !bytes.Equal(textOf(t, "merged.json"), textOf(t, "whole.json")) {
		t.Errorf("got exit code %d, %s and maybe other bytes, want those of one run", got.code, got.stderr)
	}
	put(t, "whole.json.gz", gzipped(t, textOf(t, "whole.json")))
	if got := cistern(t.Context(), "report", "whole.json.gz", "-f", "json"); got.out != string(textOf(t, "whole.json")) {
		t.Errorf("got exit code %d, %s and maybe other bytes, want the saved report", got.code, got.stderr)
	}
	whole := textOf(t, "mixed/2.json.gz")
	for _, test := range []struct {
		name string
		text []byte
		want string
	}{
		{"cut off", whole[:len(whole)/2], "the file ends in the middle"},
		{"without its check sum", whole[:len(whole)-8], "the file ends in the middle"},
		{"damaged", append(bytes.Clone(whole[:len(whole)-5]), 1, 2, 3, 4, 5), "gzip: invalid checksum"},
		{"no gzip", []byte("\x1f\x8bno"), "gzip: read: unexpected EOF"},
	} {
		put(t, "mixed/2.json.gz", test.text)
		got := cistern(t.Context(), "merge", "mixed", "mixed/three", "-o", "never.json")
		if got.code != exitUsage || !strings.Contains(got.stderr, "cistern: mixed/2.json.gz: ") || !strings.Contains(got.stderr, test.want) {
			t.Errorf("%s: got exit code %d and %q, want 2 and %q", test.name, got.code, got.stderr, test.want)
		}
	}
	if _, err := os.Stat("never.json"); err == nil {
		t.Error("got a report, want none")
	}
}

// TestUnpackingHasAnEnd reads zeros, which gzip packs a thousand times.
func TestUnpackingHasAnEnd(t *testing.T) {
	const plenty = 1 << 20
	zeros := gzipped(t, make([]byte, 4*plenty))
	for _, test := range []struct {
		freely int64
		want   error
	}{{unpackFreely, nil}, {plenty, errBomb}} {
		unpacked, err := unpack(bytes.NewReader(zeros))
		if err != nil {
			t.Fatal(err)
		}
		unpacked.(*unpacking).freely = test.freely
		if _, err := io.Copy(io.Discard, unpacked); !errors.Is(err, test.want) {
			t.Errorf("%d bytes: got %v, want %v", test.freely, err, test.want)
		}
	}
	a := &allowance{from: bytes.NewReader(make([]byte, 100)), left: 10}
	if n, err := io.Copy(io.Discard, a); n != 10 || err == nil {
		t.Errorf("got %d bytes and %v, want 10 and that it is too large", n, err)
	}
}

// TestWhatIsNoPartIsRefusedByName gives merge everything but the parts of one run.
func TestWhatIsNoPartIsRefusedByName(t *testing.T) {
	fewParts(t, 3)
	shards(t, "four", 4)
	shards(t, "edition", 3, "--benchmark", "1.4.0")
	shards(t, "asked", 3, "--max-events", "2")
	put(t, "mine/some.rego", []byte(somePolicy))
	shards(t, "policies", 3, "--policies", "mine")
	if err := os.MkdirAll("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	put(t, "others/notes.txt", nil)
	put(t, "others/list.json", []byte("[]"))
	put(t, "others/text.json", []byte("text"))
	put(t, "others/nothing.json", nil)
	put(t, "twice/1.json", textOf(t, "parts/1.json"))
	three := string(textOf(t, "parts/3.json")) // the first has no account
	put(t, "cut.json", []byte(three[:len(three)-10]))
	put(t, "unsealed.json", []byte(strings.Replace(three, ",\n    \"digest\": ", ",\n    \"digested\": ", 1)))
	put(t, "edited.json", []byte(strings.Replace(three, `"collected_at": "20`, `"collected_at": "19`, 1)))
	put(t, "newer.json", []byte(strings.Replace(three, "report/v1", "report/v9", 1)))
	const writes, again = "hint: cistern evaluate SNAPSHOTS --shard I/N -o PART.json writes a part", "or judge it again with cistern evaluate --shard"
	for _, test := range []struct {
		name       string
		args       string
		want, hint string
	}{
		{"an empty folder", "empty", "empty: find parts: there are none (*.json, *.json.gz)", "hint: cistern evaluate SNAPSHOTS --shard I/N -o empty/I.json writes one"},
		{"no such file", "parts none.json", "none.json: open: no such file or directory", ""},
		{"snapshots", "fleet", accounts.ID(0) + ".json: is a snapshot, and no part of a report", writes},
		{"a list", "parts others/list.json", "others/list.json: is no part of a report: read report: has no schema", writes},
		{"text", "parts others/text.json", "others/text.json: read report: ", again},
		{"nothing", "parts others/nothing.json", "others/nothing.json: read report: the file is empty", again},
		{"a report", "whole.json", "whole.json: is a report, and no part of one", writes},
		{"a report among parts", "parts whole.json", "whole.json: is a report, and no part of one", writes},
		{"a newer one", "newer.json", "newer.json: read report: schema \"cistern/report/v9\" is newer", "hint: update cistern"},
		{"a file twice", "parts parts/2.json", "parts/2.json is given twice", "hint: name each part once, by its file or by its folder"},
		{"a part twice", "parts twice", "part 1 of 3 is in parts/1.json and in twice/1.json", "hint: give each part once"},
		{"two runs", "parts/1.json four/2.json", "parts/1.json is one of 3 parts, and four/2.json is one of 4", "hint: merge the parts of one run"},
		{"one is missing", "parts/1.json parts/3.json", "of 3 parts, 1 is missing: 2", "hint: cistern evaluate SNAPSHOTS --shard 2/3 -o PART.json writes part 2"},
		{"two are missing", "parts/2.json", "of 3 parts, 2 are missing: 1, 3", "--shard 1/3"},
		{"another edition", "parts/1.json edition/2.json parts/3.json", "parts/1.json and edition/2.json differ in the benchmark: ", "hint: all parts are of the same snapshots, policies and options"},
		{"other policies", "parts/1.json policies/2.json parts/3.json", "parts/1.json and policies/2.json differ in the policies: sha256:", "hint: all parts are"},
		{"other options", "parts/1.json asked/2.json parts/3.json", "parts/1.json and asked/2.json differ in --parameters: not given and sha256:", "hint: all parts are"},
		{"cut off", "cut.json parts/2.json parts/1.json", "cut.json: part 3 of 3: read report: the file ends in the middle", "hint: take it as it was written, " + again + " 3/3"},
		{"edited", "edited.json parts/2.json parts/1.json", "edited.json: part 3 of 3: read report: /shard/digest: is sha256:", again + " 3/3"},
		{"without a digest", "unsealed.json parts/2.json parts/1.json", "unsealed.json: does not say how much it holds, as a part must", "hint: judge all parts again"},
	} {
		got := cistern(t.Context(), append([]string{"merge", "-o", "never.json"}, strings.Fields(test.args)...)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, test.want) || !strings.Contains(got.stderr, test.hint) || got.out != "" {
			t.Errorf("%s: got exit code %d and\n%swant 2,\n%s\n%s", test.name, got.code, got.stderr, test.want, test.hint)
		}
	}
	if _, err := os.Stat("never.json"); err == nil {
		t.Error("got a report, want none")
	}
}
