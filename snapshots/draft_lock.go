//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package snapshots

import (
	"errors"
	"os"
	"syscall"
)

// A file that is open can be renamed, and keeps its lock.
const renamedOpen = true

// lock takes the lock of an open file for as long as it is open, or the program runs, without waiting for it. Where the file system has no
// locks, known is false.
func lock(f *os.File) (taken, known bool) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err == nil, err == nil || errors.Is(err, syscall.EWOULDBLOCK)
		}
	}
}
