package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"

	"golang.org/x/tools/go/ast/astutil"
)

// guard collects the edits of one file.
type guard struct {
	fset    *token.FileSet
	info    *types.Info
	pkg     *types.Package
	source  []byte
	inserts map[int]string // by offset
	removes map[int]int    // bytes that an insertion replaces
}

// products rounds every product whose value may reach a sum unrounded.
func (g *guard) products(file *ast.File) {
	added := g.added(file)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if g.sum(n) {
				g.round(n.X)
				g.round(n.Y)
			}
		case *ast.AssignStmt:
			g.assignment(n, added)
		case *ast.ValueSpec:
			for i, value := range n.Values {
				if i < len(n.Names) && added[g.info.Defs[n.Names[i]]] {
					g.round(value)
				}
			}
		}
		return true
	})
}

func (g *guard) assignment(s *ast.AssignStmt, added map[types.Object]bool) {
	switch s.Tok {
	case token.ADD_ASSIGN, token.SUB_ASSIGN:
		g.round(s.Rhs[0])
	case token.ASSIGN, token.DEFINE:
		for i := range s.Rhs {
			if len(s.Lhs) == len(s.Rhs) && added[g.local(s.Lhs[i])] {
				g.round(s.Rhs[i])
			}
		}
	case token.MUL_ASSIGN: // x *= y becomes x = float64(x * y)
		x, y := s.Lhs[0], s.Rhs[0]
		name, float := g.floating(g.info.TypeOf(x))
		if !float || !added[g.local(x)] {
			return
		}
		begin, end := name+"("+x.(*ast.Ident).Name+" * ", ")"
		if _, binary := y.(*ast.BinaryExpr); binary {
			begin, end = begin+"(", end+")"
		}
		g.replace(s.TokPos, len("*="), "=")
		g.insert(y.Pos(), begin)
		g.insert(y.End(), end)
	}
}

// added returns the local variables that are a term of a sum somewhere.
func (g *guard) added(file *ast.File) map[types.Object]bool {
	out := map[types.Object]bool{}
	term := func(e ast.Expr) {
		if v := g.local(bare(e)); v != nil {
			out[v] = true
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if g.sum(n) {
				term(n.X)
				term(n.Y)
			}
		case *ast.AssignStmt:
			if n.Tok == token.ADD_ASSIGN || n.Tok == token.SUB_ASSIGN || n.Tok == token.MUL_ASSIGN && g.value(n.Rhs[0]) == 2 {
				term(n.Lhs[0])
				term(n.Rhs[0])
			}
		case *ast.IncDecStmt:
			term(n.X)
		}
		return true
	})
	return out
}

// local returns the variable of a function that e names, nil if it names none.
func (g *guard) local(e ast.Expr) types.Object {
	name, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := g.info.ObjectOf(name).(*types.Var)
	if !ok || v.Parent() == g.pkg.Scope() {
		return nil
	}
	return v
}

// bare removes parentheses and signs.
func bare(e ast.Expr) ast.Expr {
	for {
		e = astutil.Unparen(e)
		sign, ok := e.(*ast.UnaryExpr)
		if !ok || sign.Op != token.SUB && sign.Op != token.ADD {
			return e
		}
		e = sign.X
	}
}

// round wraps e in a conversion to its own type, if it is a product of floating-point numbers.
func (g *guard) round(e ast.Expr) {
	product, ok := bare(e).(*ast.BinaryExpr)
	if !ok || g.info.Types[product].Value != nil {
		return
	}
	if product.Op != token.MUL && !(product.Op == token.QUO && g.powerOfTwo(product.Y)) {
		return
	}
	name, float := g.floating(g.info.TypeOf(product))
	if !float {
		return
	}
	begin, end := g.offset(product.Pos()), g.offset(product.End())
	if begin > 0 && g.source[begin-1] == '(' && g.source[end] == ')' {
		g.inserts[begin-1] = name // the parentheses around it
		return
	}
	g.insert(product.Pos(), name+"(")
	g.insert(product.End(), ")")
}

// sum tells whether the compiler adds x and y of an expression. It doubles by adding.
func (g *guard) sum(e *ast.BinaryExpr) bool {
	switch e.Op {
	case token.ADD, token.SUB:
		return true
	case token.MUL:
		return g.value(e.X) == 2 || g.value(e.Y) == 2
	}
	return false
}

// powerOfTwo tells whether e is a constant by which the compiler multiplies instead of dividing.
func (g *guard) powerOfTwo(e ast.Expr) bool {
	fraction, _ := math.Frexp(math.Abs(g.value(e)))
	return fraction == 0.5
}

// value returns the value of a constant, NaN of what is none.
func (g *guard) value(e ast.Expr) float64 {
	value := g.info.Types[e].Value
	if value == nil || value.Kind() != constant.Int && value.Kind() != constant.Float {
		return math.NaN()
	}
	x, _ := constant.Float64Val(value)
	return x
}

// floating returns the name of a floating-point type in this file.
func (g *guard) floating(t types.Type) (name string, ok bool) {
	name = types.TypeString(t, func(p *types.Package) string {
		if p == g.pkg {
			return ""
		}
		return p.Name()
	})
	if parameter, generic := t.(*types.TypeParam); generic {
		return name, allFloats(parameter.Constraint().Underlying())
	}
	return name, isFloat(t)
}

func isFloat(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsFloat != 0 && basic.Info()&types.IsUntyped == 0
}

// allFloats tells whether a constraint lets floating-point types through and nothing else.
func allFloats(t types.Type) bool {
	switch t := t.(type) {
	case *types.Interface:
		for i := range t.NumEmbeddeds() {
			if allFloats(t.EmbeddedType(i).Underlying()) {
				return true
			}
		}
		return false
	case *types.Union:
		for i := range t.Len() {
			if !allFloats(t.Term(i).Type().Underlying()) {
				return false
			}
		}
		return true
	}
	return isFloat(t)
}

func (g *guard) offset(p token.Pos) int { return g.fset.Position(p).Offset }

// insert puts text at a place, after what is there already if it closes something and before it if it opens.
func (g *guard) insert(p token.Pos, text string) {
	at := g.offset(p)
	if text[0] == ')' {
		g.inserts[at] += text
	} else {
		g.inserts[at] = text + g.inserts[at]
	}
}

func (g *guard) replace(p token.Pos, length int, text string) {
	at := g.offset(p)
	g.inserts[at] += text
	g.removes[at] = length
}
