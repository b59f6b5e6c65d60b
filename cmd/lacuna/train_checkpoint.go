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
	"strings"

	"lacuna/experiment"
	"lacuna/internal/atomicfile"
	"lacuna/model"
	"lacuna/tensor"
)

// checkpoint is a run of train between two steps, as it is saved.
type checkpoint struct {
	Run   experiment.Settings
	Input inputFlags
	Data  [sha256.Size]byte // of the training cells
	State []byte            // of the integrator, parameters included
	Path  experiment.Trajectory

	Settings settingsBefore // of version 1, in place of Run and Input
}

// These begin a checkpoint; the number changes with the format.
const (
	checkpointMagic  = "lacuna train checkpoint 2\n"
	checkpointBefore = "lacuna train checkpoint 1\n"
)

// settingsBefore are settings as checkpoints of version 1 have them.
type settingsBefore struct {
	File, Synthetic, Scale, Loss, Depth, DType, Start, Method, Scheme           string
	TrueRank, Blocks, Every, Patience                                           int
	Noise, Share, SigmaW, SigmaA, Diagonal, Tolerance, Rate, Threshold, HoldOut experiment.Number
	DataSeed, Seed                                                              uint64
	Balanced                                                                    bool
	Input                                                                       inputFlags
}

// upgrade fills Run and Input from a checkpoint of version 1.
func (c *checkpoint) upgrade() error {
	s := c.Settings
	depths, err := parseDepths(s.Depth, strings.Count(s.Depth, ",")+1)
	if s.DType == "" { // saved before there was a choice
		s.DType = string(model.Float64)
	}
	c.Input = s.Input
	c.Run = experiment.Settings{
		Data: s.File, Shape: s.Synthetic, Rank: s.TrueRank, Noise: s.Noise, DataSeed: s.DataSeed, Observed: s.Share,
		Standardise: s.Scale, Loss: s.Loss, Blocks: s.Blocks, Depth: depths, Balanced: s.Balanced, DType: s.DType,
		Start:  s.Start,
		SigmaW: s.SigmaW, SigmaA: s.SigmaA, Diagonal: s.Diagonal, Seed: s.Seed, Integrator: s.Method, Scheme: s.Scheme,
		Tolerance: s.Tolerance, Rate: s.Rate, Threshold: s.Threshold, Every: s.Every, HoldOut: s.HoldOut,
		Patience: s.Patience,
	}
	return err
}

func (r *trainRun) save(path string) error {
	state, err := r.Integrator.Checkpoint()
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, checkpointMagic); err != nil {
			return err
		}
		return gob.NewEncoder(w).Encode(checkpoint{
			Run: r.f.settings, Input: r.f.input, Data: fingerprint(r.Cells.Train), State: state, Path: r.Path,
		})
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
	before := false
	if !ok {
		rest, before = bytes.CutPrefix(data, []byte(checkpointBefore))
	}
	if !ok && !before {
		return nil, inputError(fmt.Errorf("%s is no checkpoint of this version of lacuna train: start the run again", path))
	}
	c := new(checkpoint)
	err = gob.NewDecoder(bytes.NewReader(rest)).Decode(c)
	if err == nil && before {
		err = c.upgrade()
	}
	if err != nil {
		return nil, inputError(fmt.Errorf("%s is damaged (%w): start the run again", path, err))
	}
	return c, nil
}

// restore puts the run where the checkpoint was.
func (r *trainRun) restore(c *checkpoint) error {
	if fingerprint(r.Cells.Train) != c.Data {
		return inputError(fmt.Errorf("%s: the data are not those that %s was trained on: restore the file",
			r.f.settings.Data, r.f.resume))
	}
	if err := r.Integrator.Restore(c.State); err != nil {
		return inputError(fmt.Errorf("%s: %w", r.f.resume, err))
	}
	r.Path = c.Path
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
