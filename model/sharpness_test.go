package model

import (
	"math"
	"slices"
	"testing"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/rng"
	"lacuna/internal/synthetic"
	"lacuna/loss"
	"lacuna/tensor"
)

// gradientOf is ∂L/∂θ of a block's parameters, block by block, every matrix gradient formed.
func gradientOf(c *Chains) (flat []float64) {
	c.Gradient(0, nil)
	before := make([]Block, c.Blocks())
	for r := range before {
		before[r] = c.Block(r)
	}
	c.Move([]Term{{0, -1}})
	for r := range before {
		after := c.Block(r)
		for n := range after.W {
			for i := range after.A[n] {
				for j := range after.A[n][i] {
					flat = append(flat, after.A[n][i][j]-before[r].A[n][i][j])
				}
			}
			for j := range after.W[n] {
				flat = append(flat, after.W[n][j]-before[r].W[n][j])
			}
		}
		c.SetBlock(r, before[r])
	}
	c.Gradient(0, nil)
	return flat
}

// nudge adds h to the parameter at a position of gradientOf.
func nudge(c *Chains, position int, h float64) {
	for r := range c.Blocks() {
		b := c.Block(r)
		for n := range b.W {
			for _, factor := range append(slices.Clone(b.A[n]), b.W[n]) {
				if position < len(factor) && position >= 0 {
					factor[position] += h
					c.SetBlock(r, b)
					return
				}
				position -= len(factor)
			}
		}
	}
}

// The eigenvalues are those of the Hessian by finite differences of the gradient; of chains of rank one many are multiple.
func TestSharpness(t *testing.T) {
	for _, depths := range [][]int{{0}, {1}, {2, 0, 3}} {
		for l, start := range map[string]Start{"square": BalancedChain, "log-cosh": Gaussian} {
			function, err := loss.ByName(l)
			if err != nil {
				t.Fatal(err)
			}
			observed, _ := synthetic.Thin(synthetic.Tensor(tensor.Shape{3, 2, 3}, 2, 0, 1), 0.8, 1)
			c, err := NewChains(observed, function, Config{Blocks: 3, Depths: depths})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Draw(StartConfig{Start: start, SigmaW: 0.7, SigmaA: 0.7, Seed: 2}); err != nil {
				t.Fatal(err)
			}
			size := len(gradientOf(c))
			dense := make([]float64, size*size)
			const h = 1e-4
			for i := range size {
				// Central differences at h and h/2, extrapolated.
				column := make([]float64, size)
				for _, step := range []struct{ h, weight float64 }{{h, -1. / 3}, {h / 2, 4. / 3}} {
					nudge(c, i, step.h)
					up := gradientOf(c)
					nudge(c, i, -2*step.h)
					down := gradientOf(c)
					nudge(c, i, step.h)
					for j := range column {
						column[j] += step.weight * (up[j] - down[j]) / (2 * step.h)
					}
				}
				for j, value := range column {
					dense[i*size+j] += value / 2
					dense[j*size+i] += value / 2
				}
			}
			want, _ := linalg.Eigen(dense, size)
			slices.Sort(want)
			slices.Reverse(want)
			c.Gradient(0, nil)
			got, err := c.Sharpness(12, 1e-8)
			if err != nil || len(got) != 12 {
				t.Fatalf("%v: %v %v", depths, got, err)
			}
			for i, value := range got {
				if math.Abs(value-want[i]) > 1e-7*want[0] {
					t.Errorf("depths %v, %s: eigenvalue %d is %v, by differences %v", depths, l, i, value, want[i])
				}
			}
		}
	}
}

// Dormant blocks are left out of the work, not of the answer.
func TestSharpnessOfGrownAmongDormantBlocks(t *testing.T) {
	observed, _ := synthetic.Thin(synthetic.Tensor(tensor.Shape{4, 4, 4}, 2, 0, 1), 0.8, 1)
	values := map[int][]float64{}
	for _, blocks := range []int{3, 64} {
		c, err := NewChains(observed, loss.Square, Config{Blocks: blocks, Depths: []int{2}})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Draw(StartConfig{SigmaW: 1e-6, SigmaA: 0.1, Seed: 1}); err != nil {
			t.Fatal(err)
		}
		large, _ := NewChains(observed, loss.Square, Config{Blocks: 3, Depths: []int{2}})
		if err := large.Draw(StartConfig{SigmaW: 1, SigmaA: 0.7, Seed: 5}); err != nil {
			t.Fatal(err)
		}
		for r := range 3 {
			c.SetBlock(blocks-1-r, large.Block(r))
		}
		c.Gradient(0, nil)
		if values[blocks], err = c.Sharpness(20, 1e-8); err != nil {
			t.Fatal(err)
		}
	}
	for i, value := range values[3] {
		if math.Abs(value-values[64][i]) > 1e-8*values[3][0] {
			t.Errorf("eigenvalue %d: %v alone, %v among dormant blocks", i, value, values[64][i])
		}
	}
}

// denseHessian is the Hessian in the coordinates of hessian, entry by entry.
func denseHessian(h *hessian) (dense []float64, size int) {
	var live []int // positions of blocks that there are
	for p := range h.v.groups * h.size {
		if p/h.size*kernel.Lanes+p%kernel.Lanes < len(h.v.active) {
			live = append(live, p)
		}
	}
	x, row := make([]float64, h.v.groups*h.size), make([]float64, h.v.groups*h.size)
	for _, p := range live {
		x[p] = 1
		h.multiply(row, x)
		x[p] = 0
		for _, q := range live {
			dense = append(dense, row[q])
		}
	}
	return dense, len(live)
}

// The eigenvalues are those of the dense Hessian, from starts at which it nearly vanishes to grown ones, and so for blocks
// that are equal or of rank one, whose eigenvalues are multiple.
func TestSharpnessAgainstDense(t *testing.T) {
	for name, start := range map[string]StartConfig{
		"nearly zero": {SigmaW: 1e-5, SigmaA: 1e-2, Seed: 1},
		"grown":       {SigmaW: 1, SigmaA: 0.6, Seed: 2},
		"rank one":    {Start: BalancedChain, SigmaW: 0.7, SigmaA: 0.7, Seed: 4},
		"equal":       {SigmaW: 1, SigmaA: 0.6, Seed: 5},
	} {
		for _, shape := range []tensor.Shape{{3, 3, 3}, {3, 2, 2, 2}} { // the first has cells enough for pairs
			observed, _ := synthetic.Thin(synthetic.Tensor(shape, 2, 0, 1), 1, 1)
			c, err := NewChains(observed, loss.Square, Config{Blocks: 3, Depths: []int{2}})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Draw(start); err != nil {
				t.Fatal(err)
			}
			if name == "equal" {
				c.SetBlock(1, c.Block(0))
				c.SetBlock(2, c.Block(0))
			}
			c.Gradient(0, nil)
			h := c.hessian([]int{0, 1, 2})
			if (h.pairs != nil) != (len(shape) == 3) {
				t.Errorf("%v: pairs kept: %t", shape, h.pairs != nil)
			}
			dense, size := denseHessian(h)
			norm := linalg.Norm(dense)
			for i := range size {
				for j := range i {
					if math.Abs(dense[i*size+j]-dense[j*size+i]) > 1e-14*norm {
						t.Fatalf("%s, %v: entries (%d, %d): %v and %v", name, shape, i, j, dense[i*size+j], dense[j*size+i])
					}
				}
			}
			want, _ := linalg.Eigen(dense, size)
			got, err := c.Sharpness(30, 1e-8)
			if err != nil || len(got) != 30 {
				t.Fatalf("%s: %d values, %v", name, len(got), err)
			}
			for i, value := range got {
				if math.Abs(value-want[i]) > 1e-8*math.Max(want[i], 1e-3*want[0]) {
					t.Errorf("%s, %v: eigenvalue %d is %v, of the dense matrix %v", name, shape, i, value, want[i])
				}
			}
		}
	}
}

func TestSharpnessOnThreads(t *testing.T) {
	observed, _ := synthetic.Thin(synthetic.Tensor(tensor.Shape{4, 4, 4}, 2, 0, 1), 0.8, 1)
	var first []float64
	for threads := 1; threads <= 3; threads++ {
		c, err := NewChains(observed, loss.Square, Config{Blocks: 60, Depths: []int{1}, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Draw(StartConfig{SigmaW: 0.5, SigmaA: 0.5, Seed: 1}); err != nil {
			t.Fatal(err)
		}
		c.Gradient(0, nil)
		got, err := c.Sharpness(10, 1e-8)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		} else if !slices.Equal(got, first) {
			t.Errorf("%d threads give %v, one %v", threads, got, first)
		}
	}
}

// What no two blocks share is the same whether it is kept or computed from predictions and gradients.
func TestHessianByPairs(t *testing.T) {
	observed, _ := synthetic.Thin(synthetic.Tensor(tensor.Shape{4, 3, 5}, 2, 0, 1), 0.9, 1)
	c, err := NewChains(observed, loss.Square, Config{Blocks: 11, Depths: []int{1, 0, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(StartConfig{SigmaW: 1, SigmaA: 0.5, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	c.Gradient(0, nil)
	h := c.hessian([]int{0, 2, 3, 4, 5, 6, 7, 8, 10})
	if h.pairs == nil {
		t.Fatal("no pairs for a small tensor")
	}
	x := h.start(rng.New(1, "pairs"))
	with, without := make([]float64, len(x)), make([]float64, len(x))
	h.multiply(with, x)
	h.pairs = nil
	h.multiply(without, x)
	norm := linalg.Norm(without)
	linalg.Axpy(with, -1, without)
	if difference := linalg.Norm(with); difference > 1e-13*norm {
		t.Errorf("products differ by %v of %v", difference, norm)
	}
}
