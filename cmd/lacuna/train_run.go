package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"lacuna/dataio"
	"lacuna/dataset"
	"lacuna/experiment"
	"lacuna/figure"
	"lacuna/flow"
	"lacuna/internal/atomicfile"
	"lacuna/internal/progress"
	"lacuna/internal/rng"
	"lacuna/internal/trajectory"
	"lacuna/model"
	"lacuna/study"
	"lacuna/tensor"
)

// trainRun is a run under way.
type trainRun struct {
	*experiment.Run // on standardised cells
	a               *app
	f               *trainFlags
	scaling         tensor.Scaling
	counter         *progress.Counter
	live            *trajectory.Live // nil: nobody watches
	saved           time.Time
	result          flow.Result
}

func runTrain(ctx context.Context, a *app, f *trainFlags) error {
	a.begin()
	if f.output == pipe {
		a.leaveStandardOutput()
	}
	var earlier *checkpoint
	if f.resume != "" {
		var err error
		if earlier, err = loadCheckpoint(f.resume); err != nil {
			return err
		}
		f.resumed(earlier)
		if f.checkpoint == "" {
			f.checkpoint = f.resume
		}
	}
	if err := f.check(); err != nil {
		return err
	}
	if err := checkOutputs(f.settings.Data, f.output, f.picture, f.factors, f.exported, f.checkpoint, f.live); err != nil {
		return err
	}
	r := &trainRun{a: a, f: f, counter: new(progress.Counter), saved: time.Now()}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if earlier != nil {
		if err := r.restore(earlier); err != nil {
			return err
		}
	}
	if f.live != "" {
		var err error
		heading := trajectory.Heading{Title: f.title(), Blocks: r.Model.Blocks(), Threshold: float64(f.settings.Threshold)}
		if r.live, err = trajectory.NewLive(f.live, heading, r.Path.Records); err != nil {
			return inputError(err)
		}
	}
	stop := a.progress("training", r.counter)
	defer stop()
	r.result = r.Follow(ctx, r.watch)
	stop()
	if r.live != nil {
		last := r.Path.Last()
		r.unwatched(r.live.End(&last, r.ending()))
	}
	return r.finish()
}

// prepare makes data, model and integrator.
func (r *trainRun) prepare(ctx context.Context) error {
	s := r.f.settings
	known, err := r.f.data(ctx, r.a)
	if err != nil {
		return err
	}
	cells := experiment.Cells{Train: known}
	if s.Observed < 1 {
		cells.Train, cells.Test = known.Split(1-float64(s.Observed), rng.New(s.DataSeed, "observed").Rand)
		if cells.Train.Len() == 0 {
			return inputError(fmt.Errorf("--observed %v leaves no cell to train on: give a larger share", s.Observed))
		}
	}
	if s.Patience > 0 {
		cells.Train, cells.HeldOut = cells.Train.Split(float64(s.HoldOut), rng.New(s.DataSeed, "held out").Rand)
		if cells.HeldOut.Len() == 0 || cells.Train.Len() == 0 {
			return inputError(fmt.Errorf("--hold-out %v of %s leaves none for --patience to watch, or none to train on: give another share",
				s.HoldOut, count(cells.HeldOut.Len()+cells.Train.Len(), "training cell")))
		}
	}
	how, mode, err := parseStandardise(s.Standardise, known.Modes)
	if err != nil {
		return usageError{err}
	}
	if s.Shape != "" && how == tensor.StandardiseNone {
		cells.Truth = dataset.SyntheticBlocks(known.Shape(), s.Rank, s.DataSeed)
	}
	r.scaling = tensor.FitScaling(cells.Train, how, mode)
	for _, part := range []**tensor.Observed{&cells.Train, &cells.Test, &cells.HeldOut} {
		if *part != nil {
			*part = r.scaling.Apply(*part)
		}
	}
	s.Trajectory = "all"
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	if s.Every == 0 && s.Descends() {
		s.Every = 100
	}
	depths, err := parseDepths(s.Depth.String(), known.Order())
	if err == nil && !s.Balanced && s.Model == "" {
		_, err = wholeDepths(depths)
	}
	if err != nil {
		return inputError(err)
	}
	m, err := r.f.begin(cells.Train, &s)
	if err != nil {
		return inputError(err)
	}
	if r.Run, err = experiment.Of(m, s, cells); err != nil {
		return usageError{err}
	}
	r.Layers = true
	return nil
}

// data reads the file, or makes the synthetic tensor, all of whose cells are known.
func (f *trainFlags) data(ctx context.Context, a *app) (*tensor.Observed, error) {
	s := &f.settings
	if s.Shape != "" {
		shape, err := experiment.ParseShape(s.Shape)
		if err != nil {
			return nil, usageError{fmt.Errorf("--synthetic: %w", err)}
		}
		if err := checkCells(shape); err != nil {
			return nil, err
		}
		return dataset.Synthetic(shape, s.Rank, float64(s.Noise), s.DataSeed), nil
	}
	table, err := f.input.readUntil(ctx, s.Data)
	if err != nil {
		return nil, err
	}
	adds := func(axis dataio.Axis) bool { return axis.Added > 0 }
	if f.input.FullGrid && !slices.ContainsFunc(table.Axes, adds) {
		return nil, usageError{errors.New("--full-grid has no effect: a run fills no cell, and no step is missing among the " +
			"labels: leave it out")}
	}
	for _, warning := range table.Warnings {
		a.warn("%s", warning)
	}
	return table.Observed(), nil
}

// watch shows where the run is, and now and then saves it.
func (r *trainRun) watch(s *experiment.Record) {
	r.counter.Note(fmt.Sprintf("%s evaluations, flow time %s, train MSE %s, rank %d",
		grouped(s.Evaluations), short(s.Time), short(s.TrainMSE), s.Rank))
	if r.live != nil {
		r.unwatched(r.live.Add(s))
	}
	if r.f.checkpoint != "" && time.Since(r.saved) > time.Minute {
		r.saved = time.Now()
		if err := r.save(r.f.checkpoint); err != nil {
			r.a.warn("%v", err)
		}
	}
}

// unwatched goes on without the file that others watch where it cannot be written.
func (r *trainRun) unwatched(err error) {
	if err != nil {
		r.a.warn("--live: %v", err)
		r.live = nil
	}
}

// finish writes what was asked for and tells how the run ended.
func (r *trainRun) finish() error {
	f := r.f
	interrupted := r.result.Status == flow.Interrupted
	if interrupted && f.checkpoint == "" {
		f.checkpoint = "train.checkpoint"
	}
	if f.checkpoint != "" {
		if err := r.save(f.checkpoint); err != nil {
			return err
		}
	}
	if err := r.writePath(f.output); err != nil {
		return err
	}
	if f.picture != "" {
		if err := figure.Save(f.picture, r.figure()); err != nil {
			return err
		}
	}
	if f.factors != "" {
		cp, norms := r.collapsed()
		if err := dataio.WriteFactors(f.factors, r.Cells.Train.Modes, cp, norms, r.scaling); err != nil {
			return err
		}
	}
	if f.exported != "" {
		if err := r.export(f.exported); err != nil {
			return err
		}
	}
	if err := r.tell(); err != nil {
		return err
	}
	switch r.result.Status {
	case flow.Interrupted:
		return withCode(exitInterrupted, fmt.Errorf("interrupted: go on with  lacuna train --resume %s", f.checkpoint))
	case flow.Diverged, flow.StepTooSmall, flow.Runaway:
		return withCode(exitUnmet, fmt.Errorf("the run ended without an answer: %s", r.ending()))
	}
	return nil
}

// writePath writes the trajectory to a file, or to standard output; "" is nowhere.
func (r *trainRun) writePath(to string) error {
	switch to {
	case "":
		return nil
	case pipe:
		return trajectory.Write(r.a.stdout, ".npz", &r.Path)
	}
	return atomicfile.Write(to, func(w io.Writer) error { return trajectory.Write(w, to, &r.Path) })
}

// collapsed is the ordinary CP model that the run ended in, blocks in falling order of norm, and their norms.
func (r *trainRun) collapsed() (cp *tensor.CP, norms []float64) {
	recorded := r.Path.Last().Deep
	order := make([]int, len(recorded))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(recorded[b], recorded[a]) })
	for _, k := range order {
		norms = append(norms, recorded[k])
	}
	return r.Model.(experiment.Blockwise).CP(-1).Take(order), norms
}

// figure draws the run in the manner of Figure 2, against evaluations and against the logarithm of flow time.
func (r *trainRun) figure() *figure.Figure {
	threshold := float64(r.f.settings.Threshold)
	if m, ok := r.Model.(experiment.Unfolded); ok {
		return r.unfolded(m, threshold)
	}
	byEvaluations, byTime := study.Norms(&r.Path, threshold, false), study.Norms(&r.Path, threshold, true)
	if test := r.Cells.Test; test == nil || test.Len() == 0 {
		byEvaluations.TestLoss, byTime.TestLoss = nil, nil
	}
	f := figure.BlockNorms(r.f.title(), byEvaluations, byTime)
	f.Charts = append(f.Charts, study.Measured(&r.Path, threshold)...)
	if len(f.Charts) == 4 {
		f.Columns = 2
	}
	return f
}

// unfolded draws the singular values of every unfolding against evaluations.
func (r *trainRun) unfolded(m experiment.Unfolded, threshold float64) *figure.Figure {
	var panels []figure.NormPanel
	for _, u := range m.Unfoldings() {
		panel := study.Norms(&r.Path, threshold, false)
		panel.Title, panel.Singular, panel.Norms = u.Name, true, panel.Norms[u.From:u.To]
		if test := r.Cells.Test; test == nil || test.Len() == 0 {
			panel.TestLoss = nil
		}
		panels = append(panels, panel)
	}
	f := figure.BlockNorms(r.f.title(), panels...)
	f.Charts = append(f.Charts, study.Measured(&r.Path, threshold)...)
	if len(f.Charts) > 3 {
		f.Columns = 2
	}
	return f
}

func (f *trainFlags) title() string {
	s := &f.settings
	start := s.Start + " start"
	switch {
	case s.From != "":
		start = "start of a file"
	case s.Balanced:
		start = string(model.BalancedChain) + " start"
	}
	if s.Network() {
		size := "full size"
		if s.Bond > 0 {
			size = fmt.Sprintf("indices up to %d", s.Bond)
		}
		return fmt.Sprintf("%s, depth %s, %s, %s", s.Model, s.Depth, start, size)
	}
	return fmt.Sprintf("depth %s, %s, %s", s.Depth, start, count(s.Blocks, "block"))
}

var statusWords = map[flow.Status]string{
	flow.Converged:       "the training error reached its limit",
	flow.SmallGradient:   "the gradient reached its limit",
	flow.Equilibrium:     "a stationary point: nothing moves any more",
	flow.TimeLimit:       "the limit of flow time was reached",
	flow.EvaluationLimit: "the limit of gradient evaluations was reached",
	flow.WallLimit:       "the limit of time was reached",
	flow.NoImprovement:   "the held-out error no longer improved",
	flow.Runaway:         "a block ran away: its norm grew far beyond that of the data",
	flow.StepTooSmall:    "no step, however small, met the tolerance",
	flow.Diverged:        "the loss is no longer finite",
	flow.Interrupted:     "interrupted",
}

// ending says why the run ended, in the words of its model, and of one that diverged what to do. A loss that is infinite at the start is so at any
// rate, and the flow has none.
func (r *trainRun) ending() string {
	words, s := statusWords[r.result.Status], &r.f.settings
	switch {
	case r.result.Status == flow.Runaway && s.Network():
		return "a singular value ran away: it grew far beyond the norm of the data"
	case r.result.Status != flow.Diverged:
		return words
	}
	if len(r.Path.Records) > 1 && s.Descends() && flow.Method(s.Integrator) != flow.Adaptive {
		return words + ": take a smaller rate"
	}
	return words + ": take a smaller start"
}

// farBeyond is how many times the norm of the data the flow, too, takes for suspicious at most.
const farBeyond = 10

// trainResult is what `lacuna train --json` prints. docs/cli.md describes every field.
type trainResult struct {
	Status         string          `json:"status"`
	Observed       int             `json:"observed"`
	Test           int             `json:"test"`
	Order          int             `json:"order"`
	Shape          []int           `json:"shape"`
	Blocks         int             `json:"blocks"`
	Unfoldings     []unfoldingRank `json:"unfoldings,omitempty"`
	EffectiveRank  int             `json:"effective_rank"`
	Evaluations    int             `json:"evaluations"`
	Steps          int             `json:"steps"`
	Rejected       int             `json:"rejected_steps"`
	FlowTime       number          `json:"flow_time"`
	TrainLoss      number          `json:"train_loss"`
	TrainMSE       number          `json:"train_mse"`
	TestMSE        number          `json:"test_mse"`
	HeldOutMSE     number          `json:"held_out_mse"`
	EmergenceTimes []number        `json:"emergence_times"`
	Seconds        number          `json:"seconds"`
	Output         string          `json:"output,omitempty"`
	Figure         string          `json:"figure,omitempty"`
	Factors        string          `json:"factors,omitempty"`
	Export         string          `json:"export,omitempty"`
	Checkpoint     string          `json:"checkpoint,omitempty"`
	Settings       json.RawMessage `json:"settings"`

	grown float64 // the largest block or singular value over the norm of the data; 0 where the status says that it ran away
}

// unfoldingRank is how many singular values of an unfolding are above the threshold.
type unfoldingRank struct {
	Name string `json:"name"`
	Rank int    `json:"rank"`
	Of   int    `json:"of"`
}

// unfoldings are the ranks of the unfoldings at the end; nil for a model of blocks.
func (r *trainRun) unfoldings() []unfoldingRank {
	m, ok := r.Model.(experiment.Unfolded)
	if !ok {
		return nil
	}
	var out []unfoldingRank
	for _, u := range m.Unfoldings() {
		values := r.Path.Last().Deep[u.From:u.To]
		out = append(out, unfoldingRank{u.Name, model.EffectiveRank(values, float64(r.f.settings.Threshold)), len(values)})
	}
	return out
}

func (r *trainRun) tell() error {
	f, train, last := r.f, r.Cells.Train, r.Path.Last()
	result := trainResult{
		Status: string(r.result.Status), Observed: train.Len(), Order: train.Order(), Shape: train.Shape(),
		Blocks: r.Model.Blocks(), Unfoldings: r.unfoldings(), EffectiveRank: r.result.Rank, Evaluations: r.result.Evaluations, Steps: r.result.Steps,
		Rejected: r.result.Rejected, FlowTime: number(r.result.Time), TrainLoss: number(r.result.Loss),
		TrainMSE: number(r.result.MSE),
		TestMSE:  number(last.TestMSE), HeldOutMSE: number(last.HeldOut), EmergenceTimes: []number{},
		Seconds: number(r.result.Wall.Seconds()),
		Output:  f.output, Figure: f.picture, Factors: f.factors, Export: f.exported, Checkpoint: f.checkpoint, Settings: f.description(),
	}
	if r.Cells.Test != nil {
		result.Test = r.Cells.Test.Len()
	}
	if size := r.Model.DataNorm(); size > 0 && r.result.Status != flow.Runaway {
		result.grown = slices.Max(last.Deep) / size
	}
	for _, t := range r.result.EmergenceTimes() {
		result.EmergenceTimes = append(result.EmergenceTimes, number(t))
	}
	return r.a.finish(result, func() string { return result.summary(r.ending()) })
}

func (t *trainResult) summary(why string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "Stopped: %s.\n", why)
	fmt.Fprintf(&s, "%s gradient evaluations in %s s, to flow time %s.\n",
		grouped(t.Evaluations), short(float64(t.Seconds)), short(float64(t.FlowTime)))
	fmt.Fprintf(&s, "Mean squared error: %s on %s", short(float64(t.TrainMSE)), count(t.Observed, "observed cell"))
	if t.Test > 0 {
		fmt.Fprintf(&s, ", %s on %s", short(float64(t.TestMSE)), count(t.Test, "test cell"))
	}
	what := "Blocks"
	if t.Unfoldings == nil {
		fmt.Fprintf(&s, ".\nEffective rank %d of %s.", t.EffectiveRank, count(t.Blocks, "block"))
	} else {
		var ranks []string
		for _, u := range t.Unfoldings {
			ranks = append(ranks, fmt.Sprintf("%d of %d (%s)", u.Rank, u.Of, u.Name))
		}
		fmt.Fprintf(&s, ".\nRank of the unfoldings: %s.", strings.Join(ranks, ", "))
		what = "Singular values"
	}
	if len(t.EmergenceTimes) > 0 {
		const most = 20
		var times []string
		for _, emerged := range t.EmergenceTimes[:min(most, len(t.EmergenceTimes))] {
			times = append(times, short(float64(emerged)))
		}
		more := ""
		if left := len(t.EmergenceTimes) - most; left > 0 {
			more = fmt.Sprintf(", and %d more times", left)
		}
		fmt.Fprintf(&s, " %s emerged at flow times %s%s.", what, strings.Join(times, ", "), more)
	}
	if t.grown > farBeyond {
		fmt.Fprintf(&s, "\nThe largest %s is %s times the norm of the data: it may be running away.",
			strings.ToLower(strings.TrimSuffix(what, "s")), short(t.grown))
	}
	var written []string
	for _, path := range []string{t.Output, t.Figure, t.Factors, t.Export, t.Checkpoint} {
		if path != "" && path != pipe {
			written = append(written, path)
		}
	}
	if len(written) > 0 {
		fmt.Fprintf(&s, "\nWrote %s.", strings.Join(written, ", "))
	}
	return s.String()
}
