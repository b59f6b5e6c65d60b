// Package families measures whether values of every kind are filled with the right spread: how often intervals hold the
// hidden values, tenth by tenth of the filled ones, and what the family's distributions say beside normal ones.
package families

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"lacuna"
	"lacuna/dataset"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Kinds are those of the generated tables.
func Kinds() []string {
	return []string{"counts", "positive", "ordinal", "binary", "rain", "claims", "days", "shares"}
}

// Options of Run.
type Options struct {
	Kinds    []string     // default: all
	Tables   int          // of every kind, default 10
	Shape    tensor.Shape // default 40 × 12 × 8
	Missing  float64      // share of the cells that are hidden at random, default 0.3
	Data     string       // directory with meteo_uk.csv, whose rain and frost are filled too; "" leaves them out
	Seed     uint64       // of the tables
	Complete lacuna.Options

	Each func(done, all int)
}

const level, tenths = 0.9, 10

// Result is one kind of values, all tables together.
type Result struct {
	Kind     string         `json:"kind"`
	Tables   int            `json:"tables"`
	Cells    int            `json:"cells"`    // hidden ones
	Families map[string]int `json:"families"` // how many tables were taken for values of a family
	Coverage []float64      `json:"coverage"` // of 90 % intervals, by tenths of the filled value, the smallest first
	Heaped   []float64      `json:"heaped"`   // share of the commonest value in a tenth: an interval that holds it holds no less
	Outside  int            `json:"outside"`  // filled values and ends of intervals that no value of the kind can have
	Better   int            `json:"better"`   // tables whose held-out log score is above that of normal distributions
	LogScore float64        `json:"log_score"`
	Normal   float64        `json:"log_score_normal"`
}

// cell is a hidden one.
type cell struct{ value, filled, low, high float64 }

// Run generates and fills tables of every kind. The predictor η is a sum of two blocks with an intercept; values are
//
//	counts    negative binomial with mean exp η and dispersion 4
//	positive  exp(3 η + e), e ~ N(0, 0.3²): four orders of magnitude
//	ordinal   1 + the number of −1.5, −0.5, 0.5, 1.5 below 2 η + e, e standard normal
//	binary    1 with probability 1 / (1 + exp(−2 η))
//	rain      12 max(0, 1.5 η + 0.7 e)², to a tenth
//	claims    0 with probability 1 / (1 + exp(η − 0.8)), otherwise exp(5 + 0.8 η + 0.8 e), to a hundredth
//	days      binomial out of 31 with logit 2 η − 1.5 + 0.6 e
//	shares    1 / (1 + exp(−1.5 η − 0.6 e))
func Run(ctx context.Context, o Options) (results []Result, err error) {
	o.defaults()
	all, done := len(o.Kinds)*o.Tables, 0
	if o.Data != "" {
		all++
	}
	each := func() {
		if done++; o.Each != nil {
			o.Each(done, all)
		}
	}
	for _, kind := range o.Kinds {
		s := newSums(kind)
		for k := range o.Tables {
			observed, hidden := o.generate(kind, k)
			if err := s.fill(ctx, observed, hidden, o.Complete, func([]int32) string { return kind }); err != nil {
				return results, err
			}
			each()
		}
		results = append(results, s.result(kind))
	}
	if o.Data == "" {
		return results, nil
	}
	stations, err := dataset.Load(filepath.Join(o.Data, "meteo_uk.csv"))
	if err != nil {
		return results, err
	}
	observed, hidden := stations.Split(o.Missing, rng.New(o.Seed, "stations").Rand)
	variable := slices.IndexFunc(stations.Modes, func(m tensor.Mode) bool { return m.Name == "variable" })
	if variable < 0 {
		return results, fmt.Errorf("meteo_uk.csv has no column variable")
	}
	s := newSums("rain", "af")
	label := func(c []int32) string { return stations.Modes[variable].Labels[c[variable]] }
	if err := s.fill(ctx, observed, hidden, o.Complete, label); err != nil {
		return results, err
	}
	each()
	return append(results, s.result("rain"), s.result("af")), nil
}

func (o *Options) defaults() {
	if len(o.Kinds) == 0 {
		o.Kinds = Kinds()
	}
	if o.Tables == 0 {
		o.Tables = 10
	}
	if o.Shape == nil {
		o.Shape = tensor.Shape{40, 12, 8}
	}
	if o.Missing == 0 {
		o.Missing = 0.3
	}
}

// generate makes table number k of a kind.
func (o Options) generate(kind string, k int) (observed, hidden *tensor.Observed) {
	stream := rng.New(o.Seed, fmt.Sprint("families/", kind, "/", k))
	const blocks = 2
	factors := make([][]float64, len(o.Shape))
	for n, d := range o.Shape {
		factors[n] = make([]float64, d*blocks)
		for i := range factors[n] {
			factors[n][i] = stream.NormFloat64()
		}
	}
	modes := tensor.NumberedModes(o.Shape)
	parts := [2]*tensor.Observed{}
	for p := range parts {
		parts[p] = &tensor.Observed{Modes: modes, Index: make([][]int32, len(o.Shape))}
	}
	at := make([]int32, len(o.Shape))
	for {
		eta := 0.5
		for r := range blocks {
			product := 0.5
			for n, i := range at {
				product *= factors[n][int(i)*blocks+r]
			}
			eta += product
		}
		to := parts[0]
		if stream.Float64() < o.Missing {
			to = parts[1]
		}
		for n, i := range at {
			to.Index[n] = append(to.Index[n], i)
		}
		to.Values = append(to.Values, draw(kind, eta, stream))
		n := len(at) - 1
		for ; n >= 0; n-- {
			if at[n]++; int(at[n]) < o.Shape[n] {
				break
			}
			at[n] = 0
		}
		if n < 0 {
			return parts[0], parts[1]
		}
	}
}

// draw draws a value.
func draw(kind string, eta float64, stream *rng.Stream) float64 {
	switch kind {
	case "counts":
		const dispersion = 4
		rate := math.Exp(math.Min(eta, 4)) / dispersion
		var gamma float64
		for range dispersion { // Gamma(4, 1)
			gamma += stream.ExpFloat64()
		}
		count, sum := 0.0, stream.ExpFloat64()
		for ; sum < rate*gamma; count++ {
			sum += stream.ExpFloat64()
		}
		return count
	case "positive":
		return math.Exp(3*eta + 0.3*stream.NormFloat64())
	case "ordinal":
		x, grade := 2*eta+stream.NormFloat64(), 1.0
		for _, threshold := range []float64{-1.5, -0.5, 0.5, 1.5} {
			if x > threshold {
				grade++
			}
		}
		return grade
	case "binary":
		if stream.Float64() < logistic(2*eta) {
			return 1
		}
		return 0
	case "rain":
		root := math.Max(0, 1.5*eta+0.7*stream.NormFloat64())
		return math.Round(120*root*root) / 10
	case "claims":
		amount := math.Exp(5 + 0.8*eta + 0.8*stream.NormFloat64())
		if stream.Float64() < logistic(0.8-eta) {
			return 0
		}
		return math.Round(100*amount) / 100
	case "days":
		p, days := logistic(2*eta-1.5+0.6*stream.NormFloat64()), 0.0
		for range daysOfMonth {
			if stream.Float64() < p {
				days++
			}
		}
		return days
	case "shares":
		return logistic(1.5*eta + 0.6*stream.NormFloat64())
	}
	panic("families: there is no such kind")
}

const daysOfMonth = 31

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// sums collects what tables came to, by kind.
type sums struct {
	cells    map[string][]cell
	families map[string]int
	tables   int
	better   int
	own      float64
	normal   float64
}

func newSums(kinds ...string) *sums {
	s := &sums{cells: map[string][]cell{}, families: map[string]int{}}
	for _, kind := range kinds {
		s.cells[kind] = nil
	}
	return s
}

// fill completes a table and looks at its hidden cells, of the kinds that are collected.
func (s *sums) fill(
	ctx context.Context, observed, hidden *tensor.Observed, options lacuna.Options, kind func(at []int32) string,
) error {
	options.Fill = hidden.Index
	c, err := lacuna.Complete(ctx, observed, options)
	if err == nil {
		err = ctx.Err() // what was cut short is no result
	}
	if err != nil {
		return err
	}
	s.tables++
	s.families[c.Settings.Noise]++
	s.own, s.normal = s.own+c.LogScores.Own, s.normal+c.LogScores.Normal
	if c.LogScores.Own > c.LogScores.Normal {
		s.better++
	}
	for k, value := range hidden.Values {
		at := hidden.Cell(k)
		cells, collected := s.cells[kind(at)]
		if !collected {
			continue
		}
		filled, _ := c.At(at)
		low, high := c.Interval(at, level)
		s.cells[kind(at)] = append(cells, cell{value, filled, low, high})
	}
	return nil
}

func (s *sums) result(kind string) Result {
	cells := s.cells[kind]
	tables := float64(s.tables)
	r := Result{
		Kind: kind, Tables: s.tables, Cells: len(cells), Families: s.families, Better: s.better,
		LogScore: s.own / tables, Normal: s.normal / tables,
	}
	slices.SortStableFunc(cells, func(a, b cell) int { return cmp.Compare(a.filled, b.filled) })
	for tenth := range tenths {
		some := cells[tenth*len(cells)/tenths : (tenth+1)*len(cells)/tenths]
		var covered, commonest float64
		times := map[float64]float64{}
		for _, c := range some {
			times[c.value]++
			commonest = math.Max(commonest, times[c.value])
			if c.low <= c.value && c.value <= c.high {
				covered++
			}
		}
		r.Coverage = append(r.Coverage, covered/float64(len(some)))
		r.Heaped = append(r.Heaped, commonest/float64(len(some)))
	}
	least, most, whole := bounds(kind)
	for _, c := range cells {
		for k, y := range []float64{c.filled, c.low, c.high} {
			if y < least || y > most || whole && k > 0 && y != math.Round(y) {
				r.Outside++
			}
		}
	}
	return r
}

// bounds are those of the values of a kind, and whether they are whole numbers. Filled values are expected ones, which
// need not be whole.
func bounds(kind string) (least, most float64, whole bool) {
	switch kind {
	case "ordinal":
		return 1, 5, true
	case "binary":
		return 0, 1, true
	case "days":
		return 0, daysOfMonth, true
	case "shares":
		return 0, 1, false
	case "counts", "af":
		return 0, math.Inf(1), true
	}
	return 0, math.Inf(1), false
}
