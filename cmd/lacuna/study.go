package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lacuna/figure"
	"lacuna/internal/atomicfile"
	"lacuna/internal/progress"
	"lacuna/study"
)

// studyFlags is what the user of `lacuna study run` and `resume` asked for.
type studyFlags struct {
	dir     string
	data    string
	workers int
	engine  engineFlags
	retry   bool
}

func newStudy(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "study",
		Short: "Run many trainings and keep what they came to",
		Long: `study runs every combination of the settings in a TOML file, on the cores of this machine or as Slurm job
arrays, and keeps the results in a directory. It can be killed at any moment and goes on where it was.`,
		Args: cobra.ArbitraryArgs,
		RunE: groupOnly,
	}
	command.AddCommand(newStudyRun(a), newStudyResume(a), newStudyStatus(a), newStudyTable(a))
	command.AddCommand(newStudyPlot(a), newStudyExport(a), newStudyTask(a))
	return command
}

func (f *studyFlags) register(flags *pflag.FlagSet) {
	flags.IntVar(&f.workers, "workers", 0, "runs at a time (default: one a core)")
	f.engine.register(flags, "run")
	flags.StringVar(&f.data, "data", "", "directory that holds the tables meteo_uk.csv and ccds_p17.csv")
}

func newStudyRun(a *app) *cobra.Command {
	f := new(studyFlags)
	command := &cobra.Command{
		Use:   "run SPEC",
		Short: "Run the study that a TOML file describes",
		Example: `  lacuna study run depth.toml --dir depth

depth.toml:
  observed = 0.2
  depth = [0, 1, 2, 3]
  sigma_a = [0.1, 0.01]
  seed = "1..20"`,
		Args: arguments("SPEC"),
		RunE: func(command *cobra.Command, args []string) error {
			runs, err := study.Load(args[0])
			if err != nil {
				return inputError(err)
			}
			if f.dir == "" {
				f.dir = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".study"
			}
			return runStudy(command.Context(), a, f, runs)
		},
	}
	command.Flags().StringVar(&f.dir, "dir", "", "directory of the study (default: SPEC with the ending .study)")
	f.register(command.Flags())
	a.jsonFlag(command)
	return command
}

func newStudyResume(a *app) *cobra.Command {
	f := new(studyFlags)
	command := &cobra.Command{
		Use:   "resume DIR",
		Short: "Go on with a study that was interrupted",
		Args:  arguments("DIR"),
		RunE: func(command *cobra.Command, args []string) error {
			f.dir = args[0]
			return runStudy(command.Context(), a, f, nil)
		},
	}
	command.Flags().BoolVar(&f.retry, "retry", false, "do the runs again that failed")
	f.register(command.Flags())
	a.jsonFlag(command)
	return command
}

// dataFolders is where the real data sets may lie.
func dataFolders(dir string) *study.Data {
	data := &study.Data{Dir: dir}
	if cache, err := os.UserCacheDir(); err == nil {
		data.Cache = filepath.Join(cache, "lacuna", "meteo-uk")
	}
	return data
}

// runStudy does the given runs, or those that are pending where runs is nil.
func runStudy(ctx context.Context, a *app, f *studyFlags, runs []study.Settings) error {
	slurm, err := f.slurm()
	if err != nil {
		return err
	}
	s, err := study.Open(f.dir, runs != nil)
	if err != nil {
		return inputError(err)
	}
	defer s.Close()
	if f.retry {
		if _, err := s.Ledger.Retry(); err != nil {
			return err
		}
	}
	options := study.Options{
		Runner: dataFolders(f.data).Train, Workers: f.workers, Slurm: slurm, Version: buildVersion().Version,
	}
	counter := new(progress.Counter)
	options.Progress = func(p study.Progress) {
		counter.Set(float64(p.Done+p.Failed), float64(p.Total))
		counter.Note(studyWords(p))
	}
	stop := a.progress("study", counter)
	defer stop()
	err = s.Run(ctx, runs, options)
	stop()
	switch {
	case errors.Is(err, context.Canceled):
		return withCode(exitInterrupted, fmt.Errorf("interrupted: go on with  lacuna study resume %s", f.dir))
	case errors.Is(err, study.ErrBusy):
		return inputError(err)
	case err != nil:
		return err
	}
	p, err := tellStudy(a, s)
	if err == nil && p.Failed > 0 {
		failed := count(p.Failed, "run")
		err = withCode(exitUnmet, fmt.Errorf("%s failed; lacuna study table %s gives the reasons", failed, f.dir))
	}
	return err
}

// slurm is how to use Slurm, nil for the local engine.
func (f *studyFlags) slurm() (*study.Slurm, error) {
	use, err := f.engine.slurm()
	if err != nil || !use {
		return nil, err
	}
	if f.workers != 0 {
		return nil, usageError{errors.New("--workers is about the cores of this machine: give --tasks with --engine slurm")}
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := []string{program, "study", "task"}
	if f.data != "" {
		data, err := filepath.Abs(f.data)
		if err != nil {
			return nil, err
		}
		command = append(command, "--data", data)
	}
	return &study.Slurm{Command: command, Tasks: f.engine.tasks, Options: f.engine.options}, nil
}

// newStudyTask is what a Slurm task runs.
func newStudyTask(*app) *cobra.Command {
	var data string
	command := &cobra.Command{
		Use:    "task DIR ROUND TASK",
		Short:  "Do the runs of one task of a job array",
		Hidden: true,
		Args:   arguments("DIR", "ROUND", "TASK"),
		RunE: func(command *cobra.Command, args []string) error {
			round, errRound := strconv.Atoi(args[1])
			task, errTask := strconv.Atoi(args[2])
			if errRound != nil || errTask != nil {
				return usageError{fmt.Errorf("ROUND and TASK are numbers")}
			}
			return study.RunTask(command.Context(), args[0], round, task, dataFolders(data).Train, buildVersion().Version)
		},
	}
	command.Flags().StringVar(&data, "data", "", "directory of the data sets")
	return command
}

func studyWords(p study.Progress) string {
	words := fmt.Sprintf("%s of %s done", grouped(p.Done), count(p.Total, "run"))
	if p.Failed > 0 {
		words += fmt.Sprintf(", %s failed", grouped(p.Failed))
	}
	if best := float64(p.Best); !math.IsNaN(best) {
		words += ", least test error " + short(best)
	}
	return words
}

// studyStatus is what `lacuna study status --json` prints.
type studyStatus struct {
	Directory string       `json:"directory"`
	Total     int          `json:"total"`
	Done      int          `json:"done"`
	Failed    int          `json:"failed"`
	Pending   int          `json:"pending"`
	Best      study.Number `json:"best_test_mse"`
	BestID    string       `json:"best_id,omitempty"`
}

func tellStudy(a *app, s *study.Study) (study.Progress, error) {
	p, err := s.Status()
	if err != nil {
		return p, err
	}
	if a.json {
		return p, a.printJSON(studyStatus{s.Dir, p.Total, p.Done, p.Failed, p.Total - p.Done - p.Failed, p.Best, p.BestID})
	}
	a.say("%s: %s.", s.Dir, studyWords(p))
	return p, nil
}

// withStudy runs f on the study in a directory, and all its runs.
func withStudy(dir string, f func(*study.Study, []study.Run) error) error {
	s, err := study.Open(dir, false)
	if err != nil {
		return inputError(err)
	}
	defer s.Close()
	runs, err := s.Ledger.Runs()
	if err != nil {
		return err
	}
	return f(s, runs)
}

func newStudyStatus(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "status DIR",
		Short: "Tell how far a study is",
		Args:  arguments("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			return withStudy(args[0], func(s *study.Study, _ []study.Run) error {
				_, err := tellStudy(a, s)
				return err
			})
		},
	}
	a.jsonFlag(command)
	return command
}

func newStudyTable(a *app) *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use:   "table DIR",
		Short: "Print the runs of a study, one a line",
		Args:  arguments("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			return withStudy(args[0], func(_ *study.Study, runs []study.Run) error {
				if a.json {
					return study.WriteJSON(a.stdout, runs)
				}
				return studyTable(a, runs, all)
			})
		},
	}
	command.Flags().BoolVar(&all, "all", false, "all columns, not only the result and those in which runs differ")
	a.jsonFlag(command)
	return command
}

func studyTable(a *app, runs []study.Run, all bool) error {
	columns, rows := study.Table(runs)
	varied := study.Varied(rows)
	always := []string{"state", "status", "test_mse", "effective_rank"}
	var shown []int
	for c, name := range columns {
		if all || slices.Contains(varied, c) || slices.Contains(always, name) {
			shown = append(shown, c)
		}
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	line := func(values []string) {
		words := make([]string, len(shown))
		for k, c := range shown {
			words[k] = values[c]
			if !all {
				words[k] = narrow(values[c])
			}
		}
		fmt.Fprintln(table, strings.Join(words, "\t"))
	}
	line(columns)
	for _, row := range rows {
		line(row)
	}
	return table.Flush()
}

// narrow shortens the long numbers of a cell for the screen.
func narrow(text string) string {
	words := strings.Fields(text)
	for k, word := range words {
		if x, err := strconv.ParseFloat(word, 64); err == nil && len(word) > 8 {
			words[k] = strconv.FormatFloat(x, 'g', 4, 64)
		}
	}
	return strings.Join(words, " ")
}

func newStudyPlot(a *app) *cobra.Command {
	var output, id string
	command := &cobra.Command{
		Use:   "plot DIR",
		Short: "Draw effective rank and test loss by depth, or the path of one run",
		Args:  arguments("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkEnding("-o", output, figure.Formats()); err != nil {
				return err
			}
			if err := checkOutputs("", output); err != nil {
				return err
			}
			return withStudy(args[0], func(s *study.Study, runs []study.Run) error { return plotStudy(a, s, runs, output, id) })
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "study.svg",
		"write the picture here: ."+strings.Join(figure.Formats(), ", ."))
	command.Flags().StringVar(&id, "run", "", "draw the block norms of this run, which must have kept its trajectory")
	return command
}

func plotStudy(a *app, s *study.Study, runs []study.Run, output, id string) error {
	picture := study.ByDepth(filepath.Base(s.Dir), runs)
	if id != "" {
		k := slices.IndexFunc(runs, func(run study.Run) bool { return run.ID == id })
		if k < 0 {
			return inputError(fmt.Errorf("%s has no run %s: lacuna study table %s lists them", s.Dir, id, s.Dir))
		}
		path, err := s.Trajectory(id)
		if err != nil {
			return err
		}
		if path == nil {
			return inputError(fmt.Errorf("run %s kept no trajectory: put  trajectory = \"all\"  into the specification", id))
		}
		picture = figure.BlockNorms("run "+id, study.Panel(runs[k], path, false), study.Panel(runs[k], path, true))
		picture.Charts = append(picture.Charts, study.Measured(path, float64(runs[k].Settings.Threshold))...)
		if len(picture.Charts) == 4 {
			picture.Columns = 2
		}
	}
	if err := figure.Save(output, picture); err != nil {
		return err
	}
	a.say("Wrote %s.", output)
	return nil
}

func newStudyExport(a *app) *cobra.Command {
	var output string
	command := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the runs of a study to a file",
		Args:  arguments("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkEnding("-o", output, []string{"csv", "json"}); err != nil {
				return err
			}
			if err := atomicfile.Check(output); err != nil {
				return inputError(err)
			}
			return withStudy(args[0], func(_ *study.Study, runs []study.Run) error {
				if err := study.Export(output, runs); err != nil {
					return err
				}
				a.say("Wrote %s: %s.", output, count(len(runs), "run"))
				return nil
			})
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "study.csv",
		"write them here: a table for .csv, all that is known for .json")
	return command
}
