package completion

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// grown is a growth of few sweeps on a table with noise.
func grown(t *testing.T, threads int) (*growth, *tensor.Observed) {
	t.Helper()
	o, _ := noisy(tensor.Shape{20, 15, 10}, 2, 0.3, 0.5)
	j := newJob(t, o, "gaussian", 1)
	j.Threads = threads
	f := twoFolds(j.shape, 0.1, 1)
	sel := j.selectModel(context.Background(), f.sample(1000, 1), exploration{
		work: 1e9, counts: []int{3, 7}, sweeps: 20, chains: 1, parts: []int{1}, spectral: true,
	})
	sel.parts = []int{f.parts - 1}
	_, held := f.without(0)
	return j.grow(context.Background(), f, sel), held
}

func TestGrowthComesToTheNoiseWithAnyNumberOfThreads(t *testing.T) {
	g, held := grown(t, 1)
	var sum float64
	for k, p := range g.ensemble(g.chains...).all(held.Index, 2) {
		sum += (p.value - held.Values[k]) * (p.value - held.Values[k])
	}
	if e := math.Sqrt(sum / float64(held.Len())); e > 0.4 {
		t.Errorf("error %.3f on cells that no choice has seen, the noise is 0.3", e)
	}
	if g.cut || !(g.error < 0.4) {
		t.Errorf("cut %v, error %v", g.cut, g.error)
	}
	for _, s := range g.chains {
		if len(s.samples) == 0 || len(s.samples) > keepSamples || s.chain != nil {
			t.Errorf("%d samples, chain let go: %v", len(s.samples), s.chain == nil)
		}
	}
	other, _ := grown(t, 3)
	if g.error != other.error || len(g.chains) != len(other.chains) {
		t.Fatalf("error %v of %d chains, %v of %d", g.error, len(g.chains), other.error, len(other.chains))
	}
	if !slices.Equal(g.chains[0].last.Factors[1], other.chains[0].last.Factors[1]) {
		t.Error("the last factors differ")
	}
}

// TestGrowthAsksTheClockOnlyUnderALimit reckons with a rate of a tenth of a nanosecond for a nominal one.
func TestGrowthAsksTheClockOnlyUnderALimit(t *testing.T) {
	o, _ := noisy(tensor.Shape{9, 8, 7}, 1, 0.3, 0.5)
	j := newJob(t, o, "gaussian", 1)
	j.meter.start, j.work = time.Now().Add(-time.Second), 10e9
	g := &growth{job: j}
	if !g.affords(context.Background(), 1e18) || g.cut {
		t.Error("work is not afforded though there is no limit")
	}
	j.MaxTime = 2 * time.Second
	if !g.affords(context.Background(), 7e9) || g.cut {
		t.Error("0.7 s are not afforded, of which 1 s is left")
	}
	if g.affords(context.Background(), 9e9) || !g.cut {
		t.Error("0.9 s are afforded, which leaves nothing to spare")
	}
}

// TestTimeThatIsLeftDecidesHowMuchIsFitted reckons with a rate of a tenth of a nanosecond for a nominal one, one second after
// the start.
func TestTimeThatIsLeftDecidesHowMuchIsFitted(t *testing.T) {
	const budget, left = 1e9, 3e8
	o, _ := noisy(tensor.Shape{9, 8, 7}, 1, 0.3, 0.5)
	j := newJob(t, o, "gaussian", 1)
	candidates := j.forms(7, o.Shape())[:1]
	plan := schedule{chains: 10, sweeps: int(1.7e9 / candidates[0].cost(o.Shape(), o.Len()))}
	for _, c := range []struct {
		limit         time.Duration
		fewest, most  int
		least, utmost float64
	}{
		{0, 10, 10, finishing*budget + left, finishing*budget + left},
		{2 * time.Second, 2, 4, 4e9, 7e9},
		{time.Minute, 16, 16, finishing*j.asked() + left, finishing*j.asked() + left},
		{time.Second, 1, 1, 0, 0},
	} {
		j.meter.start, j.work = time.Now().Add(-time.Second), 10e9
		j.MaxTime = c.limit
		if n := j.lastChains(plan, candidates, moment{}); n < c.fewest || n > c.most {
			t.Errorf("%d chains within %v, want %d to %d", n, c.limit, c.fewest, c.most)
		}
		if work := j.finishingWork(finishing, budget, left); work < c.least*(1-1e-9) || work > c.utmost*(1+1e-9) {
			t.Errorf("work %.3g within %v, want %.3g to %.3g", work, c.limit, c.least, c.utmost)
		}
	}
}

func TestSampleHidesWhatThePartsHide(t *testing.T) {
	o, _ := noisy(tensor.Shape{20, 15, 10}, 1, 0.1, 0.9)
	f := scatteredFolds(o, 0.1, 1)
	f.beside[0], f.beside[9] = []int32{4, 5}, []int32{6, 7}
	f.part[4], f.part[5], f.part[6], f.part[7], f.part[8] = 1, 1, 1, 1, 0
	some := f.sample(o.Len(), 1)
	kept, held := some.without(1)
	want, parts := f.hide(0, 9)
	if !slices.Equal(kept.Values, want.Values) || !slices.Equal(held.Values, parts[1].Values) {
		t.Errorf("%d kept and %d held, want %d and %d", kept.Len(), held.Len(), want.Len(), parts[1].Len())
	}
	few, _ := f.sample(500, 1).without(1)
	if few.Len() < 400 || few.Len() > 600 {
		t.Errorf("a sample of %d cells, want about 500", few.Len())
	}
}

func TestTwoFoldsHoldOutTheirShares(t *testing.T) {
	o, _ := noisy(tensor.Shape{30, 20, 15}, 1, 0.1, 0.9)
	j := newJob(t, o, "gaussian", 1)
	f := twoFolds(j.shape, 0.1, 1)
	counts := map[uint8]int{}
	for _, p := range f.part {
		counts[p]++
	}
	tenth := o.Len() / 10
	for _, part := range []uint8{0, 9} {
		if d := counts[part] - tenth; d*d > 16*tenth {
			t.Errorf("part %d holds out %d of %d cells", part, counts[part], o.Len())
		}
	}
	if len(counts) != 3 {
		t.Errorf("parts %v", counts)
	}
}

func TestAllIsAtOfEveryCell(t *testing.T) {
	o, _ := noisy(tensor.Shape{12, 11, 10}, 2, 0.3, 0.5)
	j := newJob(t, o, "auto", 0.1)
	candidates := j.forms(3, o.Shape())
	e := j.fit(context.Background(), o, candidates, []float64{0.5, 0.2, 0.3}, 1, 20, "all")
	for k, p := range e.all(o.Index, 2) {
		if want := e.at(o.Cell(k)); p != want {
			t.Fatalf("cell %d: %v together, %v alone", k, p, want)
		}
	}
}

// TestTupleListsAreThoseOfTheTable compares with a search through all cells.
func TestTupleListsAreThoseOfTheTable(t *testing.T) {
	o, _ := noisy(tensor.Shape{6, 5, 4}, 1, 0.1, 0.4)
	j := newJob(t, o, "gaussian", 1)
	for at := range j.shape.known.subsets {
		sub := &j.shape.known.subsets[at]
		for _, cell := range [][]int32{{0, 0, 0}, {3, 2, 1}, {5, 4, 3}} {
			var want []int32
			for c := range o.Values {
				if sub.keyAt(o.Index, c) == sub.key(cell) {
					want = append(want, int32(c))
				}
			}
			if got := j.shape.withTuple(at, cell); !slices.Equal(got, want) {
				t.Errorf("modes %v of %v: %v, want %v", sub.modes, cell, got, want)
			}
		}
	}
}

// TestTimeIsUpAtOnce asks for a completion all the same, and for words about it.
func TestTimeIsUpAtOnce(t *testing.T) {
	o, _ := noisy(tensor.Shape{20, 15, 10}, 2, 0.3, 0.5)
	family, err := posterior.FamilyNamed("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Run(context.Background(), o, Settings{
		Seed: 1, Threads: 1, Noise: family, Effort: 1, HoldOut: 0.1, Level: 0.9, MaxTime: time.Nanosecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Status != TimeLimit {
		t.Errorf("status %v", c.Status)
	}
	if v, _ := c.At([]int32{0, 0, 0}); math.IsNaN(v) {
		t.Error("no value")
	}
}
