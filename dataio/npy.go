package dataio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lacuna/tensor"
)

// npySource is an array of a .npy file.
type npySource struct {
	path   string
	data   []byte // header and elements
	offset int    // of the first element
	kind   byte   // f, i, u, b
	size   int    // bytes of an element
	order  binary.ByteOrder
	layout
	numbers *numbers
	mask    []byte // by position, not 0 for the elements that a mask makes gaps; nil without a mask
	limits  *elementLimits
}

var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([<>|=]?)([a-zA-Z])(\d*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(([\d,\s]*)\)`)
)

// parseNPY reads the header and checks that the elements are numbers and all there.
func parseNPY(path string, data []byte) (*npySource, error) {
	s, header, err := parseNPYHeader(path, data)
	if err != nil {
		return nil, err
	}
	switch name := fmt.Sprintf("%c%d", s.kind, s.size); name {
	case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
		return s, s.checkLength()
	}
	return nil, notNumbers(path, header)
}

func damagedNPY(path, what string) error {
	return &Error{Path: path, Problem: "the .npy file is damaged: " + what, Remedy: "save the array again"}
}

// parseNPYHeader reads the header, which it also returns as text, whatever the elements are.
func parseNPYHeader(path string, data []byte) (*npySource, string, error) {
	if len(data) < 12 || !bytes.HasPrefix(data, []byte("\x93NUMPY")) {
		return nil, "", damagedNPY(path, "its header is cut off")
	}
	length, from := int(binary.LittleEndian.Uint16(data[8:])), 10
	if data[6] >= 2 {
		length, from = int(binary.LittleEndian.Uint32(data[8:])), 12
	}
	if length > len(data)-from {
		return nil, "", damagedNPY(path, "its header is cut off")
	}
	s := &npySource{path: path, data: data, offset: from + length}
	header := string(data[from:s.offset])
	descr, fortran := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header)
	shape := npyShape.FindStringSubmatch(header)
	if fortran == nil || shape == nil {
		return nil, "", damagedNPY(path, "its header does not tell order and shape")
	}
	s.order = binary.LittleEndian
	if descr != nil {
		s.kind = descr[2][0]
		s.size, _ = strconv.Atoi(descr[3])
		if descr[1] == ">" {
			s.order = binary.BigEndian
		}
	}
	var lengths []int
	cells := 1
	for _, field := range strings.FieldsFunc(shape[1], func(r rune) bool { return r < '0' || r > '9' }) {
		d, err := strconv.Atoi(field)
		if err != nil || d > math.MaxInt32 || d > 0 && cells > math.MaxInt/d {
			return nil, "", damagedNPY(path, "its shape "+shorten(shape[1])+" is too large")
		}
		lengths = append(lengths, d)
		cells *= d
	}
	s.layout = newLayout(lengths, fortran[1] == "True")
	return s, header, nil
}

// checkLength refuses an array whose elements are not all there.
func (s *npySource) checkLength() error {
	if have := (len(s.data) - s.offset) / s.size; s.cells() > have {
		return damagedNPY(s.path, fmt.Sprintf("its shape tells %d elements, %d are there", s.cells(), have))
	}
	return nil
}

func notNumbers(path, header string) error {
	return &Error{
		Path: path, Problem: "the array does not hold plain numbers (" + shorten(header) + ")",
		Remedy: "save it as float64, with astype(float)",
	}
}

// at returns the element at a position, NaN where a mask makes a gap of it.
func (s *npySource) at(position int) float64 {
	if s.mask != nil && s.mask[position] != 0 {
		return math.NaN()
	}
	return s.element(position)
}

// decoder decodes the usual elements, numbers with a point as most processors hold them, without asking each what it is.
func (s *npySource) decoder() decoder {
	const single, double = 4, 8
	content := s.data[s.offset:]
	switch {
	case s.mask != nil || s.kind != 'f' || s.order != binary.LittleEndian:
	case s.size == single:
		return func(out []float64, position, stride int) {
			for i := range out {
				bits := binary.LittleEndian.Uint32(content[single*(position+i*stride):])
				out[i] = float64(math.Float32frombits(bits))
			}
		}
	case s.size == double:
		return func(out []float64, position, stride int) {
			for i := range out {
				out[i] = math.Float64frombits(binary.LittleEndian.Uint64(content[double*(position+i*stride):]))
			}
		}
	}
	return oneByOneFrom(s.at)
}

func (s *npySource) element(position int) float64 {
	element := s.data[s.offset+position*s.size:]
	switch s.size {
	case 1:
		if s.kind == 'i' {
			return float64(int8(element[0]))
		}
		return float64(element[0])
	case 2:
		bits := s.order.Uint16(element)
		switch s.kind {
		case 'f':
			return halfFloat(bits)
		case 'i':
			return float64(int16(bits))
		}
		return float64(bits)
	case 4:
		bits := s.order.Uint32(element)
		switch s.kind {
		case 'f':
			return float64(math.Float32frombits(bits))
		case 'i':
			return float64(int32(bits))
		}
		return float64(bits)
	}
	bits := s.order.Uint64(element)
	switch s.kind {
	case 'f':
		return math.Float64frombits(bits)
	case 'i':
		return float64(int64(bits))
	}
	return float64(bits)
}

// halfFloat decodes IEEE 754 binary16.
func halfFloat(bits uint16) float64 {
	sign := 1.0
	if bits>>15 == 1 {
		sign = -1
	}
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// NPY is one array.
const NPY Format = "NumPy .npy"

func init() {
	register(kind{
		format: NPY, ending: ".npy", also: ".npz", bare: true, takes: takesNone, read: readNPY, detect: magic("\x93NUMPY"),
	})
}

func readNPY(path string, data []byte, o Options) (*Table, error) {
	s, err := parseNPY(path, data)
	if err != nil {
		return nil, err
	}
	return s.read(NPY, o, nil, s)
}

// read makes a table of the array; axes are the names and labels of its axes, or nil.
func (s *npySource) read(format Format, o Options, axes []tensor.Mode, src source) (*Table, error) {
	if s.kind == 'b' {
		return nil, notNumbers(s.path, "it holds truth values")
	}
	s.numbers = newNumbers(o.Missing, false)
	return readArray(s.path, format, o, elements{layout: s.layout, axes: axes, decode: s.decoder(), limits: s.limits}, src)
}

func (s *npySource) line(int) int { return 0 }

func (s *npySource) write(w io.Writer, _ *Table, next func() Filled, _ filledCells, _ []string) error {
	out, err := s.filled(next, nil)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// filled returns the array as a .npy file with its gaps filled: of the same type where that is float32 or float64, else
// float64. each, if not nil, is told the position of every filled element.
func (s *npySource) filled(next func() Filled, each func(position int, f Filled)) ([]byte, error) {
	out := *s
	if s.kind == 'f' && s.size >= 4 {
		out.data = bytes.Clone(s.data)
	} else {
		out.kind, out.size, out.order = 'f', 8, binary.LittleEndian
		out.data = npyHeader("<f8", s.fortran, s.shape)
		out.offset = len(out.data)
		for position := range s.cells() {
			out.data = binary.LittleEndian.AppendUint64(out.data, math.Float64bits(s.at(position)))
		}
	}
	err := s.eachCell(func(_ []int32, position int) error {
		if !s.numbers.isMissing(s.at(position)) {
			return nil
		}
		f := next()
		if err := checkFilled(f); err != nil {
			return err
		}
		element := out.data[out.offset+position*out.size:]
		if out.size == 4 {
			out.order.PutUint32(element, math.Float32bits(float32(f.Value)))
		} else {
			out.order.PutUint64(element, math.Float64bits(f.Value))
		}
		if each != nil {
			each(position, f)
		}
		return nil
	})
	return out.data, err
}

// npyHeader is the start of a .npy file.
func npyHeader(descr string, fortran bool, shape []int) []byte {
	order, dims := "False", ""
	if fortran {
		order = "True"
	}
	for _, d := range shape {
		dims += strconv.Itoa(d) + ", "
	}
	if len(shape) > 1 {
		dims = strings.TrimSuffix(dims, ", ")
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", descr, order,
		strings.TrimSuffix(dims, " "))
	// NumPy wants the elements at a multiple of 64 bytes.
	text += strings.Repeat(" ", 63-(10+len(text))%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(out[8:], uint16(len(text)))
	return append(out, text...)
}

// npyFloats is a .npy file of float64 in C order.
func npyFloats(shape []int, fortran bool, values []float64) []byte {
	out := slices.Grow(npyHeader("<f8", fortran, shape), 8*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

// npyInts is a .npy file of a vector of int64.
func npyInts(values []int64) []byte {
	out := npyHeader("<i8", false, []int{len(values)})
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, uint64(v))
	}
	return out
}

// npyStrings is a .npy file of a vector of strings, in NumPy's fixed-width UTF-32.
func npyStrings(texts []string) []byte {
	width := 1
	for _, text := range texts {
		width = max(width, len([]rune(text)))
	}
	out := npyHeader("<U"+strconv.Itoa(width), false, []int{len(texts)})
	for _, text := range texts {
		runes := []rune(text)
		for k := range width {
			var r rune
			if k < len(runes) {
				r = runes[k]
			}
			out = binary.LittleEndian.AppendUint32(out, uint32(r))
		}
	}
	return out
}
