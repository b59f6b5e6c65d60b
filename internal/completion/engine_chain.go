package completion

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"os"
	"path/filepath"

	"lacuna/internal/jobarray"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// chainWork is all that the samples of a chain depend on.
type chainWork struct {
	Version string
	Cells   string // name of a file of cells
	Start   string `json:",omitempty"` // name of a file of a model; none: scattered

	Name       string // of the candidate
	Kind, Mode int    // of its standardisation
	Courses    []int  // of its modes
	Noise      posterior.SavedNoise
	Blocks     int
	Partial    [][]bool `json:",omitempty"`
	Seed       uint64

	Nonnegative bool `json:",omitempty"` // no factor has a negative entry

	Stream           string `json:",omitempty"` // of a chain whose length is known
	Burn, Keep, Thin int
	Anneal           posterior.Anneal
	Growth           *growthWork `json:",omitempty"` // of another
}

// growthWork is a branch of a growth.
type growthWork struct {
	Name                   string
	Number, Before, Sweeps int
}

// chainOutcome is what a chain came to.
type chainOutcome struct {
	Posterior posterior.Saved
	Last      *tensor.CP // of a growth: the last state
	Failure   string     // why there is nothing else
}

// RunTask samples the chains of one task of a job array, those that are not there yet, with that many threads. It is what
// Slurm.Command calls.
func RunTask(ctx context.Context, dir string, array, task, threads int, version string) error {
	t := chainTask{dir: dir, threads: threads, version: version}
	return jobarray.RunTask(ctx, chainPlace(dir), array, task, chainWork.id, t.do)
}

// chainTask samples chains one after another. Those on the same cells read them once.
type chainTask struct {
	dir     string
	threads int
	version string

	name   string // of the cells
	cells  *tensor.Observed
	sorted *posterior.Sorted
}

func (t *chainTask) do(ctx context.Context, w chainWork, attempt int) ([]byte, error) {
	var out chainOutcome
	if attempt > jobarray.MostAttempts {
		out.Failure = fmt.Sprintf("a chain of %d blocks took its task down %d times: is the memory enough? Give a larger one, "+
			"such as --slurm-option=--mem=8G", w.Blocks, jobarray.MostAttempts)
	} else {
		post, last, err := t.sample(ctx, w)
		if err != nil {
			return nil, err
		}
		if out.Posterior, err = post.Save(); err != nil {
			return nil, err
		}
		out.Last = last
	}
	var content, file bytes.Buffer
	if err := gob.NewEncoder(&content).Encode(out); err != nil {
		return nil, err
	}
	err := writeSealed(&file, chainMagic, content.Bytes())
	return file.Bytes(), err
}

// sample runs the chain as it would run in one process with all others.
func (t *chainTask) sample(ctx context.Context, w chainWork) (*posterior.Posterior, *tensor.CP, error) {
	if w.Version != t.version {
		return nil, nil, fmt.Errorf("the array was submitted by version %s of lacuna, this is %s: use one version on all nodes",
			w.Version, t.version)
	}
	if err := t.read(w.Cells); err != nil {
		return nil, nil, err
	}
	j := &job{Settings: Settings{Threads: t.threads, Effort: 1, Nonnegative: w.Nonnegative}, observed: t.cells, unit: -1, meter: newMeter(nil)}
	c, err := w.candidate(j)
	if err != nil {
		return nil, nil, err
	}
	var start *tensor.CP
	if w.Start != "" {
		if start, err = readStart(t.dir, w.Start); err != nil {
			return nil, nil, err
		}
	}
	if w.Growth == nil {
		s := c.settings
		s.Sorted, s.Start = t.sorted, start
		post, err := posterior.Run(ctx, c.scaling.fit(t.cells).Apply(t.cells), s)
		return post, nil, err
	}
	g := &growth{
		job: j, name: w.Growth.Name, cells: t.cells, count: t.cells.Len(), check: t.cells.Subset(nil), sorted: t.sorted, base: *newEnsemble(t.cells),
	}
	for s := range g.grown(ctx, []branch{{c, start, w.Growth.Number, w.Growth.Before, w.Growth.Sweeps}}) {
		return &posterior.Posterior{Blocks: c.settings.Blocks, Samples: s.samples}, s.last, ctx.Err()
	}
	return nil, nil, ctx.Err()
}

func (t *chainTask) read(name string) (err error) {
	if t.name == name {
		return nil
	}
	t.name, t.cells, t.sorted = "", nil, nil
	if t.cells, err = readCells(t.dir, name); err != nil {
		return err
	}
	t.name, t.sorted = name, posterior.Sort(t.cells)
	return nil
}

const chainMagic = "lacuna chain 1\n"

// readChain returns an error for a file that is not there, or not as it was written.
func readChain(path string) (out chainOutcome, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return out, err
	}
	content, ok := unseal(chainMagic, data)
	if !ok {
		return out, fmt.Errorf("%s is damaged", filepath.Base(path))
	}
	return out, gob.NewDecoder(bytes.NewReader(content)).Decode(&out)
}
