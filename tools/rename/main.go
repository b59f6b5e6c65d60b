// Command rename gives the module another path: in go.mod files, imports, build flags and the documents that show them.
//
//	go -C tools run ./rename example.org/lacuna
//
// It rewrites the repository that tools lies in, once: the new path is then what is renamed. Nothing is written if
// the path is not one that the go command can fetch.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go -C tools run ./rename NEWPATH")
		os.Exit(2)
	}
	if err := rename("..", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
}

// rename gives the module whose go.mod is in root the path to.
func rename(root, to string) error {
	if err := module.CheckPath(to); err != nil {
		return err
	}
	if _, major, ok := module.SplitPathVersion(to); !ok || major != "" {
		return fmt.Errorf("%s: a path without a version is needed", to)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	from := modfile.ModulePath(mod)
	if from == "" {
		return errors.New("go.mod names no module")
	}
	packages, err := packagesIn(root)
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		after, err := renamed(entry.Name(), before, from, to, packages)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if !bytes.Equal(before, after) {
			files[path] = after
		}
		return nil
	})
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%s is now %s in %d files\n", from, to, len(files))
	return nil
}

// packagesIn returns the folders below root that have Go files or a go.mod, with slashes.
func packagesIn(root string) (packages []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".go" || entry.Name() == "go.mod" {
			name, err := filepath.Rel(root, filepath.Dir(path))
			packages = append(packages, filepath.ToSlash(name))
			return err
		}
		return nil
	})
	return packages, err
}
