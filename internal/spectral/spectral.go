// Package spectral finds a CP model of an incomplete tensor by linear algebra alone, as a start for others.
//
// For every mode n, with Y the sparse unfolding of the observed cells along it, the leading eigenvectors of Y Yᵀ without
// its diagonal estimate the span of the factor (Montanari & Sun 2018; Cai et al. 2019): leaving out the diagonal takes
// away what noise and gaps add to it. A small core between these spans is fitted to a sample of the cells, and its CP
// model, taken back to the size of the tensor, is the start.
package spectral

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Spans are the leading eigenvectors of every mode.
type Spans struct {
	Values  [][]float64 // eigenvalues of every mode, falling
	Edges   []float64   // of every mode, how large an eigenvalue may be without a signal: the least one's size
	vectors [][]float64 // vectors[n][i*width+k], orthonormal columns
	width   []int
	data    *tensor.Observed
	seed    uint64
	threads int

	mutex sync.Mutex
	cores map[string]*tensor.Observed // by shape
}

// products is how often the matrix of a mode is applied to a block of vectors.
const products = 6

// Find computes up to most leading eigenvectors of every mode of data, whose values should have mean 0, from random
// starts by a block Krylov method with a fixed number of products. It takes O(cells · most) operations, and never makes
// the tensor dense. An ended ctx leaves fewer eigenvectors, or none. The result does not depend on threads.
func Find(ctx context.Context, data *tensor.Observed, most int, seed uint64, threads int) *Spans {
	s := &Spans{data: data, seed: seed, threads: threads, cores: map[string]*tensor.Observed{}}
	for n, d := range data.Shape() {
		var values, vectors []float64
		var edge float64
		width := min(d, most)
		if ctx.Err() != nil {
			width = 0
		} else {
			stream := rng.New(seed, fmt.Sprint("spectral/", n))
			values, vectors, edge = krylov(newFibres(data, n), min(d, most+4), width, stream, threads)
		}
		s.Edges = append(s.Edges, edge)
		s.Values, s.vectors, s.width = append(s.Values, values), append(s.vectors, vectors), append(s.width, width)
	}
	return s
}

// krylov returns the leading eigenvalues and eigenvectors of the matrix of f in the span of block, its image, and the
// images of that (Rayleigh and Ritz), and the size of the least eigenvalue there.
func krylov(f *fibres, block, width int, s *rng.Stream, threads int) (
	values, vectors []float64, edge float64,
) {
	d := f.d
	next := make([]float64, d*block)
	for k := range next {
		next[k] = s.NormFloat64()
	}
	var basis, images [][]float64 // columns
	for range products {
		fresh := orthonormal(basis, columnsOf(next, d, block))
		if len(fresh) == 0 {
			break
		}
		x := make([]float64, d*len(fresh))
		for k, column := range fresh {
			for i, v := range column {
				x[i*len(fresh)+k] = v
			}
		}
		next, block = f.times(x, len(fresh), threads), len(fresh)
		basis, images = append(basis, fresh...), append(images, columnsOf(next, d, block)...)
	}
	n := len(basis)
	projected := make([]float64, n*n)
	for i, column := range basis {
		for j := range i + 1 {
			projected[i*n+j] = linalg.DotLanes(column, images[j])
			projected[j*n+i] = projected[i*n+j]
		}
	}
	all, small := linalg.Eigen(projected, n)
	vectors = make([]float64, d*width)
	for k := range width {
		for j, column := range basis {
			weight := small[k*n+j]
			for i, v := range column {
				vectors[i*width+k] += float64(weight * v)
			}
		}
	}
	return all[:width], vectors, math.Max(0, -all[n-1])
}

// columnsOf returns the columns of a d×width matrix.
func columnsOf(x []float64, d, width int) [][]float64 {
	columns := make([][]float64, width)
	for k := range columns {
		columns[k] = make([]float64, d)
		for i := range d {
			columns[k][i] = x[i*width+k]
		}
	}
	return columns
}

// orthonormal returns an orthonormal basis of what the vectors, which it overwrites, add to the span of an orthonormal
// basis, by two rounds of Gram and Schmidt.
func orthonormal(basis, vectors [][]float64) (fresh [][]float64) {
	const tiny = 1e-10
	for _, v := range vectors {
		before := linalg.Norm(v)
		for range 2 {
			for _, others := range [][][]float64{basis, fresh} {
				for _, u := range others {
					linalg.Axpy(v, -linalg.DotLanes(u, v), u)
				}
			}
		}
		if len(basis)+len(fresh) < len(v) && linalg.Norm(v) > tiny*before {
			linalg.ScaleTo(v, 1)
			fresh = append(fresh, v)
		}
	}
	return fresh
}

// Ranks proposes numbers of blocks, the likeliest first. Noise and gaps make eigenvalues of either sign, signal makes
// positive ones: so first comes the median over the modes of how many are 1.25 times as large as the edge, and then the
// numbers after which they fall by a factor of 1.3 or more (geometric mean over the modes), the largest fall first.
func (s *Spans) Ranks() []int {
	const clear, fall = 1.25, 1.3
	var above []int
	falls := map[int]float64{}
	longest := 0
	for n, values := range s.Values {
		count := 0
		for count < len(values) && values[count] > clear*s.Edges[n] {
			count++
		}
		above = append(above, count)
		longest = max(longest, len(values))
	}
	slices.Sort(above)
	var ranks []int
	if middle := above[len(above)/2]; middle > 0 {
		ranks = append(ranks, middle)
	}
	for k := 1; k < longest; k++ {
		ratio, modes := 1.0, 0
		for n, values := range s.Values {
			if k < len(values) && values[k-1] > s.Edges[n] && s.Edges[n] > 0 {
				ratio *= values[k-1] / math.Max(values[k], s.Edges[n])
				modes++
			}
		}
		if modes > 0 {
			falls[k] = portable.Pow(ratio, 1/float64(modes))
		}
	}
	byFall := slices.SortedFunc(maps.Keys(falls), func(a, b int) int {
		return cmp.Or(cmp.Compare(falls[b], falls[a]), cmp.Compare(b, a))
	})
	for _, k := range byFall {
		if falls[k] > fall && !slices.Contains(ranks, k) {
			ranks = append(ranks, k)
		}
	}
	return ranks
}
