// Package report writes one self-contained HTML page about a completion: what was filled and how far to trust it.
//
// The page needs no network, no script and no knowledge of the method. It follows the reader's light or dark setting
// and prints on paper.
package report

import (
	_ "embed"
	"slices"

	"lacuna/figure"
	"lacuna/internal/page"
	"lacuna/tensor"
)

// Page is everything the report says. A field that is left at its zero value leaves its part of the page out.
type Page struct {
	Source    string // the file that was read, for the title
	Output    string // the file that was written
	ValueName string // what the cells hold: the name of the value column
	Unit      string // of the values

	Observed *tensor.Observed // the cells that were known, with the names and labels of the modes; needed
	Filled   int              // gaps that were filled and written
	Censored int              // values that were filled between their limits, not among Filled

	// FilledRMSE and FilledNRMSE are the error to be expected of the filled cells, in the data's units and over the
	// standard deviation of the values; 0 or NaN means unknown. FilledUncertainty is its relative standard error.
	FilledRMSE, FilledNRMSE, FilledUncertainty float64

	ByLabel    []LabelError
	ByDistance []DistanceError
	Series     []figure.Series // filled fibres that are drawn
	Units      string          // the mode whose labels have units of their own, so that errors are told by label; empty means none

	HeldOut   []HeldOut // cells that were hidden from every choice, and then compared
	RMSE      float64   // on HeldOut, in the data's units; NaN when too few cells could be hidden
	NRMSE     float64   // RMSE over the standard deviation of the held-out values
	Baselines []Baseline
	Level     float64 // of the intervals written to the output, 0 < Level < 1; 0 means 0.9

	CP      *tensor.CP      // the blocks found, in falling order of norm; nil means none
	Emerged map[int]float64 // times of the gradient flow at which blocks of CP grew, where they are known

	Nonnegative bool // CP was asked to have no negative entry, of values that were not centred

	Warnings []string
	Status   string    // why the work ended, if early: a sentence
	Settings []Setting // what it was made with, in the order to be shown
	Seconds  float64   // wall time
	Command  string    // the command line that made the page
	Version  string    // of the program
}

// HeldOut is an observed cell that was predicted by a model that had not seen it.
type HeldOut struct {
	Value, Predicted float64
	Stderr           float64 // deviation to be expected; +Inf or 0 when unknown
}

// LabelError is the error of the cells of one label. A figure that is not known is NaN.
type LabelError struct {
	Mode        int
	Index       int
	Filled      int     // cells to be filled
	FilledRMSE  float64 // to be expected over them, in the data's units
	HeldOut     int
	HeldOutRMSE float64
	Skill       float64 // 1 − (RMSE / that of the label's own mean)² on the held-out cells
	Uncertainty float64 // relative standard error of the RMSE
}

// DistanceError is the error of the cells whose nearest known cell is From to To steps away, both 0 where there is none. A
// figure that is not known is NaN. Errors are over the deviation of the values.
type DistanceError struct {
	From, To        int
	Filled, HeldOut int // cells
	FilledNRMSE     float64
	HeldOutNRMSE    float64
	Uncertainty     float64 // relative standard error of HeldOutNRMSE
}

// Baseline is what a simple predictor reaches on the same held-out cells.
type Baseline struct {
	Name        string
	RMSE, NRMSE float64
}

// Setting is a line of the table of settings.
type Setting struct{ Name, Value string }

//go:embed page.css
var pageCSS string

// document makes the page. It panics if Page.Observed is missing or Page.CP has another shape.
func document(p *Page) page.Document {
	if p.Observed == nil {
		panic("report: Page.Observed is missing")
	}
	if p.CP != nil && !slices.Equal(p.CP.Shape, p.Observed.Shape()) {
		panic("report: Page.CP has another shape than Page.Observed")
	}
	v := newView(p)
	return page.Document{Title: v.Name + ", filled", Style: pageCSS, Blocks: []page.Block{v.body()}}
}

// Save renders the page and writes it to a file, whose name does not end in .md.
func Save(path string, p *Page) error { return document(p).Save(path) }

// HTML renders the page.
func HTML(p *Page) string { return document(p).HTML() }
