package completion

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"lacuna/internal/als"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// fitMagic begins a saved fit; the number changes with what follows: the length of the content, the content, its SHA-256.
const (
	fitMagic  = "lacuna fit 4\n"
	fitPrefix = "lacuna fit "
)

// savedFit is what a fit is made from. The margins of the known cells are counted again.
type savedFit struct {
	Modes       []tensor.Mode
	Index       [][]int32
	Values      []float64
	Low, High   []float64 // limits of cells, as tensor.Observed has them; nil: all are exact
	Settings    Report
	Status      Status
	Seed        uint64
	Level       float64
	Calibration savedCalibration
	Scaling     tensor.Scaling
	Unit        tensor.Scaling
	UnitMode    int
	Limits      []Limit
	Shares      bool // filled values are probabilities
	Family      bool // intervals are those of the predictive distribution
	Step        float64
	Levels      savedGraded
	Kinds       *labelKinds   // instead of those above where labels have families of their own
	LabelLevels []savedGraded // of its labels
	Laws        *laws
	LawLevels   []savedGraded // of its labels

	Ensemble *savedEnsemble // one of these three
	Exact    *savedExact
	Constant *float64

	Companion *savedCompanion // of the ensemble; nil: none
}

// savedCompanion is one without what the known cells tell again.
type savedCompanion struct {
	Chosen   chosen
	Residual []float64 // that the models leave
}

type savedCalibration struct {
	Noise, Spread, Pieces, Uncertainty float64
	Mode                               int
	Stretch                            []float64
	Ratios                             savedSample
	Own                                []savedGraded
	Seen                               []bool
	Bends                              []savedBend
	Reach                              savedBend
	Places                             places
	Unmet                              bool
	Apart                              []savedApart
}

// savedApart is the calibration of a class of cells.
type savedApart struct {
	Class class
	Of    savedCalibration
}

type savedBend struct{ Values, Factors []float64 }

type savedSample struct{ Values, Sums []float64 }

func (s sample) saved() savedSample { return savedSample{s.values, s.sums} }

func (s savedSample) load() sample { return sample{s.Values, s.Sums} }

func (s savedSample) check() bool { return len(s.Values) == len(s.Sums) && slices.IsSorted(s.Values) }

// savedGraded is a graded; what counts beside its parts is known.
type savedGraded struct {
	Middles []float64
	Parts   []savedSample
	Telling float64 // of each of their cells
}

func (g graded) saved() savedGraded {
	out := savedGraded{Middles: g.middles, Telling: g.telling}
	for _, p := range g.parts {
		out.Parts = append(out.Parts, p.saved())
	}
	return out
}

func (g savedGraded) load(others sample) graded {
	if len(g.Parts) == 0 {
		return graded{beside: others}
	}
	var parts []sample
	for _, p := range g.Parts {
		parts = append(parts, p.load())
	}
	return grades(g.Middles, parts, others, g.Telling)
}

func (g savedGraded) check() bool {
	return len(g.Middles) == len(g.Parts) && (len(g.Parts) == 0 || g.Telling > 0 && g.Telling <= 1) && ascending(g.Middles) && !slices.ContainsFunc(g.Parts, func(s savedSample) bool { return !s.check() })
}

type savedEnsemble struct {
	Members              []savedMember
	Mean                 float64
	Effects              [][]float64
	Deviation, Low, High float64
	Least                float64
}

type savedMember struct {
	Name      string
	Scaling   tensor.Scaling
	Weight    float64
	Posterior posterior.Saved
}

type savedExact struct {
	CP       *tensor.CP
	Residual float64
	Scaling  tensor.Scaling
	Stderr   float64
	Widened  float64
}

// Save writes what fills cells of the tensor again without refitting: LoadFit reads it. The errors of the completion,
// its description by one CP model and its held-out cells are not part of it.
func (c *Completion) Save(w io.Writer) error {
	saved, err := c.saved()
	if err != nil {
		return err
	}
	var content bytes.Buffer
	if err := gob.NewEncoder(&content).Encode(saved); err != nil {
		return err
	}
	return writeSealed(w, fitMagic, content.Bytes())
}

func (c *Completion) saved() (*savedFit, error) {
	out := &savedFit{
		Modes: c.Observed.Modes, Index: c.Observed.Index, Values: c.Observed.Values, Low: c.Observed.Low, High: c.Observed.High,
		Settings: c.Settings, Status: c.Status, Seed: c.seed, Level: c.level, Scaling: c.Scaling, Unit: c.unit,
		UnitMode: c.UnitMode, Limits: c.limits, Shares: c.shares,
		Family: c.family, Step: c.step, Levels: c.levels.saved(),
		Calibration: c.calibration.saved(),
	}
	out.Kinds = c.kinds
	for _, l := range c.labelLevels {
		out.LabelLevels = append(out.LabelLevels, l.saved())
	}
	if out.Laws = c.laws; c.laws != nil {
		for _, l := range c.laws.Of {
			out.LawLevels = append(out.LawLevels, l.levels.saved())
		}
	}
	if with, ok := c.fit.(*accompanied); ok {
		out.Companion = &savedCompanion{with.companion.chosen, with.companion.residual[0]}
	}
	models, _ := modelsOf(c.fit)
	switch fit := c.fit.(type) {
	case constant:
		value := float64(fit)
		out.Constant = &value
	case *exactFit:
		out.Exact = &savedExact{fit.CP, fit.Residual, fit.scaling, fit.stderr, fit.widened}
	default:
		e := &savedEnsemble{
			Mean: models.effects.mean, Effects: models.effects.effect, Deviation: models.deviation, Low: models.low,
			High: models.high, Least: models.least,
		}
		for _, m := range models.members {
			p, err := m.posterior.Save()
			if err != nil {
				return nil, fmt.Errorf("a fit of values that scatter as %s cannot be saved, give --noise gaussian or student: %w",
					c.Settings.Noise, err)
			}
			e.Members = append(e.Members, savedMember{m.candidate.name, m.scaling, m.weight, p})
		}
		out.Ensemble = e
	}
	return out, nil
}

var (
	errNoFit   = errors.New("this is no saved fit: lacuna complete TABLE --save NAME.fit makes one")
	errVersion = errors.New("the fit was saved by another version of lacuna: complete the table again with --save")
	errDamaged = errors.New("the fit is damaged: copy it again, or complete the table again with --save")
)

// LoadFit reads what Completion.Save wrote. It returns an error for what is no saved fit, for one of another version,
// and for one whose checksum is not that of its content or whose parts do not fit together. The methods of the completion
// give the same bits as before it was saved; of its fields Observed, Status, Settings, Scaling and UnitMode are set.
func LoadFit(r io.Reader) (*Completion, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	content, whole := unseal(fitMagic, data)
	switch ours := bytes.HasPrefix(data, []byte(fitMagic)); {
	case !ours && bytes.HasPrefix(data, []byte(fitPrefix)):
		return nil, errVersion
	case !ours:
		return nil, errNoFit
	case !whole:
		return nil, errDamaged
	}
	saved := new(savedFit)
	if err := gob.NewDecoder(bytes.NewReader(content)).Decode(saved); err != nil {
		return nil, fmt.Errorf("%w (%v)", errDamaged, err)
	}
	c, err := saved.load()
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", errDamaged, err)
	}
	return c, nil
}

func (s *savedFit) load() (*Completion, error) {
	observed, err := tensor.NewCensored(s.Modes, s.Index, s.Values, s.Low, s.High)
	if err != nil {
		return nil, err
	}
	c := &Completion{
		Observed: observed, Status: s.Status, Settings: s.Settings, Scaling: s.Scaling, UnitMode: s.UnitMode,
		FilledRMSE: math.NaN(), FilledNRMSE: math.NaN(), FilledMedian: math.NaN(), FilledNMedian: math.NaN(), HeldOutRMSE: math.NaN(), HeldOutNRMSE: math.NaN(),
		CP: tensor.NewCP(observed.Shape(), 0), level: s.Level, seed: s.Seed, unit: s.Unit, limits: s.Limits, shares: s.Shares,
		family: s.Family, step: s.Step, levels: s.Levels.load(sample{}),
		calibration: s.Calibration.load(),
	}
	c.kinds = s.Kinds
	for _, l := range s.LabelLevels {
		c.labelLevels = append(c.labelLevels, l.load(sample{}))
	}
	if err := s.check(observed.Shape()); err != nil {
		return nil, err
	}
	if c.laws = s.Laws; c.laws != nil {
		for label, l := range s.LawLevels {
			c.laws.Of[label].levels = l.load(sample{})
		}
	}
	if s.Calibration.Seen != nil {
		c.shape = knownShape(observed)
	}
	switch {
	case s.Ensemble != nil:
		models, failure := s.Ensemble.load(observed.Shape())
		if c.fit, err = models, failure; err == nil && s.Companion != nil {
			if err = s.Companion.check(observed, s.Unit); err == nil {
				c.fit = &accompanied{models, newCompanion(s.Companion.Chosen, observed, s.Unit, s.Companion.Residual)}
			}
		}
	case s.Exact != nil:
		e := s.Exact
		c.fit = &exactFit{
			Fit: als.Fit{CP: e.CP, Residual: e.Residual}, scaling: e.Scaling, stderr: e.Stderr, widened: e.Widened,
			freedom: newFreedom(e.CP, e.Scaling.Apply(observed)),
		}
	default:
		c.fit = constant(*s.Constant)
	}
	return c, err
}

// check refuses what a companion would index out of range with.
func (s *savedCompanion) check(o *tensor.Observed, unit tensor.Scaling) error {
	if len(s.Residual) != o.Len() || unit.Mode >= o.Order() || unit.Mode >= 0 && len(unit.Scale) != o.Shape()[unit.Mode] {
		return errors.New("the residuals do not fit the table")
	}
	for _, p := range []*process{s.Chosen.Local, s.Chosen.Simple} {
		if p != nil && (len(p.Reach) != o.Order() || len(p.Trust) != len(unit.Scale)) {
			return errors.New("the way that residuals are kriged does not fit the table")
		}
	}
	if scale := s.Chosen.Scale; scale != nil && (len(scale) != o.Order() || slices.ContainsFunc(scale, func(x float64) bool { return !(x >= 0) })) {
		return errors.New("the scales of neighbours do not fit the table")
	}
	for _, n := range s.Chosen.modes(o.Order()) {
		if len(o.Modes[n].Coordinates) != o.Shape()[n] {
			return errors.New("residuals are kriged along a mode without an order")
		}
	}
	return nil
}

// knownShape knows which cells are void, and nothing of the gaps.
func knownShape(o *tensor.Observed) *shape {
	return &shape{cells: o, sizes: o.Shape(), known: newMargins(o.Shape(), o.Index)}
}

// check refuses parts that do not fit together, with which a method would index out of range.
func (s *savedFit) check(shape tensor.Shape) error {
	k := s.Calibration
	labels := func(mode, count int) bool {
		return mode < 0 && count == 1 || mode >= 0 && mode < len(shape) && count == shape[mode]
	}
	scales := []tensor.Scaling{s.Scaling}
	if s.Ensemble != nil {
		for _, m := range s.Ensemble.Members {
			scales = append(scales, m.Scaling)
		}
	}
	if k.Seen != nil {
		scales = append(scales, s.Unit)
	}
	if s.Exact != nil {
		scales = append(scales, s.Exact.Scaling)
		if !fits(s.Exact.CP, shape) || s.Exact.Scaling.Mode >= 0 {
			return errors.New("the exact model does not fit the table")
		}
	}
	for _, scale := range scales {
		if !labels(scale.Mode, len(scale.Mean)) || len(scale.Scale) != len(scale.Mean) {
			return errors.New("a standardisation does not fit the table")
		}
	}
	subsets := len(subsetsOf(len(shape)))
	for _, l := range slices.Concat([]savedGraded{s.Levels}, s.LabelLevels, s.LawLevels) {
		if !l.check() {
			return errors.New("the levels of intervals do not fit together")
		}
	}
	if l := s.Laws; l != nil && (!labels(l.Mode, len(l.Of)) || len(s.LawLevels) != len(l.Of) || !l.known()) {
		return errors.New("the spread of labels does not fit the table")
	}
	if k := s.Kinds; k != nil && (!labels(k.Mode, len(k.Of)) || k.Mode < 0 || len(s.LabelLevels) != len(k.Of)) {
		return errors.New("the families of labels do not fit the table")
	}
	for _, m := range s.Limits {
		if m.Mode >= len(shape) {
			return errors.New("a limit names no mode")
		}
	}
	if err := k.check(labels, subsets); err != nil {
		return err
	}
	for _, a := range k.Apart {
		if a.Class < 0 || a.Class >= classes || len(a.Of.Apart) > 0 {
			return errors.New("the calibration does not fit together")
		}
		if err := a.Of.check(labels, subsets); err != nil {
			return err
		}
	}
	if s.Ensemble == nil && s.Exact == nil && s.Constant == nil {
		return errors.New("there is no model")
	}
	return nil
}

func fits(m *tensor.CP, shape tensor.Shape) bool {
	if m == nil || len(m.Factors) != len(shape) || len(m.Shape) != len(shape) || m.Blocks < 0 {
		return false
	}
	for n, d := range shape {
		if m.Shape[n] != d || len(m.Factors[n]) != d*m.Blocks {
			return false
		}
	}
	return true
}

func (s *savedEnsemble) load(shape tensor.Shape) (*ensemble, error) {
	e := &ensemble{effects: effects{s.Mean, s.Effects}, deviation: s.Deviation, low: s.Low, high: s.High, least: s.Least}
	for _, saved := range s.Members {
		p, err := saved.Posterior.Load(shape)
		if err != nil {
			return nil, err
		}
		e.members = append(e.members, member{
			candidate: candidate{name: saved.Name}, scaling: saved.Scaling, weight: saved.Weight, posterior: p,
		})
	}
	if e.samples() > 0 {
		return e, nil
	}
	if len(s.Effects) != len(shape) {
		return nil, errors.New("there is no sample")
	}
	for n, d := range shape {
		if len(s.Effects[n]) != d {
			return nil, errors.New("the main effects do not fit the table")
		}
	}
	return e, nil
}
