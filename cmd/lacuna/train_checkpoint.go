package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"lacuna/internal/atomicfile"
	"lacuna/internal/trajectory"
	"lacuna/tensor"
)

// checkpoint is a run of train between two steps, as it is saved.
type checkpoint struct {
	Settings trainSettings
	Data     [sha256.Size]byte // of the training cells
	State    []byte            // of the integrator, parameters included
	Path     trajectory.Trajectory
}

// checkpointMagic begins every checkpoint; its number changes with the format.
const checkpointMagic = "lacuna train checkpoint 1\n"

func (r *trainRun) save(path string) error {
	state, err := r.integrator.Checkpoint()
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, checkpointMagic); err != nil {
			return err
		}
		return gob.NewEncoder(w).Encode(checkpoint{r.f.settings, fingerprint(r.train), state, *r.path})
	})
}

func loadCheckpoint(path string) (*checkpoint, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, inputError(fmt.Errorf("%s: there is no such checkpoint: check the name", path))
	}
	if err != nil {
		return nil, inputError(err)
	}
	rest, ok := bytes.CutPrefix(data, []byte(checkpointMagic))
	if !ok {
		return nil, inputError(fmt.Errorf("%s is no checkpoint of this version of lacuna train: start the run again", path))
	}
	c := new(checkpoint)
	if err := gob.NewDecoder(bytes.NewReader(rest)).Decode(c); err != nil {
		return nil, inputError(fmt.Errorf("%s is damaged (%w): start the run again", path, err))
	}
	return c, nil
}

// restore puts the run where the checkpoint was.
func (r *trainRun) restore(c *checkpoint) error {
	if fingerprint(r.train) != c.Data {
		return inputError(fmt.Errorf("%s: the data are not those that %s was trained on: restore the file", r.f.settings.File, r.f.resume))
	}
	if err := r.integrator.Restore(c.State); err != nil {
		return inputError(fmt.Errorf("%s: %w", r.f.resume, err))
	}
	r.path = &c.Path
	return nil
}

// fingerprint tells two sets of cells apart.
func fingerprint(o *tensor.Observed) (sum [sha256.Size]byte) {
	hash := sha256.New()
	for _, column := range o.Index {
		binary.Write(hash, binary.LittleEndian, column)
	}
	for _, v := range o.Values {
		binary.Write(hash, binary.LittleEndian, math.Float64bits(v))
	}
	hash.Sum(sum[:0])
	return sum
}
