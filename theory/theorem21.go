package theory

import (
	"context"

	"lacuna/dataset"
	"lacuna/flow"
	"lacuna/internal/portable"
	"lacuna/model"
	"lacuna/tensor"
)

// theorem21 is measured along runs of deep matrices.
var theorem21 = &entry{
	Explanation: Explanation{
		Name:  "theorem-2.1",
		Title: "Theorem 2.1 (Arora et al. 2019): deep matrices",
		Formula: "dσ<sub>r</sub>/dt = k α<sub>r</sub> σ<sub>r</sub><sup>2 − 2/k</sup> ,  α<sub>r</sub> = ⟨−∇L, " +
			"u<sub>r</sub>v<sub>r</sub>ᵀ⟩  for W = W<sub>k</sub>…W<sub>1</sub>",
		Text: "In a product of k matrices the singular values take the place of blocks, and each grows in proportion " +
			"to a power of itself. However many factors there are, that power stays below two; this is the contrast " +
			"of the paper's title.",
		Identity: true,
	},
	hypothesis: "Wⱼ₊₁ᵀWⱼ₊₁ = WⱼWⱼᵀ",
	run: &course{func(o Options, entries []*entry) []work {
		return eachOf(o.matrices([]int{2, 3, 4}), func(ctx context.Context, k int) (Result, error) {
			return matrixRun(ctx, k, entries[0], o)
		})
	}},
}

// SigmaTrace is the singular values of a deep matrix by time, and its training error.
type SigmaTrace struct {
	Factors int
	Time    []float64
	Sigma   [][]float64 // a list a singular value
	MSE     []float64
}

// matrixProblem is a square matrix of rank 3 with a balanced start.
func matrixProblem(k int, o Options) (*Matrix, error) {
	shape := tensor.Shape{8, 8}
	observed, _ := dataset.Observe(dataset.Synthetic(shape, 3, 0, o.Seed), dataset.Random, 0, 0.8, o.Seed)
	m, err := NewMatrix(observed, square(), MatrixConfig{Depth: k})
	if err != nil {
		return nil, err
	}
	sigma := portable.Pow(1e-3, 1/float64(k)) // singular values of the product around 1e-3
	return m, m.Draw(model.StartConfig{Start: model.BalancedGeneral, SigmaA: sigma, Seed: o.Seed})
}

// matrixRun follows a deep matrix of k factors.
func matrixRun(ctx context.Context, k int, e *entry, o Options) (Result, error) {
	for i, tolerance := range tolerances {
		m, err := matrixProblem(k, o)
		if err != nil {
			return Result{}, err
		}
		observer := NewMatrixObserver(m, square())
		observer.Every = every
		trace := &SigmaTrace{Factors: k, Sigma: make([][]float64, m.Blocks())}
		result, err := follow(ctx, m, flow.Settings{Tolerance: tolerance}, func(s *flow.Snapshot) bool {
			if s.Steps%every == 0 {
				trace.Time, trace.MSE = append(trace.Time, s.Time), append(trace.MSE, s.MSE)
				for l, sigma := range s.Norms {
					trace.Sigma[l] = append(trace.Sigma[l], sigma)
				}
			}
			return observer.Record(s)
		})
		if err != nil {
			return Result{}, err
		}
		row := e.newMatrixRow("vector-field", m)
		row.measured(observer.Measurement(), o.Tolerance)
		row.Emergences, row.IntegratorTolerance, row.Status = observer.Emergences, tolerance, string(result.Status)
		if row.WorstRelativeError > o.Tolerance && i < len(tolerances)-1 {
			continue
		}
		return Result{Sigma: trace, Rows: []Row{row}}, nil
	}
	panic("theory: no tolerance")
}
