package completion

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

// fibresOff are cells of pieces whose errors are a share of one common to the piece and a rest of their own.
func fibresOff(pieces, each int, common float64, seed uint64) (cells []HeldOutCell) {
	stream := rng.New(seed, "fibres")
	for p := range pieces {
		shared := stream.NormFloat64()
		for range each {
			e := math.Sqrt(common)*shared + math.Sqrt(1-common)*stream.NormFloat64()
			cells = append(cells, HeldOutCell{Value: e, noise: 1, weight: 1, piece: int32(p), Cell: []int32{int32(p % 5)}})
		}
	}
	return cells
}

func TestErrorsOfAPieceAreAlike(t *testing.T) {
	c := calibration{noise: 1, spread: 1}
	for _, one := range []struct{ common, least, most float64 }{{0, 0, 0.03}, {0.5, 0.1, 0.35}, {1, 0.99, 1}} {
		if a := c.alike(fibresOff(400, 20, one.common, 3)); !(a >= one.least && a <= one.most) {
			t.Errorf("errors with %v in common are alike by %.3f, not from %v to %v", one.common, a, one.least, one.most)
		}
	}
	if a := c.alike(fibresOff(400, 1, 1, 3)); a != 0 {
		t.Errorf("errors on cells that were hidden one by one are alike by %v", a)
	}
}

// TestCellsOfPiecesTellLess compares with the spread of the mean size of errors over many tables.
func TestCellsOfPiecesTellLess(t *testing.T) {
	const tables = 600
	spread := func(pieces, each int, common float64) float64 {
		var sum, squares float64
		for seed := range uint64(tables) {
			mean := 0.0
			cells := fibresOff(pieces, each, common, seed)
			for _, h := range cells {
				mean += math.Abs(h.Value) / float64(len(cells))
			}
			sum, squares = sum+mean, squares+mean*mean
		}
		return squares/tables - sum/tables*sum/tables
	}
	together := fibresOff(12, 10, 0.6, 1)
	alike := calibration{noise: 1, spread: 1}.alike(fibresOff(2000, 10, 0.6, 1))
	want := spread(120, 1, 0.6) / spread(12, 10, 0.6)
	if got := told(together, alike); math.Abs(got/want-1) > 0.15 {
		t.Errorf("a cell tells %.3f of one hidden alone, over many tables %.3f", got, want)
	}
	if got := told(fibresOff(50, 1, 1, 1), 1); got != 1 {
		t.Errorf("a cell that was hidden alone tells %v", got)
	}
}

// TestOnePieceOfALabelDoesNotMakeItsIntervals has one label whose only piece was hit by chance.
func TestOnePieceOfALabelDoesNotMakeItsIntervals(t *testing.T) {
	cells := fibresOff(400, 60, 1, 2)
	for k := range cells {
		cells[k].Cell = []int32{int32(k / 60 % 20)}
	}
	all := newSample(cells, func(h HeldOutCell) float64 { return math.Abs(h.Value) })
	var lucky []HeldOutCell
	for _, h := range cells[:60] {
		h.Value = 0.01
		lucky = append(lucky, h)
	}
	of := func(h HeldOutCell) float64 { return math.Abs(h.Value) }
	usual := sample{}.quantile(0.9, all, 1)
	if q := newGraded(lucky, of, all, 1).quantile(0.9, 0); q < 0.85*usual {
		t.Errorf("the quantile is %.3f after one lucky piece, of all labels %.3f", q, usual)
	}
	if q := newGraded(lucky, of, all, 0).quantile(0.9, 0); q > 0.85*usual {
		t.Errorf("the quantile is %.3f after sixty lucky cells, of all labels %.3f: this case tells nothing", q, usual)
	}
}
