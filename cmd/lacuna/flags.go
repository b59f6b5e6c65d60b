package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"lacuna/internal/atomicfile"
	"lacuna/internal/memory"
	"lacuna/tensor"
)

// seconds is a duration on the command line: 90s, 1.5h, or a plain number of seconds.
type seconds time.Duration

func (s *seconds) String() string {
	if *s == 0 {
		return ""
	}
	return time.Duration(*s).String()
}

func (s *seconds) Type() string { return "duration" }

func (s *seconds) Set(text string) error {
	if number, err := strconv.ParseFloat(text, 64); err == nil {
		text = strconv.FormatFloat(number, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("give a time above zero, such as 90s, 5m or 1.5h")
	}
	*s = seconds(d)
	return nil
}

// effort is the work to spend on a completion, on the command line.
type effort float64

func (e *effort) String() string { return strconv.FormatFloat(float64(*e), 'g', -1, 64) }

func (e *effort) Type() string { return "float" }

func (e *effort) Set(text string) error {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || !(number > 0 && number <= 1000) {
		return fmt.Errorf("give a number above 0, up to 1000")
	}
	*e = effort(number)
	return nil
}

// effortFlag adds --effort, which stands at normal unless it is given.
func effortFlag(flags *pflag.FlagSet, to *float64, normal float64, usage string) {
	*to = normal
	flags.Var((*effort)(to), "effort", usage)
}

// parseDepths reads depths, fractions included: one for all modes, or one a mode, separated by commas. "" is nil.
func parseDepths(text string, order int) ([]float64, error) {
	if text == "" {
		return nil, nil
	}
	fields := strings.Split(text, ",")
	if len(fields) != 1 && len(fields) != order {
		return nil, fmt.Errorf("--depth %s lists %d depths for %d modes: give one, or one a mode", text, len(fields), order)
	}
	depths := make([]float64, order)
	for n := range depths {
		field := fields[min(n, len(fields)-1)]
		depth, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		if err != nil || !(depth >= 0 && depth <= deepest) {
			return nil, fmt.Errorf("--depth %s: %q is no depth: give numbers from 0 to %d", text, field, deepest)
		}
		depths[n] = depth
	}
	return depths, nil
}

// deepest bounds depths: deeper chains are no use, and their memory cannot be reckoned with.
const deepest = 1000

// wholeDepths refuses fractions.
func wholeDepths(depths []float64) ([]int, error) {
	var whole []int
	for _, depth := range depths {
		if depth != math.Trunc(depth) {
			return nil, fmt.Errorf("--depth %v is no whole number: only collapsed chains have fractional depths", depth)
		}
		whole = append(whole, int(depth))
	}
	return whole, nil
}

// parseStandardise reads none, global, auto or the name of a mode.
func parseStandardise(text string, modes []tensor.Mode) (tensor.Standardise, int, error) {
	how, mode, ok := tensor.StandardiseNamed(text, modes)
	if !ok {
		_, err := modeNamed("--standardise", text, modes)
		return 0, 0, fmt.Errorf("%w, or auto, global, none", err)
	}
	return how, mode, nil
}

// modeNamed finds a mode for a flag.
func modeNamed(flag, name string, modes []tensor.Mode) (int, error) {
	var names []string
	for _, mode := range modes {
		names = append(names, mode.Name)
	}
	if n := slices.Index(names, name); n >= 0 {
		return n, nil
	}
	return 0, fmt.Errorf("%s %s: there is no such mode, choose one of %s", flag, name, strings.Join(names, ", "))
}

// checkCells refuses a synthetic tensor that would not fit in memory.
func checkCells(shape tensor.Shape) error {
	const bytesPerCell = 40
	need, have := shape.Cells()*bytesPerCell*float64(shape.Order()), memory.Available()
	if have > 0 && need > have {
		return inputError(fmt.Errorf("a synthetic tensor of shape %s needs %s of memory, %s are available: "+
			"choose a smaller one",
			shapeWords(shape), memory.Format(need), memory.Format(have)))
	}
	return nil
}

// checkEnding refuses a file name that does not say its format. An empty name is none.
func checkEnding(flag, path string, endings []string) error {
	if path == "" {
		return nil
	}
	for _, ending := range endings {
		if strings.HasSuffix(strings.ToLower(path), "."+ending) {
			return nil
		}
	}
	return usageError{fmt.Errorf("%s %s: the name must end in .%s", flag, path, strings.Join(endings, " or ."))}
}

// checkOutputs makes sure, before the work starts, that every output can be written, that no two are the same, and
// that none is the input. Empty names are left out.
func checkOutputs(input string, outputs ...string) error {
	in, _ := os.Stat(input)
	var seen []string
	for _, path := range outputs {
		if path == "" || path == pipe {
			continue
		}
		if slices.Contains(seen, path) {
			return usageError{fmt.Errorf("%s would be written twice: give another name", path)}
		}
		seen = append(seen, path)
		if out, err := os.Stat(path); err == nil && in != nil && os.SameFile(in, out) {
			return inputError(fmt.Errorf("%s is the input and would be overwritten: give another name with -o", path))
		}
		if err := atomicfile.Check(path); err != nil {
			return inputError(err)
		}
	}
	return nil
}
