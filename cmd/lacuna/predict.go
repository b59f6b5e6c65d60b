package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lacuna"
	"lacuna/dataio"
	"lacuna/internal/atomicfile"
	"lacuna/internal/summary"
	"lacuna/tensor"
)

// saveFit writes a fit to a file.
func saveFit(path string, c *lacuna.Completion) error {
	return atomicfile.Write(path, func(w io.Writer) error { return c.Save(w) })
}

func newPredict(a *app) *cobra.Command {
	f := new(completeFlags)
	var fit string
	command := &cobra.Command{
		Use:   "predict FIT TABLE",
		Short: "Fill the gaps of a further table with a fit that complete --save has saved",
		Long: `predict fills the gaps of TABLE with the fit that lacuna complete --save FIT has saved, without refitting: the values,
errors and intervals are those that the completion gave, or would have given, to the same cells.

TABLE has the modes of the table that was fitted, with the same names, in any order, and is read as complete reads it. Its
labels may be fewer, and those of one mode may be new ones. A new label needs some known values: from them and the fit
its own factors are drawn. What the fit knows of the other labels learns nothing from them, and where the mode has an
order, the place of a new label in it is not used; complete the whole table again where that matters. Known values of
labels that the fit has seen are left as they are and change nothing.`,
		Example: `  lacuna complete stations.csv -o filled.csv --save stations.fit
  lacuna predict stations.fit further.csv -o further.filled.csv`,
		Args: arguments("FIT", "TABLE"),
		RunE: func(command *cobra.Command, args []string) error {
			fit, f.file, f.files = args[0], args[1], args[1:]
			if command.Flags().Changed("interval") && f.interval == 0 {
				return usageError{errors.New("--interval 0: give a share in percent, such as 90")}
			}
			if len(f.input.Order) > 0 && !f.input.FullGrid && f.draws == 0 {
				return usageError{fmt.Errorf("--order %s has no effect, the fit settles what the labels are and the table the "+
					"order of the rows: leave it out", f.input.Order[0])}
			}
			return runPredict(command.Context(), a, f, fit)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.output, "output", "o", "",
		"write the filled table here, - for standard output (default: TABLE with .filled before its ending)")
	flags.Float64Var(&f.interval, "interval", 0,
		"add columns lacuna_low and lacuna_high that hold this share of values, in percent, such as 90")
	flags.IntVar(&f.draws, "draws", 0,
		"write so many tables that differ in the filled values instead, as complete --draws does")
	a.jsonFlag(command)
	a.progressFlag(command)
	f.input.register(flags)
	f.input.registerCensored(flags)
	return command
}

// predictResult is what `lacuna predict --json` prints. docs/cli.md describes every field.
type predictResult struct {
	Status    string   `json:"status"`
	Filled    int      `json:"filled"`
	Censored  int      `json:"censored,omitempty"`
	Draws     int      `json:"draws,omitempty"`
	NewMode   string   `json:"new_mode,omitempty"`
	NewLabels []string `json:"new_labels,omitempty"`
	Used      int      `json:"used"` // known values from which new labels were learnt
	Warnings  []string `json:"warnings"`
	Output    string   `json:"output,omitempty"`
}

func runPredict(ctx context.Context, a *app, f *completeFlags, path string) error {
	a.begin()
	f.noise, f.effort, f.engine.engine = "auto", 1, "local"
	if err := f.check(a.json); err != nil {
		return err
	}
	if err := checkOutputs(path, f.output); err != nil {
		return err
	}
	fit, err := loadFit(path)
	if err != nil {
		return err
	}
	f.input.further = true
	table, err := f.input.readUntil(ctx, f.files...)
	if err != nil {
		return err
	}
	if f.output == pipe {
		a.leaveStandardOutput()
	} else if f.draws == 0 {
		if err := table.CheckOutput(f.output); err != nil {
			return fileError(err)
		}
	}
	if err := f.checkPlaces(table); err != nil {
		return err
	}
	m, err := match(fit, table)
	if err == nil {
		err = m.limit(table.Censored())
	}
	if err != nil {
		return inputError(fmt.Errorf("%s: %w", table.Path, err))
	}
	censored := table.Reading.Censored.All()
	result := &predictResult{
		Status: "finished", Filled: table.Gaps() - censored, Censored: censored, Draws: f.draws, NewMode: m.newMode, NewLabels: m.newLabels, Used: m.used,
		Warnings: append([]string{}, table.Warnings...),
	}
	if spare := table.Known() - m.used; spare > 0 {
		result.Warnings = append(result.Warnings, fmt.Sprintf("%s of labels that the fit has seen: left as they are, the "+
			"fit learns nothing from them", count(spare, "known value")))
	}
	for _, warning := range result.Warnings {
		a.warn("%s", warning)
	}
	if err := m.write(a, f, table); err != nil {
		return fileError(err)
	}
	if f.output != pipe {
		result.Output = f.output
	}
	return a.finish(result, func() string {
		words := fmt.Sprintf("Filled %s with the fit of %s known values.", count(result.Filled, "gap")+summary.BetweenLimits(censored),
			grouped(fit.Observed.Len()-fit.Observed.Censored()))
		if len(m.newLabels) > 0 {
			words += fmt.Sprintf(" %s of %s learnt from %s.", count(len(m.newLabels), "new label"), m.newMode,
				count(m.used, "known value"))
		}
		return words + fmt.Sprintf(" Wrote %s.", f.outputName())
	})
}

func loadFit(path string) (*lacuna.Completion, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, inputError(err)
	}
	defer file.Close()
	fit, err := lacuna.LoadFit(file)
	if err != nil {
		return nil, inputError(fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "lacuna: ")))
	}
	return fit, nil
}

// matched is a fit, with what leads from the cells of a table to its own.
type matched struct {
	fit       *lacuna.Completion
	mode      []int     // mode[n] of the table is mode n of the fit
	label     [][]int32 // label[n][i]: index in the fit of the label that has index i in mode[n] of the table
	newMode   string
	newLabels []string
	used      int
}

// match finds the modes and labels of a table in a fit, which it extends by those that are new.
func match(fit *lacuna.Completion, table *dataio.Table) (*matched, error) {
	m := &matched{fit: fit}
	o := table.Observed()
	if o.Order() != fit.Observed.Order() {
		return nil, fmt.Errorf("the table has the modes %s, the fit has %s", namesOfModes(o.Modes), namesOfModes(fit.Observed.Modes))
	}
	extended := -1
	for n, known := range fit.Observed.Modes {
		at := slices.IndexFunc(o.Modes, func(mode tensor.Mode) bool { return mode.Name == known.Name })
		if at < 0 {
			return nil, fmt.Errorf("there is no mode %s: the table has %s, the fit has %s. Name the columns as they were named "+
				"when it was saved", known.Name, namesOfModes(o.Modes), namesOfModes(fit.Observed.Modes))
		}
		position := make(map[string]int32, len(known.Labels))
		for i, label := range known.Labels {
			position[label] = int32(i)
		}
		labels := make([]int32, len(o.Modes[at].Labels))
		var further []string
		for i, label := range o.Modes[at].Labels {
			place, there := position[label]
			if !there {
				place = int32(len(known.Labels) + len(further))
				further = append(further, label)
			}
			labels[i] = place
		}
		m.mode, m.label = append(m.mode, at), append(m.label, labels)
		if len(further) == 0 {
			continue
		}
		if extended >= 0 {
			return nil, fmt.Errorf("%s=%s and %s=%s are new to the fit: labels of one mode can be new, not of two. Complete the "+
				"whole table again", m.newMode, m.newLabels[0], known.Name, further[0])
		}
		extended, m.newMode, m.newLabels = n, known.Name, further
	}
	if extended < 0 {
		return m, nil
	}
	return m, m.extend(extended, table)
}

// extend learns the new labels of a mode from their known cells.
func (m *matched) extend(mode int, table *dataio.Table) (err error) {
	first := int32(len(m.fit.Observed.Modes[mode].Labels))
	index := make([][]int32, len(m.mode))
	var values []float64
	known := make([]bool, len(m.newLabels))
	all := m.index(table.Observed().Index)
	for c, i := range all[mode] {
		if i < first {
			continue
		}
		for n := range index {
			index[n] = append(index[n], all[n][c])
		}
		values = append(values, table.Observed().Values[c])
		known[i-first] = true
	}
	if k := slices.Index(known, false); k >= 0 {
		return fmt.Errorf("%s=%s is new to the fit and has no known value: give some of its values, or leave its rows out",
			m.newMode, m.newLabels[k])
	}
	m.used = len(values)
	m.fit, err = m.fit.Extend(mode, m.newLabels, index, values)
	return err
}

// limit gives the fit the limits of the table's cells.
func (m *matched) limit(c *dataio.Censored) (err error) {
	if c == nil {
		return nil
	}
	m.fit, err = m.fit.WithLimits(&lacuna.Censored{Index: m.index(c.Index), Low: c.Low, High: c.High})
	return err
}

// index are the coordinates in the fit of cells of the table.
func (m *matched) index(cells [][]int32) [][]int32 {
	out := make([][]int32, len(cells))
	for n, at := range m.mode {
		out[n] = make([]int32, len(cells[at]))
		for c, i := range cells[at] {
			out[n][c] = m.label[n][i]
		}
	}
	return out
}

func (m *matched) write(a *app, f *completeFlags, table *dataio.Table) error {
	if f.draws > 0 {
		fill := func(index [][]int32, values [][]float64) { m.fit.Draws(0, m.index(index), values) }
		return a.writeDraws(table, fill, f.output, f.draws)
	}
	censored := table.Censored() != nil
	fill, extra := summary.Fill(m.fit, f.interval/100, censored), summary.Extra(f.interval/100, censored)
	inFit := func(index [][]int32, out []dataio.Filled) { fill(m.index(index), out) }
	if f.output == pipe {
		return table.WriteAllTo(a.stdout, inFit, extra...)
	}
	return table.WriteAll(f.output, inFit, extra...)
}

func namesOfModes(modes []tensor.Mode) string {
	names := make([]string, len(modes))
	for n, mode := range modes {
		names[n] = mode.Name
	}
	return strings.Join(names, ", ")
}
