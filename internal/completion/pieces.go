package completion

import (
	"math"
	"slices"
)

// piece sums the squares of the errors of cells that were hidden together.
type piece struct{ squares, cells float64 }

// pieceSums sums by piece, in the order in which pieces appear. The zero value is ready.
type pieceSums struct {
	pieces []piece
	at     map[int32]int
}

// add adds an error on a cell of the numbered piece.
func (s *pieceSums) add(e float64, number int32) {
	if s.at == nil {
		s.at = map[int32]int{}
	}
	p, met := s.at[number]
	if !met {
		p = len(s.pieces)
		s.at[number] = p
		s.pieces = append(s.pieces, piece{})
	}
	s.pieces[p].squares += float64(e * e)
	s.pieces[p].cells++
}

// inPieces are the positions of the cells' pieces, in the order in which pieces appear, and how many there are.
func inPieces(cells []HeldOutCell) (at []int, count int) {
	position := map[int32]int{}
	for _, h := range cells {
		p, met := position[h.piece]
		if !met {
			p = len(position)
			position[h.piece] = p
		}
		at = append(at, p)
	}
	return at, len(position)
}

// sumPieces sums over the cells of every piece, given their errors and the numbers of their pieces.
func sumPieces(errors []float64, numbers []int32) []piece {
	var s pieceSums
	for k, e := range errors {
		s.add(e, numbers[k])
	}
	return s.pieces
}

// together is one piece of all.
func together(pieces []piece) (all piece) {
	for _, p := range pieces {
		all.squares, all.cells = all.squares+p.squares, all.cells+p.cells
	}
	return all
}

// typical is the mean over the pieces, every cell counting alike, of the square roots of their root mean squares, squared.
// Of one piece it is the root mean square; of many, one in which nothing could be told does not decide.
func typical(pieces []piece) float64 {
	var sum, cells float64
	for _, p := range pieces {
		sum += float64(p.cells * math.Sqrt(math.Sqrt(p.squares/p.cells)))
		cells += p.cells
	}
	mean := sum / math.Max(1, cells)
	return mean * mean
}

// uncertainty is the relative standard error of the root mean square, √Σ(sₚ − m nₚ)² / 2Σs, where piece p has the squares sₚ
// of nₚ cells, and m is their mean: errors of one piece go together. NaN where one piece is all there is.
func uncertainty(pieces []piece) float64 {
	if len(pieces) < 2 {
		return math.NaN()
	}
	all := together(pieces)
	mean := all.squares / all.cells
	var spread float64
	for _, p := range pieces {
		d := p.squares - float64(mean*p.cells)
		spread += float64(d * d)
	}
	return math.Sqrt(spread) / all.squares / 2
}

// capMistakes caps errors that are far out, by the bounds of setApart: mistakes among held-out values, which no model foretells, are
// not to choose between models. Where they are no exception they stay.
func capMistakes(errors []float64) []float64 {
	return capSome(errors, mistakeBound(errors), func(int) bool { return true })
}

// capSome caps errors beyond a bound at some positions.
func capSome(errors []float64, bound float64, some func(k int) bool) []float64 {
	capped := slices.Clone(errors)
	for k, e := range capped {
		if some(k) {
			capped[k] = math.Min(math.Max(e, -bound), bound)
		}
	}
	return capped
}

// mistakeBound is the size beyond which errors are far out; +Inf where such are none, or no exception.
func mistakeBound(errors []float64) float64 {
	sizes := make([]float64, len(errors))
	for k, e := range errors {
		sizes[k] = math.Abs(e)
	}
	slices.Sort(sizes)
	if len(sizes) == 0 {
		return math.Inf(1)
	}
	bound := farOut * sizes[len(sizes)*9/10]
	beyond := 0
	for beyond < len(sizes) && sizes[len(sizes)-1-beyond] > bound {
		beyond++
	}
	if bound == 0 || beyond == 0 || float64(beyond) > float64(mostFarOut*float64(len(sizes))) {
		return math.Inf(1)
	}
	return bound
}
