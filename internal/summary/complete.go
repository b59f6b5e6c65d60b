// Package summary tells people and programs how a table was read and how it was filled. The command and the page in the
// browser say the same because they say it from here.
package summary

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"lacuna"
	"lacuna/dataio"
)

// Number is a float64 that JSON can hold: what is not finite becomes null.
type Number float64

func (x Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(x), 'g', -1, 64), nil
}

// Complete is what `lacuna complete --json` prints. docs/cli.md describes every field.
type Complete struct {
	Status        string   `json:"status"`
	Observed      int      `json:"observed"`
	Filled        int      `json:"filled"`
	Censored      int      `json:"censored,omitempty"`
	Merged        int      `json:"merged_duplicates"`
	Order         int      `json:"order"`
	Shape         []int    `json:"shape"`
	Modes         []string `json:"modes"`
	EffectiveRank int      `json:"effective_rank"`

	Read *Read `json:"read"`

	HeldOut      int    `json:"held_out"`
	HeldOutRMSE  Number `json:"held_out_rmse"`
	HeldOutNRMSE Number `json:"held_out_nrmse"`
	FilledRMSE   Number `json:"filled_rmse"`
	FilledNRMSE  Number `json:"filled_nrmse"`
	Median       Number `json:"filled_median"`
	NMedian      Number `json:"filled_nmedian"`
	FarOut       int    `json:"far_out"`
	Uncertainty  Number `json:"filled_uncertainty"`
	Unlike       Number `json:"filled_unlike"`

	LogScore       Number     `json:"log_score"`
	LogScoreNormal Number     `json:"log_score_normal"`
	OwnError       *ownResult `json:"own_error,omitempty"`

	Baselines  []baselineResult `json:"baselines,omitempty"`
	ByLabel    []labelResult    `json:"by_label,omitempty"`
	ByDistance []distanceResult `json:"by_distance,omitempty"`
	Warnings   []string         `json:"warnings"`
	Output     string           `json:"output,omitempty"`
	Report     string           `json:"report,omitempty"`
	Factors    string           `json:"factors,omitempty"`
	Draws      int              `json:"draws,omitempty"`
	Fit        string           `json:"fit,omitempty"`

	Seconds     Number          `json:"seconds"`
	Evaluations int             `json:"evaluations"`
	Settings    lacuna.Settings `json:"settings"`
	Seed        uint64          `json:"seed"`

	unitMode int
	units    []string // of the coordinates of the modes, in the plural
}

type baselineResult struct {
	Name  string `json:"name"`
	RMSE  Number `json:"rmse"`
	NRMSE Number `json:"nrmse"`
}

type ownResult struct {
	Name  string `json:"name"`
	Value Number `json:"value"`
}

type labelResult struct {
	Mode        string `json:"mode"`
	Label       string `json:"label"`
	Filled      int    `json:"filled"`
	FilledRMSE  Number `json:"filled_rmse"`
	HeldOut     int    `json:"held_out"`
	HeldOutRMSE Number `json:"held_out_rmse"`
	Skill       Number `json:"skill"`
	Uncertainty Number `json:"uncertainty"`
}

type distanceResult struct {
	From         int    `json:"from"`
	To           int    `json:"to"`
	Filled       int    `json:"filled"`
	FilledRMSE   Number `json:"filled_rmse"`
	FilledNRMSE  Number `json:"filled_nrmse"`
	HeldOut      int    `json:"held_out"`
	HeldOutRMSE  Number `json:"held_out_rmse"`
	HeldOutNRMSE Number `json:"held_out_nrmse"`
	Uncertainty  Number `json:"uncertainty"`
}

// NewComplete begins the result of filling a table.
func NewComplete(table *dataio.Table, seed uint64) *Complete {
	r := &Complete{
		Observed: table.Known(), Filled: table.Gaps() - table.Reading.Censored.All(), Censored: table.Reading.Censored.All(), Merged: table.Merged,
		Order: len(table.Modes()), Shape: table.Shape(), Seed: seed,
		HeldOutRMSE: Number(math.NaN()), HeldOutNRMSE: Number(math.NaN()), Warnings: []string{},
		LogScore: Number(math.NaN()), LogScoreNormal: Number(math.NaN()),
		FilledRMSE: Number(math.NaN()), FilledNRMSE: Number(math.NaN()), Median: Number(math.NaN()), NMedian: Number(math.NaN()),
		Uncertainty: Number(math.NaN()), unitMode: -1,
	}
	for _, mode := range table.Modes() {
		r.Modes = append(r.Modes, mode.Name)
		unit := mode.Unit
		if unit != "" {
			unit += "s"
		}
		r.units = append(r.units, unit)
	}
	return r
}

// Add puts what was found into the result.
func (r *Complete) Add(c *lacuna.Completion) {
	r.Status = c.Status.String()
	r.EffectiveRank = c.EffectiveRank
	r.HeldOut = len(c.HeldOut)
	r.HeldOutRMSE, r.HeldOutNRMSE = Number(c.HeldOutRMSE), Number(c.HeldOutNRMSE)
	r.FilledRMSE, r.FilledNRMSE = Number(c.FilledRMSE), Number(c.FilledNRMSE)
	r.Median, r.NMedian, r.FarOut = Number(c.FilledMedian), Number(c.FilledNMedian), c.FarOut
	r.Uncertainty, r.Unlike, r.unitMode = Number(c.FilledUncertainty), Number(c.Unlike), c.UnitMode
	for _, l := range c.ByLabel {
		mode := c.Observed.Modes[l.Mode]
		r.ByLabel = append(r.ByLabel, labelResult{
			mode.Name, mode.Labels[l.Index], l.Filled, Number(l.FilledRMSE), l.HeldOut, Number(l.HeldOutRMSE),
			Number(l.Skill), Number(l.Uncertainty),
		})
	}
	for _, d := range c.ByDistance {
		r.ByDistance = append(r.ByDistance, distanceResult{
			d.From, d.To, d.Filled, Number(d.FilledRMSE), Number(d.FilledNRMSE), d.HeldOut, Number(d.HeldOutRMSE),
			Number(d.HeldOutNRMSE), Number(d.Uncertainty),
		})
	}
	r.LogScore, r.LogScoreNormal = Number(c.LogScores.Own), Number(c.LogScores.Normal)
	if c.OwnError.Name != "" {
		r.OwnError = &ownResult{c.OwnError.Name, Number(c.OwnError.Value)}
	}
	for _, b := range c.Baselines {
		r.Baselines = append(r.Baselines, baselineResult{b.Name, Number(b.RMSE), Number(b.NRMSE)})
	}
	r.Warnings = append(r.Warnings, c.Warnings...)
	r.Seconds, r.Evaluations, r.Settings = Number(c.Seconds), c.Evaluations, c.Settings
}

// Text tells the result in words.
func (r *Complete) Text() string {
	var s strings.Builder
	fmt.Fprintf(&s, "Filled %s of %s cells (%s: %s); %s were known.\n", Count(r.Filled, "gap")+BetweenLimits(r.Censored),
		Grouped(r.Filled+r.Censored+r.Observed),
		strings.Join(r.Modes, " × "), Shape(r.Shape), Grouped(r.Observed))
	if r.HeldOut > 0 {
		if filled := float64(r.FilledRMSE); !math.IsNaN(filled) {
			fmt.Fprintf(&s, "Error to be expected of the filled values: %s%s.\n", r.relative(float64(r.FilledNRMSE), filled),
				r.giveOrTake())
		}
		fmt.Fprintf(&s, "Error on %s hidden in the shape of the gaps: %s.\n", Count(r.HeldOut, "known value"),
			r.relative(float64(r.HeldOutNRMSE), float64(r.HeldOutRMSE)))
		for _, b := range r.Baselines {
			fmt.Fprintf(&s, "For comparison, %s: %s.\n", b.Name, r.relative(float64(b.NRMSE), float64(b.RMSE)))
		}
		r.labels(&s)
	} else if r.Status == lacuna.Finished.String() {
		s.WriteString("There were too few known values to hold any back: the error is not known.\n")
	} else {
		s.WriteString("Time was up before any error could be measured.\n")
	}
	above := false
	for _, words := range r.Settings.Limits {
		fmt.Fprintf(&s, "Filled values are as the known ones: %s.\n", words)
		above = above || strings.Contains(words, "not above") && !strings.Contains(words, "not above 1, whole")
	}
	if above {
		s.WriteString("If values can be above, say so: --max none, or of a label --max NAME=none.\n")
	}
	for _, p := range r.Settings.PeriodsFound {
		fmt.Fprintf(&s, "Along %q values repeat after %s, which was found in them.\n", r.Modes[p.Mode],
			strings.TrimSpace(Short(p.Period)+" "+r.units[p.Mode]))
	}
	r.neighbours(&s)
	if family := r.Settings.Noise; family != "auto" && family != "" {
		fmt.Fprintf(&s, "Values scatter as %s%s.\n", family, r.ownWords())
	}
	if labels := r.Settings.NoiseByLabel; len(labels) > 0 {
		fmt.Fprintf(&s, "Values of %s scatter by label: %s%s.\n", labels[0].Mode, familyWords(labels), r.scoreWords())
	}
	if labels := r.Settings.Spread; len(labels) > 0 {
		fmt.Fprintf(&s, "Values lie around the filled ones: %s%s.\n", familyWords(labels), r.scoreWords())
	}
	blocks := Count(r.EffectiveRank, "block")
	if r.Settings.Nonnegative {
		blocks += " without negative entries"
	}
	fmt.Fprintf(&s, "The model is a sum of %s, found in %s s.\n", blocks, Short(float64(r.Seconds)))
	return s.String()
}

// familyWords lists labels and what their values scatter as.
func familyWords(labels []lacuna.LabelFamily) string {
	var words []string
	for _, l := range labels {
		words = append(words, strings.TrimSpace(l.Label+" as "+l.Noise))
	}
	return strings.Join(words, ", ")
}

// scoreWords tells by how much distributions say more than normal ones.
func (r *Complete) scoreWords() string {
	own, normal := float64(r.LogScore), float64(r.LogScoreNormal)
	if math.IsNaN(own) {
		return ""
	}
	return fmt.Sprintf("; log score %.3g a value, with normal scatter %.3g", own, normal)
}

// BetweenLimits tells how many values were filled between limits; "" for none.
func BetweenLimits(censored int) string {
	if censored == 0 {
		return ""
	}
	return " and " + Count(censored, "value") + " between limits"
}

// ownWords tells the error in the family's own terms, and by how much its distributions say more than normal ones.
func (r *Complete) ownWords() (words string) {
	if e := r.OwnError; e != nil {
		value := Short(float64(e.Value))
		if strings.Contains(e.Name, "relative") || strings.Contains(e.Name, "share") {
			value = Percent(float64(e.Value))
		}
		words = fmt.Sprintf(": %s of the hidden values %s", e.Name, value)
	}
	if r.OwnError != nil {
		words += r.scoreWords()
	}
	return words
}

// relative spells an error beside the standard deviation; the root mean square in the data's units means nothing where
// labels have units of their own.
func (r *Complete) relative(nrmse, rmse float64) string {
	if r.unitMode >= 0 {
		return Percent(nrmse) + " of the standard deviation of each " + r.Modes[r.unitMode]
	}
	return fmt.Sprintf("%s of the standard deviation (RMSE %s)", Percent(nrmse), Short(rmse))
}

// giveOrTake spells how well an expected error is known.
func (r *Complete) giveOrTake() string {
	if u := float64(r.Uncertainty); u >= 0.05 {
		return fmt.Sprintf(", give or take %.0f %% of that", 100*math.Min(u, 1))
	}
	return ""
}

// labels tells the error of every label of the mode with units of its own.
func (r *Complete) labels(s *strings.Builder) {
	if r.unitMode < 0 {
		return
	}
	for _, l := range r.ByLabel {
		if l.Mode == r.Modes[r.unitMode] && l.HeldOut > 0 {
			verdict := "no better than its mean"
			if l.Skill > 0.05 {
				verdict = "accounts for " + Percent(float64(l.Skill)) + " of its variation"
			}
			rmse, of := l.FilledRMSE, ""
			if l.Filled == 0 {
				rmse, of = l.HeldOutRMSE, " of hidden values, as it has no gaps"
			}
			fmt.Fprintf(s, "  %s: RMSE %s%s, %s\n", l.Label, Short(float64(rmse)), of, verdict)
		}
	}
}

// neighbours says what known values nearby add to what all have in common.
func (r *Complete) neighbours(s *strings.Builder) {
	n := r.Settings.Neighbours
	if n == nil {
		return
	}
	names := func(modes []int) string {
		var words []string
		for _, m := range modes {
			words = append(words, strconv.Quote(r.Modes[m]))
		}
		last := len(words) - 1
		text := strings.Join(words[:last], ", ") + " and " + words[last]
		switch {
		case last == 0:
			return words[0]
		case n.Nearest:
			return text + " together"
		}
		return text
	}
	if len(n.Residuals) > 0 {
		fmt.Fprintf(s, "What the blocks leave of the nearest known values along %s is added.\n", names(n.Residuals))
	}
	if n.Effects > 0 {
		fmt.Fprintf(s, "Between known values along %s, filled ones are %s %% main effects, interpolated, and the rest the model.\n",
			names(n.Along), Short(100*n.Effects))
	}
}
