package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"lacuna/internal/progress"
)

// app is what the commands share: where they write, and how much.
type app struct {
	stdout, stderr io.Writer
	summaries      io.Writer // where say prints: stdout, unless a table goes there
	terminal       bool      // stderr is a terminal
	json           bool      // one JSON document on stdout, and nothing else
	quiet          bool      // errors and warnings only
	events         bool      // standard error holds one JSON object a line: --progress json
}

func newApp(stdout, stderr *os.File) *app {
	return &app{stdout: stdout, stderr: stderr, summaries: stdout, terminal: term.IsTerminal(int(stderr.Fd()))}
}

// execute runs the command that args name and returns the exit code.
func execute(ctx context.Context, a *app, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	message := strings.TrimPrefix(err.Error(), "lacuna: ")
	if a.events {
		a.tell(event{Event: "error", Text: message, Code: exitCode(err)})
		return exitCode(err)
	}
	fmt.Fprintln(a.stderr, "lacuna: "+message)
	if isUsage(err) {
		fmt.Fprintf(a.stderr, "Try '%s --help'.\n", command.CommandPath())
	}
	return exitCode(err)
}

func newRoot(a *app) *cobra.Command {
	version := false // cobra's own --version prints by a template, which keeps every method of every type in the program
	root := &cobra.Command{
		Use:   "lacuna",
		Short: "Fill the holes in a table of any number of dimensions",
		Long: `lacuna fills the holes in a table of any number of dimensions and says how far to trust what it filled in: the
table is written as a sum of blocks, each a product of one vector a mode. And it is a laboratory for the gradient ` +
			`flow of
deep tensor factorisation, in which blocks emerge one at a time and nobody chooses a rank.

The main job:        lacuna complete stations.csv -o filled.csv
The laboratory:      lacuna train, theory, study, reproduce, bench`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(command *cobra.Command, args []string) error {
			if version {
				return runVersion(a)
			}
			return groupOnly(command, args)
		},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.Flags().BoolVar(&version, "version", false, "print the version")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{plainly(err)} })
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "print errors and warnings only")
	root.AddCommand(
		newComplete(a), newPredict(a), newTrain(a), newData(a), newStudy(a), newReproduce(a), newBench(a), newTheory(a),
		newServe(a), newVersion(a), newMan(root), newCompleteTask(a),
	)
	return root
}

// plainly says what a flag takes in place of how its text was parsed.
func plainly(err error) error {
	wrong := new(pflag.InvalidValueError)
	if !errors.As(err, &wrong) {
		return err
	}
	flag, cause := wrong.GetFlag(), errors.Unwrap(wrong)
	if takes, ok := map[string]string{
		"bool": "true or false", "int": "a whole number", "uint64": "a whole number from 0 on, below 2^64", "float64": "a number",
		"intSlice": "whole numbers with commas between", "float64Slice": "numbers with commas between",
	}[flag.Value.Type()]; ok {
		cause = errors.New("give " + takes)
	}
	if strings.HasPrefix(cause.Error(), "--"+flag.Name+" ") {
		return cause
	}
	return fmt.Errorf("--%s %s: %w", flag.Name, wrong.GetValue(), cause)
}

// groupOnly runs a command that only has others below it: it shows them, or refuses the unknown one.
func groupOnly(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("there is no command %q", args[0])}
	}
	return command.Help()
}

// usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// arguments checks the number of arguments, which are called names.
func arguments(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usageError{fmt.Errorf("%s is missing", names[len(args)])}
		case len(args) > len(names):
			return usageError{fmt.Errorf("%q is one argument too many", args[len(names)])}
		}
		return nil
	}
}

// jsonFlag gives a command the flag --json.
func (a *app) jsonFlag(command *cobra.Command) {
	command.Flags().BoolVar(&a.json, "json", false, "print one JSON document on standard output, and nothing else there")
}

// printJSON writes the one JSON document of a run with --json.
func (a *app) printJSON(document any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

// say prints a line of the result, which --json and --quiet silence.
func (a *app) say(format string, values ...any) {
	if !a.json && !a.quiet {
		fmt.Fprintf(a.summaries, format+"\n", values...)
	}
}

// warn prints a warning on standard error.
func (a *app) warn(format string, values ...any) {
	if a.events {
		a.tell(event{Event: "warning", Text: fmt.Sprintf(format, values...)})
		return
	}
	fmt.Fprintf(a.stderr, "lacuna: warning: "+format+"\n", values...)
}

// progress shows a counter on standard error until stop is called, unless --quiet forbids it, or --json a bar.
func (a *app) progress(title string, c *progress.Counter) (stop func()) {
	switch {
	case a.events && !a.quiet:
		return progress.ShowJSON(a.stderr, title, c)
	case a.json || a.quiet:
		return func() {}
	}
	return progress.Show(a.stderr, a.terminal, title, c)
}
