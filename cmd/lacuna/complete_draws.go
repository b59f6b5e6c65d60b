package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"lacuna/dataio"
)

// mostDraws is more than any use of draws asks for.
const mostDraws = 10_000

// checkDraws refuses what goes ill with --draws, and chooses the output's name.
func (f *completeFlags) checkDraws() error {
	switch {
	case f.draws == 0:
		return nil
	case f.draws < 1 || f.draws > mostDraws:
		return usageError{fmt.Errorf("--draws %d: give a number from 1 to %d, such as 20", f.draws, mostDraws)}
	case f.interval > 0:
		return usageError{errors.New("--draws and --interval: draws have no interval, they are what it is made of. " +
			"Give one of the two")}
	}
	if f.output == "" {
		f.output = drawsName(f.file)
	}
	if f.output == pipe {
		return nil
	}
	return checkEnding("--draws: -o", f.output, dataio.DrawFormats())
}

// drawsName is the default output of --draws: a CSV, but an array for an array and Parquet for Parquet.
func drawsName(path string) string {
	if path == pipe {
		return pipe
	}
	stem := strings.TrimSuffix(path, ".gz")
	ending := ".csv"
	if dot := strings.LastIndexByte(stem, '.'); dot > strings.LastIndexAny(stem, `/\`)+1 {
		switch strings.ToLower(stem[dot:]) {
		case ".npy", ".npz":
			ending = ".npz"
		case ".parquet":
			ending = ".parquet"
		}
		stem = stem[:dot]
	}
	return stem + ".draws" + ending
}

// writeDraws writes the draws of a table in place of the filled table.
func (a *app) writeDraws(table *dataio.Table, fill dataio.DrawCells, path string, draws int) error {
	if path != pipe {
		return table.WriteDraws(path, draws, fill)
	}
	out := bufio.NewWriter(a.stdout)
	if err := table.WriteDrawsTo(out, draws, fill); err != nil {
		return err
	}
	return out.Flush()
}
