package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lacuna"
	"lacuna/tensor"
)

// limits translates --min and --max for a table of these modes.
func (f *completeFlags) limits(modes []tensor.Mode) (all []lacuna.Limit, err error) {
	for _, given := range []struct {
		flag   string
		values []string
	}{{"--min", f.min}, {"--max", f.max}} {
		for _, text := range given.values {
			m, err := parseLimit(given.flag, text, modes)
			if err != nil {
				return nil, usageError{err}
			}
			for _, other := range all {
				if other.Mode == m.Mode && other.Index == m.Index && math.Max(other.Min, m.Min) > math.Min(other.Max, m.Max) {
					return nil, usageError{fmt.Errorf("--max %s: it is below --min, so that no value is possible", text)}
				}
			}
			all = append(all, m)
		}
	}
	return all, nil
}

// parseLimit reads 0, rain=0 or variable:rain=0; none in place of the number.
func parseLimit(flag, text string, modes []tensor.Mode) (lacuna.Limit, error) {
	m := lacuna.Limit{Mode: -1, Min: math.Inf(-1), Max: math.Inf(1)}
	number := text
	if at := strings.LastIndexByte(text, '='); at >= 0 {
		var err error
		if m.Mode, m.Index, err = labelNamed(flag, text[:at], modes); err != nil {
			return m, err
		}
		number = text[at+1:]
	}
	y, err := strconv.ParseFloat(number, 64)
	switch {
	case number == "none" && flag == "--min":
		y = -lacuna.NoLimit
	case number == "none":
		y = lacuna.NoLimit
	case err != nil || math.IsNaN(y) || math.IsInf(y, 0):
		return m, fmt.Errorf("%s %s: give a number or none, or a label and a number, such as rain=0", flag, text)
	}
	if flag == "--min" {
		m.Min = y
	} else {
		m.Max = y
	}
	return m, nil
}

// labelNamed finds the one mode that has a label, which may stand before it: variable:rain.
func labelNamed(flag, name string, modes []tensor.Mode) (mode, index int, err error) {
	mode = -1
	for n, m := range modes {
		label := name
		if rest, ok := strings.CutPrefix(name, m.Name+":"); ok {
			label = rest
		}
		at := slices.Index(m.Labels, label)
		if at < 0 {
			continue
		}
		if mode >= 0 {
			return 0, 0, fmt.Errorf("%s %s: %s and %s have that label: write %s:%s", flag, name, modes[mode].Name, m.Name,
				m.Name, label)
		}
		mode, index = n, at
	}
	if mode < 0 {
		return 0, 0, fmt.Errorf("%s %s: no mode has that label", flag, name)
	}
	return mode, index, nil
}

// parseNoises reads rain=lognormal,af=counts.
func parseNoises(text string, modes []tensor.Mode) (all []lacuna.LabelNoise, err error) {
	for _, one := range strings.Split(text, ",") {
		at := strings.LastIndexByte(one, '=')
		if at < 0 {
			return nil, fmt.Errorf("--noise %s: %q names no label: give label=noise, such as rain=lognormal", text, one)
		}
		l := lacuna.LabelNoise{Noise: lacuna.Noise(one[at+1:])}
		if l.Mode, l.Index, err = labelNamed("--noise", one[:at], modes); err != nil {
			return nil, err
		}
		families := slices.DeleteFunc(lacuna.Noises(), func(name string) bool { return name == "auto" || name == string(lacuna.NoiseByLabel) })
		if !slices.Contains(families, string(l.Noise)) {
			return nil, fmt.Errorf("--noise %s: %q is unknown for a label, choose one of %s", text, l.Noise, strings.Join(families, ", "))
		}
		if len(all) > 0 && all[0].Mode != l.Mode {
			return nil, fmt.Errorf("--noise %s: the labels are of two modes, give those of one", text)
		}
		if slices.ContainsFunc(all, func(m lacuna.LabelNoise) bool { return m.Index == l.Index }) {
			return nil, fmt.Errorf("--noise %s: %s is named twice", text, one[:at])
		}
		all = append(all, l)
	}
	return all, nil
}
