package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// exact are the functions of math that give the same bits on every processor: they round at most once.
var exact = []string{
	"Abs", "Ceil", "Copysign", "Dim", "FMA", "Float32bits", "Float32frombits", "Float64bits", "Float64frombits", "Floor",
	"Frexp", "Ilogb", "Inf", "IsInf", "IsNaN", "Ldexp", "Logb", "Max", "Min", "Mod", "Modf", "NaN", "Nextafter",
	"Nextafter32", "Remainder", "Round", "RoundToEven", "Signbit", "Sqrt", "Trunc",
}

// functions makes calls of math calls of internal/portable, where the processors disagree.
func (g *guard) functions(file *ast.File, module string) {
	path := module + "/internal/portable"
	if g.pkg.Path() == path {
		return
	}
	var uses, moved int
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		object := g.info.Uses[s.Sel]
		if object == nil || object.Pkg() == nil || object.Pkg().Path() != "math" {
			return true
		}
		uses++
		if _, function := object.(*types.Func); !function || slices.Contains(exact, object.Name()) {
			return true
		}
		if !slices.Contains(portable, object.Name()) {
			fmt.Printf("%s: internal/portable has no %s\n", g.fset.Position(s.Pos()), object.Name())
			return true
		}
		moved++
		g.replace(s.X.Pos(), len("math"), "portable")
		return true
	})
	if moved == 0 {
		return
	}
	for _, spec := range file.Imports {
		if spec.Path.Value == `"`+path+`"` {
			path = ""
		}
	}
	for _, d := range file.Decls {
		if imports, ok := d.(*ast.GenDecl); ok && slices.Contains(imports.Specs, ast.Spec(file.Imports[0])) {
			g.imports(imports, path, module, uses == moved)
		}
	}
}

// portable are the functions of internal/portable that have the name of one of math.
var portable = []string{"Cbrt", "Cos", "Erfinv", "Exp", "Expm1", "Hypot", "Log", "Log1p", "Pow", "Tanh"}

// imports adds an import ("" for none) to a declaration, in the order of the house: the standard library, others, our
// own; and removes math where it is no longer used.
func (g *guard) imports(decl *ast.GenDecl, path, module string, withoutMath bool) {
	begin, end := g.offset(decl.Pos()), g.offset(decl.End())
	var ours, others []string
	specs := strings.TrimPrefix(string(g.source[begin:end]), "import ")
	for line := range strings.Lines(strings.TrimSuffix(strings.TrimPrefix(specs, "("), ")")) {
		line = strings.TrimSpace(line)
		if withoutMath && line == `"math"` {
			continue
		}
		if strings.Contains(line, `"`+module+`/`) || line == `"`+module+`"` {
			ours = append(ours, line)
		} else {
			others = append(others, line)
		}
	}
	if path != "" {
		ours = append(ours, `"`+path+`"`)
	}
	quoted := func(line string) string { return line[strings.Index(line, `"`):] }
	slices.SortFunc(ours, func(a, b string) int { return cmp.Compare(quoted(a), quoted(b)) })
	text := strings.TrimSpace(strings.Join(others, "\n"))
	if len(ours) > 0 {
		text = strings.TrimSpace(text + "\n\n" + strings.Join(ours, "\n"))
	}
	text = "import (\n" + text + "\n)"
	if text != string(g.source[begin:end]) {
		g.replace(decl.Pos(), end-begin, text)
	}
}
