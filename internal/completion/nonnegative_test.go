package completion

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"lacuna/internal/posterior"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// mixtures are generated excitation–emission matrices of samples: known concentrations and spectra of bands, noise of a
// share of the values' root mean square, and gaps: cells at random, and the band around equal wavelengths where light is
// scattered.
type mixtures struct {
	observed *tensor.Observed
	truth    *tensor.CP
}

func newMixtures(components int, noise, missing float64, seed uint64) mixtures {
	shape := tensor.Shape{12, 40, 25} // samples, emission 300 to 495 nm by 5, excitation 240 to 360 nm by 5
	stream, cp := rng.New(seed, "mixtures"), tensor.NewCP(shape, components)
	band := func(x, centre, width float64) float64 {
		return math.Exp(-(x - centre) * (x - centre) / (2 * width * width))
	}
	for r := range components {
		at := (float64(r) + 0.2 + 0.6*stream.Float64()) / float64(components)
		for i := range shape[0] {
			cp.Factors[0][i*components+r] = math.Max(0, stream.NormFloat64()+0.5)
		}
		for i := range shape[1] {
			cp.Factors[1][i*components+r] = band(300+5*float64(i), 320+150*at, 20)
		}
		for i := range shape[2] {
			x := 240 + 5*float64(i)
			cp.Factors[2][i*components+r] = band(x, 250+70*at, 12) + 0.5*band(x, 290+60*at, 15)
		}
	}
	o := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, 3)}
	var squares, count float64
	cell := make([]int32, 3)
	each := func(do func()) {
		for i := range int32(shape[0]) {
			for j := range int32(shape[1]) {
				for k := range int32(shape[2]) {
					cell[0], cell[1], cell[2] = i, j, k
					do()
				}
			}
		}
	}
	each(func() {
		squares += cp.At(cell) * cp.At(cell)
		count++
	})
	level := noise * math.Sqrt(squares/count)
	each(func() {
		emission, excitation := 300+5*float64(cell[1]), 240+5*float64(cell[2])
		if math.Abs(emission-excitation) <= 15 || stream.Float64() < missing {
			return
		}
		for n, i := range cell {
			o.Index[n] = append(o.Index[n], i)
		}
		o.Values = append(o.Values, cp.At(cell)+level*stream.NormFloat64())
	})
	return mixtures{o, cp}
}

// leastCosine is the least of the cosines of factors of blocks that belong together, of a mode at a time.
func leastCosine(found, truth *tensor.CP) float64 {
	least := 1.0
	pairs := match(found, truth)
	if len(pairs) < truth.Blocks {
		return 0
	}
	for a, b := range pairs {
		for n := range truth.Shape {
			least = math.Min(least, cosineOf(found.Column(n, a), truth.Column(n, b)))
		}
	}
	return least
}

func completeNonnegative(t *testing.T, o *tensor.Observed, effort float64) *Completion {
	t.Helper()
	family, err := posterior.FamilyNamed("auto")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Run(context.Background(), o, Settings{
		Seed: 1, Threads: 2, Noise: family, Effort: effort, HoldOut: 0.1, Level: 0.9, Nonnegative: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSpectraOfMixtures asks of tables of known components that factors are theirs, and that nothing is negative: of three
// tables, of nine where LACUNA_LONG is set.
func TestSpectraOfMixtures(t *testing.T) {
	for _, missing := range []float64{0.2, 0.35, 0.5} {
		for components := 2; components <= 4; components++ {
			if os.Getenv("LACUNA_LONG") == "" && missing != []float64{0.2, 0.35, 0.5}[components-2] {
				continue
			}
			m := newMixtures(components, 0.03, missing, uint64(components))
			c := completeNonnegative(t, m.observed, 0.04)
			cosine := leastCosine(c.CP, m.truth)
			var errors, squares, apart float64
			cell := make([]int32, 3)
			for i := range int32(m.truth.Shape[0]) {
				for j := range int32(m.truth.Shape[1]) {
					for k := range int32(m.truth.Shape[2]) {
						cell[0], cell[1], cell[2] = i, j, k
						y, truth := c.fit.at(cell).value, m.truth.At(cell)
						if y < 0 {
							t.Fatalf("cell %v is filled with %v", cell, y)
						}
						described := c.Scaling.Undo(cell, c.CP.At(cell))
						errors += (y - truth) * (y - truth)
						apart += (y - described) * (y - described)
						squares += truth * truth
					}
				}
			}
			t.Logf("%d components, %.0f %% missing: %d blocks (fit %v), least cosine %.4f, relative error %.4f, fill and factors apart %.4f",
				components, 100*missing, c.CP.Blocks, c.Settings.Blocks, cosine, math.Sqrt(errors/squares), math.Sqrt(apart/squares))
			if c.CP.Blocks != components || cosine < 0.99 {
				t.Errorf("%d components, %.0f %% missing: %d blocks, least cosine %.4f", components, 100*missing, c.CP.Blocks, cosine)
			}
			if math.Sqrt(apart/squares) > 0.03 {
				t.Errorf("the factors do not reproduce what is filled: %.3f apart", math.Sqrt(apart/squares))
			}
			for n, factor := range c.CP.Factors {
				for _, u := range factor {
					if !(u >= 0) {
						t.Fatalf("a factor of mode %d holds %v", n, u)
					}
				}
			}
		}
	}
}

// TestSpectraOfAminoAcids compares with the spectra of the three samples that hold one amino acid each.
func TestSpectraOfAminoAcids(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "amino.csv.gz"))
	if err != nil {
		t.Skip("the fluorescence of amino acids is not here: ", err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	shape := tensor.Shape{5, 201, 61}
	full := make([]float64, shape[0]*shape[1]*shape[2])
	o := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, 3)}
	for _, row := range rows[1:] {
		var at [3]int
		for n := range at {
			at[n], _ = strconv.Atoi(row[n])
		}
		y, _ := strconv.ParseFloat(row[3], 64)
		full[(at[0]*shape[1]+at[1])*shape[2]+at[2]] = y
		if u, _ := strconv.ParseFloat(row[4], 64); u < 0.3 {
			for n, i := range at {
				o.Index[n] = append(o.Index[n], int32(i))
			}
			o.Values = append(o.Values, y)
		}
	}
	c := completeNonnegative(t, o, 0.1)
	if c.CP.Blocks != 3 {
		t.Fatalf("%d blocks of three amino acids", c.CP.Blocks)
	}
	truth := tensor.NewCP(shape, 3)
	for r := range 3 {
		truth.Factors[0][r*3+r] = 1
		emission, excitation := leading(full[r*shape[1]*shape[2]:][:shape[1]*shape[2]], shape[1], shape[2])
		for i, u := range emission {
			truth.Factors[1][i*3+r] = u
		}
		for i, u := range excitation {
			truth.Factors[2][i*3+r] = u
		}
	}
	found := c.CP.Clone() // the last two samples are mixtures: what they hold is not told
	clear(found.Factors[0][3*3:])
	cosine := leastCosine(found, truth)
	t.Logf("least cosine of concentrations and spectra %.4f, held-out NRMSE %.4f", cosine, c.HeldOutNRMSE)
	if cosine < 0.99 {
		t.Errorf("least cosine %.4f", cosine)
	}
}

// leading are the vectors of the largest singular value of a matrix, of positive sum.
func leading(a []float64, rows, columns int) (left, right []float64) {
	left, right = make([]float64, rows), make([]float64, columns)
	for k := range right {
		right[k] = 1
	}
	for range 200 {
		for i := range left {
			left[i] = 0
			for k, u := range right {
				left[i] += a[i*columns+k] * u
			}
		}
		var squares float64
		for k := range right {
			right[k] = 0
			for i, u := range left {
				right[k] += a[i*columns+k] * u
			}
			squares += right[k] * right[k]
		}
		for k := range right {
			right[k] /= math.Sqrt(squares)
		}
	}
	return left, right
}
