package report

import (
	"strconv"

	"lacuna/internal/page"
)

// body is the page below its title.
func (v *view) body() page.Lines {
	var l page.Lines
	v.head(&l)
	l.Add("<h2>How far to trust it</h2>")
	if v.Unknown {
		l.Add("<p>Too few cells were known to hide some of them and see how well they are predicted. " +
			"How far off the filled values are is not known.</p>")
	} else {
		v.trusted(&l)
	}
	if v.Filling != "" {
		l.Add("<h2>Two filled series</h2>")
		l.Add("<p>The one whose gaps have the largest error to be expected, beside its spread, and a typical one. "+
			"Filled values lie in their %s interval.</p>", v.Promise)
		l.Add(`<div class="pictures">%s</div>`, page.FigureOf("wide", v.Filling, ""))
	}
	l.Add("<h2>Where the gaps were</h2>")
	l.Add("<p>Yellow is fully known, dark blue is all gaps. Values in dark stretches lean on patterns learnt elsewhere in the " +
		"table.</p>")
	l.Add(`<div class="pictures">`)
	for _, m := range v.Maps {
		l.Add("%s", page.FigureOf("wide", m.SVG, m.Caption))
	}
	l.Add("</div>")
	if v.MoreMaps {
		l.Add(`<p class="dim small">Further pairs of modes are not drawn.</p>`)
	}
	if v.Rank > 0 {
		v.found(&l)
	}
	if len(v.Settings) > 0 {
		l.Add("<h2>How it was made</h2>")
		l.Add(`<div class="scroll"><table>`)
		for _, s := range v.Settings {
			l.Add("<tr><th>%s</th><td>%s</td></tr>", s.Name, s.Value)
		}
		l.Add("</table></div>")
	}
	l.Add(`<footer class="dim small">`)
	l.Add("<p>Made by lacuna%s%s.%s</p>", after(" ", v.Version), v.took(), within(" <code>%s</code>", v.Command))
	l.Add("</footer>")
	return l
}

// head is what was read, the tiles with the first figures, and the warnings.
func (v *view) head(l *page.Lines) {
	l.Add(`<p class="dim">%s cells of %s%s, by %s.`, v.Cells, v.ValueName, after(" in ", v.Unit), v.modes())
	between := ""
	if v.Censored > 0 {
		between = ", of " + count(v.Censored) + " limits were known"
	}
	l.Add("%s were known%s, %s were gaps.%s</p>", count(v.Observed.Len()), between, count(v.Gaps),
		within(" The filled table is in <code>%s</code>.", v.Output))
	tile := func(number, text string) {
		l.Add(`<div class="tile"><b>%s</b><span>%s</span></div>`, number, text)
	}
	unit := after(" ", v.Unit)
	l.Add(`<div class="tiles">`)
	tile(count(v.Filled), "gaps filled")
	if v.Censored > 0 {
		tile(count(v.Censored), word(v.Censored, "value", "values")+" filled between limits")
	}
	if v.Unknown {
		tile("unknown", "error of a filled cell")
	}
	switch {
	case !v.Expected:
	case v.Units != "":
		tile(number(v.FilledNRMSE), "error to be expected of a filled cell, over the spread of its "+v.Units+
			" (0 is perfect, 1 is no better than its mean)"+v.GiveOrTake)
	default:
		tile("± "+number(v.FilledRMSE)+unit, "error to be expected of a filled cell"+v.GiveOrTake)
		tile(number(v.FilledNRMSE), "the same relative to filling with the mean (0 is perfect, 1 is no better)")
	}
	switch {
	case v.Unknown:
	case v.Units != "":
		tile(number(v.NRMSE), "typical error of a hidden cell, over the spread of its "+v.Units)
	default:
		tile("± "+number(v.RMSE)+unit, "typical error of a hidden cell, "+number(v.NRMSE)+" relative to the mean")
	}
	if v.Rank > 0 {
		tile(strconv.Itoa(v.Rank), word(v.Rank, "pattern explains", "patterns explain")+" the table (its rank)")
	}
	l.Add("</div>")
	if v.Status != "" {
		l.Add(`<p class="warning">%s</p>`, v.Status)
	}
	for _, warning := range v.Warnings {
		l.Add(`<p class="warning">%s</p>`, warning)
	}
}

// trusted is what the hidden cells say.
func (v *view) trusted(l *page.Lines) {
	l.Add("<p>%s known cells were hidden in the shape of the gaps, predicted without them, and then compared. %s %s</p>",
		count(len(v.HeldOut)), v.Verdict, v.Better)
	l.Add(`<div class="pictures">`)
	l.Add("%s", page.FigureOf("half", v.Scatter, "Every point is a hidden cell. The closer to the line, the better."))
	if v.Calibration != "" {
		l.Add("%s", page.FigureOf("half", v.Calibration,
			"Do the error bars keep their word? On the line they do; below it they are too narrow, above it too wide."))
	}
	l.Add("</div>")
	if v.Intervals != "" {
		l.Add("<p>%s</p>", v.Intervals)
	} else {
		l.Add("<p>There are too few hidden cells to check the error bars against them.</p>")
	}
	if v.Errors != "" {
		v.large(l)
	}
	if v.Distances != "" {
		l.Add("<h3>Near known cells and far from them</h3>")
		l.Add("<p>%s</p>", v.Far)
		l.Add(`<div class="pictures">%s</div>`, page.FigureOf("wide", v.Distances, "The error over the spread of the values, "+
			"by the number of steps to the nearest known cell. A whisker is one standard error."))
	}
	if len(v.Baselines) > 0 {
		v.beside(l)
	}
}

// large is where errors are large.
func (v *view) large(l *page.Lines) {
	l.Add("<h3>Where errors are large</h3>")
	l.Add("<p>%s</p>", v.Where)
	l.Add(`<div class="pictures">%s</div>`, page.FigureOf("wide", v.Errors, "The error to be expected of the filled cells, "+
		"by label. A whisker is the standard error of it, where it is known."))
	if v.MoreLabels > 0 {
		l.Add(`<p class="dim small">Only the labels with the largest errors are drawn; %d with smaller ones are not.</p>`,
			v.MoreLabels)
	}
	if len(v.Labels) == 0 {
		return
	}
	l.Add(`<div class="scroll"><table>`)
	l.Add(`<tr><th>%s</th><th class="n">expected error</th><th class="n">over its spread</th>`+
		`<th class="n">error of hidden cells</th><th>filled values are</th></tr>`, v.Units)
	for _, line := range v.Labels {
		l.Add(`<tr><td>%s</td><td class="n">%s</td><td class="n">%s</td><td class="n">%s</td><td>%s</td></tr>`,
			line.Label, number(line.FilledRMSE), number(line.Size), number(line.HeldOutRMSE), line.Verdict)
	}
	l.Add("</table></div>")
}

// beside is the table of simple predictors. Where labels have units of their own, an error in one unit says nothing.
func (v *view) beside(l *page.Lines) {
	row := func(class page.HTML, name string, rmse, nrmse float64) {
		absolute := page.HTML("")
		if v.Units == "" {
			absolute = page.Format(`<td class="n">%s</td>`, number(rmse))
		}
		l.Add(`<tr%s><td>%s</td>%s<td class="n">%s</td></tr>`, class, name, absolute, number(nrmse))
	}
	l.Add("<h3>Beside simple predictors, on the hidden cells</h3>")
	l.Add(`<div class="scroll"><table>`)
	absolute := page.HTML("")
	if v.Units == "" {
		absolute = page.Format(`<th class="n">typical error%s</th>`, within(" (%s)", v.Unit))
	}
	l.Add(`<tr><th>predictor</th>%s<th class="n">relative to the mean</th></tr>`, absolute)
	row(` class="ours"`, "this completion", v.RMSE, v.NRMSE)
	for _, b := range v.Baselines {
		row("", b.Name, b.RMSE, b.NRMSE)
	}
	l.Add("</table></div>")
}

// found is the blocks.
func (v *view) found(l *page.Lines) {
	l.Add("<h2>What was found in the table</h2>")
	l.Add("<p>The table is described as a sum of %d %s, called blocks. A block is one profile for each of %s; its share in a "+
		"cell is the product of its profiles there. The norm says how much of the table a block carries.</p>",
		v.Rank, word(v.Rank, "pattern", "patterns"), v.modes())
	l.Add(`<div class="pictures">%s</div>`, page.FigureOf("wide", v.Emergence, ""))
	for _, block := range v.Rows {
		l.Add(`<section class="block">`)
		l.Add(`<h3>Block %d <span class="dim">norm %s, %s of the largest%s</span></h3>`, block.Number, number(block.Norm),
			block.Share, after("; emerged at flow time ", block.Emerged))
		l.Add(`<div class="pictures">`)
		for _, f := range block.Factors {
			l.Add("%s", page.FigureOf("factor", f.SVG, ""))
		}
		l.Add("</div>")
		l.Add("</section>")
	}
	reading := "They are in standardised units: a value of 0 means the table's average."
	if v.Nonnegative {
		reading = "No entry is negative: 0 means nothing of the block."
	}
	more := ""
	if v.MoreBlocks > 0 {
		more = " " + strconv.Itoa(v.MoreBlocks) + " smaller blocks are not drawn."
	}
	l.Add(`<p class="dim small">Profiles are scaled so that the largest entry of each is 1, except in the last mode, which `+
		`carries the size. %s%s</p>`, page.HTML(reading), more)
}

func (v *view) modes() string {
	names := ""
	for n, m := range v.Observed.Modes {
		if n > 0 {
			names += ", "
		}
		names += m.Name
	}
	return names
}

func (v *view) took() string {
	if v.Seconds == 0 {
		return ""
	}
	return " in " + number(v.Seconds) + " seconds"
}

// after is text behind a few words, or nothing.
func after(words, text string) string {
	if text == "" {
		return ""
	}
	return words + text
}

// within is text in its place in a format, or nothing.
func within(format, text string) page.HTML {
	if text == "" {
		return ""
	}
	return page.Format(format, text)
}

func word(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}
