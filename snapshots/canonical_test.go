package snapshots_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// shuffled is a JSON document with every list and every key in another order.
func shuffled(t *testing.T, data []byte, random *rand.Rand) []byte {
	t.Helper()
	var document any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	shuffle(&b, document, random)
	return b.Bytes()
}

func shuffle(b *bytes.Buffer, value any, random *rand.Rand) {
	switch v := value.(type) {
	case map[string]any:
		names := []string{}
		for name := range v {
			names = append(names, name)
		}
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		b.WriteString("{")
		for i, name := range names {
			if i > 0 {
				b.WriteString(" ,\t")
			}
			quoted, _ := json.Marshal(name)
			b.Write(quoted)
			b.WriteString(" :\n")
			shuffle(b, v[name], random)
		}
		b.WriteString("}")
	case []any:
		random.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		b.WriteString("[")
		for i, one := range v {
			if i > 0 {
				b.WriteString(",")
			}
			shuffle(b, one, random)
		}
		b.WriteString("]")
	default:
		one, _ := json.Marshal(v)
		b.Write(one)
	}
}

func TestShufflingChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range samples.Names() {
		s, err := samples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		s.Extra = snapshots.Extra{"future": json.RawMessage(`{"lists": [[3, 2], {"b": [true, null], "a": "x"}, 1.0], "empty": []}`)}
		want := canonical(t, s)
		for range 5 {
			got := canonical(t, read(t, string(shuffled(t, []byte(want), random))))
			if got != want {
				t.Fatalf("%s: got other bytes after shuffling:\n%s", name, got)
			}
		}
	}
}

func TestCanonicalIsPlainJSON(t *testing.T) {
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	data := []byte(canonical(t, s))
	var indented bytes.Buffer
	if err := json.Indent(&indented, bytes.TrimSpace(data), "", "  "); err != nil {
		t.Fatal(err)
	}
	if got := indented.String() + "\n"; got != string(data) {
		t.Error("got a layout that is not two spaces and one final newline")
	}
	one, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back snapshots.Snapshot
	if err := json.Unmarshal(one, &back); err != nil {
		t.Fatal(err)
	}
	if canonical(t, &back) != string(data) {
		t.Error("got another snapshot through encoding/json")
	}
}

func TestCanonicalOrder(t *testing.T) {
	s := read(t, minimal(`"logs": {"metric_filters": [
		{"region": "us-east-1", "logGroupName": "b", "filterName": "x"},
		{"region": "us-east-1", "logGroupName": "a", "filterName": "z"},
		{"region": "us-east-1", "logGroupName": "a", "filterName": "y", "filterPattern": "2"},
		{"region": "us-east-1", "logGroupName": "a", "filterName": "y", "filterPattern": "1"},
		{"region": "eu-west-1", "logGroupName": "c", "filterName": "w"}]}`))
	back := read(t, canonical(t, s))
	got := []string{}
	for _, f := range back.Logs.MetricFilters {
		pattern := ""
		if f.FilterPattern != nil {
			pattern = *f.FilterPattern
		}
		got = append(got, f.LogGroupName+f.FilterName+pattern)
	}
	if want := "cw ay1 ay2 az bx"; strings.Join(got, " ") != want {
		t.Errorf("got the order %q, want %q", got, want)
	}
}

func TestDigest(t *testing.T) {
	a, err := read(t, minimal(`"gaps": [], "logs": {"log_groups": []}`)).Digest()
	if err != nil {
		t.Fatal(err)
	}
	b, err := read(t, minimal(` "logs":{"log_groups": [ ]},"gaps":[]`)).Digest()
	if err != nil {
		t.Fatal(err)
	}
	if a != b || !strings.HasPrefix(a, "sha256:") || len(a) != len("sha256:")+64 {
		t.Errorf("got digests %q and %q, want the same sha256:...", a, b)
	}
}

func TestCanonicalRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*snapshots.Snapshot)
		want  string
	}{
		{"not a number", func(s *snapshots.Snapshot) {
			s.CloudWatch.Alarms = []snapshots.Alarm{{Threshold: snapshots.Of(math.NaN())}}
		}, "cloudwatch: alarms: 0: Threshold: NaN is no number of JSON"},
		{"not UTF-8", func(s *snapshots.Snapshot) { s.Account.ID = "\xff" }, "account: id: \"\\xff\" is not UTF-8"},
		{"known in Extra", func(s *snapshots.Snapshot) { s.Extra = snapshots.Extra{"gaps": json.RawMessage("[]")} }, "gaps: known to this version"},
		{"broken Extra", func(s *snapshots.Snapshot) { s.Extra = snapshots.Extra{"new": json.RawMessage("[1")} }, "new: not JSON"},
		{"Extra that says two things", func(s *snapshots.Snapshot) {
			s.Extra = snapshots.Extra{"new": json.RawMessage(`{"a":1,"a":2}`)}
		}, "names a field twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, minimal(""))
			tt.spoil(s)
			_, err := s.Canonical()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := snapshots.WriteFile(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := snapshots.WriteFile(link, []byte("two")); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "two" {
		t.Errorf("got %q, %v through a link, want two", got, err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("got %v, %v, want the link to stay one", info, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want the old file's 0600", info.Mode(), err)
	}
	for _, wrong := range []string{dir, filepath.Join(dir, "none", "file")} {
		var named *fs.PathError
		if err := snapshots.WriteFile(wrong, nil); !errors.As(err, &named) || named.Path != wrong {
			t.Errorf("%s: got %v, want an error that names it", wrong, err)
		}
	}
	if err := snapshots.WriteFile("/dev/null", []byte("gone")); err != nil {
		t.Errorf("/dev/null: %v", err)
	}
}

// FuzzRead checks that no input makes the reader panic, and that what it accepts has one canonical form.
func FuzzRead(f *testing.F) {
	f.Add([]byte(minimal(`"cloudtrail": {"trails": [{"region": "us-east-1", "TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/t",
		"Status": {"LatestDeliveryTime": 1767607200.5}, "EventSelectors": [{"ReadWriteType": "All"}], "New": [2, 1]}]}`)))
	f.Add([]byte(minimal(`"logs": {"metric_filters": [{"metricTransformations": [{"dimensions": {"b": "$.b", "a": "$.a"}, "defaultValue": 1e-7}]}]}`)))
	f.Add([]byte(minimal(`"x": [1, {"a": "😀\u0000"}, -0, 1e-7], "gaps": [{"kind": "denied"}]`)))
	f.Add([]byte(minimal(`"cloudwatch": {"alarms": [{"region": "", "AlarmName": "", "Threshold": -0.0, "Dimensions": null}]}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := snapshots.Read(bytes.NewReader(data))
		snapshots.Validate(data)
		if err != nil {
			return
		}
		first, err := s.Canonical()
		if err != nil {
			t.Fatalf("canonical: %v", err)
		}
		if !json.Valid(first) {
			t.Fatalf("got a canonical form that is not JSON: %s", first)
		}
		again, err := snapshots.Read(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("read the canonical form: %v", err)
		}
		second, err := again.Canonical()
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("got %s, %v the second time, want %s", second, err, first)
		}
	})
}
