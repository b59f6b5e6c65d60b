package completion

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

// TestUncertaintyIsThatOfPiecesDrawnAgain compares with the spread of the root mean square over samples of pieces drawn with
// replacement, and asks that one piece tells nothing of it.
func TestUncertaintyIsThatOfPiecesDrawnAgain(t *testing.T) {
	stream := rng.New(1, "pieces")
	var errors []float64
	var numbers []int32
	for p := range int32(60) {
		scale := math.Abs(stream.NormFloat64())
		for range 1 + stream.IntN(9) {
			errors, numbers = append(errors, scale*stream.NormFloat64()), append(numbers, p)
		}
	}
	pieces := sumPieces(errors, numbers)
	if len(pieces) != 60 {
		t.Fatalf("%d pieces of 60", len(pieces))
	}
	var sum, squares float64
	const samples = 4000
	for range samples {
		var drawn []piece
		for range pieces {
			drawn = append(drawn, pieces[stream.IntN(len(pieces))])
		}
		all := together(drawn)
		root := math.Sqrt(all.squares / all.cells)
		sum, squares = sum+root, squares+root*root
	}
	mean := sum / samples
	want := math.Sqrt(squares/samples-mean*mean) / mean
	if got := uncertainty(pieces); math.Abs(got/want-1) > 0.1 {
		t.Errorf("relative standard error %.3f, of pieces drawn again %.3f", got, want)
	}
	if u := uncertainty(pieces[:1]); !math.IsNaN(u) {
		t.Errorf("one piece has an uncertainty of %v", u)
	}
}
