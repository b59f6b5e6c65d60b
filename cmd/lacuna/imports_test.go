package main

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lacuna/tensor"
)

// TestDependencyRules checks the rules of docs/architecture.md on the imports of every package.
func TestDependencyRules(t *testing.T) {
	root := filepath.Join("..", "..")
	only := map[string][]string{ // library: the packages that may import it
		"gonum.org/v1/gonum":       {"theory"},
		"gonum.org/v1/plot":        {"figure", "internal/page"},
		"html/template":            nil, // they keep every method of every type in the program
		"text/template":            nil,
		"github.com/xuri/excelize": nil,
		"github.com/spf13/cobra":   {"cmd/lacuna"},
		"github.com/vbauerster/":   {"internal/progress"},
		"github.com/google/go-cm":  nil, // tests alone
		"pgregory.net/rapid":       nil,
		"github.com/rogpeppe/":     nil,
	}
	core := []string{
		".", "tensor", "loss", "model", "flow", "experiment", "internal/als", "internal/spectral", "internal/posterior",
		"internal/completion",
	}
	module := strings.TrimSuffix(reflect.TypeFor[tensor.Shape]().PkgPath(), "/tensor")
	checked := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		base := entry.Name()
		if path != root && (base == "testdata" || base == "tools" || strings.HasPrefix(base, ".") || strings.HasPrefix(base,
			"_")) {
			return filepath.SkipDir
		}
		here, err := build.ImportDir(path, 0)
		if _, empty := err.(*build.NoGoError); empty {
			return nil
		}
		if err != nil {
			return err
		}
		checked++
		for _, imported := range here.Imports {
			if imported == module || strings.HasPrefix(imported, module+"/") {
				continue
			}
			for library, allowed := range only {
				if strings.HasPrefix(imported, library) && !within(name, allowed) {
					t.Errorf("%s imports %s, which only %v may", name, imported, allowed)
				}
			}
			foreign := strings.Contains(strings.Split(imported, "/")[0], ".") && !strings.HasPrefix(imported, "golang.org/x/")
			if within(name, core) && foreign {
				t.Errorf("%s imports %s: the core imports the standard library, internal/ and golang.org/x only", name, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "tensor")); err != nil || checked < 10 {
		t.Fatalf("only %d packages were looked at", checked)
	}
}

// within tells whether name is one of the packages or below one of them; "." is the root alone.
func within(name string, packages []string) bool {
	for _, p := range packages {
		if name == p || p != "." && strings.HasPrefix(name, p+"/") {
			return true
		}
	}
	return false
}
