// Package netcdf reads and writes NetCDF-3 files: classic, with 64-bit offsets, and with 64-bit data (CDF-1, -2, -5).
//
// The format is that of the NetCDF user's guide, appendix B. Sizes in a header are checked against the length of the
// file before anything is allocated.
package netcdf

import (
	"encoding/binary"
	"math"
)

// Type is the type of the elements of a variable or attribute, as files number it.
type Type uint32

// The types. Those from UByte on exist in CDF-5 alone.
const (
	Byte Type = iota + 1
	Char
	Short
	Int
	Float
	Double
	UByte
	UShort
	UInt
	Int64
	UInt64
)

// Size is the length of an element in bytes, 0 for an unknown type.
func (t Type) Size() int {
	if t > UInt64 {
		return 0
	}
	return [...]int{0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8}[t]
}

// Dim is a dimension. At most one of a file is the record dimension, which may grow.
type Dim struct {
	Name   string
	Length int
	Record bool
}

// Attr is an attribute: elements of one type, big-endian.
type Attr struct {
	Name string
	Type Type
	Data []byte
}

// Var is a variable: elements in row-major order of its dimensions, big-endian.
type Var struct {
	Name  string
	Dims  []int // numbers in File.Dims; the record dimension comes first
	Attrs []Attr
	Type  Type
	Data  []byte // belongs to whoever made the file; Read lets it point into what it read

	apart *apart // where Read has found the records between those of other variables; nil for all in Data
}

// apart is records of one size that lie in equal distances.
type apart struct {
	data           []byte // from the first record on
	size, distance int    // in bytes
	count          int
}

func (a *apart) record(r int) []byte { return a.data[r*a.distance:][:a.size] }

// Number is the k-th element, taken for one of the type t, which has the size of the variable's own.
func (v *Var) Number(t Type, k int) float64 {
	if v.apart == nil {
		return Number(t, v.Data, k)
	}
	each := v.apart.size / t.Size()
	return Number(t, v.apart.record(k/each), k%each)
}

// IsTogether tells that all elements are in Data.
func (v *Var) IsTogether() bool { return v.apart == nil }

// Len is the number of elements.
func (v *Var) Len() int {
	if v.apart == nil {
		return len(v.Data) / v.Type.Size()
	}
	return v.apart.count * (v.apart.size / v.Type.Size())
}

// Gather returns all elements one behind the other: Data, or a copy where they lie apart.
func (v *Var) Gather() []byte {
	if v.apart == nil {
		return v.Data
	}
	data := make([]byte, 0, v.apart.count*v.apart.size)
	for r := range v.apart.count {
		data = append(data, v.apart.record(r)...)
	}
	return data
}

// Replace makes data the elements of the variable.
func (v *Var) Replace(data []byte) { v.Data, v.apart = data, nil }

// File is the content of a file.
type File struct {
	Version byte // 1, 2 or 5
	Dims    []Dim
	Attrs   []Attr
	Vars    []Var
}

// Attr returns the attribute of that name, nil if there is none.
func (v *Var) Attr(name string) *Attr {
	for k := range v.Attrs {
		if v.Attrs[k].Name == name {
			return &v.Attrs[k]
		}
	}
	return nil
}

// Text is an attribute of characters, without the zero bytes at its end; "" for one of numbers, and for none.
func (a *Attr) Text() string {
	if a == nil || a.Type != Char {
		return ""
	}
	n := len(a.Data)
	for n > 0 && a.Data[n-1] == 0 {
		n--
	}
	return string(a.Data[:n])
}

// Numbers are the elements of an attribute; none for one of characters, and for none.
func (a *Attr) Numbers() []float64 {
	if a == nil || a.Type == Char {
		return nil
	}
	values := make([]float64, len(a.Data)/a.Type.Size())
	for k := range values {
		values[k] = Number(a.Type, a.Data, k)
	}
	return values
}

// Number is the k-th element of data.
func Number(t Type, data []byte, k int) float64 {
	element := data[k*t.Size():]
	switch t {
	case Byte:
		return float64(int8(element[0]))
	case Short:
		return float64(int16(binary.BigEndian.Uint16(element)))
	case Int:
		return float64(int32(binary.BigEndian.Uint32(element)))
	case Float:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(element)))
	case Double:
		return math.Float64frombits(binary.BigEndian.Uint64(element))
	case UShort:
		return float64(binary.BigEndian.Uint16(element))
	case UInt:
		return float64(binary.BigEndian.Uint32(element))
	case Int64:
		return float64(int64(binary.BigEndian.Uint64(element)))
	case UInt64:
		return float64(binary.BigEndian.Uint64(element))
	}
	return float64(element[0])
}

// Put writes a number as the k-th element of data. Types of whole numbers take those in their range alone; see Holds.
func Put(t Type, data []byte, k int, value float64) {
	element := data[k*t.Size():]
	switch t {
	case Float:
		binary.BigEndian.PutUint32(element, math.Float32bits(float32(value)))
	case Double:
		binary.BigEndian.PutUint64(element, math.Float64bits(value))
	case UInt64:
		binary.BigEndian.PutUint64(element, uint64(value))
	default:
		bits := uint64(int64(value))
		for b := t.Size() - 1; b >= 0; b-- {
			element[b] = byte(bits)
			bits >>= 8
		}
	}
}

// Holds tells whether a type has that number. Float counts as having every number in its range.
func Holds(t Type, value float64) bool {
	low, high := 0.0, math.Ldexp(1, 8*t.Size())
	switch t {
	case Double:
		return true
	case Float:
		return math.Abs(value) <= math.MaxFloat32 || math.IsNaN(value) || math.IsInf(value, 0)
	case Byte, Short, Int, Int64:
		high /= 2
		low = -high
	}
	return value == math.Trunc(value) && value >= low && value < high
}

// Fill is the number that stands where nothing was written, unless an attribute _FillValue names another.
func Fill(t Type) float64 {
	switch t {
	case Byte:
		return -127
	case Short:
		return -32767
	case Int:
		return -2147483647
	case Float, Double:
		return 9.969209968386869e36
	case UByte:
		return 255
	case UShort:
		return 65535
	case UInt:
		return 4294967295
	case Int64:
		return -9223372036854775806
	case UInt64:
		return 18446744073709551614
	}
	return 0
}

// NumberAttr is an attribute of one number.
func NumberAttr(name string, t Type, value float64) Attr {
	a := Attr{Name: name, Type: t, Data: make([]byte, t.Size())}
	Put(t, a.Data, 0, value)
	return a
}

// TextAttr is an attribute of characters.
func TextAttr(name, text string) Attr { return Attr{Name: name, Type: Char, Data: []byte(text)} }
