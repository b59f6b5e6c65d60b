package flow

import (
	"fmt"
	"math"
	"slices"

	"lacuna/internal/portable"
)

// Schedule names how the rate falls with the steps s, over a horizon of T steps.
type Schedule string

// The schedules, as factors of the rate.
const (
	Constant Schedule = "constant" // 1
	Linear   Schedule = "linear"   // max(0, 1 − s/T)
	Cosine   Schedule = "cosine"   // (1 + cos(π s/T))/2 up to T, 0 from then on
	Inverse  Schedule = "inverse"  // 1/(1 + s/T)
)

// Schedules lists every Schedule.
func Schedules() []Schedule { return []Schedule{Constant, Linear, Cosine, Inverse} }

func (s Schedule) check(horizon int) error {
	switch {
	case s != "" && !slices.Contains(Schedules(), s):
		return fmt.Errorf("flow: schedule %q is unknown, choose one of %v", s, Schedules())
	case s != "" && s != Constant && horizon == 0:
		return fmt.Errorf("flow: schedule %s needs a number of steps", s)
	case (s == "" || s == Constant) && horizon != 0:
		return fmt.Errorf("flow: schedule steps %d have no effect on a constant rate: leave them out", horizon)
	}
	return nil
}

// at is the factor of the rate after so many steps.
func (s Schedule) at(steps, horizon int) float64 {
	past := float64(steps) / float64(horizon)
	switch s {
	case Linear:
		return math.Max(0, 1-past)
	case Cosine:
		return (1 + portable.Cos(float64(math.Pi*math.Min(past, 1)))) / 2
	case Inverse:
		return 1 / (1 + past)
	}
	return 1
}

// rate is η of the next step.
func (in *Integrator) rate() float64 {
	u, steps := in.settings.Update, in.state.Steps
	rate := in.settings.Rate * u.Schedule.at(steps, u.Horizon)
	if steps < u.Warmup {
		rate *= float64(steps+1) / float64(u.Warmup)
	}
	return rate
}
