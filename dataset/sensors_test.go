package dataset

import (
	"math"
	"testing"

	"lacuna/tensor"
)

// TestSensorsRepeatEveryWeek compares days a week and half a week apart.
func TestSensorsRepeatEveryWeek(t *testing.T) {
	o := GenerateSensors(SensorOptions{Days: 70, Sensors: 20, Seed: 3})
	const perDay = 24 * 20
	apart := func(days int) float64 {
		var sum float64
		for c := range o.Len() - days*perDay {
			d := o.Values[c+days*perDay] - o.Values[c]
			sum += d * d / float64(o.Len()-days*perDay)
		}
		_, deviation := tensor.Moments(o.Values)
		return math.Sqrt(sum) / deviation
	}
	if o.Len() != 70*perDay {
		t.Fatalf("%d cells", o.Len())
	}
	if week, half := apart(7), apart(3); week > 0.7*half || week < 0.1 {
		t.Errorf("values differ by %.2f deviations after a week, %.2f after three days", week, half)
	}
}
