// Command guard makes floating-point code give the same bits on every processor.
//
//	go -C tools run ./guard ./tensor ./internal/als
//
// rewrites these packages of the repository: a product that a sum follows is rounded explicitly, float64(x*y) + z,
// which keeps the compiler from fusing the two where the processor can; and the functions of math that differ between
// processors become those of internal/portable. What is guarded already stays as it is. Tests are left alone. It
// follows a product through local variables, but not through memory, results and arguments: the long test
// TestNothingIsFused of cmd/lacuna names what is left.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"os"
	"slices"

	"golang.org/x/tools/go/packages"
)

func main() {
	if err := run("..", os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

// run guards the packages that match the patterns, in the module at dir.
func run(dir string, patterns []string) error {
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedModule | packages.NeedImports |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedExportFile,
		Dir: dir,
	}, patterns...)
	if err != nil {
		return err
	}
	if packages.PrintErrors(loaded) > 0 {
		return fmt.Errorf("packages with errors are left as they are")
	}
	for _, p := range loaded {
		for _, file := range p.Syntax {
			name := p.Fset.Position(file.FileStart).Filename
			source, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			g := guard{
				fset: p.Fset, info: p.TypesInfo, pkg: p.Types, source: source,
				inserts: map[int]string{}, removes: map[int]int{},
			}
			g.products(file)
			g.functions(file, p.Module.Path)
			if len(g.inserts) == 0 {
				continue
			}
			out, err := format.Source(g.apply())
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := os.WriteFile(name, out, 0o644); err != nil {
				return err
			}
			fmt.Println(name)
		}
	}
	return nil
}

// apply returns the source with the edits.
func (g *guard) apply() []byte {
	var out bytes.Buffer
	at := 0
	for _, offset := range slices.Sorted(maps.Keys(g.inserts)) {
		out.Write(g.source[at:offset])
		out.WriteString(g.inserts[offset])
		at = offset + g.removes[offset]
	}
	out.Write(g.source[at:])
	return out.Bytes()
}
