package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"lacuna"
	"lacuna/dataio"
)

// number is a float64 that JSON can hold: what is not finite becomes null.
type number float64

func (x number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(x), 'g', -1, 64), nil
}

// completeResult is what `lacuna complete --json` prints. docs/cli.md describes every field.
type completeResult struct {
	Status        string   `json:"status"`
	Observed      int      `json:"observed"`
	Filled        int      `json:"filled"`
	Merged        int      `json:"merged_duplicates"`
	Order         int      `json:"order"`
	Shape         []int    `json:"shape"`
	Modes         []string `json:"modes"`
	EffectiveRank int      `json:"effective_rank"`

	Read *readResult `json:"read"`

	HeldOut      int    `json:"held_out"`
	HeldOutRMSE  number `json:"held_out_rmse"`
	HeldOutNRMSE number `json:"held_out_nrmse"`
	FilledRMSE   number `json:"filled_rmse"`
	FilledNRMSE  number `json:"filled_nrmse"`
	Uncertainty  number `json:"filled_uncertainty"`
	Unlike       number `json:"filled_unlike"`

	Baselines []baselineResult `json:"baselines,omitempty"`
	ByLabel   []labelResult    `json:"by_label,omitempty"`
	Warnings  []string         `json:"warnings"`
	Output    string           `json:"output,omitempty"`
	Report    string           `json:"report,omitempty"`
	Factors   string           `json:"factors,omitempty"`
	Draws     int              `json:"draws,omitempty"`
	Fit       string           `json:"fit,omitempty"`

	Seconds     number          `json:"seconds"`
	Evaluations int             `json:"evaluations"`
	Settings    lacuna.Settings `json:"settings"`
	Seed        uint64          `json:"seed"`

	unitMode int
}

type baselineResult struct {
	Name  string `json:"name"`
	RMSE  number `json:"rmse"`
	NRMSE number `json:"nrmse"`
}

type labelResult struct {
	Mode        string `json:"mode"`
	Label       string `json:"label"`
	Filled      int    `json:"filled"`
	FilledRMSE  number `json:"filled_rmse"`
	HeldOut     int    `json:"held_out"`
	HeldOutRMSE number `json:"held_out_rmse"`
	Skill       number `json:"skill"`
	Uncertainty number `json:"uncertainty"`
}

func newCompleteResult(table *dataio.Table, seed uint64) *completeResult {
	observed := table.Observed
	r := &completeResult{
		Observed: observed.Len(), Filled: table.Gaps(), Merged: table.Merged,
		Order: observed.Order(), Shape: observed.Shape(), Seed: seed,
		HeldOutRMSE: number(math.NaN()), HeldOutNRMSE: number(math.NaN()), Warnings: []string{},
		FilledRMSE: number(math.NaN()), FilledNRMSE: number(math.NaN()), Uncertainty: number(math.NaN()), unitMode: -1,
	}
	for _, mode := range observed.Modes {
		r.Modes = append(r.Modes, mode.Name)
	}
	return r
}

func (r *completeResult) add(c *lacuna.Completion) {
	r.Status = c.Status.String()
	r.EffectiveRank = c.EffectiveRank
	r.HeldOut = len(c.HeldOut)
	r.HeldOutRMSE, r.HeldOutNRMSE = number(c.HeldOutRMSE), number(c.HeldOutNRMSE)
	r.FilledRMSE, r.FilledNRMSE = number(c.FilledRMSE), number(c.FilledNRMSE)
	r.Uncertainty, r.Unlike, r.unitMode = number(c.FilledUncertainty), number(c.Unlike), c.UnitMode
	for _, l := range c.ByLabel {
		mode := c.Observed.Modes[l.Mode]
		r.ByLabel = append(r.ByLabel, labelResult{
			mode.Name, mode.Labels[l.Index], l.Filled, number(l.FilledRMSE), l.HeldOut, number(l.HeldOutRMSE),
			number(l.Skill), number(l.Uncertainty),
		})
	}
	for _, b := range c.Baselines {
		r.Baselines = append(r.Baselines, baselineResult{b.Name, number(b.RMSE), number(b.NRMSE)})
	}
	r.Warnings = append(r.Warnings, c.Warnings...)
	r.Seconds, r.Evaluations, r.Settings = number(c.Seconds), c.Evaluations, c.Settings
}

// summary tells the result in words.
func (r *completeResult) summary() string {
	var s strings.Builder
	fmt.Fprintf(&s, "Filled %s of %s cells (%s: %s); %s were known.\n", count(r.Filled, "gap"),
		grouped(r.Filled+r.Observed),
		strings.Join(r.Modes, " × "), shapeWords(r.Shape), grouped(r.Observed))
	if r.HeldOut > 0 {
		if filled := float64(r.FilledRMSE); !math.IsNaN(filled) {
			fmt.Fprintf(&s, "Error to be expected of the filled values: %s%s.\n", r.relative(float64(r.FilledNRMSE), filled),
				r.giveOrTake())
		}
		fmt.Fprintf(&s, "Error on %s hidden in the shape of the gaps: %s.\n", count(r.HeldOut, "known value"),
			r.relative(float64(r.HeldOutNRMSE), float64(r.HeldOutRMSE)))
		for k, b := range r.Baselines {
			lead := "For comparison"
			if k > 0 {
				lead = "              "
			}
			fmt.Fprintf(&s, "%s, %s: %s.\n", lead, b.Name, r.relative(float64(b.NRMSE), float64(b.RMSE)))
		}
		r.labels(&s)
	} else {
		s.WriteString("There were too few known values to hold any back: the error is not known.\n")
	}
	fmt.Fprintf(&s, "The model is a sum of %s, found in %s s.\n", count(r.EffectiveRank, "block"),
		short(float64(r.Seconds)))
	return s.String()
}

// relative spells an error beside the standard deviation; the root mean square in the data's units means nothing where
// labels have units of their own.
func (r *completeResult) relative(nrmse, rmse float64) string {
	if r.unitMode >= 0 {
		return percent(nrmse) + " of the standard deviation of each " + r.Modes[r.unitMode]
	}
	return fmt.Sprintf("%s of the standard deviation (RMSE %s)", percent(nrmse), short(rmse))
}

// giveOrTake spells how well an expected error is known.
func (r *completeResult) giveOrTake() string {
	if u := float64(r.Uncertainty); u >= 0.05 {
		return fmt.Sprintf(", give or take %.0f %% of that", 100*math.Min(u, 1))
	}
	return ""
}

// labels tells the error of every label of the mode with units of its own.
func (r *completeResult) labels(s *strings.Builder) {
	if r.unitMode < 0 {
		return
	}
	for _, l := range r.ByLabel {
		if l.Mode == r.Modes[r.unitMode] && l.HeldOut > 0 {
			verdict := "no better than its mean"
			if l.Skill > 0.05 {
				verdict = "accounts for " + percent(float64(l.Skill)) + " of its variation"
			}
			fmt.Fprintf(s, "  %s: RMSE %s, %s\n", l.Label, short(float64(l.FilledRMSE)), verdict)
		}
	}
}

// count spells a number of things: 1 gap, 2,000 gaps.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}

// grouped writes a whole number with a comma between thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func shapeWords(shape []int) string {
	words := make([]string, len(shape))
	for n, d := range shape {
		words[n] = strconv.Itoa(d)
	}
	return strings.Join(words, " × ")
}

// short writes a number with three significant digits.
func short(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }

func percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "not known"
	}
	if share < 0.001 {
		return fmt.Sprintf("%.2g %%", 100*share)
	}
	return fmt.Sprintf("%.3g %%", 100*share)
}
