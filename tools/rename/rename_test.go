package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRename renames a copy of the repository, which must then build, vet and keep its rules of dependency, and have no
// trace of the old path in it.
func TestRename(t *testing.T) {
	const to = "example.org/somebody/lacuna"
	root := filepath.Join(t.TempDir(), "copy")
	copyTree(t, filepath.Join("..", ".."), root)
	if err := rename(root, to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"go.mod":                               "module " + to + "\n",
		"tools/go.mod":                         "module " + to + "/tools\n",
		"internal/kernel/_gen/go.mod":          "module " + to + "/internal/kernel/_gen\n",
		"cmd/lacuna/root.go":                   "\t\"" + to + "/internal/progress\"\n",
		"complete_test.go":                     "\t\"" + to + "\"\n",
		"cmd/lacuna/testdata/script/train.txt": "lacuna train",
		"README.md":                            "go run ./cmd/lacuna complete",
	} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(string(text), want) {
			t.Errorf("%s has no %q", name, want)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		command := exec.Command(args[0], args[1:]...)
		command.Dir = root
		output, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v\n%s", args, err, output)
		}
		return string(output)
	}
	if files := run("gofmt", "-l", "."); files != "" {
		t.Errorf("not formatted any more:\n%s", files)
	}
	run("go", "list", "-deps", "./...") // every import is found
	if os.Getenv("LACUNA_LONG") == "" {
		return
	}
	run("go", "build", "./...")
	run("go", "vet", ".", "./cmd/lacuna", "./internal/kernel")
	run("go", "test", "-run", "TestDependencyRules|TestNoInexactMath", "./cmd/lacuna")
}

// copyTree copies what a checkout has, without .git and what is built.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	files, err := exec.Command("git", "-C", from, "ls-files", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skip("this is no checkout: ", err)
	}
	for name := range strings.Lines(string(files)) {
		name = strings.TrimSuffix(name, "\n")
		text, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBadPaths checks that a path which the go command would refuse changes nothing.
func TestBadPaths(t *testing.T) {
	root := t.TempDir()
	const mod = "module lacuna\n"
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte(mod), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"", "lacuna", "nodot/lacuna", "example.org/", "/example.org", "example.org//lacuna",
		"example.org/la cuna", "https://example.org/lacuna", "example.org/lacuna/v2", "Example.org/x",
	} {
		if err := rename(root, path); err == nil {
			t.Errorf("%q was taken", path)
		}
		if text, _ := os.ReadFile(filepath.Join(root, "go.mod")); string(text) != mod {
			t.Fatalf("%q changed go.mod", path)
		}
	}
	if err := rename(root, "example.org/lacuna"); err != nil {
		t.Error(err)
	}
}

// TestWhatIsRenamed checks which words are the path and which are not.
func TestWhatIsRenamed(t *testing.T) {
	const code = `package x

import (
	"lacuna"
	"lacuna/tensor"
	"zebra"
)

// As lacuna/tensor does, not lacuna/meteo-uk or cmd/lacuna/tensor.
var name = "lacuna" + "lacuna/tensor" + "my-lacuna/tensor"
`
	const want = `package x

import (
	"a.org/b"
	"a.org/b/tensor"
	"zebra"
)

// As a.org/b/tensor does, not lacuna/meteo-uk or cmd/lacuna/tensor.
var name = "lacuna" + "a.org/b/tensor" + "my-lacuna/tensor"
`
	got, err := renamed("x.go", []byte(code), "lacuna", "a.org/b", []string{".", "tensor"})
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
	page := "    require lacuna v0.0.0\n    replace lacuna => ../lacuna\n    import \"lacuna\"\n\nlacuna is a program.\n"
	wantPage := "    require a.org/b v0.0.0\n    replace a.org/b => ../lacuna\n" +
		"    import \"a.org/b\"\n\nlacuna is a program.\n"
	if got, _ := renamed("x.md", []byte(page), "lacuna", "a.org/b", nil); string(got) != wantPage {
		t.Errorf("got\n%s", got)
	}
}
