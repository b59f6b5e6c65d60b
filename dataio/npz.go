package dataio

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
)

// npzSource is a .npz archive, one array of which has gaps.
type npzSource struct {
	archive *zip.Reader // nil for an array that came as .npy
	member  string
	method  uint16 // how the member was compressed, and what is added will be
	array   *npySource
	mask    bool // the member mask belongs to this array alone
}

func (s *npySource) under(ending string) source {
	if ending != kinds[NPZ].ending {
		return s
	}
	return &npzSource{member: "arr_0.npy", method: zip.Deflate, array: s}
}

// NPZ is an archive of arrays. The gaps are those of one of them, whose cells are either those of a tensor or, beside
// arrays index_0, index_1, …, the rows of a list of cells. The texts modes, labels_0, labels_1, … name the axes and
// their labels.
const NPZ Format = "NumPy .npz"

func init() {
	register(kind{
		format: NPZ, ending: ".npz", takes: takesArray | takesGrid | takesDuplicates | takesLimits, read: readNPZ, detect: detectNPZ,
	})
}

func detectNPZ(path string, data []byte) sureness {
	if isWorkbook(path, data) {
		return no
	}
	return magic("PK\x03\x04")(path, data)
}

func readNPZ(path string, data []byte, o Options) (*Table, error) {
	a, err := openNPZ(path, data, o)
	if err != nil {
		return nil, err
	}
	axes, err := a.readAxes()
	if err != nil {
		return nil, err
	}
	index, err := a.readIndex()
	if err != nil {
		return nil, err
	}
	name, alone, err := a.choose()
	if err != nil {
		return nil, err
	}
	array, err := a.read(name)
	if err != nil {
		return nil, err
	}
	member := a.members[name]
	source := &npzSource{archive: a.archive, member: member.Name, method: member.Method, array: array}
	if mask := a.members[maskName]; mask != nil && name != maskName {
		source.mask = alone
		if err := a.addMask(array, mask); err != nil {
			return nil, err
		}
	}
	if o.Censored {
		if array.limits, err = a.readLimits(array); err != nil {
			return nil, err
		}
	}
	if index != nil {
		return (&npzCells{npzSource: source, index: index}).read(axes, o)
	}
	whole := kind{format: NPZ, takes: takesArray | takesLimits} // an array lists all its cells
	if err := whole.refuse(path, o); err != nil {
		return nil, err
	}
	modes, err := axes.of(path, array.shape)
	if err != nil {
		return nil, err
	}
	return array.read(NPZ, o, modes, source)
}

// npzArchive is the arrays of a .npz file, by name.
type npzArchive struct {
	path    string
	data    []byte
	options Options
	archive *zip.Reader
	members map[string]*zip.File
	names   []string // of those that may be the one with gaps, sorted
	other   string   // a member that is no array; "" for none
}

func openNPZ(path string, data []byte, o Options) (*npzArchive, error) {
	fail := func(problem, remedy string) (*npzArchive, error) {
		return nil, &Error{Path: path, Problem: problem, Remedy: remedy}
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fail("the archive is damaged ("+err.Error()+")", "save the arrays again")
	}
	a := &npzArchive{path: path, data: data, options: o, archive: archive, members: map[string]*zip.File{}}
	for _, file := range archive.File {
		if file.Name == "content.xml" {
			return fail("this is an OpenDocument file", "save the table as .xlsx or CSV")
		}
		// The other members are copied when the table is written, which is late to find them cut off.
		if offset, err := file.DataOffset(); err != nil || offset > int64(len(data)) ||
			file.CompressedSize64 > uint64(len(data))-uint64(offset) {
			return fail("the archive is damaged ("+shorten(file.Name)+" is cut off)", "save the arrays again")
		}
		if name, ok := strings.CutSuffix(file.Name, ".npy"); ok {
			a.members[name] = file
			if name != maskName && !(o.Censored && (name == aboveName || name == belowName)) {
				a.names = append(a.names, name)
			}
		} else if a.other == "" && !strings.HasSuffix(file.Name, "/") {
			a.other = file.Name
		}
	}
	slices.Sort(a.names)
	return a, nil
}

// choose returns the name of the array with gaps, and whether there is no other.
func (a *npzArchive) choose() (name string, alone bool, err error) {
	fail := func(problem, remedy string) (string, bool, error) {
		return "", false, &Error{Path: a.path, Problem: problem, Remedy: remedy}
	}
	name, alone = a.options.Array, len(a.names) == 1
	switch {
	case len(a.names) == 0:
		if a.other != "" {
			return fail(fmt.Sprintf("this is a zip archive that holds %q, and no .npz of NumPy", shorten(a.other)),
				"unpack it, and give the table in it")
		}
		return fail("the archive holds no .npy array", "give a .npz that NumPy has saved")
	case name == "" && a.members["format"] != nil && a.members["shape"] != nil && a.members["data"] != nil:
		return fail("this is a sparse matrix of SciPy, which does not tell gaps from zeros",
			"write its cells as a table: pandas.DataFrame({'row': m.row, 'column': m.col, 'value': m.data}).to_csv('m.csv', index=False), with "+
				"m = scipy.sparse.load_npz(…).tocoo()")
	case name == "" && !alone:
		return fail("the archive holds several arrays", "choose one with --array: "+list(a.names))
	case name == "":
		name = a.names[0]
	case a.members[name] == nil:
		return fail(fmt.Sprintf("there is no array %s", shorten(name)), "choose one of "+list(a.names))
	}
	return name, alone, nil
}

// read reads an array of numbers.
func (a *npzArchive) read(name string) (*npySource, error) {
	data, err := a.unpack(a.members[name])
	if err != nil {
		return nil, err
	}
	return parseNPY(a.path, data)
}

// unpack returns the content of a member: where it is stored as it is, the archive's own bytes.
func (a *npzArchive) unpack(member *zip.File) ([]byte, error) {
	damaged := func(err error) ([]byte, error) {
		return nil, &Error{Path: a.path, Problem: "the archive is damaged (" + err.Error() + ")", Remedy: "save the arrays again"}
	}
	if from, err := member.DataOffset(); err == nil && member.Method == zip.Store && member.CRC32 != 0 {
		stored := a.data[from:][:member.CompressedSize64] // openNPZ has found it there
		if member.UncompressedSize64 != member.CompressedSize64 || crc32.ChecksumIEEE(stored) != member.CRC32 {
			return damaged(zip.ErrChecksum)
		}
		return stored, nil
	}
	file, err := member.Open()
	if err != nil {
		return damaged(err)
	}
	defer file.Close()
	told := int64(min(member.UncompressedSize64, math.MaxInt64))
	data, err := readAll(file, a.path, told, int64(member.CompressedSize64), budgetOf(a.options.Memory))
	if err != nil {
		if _, big := err.(*Error); big {
			return nil, err
		}
		return damaged(err)
	}
	return data, nil
}

// maskName is the array of an archive that marks the gaps of the other, as numpy.ma does: true is a gap.
const maskName = "mask"

// addMask makes gaps of the elements of an array that a mask names.
func (a *npzArchive) addMask(s *npySource, member *zip.File) error {
	data, err := a.unpack(member)
	if err != nil {
		return err
	}
	mask, err := parseNPY(s.path, data)
	if err != nil {
		return err
	}
	e := &Error{Path: s.path, Remedy: "save it as truth values of the array's shape, true for a gap, or leave it out"}
	if mask.kind != 'b' {
		e.Problem = "the array mask holds numbers, so it is not clear which of them mark a gap"
		return e
	}
	if len(mask.shape) == 0 && mask.element(0) == 0 { // numpy.ma.nomask
		return nil
	}
	if s.cells() == 0 {
		return nil
	}
	if !slices.Equal(mask.shape, s.shape) {
		e.Problem = fmt.Sprintf("the array has the shape %v, and its mask %v", s.shape, mask.shape)
		return e
	}
	s.mask = mask.data[mask.offset:][:mask.cells()]
	if mask.fortran == s.fortran {
		return nil
	}
	s.mask = make([]byte, s.cells())
	return s.eachCell(func(cell []int32, position int) error {
		from := mask.offset
		for n, i := range cell {
			from += int(i) * mask.strides[n]
		}
		s.mask[position] = mask.data[from]
		return nil
	})
}

func (s *npzSource) line(int) int { return 0 }

func (s *npzSource) write(w io.Writer, _ *Table, next func() Filled, _ filledCells, extra []string) error {
	added := newAddedArrays(s.array.cells(), extra)
	filled, err := s.array.filled(next, added.set)
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	if err := s.copyOthers(out, func(string) bool { return false }); err != nil {
		return err
	}
	if err := s.writeFilled(out, filled, s.array.shape, added); err != nil {
		return err
	}
	return out.Close()
}

// copyOthers copies the members that filling does not change, and that are not left out.
func (s *npzSource) copyOthers(out *zip.Writer, leaveOut func(name string) bool) error {
	if s.archive == nil {
		return nil
	}
	for _, file := range s.archive.File {
		replaced := file.Name == s.member || strings.HasPrefix(file.Name, "lacuna_") || s.mask && file.Name == maskName+".npy"
		if replaced || leaveOut(strings.TrimSuffix(file.Name, ".npy")) {
			continue
		}
		if err := out.Copy(file); err != nil {
			return err
		}
	}
	return nil
}

// writeFilled writes the filled array, its mask, which has become empty, and the arrays that filling adds.
func (s *npzSource) writeFilled(out *zip.Writer, filled []byte, shape []int, added *addedArrays) error {
	if err := addMember(out, s.member, s.method, filled); err != nil {
		return err
	}
	fortran := s.array.fortran
	if s.mask {
		none := append(npyHeader("|b1", fortran, shape), make([]byte, len(added.filled))...)
		if err := addMember(out, maskName+".npy", s.method, none); err != nil {
			return err
		}
	}
	flags := append(npyHeader("|u1", fortran, shape), added.filled...)
	if err := addMember(out, "lacuna_filled.npy", s.method, flags); err != nil {
		return err
	}
	for k, name := range added.names {
		if err := addMember(out, name+".npy", s.method, npyFloats(shape, fortran, added.columns[k])); err != nil {
			return err
		}
	}
	return nil
}

func addMember(out *zip.Writer, name string, method uint16, data []byte) error {
	w, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
