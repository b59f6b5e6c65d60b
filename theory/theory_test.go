package theory

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"lacuna/flow"
	"lacuna/internal/rng"
	"lacuna/model"
)

// small is a problem that runs in a moment.
func small(depths []int, start model.Start) problem {
	p := newProblem(depths, start, Options{Blocks: 6, Seed: 2}.withDefaults())
	for n := range p.shape {
		p.shape[n] = 4
	}
	return p
}

// begin returns a model at its start, and an observer of it.
func begin(t *testing.T, p problem, statements ...Statement) (*model.Chains, *Observer) {
	t.Helper()
	chains, err := p.build()
	if err != nil {
		t.Fatal(err)
	}
	chains.Gradient(0, nil)
	return chains, NewObserver(chains, square(), statements...)
}

// worstAt measures a statement at one point.
func worstAt(s Statement, p *point) float64 {
	m := &Measurement{}
	m.add(s, 0, s.sides(p), false, DefaultTolerance)
	return m.Worst.Error
}

// TestFieldIsTheSlopeOfTheLoss compares the plain vector field with differences of the model's own loss.
func TestFieldIsTheSlopeOfTheLoss(t *testing.T) {
	chains, observer := begin(t, small([]int{2, 0, 1}, model.BalancedGeneral))
	field := observer.point().field
	const r, h = 3, 1e-5
	slope := func(value *float64, b model.Block) float64 {
		old := *value
		*value = old + h
		chains.SetBlock(r, b)
		up := chains.Gradient(1, nil)
		*value = old - h
		chains.SetBlock(r, b)
		down := chains.Gradient(1, nil)
		*value = old
		chains.SetBlock(r, b)
		return (up - down) / (2 * h)
	}
	b := chains.Block(r)
	check := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got+want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("%s: velocity %v, slope of the loss %v", name, got, want)
		}
	}
	for n := range b.W {
		for i := range b.W[n] {
			check("w", field[r].W[n][i], slope(&b.W[n][i], b))
		}
		for i := range b.A[n] {
			for q := range b.A[n][i] {
				check("A", field[r].A[n][i][q], slope(&b.A[n][i][q], b))
			}
		}
	}
}

// TestSingularRates compares rates of singular values with differences of gonum's.
func TestSingularRates(t *testing.T) {
	stream := rng.New(1, "test")
	const rows, columns, h = 5, 3, 1e-6
	a, rate := normal(stream, rows*columns), normal(stream, rows*columns)
	values := func(h float64) []float64 {
		moved := make([]float64, len(a))
		for i := range a {
			moved[i] = a[i] + h*rate[i]
		}
		var svd mat.SVD
		svd.Factorize(mat.NewDense(rows, columns, moved), mat.SVDNone)
		return svd.Values(nil)
	}
	up, down := values(h), values(-h)
	for l, got := range singularRates(a, rate, rows, columns) {
		if want := (up[l] - down[l]) / (2 * h); math.Abs(got-want) > 1e-8 {
			t.Errorf("dσ_%d = %v, by differences %v", l+1, got, want)
		}
	}
}

func TestStarts(t *testing.T) {
	for _, start := range []model.Start{BalancedChains, RankOneAligned, model.BalancedGeneral} {
		chains, _ := begin(t, small([]int{1, 3, 2}, start))
		if e := chains.Unbalancedness(); e > 1e-14 {
			t.Errorf("%s: ε(0) = %v", start, e)
		}
		if start == model.BalancedGeneral {
			continue
		}
		b := chains.Block(2)
		for n := range b.W {
			const d = 4
			for i := 1; i < len(b.A[n]); i++ {
				left, right := b.A[n][i-1], b.A[n][i]
				for p := range d {
					for q := range d {
						var x, y float64
						for s := range d {
							x += left[s*d+p] * left[s*d+q]
							y += right[p*d+s] * right[q*d+s]
						}
						if math.Abs(x-y) > 1e-14 {
							t.Fatalf("%s: AᵢᵀAᵢ = %v, Aᵢ₊₁Aᵢ₊₁ᵀ = %v", start, x, y)
						}
					}
				}
			}
		}
	}
}

// TestStatementsHoldAlongARun follows small models until a block has emerged.
func TestStatementsHoldAlongARun(t *testing.T) {
	for _, c := range []struct {
		depths     []int
		start      model.Start
		statements []Statement
	}{
		{[]int{1, 2, 1}, model.BalancedGeneral, []Statement{Lemma41(), Theorem32i(), Theorem33(), Bounds()}},
		{[]int{2, 2, 2}, BalancedChains, []Statement{LemmaA2(), Theorem32i()}},
		{[]int{1, 2, 0}, RankOneAligned, []Statement{Theorem32ii(), Theorem32i()}},
		{[]int{0, 0, 0, 0}, model.BalancedGeneral, []Statement{Theorem22()}},
	} {
		chains, observer := begin(t, small(c.depths, c.start), c.statements...)
		observer.Every = 8
		in, err := flow.New(chains, flow.Settings{Tolerance: 1e-7, Stop: flow.Stop{Evaluations: 20_000}})
		if err != nil {
			t.Fatal(err)
		}
		result := in.Run(context.Background(), func(s *flow.Snapshot) bool {
			observer.Record(s)
			return observer.Emergences > 0 && s.Norms[largestBlock(s)] > 2
		})
		if observer.Emergences == 0 {
			t.Fatalf("%v: no block emerged (%s)", c.depths, result.Status)
		}
		for _, m := range observer.Measurements() {
			if m.Worst.Error > 1e-6 || m.Compared == 0 {
				t.Errorf("%v: %s is off by %v at t = %v: %+v", c.depths, m.Statement, m.Worst.Error, m.Worst.Time, m.Worst.Side)
			}
		}
		if observer.Drift.Error > 1e-6 {
			t.Errorf("%v: Lemma 4.1 drifts by %v", c.depths, observer.Drift.Error)
		}
	}
}

// largestBlock returns the block of the largest norm.
func largestBlock(s *flow.Snapshot) int {
	best := 0
	for r, norm := range s.Norms {
		if norm > s.Norms[best] {
			best = r
		}
	}
	return best
}

func TestWrongExponentIsCaught(t *testing.T) {
	_, observer := begin(t, small([]int{1, 2, 3}, model.BalancedGeneral))
	p := observer.point()
	if e := worstAt(Theorem32i(), p); e > 1e-12 {
		t.Errorf("the right exponent is off by %v", e)
	}
	for _, shift := range []float64{-0.01, 0.001} {
		wrong := growth("wrong", func(depths []int) float64 { return Exponent(depths) + shift })
		if e := worstAt(wrong, p); e < 1e-4 {
			t.Errorf("an exponent that is wrong by %v passes with an error of %v", shift, e)
		}
	}
}

func TestDroppedAlignmentIsCaught(t *testing.T) {
	_, observer := begin(t, small([]int{2, 3, 1}, RankOneAligned))
	p := observer.point()
	if e := worstAt(Theorem32ii(), p); e > 1e-12 {
		t.Errorf("Theorem 3.2 (ii) is off by %v", e)
	}
	dropped := alignment("dropped", func(model.Block) float64 { return 1 })
	if e := worstAt(dropped, p); e < 0.1 {
		t.Errorf("a missing ζ passes with an error of %v", e)
	}
	if e := worstAt(SignedTheorem32ii(), p); math.Abs(e-2) > 1e-9 {
		t.Errorf("without the modulus the error is %v, want 2 for blocks with a negative ζ", e)
	}
}

func TestPerturbedGradientIsCaught(t *testing.T) {
	for _, statement := range []Statement{Lemma41(), Theorem32i(), LemmaA2()} {
		_, observer := begin(t, small([]int{2, 2, 2}, BalancedChains))
		for at, known := range observer.field.known {
			if known {
				observer.field.values[at] += 1e-3
				break
			}
		}
		if e := worstAt(statement, observer.point()); e < 1e-5 {
			t.Errorf("%s: a gradient that is wrong at one cell passes with an error of %v", statement.Name, e)
		}
	}
}

// TestPerturbedGradientShowsInTheTrajectory: a run that follows another gradient than the formula's is told by its
// norms.
func TestPerturbedGradientShowsInTheTrajectory(t *testing.T) {
	p := small([]int{1, 1, 1}, model.BalancedGeneral)
	for _, perturbed := range []bool{false, true} {
		chains, _ := begin(t, p)
		trace := newTrace(chains, square())
		if perturbed {
			values := slices.Clone(chains.Observed().Values)
			values[0] += 0.3
			trace.force.observed = chains.Observed().WithValues(values)
		}
		if _, err := follow(context.Background(), chains, flow.Settings{Tolerance: 1e-6},
			func(s *flow.Snapshot) bool {
				trace.record(s)
				return trace.firstIsGrown()
			}); err != nil {
			t.Fatal(err)
		}
		_, rms, records := trace.trajectoryError(p.depths)
		if records == 0 || (rms > 1e-4) != perturbed {
			t.Errorf("perturbed %v: error %v over %d records", perturbed, rms, records)
		}
	}
}

func TestInequalityCanFail(t *testing.T) {
	chains, observer := begin(t, small([]int{1, 1, 1}, model.BalancedChain))
	if e := worstAt(Theorem33(), observer.point()); e > 1e-12 {
		t.Errorf("Theorem 3.3 is violated by %v at a balanced start", e)
	}
	b := chains.Block(1)
	for i := range b.A[0][0] {
		b.A[0][0][i] *= 1.01 // ε(0) > 0
	}
	chains.SetBlock(1, b)
	if e := worstAt(Theorem33(), observer.point()); math.Abs(e-0.01) > 1e-9 {
		t.Errorf("a block that is 1 %% too large exceeds the bound by %v", e)
	}
}

// TestBoundsFromUnbalancedStarts checks the proof's interval, and that it is no wider than it must be to be tested:
// without ε_1 it does not hold.
func TestBoundsFromUnbalancedStarts(t *testing.T) {
	chains, observer := begin(t, small([]int{1, 1, 1}, model.BalancedGeneral))
	unbalance(chains, 0.3, 5)
	chains.Gradient(0, nil)
	p := observer.point()
	if e := worstAt(Bounds(), p); e > 1e-12 {
		t.Errorf("the bounds of the proof are left by %v", e)
	}
	if e := worstAt(Theorem32i(), p); e < 0.01 {
		t.Errorf("the equation still holds to %v from an unbalanced start", e)
	}
	left := false
	for r, b := range p.blocks {
		low, high, _ := p.interval(b, 0)
		rate := shallowRate(b, p.field[r])
		left = left || rate < math.Min(low, high)*(1-1e-9) || rate > math.Max(low, high)*(1+1e-9)
	}
	if !left {
		t.Error("the bounds hold with ε_1 = 0 too, so the test cannot fail")
	}
}

// TestDepthOneNeedsAlignment: at depth 1 a matrix does not stay at rank one, and Theorem 3.2 (ii) fails along the run.
func TestDepthOneNeedsAlignment(t *testing.T) {
	for _, c := range []struct {
		start model.Start
		holds bool
	}{{RankOneAligned, true}, {model.BalancedRankOne, false}} {
		chains, observer := begin(t, small([]int{1, 1, 1}, c.start), Theorem32ii())
		if _, err := follow(context.Background(), chains, flow.Settings{Tolerance: 1e-5},
			func(s *flow.Snapshot) bool {
				observer.Record(s)
				return observer.Emergences > 0
			}); err != nil {
			t.Fatal(err)
		}
		if worst := observer.Measurements()[0].Worst.Error; (worst < 1e-3) != c.holds {
			t.Errorf("%s: worst relative error %v", c.start, worst)
		}
	}
}

func TestMatrixTheorem(t *testing.T) {
	m, err := matrixProblem(3, Options{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	observer, wrong := NewMatrixObserver(m, square()), NewMatrixObserver(m, square())
	wrong.exponent = func(k int) float64 { return MatrixExponent(k) + 0.001 }
	observer.Every = 8
	if _, err := follow(context.Background(), m, flow.Settings{Tolerance: 1e-6}, func(s *flow.Snapshot) bool {
		if s.Steps == 0 {
			wrong.Record(s)
		}
		observer.Record(s)
		return observer.Emergences > 0
	}); err != nil {
		t.Fatal(err)
	}
	if worst := observer.Measurement().Worst; worst.Error > 1e-4 || observer.Emergences == 0 {
		t.Errorf("Theorem 2.1 is off by %+v after %d emergences", worst, observer.Emergences)
	}
	if worst := wrong.Measurement().Worst; worst.Error < 1e-3 {
		t.Errorf("a wrong exponent passes with an error of %v", worst.Error)
	}
}

// TestDifferences: exact for polynomials up to the order of the stencil, on uneven steps.
func TestDifferences(t *testing.T) {
	step := []float64{0, 0.1, 0.25, 0.07, 0.3, 0.12, 0.2, 0.15, 0.4}
	y, want := make([]float64, len(step)), make([]float64, len(step))
	x := -0.7
	for i, h := range step {
		x += h
		y[i] = 3 + x - 2*x*x + math.Pow(x, 6)
		want[i] = 1 - 4*x + 6*math.Pow(x, 5)
	}
	for i, got := range Differences(step, y) {
		if math.Abs(got-want[i]) > 1e-11 {
			t.Errorf("record %d: %v, want %v", i, got, want[i])
		}
	}
}

func TestFitLine(t *testing.T) {
	// Slope and interval of a textbook regression, computed by hand: residual variance 0.1, spread 10, t(0.975, 3) =
	// 3.18245.
	fit := fitLine([]float64{1, 2, 3, 4, 5}, []float64{1.1, 1.9, 3.2, 3.8, 5})
	slope := 0.97
	var residual float64
	for i, y := range []float64{1.1, 1.9, 3.2, 3.8, 5} {
		e := y - (3 + slope*float64(i-2))
		residual += e * e
	}
	width := 3.182446305284263 * math.Sqrt(residual/3/10)
	if math.Abs(fit.Fitted-slope) > 1e-12 || math.Abs(fit.High-slope-width) > 1e-9 ||
		math.Abs(slope-fit.Low-width) > 1e-9 {
		t.Errorf("%+v, want %v ± %v", fit, slope, width)
	}
}

func TestExponentIsRecovered(t *testing.T) {
	p := small([]int{1, 2, 0}, RankOneAligned)
	chains, _ := begin(t, p)
	trace := newTrace(chains, square())
	if _, err := follow(context.Background(), chains, flow.Settings{Tolerance: 1e-5},
		func(s *flow.Snapshot) bool {
			trace.record(s)
			return trace.firstIsGrown()
		}); err != nil {
		t.Fatal(err)
	}
	fit := trace.exponent()
	if want := Exponent(p.depths); math.Abs(fit.Fitted-want) > 0.01 {
		t.Errorf("fitted %v with %d points, theory says %v", fit.Fitted, fit.Points, want)
	}
	if fit := trace.exponent(); !(fit.Low <= fit.Fitted && fit.Fitted <= fit.High) {
		t.Errorf("%+v is no interval", fit)
	}
}
