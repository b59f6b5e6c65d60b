package netcdf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

const (
	tagDims  = 10
	tagVars  = 11
	tagAttrs = 12
)

// Read reads a file. The variables' data point into it.
func Read(data []byte) (*File, error) {
	if len(data) < 4 || string(data[:3]) != "CDF" {
		return nil, errors.New("its first bytes are not those of NetCDF-3")
	}
	d := &decoder{data: data, at: 4, version: data[3]}
	if d.version != 1 && d.version != 2 && d.version != 5 {
		return nil, fmt.Errorf("its version %d is not known", d.version)
	}
	f := &File{Version: d.version}
	records := d.count()
	streaming := d.version != 5 && records == math.MaxUint32 || d.version == 5 && records < 0
	f.Dims = d.dims()
	f.Attrs = d.attrs()
	places := d.vars(f)
	if d.failed != nil {
		return nil, d.failed
	}
	if err := f.locate(data, places, records, streaming); err != nil {
		return nil, err
	}
	return f, nil
}

// decoder reads a header. After a failure it reads zeros.
type decoder struct {
	data    []byte
	at      int
	version byte
	records bool // the record dimension has been met
	failed  error
}

func (d *decoder) fail(format string, arguments ...any) {
	if d.failed == nil {
		d.failed = fmt.Errorf(format, arguments...)
	}
}

// bytes takes the next n bytes, and the padding behind them.
func (d *decoder) bytes(n int) []byte {
	if d.failed != nil || n < 0 || n > len(d.data)-d.at {
		d.fail("it ends within its header")
		return nil
	}
	taken := d.data[d.at : d.at+n : d.at+n]
	d.at = min(len(d.data), d.at+padded(n))
	return taken
}

func padded(n int) int { return (n + 3) &^ 3 }

func (d *decoder) word() int {
	if b := d.bytes(4); b != nil {
		return int(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (d *decoder) long() int {
	if b := d.bytes(8); b != nil {
		return int(binary.BigEndian.Uint64(b))
	}
	return 0
}

// count reads a length, which has eight bytes in CDF-5.
func (d *decoder) count() int {
	if d.version == 5 {
		return d.long()
	}
	return d.word()
}

// list reads the head of a list whose entries take at least so many bytes.
func (d *decoder) list(tag, atLeast int) int {
	found, n := d.word(), d.count()
	if found == 0 && n == 0 || d.failed != nil {
		return 0
	}
	if found != tag {
		d.fail("a list in its header has the tag %d where %d is due", found, tag)
		return 0
	}
	if n < 0 || n > (len(d.data)-d.at)/atLeast {
		d.fail("its header lists %d entries, more than fit in it", n)
		return 0
	}
	return n
}

func (d *decoder) name() string { return string(d.bytes(d.count())) }

func (d *decoder) dims() []Dim {
	dims := make([]Dim, d.list(tagDims, 8))
	for k := range dims {
		dims[k] = Dim{Name: d.name(), Length: d.count()}
		if dims[k].Record = dims[k].Length == 0; dims[k].Record && d.records {
			d.fail("it has two record dimensions")
		}
		d.records = d.records || dims[k].Record
		if dims[k].Length < 0 || dims[k].Length > math.MaxInt32 {
			d.fail("dimension %q is too long", dims[k].Name)
		}
	}
	return dims
}

func (d *decoder) typ() Type {
	t := Type(d.word())
	if t.Size() == 0 && d.failed == nil {
		d.fail("the type %d is not known", t)
	}
	return t
}

func (d *decoder) attrs() []Attr {
	attrs := make([]Attr, d.list(tagAttrs, 12))
	for k := range attrs {
		attrs[k] = Attr{Name: d.name(), Type: d.typ()}
		n := d.count()
		if n < 0 || n > len(d.data) {
			d.fail("attribute %q is longer than the file", attrs[k].Name)
			n = 0
		}
		attrs[k].Data = d.bytes(n * attrs[k].Type.Size())
	}
	return attrs
}

// vars reads what the variables are, and returns where their data begin.
func (d *decoder) vars(f *File) (places []int) {
	f.Vars = make([]Var, d.list(tagVars, 28))
	places = make([]int, len(f.Vars))
	for k := range f.Vars {
		v := &f.Vars[k]
		v.Name = d.name()
		rank := d.count()
		if rank < 0 || rank > (len(d.data)-d.at)/4 {
			d.fail("variable %q has too many dimensions", v.Name)
			return places
		}
		v.Dims = make([]int, rank)
		for n := range v.Dims {
			v.Dims[n] = d.count()
			if v.Dims[n] < 0 || v.Dims[n] >= len(f.Dims) {
				d.fail("variable %q has a dimension that is not there", v.Name)
				return places
			}
			if n > 0 && f.Dims[v.Dims[n]].Record {
				d.fail("variable %q has the record dimension behind another", v.Name)
			}
		}
		v.Attrs = d.attrs()
		v.Type = d.typ()
		d.count() // the size in bytes follows from the dimensions, and is wrong for large variables
		if d.version == 1 {
			places[k] = d.word()
		} else {
			places[k] = d.long()
		}
	}
	return places
}

// IsRecord tells whether a variable lies along the record dimension.
func (f *File) IsRecord(v *Var) bool { return len(v.Dims) > 0 && f.Dims[v.Dims[0]].Record }

// slab is the size in bytes of a variable, or of one record of it.
func (f *File) slab(v *Var) (size int, fits bool) {
	size = v.Type.Size()
	for _, d := range v.Dims {
		length := f.Dims[d].Length
		if f.Dims[d].Record {
			continue
		}
		if length > 0 && size > math.MaxInt64/8/length {
			return 0, false
		}
		size *= length
	}
	return size, true
}

// locate finds the variables' data.
func (f *File) locate(data []byte, places []int, records int, streaming bool) error {
	perRecord, first, along := 0, len(data), 0
	sizes := make([]int, len(f.Vars))
	for k := range f.Vars {
		v := &f.Vars[k]
		size, fits := f.slab(v)
		if !fits || size > len(data) || places[k] < 0 || places[k] > len(data) {
			return fmt.Errorf("variable %q is larger than the file", v.Name)
		}
		sizes[k] = size
		if f.IsRecord(v) {
			perRecord += padded(size)
			first = min(first, places[k])
			along++
			continue
		}
		if size > len(data)-places[k] {
			return fmt.Errorf("variable %q is cut off", v.Name)
		}
		v.Data = data[places[k] : places[k]+size : places[k]+size]
	}
	if along == 1 { // the records of a single variable are not padded
		for k := range f.Vars {
			if f.IsRecord(&f.Vars[k]) {
				perRecord = sizes[k]
			}
		}
	}
	if perRecord > 0 && streaming {
		records = (len(data) - first) / perRecord
	}
	if perRecord > 0 && (records < 0 || records > 0 && records-1 > (len(data)-first)/perRecord) {
		return fmt.Errorf("its %d records are not all there", records)
	}
	if perRecord == 0 && (records < 0 || records > math.MaxInt32) {
		records = 0
	}
	for k := range f.Dims {
		if f.Dims[k].Record {
			f.Dims[k].Length = records
		}
	}
	for k := range f.Vars {
		if !f.IsRecord(&f.Vars[k]) {
			continue
		}
		v := &f.Vars[k]
		last := places[k] + (records-1)*perRecord
		if records > 0 && (last < 0 || last > len(data) || sizes[k] > len(data)-last) {
			return fmt.Errorf("record %d of variable %q is cut off", max(0, len(data)-places[k])/perRecord+1, v.Name)
		}
		switch {
		case records == 0:
			v.Data = []byte{}
		case sizes[k] == perRecord:
			v.Data = data[places[k] : last+sizes[k] : last+sizes[k]]
		default:
			v.apart = &apart{data: data[places[k] : last+sizes[k]], size: sizes[k], distance: perRecord, count: records}
		}
	}
	return nil
}
