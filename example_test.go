package lacuna_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lacuna"
	"lacuna/dataio"
	"lacuna/experiment"
	"lacuna/tensor"
)

// products is a table of which a fourth is missing.
func products(value func(i, k int32) float64) *tensor.Observed {
	index, values := [][]int32{{}, {}}, []float64(nil)
	for i := range int32(6) {
		for k := range int32(5) {
			if (i+k)%4 != 0 {
				index[0], index[1] = append(index[0], i), append(index[1], k)
				values = append(values, value(i, k))
			}
		}
	}
	observed, err := tensor.NewObserved(tensor.NumberedModes(tensor.Shape{6, 5}), index, values)
	if err != nil {
		panic(err)
	}
	return observed
}

func ExampleComplete() {
	observed := products(func(i, k int32) float64 { return float64((i + 1) * (k + 2)) })
	c, err := lacuna.Complete(context.Background(), observed, lacuna.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	value, _ := c.At([]int32{3, 1})
	fmt.Printf("rank %d, missing value %.4f\n", c.EffectiveRank, value)
	// Output: rank 1, missing value 12.0000
}

// A table in a file is read, filled and written again, known values as they were spelt.
func ExampleComplete_csv() {
	folder, err := os.MkdirTemp("", "lacuna")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	in, out := filepath.Join(folder, "prices.csv"), filepath.Join(folder, "filled.csv")
	text := "size,kind,price\nS,tea,1.50\nS,cake,3.0\nM,tea,3.0\nM,cake,\nL,tea,4.5\nL,cake,9.0\nXL,tea,6\nXL,cake,12\n"
	if err := os.WriteFile(in, []byte(text), 0o666); err != nil {
		fmt.Println(err)
		return
	}
	table, err := dataio.Read(in, dataio.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := lacuna.Complete(context.Background(), table.Observed(), lacuna.Options{Effort: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = table.Write(out, func(cell []int32) dataio.Filled {
		value, stderr := c.At(cell)
		return dataio.Filled{Value: value, Stderr: stderr}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	filled, err := dataio.Read(out, dataio.Options{Index: []string{"size", "kind"}, Value: "price"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d gap filled: %.2f\n", table.Gaps(), filled.Observed().Values[3])
	// Output: 1 gap filled: 6.00
}

// An interval holds an observation of its cell with the probability asked for.
func ExampleCompletion_interval() {
	noise := []float64{0.3, -0.2, 0.1, -0.4, 0.2, 0.4, -0.3, -0.1}
	observed := products(func(i, k int32) float64 { return float64((i+1)*(k+2)) + noise[(3*i+5*k)%8] })
	c, err := lacuna.Complete(context.Background(), observed, lacuna.Options{Effort: 0.02})
	if err != nil {
		fmt.Println(err)
		return
	}
	low, high := c.Interval([]int32{3, 1}, 0.9)
	_, higher := c.Interval([]int32{3, 1}, 0.99)
	fmt.Println(low < 12, 12 < high, high < higher)
	// Output: true true true
}

// Progress tells how far the work is. When the context ends, the best so far is returned.
func ExampleComplete_progress() {
	observed := products(func(i, k int32) float64 { return float64((i+1)*(k+2)) + float64((i*k)%3) })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	first := ""
	c, err := lacuna.Complete(ctx, observed, lacuna.Options{Effort: 0.1, Progress: func(p lacuna.Progress) {
		if first == "" {
			first = p.Stage
		}
		if p.Done > 0.1 {
			cancel()
		}
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(first)
	fmt.Println(c.Status)
	// Output:
	// choosing the family of the noise on held-back cells
	// interrupted
}

// Zeros and ones are filled with probabilities.
func ExampleOptions_noise() {
	observed := products(func(i, k int32) float64 {
		if i > k {
			return 1
		}
		return 0
	})
	options := lacuna.Options{Noise: lacuna.NoiseBernoulli, Effort: 0.02}
	c, err := lacuna.Complete(context.Background(), observed, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	likely, _ := c.At([]int32{5, 3})
	unlikely, _ := c.At([]int32{0, 4})
	fmt.Println(likely > 0.5, unlikely < 0.5)
	// Output: true true
}

// One training run of the laboratory: 20 blocks from a near-zero start, of which one is left standing.
func Example_training() {
	observed := products(func(i, k int32) float64 { return float64((i + 1) * (k + 2)) })
	settings := experiment.Settings{Blocks: 20, Depth: experiment.Depths{1}, Trajectory: "all"}
	run, err := experiment.New(settings, experiment.Cells{Train: observed})
	if err != nil {
		fmt.Println(err)
		return
	}
	result := run.Follow(context.Background(), nil)
	fmt.Println(result.Status, "with rank", result.Rank)
	fmt.Printf("missing value %.2f\n", run.Model.(experiment.Blockwise).CP(-1).At([]int32{3, 1}))
	// Output:
	// converged with rank 1
	// missing value 12.00
}
