package completion

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// simulated draws what the kriging of a process leaves of the residuals, by conditional simulation (Journel & Huijbregts 1978):
// with r* a draw of the whole process, it is r* at the cell less trust · k K⁻¹ r*, kriged from r* at the same known cells.
// So cells that are near one another and far from known ones have like residuals, and cells beside known ones nearly
// none in common. A draw of a cell depends on the seed, the draw's number and the cell alone.
type simulated struct {
	process
	name    string // of its streams
	nearby  *nearby
	modes   []int
	strides []int       // of the modes, in a fibre of all their places
	places  [][]int     // labels of every mode by coordinate
	keep    [][]float64 // how much of f is kept from one to the next of them
	size    int         // of a fibre
}

// mostPlaces bounds a fibre. Beyond it the modes of short reach have no part: along them cells are drawn independently.
const mostPlaces = 1 << 22

func newSimulated(p *process, b *nearby, name string) *simulated {
	s := &simulated{process: process{Reach: make([]float64, b.cells.Order()), Trust: []float64{0}}, name: name, nearby: b, size: 1}
	if p == nil {
		return s
	}
	s.process = *p
	s.Reach = make([]float64, len(p.Reach))
	far := slices.Clone(b.modes)
	slices.SortStableFunc(far, func(n, m int) int { return cmp.Compare(p.Reach[m], p.Reach[n]) })
	most := mostPlaces
	if b.vicinity != nil { // of few cells: not many more places
		most = b.cells.Len()
	}
	for _, n := range far {
		if p.Reach[n] > 0 && s.size <= most/b.labels[n] {
			s.add(n, p.Reach[n])
		}
	}
	return s
}

func (s *simulated) add(n int, reach float64) {
	at := s.nearby.places[slices.Index(s.nearby.modes, n)]
	order := make([]int, s.nearby.labels[n])
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, k int) int { return cmp.Compare(at[i], at[k]) })
	keep := make([]float64, len(order))
	for k := 1; k < len(order); k++ {
		keep[k] = portable.Exp(-(at[order[k]] - at[order[k-1]]) / reach)
	}
	s.Reach[n] = reach
	s.modes, s.strides = append(s.modes, n), append(s.strides, s.size)
	s.places, s.keep = append(s.places, order), append(s.keep, keep)
	s.size *= len(order)
}

// draw draws the process at all places of a fibre.
func (s *simulated) draw(stream *rng.Stream, out []float64) {
	for k := range out {
		out[k] = stream.NormFloat64()
	}
	for m, stride := range s.strides {
		order, keep := s.places[m], s.keep[m]
		for begin := 0; begin < len(out); begin += stride * len(order) {
			for line := begin; line < begin+stride; line++ {
				last := out[line+order[0]*stride]
				for k := 1; k < len(order); k++ {
					x := &out[line+order[k]*stride]
					last = float64(keep[k]*last) + float64(math.Sqrt(1-float64(keep[k]*keep[k]))**x)
					*x = last
				}
			}
		}
	}
	if len(s.modes) == 0 {
		return
	}
	common, own := math.Sqrt(s.Share), math.Sqrt(1-s.Share)
	for k, f := range out {
		out[k] = float64(common*f) + float64(own*stream.NormFloat64())
	}
}

// place is that of a cell in its fibre.
func (s *simulated) place(at func(mode int) int32) (sum int) {
	for m, n := range s.modes {
		sum += int(at(n)) * s.strides[m]
	}
	return sum
}

// fibreOf appends what the cells of a fibre have in common.
func (s *simulated) fibreOf(cell []int32, key []byte) []byte {
	for n, i := range cell {
		if !slices.Contains(s.modes, n) {
			key = binary.AppendUvarint(key, uint64(i))
		}
	}
	return key
}

// term is a place of a fibre and how much counts what the process is there.
type term struct {
	place  int
	weight float64
}

// terms are those of a cell whose sum is what is left, of variance 1. The workspace holds what is around the cell.
func (s *simulated) terms(w *workspace, cell []int32, label int32) []term {
	s.within(w)
	residual := s.nearby.cells.Values // any numbers: what they come to is not used
	_, explained := s.krige(w, residual)
	trust := s.Trust[label]
	scale := 1 / math.Sqrt(math.Max(leastLeft, 1-float64(trust*(2-trust)*explained)))
	out := []term{{s.place(func(n int) int32 { return cell[n] }), scale}}
	for k, weight := range w.weights() {
		at := w.within[k].at
		out = append(out, term{s.place(func(n int) int32 { return s.nearby.cells.Index[n][at] }), -float64(scale * trust * weight)})
	}
	return out
}

// addTo adds the draws of the given numbers to out[draw][cell], times the factor of every cell; a cell of factor 0 has none.
func (s *simulated) addTo(out [][]float64, factor []float64, seed uint64, numbers []int, index [][]int32, labels []int32, threads int) {
	var keys [][]byte
	fibres := map[string]int{}
	var members [][]int
	cell := make([]int32, len(index))
	for c := range factor {
		if factor[c] == 0 {
			continue
		}
		for n := range cell {
			cell[n] = index[n][c]
		}
		key := s.fibreOf(cell, nil)
		at, met := fibres[string(key)]
		if !met {
			at = len(members)
			fibres[string(key)] = at
			keys, members = append(keys, key), append(members, nil)
		}
		members[at] = append(members[at], c)
	}
	parallel.For(threads, len(members), func(at int) {
		var w workspace
		cell, terms := make([]int32, len(index)), make([][]term, len(members[at]))
		for k, c := range members[at] {
			for n := range cell {
				cell[n] = index[n][c]
			}
			s.nearby.of(&w, cell)
			terms[k] = s.terms(&w, cell, labels[c])
		}
		fibre := make([]float64, s.size)
		for d, number := range numbers {
			s.draw(rng.New(seed, fmt.Sprintf("draws/%s/%d/%s", s.name, number, keys[at])), fibre)
			for k, c := range members[at] {
				var sum float64
				for _, t := range terms[k] {
					sum += float64(t.weight * fibre[t.place])
				}
				out[d][c] += float64(factor[c] * sum)
			}
		}
	})
}

// normals are standard normal numbers for the noise of some cells, [draw][cell], which have in common what the residuals of
// cells near one another have; 0 for a cell that has no companion.
func (b *companion) normals(seed uint64, numbers []int, index [][]int32, threads int) [][]float64 {
	count := len(index[0])
	labels, models, simple := make([]int32, count), make([]float64, count), make([]float64, count)
	eachCellWith(index, threads, func(w *workspace, c int, cell []int32) {
		if !b.nearby.of(w, cell) {
			return
		}
		labels[c], models[c] = labelOf(b.unit.Mode, cell), 1
		if b.Simple == nil {
			return
		}
		if b.Simple.within(w); w.between() {
			size := math.Sqrt(float64(b.Weight*b.Weight) + float64((1-b.Weight)*(1-b.Weight)))
			models[c], simple[c] = (1-b.Weight)/size, b.Weight/size
		}
	})
	out := make([][]float64, len(numbers))
	for d := range out {
		out[d] = make([]float64, count)
	}
	newSimulated(b.Local, &b.nearby, "models").addTo(out, models, seed, numbers, index, labels, threads)
	if b.Simple != nil {
		newSimulated(b.Simple, &b.nearby, "effects").addTo(out, simple, seed, numbers, index, labels, threads)
	}
	return out
}
