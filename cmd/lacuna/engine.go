package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// engineFlags say where the parts of a command run.
type engineFlags struct {
	engine  string
	tasks   int
	options []string
}

// register adds the flags; parts are what is dealt out.
func (f *engineFlags) register(flags *pflag.FlagSet, parts string) {
	flags.StringVar(&f.engine, "engine", "local", "where to run: local, or slurm for job arrays")
	flags.IntVar(&f.tasks, "tasks", 0, "tasks of a Slurm array (default: one a "+parts+", up to 200)")
	flags.StringArrayVar(&f.options, "slurm-option", nil,
		"a further option of sbatch, such as --slurm-option=--partition=short")
}

// slurm reports whether to use Slurm. It refuses flags that have no effect then.
func (f *engineFlags) slurm() (bool, error) {
	switch {
	case f.engine != "local" && f.engine != "slurm":
		return false, usageError{fmt.Errorf("--engine %s is unknown, choose local or slurm", f.engine)}
	case f.tasks < 0:
		return false, usageError{fmt.Errorf("--tasks %d: give a number above 0", f.tasks)}
	case f.engine == "slurm":
		return true, nil
	case f.tasks > 0:
		return false, usageError{errors.New("--tasks is about the arrays of Slurm: give --engine slurm with it")}
	case len(f.options) > 0:
		return false, usageError{errors.New("--slurm-option is for sbatch: give --engine slurm with it")}
	}
	return false, nil
}
