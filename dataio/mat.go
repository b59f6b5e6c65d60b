package dataio

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strings"

	"lacuna/internal/memory"
)

// The data types and array classes of MAT v5 that concern real arrays.
const (
	miInt8       = 1
	miUint8      = 2
	miInt16      = 3
	miUint16     = 4
	miInt32      = 5
	miUint32     = 6
	miSingle     = 7
	miDouble     = 9
	miInt64      = 12
	miUint64     = 13
	miMatrix     = 14
	miCompressed = 15

	mxDouble = 6 // the classes from here to mxUint64 are the numeric ones
	mxUint8  = 9
	mxUint64 = 15

	flagComplex = 8 // of the second byte of the array flags
	flagLogical = 2
)

// matSource is a MAT v5 file, one array of which has gaps.
type matSource struct {
	path     string
	data     []byte
	order    binary.ByteOrder
	elements []matElement
	chosen   int // the element with gaps
	layout
	kind    int    // of the numbers as they are stored, which may be a smaller one than that of the array
	size    int    // of one of them in bytes
	content []byte // all of them
	numbers *numbers
}

// matElement is a variable of the file: data[from:to] with its tag.
type matElement struct {
	from, to   int
	compressed bool
	name       string
	shape      []int
	usable     bool   // real and numeric, at least two axes longer than 1
	remedy     string // what makes it usable, "" where nothing is known
}

// MAT is the arrays of MATLAB's save -v7.
const MAT Format = "MAT v5"

func init() {
	register(kind{format: MAT, ending: ".mat", takes: takesArray, read: readMAT, detect: magic("MATLAB 5.0 MAT-file")})
}

func readMAT(path string, data []byte, o Options) (*Table, error) {
	s := &matSource{path: path, data: data, numbers: newNumbers(o.Missing, false)}
	if len(data) < 128 {
		return nil, s.damaged("its header is cut off")
	}
	switch string(data[126:128]) {
	case "IM":
		s.order = binary.LittleEndian
	case "MI":
		s.order = binary.BigEndian
	default:
		return nil, s.damaged("its header does not tell the byte order")
	}
	budget := o.Memory
	if budget == 0 {
		budget = memory.Available()
	}
	var chosen []byte
	var names []string
	for from := 128; from < len(data); {
		element, body, err := s.element(from, budget)
		if err != nil {
			return nil, err
		}
		from = element.to
		s.elements = append(s.elements, element)
		if !element.usable || strings.HasPrefix(element.name, "lacuna_") {
			continue
		}
		if o.Array == "" || o.Array == element.name {
			s.chosen, chosen = len(s.elements)-1, body
		}
		names = append(names, element.name)
	}
	sort.Strings(names)
	fail := func(problem, remedy string) (*Table, error) {
		return nil, &Error{Path: path, Problem: problem, Remedy: remedy}
	}
	switch {
	case len(names) == 0:
		remedy := "save one with -v7"
		if at := slices.IndexFunc(s.elements, func(e matElement) bool { return e.remedy != "" }); at >= 0 {
			remedy = fmt.Sprintf("%s is %s", shorten(s.elements[at].name), s.elements[at].remedy)
		}
		return fail("the file holds no real numeric array with two axes or more", remedy)
	case o.Array == "" && len(names) > 1:
		return fail("the file holds several arrays", "choose one with --array: "+list(names))
	case chosen == nil:
		return fail(fmt.Sprintf("there is no numeric array %s", shorten(o.Array)), "choose one of "+list(names))
	}
	s.layout = newLayout(s.elements[s.chosen].shape, true)
	if err := s.find(chosen); err != nil {
		return nil, err
	}
	return readArray(path, MAT, o, elements{layout: s.layout, decode: s.decoder()}, s)
}

func (s *matSource) damaged(what string) error {
	return &Error{Path: s.path, Problem: "the MAT file is damaged: " + what, Remedy: "save it again"}
}

// element reads the variable at a place of the file. body is its content, unpacked.
func (s *matSource) element(from int, budget float64) (element matElement, body []byte, err error) {
	kind, content, to, err := s.tagged(s.data, from)
	if err != nil {
		return element, nil, err
	}
	element = matElement{from: from, to: to}
	if kind == miCompressed {
		element.compressed = true
		// Compressed elements are not padded.
		element.to = from + 8 + len(content)
		reader, err := zlib.NewReader(bytes.NewReader(content))
		if err != nil {
			return element, nil, s.damaged(err.Error())
		}
		head := make([]byte, 8)
		told := int64(len(content))
		if n, _ := io.ReadFull(reader, head); n == len(head) {
			told = int64(len(head)) + int64(s.order.Uint32(head[4:]))
		} else {
			head = head[:n]
		}
		all := io.MultiReader(bytes.NewReader(head), reader)
		unpacked, err := readAll(all, s.path, told, int64(len(content)), budget)
		if _, big := err.(*Error); big {
			return element, nil, err
		}
		if err != nil {
			return element, nil, s.damaged(err.Error())
		}
		if kind, content, _, err = s.tagged(unpacked, 0); err != nil {
			return element, nil, err
		}
	}
	if kind == miMatrix {
		err = s.describe(&element, content)
	}
	return element, content, err
}

// tagged reads the tag at a place, and returns what it describes and where the next tag is.
func (s *matSource) tagged(data []byte, at int) (kind int, content []byte, next int, err error) {
	if at < 0 || len(data)-at < 8 {
		return 0, nil, 0, s.damaged("it ends within a tag")
	}
	first := s.order.Uint32(data[at:])
	if small := int(first >> 16); small != 0 {
		if small > 4 {
			return 0, nil, 0, s.damaged("a short element is too long")
		}
		return int(first & 0xFFFF), data[at+4 : at+4+small], at + 8, nil
	}
	size := int(s.order.Uint32(data[at+4:]))
	if size > len(data)-at-8 {
		return 0, nil, 0, s.damaged("it ends within an element")
	}
	return int(first), data[at+8 : at+8+size], min(len(data), at+8+(size+7)/8*8), nil
}

// describe reads what an array is.
func (s *matSource) describe(element *matElement, body []byte) error {
	_, flags, at, err := s.tagged(body, 0)
	if err != nil || len(flags) < 4 {
		return s.damaged("an array has no flags")
	}
	word := s.order.Uint32(flags)
	class, bits := int(word&0xFF), word>>8&0xFF
	_, dims, at, err := s.tagged(body, at)
	if err != nil {
		return s.damaged("an array has no shape")
	}
	cells, long := 1.0, 0
	for ; len(dims) >= 4; dims = dims[4:] {
		d := int(int32(s.order.Uint32(dims)))
		if d < 0 {
			return s.damaged("an axis has a negative length")
		}
		element.shape = append(element.shape, d)
		cells *= float64(d)
		if d > 1 {
			long++
		}
	}
	_, name, _, err := s.tagged(body, at)
	if err != nil {
		return s.damaged("an array has no name")
	}
	element.name = string(name)
	element.usable = class >= mxDouble && class <= mxUint64 && bits&(flagComplex|flagLogical) == 0 && long >= 2 &&
		cells > 0 && cells <= float64(len(body))
	element.remedy = mxRemedies[class]
	if bits&flagComplex != 0 {
		element.remedy = "complex: save its real part, its imaginary part or its absolute value"
	}
	return nil
}

// mxRemedies say how arrays of other classes become numeric ones.
var mxRemedies = map[int]string{
	1: "a cell array: save the numbers in it as an array (cell2mat)",
	2: "a struct: save the array in it as a variable of its own",
	5: "sparse: save full(…), with NaN for gaps",
}

// find finds the numbers of an array.
func (s *matSource) find(body []byte) error {
	at := 0
	var err error
	for range 4 {
		if s.kind, s.content, at, err = s.tagged(body, at); err != nil {
			return err
		}
	}
	sizes := map[int]int{
		miInt8: 1, miUint8: 1, miInt16: 2, miUint16: 2, miInt32: 4, miUint32: 4, miSingle: 4, miDouble: 8, miInt64: 8,
		miUint64: 8,
	}
	var ok bool
	if s.size, ok = sizes[s.kind]; !ok || len(s.content) != s.size*s.cells() {
		return s.damaged(fmt.Sprintf("array %s has %d bytes for %d elements", shorten(s.elements[s.chosen].name),
			len(s.content), s.cells()))
	}
	return nil
}

// at is the element at a position.
func (s *matSource) at(position int) float64 {
	b := s.content[position*s.size:]
	switch s.kind {
	case miInt8:
		return float64(int8(b[0]))
	case miUint8:
		return float64(b[0])
	case miInt16:
		return float64(int16(s.order.Uint16(b)))
	case miUint16:
		return float64(s.order.Uint16(b))
	case miInt32:
		return float64(int32(s.order.Uint32(b)))
	case miUint32:
		return float64(s.order.Uint32(b))
	case miSingle:
		return float64(math.Float32frombits(s.order.Uint32(b)))
	case miInt64:
		return float64(int64(s.order.Uint64(b)))
	case miUint64:
		return float64(s.order.Uint64(b))
	}
	return math.Float64frombits(s.order.Uint64(b))
}

// decoder decodes what MATLAB saves as a rule without asking each number what it is.
func (s *matSource) decoder() decoder {
	if s.kind != miDouble || s.order != binary.LittleEndian {
		return oneByOneFrom(s.at)
	}
	return func(out []float64, position, stride int) {
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(s.content[8*(position+i*stride):]))
		}
	}
}

func (s *matSource) line(int) int { return 0 }

// write copies all variables as they are, but the chosen one, which becomes an array of double.
func (s *matSource) write(w io.Writer, _ *Table, next func() Filled, _ filledCells, extra []string) error {
	values := make([]float64, s.cells())
	for k := range values {
		values[k] = s.at(k)
	}
	added := newAddedArrays(s.cells(), extra)
	err := s.eachCell(func(_ []int32, position int) error {
		if !s.numbers.isMissing(values[position]) {
			return nil
		}
		f := next()
		values[position] = f.Value
		added.set(position, f)
		return checkFilled(f)
	})
	if err != nil {
		return err
	}
	out := bytes.NewBuffer(append([]byte(nil), s.data[:128]...))
	compressed := s.elements[s.chosen].compressed
	for k, element := range s.elements {
		switch {
		case k == s.chosen:
			err = s.writeArray(out, element.name, mxDouble, miDouble, s.doubles(values), compressed)
		case !strings.HasPrefix(element.name, "lacuna_"):
			out.Write(s.data[element.from:element.to])
		}
		if err != nil {
			return err
		}
	}
	if err := s.writeArray(out, "lacuna_filled", mxUint8, miUint8, added.filled, compressed); err != nil {
		return err
	}
	for k, name := range added.names {
		if err := s.writeArray(out, name, mxDouble, miDouble, s.doubles(added.columns[k]), compressed); err != nil {
			return err
		}
	}
	_, err = out.WriteTo(w)
	return err
}

func (s *matSource) doubles(values []float64) []byte {
	out := make([]byte, 8*len(values))
	for k, v := range values {
		s.order.PutUint64(out[8*k:], math.Float64bits(v))
	}
	return out
}

// writeArray writes an array of the chosen one's shape.
func (s *matSource) writeArray(out *bytes.Buffer, name string, class, kind uint32, content []byte,
	compressed bool,
) error {
	if len(content) > math.MaxUint32-1<<16 {
		return &Error{Path: s.path, Problem: fmt.Sprintf("array %s is too large for MAT v5", name), Remedy: "save it as .npy"}
	}
	word := func(to []byte, v uint32) []byte {
		var b [4]byte
		s.order.PutUint32(b[:], v)
		return append(to, b[:]...)
	}
	var body []byte
	add := func(kind uint32, data []byte) {
		body = word(word(body, kind), uint32(len(data)))
		body = append(body, data...)
		body = append(body, make([]byte, (8-len(data)%8)%8)...)
	}
	add(miUint32, word(word(nil, class), 0))
	var dims []byte
	for _, d := range s.shape {
		dims = word(dims, uint32(d))
	}
	add(miInt32, dims)
	add(miInt8, []byte(name))
	add(kind, content)
	element := append(word(word(nil, miMatrix), uint32(len(body))), body...)
	if !compressed {
		out.Write(element)
		return nil
	}
	var packed bytes.Buffer
	packer := zlib.NewWriter(&packed)
	if _, err := packer.Write(element); err != nil {
		return err
	}
	if err := packer.Close(); err != nil {
		return err
	}
	out.Write(word(word(nil, miCompressed), uint32(packed.Len())))
	out.Write(packed.Bytes())
	return nil
}
