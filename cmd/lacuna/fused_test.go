package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mayFuse are the packages whose numbers may differ in the last place between processors: they draw, print and measure.
var mayFuse = []string{"figure", "internal/page", "internal/report", "internal/reproduce", "internal/bench", "examples"}

// inexact are the functions of math that processors compute differently, or that the compiler may fuse.
var inexact = regexp.MustCompile(`^(Acosh?|Asinh?|Atan[h2]?|Cbrt|Cosh?|Erf\w*|Exp\w*|Gamma|Hypot|J[01n]|` +
	`Lgamma|Log(10|1p|2)?|Pow(10)?|Sin|Sincos|Sinh|Tanh?|Y[01n])$`)

// TestNothingIsFused compiles every package for a processor on which Go fuses x*y + z, and reads from the compiler
// where it did. What remains after go -C tools run ./guard PACKAGE has to be rounded by hand: float64(x*y).
func TestNothingIsFused(t *testing.T) {
	long(t)
	for _, place := range fused(t, filepath.Join("..", ".."), "./...") {
		if name := filepath.ToSlash(filepath.Dir(place)); !within(name, mayFuse) {
			t.Errorf("%s: fused on arm64", place)
		}
	}
}

// TestFusionIsSeen makes sure that the compiler still tells.
func TestFusionIsSeen(t *testing.T) {
	long(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module lacuna\n",
		"sums.go": "package sums\n\nfunc Fused(x, y, z float64) float64 { return x*y + z }\n\n" +
			"func Rounded(x, y, z float64) float64 { return float64(x*y) + z }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if places := fused(t, dir, "."); len(places) != 1 || !strings.Contains(places[0], "sums.go:3:") {
		t.Errorf("the compiler fused at %q instead of in line 3", places)
	}
}

// long skips a test that takes long unless LACUNA_LONG is set.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("LACUNA_LONG") == "" {
		t.Skip("takes long; LACUNA_LONG=1 runs it")
	}
}

// fused returns where the compiler fuses multiplications and additions of the packages in dir, as file:line:column.
func fused(t *testing.T, dir, packages string) (places []string) {
	t.Helper()
	build := exec.Command("go", "build", "-gcflags=./...=-d=fmahash=vy", packages)
	build.Dir = dir
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		stack, ok := strings.CutPrefix(line, "fmahash triggered ")
		if !ok {
			continue
		}
		stack = stack[:strings.LastIndex(strings.TrimSpace(stack), " ")]
		inlined := strings.Split(stack, "; ")
		if place := inlined[len(inlined)-1]; !seen[stack] {
			seen[stack] = true
			places = append(places, filepath.Clean(place))
		}
	}
	return places
}

// TestNoInexactMath checks that the numbers of complete and train come from internal/portable, not from package math,
// and random numbers from internal/rng alone.
func TestNoInexactMath(t *testing.T) {
	root := filepath.Join("..", "..")
	set, checked := token.NewFileSet(), 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		exempt := within(filepath.ToSlash(name), append(mayFuse, "tools", "internal/portable"))
		switch base := entry.Name(); {
		case entry.IsDir() && path != root && (exempt || strings.ContainsAny(base[:1], "._")):
			return filepath.SkipDir
		case filepath.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go"):
			return nil
		}
		checked++
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "math" && inexact.MatchString(s.Sel.Name) {
					t.Errorf("%s: math.%s differs between processors; see internal/portable", set.Position(s.Pos()), s.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 50 {
		t.Errorf("only %d files were looked at", checked)
	}
}
