package completion

import (
	"math"
	"slices"
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

// TestMistakesDoNotChoose: a few errors far beyond all others are capped, many and ordinary ones are not.
func TestMistakesDoNotChoose(t *testing.T) {
	stream := rng.New(1, "mistakes")
	errors := make([]float64, 400)
	for k := range errors {
		errors[k] = stream.NormFloat64()
	}
	if got := capMistakes(errors); !slices.Equal(got, errors) {
		t.Error("normal errors were capped")
	}
	wrong := slices.Clone(errors)
	wrong[7], wrong[300] = 1e6, -1e9
	got := capMistakes(wrong)
	if got[7] != -got[300] || got[7] < 8 || got[7] > 12 || wrong[7] != 1e6 {
		t.Errorf("errors of 1e6 and -1e9 count as %v and %v", got[7], got[300])
	}
	got[7], got[300] = errors[7], errors[300]
	if !slices.Equal(got, errors) {
		t.Error("other errors were changed")
	}
	for k := range 12 {
		wrong[k] = 1e6
	}
	if got := capMistakes(wrong); !slices.Equal(got, wrong) {
		t.Error("many large errors were capped")
	}
}
