package completion

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/posterior"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// noisy makes a share of the cells of a CP tensor, with noise.
func noisy(shape tensor.Shape, rank int, noise, share float64) (*tensor.Observed, *tensor.CP) {
	stream, cp := rng.New(1, "test table"), tensor.NewCP(shape, rank)
	for _, factor := range cp.Factors {
		for k := range factor {
			factor[k] = stream.NormFloat64()
		}
	}
	o := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, len(shape))}
	cell := make([]int32, len(shape))
	for {
		if stream.Float64() < share {
			for n, i := range cell {
				o.Index[n] = append(o.Index[n], i)
			}
			o.Values = append(o.Values, cp.At(cell)+noise*stream.NormFloat64())
		}
		n := len(cell) - 1
		for ; n >= 0; n-- {
			if cell[n]++; int(cell[n]) < shape[n] {
				break
			}
			cell[n] = 0
		}
		if n < 0 {
			return o, cp
		}
	}
}

func newJob(t *testing.T, o *tensor.Observed, noise string, effort float64) *job {
	t.Helper()
	family, err := posterior.FamilyNamed(noise)
	if err != nil {
		t.Fatal(err)
	}
	s := Settings{Seed: 1, Threads: 2, Noise: family, Effort: effort, HoldOut: 0.1, Level: 0.9}
	j := &job{Settings: s, observed: o, unit: -1, meter: newMeter(nil)}
	j.gaps = pickGaps(o, nil, s.Seed)
	j.shape = newShape(o, j.gaps, s.Seed)
	return j
}

// reloaded is a completion that was saved, read again.
func reloaded(t *testing.T, c *Completion) *Completion {
	t.Helper()
	var file bytes.Buffer
	if err := c.Save(&file); err != nil {
		t.Fatal(err)
	}
	again, err := LoadFit(&file)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestFoldsPartTheCells(t *testing.T) {
	o, _ := noisy(tensor.Shape{9, 8, 7}, 1, 0.1, 0.5)
	for share, parts := range map[float64]int{0.1: 10, 0.25: 4, 0.9: 2, 0.0001: 100} {
		f := scatteredFolds(o, share, 3)
		if f.parts != parts {
			t.Errorf("share %v gives %d parts, want %d", share, f.parts, parts)
		}
		total := 0
		for part := range f.parts {
			kept, held := f.without(part)
			total += held.Len()
			if kept.Len()+held.Len() != o.Len() || held.Len() > o.Len()/parts+1 {
				t.Fatalf("share %v: part %d holds %d of %d cells", share, part, held.Len(), o.Len())
			}
		}
		if total != o.Len() {
			t.Errorf("share %v: the parts hold %d cells, there are %d", share, total, o.Len())
		}
	}
}

func TestSelectionFindsTheSize(t *testing.T) {
	o, _ := noisy(tensor.Shape{20, 15, 10}, 2, 0.3, 0.4)
	j := newJob(t, o, "auto", 0.1)
	f := newFolds(j.shape, j.HoldOut, j.Seed)
	sel := j.selectModel(context.Background(), f, j.exploration(f, j.budget()))
	best := sel.candidates[0]
	if best.settings.Blocks > 15 {
		t.Errorf("rank 2: the best candidate is %q with %d blocks", best.name, best.settings.Blocks)
	}
	if !(sel.error < 0.2) || sel.fit.samples() == 0 || len(sel.parts) == 0 {
		t.Errorf("error %.3f, %d samples, parts %v", sel.error, sel.fit.samples(), sel.parts)
	}
	for _, part := range sel.parts {
		if part <= 5 {
			t.Errorf("part %d chooses, which is to measure", part)
		}
	}
}

func TestOneLostPieceDoesNotDecide(t *testing.T) {
	numbers := []int32{4, 4, 4, 4, 7, 7, 7, 7, 9, 9}
	even := []float64{1, -1, 1, -1, 1, 1, -1, 1, 1, -1}
	if e := typical(sumPieces(even, numbers)); math.Abs(e-1) > 1e-12 {
		t.Errorf("errors of 1 come to %v", e)
	}
	lost := slices.Clone(even)
	lost[8], lost[9] = 100, -100 // a fifth of the cells
	if e := typical(sumPieces(lost, numbers)); math.Abs(e-2.8*2.8) > 1e-9 {
		t.Errorf("with a lost piece %v", e)
	}
	one := []piece{together(sumPieces([]float64{3, 4}, []int32{1, 2}))}
	if e := typical(one); math.Abs(e-math.Sqrt(12.5)) > 1e-12 {
		t.Errorf("root mean square %v", e)
	}
}

func TestScheduleFitsTheBudget(t *testing.T) {
	shape := tensor.Shape{100, 50, 10}
	c := candidate{settings: posterior.Settings{Blocks: 7, Noise: posterior.Gaussian{}}}
	previous := 0.0
	for _, cells := range []int{1000, 10_000, 100_000, 1_000_000} {
		s := newSchedule(ladder, []candidate{c, c}, shape, cells, 1e10, 1)
		work := float64(s.sweeps*(s.chains+s.trials*s.folds)) * 2 * c.cost(shape, cells)
		if work > 1e10 && s != ladder[len(ladder)-1] {
			t.Errorf("%d cells: the schedule costs %.3g of 1e10", cells, work)
		}
		if c.cost(shape, cells) <= previous {
			t.Errorf("%d cells cost no more than fewer", cells)
		}
		previous = c.cost(shape, cells)
	}
	if s := newSchedule(ladder, []candidate{c}, shape, 1000, math.Inf(1), 1); s != ladder[0] {
		t.Errorf("with all the time there is, the schedule is %+v", s)
	}
}

// TestStackingWeights compares with a search over a fine grid.
func TestStackingWeights(t *testing.T) {
	stream := rng.New(4, "stacking")
	y := make([]float64, 200)
	predictions := [][]float64{make([]float64, 200), make([]float64, 200), make([]float64, 200)}
	for c := range y {
		y[c] = stream.NormFloat64()
		predictions[0][c] = y[c] + 0.3*stream.NormFloat64()
		predictions[1][c] = y[c] + 0.4*stream.NormFloat64()
		predictions[2][c] = 3 * stream.NormFloat64() // of no use
	}
	objective := func(w []float64) (sum float64) {
		for c := range y {
			e := y[c]
			for k := range w {
				e -= w[k] * predictions[k][c]
			}
			sum += e * e
		}
		return sum
	}
	w := stack(predictions, y)
	if total := w[0] + w[1] + w[2]; math.Abs(total-1) > 1e-12 || slices.Min(w) < 0 {
		t.Fatalf("weights %v", w)
	}
	best := math.Inf(1)
	const steps = 100
	for a := range steps + 1 {
		for b := range steps + 1 - a {
			grid := []float64{float64(a) / steps, float64(b) / steps, float64(steps-a-b) / steps}
			best = math.Min(best, objective(grid))
		}
	}
	if got := objective(w); got > 1.05*best {
		t.Errorf("weights %v leave %.4f, the grid's best %.4f", w, got, best)
	}
	if w[2] > 0.05 || w[0] < w[1] {
		t.Errorf("weights %v prefer what predicts worse", w)
	}
	if w := stack(predictions, nil); w[0] != w[1] || w[1] != w[2] {
		t.Errorf("without cells the weights are %v", w)
	}
}

func TestCalibrationCovers(t *testing.T) {
	stream := rng.New(5, "calibration")
	var cells []HeldOutCell
	for range 2000 {
		stderr := 0.5 + stream.Float64()
		cells = append(cells, HeldOutCell{
			Value: 3 * stderr * stream.NormFloat64(), noise: stderr * stderr, weight: 1, piece: int32(len(cells)),
		}) // three times too sure
	}
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	c := calibrate(cells[:1000], all)
	stretch := c.stderr(nil, standing{}, prediction{spread: 0, noise: 1})
	if c.warning != "" || stretch < 2.8 || stretch > 3.2 || c.uncertainty < 0.01 || c.uncertainty > 0.05 {
		t.Errorf("stretch %.2f ± %.2g, want 3 (%s)", stretch, c.uncertainty, c.warning)
	}
	var errors, variances float64
	for _, h := range c.apply(cells[:1000]) {
		errors += (h.Value - h.Predicted) * (h.Value - h.Predicted)
		variances += h.Stderr * h.Stderr
	}
	if math.Abs(errors/variances-1) > 0.02 {
		t.Errorf("mean square error %.4f, of standard errors %.4f", errors/1000, variances/1000)
	}
	for _, level := range []float64{0.5, 0.9, 0.95} {
		inside := 0
		for _, h := range c.apply(cells[1000:]) {
			if math.Abs(h.Value-h.Predicted) <= h.Stderr*c.quantile(nil, 0, level) {
				inside++
			}
		}
		if share := float64(inside) / 1000; math.Abs(share-level) > 0.04 {
			t.Errorf("intervals of %v hold %v of fresh cells", level, share)
		}
	}
	if few := calibrate(cells[:5], all); few.warning == "" || few.stderr(nil, standing{}, prediction{spread: 0, noise: 1}) != 1 {
		t.Errorf("five cells: stretch %v, warning %q", few.stretch, few.warning)
	}
}

func TestScoresBesideBaselines(t *testing.T) {
	o, _ := noisy(tensor.Shape{6, 5}, 1, 0, 1)
	mean, _ := tensor.Moments(o.Values)
	all := tensor.Scaling{Mode: -1, Mean: []float64{mean}, Scale: []float64{1}}
	simple := plain{all, fitEffects(all.Apply(o))}
	var cells []HeldOutCell
	for c, v := range o.Values {
		cells = append(cells, HeldOutCell{Cell: o.Cell(c), Value: v, Predicted: v + 0.5, simple: simple.at(o.Cell(c))})
	}
	s := score(cells, all)
	_, deviation := tensor.Moments(o.Values)
	if math.Abs(s.rmse-0.5) > 1e-12 || math.Abs(s.nrmse-0.5/deviation) > 1e-12 || len(s.baselines) != 2 {
		t.Errorf("scores %+v", s)
	}
	if s := score(nil, all); !math.IsNaN(s.rmse) || len(s.baselines) != 0 {
		t.Errorf("scores of no cell are %+v", s)
	}
	for k := range cells { // those of the first row are hopeless
		cells[k].weight = 1
		if cells[k].Cell[0] == 0 {
			cells[k].Predicted += 1000
		} else {
			cells[k].Predicted -= 0.5
		}
	}
	if s.compare(cells, all); len(s.warnings) != 1 || !strings.Contains(s.warnings[0], "(mean, main effects)") {
		t.Errorf("a model far worse than both baselines gives the warnings %v", s.warnings)
	}
	for k := range cells {
		if cells[k].Cell[0] == 0 {
			cells[k].weight = 1e-9
		}
	}
	s.warnings = nil
	if s.compare(cells, all); len(s.warnings) != 0 {
		t.Errorf("a model that is worse where no gap is gives the warnings %v", s.warnings)
	}
}

// TestBaselinesHaveNotSeenWhatTheyPredict fills noise of which two cells a row are known: main effects that were fitted to a
// held-out cell itself would be far nearer to it than its mean is.
func TestBaselinesHaveNotSeenWhatTheyPredict(t *testing.T) {
	o, _ := noisy(tensor.Shape{60, 12}, 1, 100, 0.2)
	c, err := Run(context.Background(), o, smallSettings(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Baselines) != 2 || c.Settings.Folds < 2 {
		t.Fatalf("baselines %v, measured on %d parts", c.Baselines, c.Settings.Folds)
	}
	for _, b := range c.Baselines {
		if b.NRMSE < 0.97 {
			t.Errorf("of noise, %s predicts to %.2f of its deviation", b.Name, b.NRMSE)
		}
	}
}

// TestSkillsAreThoseOfWhatIsToBeFilled has a label that is hopeless where no gap is, and one that is where all are.
func TestSkillsAreThoseOfWhatIsToBeFilled(t *testing.T) {
	o, _ := noisy(tensor.Shape{2, 40}, 1, 1, 1)
	j := &job{observed: o, unit: 0}
	var cells []HeldOutCell
	for c, v := range o.Values {
		h := HeldOutCell{Cell: o.Cell(c), Value: v, Predicted: v, weight: 1}
		if c%2 == 0 {
			h.Predicted += 100
			h.weight = []float64{1e-9, 1}[h.Cell[0]]
		}
		cells = append(cells, h)
	}
	if got := j.skills(cells); !(got[0] > 0.99) || !(got[1] < littleSkill) {
		t.Errorf("skills are %.3f, want 1 and none", got)
	}
}

// TestMainEffects recovers effects that are there.
func TestMainEffects(t *testing.T) {
	o, _ := noisy(tensor.Shape{40, 30}, 1, 0, 0.8)
	a := func(i int32) float64 { return math.Sin(float64(i)) }
	b := func(i int32) float64 { return float64(i%3) - 1 }
	values := make([]float64, o.Len())
	for c := range values {
		values[c] = 5 + a(o.Index[0][c]) + b(o.Index[1][c])
	}
	e := fitEffects(o.WithValues(values))
	for c, v := range values {
		if got := e.at(o.Cell(c)); math.Abs(got-v) > 0.15 {
			t.Fatalf("cell %v: %.3f, want %.3f", o.Cell(c), got, v)
		}
	}
}

func TestBlocksAreMatchedByTheirFactors(t *testing.T) {
	_, cp := noisy(tensor.Shape{12, 10, 8}, 4, 0, 0.1)
	other := cp.Take([]int{2, 0, 3})
	stream := rng.New(6, "disturb")
	for n, factor := range other.Factors {
		for k := range factor {
			if k%3 == 2 {
				factor[k] = stream.NormFloat64() // block 3 becomes another
			} else if n < 2 {
				factor[k] = -3 * factor[k] // the sign and the scale may sit anywhere
			}
		}
	}
	matches := match(other, cp)
	if len(matches) != 2 || matches[0] != 2 || matches[1] != 0 {
		t.Errorf("matches are %v, want 0 → 2 and 1 → 0", matches)
	}
	for k := range other.Factors[2] {
		other.Factors[2][k] = -other.Factors[2][k] // the negative of a block is another block
	}
	if matches := match(other, cp); len(matches) != 0 {
		t.Errorf("negatives are matched: %v", matches)
	}
	run := flowRun{
		times: []float64{1, 2, 3, 4}, cp: cp.Take([]int{1, 3}),
		norms: [][]float64{{0, 0}, {0, 7}, {5, 8}, {9, 9}},
	}
	norms := cp.Norms()
	scale := math.Max(norms[1], norms[3])
	for _, row := range run.norms {
		for r := range row {
			row[r] *= scale / 9
		}
	}
	list := run.emergences(cp.Take([]int{3, 0, 2}))
	if len(list) != 2 || list[0].Time != 2 || !list[0].Matched || list[0].Block != 0 ||
		list[1].Time != 3 || list[1].Matched {
		t.Errorf("emergences are %+v", list)
	}
}

// counting is a context that counts how often it is asked whether it has ended, and ends after so many times.
type counting struct {
	context.Context
	asked, most int
}

func (c *counting) Err() error {
	if c.asked++; c.asked > c.most {
		return context.Canceled
	}
	return nil
}

// TestTheGivenContextIsAsked ends a completion by a context that tells so only when asked, as that of the browser's page.
func TestTheGivenContextIsAsked(t *testing.T) {
	o, _ := noisy(tensor.Shape{12, 10, 8}, 2, 0.3, 0.6)
	for _, limit := range []time.Duration{0, time.Hour} {
		j := newJob(t, o, "gaussian", 1)
		j.MaxTime, j.Threads = limit, 1
		ctx := &counting{Context: context.Background(), most: 100}
		c, err := Run(ctx, o, j.Settings)
		if err != nil || c.Status != Interrupted {
			t.Errorf("limit %v: asked %d times, %v, %v", limit, ctx.asked, c.Status, err)
		}
	}
}

// TestUncertaintyOfLabelsHasTheSameBits: it sums over pieces, whose order must not change.
func TestUncertaintyOfLabelsHasTheSameBits(t *testing.T) {
	o, _ := noisy(tensor.Shape{4, 20, 20}, 1, 0.1, 0.5)
	j := newJob(t, o, "gaussian", 1)
	c, stream := &Completion{Observed: o}, rng.New(1, "errors")
	for k, v := range o.Values {
		c.HeldOut = append(c.HeldOut, HeldOutCell{Cell: o.Cell(k), Value: v, Predicted: v + stream.NormFloat64(), piece: int32(k % 97)})
	}
	first := j.judgeMode(c, 0, make([]float64, len(j.gaps)))
	for range 20 {
		for i, l := range j.judgeMode(c, 0, make([]float64, len(j.gaps))) {
			if l.Uncertainty != first[i].Uncertainty {
				t.Fatalf("label %d: %v, then %v", i, first[i].Uncertainty, l.Uncertainty)
			}
		}
	}
}

// TestSeveralModelsAreAveragedBetweenShapes chooses among trials of six numbers of blocks, whose errors rise by 4 % from one to
// the next.
func TestSeveralModelsAreAveragedBetweenShapes(t *testing.T) {
	for _, c := range []struct {
		scattered bool
		want      []int // blocks, in order
	}{{true, []int{3, 7, 15}}, {false, []int{3, 7, 15, 31, 47}}} {
		e := explorer{job: &job{}, folds: folds{scattered: c.scattered}}
		for k, blocks := range blockCounts {
			one := candidate{name: "equal noise", settings: posterior.Settings{Blocks: blocks}}
			e.rivals = append([]*trial{{candidate: one, error: 1 + 0.04*float64(k)}}, e.rivals...)
		}
		e.best = e.rivals[len(e.rivals)-1]
		e.first = []*trial{e.best}
		e.choose()
		var got []int
		for _, chosen := range e.sel.candidates {
			got = append(got, chosen.settings.Blocks)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("scattered %v: blocks %v, want %v", c.scattered, got, c.want)
		}
	}
}
