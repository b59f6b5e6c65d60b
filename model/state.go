package model

import (
	"encoding/binary"
	"fmt"
	"math"

	"lacuna/internal/kernel"
)

// State returns a copy of the parameters, exact to the bit.
func (c *Chains) State() []byte { return encode(c.theta) }

// SetState restores parameters that State of a model of the same shape returned.
func (c *Chains) SetState(data []byte) error {
	if err := decode(c.theta, data); err != nil {
		return err
	}
	for r := range c.blocks {
		c.SetBlock(r, c.Block(r))
	}
	return nil
}

// State returns a copy of the vectors, exact to the bit.
func (b *Balanced) State() []byte { return encode(b.theta) }

// SetState restores vectors that State of a model of the same shape returned.
func (b *Balanced) SetState(data []byte) error {
	if err := decode(b.theta, data); err != nil {
		return err
	}
	for g := range b.padded / kernel.Lanes {
		b.renorm(g)
	}
	return nil
}

func encode(values []float64) []byte {
	data := make([]byte, 8*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint64(data[8*i:], math.Float64bits(v))
	}
	return data
}

func decode(values []float64, data []byte) error {
	if len(data) != 8*len(values) {
		return fmt.Errorf("model: a state of %d bytes does not fit a model of %d: same data, blocks and depths are needed", len(data), 8*len(values))
	}
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return nil
}
