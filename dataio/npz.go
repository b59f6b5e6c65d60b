package dataio

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
)

// npzSource is a .npz archive, one array of which has gaps.
type npzSource struct {
	archive *zip.Reader // nil for an array that came as .npy
	member  string
	array   *npySource
	mask    bool // the member mask belongs to this array alone
}

func (s *npySource) under(ending string) source {
	if ending != kinds[NPZ].ending {
		return s
	}
	return &npzSource{member: "arr_0.npy", array: s}
}

// NPZ is an archive of arrays.
const NPZ Format = "NumPy .npz"

func init() {
	register(kind{format: NPZ, ending: ".npz", takes: takesArray, read: readNPZ, detect: detectNPZ})
}

func detectNPZ(path string, data []byte) sureness {
	if isWorkbook(path, data) {
		return no
	}
	return magic("PK\x03\x04")(path, data)
}

func readNPZ(path string, data []byte, o Options) (*Table, error) {
	fail := func(problem, remedy string) (*Table, error) {
		return nil, &Error{Path: path, Problem: problem, Remedy: remedy}
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fail("the archive is damaged ("+err.Error()+")", "save the arrays again")
	}
	members := map[string]*zip.File{}
	var names []string
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
			members[name] = file
			if name != maskName {
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	name := o.Array
	switch {
	case len(names) == 0:
		return fail("the archive holds no .npy array", "give a .npz that NumPy has saved")
	case name == "" && len(names) > 1:
		return fail("the archive holds several arrays", "choose one with --array: "+list(names))
	case name == "":
		name = names[0]
	case members[name] == nil:
		return fail(fmt.Sprintf("there is no array %s", shorten(name)), "choose one of "+list(names))
	}
	array, err := readMember(path, members[name], o)
	if err != nil {
		return nil, err
	}
	source := &npzSource{archive: archive, member: members[name].Name, array: array}
	if mask := members[maskName]; mask != nil && name != maskName {
		source.mask = len(names) == 1
		if err := array.addMask(mask, o); err != nil {
			return nil, err
		}
	}
	return array.read(NPZ, o, source)
}

// readMember reads an array of an archive.
func readMember(path string, member *zip.File, o Options) (*npySource, error) {
	damaged := func(err error) error {
		return &Error{Path: path, Problem: "the archive is damaged (" + err.Error() + ")", Remedy: "save the arrays again"}
	}
	file, err := member.Open()
	if err != nil {
		return nil, damaged(err)
	}
	defer file.Close()
	elements, err := readAll(file, path, 0, budgetOf(o.Memory))
	if err != nil {
		if _, big := err.(*Error); big {
			return nil, err
		}
		return nil, damaged(err)
	}
	return parseNPY(path, elements)
}

// maskName is the array of an archive that marks the gaps of the other, as numpy.ma does: true is a gap.
const maskName = "mask"

// addMask makes gaps of the elements that a mask names.
func (s *npySource) addMask(member *zip.File, o Options) error {
	mask, err := readMember(s.path, member, o)
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
	var inOrder []bool
	mask.eachCell(func(_ []int32, position int) error {
		inOrder = append(inOrder, mask.element(position) != 0)
		return nil
	})
	s.masked = make([]bool, s.cells())
	s.eachCell(func(_ []int32, position int) error {
		s.masked[position] = inOrder[0]
		inOrder = inOrder[1:]
		return nil
	})
	return nil
}

func (s *npzSource) line(int) int { return 0 }

func (s *npzSource) write(w io.Writer, _ *Table, next func() Filled, _ filledCells, extra []string) error {
	out := zip.NewWriter(w)
	added := newAddedArrays(s.array.cells(), extra)
	filled, err := s.array.filled(next, added.set)
	if err != nil {
		return err
	}
	if s.archive != nil {
		for _, file := range s.archive.File {
			if file.Name == s.member || strings.HasPrefix(file.Name, "lacuna_") || s.mask && file.Name == maskName+".npy" {
				continue
			}
			if err := out.Copy(file); err != nil {
				return err
			}
		}
	}
	if err := addMember(out, s.member, filled); err != nil {
		return err
	}
	if s.mask {
		none := npyHeader("|b1", s.array.fortran, s.array.shape)
		if err := addMember(out, maskName+".npy", append(none, make([]byte, s.array.cells())...)); err != nil {
			return err
		}
	}
	flags := npyHeader("|u1", s.array.fortran, s.array.shape)
	if err := addMember(out, "lacuna_filled.npy", append(flags, added.filled...)); err != nil {
		return err
	}
	for k, name := range added.names {
		if err := addMember(out, name+".npy", npyFloats(s.array.shape, s.array.fortran, added.columns[k])); err != nil {
			return err
		}
	}
	return out.Close()
}

func addMember(out *zip.Writer, name string, data []byte) error {
	w, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
