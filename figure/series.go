package figure

import (
	"math"

	"lacuna/tensor"
)

// Series is one fibre of a filled tensor along an ordered mode. All slices have one entry a label.
type Series struct {
	Mode      tensor.Mode // with Coordinates
	Title     string      // which fibre
	Value     string      // what the cells hold
	Unit      string
	Known     []float64 // NaN in gaps
	Filled    []float64 // NaN where known
	Low, High []float64 // ends of the interval of a filled cell; NaN where known
}

// Chart draws known values as a line with dots, filled ones as dots of another colour in the band of their interval.
func (s Series) Chart() Chart {
	c := Chart{Title: s.Title, X: overMode(s.Mode), Y: Axis{Label: s.Value, Unit: s.Unit}}
	size := math.Min(1.8, 300/float64(len(s.Known)))
	known := Points{Name: "known", Colour: Blue, Size: size}
	filled := Points{Name: "filled", Colour: Orange, Size: 1.3 * size}
	band := Band{Name: "interval", Colour: Orange}
	line := Curve{X: s.Mode.Coordinates, Colour: Blue, Width: 0.7}
	for i, x := range s.Mode.Coordinates {
		line.Y = append(line.Y, s.Known[i])
		if math.IsNaN(s.Known[i]) {
			filled.X, filled.Y = append(filled.X, x), append(filled.Y, s.Filled[i])
			if len(band.X) == 0 && i > 0 { // the band begins and ends at known values
				band.add(s.Mode.Coordinates[i-1], s.Known[i-1], s.Known[i-1])
			}
			band.add(x, s.Low[i], s.High[i])
			continue
		}
		known.X, known.Y = append(known.X, x), append(known.Y, s.Known[i])
		if len(band.X) > 0 {
			band.add(x, s.Known[i], s.Known[i])
			c.Bands, band = append(c.Bands, band), Band{Colour: Orange}
		}
	}
	if len(band.X) > 0 {
		c.Bands = append(c.Bands, band)
	}
	c.Curves, c.Points = []Curve{line}, []Points{known, filled}
	return c
}

// add appends a point; what is not finite is left out.
func (b *Band) add(x, low, high float64) {
	if width := high - low; math.IsNaN(width) || math.IsInf(width, 0) {
		return
	}
	b.X, b.Low, b.High = append(b.X, x), append(b.Low, low), append(b.High, high)
}

// overMode is the axis of an ordered mode.
func overMode(mode tensor.Mode) Axis {
	if isNumbers(mode) {
		return Axis{Label: mode.Name, Unit: mode.Unit}
	}
	return Axis{Label: mode.Name, Categories: mode.Labels, At: mode.Coordinates, AtUnit: mode.Unit}
}

// FilledSeries draws series one below the other.
func FilledSeries(series []Series) *Figure {
	f := &Figure{Width: 640, Height: 190, Columns: 1}
	for _, s := range series {
		f.Charts = append(f.Charts, s.Chart())
	}
	return f
}
