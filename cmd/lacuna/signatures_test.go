package main

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// listed is what the go command says of all packages: it takes a second.
var listed = sync.OnceValues(func() ([]byte, error) {
	const format = "{{.ImportPath}} {{.Export}} {{.Name}} {{with .Module}}{{if .Main}}{{.Path}}{{end}}{{end}}"
	return exec.Command("go", "list", "-export", "-deps", "-f", format, "../../...").Output()
})

// publicPackages lists the packages that a program outside may import, and returns an importer of all of them.
func publicPackages(t *testing.T) (paths []string, load types.Importer, module string) {
	t.Helper()
	out, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Split(line, " ")
		exports[fields[0]] = fields[1]
		if fields[3] == "" {
			continue
		}
		module = fields[3]
		if fields[2] != "main" && !slices.Contains(strings.Split(fields[0], "/"), "internal") {
			paths = append(paths, fields[0])
		}
	}
	return paths, importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	}), module
}

// leaks finds internal types in exported declarations. An internal type that a public package gives a name of its
// own, as an exported alias, counts as public and is looked into in turn.
type leaks struct {
	internal string // what the paths of internal packages begin with
	seen     map[types.Type]bool
	named    map[*types.TypeName]bool // internal types with a public name
	found    []string
}

func (l *leaks) isInternal(o *types.TypeName) bool {
	return o.Pkg() != nil && strings.HasPrefix(o.Pkg().Path(), l.internal)
}

func (l *leaks) look(packages ...*types.Package) []string {
	l.seen, l.named = map[types.Type]bool{}, map[*types.TypeName]bool{}
	each := func(do func(types.Object)) {
		for _, p := range packages {
			for _, name := range p.Scope().Names() {
				if ast.IsExported(name) {
					do(p.Scope().Lookup(name))
				}
			}
		}
	}
	each(func(o types.Object) {
		if name, ok := o.(*types.TypeName); ok && name.IsAlias() {
			if named, ok := types.Unalias(o.Type()).(*types.Named); ok {
				l.named[named.Obj()] = true
			}
		}
	})
	each(func(o types.Object) { l.walk(o.Type(), path.Base(o.Pkg().Path())+"."+o.Name()) })
	return l.found
}

// walk looks at everything of a type that a program outside can see; where says how it came there.
func (l *leaks) walk(t types.Type, where string) {
	t = types.Unalias(t)
	if l.seen[t] {
		return
	}
	switch t := t.(type) {
	case *types.Named:
		if l.isInternal(t.Obj()) && !l.named[t.Origin().Obj()] {
			l.found = append(l.found, fmt.Sprintf("%s shows %s", where, t))
			return
		}
		if o := t.Obj(); o.Pkg() == nil || !strings.HasPrefix(o.Pkg().Path()+"/", strings.TrimSuffix(l.internal,
			"internal/")) {
			return
		}
		l.seen[t] = true
		for i := range t.TypeParams().Len() {
			l.walk(t.TypeParams().At(i).Constraint(), where)
		}
		for i := range t.TypeArgs().Len() {
			l.walk(t.TypeArgs().At(i), where)
		}
		for m := range t.Methods() {
			if m.Exported() {
				l.walk(m.Type(), where+"."+m.Name())
			}
		}
		l.walk(t.Underlying(), where)
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() {
				l.walk(f.Type(), where+"."+f.Name())
			}
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			if m.Exported() {
				l.walk(m.Type(), where+"."+m.Name())
			}
		}
		for e := range t.EmbeddedTypes() {
			l.walk(e, where)
		}
	case *types.Signature:
		for i := range t.TypeParams().Len() {
			l.walk(t.TypeParams().At(i).Constraint(), where)
		}
		for _, list := range []*types.Tuple{t.Params(), t.Results()} {
			for v := range list.Variables() {
				l.walk(v.Type(), where)
			}
		}
	case *types.Map:
		l.walk(t.Key(), where)
		l.walk(t.Elem(), where)
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		l.walk(t.Elem(), where)
	}
}

// TestNoInternalTypeInPublicSignatures checks what a program outside can see of every public package.
func TestNoInternalTypeInPublicSignatures(t *testing.T) {
	paths, load, module := publicPackages(t)
	if len(paths) < 9 {
		t.Fatalf("only %v are public", paths)
	}
	var packages []*types.Package
	for _, path := range paths {
		p, err := load.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	for _, leak := range (&leaks{internal: module + "/internal/"}).look(packages...) {
		t.Error(leak)
	}
}

// TestInternalTypesAreFound shows that the check above can fail, and what it lets pass.
func TestInternalTypesAreFound(t *testing.T) {
	_, load, module := publicPackages(t)
	source := `package fake

import "MODULE/internal/rng"

type Named = rng.Stream // public by this name: no leak
func Draws(*Named) {}

type hidden struct{ own *rng.Stream } // own cannot be seen: no leak
func (hidden) Leak() []progress.State { return nil }
func New() *hidden { return nil }

type Open struct{ Counter *progress.Counter }

var Calls map[string]func(progress.State)
`
	source = strings.ReplaceAll(source, "MODULE/internal/rng\"", module+"/internal/rng\"\nimport "+
		"\""+module+"/internal/progress\"")
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "fake.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	fake, err := (&types.Config{Importer: load}).Check(module+"/fake", files, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := (&leaks{internal: module + "/internal/"}).look(fake)
	for i, want := range []string{"fake.Calls shows ", "fake.New.Leak shows ", "fake.Open.Counter shows "} {
		if len(found) != 3 || !strings.HasPrefix(found[i], want) {
			t.Fatalf("found %q", found)
		}
	}
}
