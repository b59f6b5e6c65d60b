package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lacuna/figure"
	"lacuna/flow"
	"lacuna/internal/trajectory"
	"lacuna/loss"
	"lacuna/model"
)

// trainSettings is what decides the path of a run. It is saved in checkpoints and printed by --json.
type trainSettings struct {
	File      string      `json:"file,omitempty"`
	Input     inputFlags  `json:"input"`
	Synthetic string      `json:"synthetic,omitempty"` // shape, such as 10x10x10x10
	TrueRank  int         `json:"true_rank,omitempty"`
	Noise     float64     `json:"noise,omitempty"`
	DataSeed  uint64      `json:"data_seed"`
	Share     float64     `json:"observed_share"`
	Scale     string      `json:"standardise"`
	Loss      string      `json:"loss"`
	Blocks    int         `json:"blocks"`
	Depth     string      `json:"depth"`
	Balanced  bool        `json:"balanced"`
	DType     model.DType `json:"dtype"`
	Start     model.Start `json:"start"`
	SigmaW    float64     `json:"sigma_w"`
	SigmaA    float64     `json:"sigma_a"`
	Diagonal  float64     `json:"diagonal,omitempty"`
	Seed      uint64      `json:"start_seed"`
	Method    flow.Method `json:"integrator"`
	Scheme    string      `json:"scheme,omitempty"`
	Tolerance float64     `json:"tolerance,omitempty"`
	Rate      float64     `json:"rate,omitempty"`
	Threshold float64     `json:"threshold"`
	Every     int         `json:"every,omitempty"`
	HoldOut   float64     `json:"hold_out,omitempty"`
	Patience  int         `json:"patience,omitempty"`
}

// trainFlags is what the user of `lacuna train` asked for.
type trainFlags struct {
	settings trainSettings

	stop    flow.Stop
	maxTime seconds
	threads int

	output, picture, factors string
	checkpoint, resume       string
}

func newTrain(a *app) *cobra.Command {
	f := new(trainFlags)
	s := &f.settings
	command := &cobra.Command{
		Use:   "train [FILE]",
		Short: "Follow the gradient flow of one model, with everything in your hands",
		Long: `train makes one run of deep CP factorisation from a near-zero start and records it: flow time, gradient
evaluations, losses, unbalancedness, and the norm of every block at every step. The data are those of FILE, in any
format that complete reads, or with --synthetic those of a random tensor of low rank.

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
			if f.resume == "" {
				return nil
			}
			return onlyWithResume(command, args)
		},
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 1 {
				s.File = args[0]
			}
			return runTrain(command.Context(), a, f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false

	flags.StringVar(&s.Synthetic, "synthetic", "", "make the data: a random tensor of this shape, such as 10x10x10x10")
	flags.IntVar(&s.TrueRank, "true-rank", 5, "CP rank of the synthetic tensor")
	flags.Float64Var(&s.Noise, "noise", 0, "deviation of the noise on the synthetic tensor, over the tensor's own")
	flags.Uint64Var(&s.DataSeed, "data-seed", 1, "seed of the synthetic tensor and of the choice of observed cells")
	flags.Float64Var(&s.Share, "observed", 0, "share of the known cells to train on, the rest being test cells (default 0.2 with --synthetic, else 1)")
	s.Input.register(flags)
	flags.StringVar(&s.Scale, "standardise", "", "none, global, auto, or the name of a mode (default none with --synthetic, else auto)")

	flags.StringVar(&s.Depth, "depth", "0", "matrices in every chain: one number, or one a mode, separated by commas")
	flags.IntVar(&s.Blocks, "blocks", 500, "number of blocks R, large on purpose")
	flags.BoolVar(&s.Balanced, "collapsed", false, "follow balanced chains collapsed to their vectors; any depth costs the same, fractions allowed")
	flags.StringVar((*string)(&s.DType), "dtype", string(model.Float64), "type of the numbers: "+list(model.DTypes())+"; float32 to explore")
	flags.StringVar((*string)(&s.Start), "start", string(model.Gaussian), "start: "+list(model.Starts()))
	flags.Float64Var(&s.SigmaW, "sigma-w", 0.01, "standard deviation of the entries of the vectors w")
	flags.Float64Var(&s.SigmaA, "sigma-a", 0.1, "standard deviation of the entries of the matrices A")
	flags.Float64Var(&s.Diagonal, "diagonal", 1, "diagonal of the matrices, for --start diagonal")
	flags.Uint64Var(&s.Seed, "seed", 1, "seed of the start")
	flags.StringVar(&s.Loss, "loss", loss.Square.Name(), "loss: "+strings.Join(loss.Names(), ", "))

	flags.StringVar((*string)(&s.Method), "integrator", string(flow.Implicit), "integrator: "+list(flow.Methods()))
	flags.StringVar(&s.Scheme, "scheme", "", "scheme of the flow integrator: "+strings.Join(flow.Schemes(), ", "))
	flags.Float64Var(&s.Tolerance, "tolerance", 0.01, "error of a step, of every factor relative to its norm")
	flags.Float64Var(&s.Rate, "rate", 0.01, "learning rate of gd and normalised")
	flags.Float64Var(&s.Threshold, "threshold", 1, "norm above which a block counts as emerged")
	flags.IntVar(&s.Every, "every", 0, "record every so many steps (default 1; 100 for gd and normalised)")

	flags.Float64Var(&f.stop.TrainMSE, "until-mse", 1e-14, "stop at this mean squared error on the observed cells")
	flags.Float64Var(&f.stop.GradientNorm, "until-gradient", 0, "stop at this norm of the gradient")
	flags.Float64Var(&f.stop.Time, "until-time", 1e60, "stop at this flow time")
	flags.IntVar(&f.stop.Evaluations, "max-evaluations", 0, "stop after so many gradient evaluations (default 100,000; 10 million for gd and normalised)")
	flags.Float64Var(&f.stop.Runaway, "until-runaway", 1e4, "stop when a block's norm exceeds this times the norm of the data")
	flags.Var(&f.maxTime, "max-time", "stop after so much time, such as 90s or 5m")
	flags.IntVar(&s.Patience, "patience", 0, "stop when the held-out error has not improved for so many records")
	flags.Float64Var(&s.HoldOut, "hold-out", 0.1, "share of the training cells that --patience watches")
	flags.IntVar(&f.threads, "threads", 0, "threads (default: all processors); the result does not depend on it")

	flags.StringVarP(&f.output, "output", "o", "", "write the trajectory to this file: ."+strings.Join(trajectory.Formats(), ", ."))
	flags.StringVar(&f.picture, "figure", "", "draw the norm of every block and the losses: ."+strings.Join(figure.Formats(), ", ."))
	flags.StringVar(&f.factors, "factors", "", "write the collapsed CP factors with their labels to this .npz file")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "save the run to this file every minute, and when it is interrupted (default when interrupted: train.checkpoint)")
	flags.StringVar(&f.resume, "resume", "", "go on with the run of this checkpoint")
	a.jsonFlag(command)
	return command
}

// resumable are the flags that may be given with --resume; all others come from the checkpoint.
var resumable = []string{
	"resume", "until-mse", "until-gradient", "until-time", "max-evaluations", "until-runaway", "max-time", "threads",
	"output", "figure", "factors", "checkpoint", "json", "quiet",
}

// onlyWithResume refuses settings that would change the run that is gone on with.
func onlyWithResume(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("--resume takes the data from the checkpoint: leave %s out", args[0])}
	}
	var err error
	command.Flags().Visit(func(flag *pflag.Flag) {
		if err == nil && !slices.Contains(resumable, flag.Name) {
			err = usageError{fmt.Errorf("--%s is settled by the checkpoint: leave it out, or start a new run", flag.Name)}
		}
	})
	return err
}

func list[T ~string](names []T) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = string(name)
	}
	return strings.Join(words, ", ")
}

// outputs lists what the run is to write, for a check before the work starts.
func (f *trainFlags) outputs() []string {
	return slices.DeleteFunc([]string{f.output, f.picture, f.factors, f.checkpoint}, func(path string) bool { return path == "" })
}

// check refuses what can be refused before any data are read.
func (f *trainFlags) check() error {
	s := &f.settings
	switch {
	case (s.File == "") == (s.Synthetic == ""):
		return usageError{fmt.Errorf("give either a FILE of data or --synthetic SHAPE")}
	case s.Blocks < 1:
		return usageError{fmt.Errorf("--blocks %d: at least one block is needed", s.Blocks)}
	case s.Synthetic != "" && s.TrueRank < 1:
		return usageError{fmt.Errorf("--true-rank %d: give a rank above 0", s.TrueRank)}
	case !(s.Noise >= 0):
		return usageError{fmt.Errorf("--noise %v: give 0 or more", s.Noise)}
	case s.Share < 0 || s.Share > 1:
		return usageError{fmt.Errorf("--observed %v: give a share between 0 and 1", s.Share)}
	case s.Patience > 0 && !(s.HoldOut > 0 && s.HoldOut < 1):
		return usageError{fmt.Errorf("--hold-out %v: give a share between 0 and 1", s.HoldOut)}
	case !slices.Contains(model.DTypes(), s.DType):
		return usageError{fmt.Errorf("--dtype %s is unknown, choose one of %s", s.DType, list(model.DTypes()))}
	case s.Balanced && s.DType != model.Float64:
		return usageError{fmt.Errorf("--dtype %s: chains that are --collapsed are float64: leave one of the two out", s.DType)}
	case !slices.Contains(model.Starts(), s.Start):
		return usageError{fmt.Errorf("--start %s is unknown, choose one of %s", s.Start, list(model.Starts()))}
	case !slices.Contains(flow.Methods(), s.Method):
		return usageError{fmt.Errorf("--integrator %s is unknown, choose one of %s", s.Method, list(flow.Methods()))}
	}
	if s.Share == 0 {
		s.Share = 1
		if s.Synthetic != "" {
			s.Share = 0.2
		}
	}
	if s.Scale == "" {
		s.Scale = "auto"
		if s.Synthetic != "" {
			s.Scale = "none"
		}
	}
	f.stop.Wall = time.Duration(f.maxTime)
	f.stop.Patience = s.Patience
	if err := checkEnding("-o", f.output, trajectory.Formats()); err != nil {
		return err
	}
	if err := checkEnding("--factors", f.factors, []string{"npz"}); err != nil {
		return err
	}
	return checkEnding("--figure", f.picture, figure.Formats())
}
