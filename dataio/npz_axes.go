package dataio

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lacuna/tensor"
)

// The texts of an archive that say what its axes are: modes their names, labels_0, labels_1, … their labels.
const (
	modesName    = "modes"
	labelsPrefix = "labels_"
)

// npzAxes are the axes as an archive names them; what it does not name is nil.
type npzAxes struct {
	names  []string
	labels map[int][]string
}

// readAxes reads the texts that describe axes, and takes them from the arrays that may have gaps. Numbers of the same
// names are arrays like others.
func (a *npzArchive) readAxes() (npzAxes, error) {
	axes := npzAxes{labels: map[int][]string{}}
	for _, name := range slices.Clone(a.names) {
		number, isLabels := strings.CutPrefix(name, labelsPrefix)
		k, err := strconv.Atoi(number)
		if isLabels = isLabels && err == nil && k >= 0; !isLabels && name != modesName || name == a.options.Array {
			continue
		}
		data, err := a.unpack(a.members[name])
		if err != nil {
			return axes, err
		}
		texts, err := npyTexts(a.path, data)
		switch {
		case err != nil:
			return axes, err
		case texts == nil:
			continue
		case isLabels:
			axes.labels[k] = texts
		default:
			axes.names = texts
		}
		a.names = slices.DeleteFunc(a.names, func(other string) bool { return other == name })
	}
	return axes, nil
}

// of are the axes of an array of this shape; nil where nothing is said of them.
func (x npzAxes) of(path string, shape []int) ([]tensor.Mode, error) {
	if x.names == nil && len(x.labels) == 0 {
		return nil, nil
	}
	fail := func(problem, remedy string) ([]tensor.Mode, error) {
		return nil, &Error{Path: path, Problem: problem, Remedy: remedy}
	}
	if x.names != nil && len(x.names) != len(shape) {
		return fail(fmt.Sprintf("the array has %d axes, and modes names %d", len(shape), len(x.names)),
			"give one name an axis, or leave modes out")
	}
	for k, name := range x.names {
		if slices.Contains(x.names[:k], name) {
			return fail(fmt.Sprintf("modes holds the name %q twice", shorten(name)), "give every axis a name of its own")
		}
	}
	for k := range x.labels {
		if k >= len(shape) {
			return fail(fmt.Sprintf("there is %s%d, and the array has %d axes", labelsPrefix, k, len(shape)),
				"number the labels from 0, one array an axis")
		}
	}
	modes := make([]tensor.Mode, len(shape))
	for k, d := range shape {
		modes[k].Name = "mode" + strconv.Itoa(k+1)
		if x.names != nil {
			modes[k].Name = x.names[k]
		}
		labels, given := x.labels[k]
		if !given {
			modes[k].Labels = numbered(d)
			continue
		}
		if len(labels) != d {
			return fail(fmt.Sprintf("%s%d holds %d labels for an axis of length %d", labelsPrefix, k, len(labels), d),
				"give one label an index")
		}
		seen := make(map[string]bool, d)
		for _, label := range labels {
			if seen[label] {
				return fail(fmt.Sprintf("%s%d holds the label %q twice", labelsPrefix, k, shorten(label)),
					"give every index of an axis a label of its own")
			}
			seen[label] = true
		}
		modes[k].Labels = slices.Clone(labels)
	}
	return modes, nil
}

// npyTexts reads a vector of texts, in UTF-32 as NumPy keeps str or in bytes of UTF-8; nil where the elements are no
// texts.
func npyTexts(path string, data []byte) ([]string, error) {
	s, _, err := parseNPYHeader(path, data)
	if err != nil || s.kind != 'U' && s.kind != 'S' {
		return nil, err
	}
	unicode := s.kind == 'U'
	if unicode {
		s.size *= 4
	}
	if s.size == 0 || len(s.shape) != 1 {
		return nil, damagedNPY(path, "it is no vector of texts")
	}
	if err := s.checkLength(); err != nil {
		return nil, err
	}
	texts := make([]string, s.cells())
	for k := range texts {
		element := s.data[s.offset+k*s.size:][:s.size]
		if unicode {
			element = utf8Of(element, s.order)
		}
		texts[k] = strings.TrimRight(string(element), "\x00")
	}
	return texts, nil
}

// utf8Of converts UTF-32.
func utf8Of(text []byte, order binary.ByteOrder) []byte {
	var out []byte
	for ; len(text) >= 4; text = text[4:] {
		out = append(out, string(rune(order.Uint32(text)))...)
	}
	return out
}
