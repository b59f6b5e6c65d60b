package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lacuna/experiment"
	"lacuna/figure"
	"lacuna/flow"
	"lacuna/internal/trajectory"
	"lacuna/model"
)

// trainFlags is what the user of `lacuna train` asked for.
type trainFlags struct {
	settings experiment.Settings // Data is FILE, "" with --synthetic
	input    inputFlags

	output, picture, factors string
	checkpoint, resume, live string
	exported                 string
}

func newTrain(a *app) *cobra.Command {
	f := new(trainFlags)
	s := &f.settings
	command := &cobra.Command{
		Use:   "train [FILE]",
		Short: "Follow the gradient flow of one model, with everything in your hands",
		Long: `train makes one run of deep CP factorisation from a near-zero start and records it: flow time, gradient
evaluations, losses, unbalancedness, and the norm of every block at every step. The data are those of FILE, in any
format that complete reads, - for standard input, or with --synthetic those of a random tensor of low rank.

The run ends at the first stop rule that applies. Ctrl-C writes a checkpoint and says how to go on.`,
		Example: `  lacuna train --synthetic 10x10x10x10 --observed 0.2 --depth 1 --figure run.svg -o run.parquet
  lacuna train stations.csv --depth 2 --blocks 64 --start balanced --figure run.png
  lacuna train --resume run.checkpoint --figure run.svg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%q is one argument too many", args[1])}
			}
			return nil
		},
		PreRunE: func(command *cobra.Command, args []string) error {
			if err := withoutZeros(command, s); err != nil {
				return err
			}
			switch {
			case f.resume != "":
				return onlyWithResume(command, args)
			case s.From != "":
				if err := onlyWithFrom(command, s); err != nil {
					return err
				}
			}
			if err := onlyWithBlocks(command, s); err != nil {
				return err
			}
			return f.onlyWithEffect(command)
		},
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.Data = args[0]
			}
			if f.output == pipe && a.json {
				return usageError{errors.New("--json and -o - both want standard output: give -o a file name, " +
					"or take the result from standard error with --progress json")}
			}
			return runTrain(command.Context(), a, f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false

	f.input.register(flags)
	for _, setting := range s.Flags() {
		setFlag(flags, setting)
	}
	flags.Var((*seconds)(&s.Wall), "max-time", "stop after so much time, such as 90s or 5m")
	flags.IntVar(&s.Threads, "threads", 0, "threads (default: all processors); the result does not depend on it")

	flags.StringVarP(&f.output, "output", "o", "",
		"write the trajectory to this file: ."+strings.Join(trajectory.Formats(), ", .")+
			"; - for standard output, as .npz")
	flags.StringVar(&f.picture, "figure", "",
		"draw the norm of every block and the losses: ."+strings.Join(figure.Formats(), ", ."))
	flags.StringVar(&f.factors, "factors", "", "write the collapsed CP factors with their labels to this .npz file")
	flags.StringVar(&s.From, "from", "", "start from the parameters in this .npz file, which --export has written, or "+
		"another program in the same layout")
	flags.StringVar(&f.exported, "export", "", "write all parameters w and A at the end, and the cells, to this .npz file")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "save the run to this file every minute, and when it is interrupted "+
		"(default when interrupted: train.checkpoint)")
	flags.StringVar(&f.resume, "resume", "", "go on with the run of this checkpoint")
	flags.StringVar(&f.live, "live", "", "write the run to this .jsonl file while it is under way, "+
		"for lacuna serve --watch")
	a.jsonFlag(command)
	a.progressFlag(command)
	return command
}

// resumable are the flags that may be given with --resume, beside the stop rules; all others come from the checkpoint.
var resumable = []string{
	"resume", "max-time", "threads", "output", "figure", "factors", "export", "checkpoint", "live", "json", "quiet",
	"progress",
}

// onlyWithResume refuses settings that would change the run that is gone on with.
func onlyWithResume(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("--resume takes the data from the checkpoint: leave %s out", args[0])}
	}
	var err error
	allowed := slices.Clone(resumable)
	for _, f := range new(experiment.Settings).Flags() {
		if f.Kind == experiment.Stop {
			allowed = append(allowed, f.Name)
		}
	}
	command.Flags().Visit(func(flag *pflag.Flag) {
		if err == nil && !slices.Contains(allowed, flag.Name) {
			err = usageError{fmt.Errorf("--%s is settled by the checkpoint: leave it out, or start a new run", flag.Name)}
		}
	})
	return err
}

// withoutZeros refuses a 0 that would be taken for the default.
func withoutZeros(command *cobra.Command, s *experiment.Settings) error {
	for _, setting := range s.Flags() {
		if instead := s.Zero(setting); instead != "" && command.Flags().Changed(setting.Name) {
			return usageError{fmt.Errorf("--%s 0: 0 stands for the default: %s, or leave it out", setting.Name, instead)}
		}
	}
	return nil
}

// onlyWithFrom refuses settings that the file of the start settles.
func onlyWithFrom(command *cobra.Command, s *experiment.Settings) error {
	for _, name := range settledBy(s) {
		if command.Flags().Changed(name) {
			return usageError{fmt.Errorf("--%s is settled by the file of --from: leave it out", name)}
		}
	}
	return nil
}

// onlyWithBlocks refuses settings of blocks where the model has none, and leaves their defaults out.
func onlyWithBlocks(command *cobra.Command, s *experiment.Settings) error {
	if !s.Network() {
		return nil
	}
	for _, name := range []string{"blocks", "diagonal"} {
		if command.Flags().Changed(name) {
			return usageError{fmt.Errorf("--%s has no effect on --model %s, which has no blocks: leave it out", name, s.Model)}
		}
	}
	s.Blocks, s.Diagonal = 0, 0
	return nil
}

// onlyWithEffect refuses flags that the others leave nothing to decide.
func (f *trainFlags) onlyWithEffect(command *cobra.Command) error {
	s := &f.settings
	given := command.Flags().Changed
	deep := slices.ContainsFunc(s.Depth, func(k float64) bool { return k > 0 })
	collapsed := s.Balanced || s.Model == "balanced"
	ofMatrices := slices.Contains([]model.Start{model.Diagonal, model.Kaiming, model.RankOne}, model.Start(s.Start))
	for _, flag := range []struct {
		name, only string
		acts       bool
	}{
		{"true-rank", "is about the tensor of --synthetic", s.Shape != ""},
		{"noise", "is about the tensor of --synthetic", s.Shape != ""},
		{
			"data-seed", "draws the tensor of --synthetic and the cells that --observed below 1 or --patience sets aside",
			s.Shape != "" || s.Observed > 0 && s.Observed < 1 || s.Patience > 0,
		},
		{"hold-out", "is the share that --patience watches", s.Patience > 0},
		{"start", "is balanced-chain in chains that are collapsed", !collapsed},
		{"start", "draws matrices, such as those of --depth 1, at " + s.Start, deep || !ofMatrices || s.Network()},
		{
			"sigma-a", "is for matrices, such as those of --depth 1, whose start draws them with a deviation: gaussian, diagonal, " +
				"rank-one",
			deep && !collapsed && (ofMatrices && s.Start != string(model.Kaiming) || s.Start == string(model.Gaussian)),
		},
		{"diagonal", "is for --start diagonal", s.Start == string(model.Diagonal)},
		{"rate", "is for integrators with a rate, such as gd", s.Descends() && s.Integrator != string(flow.Adaptive)},
		{"tolerance", "is for integrators that control their error, such as flow", !s.Descends()},
		{"scheme", "is for --integrator flow", s.Integrator == string(flow.Implicit)},
		{"batch-seed", "is for --batch and --label-noise", s.Batch > 0 || s.LabelNoise != 0},
	} {
		if given(flag.name) && !flag.acts {
			return usageError{fmt.Errorf("--%s has no effect, it %s: leave it out", flag.name, flag.only)}
		}
	}
	if s.Shape == "" {
		return nil
	}
	reading := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(inputFlags).register(reading)
	var err error
	reading.VisitAll(func(flag *pflag.Flag) {
		if err == nil && given(flag.Name) {
			err = usageError{fmt.Errorf("--%s has no effect, it says how a FILE is read, and --synthetic makes the data: "+
				"leave it out", flag.Name)}
		}
	})
	return err
}

// check refuses what can be refused before any data are read.
func (f *trainFlags) check() error {
	s := &f.settings
	s.ResolveModel()
	switch {
	case (s.Data == "") == (s.Shape == ""):
		return usageError{fmt.Errorf("give either a FILE of data or --synthetic SHAPE")}
	case s.Blocks < 1 && !s.Network():
		return usageError{fmt.Errorf("--blocks %d: at least one block is needed", s.Blocks)}
	case s.Shape != "" && s.Rank < 1:
		return usageError{fmt.Errorf("--true-rank %d: give a rank above 0", s.Rank)}
	case !(s.Noise >= 0):
		return usageError{fmt.Errorf("--noise %v: give 0 or more", s.Noise)}
	case s.Observed < 0 || s.Observed > 1:
		return usageError{fmt.Errorf("--observed %v: give a share between 0 and 1", s.Observed)}
	case s.Patience > 0 && !(s.HoldOut > 0 && s.HoldOut < 1):
		return usageError{fmt.Errorf("--hold-out %v: give a share between 0 and 1", s.HoldOut)}
	case !slices.Contains(model.DTypes(), model.DType(s.DType)):
		return usageError{fmt.Errorf("--dtype %s is unknown, choose one of %s", s.DType, experiment.List(model.DTypes()))}
	case s.Balanced && s.DType != string(model.Float64):
		return usageError{fmt.Errorf("--dtype %s: --balanced chains, collapsed to their vectors, are float64: "+
			"leave one of the two out", s.DType)}
	case !slices.Contains(model.Starts(), model.Start(s.Start)):
		return usageError{fmt.Errorf("--start %s is unknown, choose one of %s", s.Start, experiment.List(model.Starts()))}
	case s.SigmaIs != "" && s.SigmaIs != experiment.Deviation && s.SigmaIs != experiment.Variance:
		return usageError{fmt.Errorf("--sigma-is %s is unknown, choose %s or %s", s.SigmaIs, experiment.Deviation,
			experiment.Variance)}
	case !slices.Contains(flow.Methods(), flow.Method(s.Integrator)):
		return usageError{fmt.Errorf("--integrator %s is unknown, choose one of %s", s.Integrator,
			experiment.List(flow.Methods()))}
	}
	if err := checkThreads(s.Threads); err != nil {
		return err
	}
	if _, flag, is := s.Negative(); flag != "" {
		return usageError{fmt.Errorf("--%s %v: give no number below 0", flag, is)}
	}
	if err := s.CheckMeasure(); err != nil {
		return usageError{err}
	}
	if err := s.CheckNetwork(); err != nil {
		return usageError{err}
	}
	if s.Observed == 0 {
		s.Observed = 1
		if s.Shape != "" {
			s.Observed = 0.2
		}
	}
	if s.Standardise == "" {
		s.Standardise = "auto"
		if s.Shape != "" {
			s.Standardise = "none"
		}
	}
	if f.output != pipe {
		if err := checkEnding("-o", f.output, trajectory.Formats()); err != nil {
			return err
		}
	}
	if err := checkEnding("--factors", f.factors, []string{"npz"}); err != nil {
		return err
	}
	if f.exported != "" && s.Balanced {
		return usageError{errors.New("--export: --balanced chains are collapsed to their vectors and have no w and A: " +
			"leave one of the two out, or take --factors")}
	}
	if f.factors != "" && s.Network() {
		return usageError{fmt.Errorf("--factors: --model %s has no blocks to write: leave one of the two out, or take --export for "+
			"all parameters", s.Model)}
	}
	if err := checkEnding("--live", f.live, []string{"jsonl"}); err != nil {
		return err
	}
	for flag, path := range map[string]string{"--export": f.exported, "--from": s.From} {
		if err := checkEnding(flag, path, []string{"npz"}); err != nil {
			return err
		}
	}
	return checkEnding("--figure", f.picture, figure.Formats())
}
