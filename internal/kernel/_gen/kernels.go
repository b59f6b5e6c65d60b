package main

import (
	"fmt"
	"slices"
	"strings"
)

// kernel is a function of the package for every type of number, with assembly for every tier. T in its parameters
// stands for the type of number. The reference has the same parameters; the assembly has them without lanes, and a
// pointer to the first of the terms.
type kernel struct {
	name, params string
	domain       domain
	by           string // what the assembly has variants for
	bytes        int    // of the only type of number, or 0 for both
	emit         func(t tier, variant int)
}

// domain is where the assembly is defined; elsewhere the reference works. Callers see to it where unless is empty.
type domain struct{ unless, doc string }

const (
	byGroups = "lanes / Lanes"
	byTerms  = "len(terms)"
	maxTerms = 6
)

var (
	vector = domain{"n == 0", "n ≥ 1"}
	matrix = domain{"rows == 0 || cols == 0", "rows and cols ≥ 1"}
	outers = domain{matrix.unless + fmt.Sprintf(" || len(terms) == 0 || len(terms) > %d", maxTerms), "rows and cols ≥ 1"}
	groups = domain{"n < Lanes", "n a positive multiple of 8"}
	rows   = domain{"", "rows ≥ 1"}
	trees  = domain{"", "a parent or more"}
	cells  = domain{"", "a run or more, none of them empty"}
	items  = domain{"", "an item or more"}
	always = domain{"", "all arguments"}
)

var kernels = []kernel{
	{"matVec", "out, a, x []T, rows, cols int", matrix, "", 0, matVec},
	{"matTVec", "out, a, y []T, rows, cols int", matrix, "", 0, matTVec},
	{"dot", "out *[8]T, x, y []T, n int", vector, "", 0, dot},
	{"norms2", "out *[8]float64, x []T, n int", vector, "", 4, norms2},
	{"axpy", "y []T, s *[8]T, x []T, n int", vector, "", 0, axpy},
	{"multiply", "out, x, y []T, n int", vector, "", 0, multiply},
	{"axpyNorm2", "y []T, norm2 *[8]float64, s *[8]T, x []T, n int", vector, "", 0, axpyNorm2},
	{"adamMatVec", "theta, m, s, out, y, x, z, by []T, rows, cols, ahead int", matrix, "", 0, adamMatVec},
	{"negateDots", "y []T, along, norm2 *[8]T, g, x []T, n, stride int", vector, "", 0, negateDots},
	{"addOuters", "a []T, norm2 *[8]float64, terms []Outer[T], rows, cols int", outers, byTerms, 0, addOuters},
	{
		"addOuterMatVec", "a []T, norm2 *[8]float64, out []T, c T, y, x, z []T, rows, cols, ahead int",
		matrix, "", 0, addOuterMatVec,
	},
	{"outersNorm2", "norm2 *[8]float64, terms []Outer[T], rows, cols int", outers, byTerms, 0, outersNorm2},
	{"copyLanes", "out, in []T, n, outStride, inStride int", vector, "", 0, copyLanes},
	{"negateLanes", "out, in []T, n, outStride, inStride int", vector, "", 0, negateLanes},
	{"sumRows", "out, m []T, rows, n, stride int", groups, "", 0, sumRows},
	{"expand", "out, parent, v []T, start, at []int32, lanes, stride int", rows, byGroups, 0, expand},
	{"fold", "gParent, gV, g, parent, v []T, start, at []int32, lanes, stride int", rows, byGroups, 0, fold},
	{"rowDots", "out, p, q []T, start, at []int32, lanes int", rows, byGroups, 0, rowDots},
	{"rowSums", "g, q, s []T, start, at []int32, lanes int", rows, byGroups, 0, rowSums},
	{
		"treeDots", "out, parent, v []T, tree, leaf []int32, q []T, start, at []int32, lanes, stride int",
		trees, byGroups, 0, treeDots,
	},
	{
		"treeSums", "gParent, gV, parent, v []T, tree, leaf []int32, q, s []T, start, at []int32, lanes, stride int",
		trees, byGroups, 0, treeSums,
	},
	{
		"cellDots", "out, l, b, c []T, start, row []int32, cells []uint32, lanes, outer, stride int",
		cells, byGroups, 0, cellDots,
	},
	{
		"cellSums", "gL, gB, gC, l, b, c, s []T, start, row []int32, cells []uint32, lanes, outer, stride int",
		cells, byGroups, 0, cellSums,
	},
	{"multiplyAdds", "out *[8]T, n int", vector, "", 0, multiplyAdds},
	{"addTile", "c []T, stride int, x, y *[8]T", always, "", 8, addTile},
	{"gemmSub", "c, a, b []T, m, n, k, ldc, lda, ldb int", always, "", 8, nil}, // see gemm.go
	{"addGram", "c, x, y []T, from, to, k, stride int", always, "", 8, nil},    // see gram.go
	{"products", "out, a, b []T, i, j []int32, lanes, stride int", items, byGroups, 8, products},
	{"pairDots", "out, a, b []T, i, j []int32, stride int", items, "", 8, pairDots},
	{"scaleRows", "out, in, s []T, stride int", items, "", 8, scaleRows},
}

func (k kernel) takes(bytes int) bool { return k.bytes == 0 || k.bytes == bytes }

// variants are the numbers of lane groups or terms for which there is a function, or 0 where there is one function.
func (k kernel) variants(t tier) []int {
	switch k.by {
	case byGroups:
		return upTo(t.groups)
	case byTerms:
		return upTo(maxTerms)
	}
	return []int{0}
}

func upTo(n int) (s []int) {
	for i := range n {
		s = append(s, i+1)
	}
	return s
}

// variant is the name of a variant without its tier.
func (k kernel) variant(n int) string {
	switch {
	case n == 0:
		return k.name
	case strings.HasSuffix(k.name, "2"):
		return fmt.Sprint(k.name, "x", n)
	}
	return fmt.Sprint(k.name, n)
}

// signature are the parameters of the assembly.
func (k kernel) signature() string {
	return strings.NewReplacer(", lanes int", "", "lanes, ", "", "[]Outer[T]", "*T").Replace(k.params)
}

func (k kernel) doc(n int) string {
	which := map[string]string{byGroups: fmt.Sprint(n, " lane groups, "), byTerms: fmt.Sprint(n, " terms, ")}[k.by]
	return k.name + "Go for " + which + k.domain.doc
}

// arguments are the names of the parameters; those of the assembly if it is to be called.
func (k kernel) arguments(assembly bool) string {
	var names []string
	for _, word := range strings.Split(k.params, ", ") {
		name, _, _ := strings.Cut(word, " ")
		names = append(names, name)
	}
	if assembly && k.by == byGroups {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "lanes" })
	}
	if i := slices.Index(names, "terms"); assembly && i >= 0 {
		names[i] = "&terms[0].C"
	}
	return strings.Join(names, ", ")
}
