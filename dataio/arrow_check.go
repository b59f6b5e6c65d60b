//go:build !js

package dataio

import (
	"encoding/binary"
	"errors"

	flatbuffers "github.com/google/flatbuffers/go"
)

// errNested tells of a column of lists or groups.
var errNested = errors.New("a column holds lists or groups")

// The library takes the lengths of lists in a schema at their word. These check them before; what lies outside of the
// buffer panics.

// checkArrowFile checks the schema at the end of a file.
func checkArrowFile(data []byte) error {
	const tail = 4 + len("ARROW1")
	if len(data) < 8+tail {
		return errors.New("it is cut off")
	}
	end := len(data) - tail
	size := int(binary.LittleEndian.Uint32(data[end:]))
	if size > end-8 || size < 4 {
		return errors.New("it is cut off")
	}
	footer := flatRoot(data[end-size : end])
	for _, slot := range []flatbuffers.VOffsetT{8, 10} { // dictionaries and batches
		if _, _, err := flatVector(footer, slot, 24); err != nil {
			return err
		}
	}
	return checkArrowSchema(footer, 6)
}

// checkArrowMessage checks a schema that stands alone.
func checkArrowMessage(data []byte) error {
	if len(data) < 8 {
		return errors.New("it is cut off")
	}
	if binary.LittleEndian.Uint32(data) == 0xFFFFFFFF {
		data = data[4:]
	}
	size := int(binary.LittleEndian.Uint32(data))
	if size > len(data)-4 || size < 4 {
		return errors.New("it is cut off")
	}
	return checkArrowSchema(flatRoot(data[4:4+size]), 8)
}

func flatRoot(data []byte) flatbuffers.Table {
	return flatbuffers.Table{Bytes: data, Pos: flatbuffers.GetUOffsetT(data)}
}

// flatVector is where a list begins, and its length, if all of it is there.
func flatVector(
	t flatbuffers.Table, slot flatbuffers.VOffsetT, size int,
) (start flatbuffers.UOffsetT, n int, err error) {
	offset := t.Offset(slot)
	if offset == 0 {
		return 0, 0, nil
	}
	at := flatbuffers.UOffsetT(offset)
	start, n = t.Vector(at), t.VectorLen(at)
	if n < 0 || int(start) > len(t.Bytes) || n > (len(t.Bytes)-int(start))/size {
		return 0, 0, errors.New("a list in its schema is longer than the file")
	}
	return start, n, nil
}

func checkArrowSchema(t flatbuffers.Table, slot flatbuffers.VOffsetT) error {
	offset := t.Offset(slot)
	if offset == 0 {
		return errors.New("it has no schema")
	}
	schema := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(flatbuffers.UOffsetT(offset) + t.Pos)}
	if _, _, err := flatVector(schema, 8, 4); err != nil { // metadata
		return err
	}
	start, n, err := flatVector(schema, 6, 4)
	for k := 0; k < n && err == nil; k++ {
		field := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*k))}
		children := 0
		if _, children, err = flatVector(field, 14, 4); err == nil && children > 0 {
			return errNested
		}
		if err == nil {
			_, _, err = flatVector(field, 16, 4) // metadata
		}
	}
	return err
}
