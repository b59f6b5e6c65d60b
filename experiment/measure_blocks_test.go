package experiment

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"lacuna/internal/synthetic"
	"lacuna/model"
	"lacuna/tensor"
)

// TestUnfoldedAgreesWithTheDenseTensor compares with gonum's singular values of the unfolding itself.
func TestUnfoldedAgreesWithTheDenseTensor(t *testing.T) {
	cp := synthetic.Blocks(tensor.Shape{4, 5, 3}, 2, 7)
	dense := mat.NewDense(5, 12, nil)
	for i := range int32(4) {
		for j := range int32(5) {
			for k := range int32(3) {
				dense.Set(int(j), int(i*3+k), cp.At([]int32{i, j, k}))
			}
		}
	}
	var svd mat.SVD
	svd.Factorize(dense, mat.SVDNone)
	want, got := svd.Values(nil), unfolded(cp, 1)
	for i, s := range got {
		if math.Abs(s-want[i]) > 1e-6*want[0] {
			t.Errorf("singular value %d: %v, dense %v", i, s, want[i])
		}
	}
	stable, entropy, nuclear := ranksOf(got)
	if sum := want[0] + want[1]; math.Abs(nuclear-sum) > 1e-5*sum {
		t.Errorf("nuclear norm %v, want %v", nuclear, sum)
	}
	if ratio := want[1] / want[0]; math.Abs(stable-1-ratio*ratio) > 1e-6 {
		t.Errorf("stable rank %v, want %v", stable, 1+ratio*ratio)
	}
	if entropy <= 1 || entropy > 2.0001 {
		t.Errorf("entropy rank %v of a matrix of rank 2", entropy)
	}
	if _, entropy, _ := ranksOf([]float64{3, 3, 3}); math.Abs(entropy-3) > 1e-12 {
		t.Errorf("entropy rank %v of three equal singular values", entropy)
	}
}

// TestMeasuresAlongARun follows a run that recovers its tensor under the flow and under descent.
func TestMeasuresAlongARun(t *testing.T) {
	for _, integrator := range []string{"flow", "gd"} {
		c := cells(1)
		c.Truth = synthetic.Blocks(tensor.Shape{6, 6, 6}, 2, 1)
		s := Settings{
			Blocks: 8, Depth: Depths{1}, SigmaW: 0.05, SigmaA: 0.3, Seed: 2, Trajectory: "all", Integrator: integrator,
			Measure: strings.Join(Measures()[2:], ","), TrainMSE: 1e-10,
		}
		if integrator == "gd" {
			s.Rate, s.Every, s.Evaluations = 0.1, 50, 20_000
		}
		s.Normalise()
		run, err := New(s, c)
		if err != nil {
			t.Fatal(err)
		}
		run.Follow(context.Background(), nil)
		first, last := run.Path.Records[0], run.Path.Last()
		if last.TrainMSE > 1e-6 || last.Rank < 2 {
			t.Fatalf("%s: train MSE %v at rank %d", integrator, last.TrainMSE, last.Rank)
		}
		if got := last.Jumps[0] - last.Jumps[1]; got != float64(last.Rank) {
			t.Errorf("%s: %v jumps at rank %d", integrator, last.Jumps, last.Rank)
		}
		for n := range 3 {
			if last.StableRank[n] < 1 || last.StableRank[n] > last.EntropyRank[n]*1.0001 || last.EntropyRank[n] > 2.1 {
				t.Errorf("%s: mode %d: stable rank %v, entropy rank %v of a tensor of rank 2", integrator, n, last.StableRank[n],
					last.EntropyRank[n])
			}
			if last.NuclearNorm[n] <= first.NuclearNorm[n] {
				t.Errorf("%s: mode %d: nuclear norm %v at the end, %v at the start", integrator, n, last.NuclearNorm[n],
					first.NuclearNorm[n])
			}
		}
		for k, cosine := range last.Alignment {
			if cosine > 1+1e-9 || last.Rank == 2 && cosine < 0.99 {
				t.Errorf("%s: true block %d: cosine %v", integrator, k, cosine)
			}
		}
		if len(first.Balance) != 3 {
			t.Fatalf("balance has %d numbers, want ε and the gaps of A and w", len(first.Balance))
		}
		for i, gap := range last.Balance {
			if integrator == "flow" && math.Abs(gap-first.Balance[i]) > 0.01*first.Balance[i] {
				t.Errorf("balance %d went from %v to %v along the flow", i, first.Balance[i], gap)
			}
		}
		if outcome := run.Outcome(); len(outcome.Alignment) != 2 || outcome.Alignment[0] != last.Alignment[0] {
			t.Errorf("the outcome has alignment %v, the last record %v", outcome.Alignment, last.Alignment)
		}
	}
}

// TestBalanceOfKnownBlocks sets factors of known norms.
func TestBalanceOfKnownBlocks(t *testing.T) {
	s := Settings{Blocks: 1, Depth: Depths{1, 0, 0}, Measure: MeasureBalance, Seed: 1}
	s.Normalise()
	run, err := New(s, cells(1))
	if err != nil {
		t.Fatal(err)
	}
	unit := func(n int, size float64) []float64 {
		v := make([]float64, n)
		v[0] = size
		return v
	}
	run.Model.(*model.Chains).SetBlock(0, model.Block{
		W: [][]float64{unit(6, 2), unit(6, 1), unit(6, 2.5)}, A: [][][]float64{{unit(36, 3)}, nil, nil},
	})
	// Squares: w 4, 1, 6.25; A 9. The references are the w of the first mode.
	if got := run.balance(); len(got) != 3 || got[0] != 8 || got[1] != 5 || got[2] != 3 {
		t.Errorf("balance %v, want [8 5 3]", got)
	}
}

func TestAlignmentNeedsTheTruth(t *testing.T) {
	s := Settings{Blocks: 4, Measure: MeasureAlignment}
	if _, err := New(s, cells(1)); err == nil || !strings.Contains(err.Error(), "true blocks") {
		t.Errorf("without the true blocks: %v", err)
	}
}

// TestJumpsOfARunThatGoesOn stops between two records, where a block has emerged since the first of them: the run that goes
// on from there sees it again, and counts it once.
func TestJumpsOfARunThatGoesOn(t *testing.T) {
	s := Settings{
		Blocks: 8, Depth: Depths{1}, SigmaW: 0.05, SigmaA: 0.3, Seed: 2, Trajectory: "all", Integrator: "gd", Measure: MeasureJumps,
		Rate: 0.1, Every: 10_000, Evaluations: 20_000, TrainMSE: 1e-10,
	}
	s.Normalise()
	begin := func(evaluations int) *Run {
		s.Evaluations = evaluations
		run, err := New(s, cells(1))
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	whole, first := begin(20_000), begin(9_999)
	whole.Follow(context.Background(), nil)
	first.Follow(context.Background(), nil)
	if jumps := first.Path.Last().Jumps; jumps[0] == 0 {
		t.Fatalf("%v jumps by then", jumps)
	}
	saved, err := first.Integrator.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	second := begin(20_000)
	if err := second.Integrator.Restore(saved); err != nil {
		t.Fatal(err)
	}
	second.Path = first.Path
	second.Follow(context.Background(), nil)
	got, want := second.Path.Last().Jumps, whole.Path.Last().Jumps
	if got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v jumps, of a run without a stop %v", got, want)
	}
}
