package sampler

import (
	"fmt"
	"math"
	"path/filepath"

	"lacuna/figure"
)

// SaveFigures writes the pictures into a folder, which must exist, each as SVG and PNG. It returns the names of the
// files.
func (r Result) SaveFigures(folder string) (files []string, err error) {
	pictures := map[string]*figure.Figure{"ecdf": r.distributions(), "ranks": r.histograms(), "joint": r.joint()}
	for _, name := range []string{"ecdf", "ranks", "joint"} {
		for _, ending := range []string{".svg", ".png"} {
			files = append(files, filepath.Join(folder, name+ending))
			if err := figure.Save(files[len(files)-1], pictures[name]); err != nil {
				return files, err
			}
		}
	}
	return files, nil
}

// distributions draws, for every case, the empirical distribution function of the ranks of every quantity less the
// uniform one, in the envelope that ranks of a right sampler leave with the probability that the proof allows one test.
func (r Result) distributions() *figure.Figure {
	e := newEnvelope(r.DataSets, r.Draws, ecdfStep)
	low, high := e.bounds(e.level(r.Threshold))
	f := &figure.Figure{Title: fmt.Sprintf("Calibration: distribution of ranks less the uniform one, %d data sets", r.DataSets)}
	f.Columns, f.Width, f.Height = min(4, len(r.Cases)), 220, 170
	for _, c := range r.Cases {
		chart := figure.Chart{
			Title: c.Case, X: figure.Axis{Label: "rank", Max: 1}, Y: figure.Axis{Label: "difference"},
		}
		band := figure.Band{X: []float64{0}, Low: []float64{0}, High: []float64{0}, Colour: figure.Sky}
		for i, z := range e.at {
			band.X = append(band.X, z)
			band.Low = append(band.Low, float64(low[i])/float64(r.DataSets)-z)
			band.High = append(band.High, float64(high[i])/float64(r.DataSets)-z)
		}
		band.X, band.Low, band.High = append(band.X, 1), append(band.Low, 0), append(band.High, 0)
		chart.Bands = []figure.Band{band}
		for _, q := range c.Calibration {
			line := figure.Curve{X: []float64{0}, Y: []float64{0}, Colour: figure.Dim, Width: 0.6}
			if q.Envelope < r.Threshold {
				line.Colour, line.Width, line.Name = figure.Red, 1.2, q.Quantity
			}
			for i, n := range e.counts(q.Ranks, r.Draws) {
				line.X = append(line.X, e.at[i])
				line.Y = append(line.Y, float64(n)/float64(r.DataSets)-e.at[i])
			}
			line.X, line.Y = append(line.X, 1), append(line.Y, 0)
			chart.Curves = append(chart.Curves, line)
		}
		f.Charts = append(f.Charts, chart)
	}
	return f
}

// histograms draws, for every case, the ranks of the quantity that departs most from uniform ones, beside the range that
// holds 99 % of a bin's counts.
func (r Result) histograms() *figure.Figure {
	f := &figure.Figure{Title: "Calibration: ranks of the quantity of every case that departs most from uniform ones"}
	f.Columns, f.Width, f.Height = min(4, len(r.Cases)), 220, 170
	counts := binomial(r.DataSets, 1.0/bins)
	low, high, below := 0, 0, 0.0
	for n, p := range counts {
		if below += p; below < 0.005 {
			low = n + 1
		}
		if below < 0.995 {
			high = n + 1
		}
	}
	for _, c := range r.Cases {
		worst := c.Calibration[0]
		for _, q := range c.Calibration {
			if q.ChiSquare < worst.ChiSquare {
				worst = q
			}
		}
		chart := figure.Chart{
			Title: c.Case, X: figure.Axis{Label: worst.Quantity, Max: float64(r.Draws + 1)},
			Y:    figure.Axis{Label: "data sets"},
			Note: fmt.Sprintf("p = %.2g", worst.ChiSquare),
		}
		width := float64(r.Draws+1) / bins
		bars := figure.Bars{Width: 0.94 * width, Colour: figure.Grey}
		for b, n := range histogram(worst.Ranks, r.Draws) {
			bars.X, bars.Y = append(bars.X, (float64(b)+0.5)*width), append(bars.Y, float64(n))
		}
		chart.Bars = []figure.Bars{bars}
		for _, at := range []int{low, high} {
			chart.Rules = append(chart.Rules, figure.Rule{At: float64(at), Colour: figure.Blue, Dash: figure.Dashed})
		}
		f.Charts = append(f.Charts, chart)
	}
	return f
}

// joint draws z of every function of every case between the limits of the proof.
func (r Result) joint() *figure.Figure {
	limit := r.limit()
	c := figure.Chart{
		Y: figure.Axis{Label: "z"}, X: figure.Axis{Min: -0.6, Max: float64(len(r.Cases)) - 0.4, AllNames: true},
		Note: fmt.Sprintf("A point a function. Beyond ±%.2f, the broken lines, the sampler is wrong.", limit),
	}
	points := figure.Points{Colour: figure.Blue, Size: 1.6, Opacity: 0.7}
	for k, one := range r.Cases {
		c.X.Categories = append(c.X.Categories, one.Case)
		for n, f := range one.Joint {
			place := (float64(n)+0.5)/float64(len(one.Joint)) - 0.5
			points.X = append(points.X, float64(k)+0.7*place)
			points.Y = append(points.Y, math.Max(-2*limit, math.Min(2*limit, f.Z)))
		}
	}
	c.Points = []figure.Points{points}
	for _, at := range []float64{-limit, limit} {
		c.Rules = append(c.Rules, figure.Rule{At: at, Colour: figure.Red, Dash: figure.Dashed})
	}
	c.Rules = append(c.Rules, figure.Rule{Colour: figure.Grey})
	return &figure.Figure{
		Title: "Joint distribution: successive- less marginal-conditional simulator", Charts: []figure.Chart{c},
		Width: 620, Height: 300,
	}
}

// limit is the |z| of which the p-value is the threshold.
func (r Result) limit() float64 {
	low, high := 0.0, 40.0
	for range 60 {
		if middle := (low + high) / 2; pOf(middle) > r.Threshold {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
