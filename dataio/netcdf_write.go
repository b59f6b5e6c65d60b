package dataio

import (
	"bytes"
	"io"
	"math"
	"strings"

	"lacuna/internal/netcdf"
)

// write writes the file with the gaps of the chosen variables filled, and beside each variable X the variables X_filled
// (1 where a gap was filled), X_stderr and those of extra, without the prefix lacuna_.
func (s *ncSource) write(w io.Writer, _ *Table, next func() Filled, _ filledCells, extra []string) error {
	values := make([][]float64, len(s.chosen))
	added := make([]*addedArrays, len(s.chosen))
	for c := range s.chosen {
		cells := s.cells() / len(s.chosen)
		values[c] = make([]float64, cells)
		added[c] = newAddedArrays(cells, extra)
	}
	err := s.eachCell(func(_ []int32, position int) error {
		if value, _ := s.at(position); !s.numbers.isMissing(value) {
			return nil
		}
		f := next()
		c, k := position%len(s.chosen), position/len(s.chosen)
		values[c][k] = f.Value
		added[c].set(k, f)
		return checkFilled(f)
	})
	if err != nil {
		return err
	}
	out := *s.file
	out.Vars = nil
	for k := range s.file.Vars {
		v := s.file.Vars[k]
		for c := range s.chosen {
			if s.chosen[c].Var == &s.file.Vars[k] {
				v = s.chosen[c].filled(values[c], added[c].filled)
			}
		}
		if !isAddedVariable(&v) {
			out.Vars = append(out.Vars, v)
		}
	}
	for c := range s.chosen {
		out.Vars = append(out.Vars, s.chosen[c].added(&out, added[c])...)
	}
	return out.Write(w)
}

// filled is the variable with its gaps filled: of the same type where that has the values, else of double.
func (n *ncVariable) filled(values []float64, isFilled []byte) netcdf.Var {
	v := *n.Var
	v.Replace(bytes.Clone(v.Gather()))
	for k, flag := range isFilled {
		if flag == 0 {
			continue
		}
		raw, ok := n.raw(values[k])
		if !ok {
			return n.asDouble(values, isFilled)
		}
		netcdf.Put(n.kind, v.Data, k, raw)
	}
	return v
}

// raw is a value as the variable stores it; false where it cannot.
func (n *ncVariable) raw(value float64) (raw float64, ok bool) {
	raw = value
	if n.packed {
		raw = (value - n.offset) / n.scale
	}
	if n.kind != netcdf.Float && n.kind != netcdf.Double {
		if !n.packed {
			return 0, false
		}
		raw = math.Round(raw)
	}
	gap, _ := n.isGap(raw)
	return raw, !gap && netcdf.Holds(n.kind, raw)
}

// asDouble is the variable in plain numbers of double, its gaps filled.
func (n *ncVariable) asDouble(values []float64, isFilled []byte) netcdf.Var {
	v := netcdf.Var{Name: n.Name, Dims: n.Dims, Type: netcdf.Double, Data: make([]byte, 8*len(values))}
	for k := range values {
		value, _ := n.at(k)
		if isFilled[k] == 1 {
			value = values[k]
		}
		netcdf.Put(netcdf.Double, v.Data, k, value)
	}
	for _, a := range n.Attrs {
		switch a.Name {
		case "scale_factor", "add_offset", "_Unsigned", "valid_min", "valid_max", "valid_range", "missing_value":
		case "_FillValue":
			v.Attrs = append(v.Attrs, netcdf.NumberAttr(a.Name, netcdf.Double, math.NaN()))
		default:
			v.Attrs = append(v.Attrs, a)
		}
	}
	return v
}

// added are the variables that filling adds to this one.
func (n *ncVariable) added(file *netcdf.File, arrays *addedArrays) []netcdf.Var {
	taken := map[string]bool{}
	for k := range file.Vars {
		taken[file.Vars[k].Name] = true
	}
	describe := func(suffix, text string, t netcdf.Type, data []byte) netcdf.Var {
		v := netcdf.Var{Name: n.Name + "_" + suffix, Dims: n.Dims, Type: t, Data: data}
		if taken[v.Name] {
			v.Name = n.Name + "_lacuna_" + suffix
		}
		v.Attrs = []netcdf.Attr{netcdf.TextAttr("long_name", text+" "+n.Name), ncMark}
		if t == netcdf.Double {
			v.Attrs = append(v.Attrs, netcdf.NumberAttr("_FillValue", t, math.NaN()))
			if units := n.Attr("units"); units != nil {
				v.Attrs = append(v.Attrs, *units)
			}
		}
		for _, name := range []string{"coordinates", "grid_mapping"} {
			if a := n.Attr(name); a != nil {
				v.Attrs = append(v.Attrs, *a)
			}
		}
		return v
	}
	vars := []netcdf.Var{describe("filled", "1 where a gap was filled in", netcdf.Byte, arrays.filled)}
	for k, name := range arrays.names {
		suffix := strings.TrimPrefix(name, "lacuna_")
		text := map[string]string{
			"stderr": "standard error of the filled values of", "low": "lower bound of the filled values of",
			"high": "upper bound of the filled values of",
		}[suffix]
		if text == "" {
			text = suffix + " of the filled values of"
		}
		data := make([]byte, 8*len(arrays.columns[k]))
		for i, value := range arrays.columns[k] {
			netcdf.Put(netcdf.Double, data, i, value)
		}
		vars = append(vars, describe(suffix, text, netcdf.Double, data))
	}
	return vars
}
