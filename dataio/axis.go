package dataio

import (
	"fmt"
	"strconv"

	"lacuna/internal/coordinate"
)

// Order says what puts the labels of a mode in order.
type Order string

// The orders. The zero value is ByCoordinate where all labels have a coordinate, else NoOrder.
const (
	ByCoordinate Order = "coordinate" // the coordinates of the labels, which all must have one
	ByAppearance Order = "appearance" // the rows in which the labels first appear, at equal distances
	NoOrder      Order = "none"       // nothing: the labels are names
)

// ParseOrder reads an order by its name.
func ParseOrder(name string) (Order, error) {
	switch o := Order(name); o {
	case ByCoordinate, ByAppearance, NoOrder:
		return o, nil
	}
	return "", fmt.Errorf("%q is no order: choose coordinate, appearance or none", name)
}

// Prediction asks for labels that the file does not name, one a step, From and To included. Their cells are gaps: all
// that have, in the other modes, labels that the file lists together.
type Prediction struct {
	Mode     string
	From, To string  // in the form of the labels of the mode
	Step     float64 // in its unit; default: the step of its labels
}

// Axis tells what the labels of a mode were taken for. Its zero value is that of names.
type Axis struct {
	Order   Order     // what orders the mode; NoOrder is ""
	Kind    string    // of the labels: number, date, …; "" for names
	Unit    string    // of its coordinates: day, month, …; may be empty
	Step    float64   // the most common distance between neighbours
	Missing int       // steps between the first and the last label that no label names
	Periods []float64 // in units, of the calendar or of Options.Periods
	Added   int       // labels that the file does not name: steps of the full grid, predictions
	Doubt   string    // why labels that are almost numbers or dates are taken for names

	axis   coordinate.Axis
	almost bool // all but a few labels are dates
}

// Describe says in a line what the labels were taken for, in which step, and which steps are missing, the first most of
// them by name. It is empty for names.
func (a *Axis) Describe(most int) string {
	text := a.axis.Describe(most)
	if a.Order == ByAppearance {
		text = "in the order in which they appear"
	}
	if a.Added > 0 {
		text += "; " + strconv.Itoa(a.Added) + " added"
	}
	return text
}

// MissingSteps names the first most steps that no label names.
func (a *Axis) MissingSteps(most int) []string {
	var names []string
	for x := range a.axis.MissingSteps() {
		if len(names) == most {
			break
		}
		name, _ := a.axis.Label(x)
		names = append(names, name)
	}
	return names
}
