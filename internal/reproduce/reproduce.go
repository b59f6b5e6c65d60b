// Package reproduce computes every figure and table of the experiments of Hariz et al. 2022 and sets our values
// beside the published ones.
//
// Run does one item, or all, and leaves in a directory: the figures in the paper's form, reproduction.json,
// reproduction.md, reproduction.html, and the studies with every run. It can be stopped, or killed, and started again:
// finished runs are not done twice.
package reproduce

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lacuna/figure"
	"lacuna/flow"
	"lacuna/study"
)

// Options of Run.
type Options struct {
	Out      string       // directory for everything that is written; made if it is not there; needed
	Data     *study.Data  // where the real data lie; nil means nowhere: items that need them are skipped
	Quick    bool         // a small version
	Runs     int          // runs of Figures 4 and 5 for each rule; 0 means 1,500, or 24 when Quick
	Rule     string       // one of Rules, or "all"; "" means flow
	Starts   int          // starts for each depth of Figures 2 and 3; 0 means 10, or 2 when Quick
	Steps    int          // of the rules with a rate; 0 means 5,000, or 1,000 when Quick
	Epsilon  float64      // of Adam; 0 means 1e-8
	SigmaIs  string       // what the paper's σ is, experiment.Deviation or Variance; "" means as the rule has it
	Workers  int          // runs at a time; 0 means one a core
	Slurm    *study.Slurm // run on a cluster; its tasks must do runs with Data.Train
	Version  string       // of the program
	Progress func(item string, p study.Progress)
}

// Entry is one line of reproduction.json: a published value beside ours.
type Entry struct {
	Item          string       `json:"item"`
	Rule          string       `json:"rule"`     // the update rule that it is judged under, one of Rules
	Depth         *int         `json:"depth"`    // null: all depths
	Observed      study.Number `json:"observed"` // share of the cells
	Paper         study.Number `json:"paper"`    // published value; null where there is no number
	Ours          study.Number `json:"ours"`
	Low           study.Number `json:"low"` // 95 % interval of Ours, where it is a share or a median of many runs
	High          study.Number `json:"high"`
	Runs          int          `json:"runs"`     // that the value is of
	Censored      int          `json:"censored"` // runs of the same kind whose end is not known, and that it is not of
	EffectiveRank *int         `json:"effective_rank"`
	Claim         string       `json:"claim"` // what the values are, and what is claimed of them
	Holds         bool         `json:"holds"`
	Undecided     bool         `json:"undecided"`     // the runs do not tell
	TooFew        bool         `json:"too_few_runs"`  // they do not because they are too few
	Why           string       `json:"why,omitempty"` // why not
}

// Section is what came of one item.
type Section struct {
	Item    string
	Rule    string
	Title   string
	Paper   string   // what the paper reports
	Found   []string // what we found, a paragraph each
	Figures []string // files in Options.Out, without their endings
	Entries []Entry
	Runs    int
	Failed  int
	Seconds float64 // wall time of this call; runs that were there already take none
	Skipped string  // why it could not be done
}

// Result is a whole reproduction.
type Result struct {
	Sections []Section
	Quick    bool
	Steps    int      // of the rules with a rate
	SigmaIs  string   // "" means as the rules have it
	Epsilon  float64  // of Adam; 0 means its default
	Rules    []string // in the order of the report's columns
	Version  string
}

// work is an item being done.
type work struct {
	Options
	ctx     context.Context
	rule    rule
	sharp   map[string]float64       // of solutions, by data and depth
	solved  map[string][][][]float64 // solutions, by data
	section *Section
}

// Run reproduces one of Items, or "all", and writes the report. Items whose data are not here are skipped, and the
// report says how to get them. It returns an error for an unknown item, a directory that cannot be written, or ctx's.
func Run(ctx context.Context, name string, o Options) (*Result, error) {
	wanted := slices.DeleteFunc(slices.Clone(items), func(i item) bool { return name != "all" && i.name != name })
	if len(wanted) == 0 {
		return nil, fmt.Errorf("reproduce: %q is unknown, choose one of %s, all", name, strings.Join(Items(), ", "))
	}
	judged, err := rulesOf(o.Rule)
	if err != nil {
		return nil, err
	}
	if o.Data == nil {
		o.Data = &study.Data{}
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return nil, err
	}
	result := &Result{Quick: o.Quick, Steps: o.steps(), SigmaIs: o.SigmaIs, Epsilon: o.Epsilon, Version: o.Version}
	for _, r := range judged {
		result.Rules = append(result.Rules, r.name)
	}
	sharp, solved := map[string]float64{}, map[string][][][]float64{}
	for _, i := range wanted {
		for _, r := range judged {
			if i.flowOnly && r.apply != nil && o.Rule == "all" {
				continue
			}
			w := &work{
				Options: o, ctx: ctx, rule: r, sharp: sharp, solved: solved,
				section: &Section{Item: i.name, Rule: r.name, Title: i.title, Paper: i.paper},
			}
			began := time.Now()
			err := i.do(w)
			switch {
			case errors.Is(err, study.ErrNoData):
				w.section.Skipped = err.Error()
			case err != nil:
				return nil, fmt.Errorf("%s, %s: %w", i.name, r.name, err)
			}
			w.section.Seconds = time.Since(began).Seconds()
			result.Sections = append(result.Sections, *w.section)
			if err := result.write(o.Out); err != nil {
				return nil, err
			}
		}
	}
	return result, nil
}

// do completes the runs of a study under Out and returns them, finished, in order.
func (w *work) do(name string, settings []study.Settings) ([]study.Run, *study.Study, error) {
	for i := range settings {
		if err := w.adapt(&settings[i]); err != nil {
			return nil, nil, err
		}
	}
	s, err := study.Open(filepath.Join(w.Out, "runs", w.named(name)), true)
	if err != nil {
		return nil, nil, err
	}
	err = s.Run(w.ctx, settings, study.Options{
		Runner: w.Data.Train, Workers: w.Workers, Slurm: w.Slurm, Version: w.Version,
		Progress: func(p study.Progress) {
			if w.Progress != nil {
				w.Progress(w.named(w.section.Item), p)
			}
		},
	})
	var runs []study.Run
	if err == nil {
		runs, err = s.Ledger.Runs()
	}
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	if text := ratesOf(settings); text != "" && !slices.Contains(w.section.Found, text) {
		w.section.Found = append(w.section.Found, text)
	}
	wanted := map[string]bool{}
	for _, set := range settings {
		wanted[set.ID()] = true
	}
	runs = slices.DeleteFunc(runs, func(r study.Run) bool { return !wanted[r.ID] })
	for i := range runs {
		runs[i].Outcome.CutOff = unfitted(runs[i])
	}
	w.section.Runs += len(runs)
	for _, run := range runs {
		if run.State == study.Failed {
			w.section.Failed++
		}
	}
	return runs, s, nil
}

// unfitted tells whether a run by a rule with a rate used up its steps with more than a hundredth of the mean square of
// the noiseless tensor left to fit: blocks were still to come.
func unfitted(r study.Run) bool {
	o := r.Outcome
	square := o.TestMSE / (o.RelativeTest * o.RelativeTest)
	return r.Settings.Data == "synthetic" && o.Descends && o.Status == string(flow.EvaluationLimit) && o.TrainMSE > square/100
}

// runs is do for items that need no trajectories.
func (w *work) runs(name string, settings []study.Settings) ([]study.Run, error) {
	runs, s, err := w.do(name, settings)
	if err != nil {
		return nil, err
	}
	return runs, s.Close()
}

// named is a name of an item's file or folder, with the rule unless that is the flow.
func (w *work) named(name string) string {
	if w.rule.apply == nil {
		return name
	}
	return name + "-" + w.rule.name
}

// picture writes a figure as SVG, PDF and PNG.
func (w *work) picture(name string, f *figure.Figure) error {
	name = w.named(name)
	for _, format := range figure.Formats() {
		if err := figure.Save(filepath.Join(w.Out, name+"."+format), f); err != nil {
			return err
		}
	}
	w.section.Figures = append(w.section.Figures, name)
	return nil
}

func (w *work) found(format string, values ...any) {
	w.section.Found = append(w.section.Found, fmt.Sprintf(format, values...))
}

func (w *work) entry(e Entry) {
	e.Item, e.Rule = w.section.Item, w.section.Rule
	e.Undecided = e.Undecided || e.TooFew
	if e.TooFew && e.Why == "" {
		e.Why = "fewer runs with a known end than a verdict takes"
	}
	e.Holds = e.Holds && !e.Undecided
	w.section.Entries = append(w.section.Entries, e)
}

func ref(x int) *int { return &x }

// depthOf is the depth of a run, which is one for all modes.
func depthOf(run study.Run) int {
	k, _ := run.Settings.Depth.Uniform()
	return int(k)
}

// chart draws an item of one chart.
func (w *work) chart(name string, chart figure.Chart) error {
	return w.picture(name, &figure.Figure{Charts: []figure.Chart{chart}, Width: 520, Height: 380})
}
