package model

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"lacuna/internal/kernel"
)

// State returns a copy of the parameters, exact to the bit, headed by the shape of the model.
func (c *ChainsOf[T]) State() []byte { return encode(c.kind(), c.theta) }

// SetState restores parameters that State of a model of the same shape, depths and blocks returned. It returns an
// error, and changes nothing, for any other.
func (c *ChainsOf[T]) SetState(data []byte) error {
	if err := decode(c.kind(), c.theta, data); err != nil {
		return err
	}
	for r := range c.blocks {
		c.SetBlock(r, c.Block(r))
	}
	return nil
}

func (c *ChainsOf[T]) kind() string {
	return dtype[T]("float32 ", "") +
		fmt.Sprintf("chains of depths %v, %d blocks, shape %v\n", c.depths, c.blocks, []int(c.shape))
}

// State returns a copy of the vectors, exact to the bit, headed by the shape of the model.
func (b *Balanced) State() []byte { return encode(b.kind(), b.theta) }

// SetState restores vectors, as Chains.SetState.
func (b *Balanced) SetState(data []byte) error {
	if err := decode(b.kind(), b.theta, data); err != nil {
		return err
	}
	for g := range b.padded / kernel.Lanes {
		b.renorm(g)
	}
	return nil
}

func (b *Balanced) kind() string {
	return fmt.Sprintf("balanced chains of lengths %v, %d blocks, shape %v\n", b.lengths, b.blocks, []int(b.shape))
}

func encode[T Float](kind string, values []T) []byte {
	size := dtype[T](4, 8)
	data := append(make([]byte, 0, len(kind)+size*len(values)), kind...)
	for _, v := range values {
		if size == 4 {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		} else {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(float64(v)))
		}
	}
	return data
}

func decode[T Float](kind string, values []T, data []byte) error {
	size := dtype[T](4, 8)
	numbers, ok := bytes.CutPrefix(data, []byte(kind))
	if !ok || len(numbers) != size*len(values) {
		return fmt.Errorf("model: the state is not of %s: same data, blocks, depths and precision are needed",
			strings.TrimSpace(kind))
	}
	for i := range values {
		if size == 4 {
			values[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(numbers[4*i:])))
		} else {
			values[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(numbers[8*i:])))
		}
	}
	return nil
}
