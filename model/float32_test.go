package model

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/diff/fd"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/tensor"
)

func chains32(t testing.TB, o *tensor.Observed, l loss.Loss, blocks int, depths []int, seed uint64) *Chains32 {
	t.Helper()
	c, err := NewChainsOf[float32](o, l, Config{Blocks: blocks, Depths: depths})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(StartConfig{SigmaW: 0.7, SigmaA: 0.6, Seed: seed}); err != nil {
		t.Fatal(err)
	}
	return c
}

// rounded is a float64 model at the point of a float32 model.
func rounded(t testing.TB, c *Chains32) *Chains {
	t.Helper()
	twin, err := NewChains(c.observed, c.loss, Config{Blocks: c.blocks, Depths: c.depths})
	if err != nil {
		t.Fatal(err)
	}
	for r := range c.blocks {
		twin.SetBlock(r, c.Block(r))
	}
	return twin
}

// fine is a vector of float32 as float64.
func fine(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func TestFloat32StartIsTheFloat64OneRounded(t *testing.T) {
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		single, double := chains32(t, o, loss.Square, 11, p.depths, 2), chains(t, o, loss.Square, 11, p.depths, 2)
		for i, value := range double.theta {
			if single.theta[i] != float32(value) {
				t.Fatalf("%v: parameter %d is %v, want %v rounded", p, i, single.theta[i], value)
			}
		}
	}
}

func TestFloat32GradientEqualsFloat64Gradient(t *testing.T) {
	for _, p := range problems {
		for _, l := range losses {
			t.Run(fmt.Sprint(p, l.Name()), func(t *testing.T) {
				c := chains32(t, someCells(t, p.shape, 0.6, 1), l, 11, p.depths, 2)
				twin := rounded(t, c)
				nearly(t, "loss", c.Gradient(0, nil), twin.Gradient(0, nil), 1e-6)
				near(t, "prediction", fine(c.Prediction()), twin.Prediction(), 1e-5)
				near(t, "x", fine(c.slots[0].x), twin.slots[0].x, 1e-5)
				near(t, "y", fine(c.slots[0].y), twin.slots[0].y, 1e-5)
				near(t, "squared norms", c.norm2, twin.norm2, 0)
				nearly(t, "‖∇L‖²", c.Norm2(0), twin.Norm2(0), 1e-5)
				nearly(t, "MSE", c.MSE(), twin.MSE(), 1e-5)
				for name, measure := range map[string]func(system vspaceNorms, out []float64){
					"rates":     vspaceNorms.Rates,
					"stiffness": vspaceNorms.Stiffness,
					"norms":     vspaceNorms.DeepNorms,
				} {
					got, want := make([]float64, 11), make([]float64, 11)
					measure(c, got)
					measure(twin, want)
					near(t, name, got, want, 1e-5)
				}
			})
		}
	}
}

// vspaceNorms is what both types of chains measure of their blocks.
type vspaceNorms interface {
	Rates(out []float64)
	Stiffness(out []float64)
	DeepNorms(norms []float64)
}

func TestFloat32GradientEqualsCentralDifferences(t *testing.T) {
	for _, p := range problems {
		c := chains32(t, someCells(t, p.shape, 0.6, 1), loss.LogCosh, 3, p.depths, 2)
		twin := rounded(t, c)
		at := flat(twin)
		c.Gradient(0, nil)
		before := flat(rounded(t, c))
		c.Move([]Term{{0, 1}})
		got := flat(rounded(t, c))
		for i := range got {
			got[i] = before[i] - got[i]
		}
		want := fd.Gradient(nil, func(x []float64) float64 {
			setFlat(twin, x)
			return twin.Gradient(0, nil)
		}, at, &fd.Settings{Formula: fd.Central})
		// A move by the gradient is rounded as the parameters are.
		largest := 0.0
		for i, v := range want {
			if math.Abs(got[i]-v) > 1e-6*(1+math.Abs(at[i])) {
				t.Fatalf("%v: parameter %d moves by %v, central differences say %v", p, i, got[i], v)
			}
			largest = math.Max(largest, math.Abs(v))
		}
		if largest < 1e-3 {
			t.Fatalf("%v: no gradient to speak of, %v at most", p, largest)
		}
	}
}

// What the implicit integrator sees in the space of the vectors v, and trial points and moves.
func TestFloat32StagesEqualFloat64(t *testing.T) {
	for _, p := range problems {
		active := []int{17, 3, 0, 9}
		c := chains32(t, someCells(t, p.shape, 0.6, 1), loss.LogCosh, 18, p.depths, 5)
		twin := rounded(t, c)
		terms := stages(c, active)
		stages(twin, active)
		sizes, wantSizes := make([]float64, 18), make([]float64, 18)
		c.RelativeSizes(sizes, terms)
		twin.RelativeSizes(wantSizes, terms)
		near(t, p.String()+" relative sizes", sizes, wantSizes, 1e-5)
		projected, wantProjected := make([]float64, c.lin.Dim()), make([]float64, c.lin.Dim())
		c.lin.Project(projected, terms)
		twin.lin.Project(wantProjected, terms)
		near(t, p.String()+" projection", projected, wantProjected, 1e-5)
		c.lin.GramScale(projected)
		twin.lin.GramScale(wantProjected)
		near(t, p.String()+" scale of K", projected, wantProjected, 1e-5)
		near(t, p.String()+" K", c.lin.gramBlocks(), twin.lin.gramBlocks(), 1e-5)
		hessian, wantHessian := make([]float64, c.lin.Dim()*c.lin.Dim()), make([]float64, c.lin.Dim()*c.lin.Dim())
		c.lin.Hessian(hessian)
		twin.lin.Hessian(wantHessian)
		near(t, p.String()+" Hessian", hessian, wantHessian, 1e-5)

		trial := c.Gradient(5, terms)
		nearly(t, p.String()+" loss of the trial point", trial, twin.Gradient(5, terms), 1e-5)
		c.Move(terms)
		twin.Move(terms)
		nearly(t, p.String()+" loss after the move", c.Gradient(5, nil), trial, 1e-5)
		near(t, p.String()+" moved", flat(rounded(t, c)), flat(twin), 1e-6)
		near(t, p.String()+" squared norms", c.norm2, twin.norm2, 1e-6)
	}
}

func TestFloat32DescentReachesRounding(t *testing.T) {
	o := someCells(t, tensor.Shape{4, 3, 3}, 0.5, 1)
	for _, depths := range [][]int{{0}, {1, 0, 1}} {
		c, err := NewChainsOf[float32](o, loss.Square, Config{Blocks: 24, Depths: depths})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Draw(StartConfig{SigmaW: 0.4, SigmaA: 0.4, Seed: 3}); err != nil {
			t.Fatal(err)
		}
		c.Gradient(0, nil)
		for range 2000 {
			if c.Descend(1); c.MSE() <= c.RoundingMSE() {
				break
			}
		}
		c.Settle()
		if mse, limit := c.MSE(), c.RoundingMSE(); !(mse <= limit) || limit > 1e-11*linalg.Norm2(o.Values)/float64(o.Len()) {
			t.Errorf("depths %v: the train error falls to %v, not to that of rounding, %v", depths, mse, limit)
		}
	}
}

func TestFloat32ThreadsAndDescendGiveTheSameBits(t *testing.T) {
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		want := chains32(t, o, loss.Square, 20, p.depths, 2)
		losses := []float64{want.Gradient(0, nil)}
		for _, h := range []float64{0.1, 0.02} {
			want.Move([]Term{{0, h}})
			losses = append(losses, want.Gradient(0, nil))
		}
		for _, threads := range []int{1, 3} {
			got, err := NewChainsOf[float32](o, loss.Square, Config{Blocks: 20, Depths: p.depths, Threads: threads})
			if err != nil {
				t.Fatal(err)
			}
			if err := got.SetState(chains32(t, o, loss.Square, 20, p.depths, 2).State()); err != nil {
				t.Fatal(err)
			}
			descended := []float64{got.Gradient(0, nil), got.Descend(0.1), got.Descend(0.02)}
			got.Settle()
			if !slices.Equal(descended, losses) || !bytes.Equal(got.State(), want.State()) ||
				!slices.Equal(got.norm2, want.norm2) ||
				!slices.Equal(got.slots[0].x, want.slots[0].x) || !slices.Equal(got.slots[0].y, want.slots[0].y) {
				t.Errorf("%v: Descend on %d threads differs from Move and Gradient on one", p, threads)
			}
		}
	}
}

func TestFloat32StepAllocatesNothing(t *testing.T) {
	c := chains32(t, someCells(t, []int{4, 5, 6}, 0.6, 1), loss.Square, 20, []int{2, 0, 1}, 2)
	c.Gradient(0, nil)
	down := []Term{{0, 1e-3}}
	if n := testing.AllocsPerRun(5, func() {
		c.Descend(1e-3)
		c.Settle()
		c.Gradient(0, nil)
		c.Move(down)
	}); n != 0 {
		t.Errorf("%v allocations in a step", n)
	}
}

func TestFloat32State(t *testing.T) {
	o := someCells(t, tensor.Shape{4, 3, 3}, 0.6, 1)
	c := chains32(t, o, loss.Square, 11, []int{2, 0, 1}, 5)
	c.Move(stages(c, []int{1, 9}))
	state := c.State()
	twin := chains32(t, o, loss.Square, 11, []int{2, 0, 1}, 99)
	if err := twin.SetState(state); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(twin.theta, c.theta) || !slices.Equal(twin.norm2, c.norm2) || !bytes.Equal(twin.State(), state) {
		t.Error("the restored model differs")
	}
	double := chains(t, o, loss.Square, 11, []int{2, 0, 1}, 5)
	if err := double.SetState(state); err == nil || !strings.Contains(err.Error(), "precision") {
		t.Errorf("a float32 state in a float64 model: %v", err)
	}
	if err := c.SetState(double.State()); err == nil || !slices.Equal(twin.theta, c.theta) {
		t.Errorf("a float64 state in a float32 model: %v", err)
	}
	for _, dtype := range DTypes() {
		head := []byte("chains of depths [2 0 1], 11 blocks, shape [4 3 3]\n")
		if dtype == Float64 && !bytes.HasPrefix(double.State(), head) {
			t.Error("the head of a float64 state has changed: older checkpoints cannot be read")
		}
	}
}

// Squares of parameters below 1e-23 do not exist in float32; norms must not need them.
func TestFloat32NormsOfTinyBlocks(t *testing.T) {
	o := someCells(t, tensor.Shape{4, 3, 3}, 0.6, 1)
	c, err := NewChainsOf[float32](o, loss.Square, Config{Blocks: 9, Depths: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(StartConfig{SigmaW: 1e-25, SigmaA: 0.5, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	twin := rounded(t, c)
	c.Gradient(0, nil)
	twin.Gradient(0, nil)
	c.Move([]Term{{0, 1e-3}})
	twin.Move([]Term{{0, 1e-3}})
	near(t, "squared norms", c.norm2, twin.norm2, 1e-6)
	for r := range 9 {
		for n := range 3 {
			got, want := c.FactorNorms2(r, n), twin.FactorNorms2(r, n)
			nearly(t, "‖w‖²", got[1], want[1], 1e-5)
			if got[1] == 0 {
				t.Error("a tiny vector has the norm 0")
			}
		}
	}
}
