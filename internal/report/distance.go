package report

import (
	"fmt"
	"math"
	"strings"

	"lacuna/figure"
)

// distanceErrors fills the panel about how errors grow with the distance to known cells, where cells to be filled are
// of different distances.
func (v *view) distanceErrors() {
	var modes []string
	for _, mode := range v.Observed.Modes {
		if len(mode.Coordinates) > 0 {
			modes = append(modes, mode.Name)
		}
	}
	filled := 0
	for _, d := range v.ByDistance {
		if d.Filled > 0 {
			filled++
		}
	}
	if len(modes) == 0 || filled < 2 {
		return
	}
	along := strings.Join(modes, " or ")
	e := figure.DistanceErrors{Axis: "steps to the nearest known cell along " + along, Unit: "% of the spread"}
	for _, d := range v.ByDistance {
		e.Classes = append(e.Classes, d.steps())
		e.Filled, e.HeldOut = append(e.Filled, 100*d.FilledNRMSE), append(e.HeldOut, 100*d.HeldOutNRMSE)
		e.Uncertainty = append(e.Uncertainty, d.Uncertainty)
	}
	v.Far, v.Distances = farWords(v.ByDistance, along), inline(figure.ByDistance(e))
}

// steps names a class.
func (d DistanceError) steps() string {
	switch {
	case d.From == 0:
		return "none known"
	case d.From == d.To:
		return fmt.Sprint(d.From)
	}
	return fmt.Sprintf("%d–%d", d.From, d.To)
}

// where names a class in a sentence.
func (d DistanceError) where(along string) string {
	switch {
	case d.From == 0:
		return "where nothing is known along " + along
	case d.To == 1:
		return "one step from a known cell"
	}
	return d.steps() + " steps from the nearest known cell"
}

// farWords compares the nearest class that has cells to be filled with the worst.
func farWords(classes []DistanceError, along string) string {
	near, worst := -1, -1
	for k, d := range classes {
		if d.Filled == 0 || math.IsNaN(d.FilledNRMSE) || math.IsInf(d.FilledNRMSE, 0) {
			continue
		}
		if near < 0 {
			near = k
		}
		if worst < 0 || d.FilledNRMSE > classes[worst].FilledNRMSE {
			worst = k
		}
	}
	if near < 0 {
		return ""
	}
	n, w := classes[near], classes[worst]
	if w.FilledNRMSE < alike*n.FilledNRMSE {
		return "Filled cells far from known ones are expected to be about as good as those beside them."
	}
	return fmt.Sprintf("A filled cell is expected to be %s of the spread of the values off %s, and %s %s.",
		percent(n.FilledNRMSE), n.where(along), percent(w.FilledNRMSE), w.where(along))
}
