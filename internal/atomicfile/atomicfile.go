// Package atomicfile writes files that are complete or not there at all.
//
// A file is written under a temporary name in the directory of its target, synced, and renamed over the target; a
// reader sees the old content or the new, never a part. On failure nothing is left behind.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// File is a file that is being written. It appears at its target with Commit, and never without it.
// It is not safe for concurrent use.
type File struct {
	*os.File
	target string
	direct bool // the target is a device or a pipe: there is nothing to rename
	done   bool
}

// Create opens a temporary file beside path. A symbolic link is followed, and the permissions of a file that
// exists already are kept. A device or a pipe is opened itself.
func Create(path string) (*File, error) {
	target, info, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if info != nil && !info.Mode().IsRegular() {
		file, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{File: file, target: target, direct: true}, nil
	}
	file, err := createTemporary(target)
	if err != nil {
		return nil, err
	}
	if info != nil {
		if err := file.Chmod(info.Mode().Perm()); err != nil {
			return nil, errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}
	return &File{File: file, target: target}, nil
}

// resolve follows links and refuses directories. info is nil when nothing is at the target yet.
func resolve(path string) (target string, info fs.FileInfo, err error) {
	target = path
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		target = followed
	}
	info, err = os.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		return target, nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	if info.IsDir() {
		return "", nil, fmt.Errorf("%s is a directory: give the name of a file", path)
	}
	return target, info, nil
}

func createTemporary(target string) (*os.File, error) {
	folder, base := filepath.Split(target)
	for {
		name := folder + "." + base + ".tmp" + strconv.FormatUint(uint64(rand.Uint32()), 36)
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// Commit puts the file at its target. After an error the target is as it was before.
func (f *File) Commit() error {
	if f.done {
		panic("atomicfile: Commit after Commit or Abort")
	}
	f.done = true
	if f.direct {
		return f.Close()
	}
	err := f.Sync()
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), f.target)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(filepath.Dir(f.target))
}

// Abort removes what has been written. It does nothing after Commit, so that it can be deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.Close()
	if !f.direct {
		os.Remove(f.Name())
	}
}

// Write creates the file at path with what write gives it. When write fails, or panics, the target is as it was.
func Write(path string, write func(w io.Writer) error) error {
	file, err := Create(path)
	if err != nil {
		return err
	}
	defer file.Abort()
	if err := write(file); err != nil {
		return err
	}
	return file.Commit()
}

// WriteBytes creates the file at path with these contents.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Check tells, before long work, whether a file can be written at path: the directory exists and takes new files,
// and path is no directory itself. The error is one sentence that names the path and says what to do.
func Check(path string) error {
	if path == "" {
		return errors.New("the output has no name: give the name of a file")
	}
	file, err := Create(path)
	if err == nil {
		file.Abort()
		return nil
	}
	folder := filepath.Dir(path)
	switch info, errFolder := os.Stat(folder); {
	case errors.Is(errFolder, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be written: there is no directory %s: create it or choose another place", path, folder)
	case errFolder == nil && !info.IsDir():
		return fmt.Errorf("%s cannot be written: %s is no directory: choose another place", path, folder)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s cannot be written: no permission to write in %s: choose another place", path, folder)
	}
	return fmt.Errorf("%s cannot be written: %w", path, err)
}
