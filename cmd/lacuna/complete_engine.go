package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lacuna"
	"lacuna/study"
)

// checkEngine refuses what goes ill with --engine, and chooses the directory of its files.
func (f *completeFlags) checkEngine() error {
	slurm, err := f.engine.slurm()
	switch {
	case err != nil:
		return err
	case !slurm && f.engineDir != "":
		return usageError{errors.New("--engine-dir is where --engine slurm keeps its files: give both, or neither")}
	case !slurm || f.engineDir != "":
		return nil
	case f.file == pipe:
		return usageError{errors.New("--engine slurm keeps files beside the table, which is standard input here: " +
			"name their directory with --engine-dir")}
	}
	f.engineDir, f.tidyEngine = strings.TrimSuffix(f.file, filepath.Ext(f.file))+".slurm", true
	return nil
}

// startEngine makes the directory of the engine and holds it until release; both are nil without --engine slurm.
func (f *completeFlags) startEngine() (slurm *lacuna.Slurm, release func() error, err error) {
	if f.engineDir == "" {
		return nil, nil, nil
	}
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	version, err := programVersion(program)
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(f.engineDir, 0o777); err != nil {
		return nil, nil, inputError(err)
	}
	release, err = study.Hold(f.engineDir)
	if errors.Is(err, study.ErrBusy) {
		return nil, nil, inputError(fmt.Errorf("another process fills a table with the files in %s: wait for it, or name "+
			"another directory with --engine-dir", f.engineDir))
	}
	return &lacuna.Slurm{
		Dir: f.engineDir, Command: []string{program, "complete-task"}, Tasks: f.engine.tasks, Options: f.engine.options,
		Version: version,
	}, release, err
}

// endEngine removes the files of the engine, unless the user named their directory.
func (f *completeFlags) endEngine(slurm *lacuna.Slurm, release func() error) error {
	if slurm == nil || !f.tidyEngine {
		return nil
	}
	if err := slurm.Remove(); err != nil {
		return err
	}
	if err := errors.Join(release(), os.Remove(filepath.Join(slurm.Dir, study.LockName))); err != nil {
		return err
	}
	os.Remove(slurm.Dir) // stays where there is something else in it
	return nil
}

// goesOn tells, after what was interrupted, how to go on.
func (f *completeFlags) goesOn() string {
	if f.engineDir == "" {
		return ""
	}
	return fmt.Sprintf("; what Slurm has done is in %s, and the same command goes on from there", f.engineDir)
}

// programVersion is the version of this program; of one that was not built from a commit, by the sum of its file.
func programVersion(path string) (string, error) {
	info := buildVersion()
	version := info.Version + " " + info.Revision
	if info.Revision != "" && !info.Modified {
		return version, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return version + " " + hex.EncodeToString(sum.Sum(nil)[:8]), err
}

// newCompleteTask is what a task of --engine slurm runs.
func newCompleteTask(*app) *cobra.Command {
	return &cobra.Command{
		Use:    "complete-task DIR ARRAY TASK",
		Short:  "Sample the chains of one task of a job array",
		Hidden: true,
		Args:   arguments("DIR", "ARRAY", "TASK"),
		RunE: func(command *cobra.Command, args []string) error {
			array, errArray := strconv.Atoi(args[1])
			task, errTask := strconv.Atoi(args[2])
			if errArray != nil || errTask != nil {
				return usageError{errors.New("ARRAY and TASK are numbers")}
			}
			return runCompleteTask(command.Context(), args[0], array, task)
		},
	}
}

func runCompleteTask(ctx context.Context, dir string, array, task int) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	version, err := programVersion(program)
	if err != nil {
		return err
	}
	return lacuna.RunTask(ctx, dir, array, task, runtime.GOMAXPROCS(0), version)
}
