package study

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// beyond is a place that no file reaches: on Windows what is locked cannot be read.
const beyond = 1 << 30

// lockFile makes this open file the only one with the lock, until it is closed; where another has it, it waits, or returns
// ErrBusy at once.
func lockFile(file *os.File, wait bool) error {
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK)
	if !wait {
		flags |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: beyond})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) && !wait {
		return ErrBusy
	}
	return err
}

func unlockFile(file *os.File) error {
	return windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, &windows.Overlapped{OffsetHigh: beyond})
}
