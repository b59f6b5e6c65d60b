package figure

import (
	"math"
	"time"
)

// perDay is how many of a unit a day has.
var perDay = map[string]float64{"second": 86400, "minute": 1440, "hour": 24, "day": 1}

// The steps between round times: seconds up to a week, then months.
var (
	roundSeconds = []float64{
		1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 2 * 86400, 7 * 86400, 14 * 86400,
	}
	roundMonths = []float64{1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000}
)

// roundTimes returns at most about count round times in [low, high], which count units since 1970 (since the year 0 for
// months, quarters and years): full hours, midnights, Mondays, first days of months, Januaries.
func roundTimes(unit string, low, high float64, count int) []float64 {
	span := high - low
	step := func(steps []float64, per float64) float64 {
		for _, s := range steps {
			if span*per/s <= float64(count) {
				return s
			}
		}
		return math.Inf(1)
	}
	switch unit {
	case "month":
		return multiples(step(roundMonths, 1), 0, low, high)
	case "second", "minute", "hour", "day":
	default:
		return multiples(math.Ceil(niceStep(span/float64(count))), 0, low, high)
	}
	days := perDay[unit]
	if s := step(roundSeconds, 86400/days); !math.IsInf(s, 1) {
		const monday = 4 // 1970-01-05
		offset := 0.0
		if s >= 7*86400 {
			offset = monday * days
		}
		return multiples(s*days/86400, offset, low, high)
	}
	const monthDays = 365.2425 / 12
	every := step(roundMonths, 1/(days*monthDays))
	var places []float64
	for m := math.Ceil((1970 + low/days/365.2425 - 1) * 12 / every); ; m++ {
		first := time.Date(0, time.Month(1+int(m*every)), 1, 0, 0, 0, 0, time.UTC)
		place := float64(first.Unix()) / 86400 * days
		if place > high {
			return places
		}
		if place >= low {
			places = append(places, place)
		}
	}
}

// multiples are the multiples of step, from an offset, in [low, high].
func multiples(step, offset, low, high float64) []float64 {
	var places []float64
	for k := math.Ceil((low - offset) / step); offset+k*step <= high; k++ {
		places = append(places, offset+k*step)
	}
	return places
}
