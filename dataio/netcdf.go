package dataio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"lacuna/internal/netcdf"
	"lacuna/tensor"
)

// NetCDF is variables over named dimensions, in the classic format and its two wider kin. Dimensions are the modes,
// coordinate variables their labels. Several variables over the same dimensions are the labels of a last mode.
const NetCDF Format = "NetCDF-3"

func init() {
	register(kind{
		format: NetCDF, ending: ".nc", takes: takesVariables, read: readNetCDF,
		detect: func(_ string, data []byte) sureness {
			if bytes.HasPrefix(data, []byte("CDF")) && len(data) > 3 && data[3] < ' ' {
				return certain
			}
			return no
		},
	})
}

// ncSource is a NetCDF file, some variables of which have gaps.
type ncSource struct {
	path    string
	file    *netcdf.File
	chosen  []ncVariable
	layout  // of the cells: the dimensions, and the variables where there are several
	numbers *numbers
}

// ncMark is the attribute that tells what filling has added from the rest.
var ncMark = netcdf.TextAttr("source", "lacuna")

func isAddedVariable(v *netcdf.Var) bool { return v.Attr(ncMark.Name).Text() == string(ncMark.Data) }

// ncVariable is a variable with what its attributes say of its numbers.
type ncVariable struct {
	*netcdf.Var
	kind          netcdf.Type // Type, or its unsigned twin
	packed        bool        // value = raw × scale + offset
	scale, offset float64
	gaps          []float64 // raw numbers that stand for nothing
	low, high     float64   // of raw numbers that are valid
}

func newVariable(v *netcdf.Var) ncVariable {
	n := ncVariable{Var: v, kind: v.Type, scale: 1, low: math.Inf(-1), high: math.Inf(1)}
	unsigned := map[netcdf.Type]netcdf.Type{
		netcdf.Byte: netcdf.UByte, netcdf.Short: netcdf.UShort, netcdf.Int: netcdf.UInt, netcdf.Int64: netcdf.UInt64,
	}
	if kind, ok := unsigned[v.Type]; ok && strings.EqualFold(v.Attr("_Unsigned").Text(), "true") {
		n.kind = kind
	}
	numbers := func(name string, count int) []float64 {
		a := v.Attr(name)
		if a != nil && a.Type == v.Type {
			unsigned := *a
			unsigned.Type = n.kind
			a = &unsigned
		}
		if values := a.Numbers(); len(values) >= count {
			return values
		}
		return nil
	}
	one := func(name string, to *float64) {
		if values := numbers(name, 1); len(values) > 0 {
			*to = values[0]
		}
	}
	n.packed = len(v.Attr("scale_factor").Numbers())+len(v.Attr("add_offset").Numbers()) > 0
	one("scale_factor", &n.scale)
	one("add_offset", &n.offset)
	n.gaps = append(numbers("_FillValue", 1), numbers("missing_value", 1)...)
	if v.Attr("_FillValue") == nil && v.Type.Size() > 1 {
		n.gaps = append(n.gaps, netcdf.Fill(n.kind))
	}
	one("valid_min", &n.low)
	one("valid_max", &n.high)
	if both := numbers("valid_range", 2); len(both) >= 2 {
		n.low, n.high = both[0], both[1]
	}
	return n
}

// isGap tells whether a raw number stands for nothing; outside tells that it does so for being out of the valid range.
func (n *ncVariable) isGap(raw float64) (gap, outside bool) {
	for _, g := range n.gaps {
		if raw == g || n.Type == netcdf.Float && raw == float64(float32(g)) {
			return true, false
		}
	}
	outside = raw < n.low || raw > n.high
	return outside || math.IsNaN(raw), outside
}

// at is the k-th value, NaN for a gap.
func (n *ncVariable) at(k int) (value float64, outside bool) { return n.value(n.Number(n.kind, k)) }

// value is what a raw number stands for, NaN for a gap.
func (n *ncVariable) value(raw float64) (value float64, outside bool) {
	gap, outside := n.isGap(raw)
	if gap {
		return math.NaN(), outside
	}
	return float64(raw*n.scale) + n.offset, false
}

func readNetCDF(path string, data []byte, o Options) (*Table, error) {
	file, err := netcdf.Read(data)
	if err != nil {
		return nil, &Error{Path: path, Problem: "the NetCDF file is damaged: " + err.Error(), Remedy: "get it again"}
	}
	s := &ncSource{path: path, file: file, numbers: newNumbers(o.Missing, false)}
	chosen, err := s.choose(o)
	if err != nil {
		return nil, err
	}
	var axes []tensor.Mode
	var shape []int
	var warnings []string
	for n, d := range chosen[0].Dims {
		for _, earlier := range chosen[0].Dims[:n] {
			if earlier == d {
				return nil, &Error{
					Path: path, Column: chosen[0].Name, Problem: "lies twice along dimension " + shorten(file.Dims[d].Name),
					Remedy: "choose another variable with --value",
				}
			}
		}
		labels, warning := s.labels(d)
		if warning != "" {
			warnings = append(warnings, warning)
		}
		axes = append(axes, tensor.Mode{Name: file.Dims[d].Name, Labels: labels})
		shape = append(shape, file.Dims[d].Length)
	}
	if len(chosen) > 1 {
		axes = append(axes, tensor.Mode{Name: "variable"})
		last := &axes[len(axes)-1]
		for _, v := range chosen {
			last.Labels = append(last.Labels, v.Name)
		}
		shape = append(shape, len(chosen))
	}
	for _, v := range chosen {
		s.chosen = append(s.chosen, newVariable(v))
	}
	s.layout = newLayout(shape, false)
	outside := 0
	table, err := readArray(path, NetCDF, o, elements{
		layout: s.layout, axes: axes, decode: s.decoder(),
		gap: func(position int) {
			if _, out := s.at(position); out {
				outside++
			}
		},
	}, s)
	if err != nil {
		return nil, err
	}
	if outside > 0 {
		warnings = append(warnings, fmt.Sprintf("%d values outside the variable's own valid range are gaps", outside))
	}
	table.Warnings = append(table.Warnings, warnings...)
	for _, v := range chosen {
		table.Reading.Value = append(table.Reading.Value, v.Name)
	}
	return table, nil
}

// at is the value at a position of the layout.
func (s *ncSource) at(position int) (value float64, outside bool) {
	return s.chosen[position%len(s.chosen)].at(position / len(s.chosen))
}

// decoder decodes numbers of one variable in 8 or 16 bits by a table of all of them.
func (s *ncSource) decoder() decoder {
	v := &s.chosen[0]
	size := v.Type.Size()
	if len(s.chosen) > 1 || size > 2 || s.cells() < 1<<16 || !v.IsTogether() {
		return oneByOneFrom(func(position int) float64 {
			value, _ := s.at(position)
			return value
		})
	}
	all := make([]float64, 1<<(8*size))
	for bits := range all {
		raw := netcdf.Number(v.kind, binary.BigEndian.AppendUint16(nil, uint16(bits))[2-size:], 0)
		all[bits], _ = v.value(raw)
	}
	if size == 1 {
		return func(out []float64, position, stride int) {
			for i := range out {
				out[i] = all[v.Data[position+i*stride]]
			}
		}
	}
	return func(out []float64, position, stride int) {
		for i := range out {
			out[i] = all[binary.BigEndian.Uint16(v.Data[2*(position+i*stride):])]
		}
	}
}

func (s *ncSource) line(int) int { return 0 }

// choose finds the variables to fill.
func (s *ncSource) choose(o Options) ([]*netcdf.Var, error) {
	fail := func(problem, remedy string) ([]*netcdf.Var, error) {
		return nil, &Error{Path: s.path, Problem: problem, Remedy: remedy}
	}
	candidates := s.candidates()
	var names []string
	for _, v := range candidates {
		names = append(names, v.Name)
	}
	if o.Value == "" {
		switch {
		case len(candidates) == 0:
			return fail("the file holds no variable of numbers over two dimensions", "give one that does")
		case len(candidates) > 1:
			return fail("the file holds several variables: "+list(names),
				"choose one with --value "+shellName(names[0])+", or several of the same dimensions as one table with --value "+
					shellName(names[0])+","+shellName(names[1]))
		}
		return candidates, nil
	}
	var chosen []*netcdf.Var
	var wanted []string
	for _, name := range splitNames(o.Value) {
		before := len(wanted)
		for _, candidate := range names {
			if strings.ContainsAny(name, "*?") && matches(name, candidate) {
				wanted = append(wanted, candidate)
			}
		}
		if len(wanted) == before {
			wanted = append(wanted, name)
		}
	}
	for _, name := range wanted {
		at := slices.IndexFunc(s.file.Vars, func(v netcdf.Var) bool { return v.Name == name })
		if at < 0 {
			return fail(fmt.Sprintf("there is no variable %q", shorten(name)), "choose among "+list(names))
		}
		v := &s.file.Vars[at]
		switch {
		case v.Type == netcdf.Char:
			return fail(fmt.Sprintf("variable %q holds text", shorten(name)), "choose among "+list(names))
		case slices.Contains(chosen, v):
			return fail(fmt.Sprintf("variable %q is named twice", shorten(name)), "name it once")
		case len(chosen) > 0 && !slices.Equal(v.Dims, chosen[0].Dims):
			return fail(fmt.Sprintf("variables %q and %q lie along other dimensions", shorten(chosen[0].Name), shorten(name)),
				"choose variables of the same dimensions")
		}
		chosen = append(chosen, v)
	}
	return chosen, nil
}

// shellName is a name as a shell takes it.
func shellName(name string) string {
	if strings.ContainsAny(name, " '\"$&|;()<>*?#\\") {
		return "'" + name + "'"
	}
	return name
}

// candidates are the variables that may be meant: of numbers, over two dimensions longer than 1, and not in the service
// of another.
func (s *ncSource) candidates() (found []*netcdf.Var) {
	serving := map[string]bool{}
	for k := range s.file.Vars {
		for _, name := range []string{"bounds", "climatology", "coordinates", "ancillary_variables", "grid_mapping"} {
			for _, other := range strings.Fields(s.file.Vars[k].Attr(name).Text()) {
				serving[other] = true
			}
		}
	}
	for _, d := range s.file.Dims {
		serving[d.Name] = true
	}
	for k := range s.file.Vars {
		v := &s.file.Vars[k]
		long := 0
		for _, d := range v.Dims {
			if s.file.Dims[d].Length > 1 {
				long++
			}
		}
		if long >= 2 && v.Type != netcdf.Char && !serving[v.Name] && !isAddedVariable(v) {
			found = append(found, v)
		}
	}
	return found
}
