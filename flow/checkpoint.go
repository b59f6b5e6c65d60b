package flow

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
)

// checkpoint is the state of a run: enough to go on bit for bit.
type checkpoint struct {
	Method     Method
	Scheme     string
	Tolerance  float64
	Rate       float64
	Threshold  float64
	Every      int
	Update     Update
	State      state
	Parameters []byte
	Averages   []byte // of a rule that has some
}

func (in *Integrator) header() checkpoint {
	s := in.settings
	return checkpoint{
		Method: s.Method, Scheme: s.Scheme, Tolerance: s.Tolerance, Rate: s.Rate, Threshold: s.Threshold, Every: s.Every,
		Update: s.Update,
	}
}

// Checkpoint returns the state of the run between two steps. Restore on an integrator of a system of the same shape,
// with the same data and the same settings (stop rules may differ), goes on from there exactly as this one would.
func (in *Integrator) Checkpoint() ([]byte, error) {
	c := in.header()
	c.State, c.Parameters = in.state, in.sys.State()
	if in.rules != nil {
		c.Averages = in.rules.Averages()
	}
	var out bytes.Buffer
	out.Write(make([]byte, sha256.Size))
	err := gob.NewEncoder(&out).Encode(c)
	data := out.Bytes()
	sum := sha256.Sum256(data[sha256.Size:])
	copy(data, sum[:])
	return data, err
}

// Restore moves the run to a state that Checkpoint returned. It returns an error, and changes nothing, if the
// checkpoint was made with other settings or another model, or is damaged.
func (in *Integrator) Restore(data []byte) error {
	if len(data) < sha256.Size || sha256.Sum256(data[sha256.Size:]) != [sha256.Size]byte(data) {
		return errors.New("flow: this is no checkpoint, or a damaged one")
	}
	var c checkpoint
	if err := gob.NewDecoder(bytes.NewReader(data[sha256.Size:])).Decode(&c); err != nil {
		return fmt.Errorf("flow: this is no checkpoint of this version: %w", err)
	}
	have := in.header()
	given := c
	given.State, given.Parameters, given.Averages = state{}, nil, nil
	if fmt.Sprint(given) != fmt.Sprint(have) {
		return fmt.Errorf("flow: the checkpoint is of a run with method %s, scheme %s, tolerance %v, rate %v, threshold %v, "+
			"every %d, update %+v: use the same settings",
			c.Method, c.Scheme, c.Tolerance, c.Rate, c.Threshold, c.Every, c.Update)
	}
	if err := in.sys.SetState(c.Parameters); err != nil {
		return err
	}
	if in.rules != nil {
		if err := in.rules.SetAverages(c.Averages); err != nil {
			return err
		}
	}
	in.state, in.baseReady = c.State, false
	return nil
}
