package flow

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/model"
	"lacuna/tensor"
)

// field is a System for an arbitrary vector field: one block with one factor, θ itself, whose v-space is θ and whose
// Hessian is whatever a test says, right or wrong.
type field struct {
	theta   []float64
	f       func(x []float64) []float64
	hessian func(x []float64) [][]float64
	slots   [2 * model.Stages][]float64
	trial   []float64
	stiff   float64
	mse     func(x []float64) float64
	norm    float64 // of the data
}

func (s *field) at(terms []model.Term) []float64 {
	x := append([]float64(nil), s.theta...)
	for _, t := range terms {
		for i := range x {
			x[i] += t.C * s.slots[t.Slot][i]
		}
	}
	return x
}

func (s *field) sum(terms []model.Term) []float64 {
	x := make([]float64, len(s.theta))
	for _, t := range terms {
		for i := range x {
			x[i] += t.C * s.slots[t.Slot][i]
		}
	}
	return x
}

func (s *field) Blocks() int         { return 1 }
func (s *field) Shape() tensor.Shape { return tensor.Shape{len(s.theta)} }
func (s *field) Gradient(j int, terms []model.Term) float64 {
	s.trial = s.at(terms)
	s.slots[j] = s.f(s.trial)
	return s.MSE() / 2
}
func (s *field) Move(terms []model.Term) { s.theta = s.at(terms) }
func (s *field) RelativeSizes(out []float64, terms []model.Term) {
	out[0] = linalg.Norm(s.sum(terms)) / linalg.Norm(s.theta)
}

func (s *field) Rates(out []float64) { out[0] = linalg.Norm(s.slots[0]) / linalg.Norm(s.theta) }

func (s *field) Norm2(j int) float64                 { return linalg.Norm(s.slots[j]) * linalg.Norm(s.slots[j]) }
func (s *field) DeepNorms(norms []float64)           { norms[0] = linalg.Norm(s.trial) }
func (s *field) Factors() float64                    { return 1 }
func (s *field) Stiffness(out []float64)             { out[0] = s.stiff }
func (s *field) Linearise([]int) model.Linearisation { return s }
func (s *field) Damp([]float64)                      {}
func (s *field) DampSlot(int, []float64)             {}
func (s *field) Width() int                          { return len(s.theta) }
func (s *field) Dim() int                            { return (len(s.theta) + 7) / 8 * 8 }
func (s *field) ActiveBlocks() int                   { return 1 }
func (s *field) GramIsIdentity() bool                { return true }
func (s *field) GramScale(scale []float64)           { panic("flow: a small system needs no preconditioner") }

func (s *field) RowBlocks(blocks []float64)   { panic("flow: a small system needs no preconditioner") }
func (s *field) DataNorm() float64            { return s.norm }
func (s *field) LogRates([]float64) []float64 { return []float64{math.NaN()} }

func (s *field) MSE() float64 {
	if s.mse != nil {
		return s.mse(s.trial)
	}
	return 1
}

func (s *field) Rows(rows []int) []int {
	rows = rows[:0]
	for i := range s.theta {
		rows = append(rows, i)
	}
	return rows
}
func (s *field) Project(b []float64, terms []model.Term) { copy(b, s.sum(terms)) }
func (s *field) SetLift(j int, omega []float64) {
	s.slots[model.Lift(j)] = append([]float64(nil), omega...)
}

func (s *field) Hessian(h []float64) {
	for i, row := range s.hessian(s.theta) {
		copy(h[i*s.Dim():], row)
	}
}

func (s *field) HessianVec(out, x []float64) {
	for i, row := range s.hessian(s.theta) {
		out[i] = 0
		for j, v := range row {
			out[i] += v * x[j]
		}
	}
}
func (s *field) TimesGram(out, h []float64, _ []int) { copy(out, h) }

func (s *field) State() []byte {
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, s.theta)
	return out.Bytes()
}

func (s *field) SetState(data []byte) error {
	return binary.Read(bytes.NewReader(data), binary.LittleEndian, s.theta)
}

// nonlinear is the autonomous form of y' = −y₁y₂ …, smooth and without symmetry.
func nonlinear(x []float64) []float64 {
	return []float64{
		math.Sin(x[1]) - x[0]*x[2],
		x[0]*x[0] - 0.5*x[1],
		math.Cos(x[0]*x[1]) - x[2],
	}
}

// jacobian is the derivative of nonlinear with its sign changed: the Hessian, if nonlinear were a gradient flow.
func jacobian(x []float64) [][]float64 {
	s := math.Sin(x[0] * x[1])
	return [][]float64{{x[2], -math.Cos(x[1]), x[0]}, {-2 * x[0], 0.5, 0}, {x[1] * s, x[0] * s, 1}}
}

func constant(h [][]float64) func([]float64) [][]float64 {
	return func([]float64) [][]float64 { return h }
}

// fixedSteps integrates nonlinear over a time of 1 in equal steps of a scheme and returns the end point and the error
// estimate of the last step.
func fixedSteps(t *testing.T, settings Settings, steps int, hessian func([]float64) [][]float64) (
	end []float64, estimate float64,
) {
	sys := &field{theta: []float64{0.8, -0.3, 0.5}, f: nonlinear, hessian: hessian, stiff: 1e9}
	settings.Tolerance = 0.5
	in := newIntegrator(t, sys, settings)
	in.evaluateBase()
	for range steps {
		estimate = fixedStepOf(t, in, 1/float64(steps))
	}
	return sys.theta, estimate
}

// fixedStepOf takes one step of size h, whatever its error, and returns the error.
func fixedStepOf(t *testing.T, in *Integrator, h float64) float64 {
	t.Helper()
	c := in.method.(*controller)
	c.pair.prepare(h)
	if in.settings.Method == Implicit && in.method.implicit() != 1 {
		t.Fatal("the block is not treated implicitly")
	}
	c.try(h)
	c.accept(h)
	in.evaluateBase()
	return c.sizes[0]
}

// Every scheme keeps its order, and its error estimate one less, for any matrix in place of the Jacobian.
func TestOrderOfEverySchemeForAnyJacobian(t *testing.T) {
	none := constant([][]float64{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}})
	wrong := constant([][]float64{{1.3, -0.4, 0.2}, {0.6, 0.9, -0.7}, {-0.1, 0.5, 0.4}})
	large := constant([][]float64{{4, 1, 0}, {-2, 3, 1}, {1, 0, 5}})
	exact, _ := fixedSteps(t, Settings{Method: Explicit54}, 2000, none)
	check := func(name string, settings Settings, hessian func([]float64) [][]float64, steps int) {
		want := float64(newIntegrator(t, &field{theta: []float64{1}}, settings).method.(*controller).pair.order())
		if name == "ros3pw J exact" {
			want = 3
		}
		distance := func(steps int) (errorNorm, estimate float64) {
			end, estimate := fixedSteps(t, settings, steps, hessian)
			var sum float64
			for i, v := range end {
				sum += (v - exact[i]) * (v - exact[i])
			}
			return math.Sqrt(sum), estimate
		}
		coarse, coarseEstimate := distance(steps)
		fine, fineEstimate := distance(2 * steps)
		order, estimated := math.Log2(coarse/fine), math.Log2(coarseEstimate/fineEstimate)
		t.Logf("%-8s order %.3f (%g), error estimate of order %.3f, error %.2g", name, order, want, estimated, fine)
		if math.Abs(order-want) > 0.15 {
			t.Errorf("%s has order %.3f, want %v", name, order, want)
		}
		if math.Abs(estimated-want) > 0.2 {
			t.Errorf("%s: the error estimate of one step shrinks like h^%.3f, want h^%v", name, estimated, want)
		}
	}
	check("rk32", Settings{Method: Explicit}, none, 64)
	check("rk54", Settings{Method: Explicit54}, none, 16)
	for _, scheme := range Schemes() {
		for name, hessian := range map[string]func([]float64) [][]float64{
			" J exact": jacobian, " J wrong": wrong, " J zero": none, " J large": large,
		} {
			check(scheme+name, Settings{Method: Implicit, Scheme: scheme}, hessian, 256)
		}
	}
}

func TestImplicitSchemesAreStableAtAnyStep(t *testing.T) {
	for _, scheme := range Schemes() {
		sys := &field{
			theta: []float64{1}, f: func(x []float64) []float64 { return []float64{-x[0]} },
			hessian: constant([][]float64{{1}}), stiff: 1e9,
		}
		in := newIntegrator(t, sys, Settings{Scheme: scheme})
		in.evaluateBase()
		fixedStepOf(t, in, 1e8)
		if math.Abs(sys.theta[0]) > 1e-6 && !(scheme == "ros3pw" && math.Abs(sys.theta[0]) < 1) {
			t.Errorf("%s: one step of 1e8 over y' = −y leads from 1 to %v", scheme, sys.theta[0])
		}
	}
}
