//go:build unix

package study

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile makes this open file the only one with the lock, until it is closed; where another has it, it waits, or returns
// ErrBusy at once.
func lockFile(file *os.File, wait bool) error {
	how := unix.LOCK_EX
	if !wait {
		how |= unix.LOCK_NB
	}
	for {
		err := unix.Flock(int(file.Fd()), how)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK) && !wait:
			return ErrBusy
		}
		return err
	}
}

func unlockFile(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_UN) }
