package dataset

import (
	"fmt"
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/internal/synthetic"
	"lacuna/tensor"
)

// SensorOptions say what table GenerateSensors makes. The zero value is a year of 500 sensors.
type SensorOptions struct {
	Days    int // default 365
	Sensors int // default 500
	Seed    uint64
}

// GenerateSensors makes a table of day × hour × sensor that looks like traffic or power: every sensor mixes a few daily
// curves, each of which is stronger on working days or on others and drifts slowly over the year, with noise of a tenth of
// the deviation. All cells are known.
func GenerateSensors(o SensorOptions) *tensor.Observed {
	const curves, hours, week, noise = 4, 24, 7, 0.1
	if o.Days == 0 {
		o.Days = 365
	}
	if o.Sensors == 0 {
		o.Sensors = 500
	}
	modes := []tensor.Mode{{Name: "day"}, {Name: "hour"}, {Name: "sensor"}}
	for n, d := range []int{o.Days, hours, o.Sensors} {
		for i := range d {
			modes[n].Labels = append(modes[n].Labels, fmt.Sprint(i))
		}
	}
	stream := rng.New(o.Seed, "sensors")
	size := make([]float64, o.Sensors*curves)
	for k := range size {
		size[k] = portable.Exp(float64(0.5 * stream.NormFloat64()))
	}
	day, hour := make([]float64, o.Days*curves), make([]float64, hours*curves)
	for r := range curves {
		peak, width := float64(24*stream.Float64()), 2+float64(3*stream.Float64())
		for h := range hours {
			away := math.Abs(float64(h) - peak)
			away = math.Min(away, 24-away) / width
			hour[h*curves+r] = portable.Exp(-float64(away * away))
		}
		free, phase := 0.3+float64(1.2*stream.Float64()), stream.Float64() // strength on days off, and of the year
		for d := range o.Days {
			strength := 1.0
			if d%week >= week-2 {
				strength = free
			}
			season := portable.Cos(2 * math.Pi * (float64(d)/365 + phase))
			day[d*curves+r] = strength * (1 + float64(0.3*season) + float64(0.1*stream.NormFloat64()))
		}
	}
	full := synthetic.AllCells(modes)
	for c := range full.Values {
		d, h, s := int(full.Index[0][c]), int(full.Index[1][c]), int(full.Index[2][c])
		for r := range curves {
			full.Values[c] += float64(day[d*curves+r] * hour[h*curves+r] * size[s*curves+r])
		}
	}
	_, deviation := tensor.Moments(full.Values)
	for c := range full.Values {
		full.Values[c] += float64(noise * deviation * stream.NormFloat64())
	}
	return full
}
