package dataset

import (
	"context"
	"fmt"
	"math"

	"lacuna/tensor"
)

// MeteoUKStations are the sixteen stations that have all five variables in every month of 1960 to 2000.
func MeteoUKStations() []string {
	return []string{
		"aberporth", "armagh", "eastbourne", "eskdalemuir", "heathrow", "lerwick", "leuchars", "oxford",
		"paisley", "rossonwye", "shawbury", "sheffield", "stornoway", "tiree", "valley", "waddington",
	}
}

// The paper's tensor: 50 months from January 1960 on, and what its cells add up to.
const (
	meteoUKMonths  = 50
	meteoUKCells   = 4000
	meteoUKSum     = 166923.3
	meteoUKSquares = 19359450.77
)

var meteoUKFirst = Month{1960, 1}

// SumsError says that a tensor is not the one that the paper used: its owner has revised the records.
type SumsError struct {
	Cells        int
	Sum, Squares float64
}

// Error is the sentence.
func (e *SumsError) Error() string {
	return fmt.Sprintf("the Met Office's records differ from those of the paper's tensor: %d cells with sum %.1f and "+
		"sum of squares %.2f, not %d, %.1f and %.2f: they have been revised, or a download was cut off; delete the cache "+
		"and fetch again, or accept the revision",
		e.Cells, e.Sum, e.Squares, meteoUKCells, meteoUKSum, meteoUKSquares)
}

// FetchMeteoUK returns the paper's Meteo-UK tensor, months × stations × variables, 50×16×5, with what was downloaded
// for it. Files in the cache are used as they are. It returns a *SumsError when the tensor is not the paper's and
// FetchOptions.AcceptRevised is not set, and an error that wraps ErrOffline when the server cannot be reached.
func FetchMeteoUK(ctx context.Context, o FetchOptions) (*tensor.Observed, *Manifest, error) {
	stations, manifest, err := FetchStations(ctx, MeteoUKStations(), o)
	if err != nil {
		return nil, nil, err
	}
	cells, err := StationTensor(stations, meteoUKFirst, meteoUKMonths)
	if err != nil {
		return nil, nil, err
	}
	if err := CheckMeteoUK(cells); err != nil && !o.AcceptRevised {
		return nil, nil, err
	}
	return cells, manifest, nil
}

// CheckMeteoUK compares a tensor's number of cells, sum and sum of squares with those of the paper's tensor. The
// error is a *SumsError.
func CheckMeteoUK(o *tensor.Observed) error {
	e := &SumsError{Cells: o.Len()}
	for _, v := range o.Values {
		e.Sum += v
		e.Squares += float64(v * v)
	}
	// The sums are known to one and two decimals.
	if e.Cells == meteoUKCells && math.Abs(e.Sum-meteoUKSum) < 0.051 && math.Abs(e.Squares-meteoUKSquares) < 0.0051 {
		return nil
	}
	return e
}
