//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package snapshots

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// left are the names in a folder.
func left(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func touch(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("half"), mode); err != nil {
		t.Fatal(err)
	}
}

// TestWhatAKilledProgramLeftGivesWay finds drafts that nobody writes any more, one of which nobody may write to.
func TestWhatAKilledProgramLeftGivesWay(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	for _, mode := range []os.FileMode{0o666, 0o444} {
		touch(t, filepath.Join(folder, ".a.json.0.part"), mode)
		if err := WriteFile(path, []byte("whole")); err != nil {
			t.Fatal(err)
		}
		if got := left(t, folder); len(got) != 1 || got[0] != "a.json" {
			t.Errorf("got %v, want the file alone", got)
		}
	}
	pages := filepath.Join(folder, "pages")
	for _, half := range []string{"lock", "whole/index.html", ""} {
		name := filepath.Join(folder, ".pages.0.part", half)
		if half == "" {
			if err := os.Mkdir(name, 0o700); err != nil {
				t.Fatal(err)
			}
		} else {
			touch(t, filepath.Join(folder, ".pages.0.part", "lock"), 0o600)
			touch(t, name, 0o600)
		}
		err := WriteFolderBy(pages, func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "index.html"), []byte("whole"), 0o666)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, inside := left(t, folder), left(t, pages); len(got) != 2 || len(inside) != 1 {
			t.Errorf("got %v and %v, want the file, and the folder with its page", got, inside)
		}
		if err := os.RemoveAll(pages); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatIsBeingWrittenStays writes one file, and one folder, while they are written already.
func TestWhatIsBeingWrittenStays(t *testing.T) {
	folder := t.TempDir()
	path, pages := filepath.Join(folder, "a.json"), filepath.Join(folder, "pages")
	err := WriteFileBy(path, func(w io.Writer) error {
		if err := WriteFile(path, []byte("in between")); err != nil {
			return err
		}
		_, err := w.Write([]byte("at last"))
		return err
	})
	if text, _ := os.ReadFile(path); err != nil || string(text) != "at last" {
		t.Errorf("got %q (%v), want what was written last", text, err)
	}
	page := func(text string) func(string) error {
		return func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "index.html"), []byte(text), 0o666)
		}
	}
	err = WriteFolderBy(pages, func(folder string) error {
		if err := WriteFolderBy(pages, page("in between")); err != nil {
			return err
		}
		return page("too late")(folder)
	})
	if text, _ := os.ReadFile(filepath.Join(pages, "index.html")); err == nil || string(text) != "in between" {
		t.Errorf("got %q (%v), want the folder that was there first, which is not empty any more", text, err)
	}
	wrong := errors.New("wrong")
	if err := WriteFolderBy(filepath.Join(folder, "none"), func(string) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v, want what went wrong", err)
	}
	if got := strings.Join(left(t, folder), " "); got != "a.json pages" {
		t.Errorf("got %s, want nothing left", got)
	}
}

// TestManyWriteOneFile has them clear away each other's drafts if they may.
func TestManyWriteOneFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	var writers sync.WaitGroup
	for _, text := range []string{"aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"} {
		writers.Go(func() {
			for range 50 {
				if err := WriteFile(path, []byte(text)); err != nil {
					t.Error(err)
				}
				if got, err := os.ReadFile(path); err != nil || len(got) != len(text) {
					t.Errorf("got %q (%v), want what one of them wrote", got, err)
				}
			}
		})
	}
	writers.Wait()
	if got := left(t, folder); len(got) != 1 {
		t.Errorf("got %v, want the file alone", got)
	}
}
