package dataset

import (
	"fmt"
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/internal/synthetic"
	"lacuna/tensor"
)

// StationOptions say what table GenerateStations makes. The zero value is 60 months of 12 stations.
type StationOptions struct {
	Months   int // default 60, from January 2001
	Stations int // default 12
	Seed     uint64
}

// GenerateStations makes a table of monthly weather that looks like that of real stations and is none: months ×
// stations × five variables in units of their own, with a seasonal cycle, good and bad months, and station effects (a
// low number of causes) and noise. Values have one decimal, counts of days none. All cells are known.
func GenerateStations(o StationOptions) *tensor.Observed {
	if o.Months == 0 {
		o.Months = 60
	}
	if o.Stations == 0 {
		o.Stations = 12
	}
	modes := []tensor.Mode{{Name: "month"}, {Name: "station"}, {Name: "variable", Labels: MeteoVariables()}}
	for m := range o.Months {
		modes[0].Labels = append(modes[0].Labels, fmt.Sprintf("%04d-%02d", 2001+m/12, 1+m%12))
	}
	for s := range o.Stations {
		modes[1].Labels = append(modes[1].Labels, fmt.Sprintf("generated%02d", s+1))
	}
	full := synthetic.AllCells(modes)
	weather, place, noise := rng.New(o.Seed, "weather"), rng.New(o.Seed, "places"), rng.New(o.Seed, "noise")
	warm, wet := make([]float64, o.Months), make([]float64, o.Months)
	for m := range warm {
		warm[m], wet[m] = weather.NormFloat64(), weather.NormFloat64()
	}
	north, height, coast := make([]float64, o.Stations), make([]float64, o.Stations), make([]float64, o.Stations)
	for s := range north {
		north[s], height[s], coast[s] = float64(2*place.Float64())-1, place.Float64(), place.Float64()
	}
	for c := range full.Values {
		m, s := full.Index[0][c], full.Index[1][c]
		// −1 in January, 1 in July; the sea damps the year.
		season := float64(-portable.Cos(2*math.Pi*float64(m%12)/12) * (1.15 - float64(0.3*coast[s])))
		cold := season + float64(0.2*warm[m]) - float64(0.25*north[s]) - float64(0.3*height[s])
		e := noise.NormFloat64()
		var v float64
		switch full.Index[2][c] {
		case 0: // tmax, °C
			v = 13 + float64(7*cold) + float64(0.4*e)
		case 1: // tmin, °C
			v = 5.5 + float64(5.5*cold) + float64(1.2*coast[s]) + float64(0.4*e)
		case 2: // af, days with air frost
			v = math.Round(max(0, 4-float64(7*cold)-float64(3*coast[s])+float64(1.2*e)))
		case 3: // rain, mm
			v = 75 * portable.Exp(float64(0.35*wet[m])+float64(0.5*height[s])+float64(0.2*north[s])-
				float64(0.12*season)+float64(0.15*e))
		case 4: // sun, hours
			v = max(0, 120+float64(75*season)-float64(18*north[s])-float64(14*wet[m])+float64(12*warm[m])+float64(9*e))
		}
		full.Values[c] = math.Round(10*v) / 10
		if full.Values[c] == 0 {
			full.Values[c] = 0 // no −0 in the file
		}
	}
	return full
}
