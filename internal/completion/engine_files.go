package completion

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"lacuna/internal/atomicfile"
	"lacuna/tensor"
)

// What chains read lies in files that are named for their content: written once, shared by many chains, and checked by
// their names when they are read.

// cellsHead is what a chain needs to know of modes.
type cellsHead struct {
	Cells  int
	Modes  []cellsMode
	Limits bool `json:",omitempty"` // of the cells follow their values
}

type cellsMode struct {
	Size        int
	Coordinates []float64 `json:",omitempty"`
	Periods     []float64 `json:",omitempty"`
}

// writeCells writes cells to the directory unless they are there, and returns the name of their file: the length of a
// head in JSON, the head, the coordinates of all cells mode by mode, their values and, where some are censored, their lower
// and upper limits, all little endian.
func writeCells(dir string, o *tensor.Observed) (string, error) {
	head := cellsHead{Cells: o.Len(), Limits: o.Low != nil}
	for _, m := range o.Modes {
		head.Modes = append(head.Modes, cellsMode{len(m.Labels), m.Coordinates, m.Periods})
	}
	text, err := json.Marshal(head)
	if err != nil {
		return "", err
	}
	return writeNamed(dir, ".cells", func(w io.Writer) error {
		parts := []any{uint64(len(text)), text}
		for _, column := range o.Index {
			parts = append(parts, column)
		}
		parts = append(parts, o.Values)
		if o.Low != nil {
			parts = append(parts, o.Low, o.High)
		}
		return writeParts(w, parts)
	})
}

func readCells(dir, name string) (*tensor.Observed, error) {
	o := new(tensor.Observed)
	err := readNamed(dir, name, func(r io.Reader) error {
		var length uint64
		if err := binary.Read(r, binary.LittleEndian, &length); err != nil {
			return err
		}
		var head cellsHead
		if err := json.NewDecoder(io.LimitReader(r, int64(length))).Decode(&head); err != nil {
			return err
		}
		for _, m := range head.Modes {
			o.Modes = append(o.Modes, tensor.Mode{
				Labels: make([]string, m.Size), Coordinates: m.Coordinates, Periods: m.Periods,
			})
			column := make([]int32, head.Cells)
			if err := readColumn(r, column); err != nil {
				return err
			}
			o.Index = append(o.Index, column)
		}
		o.Values = make([]float64, head.Cells)
		if err := readColumn(r, o.Values); err != nil || !head.Limits {
			return err
		}
		o.Low, o.High = make([]float64, head.Cells), make([]float64, head.Cells)
		if err := readColumn(r, o.Low); err != nil {
			return err
		}
		return readColumn(r, o.High)
	})
	return o, err
}

// writeStart writes a model: modes, their sizes, blocks, factors.
func writeStart(dir string, m *tensor.CP) (string, error) {
	return writeNamed(dir, ".model", func(w io.Writer) error {
		parts := []any{uint64(len(m.Shape))}
		for _, d := range m.Shape {
			parts = append(parts, uint64(d))
		}
		parts = append(parts, uint64(m.Blocks))
		for _, factor := range m.Factors {
			parts = append(parts, factor)
		}
		return writeParts(w, parts)
	})
}

func readStart(dir, name string) (m *tensor.CP, err error) {
	err = readNamed(dir, name, func(r io.Reader) error {
		number := func() (n uint64, err error) {
			err = binary.Read(r, binary.LittleEndian, &n)
			return n, err
		}
		order, err := number()
		if err != nil {
			return err
		}
		var shape tensor.Shape
		for range order {
			d, err := number()
			if err != nil {
				return err
			}
			shape = append(shape, int(d))
		}
		blocks, err := number()
		if err != nil {
			return err
		}
		m = tensor.NewCP(shape, int(blocks))
		for _, factor := range m.Factors {
			if err := readColumn(r, factor); err != nil {
				return err
			}
		}
		return nil
	})
	return m, err
}

// atATime is how many numbers are brought into bytes at a time.
const atATime = 1 << 14

func writeParts(w io.Writer, parts []any) error {
	for _, part := range parts {
		var err error
		switch p := part.(type) {
		case []int32:
			err = writeColumn(w, p)
		case []float64:
			err = writeColumn(w, p)
		default:
			err = binary.Write(w, binary.LittleEndian, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func writeColumn[T int32 | float64](w io.Writer, column []T) error {
	for begin := 0; begin < len(column); begin += atATime {
		some := column[begin:min(len(column), begin+atATime)]
		if err := binary.Write(w, binary.LittleEndian, some); err != nil {
			return err
		}
	}
	return nil
}

func readColumn[T int32 | float64](r io.Reader, column []T) error {
	for begin := 0; begin < len(column); begin += atATime {
		some := column[begin:min(len(column), begin+atATime)]
		if err := binary.Read(r, binary.LittleEndian, some); err != nil {
			return err
		}
	}
	return nil
}

// nameOf is the name of content.
func nameOf(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)[:16]) }

// writeNamed writes content, which write gives, to a file that is named for it.
func writeNamed(dir, ending string, write func(io.Writer) error) (string, error) {
	sum := sha256.New()
	if err := write(sum); err != nil {
		return "", err
	}
	name := nameOf(sum) + ending
	path := filepath.Join(dir, "cells", name)
	if _, err := os.Stat(path); err == nil {
		return name, nil
	}
	return name, atomicfile.Write(path, func(w io.Writer) error {
		buffer := bufio.NewWriterSize(w, 1<<20)
		if err := write(buffer); err != nil {
			return err
		}
		return buffer.Flush()
	})
}

// readNamed reads a file and checks that its content is what its name says.
func readNamed(dir, name string, read func(io.Reader) error) error {
	path := filepath.Join(dir, "cells", name)
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if nameOf(sum)+filepath.Ext(name) != name {
		return fmt.Errorf("%s is damaged: remove it, and run the same command again", path)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return read(bufio.NewReaderSize(file, 1<<20))
}

// writeSealed writes what the content is, its length, the content and its checksum.
func writeSealed(w io.Writer, magic string, content []byte) error {
	head := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(content)))
	sum := sha256.Sum256(content)
	for _, part := range [][]byte{head, content, sum[:]} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// unseal returns the content of what writeSealed wrote, unless anything is amiss.
func unseal(magic string, data []byte) (content []byte, ok bool) {
	body, ours := bytes.CutPrefix(data, []byte(magic))
	if !ours || len(body) < 8+sha256.Size {
		return nil, false
	}
	content = body[8 : len(body)-sha256.Size]
	sum := sha256.Sum256(content)
	whole := binary.LittleEndian.Uint64(body) == uint64(len(content)) && bytes.Equal(sum[:], body[len(body)-sha256.Size:])
	return content, whole
}
