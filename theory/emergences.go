package theory

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"lacuna/dataset"
	"lacuna/figure"
	"lacuna/flow"
	"lacuna/internal/parallel"
	"lacuna/model"
	"lacuna/tensor"
)

// EmergenceOptions says which emergences are predicted and measured. Zero values mean the defaults given.
type EmergenceOptions struct {
	Shape     tensor.Shape // of the synthetic tensors; nil means 8×8×8
	Rank      int          // of them; 0 means 3
	Observed  float64      // share of the cells; 0 means 0.5
	Tensors   int          // a depth and scale, each with its own cells and start; 0 means 20
	Blocks    int          // R; 0 means 20
	Depths    []int        // of all modes; nil means 0, 1, 2, 3
	Sigmas    []float64    // σ_w = σ_A of the Gaussian start; nil means 1e-1, 1e-2, 1e-3, 1e-4
	Tolerance float64      // of the integrators; 0 means 1e-3
	Seed      uint64       // of the first tensor, the next ones counting up; 0 means 1
	Threads   int          // runs at a time; 0 means 1; the result does not depend on it

	// Progress is told after every run how many of all are finished, one call at a time; may be nil.
	Progress func(done, total float64)
}

func (o EmergenceOptions) withDefaults() EmergenceOptions {
	if o.Shape == nil {
		o.Shape = tensor.Shape{8, 8, 8}
	}
	if o.Depths == nil {
		o.Depths = []int{0, 1, 2, 3}
	}
	if o.Sigmas == nil {
		o.Sigmas = []float64{1e-1, 1e-2, 1e-3, 1e-4}
	}
	o.Rank, o.Tensors, o.Blocks = cmp.Or(o.Rank, 3), cmp.Or(o.Tensors, 20), cmp.Or(o.Blocks, 20)
	o.Observed, o.Tolerance, o.Seed = cmp.Or(o.Observed, 0.5), cmp.Or(o.Tolerance, 1e-3), cmp.Or(o.Seed, 1)
	return o
}

// Check returns an error that names what is outside its range.
func (o EmergenceOptions) Check() error {
	o = o.withDefaults()
	switch {
	case o.Shape.Order() < 2 || o.Shape.Order() > 6 || slices.Min(o.Shape) < 2:
		return fmt.Errorf("shape %v: from 2 to 6 modes of size 2 and more can be measured", o.Shape)
	case !(o.Observed > 0 && o.Observed <= 1):
		return fmt.Errorf("observed %v is outside 0 … 1", o.Observed)
	case o.Rank < 1 || o.Tensors < 1 || o.Blocks < 1:
		return fmt.Errorf("rank, tensors and blocks must be above 0")
	case !(o.Tolerance > 0 && o.Tolerance < 1):
		return fmt.Errorf("tolerance %v is outside 0 … 1", o.Tolerance)
	}
	for _, k := range o.Depths {
		if k < 0 || k > 8 {
			return fmt.Errorf("depth %d: whole numbers from 0 to 8 can be measured", k)
		}
	}
	for _, sigma := range o.Sigmas {
		if !(sigma > 0 && sigma < 1) {
			return fmt.Errorf("sigma %v is outside 0 … 1", sigma)
		}
	}
	return nil
}

// Emergences is one run: what was predicted and what the exact flow did.
type Emergences struct {
	Depth    int       `json:"depth"`
	Sigma    float64   `json:"sigma"`
	Seed     uint64    `json:"seed"`
	Status   string    `json:"status"` // why the exact flow stopped
	Measured []Emerged `json:"measured"`
	Jump     []Emerged `json:"jump"` // predicted, in the limit of small starts
	Path     []Emerged `json:"path"` // predicted, along the way of the emerged blocks to their fit
}

// Predicted returns the prediction with that transition.
func (e *Emergences) Predicted(how Transition) []Emerged {
	if how == Jump {
		return e.Jump
	}
	return e.Path
}

// Errors returns |predicted − measured| / measured of the i-th emergence for as many as there are of both, and how many
// of these are of the same block.
func (e *Emergences) Errors(how Transition) (errors []float64, same int) {
	predicted := e.Predicted(how)
	for i := range min(len(predicted), len(e.Measured)) {
		errors = append(errors, math.Abs(predicted[i].Time-e.Measured[i].Time)/e.Measured[i].Time)
		if predicted[i].Block == e.Measured[i].Block {
			same++
		}
	}
	return errors, same
}

// EmergenceSummary is all runs of a depth, a scale of the start and a transition.
type EmergenceSummary struct {
	Depth      int        `json:"depth"`
	Sigma      float64    `json:"sigma"`
	Transition Transition `json:"transition"`
	Tensors    int        `json:"tensors"`
	Measured   int        `json:"measured"` // emergences of the exact flow
	Compared   int        `json:"compared"` // those that were predicted, too
	Same       int        `json:"same"`     // of these, those of the block predicted in that place
	Median     float64    `json:"median"`   // relative error of the times compared; 0 where there are none
	P90        float64    `json:"p90"`      // nine in ten are at most this
	Largest    float64    `json:"largest"`
	InOrder    int        `json:"in_order"`  // tensors of which every emergence was predicted, all in order
	Within1    int        `json:"within_1"`  // tensors of which every emergence compared is within 1 %
	Within10   int        `json:"within_10"` // within 10 %
}

// EmergenceResult is what PredictEmergences found.
type EmergenceResult struct {
	Summaries []EmergenceSummary `json:"summaries"`
	Runs      []Emergences       `json:"runs"`
}

// PredictEmergences predicts and measures the emergences of blocks on synthetic tensors. It returns an error for options
// outside their range, and ctx's error when it is cancelled.
func PredictEmergences(ctx context.Context, o EmergenceOptions) (*EmergenceResult, error) {
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("theory: %w", err)
	}
	o = o.withDefaults()
	r := new(EmergenceResult)
	for _, k := range o.Depths {
		for _, sigma := range o.Sigmas {
			for i := range o.Tensors {
				r.Runs = append(r.Runs, Emergences{Depth: k, Sigma: sigma, Seed: o.Seed + uint64(i)})
			}
		}
	}
	if err := parallel.Each(ctx, o.Threads, len(r.Runs), func(i int) error {
		return r.Runs[i].fill(ctx, o)
	}, told(o.Progress, len(r.Runs))); err != nil {
		return nil, err
	}
	for i := 0; i < len(r.Runs); i += o.Tensors {
		for _, how := range []Transition{Jump, Path} {
			r.Summaries = append(r.Summaries, summarise(r.Runs[i:i+o.Tensors], how))
		}
	}
	return r, nil
}

// fill measures and predicts one run.
func (e *Emergences) fill(ctx context.Context, o EmergenceOptions) error {
	full := dataset.Synthetic(o.Shape, o.Rank, 0, e.Seed)
	observed, _ := dataset.Observe(full, dataset.Random, 0, o.Observed, e.Seed)
	depths := slices.Repeat([]int{e.Depth}, o.Shape.Order())
	chains, err := model.NewChains(observed, square(), model.Config{Blocks: o.Blocks, Depths: depths})
	if err != nil {
		return err
	}
	if err := chains.Draw(model.StartConfig{SigmaW: e.Sigma, SigmaA: e.Sigma, Seed: e.Seed}); err != nil {
		return err
	}
	start := make([]model.Block, o.Blocks)
	for r := range start {
		start[r] = chains.Block(r)
	}
	if e.Jump, err = Predict(ctx, observed, depths, start, Jump, o.Tolerance); err != nil {
		return err
	}
	if e.Path, err = Predict(ctx, observed, depths, start, Path, o.Tolerance); err != nil {
		return err
	}
	in, err := flow.New(chains, flow.Settings{
		Tolerance: o.Tolerance,
		Stop:      flow.Stop{TrainMSE: fitted2 * observed.MeanSquare(), Time: 1e300, Evaluations: mostOfStage},
	})
	if err != nil {
		return err
	}
	result := in.Run(ctx, nil)
	e.Status = string(result.Status)
	for _, event := range result.Events {
		seen := slices.ContainsFunc(e.Measured, func(m Emerged) bool { return m.Block == event.Block })
		if event.Kind == flow.Emergence && !seen {
			e.Measured = append(e.Measured, Emerged{Block: event.Block, Time: event.Time})
		}
	}
	return nil
}

func summarise(runs []Emergences, how Transition) EmergenceSummary {
	s := EmergenceSummary{Depth: runs[0].Depth, Sigma: runs[0].Sigma, Transition: how, Tensors: len(runs)}
	var all []float64
	for i := range runs {
		errors, same := runs[i].Errors(how)
		all = append(all, errors...)
		s.Measured += len(runs[i].Measured)
		s.Same += same
		if same == len(runs[i].Measured) {
			s.InOrder++
		}
		worst := 0.0
		for _, x := range errors {
			worst = math.Max(worst, x)
		}
		if worst <= 0.01 {
			s.Within1++
		}
		if worst <= 0.1 {
			s.Within10++
		}
	}
	s.Compared = len(all)
	if len(all) > 0 {
		slices.Sort(all)
		s.Median, s.P90, s.Largest = all[len(all)/2], all[len(all)*9/10], all[len(all)-1]
	}
	return s
}

// WriteTable writes the summaries for a terminal.
func (r *EmergenceResult) WriteTable(w io.Writer) error {
	const row = "%5v  %7v  %-10v  %7v  %8v  %8v  %8v  %9v  %9v  %9v  %8v  %8v\n"
	if _, err := fmt.Fprintf(w, row, "depth", "σ", "transition", "tensors", "measured", "compared", "as named", "median", "9 in 10",
		"largest", "≤ 1 %", "≤ 10 %"); err != nil {
		return err
	}
	for _, s := range r.Summaries {
		number := func(x float64) string { return fmt.Sprintf("%.1e", x) }
		if _, err := fmt.Fprintf(w, row, s.Depth, number(s.Sigma), s.Transition, s.Tensors, s.Measured, s.Compared, s.Same,
			number(s.Median), number(s.P90), number(s.Largest), s.Within1, s.Within10); err != nil {
			return err
		}
	}
	return nil
}

// WriteList writes a line for every emergence.
func (r *EmergenceResult) WriteList(w io.Writer) error {
	const row = "%5v  %7v  %6v  %3v  %12v  %8v  %12v  %8v  %12v  %9v\n"
	if _, err := fmt.Fprintf(w, row, "depth", "σ", "tensor", "no.", "measured t", "block", "jump t", "block", "path t",
		"path error"); err != nil {
		return err
	}
	for i := range r.Runs {
		e := &r.Runs[i]
		errors, _ := e.Errors(Path)
		for j := range max(len(e.Measured), len(e.Path)) {
			cells := []any{e.Depth, fmt.Sprintf("%.1e", e.Sigma), e.Seed, j + 1, "–", "–", "–", "–", "–", "–"}
			for c, list := range [][]Emerged{e.Measured, e.Jump, e.Path} {
				if j < len(list) {
					cells[4+2*c] = fmt.Sprintf("%.5g", list[j].Time)
					if c < 2 {
						cells[5+2*c] = list[j].Block + 1
					}
				}
			}
			if j < len(errors) {
				cells[9] = fmt.Sprintf("%.1e", errors[j])
			}
			if _, err := fmt.Fprintf(w, row, cells...); err != nil {
				return err
			}
		}
	}
	return nil
}

// Figure draws the errors against the scale of the start, a chart a transition: every emergence a point, the medians of
// a depth a line.
func (r *EmergenceResult) Figure() *figure.Figure {
	f := &figure.Figure{Title: "Predicted times of emergence against the exact flow", Columns: 2, Width: 340, Height: 280}
	var depths []int
	for _, s := range r.Summaries {
		if !slices.Contains(depths, s.Depth) {
			depths = append(depths, s.Depth)
		}
	}
	colours := figure.Distinct(len(depths))
	for _, how := range []Transition{Jump, Path} {
		title := "the fit is reached at once"
		if how == Path {
			title = "along the way to the fit"
		}
		c := figure.Chart{
			Title: title, X: figure.Axis{Label: "scale of the start σ", Log: true},
			Y: figure.Axis{Label: "relative error of the time", Log: true, Min: 1e-7, Max: 2},
			Rules: []figure.Rule{
				{Name: "1 %", At: 0.01, Colour: figure.Dim, Dash: figure.Dashed},
				{Name: "10 %", At: 0.1, Colour: figure.Dim, Dash: figure.Dotted},
			},
			Note: "points: emergences; lines: medians",
		}
		for d, k := range depths {
			// The depths stand side by side, so that their points do not hide one another.
			beside := 1 + float64(0.12*(float64(d)-float64(float64(len(depths)-1)/2)))
			line := figure.Curve{Name: fmt.Sprintf("depth %d", k), Colour: colours[d]}
			for _, s := range r.Summaries {
				if s.Depth == k && s.Transition == how && s.Compared > 0 {
					line.X, line.Y = append(line.X, s.Sigma*beside), append(line.Y, math.Max(s.Median, 1e-7))
				}
			}
			points := figure.Points{Colour: colours[d], Size: 1.3, Opacity: 0.45}
			for i := range r.Runs {
				if r.Runs[i].Depth != k {
					continue
				}
				errors, _ := r.Runs[i].Errors(how)
				for _, x := range errors {
					points.X, points.Y = append(points.X, r.Runs[i].Sigma*beside), append(points.Y, math.Max(x, 1e-7))
				}
			}
			c.Curves, c.Points = append(c.Curves, line), append(c.Points, points)
		}
		f.Charts = append(f.Charts, c)
	}
	return f
}
