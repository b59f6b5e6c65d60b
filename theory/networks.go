package theory

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/dataset"
	"lacuna/flow"
	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/model"
	"lacuna/tensor"
)

// networkConserved is the balance of all factorisations beside chains, from starts that are not balanced.
var networkConserved = &entry{
	Explanation: Explanation{
		Name:  "network-conserved",
		Title: "Beside the paper: what Tucker, tensor trains and hierarchical factorisations conserve",
		Formula: "d/dt (PPᵀ − QQᵀ) = 0 for factors P, Q that share an index (rows of the unfoldings);  d/dt (‖p<sub>r</sub>‖² − " +
			"‖q<sub>r</sub>‖²) = 0 where three share one",
		Text: "An invertible matrix on an index that two factors share, and its inverse on the other side, leave the tensor as it " +
			"is, so that the flow conserves a symmetric matrix an index, as it does for deep matrices. The local components of " +
			"hierarchical factorisation share an index among three, between which only numbers can be moved.",
		Identity: true,
	},
	hypothesis: "none",
	run: &course{func(o Options, entries []*entry) []work {
		return eachOf(networkProblems(o, model.Gaussian), func(ctx context.Context, p networkProblem) (Result, error) {
			return networkDrift(ctx, p, entries[0], o)
		})
	}},
	note: func(row Row) string {
		return fmt.Sprintf("conserved along the run to %.1e of the largest factor", *row.Drift)
	},
}

// networkExponent fits how fast what emerges grows.
var networkExponent = &entry{
	Explanation: Explanation{
		Name:    "network-exponent",
		Title:   "Beside the paper: exponents of Tucker, tensor trains and hierarchical factorisations",
		Formula: "dσ<sub>r</sub>/dt = L γ<sub>r</sub> σ<sub>r</sub><sup>2 − 2/L</sup> ,  γ<sub>r</sub> = ⟨−∇L, unit component r⟩",
		Text: "A local component of a hierarchical factorisation is a product of L = 3 vectors, whatever the depth (Razin, Maman and " +
			"Cohen 2022), and all that grew from a balanced start are measured. Tucker and tensor trains have no such law at general " +
			"points, only where all factors have rank one and one norm, so that the tensor is a product of its L factors.",
	},
	hypothesis: "balanced; Tucker, tensor train: rank one",
	run: &course{func(o Options, entries []*entry) []work {
		problems := networkProblems(o, model.BalancedChain)
		return eachOf(problems, func(ctx context.Context, p networkProblem) (Result, error) {
			return networkGrowth(ctx, p, entries[0])
		})
	}},
	note: func(row Row) string {
		return fmt.Sprintf("%.4f (%.4f … %.4f), theory %.4f", *row.Fitted, row.CI95[0], row.CI95[1], *row.Predicted)
	},
}

// networkProblem is a small tensor to complete by a network.
type networkProblem struct {
	kind   model.NetworkKind
	depths []int
	start  model.Start
	seed   uint64
}

// networkNames are what rows call the kinds.
var networkNames = map[model.NetworkKind]string{
	model.TuckerNetwork: "Tucker", model.TrainNetwork: "tensor train", model.HierarchicalNetwork: "hierarchical",
}

// networkProblems lists every kind with the orders and depths asked for.
func networkProblems(o Options, start model.Start) []networkProblem {
	var out []networkProblem
	for _, kind := range model.Networks() {
		for _, depths := range o.combinations([]int{3, 4}, []int{0, 1}) {
			p := networkProblem{kind, depths, start, o.Seed}
			if kind == model.HierarchicalNetwork && start == model.BalancedChain {
				p.start = model.BalancedGeneral
			}
			out = append(out, p)
		}
	}
	return out
}

// build draws the start. Factors are about as large as make the tensor's singular values small and its plateau short.
func (p networkProblem) build() (*model.Network, error) {
	side := map[int]int{2: 6, 3: 4}[len(p.depths)]
	shape := slices.Repeat(tensor.Shape{max(side, 3)}, len(p.depths))
	observed, _ := dataset.Observe(dataset.Synthetic(shape, 2, 0, p.seed), dataset.Random, 0, 0.8, p.seed)
	n, err := model.NewNetwork(observed, square(), model.NetworkConfig{Kind: p.kind, Depths: p.depths, Bond: max(side, 3)})
	if err != nil {
		return nil, err
	}
	size := portable.Pow(1e-3, 1/n.Factors())
	if p.start == model.Gaussian { // of an entry, where a factor has about as many as a square matrix
		size /= math.Sqrt(float64(max(side, 3)))
	}
	return n, n.Draw(model.StartConfig{Start: p.start, SigmaW: size, SigmaA: size, Seed: p.seed})
}

func (p networkProblem) row(e *entry, n *model.Network, result flow.Result, tolerance float64) Row {
	return Row{
		Statement: e.Name, Side: "trajectory", Model: networkNames[p.kind], Hypothesis: e.hypothesis, Start: string(p.start),
		Order: len(p.depths), Depths: p.depths, Blocks: n.Blocks(), Emergences: len(result.EmergenceTimes()),
		IntegratorTolerance: tolerance, Status: string(result.Status),
	}
}

// networkIntegration is the tolerance of the runs, whose steps are then small enough for finite differences.
const networkIntegration = 1e-7

// networkRecords bounds the steps of a run: most are over before, but a hierarchical one may run away, as blocks do.
const networkRecords = 1000

// networkDrift measures how far the conserved quantities left their first values.
func networkDrift(ctx context.Context, p networkProblem, e *entry, o Options) (Result, error) {
	n, err := p.build()
	if err != nil {
		return Result{}, err
	}
	first := n.Imbalances(nil)
	var worst Worst
	records := 0
	result, err := follow(ctx, n, flow.Settings{Method: flow.Explicit54, Tolerance: networkIntegration}, func(s *flow.Snapshot) bool {
		if records++; records > networkRecords {
			return true
		}
		scale := n.Scale()
		for i, x := range n.Imbalances(nil) {
			if drift := math.Abs(x-first[i]) / scale; drift > worst.Error {
				worst = Worst{drift, s.Time, Side{Block: i, Mode: -1, Index: -1, Left: x, Right: first[i], Scale: scale}}
			}
		}
		return false
	})
	if err != nil {
		return Result{}, err
	}
	row := p.row(e, n, result, networkIntegration)
	row.Records, row.WorstRelativeError, row.WorstTime, row.WorstBlock = records, worst.Error, worst.Time, worst.Side.Block
	row.Drift, row.Tolerance, row.Holds = &worst.Error, o.Tolerance, worst.Error <= o.Tolerance && row.Emergences > 0
	return oneRow(row), nil
}

// networkGrowth fits the exponent of growth.
func networkGrowth(ctx context.Context, p networkProblem, e *entry) (Result, error) {
	const fittedTolerance = 0.02
	n, err := p.build()
	if err != nil {
		return Result{}, err
	}
	t, power := new(path), 2-2/n.Factors()
	components := p.kind == model.HierarchicalNetwork
	if components {
		power = 2 - 2./3
	}
	force, strongest := &force{observed: n.Observed()}, 0.0
	settings := flow.Settings{Method: flow.Explicit54, Tolerance: networkIntegration}
	result, err := follow(ctx, n, settings, func(s *flow.Snapshot) bool {
		var norms, drive []float64
		if components {
			for _, c := range n.Components() {
				norms, drive = append(norms, c.Norm), append(drive, c.Drive)
			}
			t.add(&flow.Snapshot{Time: s.Time, Step: s.Step}, norms, drive)
			return len(t.time) > networkRecords
		}
		norm := linalg.Norm(n.Tensor())
		force.update(n.Prediction(), square())
		pull := dotSum(force.values, n.Prediction()) / norm
		t.add(&flow.Snapshot{Time: s.Time, Step: s.Step}, []float64{norm}, []float64{pull})
		strongest = math.Max(strongest, pull)
		return pull < 1e-3*strongest
	})
	if err != nil {
		return Result{}, err
	}
	t.emerged = grown(t.norms)
	row := p.row(e, n, result, networkIntegration)
	fit := t.exponent()
	row.Records, row.Tolerance, row.Predicted = fit.Points, fittedTolerance, &power
	row.Fitted, row.CI95 = &fit.Fitted, &[2]float64{fit.Low, fit.High}
	row.WorstRelativeError = math.Abs(fit.Fitted-power) / power
	row.Holds = math.Abs(fit.Fitted-power) <= fittedTolerance
	return oneRow(row), nil
}

// grown lists those that came to at least a tenth of the largest, and to three times what they were.
func grown(norms [][]float64) []int {
	most := make([]float64, len(norms[0]))
	for r := range most {
		most[r] = slices.Max(column(norms, r))
	}
	var out []int
	for r, x := range most {
		if x >= 0.1*slices.Max(most) && x >= 3*norms[0][r] {
			out = append(out, r)
		}
	}
	return out
}
