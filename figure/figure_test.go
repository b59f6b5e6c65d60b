package figure

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

var keep = flag.String("figures", "", "write the figures of the tests to this directory, to be looked at")

// examples are figures of every kind, from made-up data that have the shape of real ones.
func examples() map[string]*Figure {
	stream := rng.New(1, "figure examples")
	return map[string]*Figure{
		"blocks":      exampleBlocks(),
		"depth":       exampleDepths(stream),
		"phase":       examplePhase(stream),
		"exponents":   exampleExponents(),
		"heldout":     exampleHeldOut(stream),
		"calibration": Calibration([]float64{0.5, 0.8, 0.9, 0.95}, []float64{0.47, 0.78, 0.91, 0.93}),
		"gaps":        exampleGaps(stream),
		"errors": Errors(LabelErrors{
			Mode: "station", Labels: strings.Split("lerwick armagh heathrow", " "), RMSE: []float64{3, 1.2, 1},
			Uncertainty: []float64{0.2, math.NaN(), 0.1}, Unit: "°C",
		}),
		"factor-time": Factor(monthMode(50), waves(50, 12), Blue),
		"factor-bars": Factor(tensor.Mode{
			Name: "station", Labels: strings.Split("aberporth armagh eastbourne łódź heathrow oxford", " "),
		}, waves(6, 5), Orange),
		"factor-numbers": Factor(tensor.Mode{
			Name: "wavelength", Labels: []string{"250", "270.5", "300", "400"}, Coordinates: []float64{250, 270.5, 300, 400},
			Unit: "nm",
		}, waves(4, 5), Orange),
	}
}

func exampleBlocks() *Figure {
	const records, blocks = 900, 500
	panel := func(grown int, log bool) NormPanel {
		n := NormPanel{Title: fmt.Sprintf("depth %d", grown/5), XLabel: "flow time t", XLog: log}
		n.Norms = make([][]float64, blocks)
		for k := range records {
			t := math.Pow(10, 8*float64(k)/records)
			n.X = append(n.X, t)
			loss := 10.0
			for r := range n.Norms {
				norm := 1e-4 * (1 + 0.3*math.Sin(float64(r)))
				if r%(blocks/grown) == 3 {
					order := float64(r / (blocks / grown))
					g := 1 / (1 + math.Exp(-12*(math.Log10(t)-2-5*order/float64(grown))))
					norm += (30 + 40*math.Cos(order)*math.Cos(order)) * g
					loss -= 9.9999999 / float64(grown) * g
				}
				n.Norms[r] = append(n.Norms[r], norm)
			}
			n.TrainLoss = append(n.TrainLoss, math.Max(loss, 1e-12))
			n.TestLoss = append(n.TestLoss, math.Max(loss*1.5, 1e-10))
		}
		return n
	}
	return BlockNorms("Block norms along the flow", panel(5, true), panel(20, true), panel(125, true))
}

func exampleDepths(stream *rng.Stream) *Figure {
	d := ByDepth{
		Title: "effective rank", Label: "effective rank", Depths: 6, TrueRank: 5,
		Note: "1,500 runs; 3 stayed at rank 0 and are not shown.",
	}
	for range 1500 {
		depth := stream.IntN(6)
		rank := 5 + math.Floor(stream.ExpFloat64()*20/float64(1+depth*depth))
		d.Runs = append(d.Runs, DepthRun{depth, rank, math.Pow(10, -12+2*(rank-5)*stream.Float64()), false})
	}
	loss := ByDepth{Title: "test loss", Label: "test loss (MSE)", Log: true, Depths: 6, Runs: nil}
	for _, run := range d.Runs {
		loss.Runs = append(loss.Runs, DepthRun{run.Depth, run.TestLoss, run.TestLoss, false})
	}
	return &Figure{Charts: []Chart{d.Chart(), loss.Chart()}}
}

func examplePhase(stream *rng.Stream) *Figure {
	p := Phase{
		Title: "Recovery", Depths: []int{0, 1, 2}, Scales: []string{"0.001", "0.01", "0.1"}, ScaleLabel: "start scale σ",
		Shares: []float64{5, 10, 15, 20, 25, 30}, Limit: 1.85,
	}
	for range p.Depths {
		var rows [][]float64
		for range p.Scales {
			var row []float64
			for i := range p.Shares {
				row = append(row, math.Min(1, stream.Float64()*float64(i)/3))
			}
			rows = append(rows, row)
		}
		p.Probability = append(p.Probability, rows)
	}
	p.Probability[0][0][0] = math.NaN()
	return p.Figure()
}

func exampleExponents() *Figure {
	c := Chart{X: Axis{Label: "depth k"}, Y: Axis{Label: "growth exponent"}}
	for i, colour := range Distinct(3) {
		points, curve := Points{Colour: colour, Size: 2.4}, Curve{Name: fmt.Sprint("model ", i), Colour: colour}
		for k := range 6 {
			x, y := float64(k), 1.5+float64(i*k)/2
			points.X, points.Y, points.Low, points.High = append(points.X, x), append(points.Y, y+0.03),
				append(points.Low, y-0.1), append(points.High, y+0.15)
			curve.Y = append(curve.Y, y)
		}
		curve.X = points.X
		c.Points, c.Curves = append(c.Points, points), append(c.Curves, curve)
		c.Bands = append(c.Bands, Band{X: points.X, Low: points.Low, High: points.High, Colour: colour})
	}
	return &Figure{Title: "Growth is polynomial in depth", Charts: []Chart{c}, Width: 420, Height: 300}
}

func exampleHeldOut(stream *rng.Stream) *Figure {
	var truth, predicted []float64
	for range 6000 {
		x := 8 + 5*stream.NormFloat64()
		truth, predicted = append(truth, x), append(predicted, x+stream.NormFloat64())
	}
	return HeldOut(truth, predicted, "°C")
}

func exampleGaps(stream *rng.Stream) *Figure {
	g := GapMap{RowMode: "station", ColumnMode: "month", ColumnLabels: months(200)}
	for j := range 16 {
		g.RowLabels = append(g.RowLabels, fmt.Sprintf("station %d", j))
		row := make([]float64, 200)
		for i := range row {
			row[i] = stream.Float64()
		}
		g.Observed = append(g.Observed, row)
	}
	return Gaps(g)
}

func months(n int) []string {
	var labels []string
	for i := range n {
		labels = append(labels, fmt.Sprintf("%d-%02d", 1960+i/12, 1+i%12))
	}
	return labels
}

// monthMode is so many months from January 1960 on.
func monthMode(n int) tensor.Mode {
	mode := tensor.Mode{Name: "month", Labels: months(n), Unit: "month"}
	for i := range n {
		mode.Coordinates = append(mode.Coordinates, float64(12*1960+i))
	}
	return mode
}

func waves(n, period int) []float64 {
	var y []float64
	for i := range n {
		y = append(y, math.Sin(2*math.Pi*float64(i)/float64(period)))
	}
	return y
}

func TestEveryKindInEveryFormat(t *testing.T) {
	for name, f := range examples() {
		for _, format := range Formats() {
			data, err := Render(f, format)
			if err != nil {
				t.Fatalf("%s.%s: %v", name, format, err)
			}
			if format != "pdf" {
				if again, _ := Render(f, format); !bytes.Equal(data, again) {
					t.Errorf("%s.%s: drawn twice, different bytes", name, format)
				}
			}
			if *keep != "" {
				if err := os.WriteFile(filepath.Join(*keep, name+"."+format), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
