package evidence

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entry is a file of an archive that somebody else wrote.
type entry struct {
	name, text string
	method     uint16
	mode       fs.FileMode
	extra      string
}

// foreign writes an archive whose local headers say the sizes, as ours do.
func foreign(t *testing.T, comment string, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: e.method, Extra: []byte(e.extra), CRC32: crcOf(e.text)}
		h.SetMode(e.mode | 0o644)
		h.CompressedSize64, h.UncompressedSize64 = uint64(len(e.text)), uint64(len(e.text))
		raw, err := w.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := raw.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHostileArchives(t *testing.T) {
	good, err := Bundle{"a.txt": []byte("a"), "b/c.txt": []byte("c")}.Zip()
	if err != nil {
		t.Fatal(err)
	}
	deflated := new(bytes.Buffer)
	w := zip.NewWriter(deflated)
	if f, err := w.Create("bomb"); err != nil {
		t.Fatal(err)
	} else if _, err := f.Write(make([]byte, 10<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var deep []entry
	for _, name := range []string{"a", "a/b"} {
		deep = append(deep, entry{name: name})
	}
	tests := []struct {
		name string
		text []byte
		want string
	}{
		{"traversal", foreign(t, "", entry{name: "../a.txt"}), "../a.txt: archive, byte 0: is no name of a file below"},
		{"traversal in the middle", foreign(t, "", entry{name: "a/../../b"}), "is no name of a file below"},
		{"absolute name", foreign(t, "", entry{name: "/etc/passwd"}), "is no name of a file below"},
		{"drive", foreign(t, "", entry{name: "C:/a"}), "is no name of a file below"},
		{"backslash", foreign(t, "", entry{name: `..\a`}), "is no name of a file below"},
		{"not UTF-8", foreign(t, "", entry{name: "a\xffb"}), `"a\xffb": archive, byte 0: its name is not UTF-8`},
		{"no name", foreign(t, "", entry{name: ""}), "is no name of a file below"},
		{"folder", foreign(t, "", entry{name: "a/"}), "is no name of a file below"},
		{"device of Windows", foreign(t, "", entry{name: "a."}), "is no name of a file below"},
		{"line's end", foreign(t, "", entry{name: "a\nb"}), "is no name of a file below"},
		{"twice", foreign(t, "", entry{name: "a", text: "1"}, entry{name: "a", text: "2"}), "is there twice"},
		{"case twins", foreign(t, "", entry{name: "A"}, entry{name: "a"}), "is the same name as A where case does not matter"},
		{"case twins of other letters", foreign(t, "", entry{name: "k"}, entry{name: "\u212a"}), "is the same name as k where"},
		{"case twins of folders", foreign(t, "", entry{name: "A/x"}, entry{name: "a/y"}), "lies in a folder of the same name"},
		{"file and folder", foreign(t, "", deep...), "is a file, and a a folder"},
		{"not in order", foreign(t, "", entry{name: "b"}, entry{name: "a"}), "not in order"},
		{"link", foreign(t, "", entry{name: "a", text: "/etc/passwd", mode: fs.ModeSymlink}), "is not as it was written"},
		{"device", foreign(t, "", entry{name: "a", mode: fs.ModeDevice}), "is not as it was written"},
		{"extra field", foreign(t, "", entry{name: "a", extra: "UT\x05\x00\x01aaaa"}), "header is not as it was written"},
		{"comment", foreign(t, "who reads this", entry{name: "a"}), "archive"},
		{"compressed", deflated.Bytes(), "is compressed"},
		{"something before", append([]byte("#!/bin/sh\n"), good...), "byte 0: no file begins here"},
		{"something after", append(good[:len(good):len(good)], "more"...), "something follows the archive's end"},
		{"twice the archive", append(good[:len(good):len(good)], good...), "something follows the archive's end"},
		{"nothing", nil, "byte 0"},
		{"an end alone", good[len(good)-endSize:], "byte 0"},
		{"a size that is not there", append(good[:18:18], append([]byte("\xff\xff\xff\xff\xff\xff\xff\xff"), good[26:]...)...), "says 4294967295 bytes"},
	}
	for _, test := range tests {
		b, problems := ReadZip(test.text)
		if b != nil || len(problems) == 0 || !strings.Contains(problems[0].String(), test.want) {
			t.Errorf("%s: got %v, want it refused with %q", test.name, problems, test.want)
		}
	}
	if _, problems := ReadZip(good); len(problems) > 0 {
		t.Errorf("got %v, want a good archive read", problems)
	}
	read, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	if err != nil || len(read.File) != 2 {
		t.Errorf("got %v, want other programs to read the archive", err)
	}
}

func TestNamesThatCannotBePacked(t *testing.T) {
	for _, name := range []string{"policies/embedded/a:b.rego", "policies/embedded/A.rego"} {
		c := contents(t)
		tree := small()
		tree[strings.TrimPrefix(name, "policies/embedded/")] = tree["trails/has_trails.rego"]
		tree["a.rego"] = tree["trails/has_trails.rego"]
		c.Embedded = tree
		if _, err := Pack(t.Context(), c); err == nil || !strings.Contains(err.Error(), "rego") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	c := contents(t)
	c.Snapshots = append(c.Snapshots, c.Snapshots[0])
	if _, err := Pack(t.Context(), c); err == nil || !strings.Contains(err.Error(), "two snapshots of this account") {
		t.Errorf("got %v, want two snapshots of an account refused", err)
	}
}

func TestHostileFolders(t *testing.T) {
	b, o := signed(t)
	dir := t.TempDir()
	for name, text := range b {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "empty", "more"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, problems, err := ReadFolder(os.DirFS(dir)); err != nil || len(problems) != 2 || problems[0].String() != "empty: is a folder without a file" {
		t.Errorf("got %v, %v, want the empty folders named", problems, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "empty")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a\xffb"), nil, 0o666); err == nil { // not everywhere
		if _, problems, err := ReadFolder(os.DirFS(dir)); err != nil || len(problems) != 1 || problems[0].String() != `"a\xffb": its name is not UTF-8` {
			t.Errorf("got %v, %v, want the name shown", problems, err)
		}
		if err := os.Remove(filepath.Join(dir, "a\xffb")); err != nil {
			t.Fatal(err)
		}
	}
	read, problems, err := ReadFolder(os.DirFS(dir))
	if err != nil || len(problems) > 0 || verify(t, read, o).Result != Holds {
		t.Fatalf("got %v, %v, want the folder to hold", problems, err)
	}
	if err := os.Symlink(filepath.Join(dir, reportFile), filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here: " + err.Error())
	}
	_, problems, err = ReadFolder(os.DirFS(dir))
	if err != nil || len(problems) != 1 || problems[0].File != "link" {
		t.Errorf("got %v, %v, want the link named", problems, err)
	}
}

func crcOf(text string) uint32 {
	whole, err := Bundle{"x": []byte(text)}.Zip()
	if err != nil {
		panic(err)
	}
	return uint32(whole[14]) | uint32(whole[15])<<8 | uint32(whole[16])<<16 | uint32(whole[17])<<24
}

// FuzzReadZip: whatever is read is written back to the byte, and nothing panics.
func FuzzReadZip(f *testing.F) {
	good, err := Bundle{"a.txt": []byte("a"), "b/c.txt": []byte("c")}.Zip()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, text []byte) {
		b, problems := ReadZip(text)
		if len(problems) > 0 {
			return
		}
		if again, err := b.Zip(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("got an archive that is not written back as it was: %v", err)
		}
	})
}
