package theory

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"lacuna/dataset"
	"lacuna/figure"
	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/model"
	"lacuna/tensor"
)

// EdgeOptions says at which rates descent is followed beyond the edge of stability. Zero values mean the defaults given.
type EdgeOptions struct {
	Layers int       // L of W = W_L … W_1; 0 means 3
	Shares []float64 // rates over that of the edge; nil means 0.90 to 1.40 in steps of 0.01
	Steps  int       // of descent; 0 means 6,000
	Seed   uint64    // of matrix and start; 0 means 1

	// Progress is told after every rate how many of all are done; may be nil.
	Progress func(done, total float64)
}

const (
	edgeSize  = 6    // rows and columns of the matrix
	edgeRank  = 2    // of it
	edgeStart = 0.3  // deviation of the entries of the start
	edgeKept  = 64   // last steps whose singular values are kept
	edgeSame  = 1e-4 // two steps apart a period have one singular value, relative to it
)

// EdgeRun is descent at one rate.
type EdgeRun struct {
	Share  float64   `json:"share"`  // rate over that of the edge
	Rate   float64   `json:"rate"`   // of descent on ½‖W − M‖²
	Period int       `json:"period"` // of Top; 0: none up to 32, −1: diverged
	Top    []float64 `json:"top"`    // ‖W v₁‖ / σ₁ over the last steps, with σ₁ and v₁ of M: its largest singular value as W has it
	Steps  []float64 `json:"steps"`  // at which Gap was measured
	Gap    []float64 `json:"gap"`    // largest |x_lᵀ (W_{l+1}ᵀW_{l+1} − W_l W_lᵀ) x_l| over layers, x_l along W_l … W_1 v₁
}

// EdgeResult is what BeyondTheEdge found.
type EdgeResult struct {
	Layers int       `json:"layers"`
	Edge   float64   `json:"edge"` // 2 / (L σ₁^(2−2/L)), the rate at which the balanced solution loses its stability
	Runs   []EdgeRun `json:"runs"`
}

// BeyondTheEdge follows descent on ½‖W_L … W_1 − M‖² at rates around the edge of stability (Ghosh et al., ICLR 2025): M is
// a random 6×6 matrix of rank 2, the start Gaussian, so that neither the balance nor the directions are given. The
// sharpness of the balanced solution is L σ₁^(2−2/L). It returns ctx's error when it is cancelled.
func BeyondTheEdge(ctx context.Context, o EdgeOptions) (*EdgeResult, error) {
	if o.Layers == 0 {
		o.Layers = 3
	}
	if o.Steps == 0 {
		o.Steps = 6000
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Shares == nil {
		for i := range 51 {
			o.Shares = append(o.Shares, float64(90+i)/100)
		}
	}
	if o.Layers < 2 || o.Layers > 8 || o.Steps < 1000 {
		return nil, fmt.Errorf("theory: %d layers and %d steps: from 2 to 8 layers and at least 1,000 steps can be followed",
			o.Layers, o.Steps)
	}
	observed := dataset.Synthetic(tensor.Shape{edgeSize, edgeSize}, edgeRank, 0, o.Seed)
	top, along := largest(observed.Values, edgeSize)
	power := 2 - 2/float64(o.Layers)
	r := &EdgeResult{Layers: o.Layers, Edge: 2 / (float64(o.Layers) * portable.Pow(top, power))}
	for i, share := range o.Shares {
		run, err := o.descend(ctx, observed, share, r.Edge*share, top, along)
		if err != nil {
			return nil, err
		}
		r.Runs = append(r.Runs, run)
		if o.Progress != nil {
			o.Progress(float64(i+1), float64(len(o.Shares)))
		}
	}
	return r, nil
}

func (o EdgeOptions) descend(
	ctx context.Context, observed *tensor.Observed, share, rate, top float64, along []float64,
) (EdgeRun, error) {
	run := EdgeRun{Share: share, Rate: rate}
	m, err := NewMatrix(observed, square(), MatrixConfig{Depth: o.Layers})
	if err != nil {
		return run, err
	}
	if err := m.Draw(model.StartConfig{SigmaA: edgeStart, Seed: o.Seed}); err != nil {
		return run, err
	}
	// The loss of Matrix is a mean over cells.
	step := []model.Term{{Slot: 0, C: rate * float64(observed.Len())}}
	for s := range o.Steps {
		loss := m.Gradient(0, nil)
		if math.IsNaN(loss) || loss > 1e6*observed.MeanSquare() {
			run.Period = -1
			return run, nil
		}
		if left := o.Steps - s; left <= edgeKept {
			image := linalg.Multiply(m.Prediction(), along, edgeSize, edgeSize, 1)
			run.Top = append(run.Top, math.Sqrt(linalg.Norm2(image))/top)
		}
		if s%20 == 0 {
			if ctx.Err() != nil {
				return run, ctx.Err()
			}
			run.Steps, run.Gap = append(run.Steps, float64(s)), append(run.Gap, m.gapAlong(along))
		}
		m.Move(step)
	}
	run.Period = periodOf(run.Top)
	return run, nil
}

// gapAlong is the largest balance gap of neighbouring factors along a direction v of the columns: with x_l the unit vector
// along W_l … W_1 v, of |‖W_{l+1} x_l‖² − ‖W_lᵀ x_l‖²|.
func (m *Matrix) gapAlong(v []float64) float64 {
	gap, x := 0.0, v
	for j := 1; j < m.Depth(); j++ {
		x = unit(linalg.Multiply(m.Factor(j), x, edgeSize, edgeSize, 1))
		back := linalg.Multiply(linalg.Transpose(m.Factor(j), edgeSize, edgeSize), x, edgeSize, edgeSize, 1)
		ahead := linalg.Multiply(m.Factor(j+1), x, edgeSize, edgeSize, 1)
		gap = math.Max(gap, math.Abs(linalg.Norm2(ahead)-linalg.Norm2(back)))
	}
	return gap
}

// largest returns the largest singular value of a square matrix and its right singular vector.
func largest(a []float64, n int) (value float64, vector []float64) {
	values, vectors := linalg.Eigen(linalg.Multiply(linalg.Transpose(a, n, n), a, n, n, n), n)
	return math.Sqrt(values[0]), vectors[:n]
}

// periodOf returns the least number of steps, up to 32, after which values repeat; 0 if there is none.
func periodOf(values []float64) int {
	for period := 1; period <= 32 && 2*period <= len(values); period++ {
		worst := 0.0
		for i := period; i < len(values); i++ {
			worst = math.Max(worst, math.Abs(values[i]-values[i-period]))
		}
		if worst <= edgeSame {
			return period
		}
	}
	return 0
}

// WriteTable writes a line a rate, with the gap after a twentieth of the steps and at the end.
func (r *EdgeResult) WriteTable(w io.Writer) error {
	const row = "%9v  %10v  %8v  %10v  %10v\n"
	if _, err := fmt.Fprintf(w, row, "rate/edge", "rate", "period", "gap early", "gap at end"); err != nil {
		return err
	}
	for _, run := range r.Runs {
		period := fmt.Sprint(run.Period)
		switch run.Period {
		case 0:
			period = "none"
		case -1:
			period = "diverged"
		}
		early, last := "–", "–"
		if run.Period >= 0 {
			early, last = fmt.Sprintf("%.2e", run.Gap[len(run.Gap)/20]), fmt.Sprintf("%.2e", run.Gap[len(run.Gap)-1])
		}
		if _, err := fmt.Fprintf(w, row, fmt.Sprintf("%.2f", run.Share), fmt.Sprintf("%.4g", run.Rate), period, early,
			last); err != nil {
			return err
		}
	}
	return nil
}

// Figure draws ‖W v₁‖ over the last steps against the rate, and the balance gap against the steps
// for some rates.
func (r *EdgeResult) Figure() *figure.Figure {
	points := figure.Points{Colour: figure.Blue, Size: 0.8}
	var drawn []*EdgeRun
	for i := range r.Runs {
		run := &r.Runs[i]
		for _, s := range run.Top {
			points.X, points.Y = append(points.X, run.Share), append(points.Y, s)
		}
		if run.Period >= 0 {
			drawn = append(drawn, run)
		}
	}
	gaps := figure.Chart{
		Title: "balance gap along the largest direction", X: figure.Axis{Label: "steps of descent"},
		Y: figure.Axis{Label: "largest |‖Wₗ₊₁x‖² − ‖Wₗᵀx‖²|", Log: true},
	}
	const lines = 5
	count := min(lines, len(drawn))
	for i, colour := range figure.Distinct(count) {
		run := drawn[i*(len(drawn)-1)/max(1, count-1)]
		gaps.Curves = append(gaps.Curves, figure.Curve{
			Name: fmt.Sprintf("%.2f", run.Share), X: run.Steps, Y: slices.Clone(run.Gap), Colour: colour,
		})
	}
	gaps.Note = "by rate over the edge"
	return &figure.Figure{
		Title: fmt.Sprintf("Descent beyond the edge of stability: deep matrix of %d factors", r.Layers), Columns: 2, Width: 340, Height: 270,
		Charts: []figure.Chart{
			{
				Title: "period doubling", X: figure.Axis{Label: "rate over that of the edge"},
				Y:      figure.Axis{Label: "‖Wv₁‖ / σ₁, last steps"},
				Points: []figure.Points{points},
				Rules:  []figure.Rule{{Name: "edge", At: 1, Vertical: true, Colour: figure.Dim, Dash: figure.Dashed}},
			},
			gaps,
		},
	}
}
