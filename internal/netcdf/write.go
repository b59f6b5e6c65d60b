package netcdf

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
)

// Write writes a file in the version that it names, or in the first one from there on that has room for it.
func (f *File) Write(w io.Writer) error {
	e := &encoder{version: f.version()}
	places := make([]int, len(f.Vars))
	e.header(f, places)
	at := len(e.out)
	for _, record := range []bool{false, true} {
		for k := range f.Vars {
			if f.IsRecord(&f.Vars[k]) == record {
				places[k] = at
				at += padded(f.size(&f.Vars[k]))
			}
		}
	}
	if e.version == 1 && at > math.MaxInt32 {
		e.version = 2
		shift := 4 * len(f.Vars)
		for k := range places {
			places[k] += shift
		}
	}
	e.out = e.out[:0]
	e.header(f, places)
	out := bufio.NewWriterSize(w, 1<<16)
	out.Write(e.out)
	for k := range f.Vars {
		if v := &f.Vars[k]; !f.IsRecord(v) {
			write(out, v, v.Data, padded(len(v.Data)))
		}
	}
	f.writeRecords(out)
	return out.Flush()
}

// version is the least one that has the file's types and sizes.
func (f *File) version() byte {
	version := f.Version
	for k := range f.Vars {
		v := &f.Vars[k]
		if v.Type > Double || f.size(v) > math.MaxUint32-4 {
			return 5
		}
		for _, a := range v.Attrs {
			if a.Type > Double {
				return 5
			}
		}
	}
	for _, a := range f.Attrs {
		if a.Type > Double {
			return 5
		}
	}
	return version
}

// size is that of a variable, or of one record of it, in bytes.
func (f *File) size(v *Var) int {
	if !f.IsRecord(v) {
		return len(v.Data)
	}
	size, _ := f.slab(v)
	return size
}

func (f *File) recordCount() int {
	for _, d := range f.Dims {
		if d.Record {
			return d.Length
		}
	}
	return 0
}

func (f *File) writeRecords(out *bufio.Writer) {
	var along []*Var
	for k := range f.Vars {
		if f.IsRecord(&f.Vars[k]) {
			along = append(along, &f.Vars[k])
		}
	}
	for r := range f.recordCount() {
		for _, v := range along {
			size := f.size(v)
			room := padded(size)
			if len(along) == 1 {
				room = size
			}
			data := v.Data
			if v.apart != nil {
				data = v.apart.record(r)
			} else {
				data = data[r*size : (r+1)*size]
			}
			write(out, v, data, room)
		}
	}
}

// write writes data of a variable, and fills up the room for them as the format asks: with the number for what was
// never written.
func write(out *bufio.Writer, v *Var, data []byte, room int) {
	out.Write(data)
	if len(data) == room {
		return
	}
	fill := make([]byte, v.Type.Size())
	if a := v.Attr("_FillValue"); a != nil && a.Type == v.Type && len(a.Data) >= len(fill) {
		fill = a.Data[:len(fill)]
	} else {
		Put(v.Type, fill, 0, Fill(v.Type))
	}
	for n := len(data); n < room; n++ {
		out.WriteByte(fill[(n-len(data))%len(fill)])
	}
}

type encoder struct {
	version byte
	out     []byte
}

func (e *encoder) word(v int) { e.out = binary.BigEndian.AppendUint32(e.out, uint32(v)) }

func (e *encoder) count(v int) {
	if e.version == 5 {
		e.out = binary.BigEndian.AppendUint64(e.out, uint64(v))
		return
	}
	e.word(v)
}

func (e *encoder) bytes(data []byte) {
	e.out = append(e.out, data...)
	e.out = append(e.out, make([]byte, padded(len(data))-len(data))...)
}

func (e *encoder) name(name string) {
	e.count(len(name))
	e.bytes([]byte(name))
}

func (e *encoder) list(tag, n int) {
	if n == 0 {
		tag = 0
	}
	e.word(tag)
	e.count(n)
}

func (e *encoder) attrs(attrs []Attr) {
	e.list(tagAttrs, len(attrs))
	for _, a := range attrs {
		e.name(a.Name)
		e.word(int(a.Type))
		e.count(len(a.Data) / a.Type.Size())
		e.bytes(a.Data)
	}
}

func (e *encoder) header(f *File, places []int) {
	e.out = append(e.out, 'C', 'D', 'F', e.version)
	e.count(f.recordCount())
	e.list(tagDims, len(f.Dims))
	for _, d := range f.Dims {
		e.name(d.Name)
		if d.Record {
			e.count(0)
		} else {
			e.count(d.Length)
		}
	}
	e.attrs(f.Attrs)
	e.list(tagVars, len(f.Vars))
	for k := range f.Vars {
		v := &f.Vars[k]
		e.name(v.Name)
		e.count(len(v.Dims))
		for _, d := range v.Dims {
			e.count(d)
		}
		e.attrs(v.Attrs)
		e.word(int(v.Type))
		size := padded(f.size(v))
		if e.version != 5 {
			size = min(size, math.MaxUint32)
		}
		e.count(size)
		if e.version == 1 {
			e.word(places[k])
		} else {
			e.out = binary.BigEndian.AppendUint64(e.out, uint64(places[k]))
		}
	}
}
