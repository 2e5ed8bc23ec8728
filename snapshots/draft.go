package snapshots

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// What is not whole yet stands beside what it will be, as .NAME.0.part, and is locked while it is written. One that nobody has locked is
// what a killed program left, and gives way to the next; so there are never more of them than were written at once. Where files have no
// locks, the names hold the number of the process, and what is left stays.
const draftNames = 8

// draftName is the name number i of a draft of path.
func draftName(path string, i int) string {
	name := fmt.Sprintf(".%s.%d.part", filepath.Base(path), i)
	if i >= draftNames {
		name = fmt.Sprintf(".%s.%d-%d.part", filepath.Base(path), os.Getpid(), i)
	}
	return filepath.Join(filepath.Dir(path), name)
}

// draftFor creates what create makes at a free name of a draft of path; free makes room at a name that is taken, if it may. Create
// tells by fs.ErrExist that the name is taken, and by errLost that somebody else cleared it away meanwhile.
func draftFor(path string, create func(name string) error, free func(name string) bool) error {
	const most = 1000
	for i := 0; ; i++ {
		name := draftName(path, i)
		err := create(name)
		if errors.Is(err, fs.ErrExist) && free(name) {
			err = create(name)
		}
		if i < most && (errors.Is(err, fs.ErrExist) || errors.Is(err, errLost)) {
			continue
		}
		return err
	}
}

var errLost = errors.New("somebody else made room")

// beside creates a new file in the folder of path.
func beside(path string, mode fs.FileMode) (*os.File, error) {
	var file *os.File
	err := draftFor(path, func(name string) error {
		var err error
		file, err = locked(name, mode)
		return err
	}, func(name string) bool {
		return abandoned(name, func() error { return os.Remove(name) })
	})
	return file, err
}

// locked creates a file and locks it.
func locked(name string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	if taken, known := lock(f); known && !(taken && stands(f, name)) {
		f.Close()
		return nil, errLost
	}
	return f, nil
}

// abandoned does clear if nobody has the file locked, and tells whether that is so and it was done.
func abandoned(name string, clear func() error) bool {
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0) // so that it can be locked on NFS, too
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(name)
	}
	if err != nil {
		return false
	}
	defer f.Close()
	taken, _ := lock(f)
	return taken && stands(f, name) && clear() == nil
}

// stands tells that the open file is what stands at the name still: another may have renamed or removed it.
func stands(f *os.File, name string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(name)
	return err == nil && os.SameFile(mine, there)
}

// discard removes a draft, which the open file keeps locked until it is gone.
func discard(f *os.File, draft string) {
	if !renamedOpen {
		f.Close()
	}
	os.RemoveAll(draft)
	f.Close()
}

// WriteFolderBy makes the folder at path, which is not there or empty, of what write puts into another: path is a whole folder or as it was.
func WriteFolderBy(path string, write func(folder string) error) error {
	path = filepath.Clean(path)
	const lockFile, whole = "lock", "whole"
	var draft string
	var held *os.File
	err := draftFor(path, func(name string) error {
		if err := os.Mkdir(name, 0o700); err != nil {
			return err
		}
		f, err := locked(filepath.Join(name, lockFile), 0o600)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			err = errLost
		}
		draft, held = name, f
		return err
	}, func(name string) bool {
		if os.Remove(name) == nil { // is empty: who made it was killed before it was locked, or will see that it is gone
			return true
		}
		return abandoned(filepath.Join(name, lockFile), func() error { return os.RemoveAll(name) })
	})
	if err != nil {
		return ofTarget(path, err)
	}
	defer discard(held, draft)
	folder := filepath.Join(draft, whole)
	if err := os.Mkdir(folder, 0o777); err != nil {
		return ofTarget(path, err)
	}
	if err := write(folder); err != nil {
		var own *fs.PathError
		if errors.As(err, &own) && strings.HasPrefix(own.Path, draft) {
			return ofTarget(path, err)
		}
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return ofTarget(path, os.Rename(folder, path))
}
