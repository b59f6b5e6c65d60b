package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func entries(t *testing.T, folder string) []string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}

func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	for _, text := range []string{"first", "second"} {
		if err := Write(path, write(text)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != text {
			t.Errorf("the file holds %q, want %q", got, text)
		}
	}
	if got := entries(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out.csv")
	broken := errors.New("broken")
	fail := func(w io.Writer) error {
		io.WriteString(w, "half a fi")
		return broken
	}
	if err := Write(path, fail); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if got := entries(t, folder); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	if err := Write(path, write("old")); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { recover() }()
		Write(path, func(w io.Writer) error { panic("bug") })
	}()
	if got := entries(t, folder); len(got) != 1 || content(t, path) != "old" {
		t.Errorf("a panic left %v with %q", got, content(t, path))
	}
}

func TestTargetAppearsOnlyWithCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	file, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, "text")
	if _, err := os.Stat(path); err == nil {
		t.Error("the target is there before Commit")
	}
	if err := file.Commit(); err != nil {
		t.Fatal(err)
	}
	file.Abort()
	if got := content(t, path); got != "text" {
		t.Errorf("the file holds %q", got)
	}
}

func TestLinkAndPermissionsAreKept(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "target"), filepath.Join(folder, "link")
	if err := os.WriteFile(target, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if err := Write(link, write("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced by a file (%v)", err)
	}
	if info, err = os.Stat(target); err != nil || info.Mode().Perm() != 0o640 || content(t, target) != "new" {
		t.Errorf("the target has mode %v and holds %q", info.Mode(), content(t, target))
	}
}

func TestDeviceIsWrittenItself(t *testing.T) {
	if _, err := os.Stat(os.DevNull); err != nil {
		t.Skip(err)
	}
	if err := Write(os.DevNull, write("text")); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("kept"), 0o666); err != nil {
		t.Fatal(err)
	}
	sealed := filepath.Join(folder, "sealed")
	if err := os.Mkdir(sealed, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(folder, "new"), file} {
		if err := Check(path); err != nil {
			t.Errorf("Check(%s): %v", path, err)
		}
	}
	bad := map[string]string{
		"":                                    "no name",
		folder:                                "is a directory",
		filepath.Join(folder, "nowhere", "f"): "no directory",
		filepath.Join(file, "f"):              "is no directory",
	}
	if os.Geteuid() != 0 {
		bad[filepath.Join(sealed, "f")] = "no permission"
	}
	for path, want := range bad {
		if err := Check(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Check(%q) = %v, want an error that says %q", path, err, want)
		}
	}
	if got := entries(t, folder); len(got) != 2 || content(t, file) != "kept" {
		t.Errorf("Check left %v", got)
	}
}
