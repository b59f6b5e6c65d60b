package study

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"lacuna/experiment"
	"lacuna/flow"
	"lacuna/model"
)

// mostRuns protects from a grid that is larger than it was meant.
const mostRuns = 1_000_000

// Load reads a specification file and expands it.
func Load(path string) ([]Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse expands a specification into runs. A specification is TOML; its keys are those of Settings, each a value or a
// list of values, and the runs are all combinations, the last key of Settings varying fastest. Whole numbers may be
// given as ranges, seed = "1..20"; unequal depths as a list within the list, depth = [0, 1, [1, 2, 3]]. Several grids
// are written as [[grid]] tables; keys outside them hold for all.
//
// Unknown keys and values of the wrong kind are errors that name file, line and column. Runs that are listed twice
// are kept once.
func Parse(path string, text []byte) ([]Settings, error) {
	var file struct {
		Grid []map[string]any
		Keys map[string]any
	}
	if err := strict(path, text); err != nil {
		return nil, err
	}
	if err := toml.Unmarshal(text, &file.Keys); err != nil {
		return nil, located(path, err)
	}
	switch grids := file.Keys["grid"].(type) {
	case []any:
		for _, g := range grids {
			file.Grid = append(file.Grid, g.(map[string]any))
		}
		delete(file.Keys, "grid")
	case nil:
		file.Grid = []map[string]any{{}}
	}
	given := map[string]bool{}
	for _, table := range append([]map[string]any{file.Keys}, file.Grid...) {
		for key := range table {
			given[key] = true
		}
	}
	var runs []Settings
	seen := map[string]bool{}
	if err := rename(file.Keys); err != nil {
		return nil, place(path, text, err)
	}
	for _, grid := range file.Grid {
		if err := rename(grid); err != nil {
			return nil, place(path, text, err)
		}
		for key, value := range file.Keys {
			if _, ok := grid[key]; !ok {
				grid[key] = value
			}
		}
		expanded, err := expand(grid)
		if err != nil {
			return nil, place(path, text, err)
		}
		for _, s := range expanded {
			if err := bind(&s, filepath.Dir(path)); err != nil {
				return nil, place(path, text, err)
			}
			if id := s.ID(); !seen[id] {
				seen[id] = true
				runs = append(runs, s)
			}
		}
	}
	for _, k := range keys {
		if effect, ok := effects[k.Name]; ok && (given[k.Name] || given[k.Saved]) && !slices.ContainsFunc(runs, effect.on) {
			return nil, place(path, text, &keyError{k.Name, fmt.Errorf("it has no effect on any run, it is for %s: leave it out", effect.only)})
		}
	}
	return runs, nil
}

// effects are the keys that have none on some runs, with those on which they have one.
var effects = map[string]struct {
	only string
	on   func(s Settings) bool
}{
	"data_seed":  {"synthetic data", synthetic},
	"shape":      {"synthetic data", synthetic},
	"rank":       {"synthetic data", synthetic},
	"noise":      {"synthetic data", synthetic},
	"rate":       {"integrators with a rate, such as gd", func(s Settings) bool { return s.Descends() && s.Integrator != string(flow.Adaptive) }},
	"tolerance":  {"integrators that control their error, such as flow", func(s Settings) bool { return !s.Descends() }},
	"batch_seed": {"batch and label_noise", func(s Settings) bool { return s.Batch > 0 || s.LabelNoise > 0 }},
	"diagonal":   {"start = \"diagonal\"", func(s Settings) bool { return s.Start == string(model.Diagonal) }},
	"sigma_a": {"matrices, such as those of depth 1, whose start draws them with a deviation", func(s Settings) bool {
		drawn := []model.Start{model.Gaussian, model.Diagonal, model.RankOne}
		return !s.Balanced && slices.ContainsFunc(s.Depth, func(k float64) bool { return k > 0 }) &&
			slices.Contains(drawn, model.Start(s.Start))
	}},
	"patience": {"hold_out above 0", func(s Settings) bool { return s.HoldOut > 0 }},
	"points":   {"trajectory = \"blocks\" or \"all\"", func(s Settings) bool { return s.Trajectory != "none" }},
}

func synthetic(s Settings) bool { return s.Data == "synthetic" }

// rename writes the keys of a grid by their present names.
func rename(grid map[string]any) error {
	for _, k := range keys {
		value, ok := grid[k.Saved]
		if !ok || k.Saved == k.Name {
			continue
		}
		if _, twice := grid[k.Name]; twice {
			return &keyError{k.Saved, fmt.Errorf("%s says the same: leave one of the two out", k.Name)}
		}
		delete(grid, k.Saved)
		grid[k.Name] = value
	}
	return nil
}

// keyError is a fault in the value of a key.
type keyError struct {
	key string
	err error
}

func (e *keyError) Error() string { return e.key + ": " + e.err.Error() }

// place adds the line at which the key of an error stands.
func place(path string, text []byte, err error) error {
	var at *keyError
	if errors.As(err, &at) {
		for i, line := range strings.Split(string(text), "\n") {
			name, _, ok := strings.Cut(line, "=")
			if name = strings.TrimSpace(name); (ok || name == at.key) && (name == at.key || slices.ContainsFunc(keys, func(k experiment.Key) bool {
				return k.Name == at.key && k.Saved == name
			})) {
				return fmt.Errorf("%s:%d:%d: %w", path, i+1, strings.Index(line, name)+1, err)
			}
		}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// strict decodes into a struct that has every key of Settings with a value of any kind, to find unknown keys.
func strict(path string, text []byte) error {
	var tables map[string]any
	if err := toml.Unmarshal(text, &tables); err != nil {
		return located(path, err)
	}
	all := []map[string]any{tables}
	switch grids := tables["grid"].(type) {
	case nil:
	case []any:
		for _, g := range grids {
			table, ok := g.(map[string]any)
			if !ok {
				return place(path, text, &keyError{"grid", fmt.Errorf("%v is no grid: a grid begins with [[grid]]", g)})
			}
			all = append(all, table)
		}
	case map[string]any:
		return place(path, text, &keyError{"[grid]", errors.New("a grid begins with [[grid]]")})
	default:
		return place(path, text, &keyError{"grid", fmt.Errorf("%v is no grid: a grid begins with [[grid]]", grids)})
	}
	var fields []reflect.StructField
	add := func(field, key string) {
		fields = append(fields, reflect.StructField{
			Name: field, Type: reflect.TypeFor[any](), Tag: reflect.StructTag(`toml:"` + key + `"`),
		})
	}
	for _, k := range keys {
		add(k.Field.Name, k.Name)
		if k.Saved != k.Name {
			add("Saved"+k.Field.Name, k.Saved)
		}
	}
	grid := reflect.StructOf(fields)
	fields = append(fields, reflect.StructField{Name: "Grid", Type: reflect.SliceOf(grid), Tag: `toml:"grid"`})
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := located(path, decoder.Decode(reflect.New(reflect.StructOf(fields)).Interface())); err != nil {
		return err
	}
	// The decoder takes capitals for small letters, which no run would know of.
	for _, table := range all {
		for key := range table {
			if key != strings.ToLower(key) {
				return place(path, text, &keyError{key, fmt.Errorf("keys are written small: %s", strings.ToLower(key))})
			}
		}
	}
	return nil
}

func located(path string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		row, column := unknown.Errors[0].Position()
		return fmt.Errorf("%s:%d:%d: key %q is unknown, choose among %s", path, row, column,
			strings.Join(unknown.Errors[0].Key(), "."), strings.Join(keyNames(), ", "))
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		row, column := wrong.Position()
		return fmt.Errorf("%s:%d:%d: %w", path, row, column, err)
	}
	return err
}

var keys = experiment.Keys()

func keyNames() []string {
	var names []string
	for _, k := range keys {
		if k.Given {
			names = append(names, k.Name)
		}
	}
	return names
}

// expand returns all combinations of the values of a grid.
func expand(grid map[string]any) ([]Settings, error) {
	runs := []Settings{{}}
	for _, k := range keys {
		value, ok := grid[k.Name]
		if !ok {
			continue
		}
		values, err := choices(value, k.Field.Type)
		if err != nil {
			return nil, &keyError{k.Name, err}
		}
		if len(runs)*len(values) > mostRuns {
			return nil, &keyError{k.Name, fmt.Errorf("the grid has more than %d runs", mostRuns)}
		}
		product := make([]Settings, 0, len(runs)*len(values))
		for _, v := range values {
			if k.Zero != "" && v.IsZero() {
				return nil, &keyError{k.Name, fmt.Errorf("0 stands for the default: %s, or leave it out", k.Zero)}
			}
		}
		for _, run := range runs {
			for _, v := range values {
				reflect.ValueOf(&run).Elem().FieldByIndex(k.Field.Index).Set(v)
				product = append(product, run)
			}
		}
		runs = product
	}
	return runs, nil
}

// choices turns a value or a list of values into values of the setting's type.
func choices(value any, want reflect.Type) ([]reflect.Value, error) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	if len(list) == 0 {
		return nil, errors.New("the list is empty")
	}
	var values []reflect.Value
	for _, item := range list {
		if text, ok := item.(string); ok && strings.Contains(text, "..") && want.Kind() != reflect.String {
			from, to, err := parseRange(text)
			if err != nil {
				return nil, err
			}
			for x := from; x <= to; x++ {
				v, err := convert(x, want)
				if err != nil {
					return nil, err
				}
				values = append(values, v)
			}
			continue
		}
		v, err := convert(item, want)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

func parseRange(text string) (from, to int64, err error) {
	first, last, _ := strings.Cut(text, "..")
	from, err = strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	if err == nil {
		to, err = strconv.ParseInt(strings.TrimSpace(last), 10, 64)
	}
	if err != nil || to < from || to-from > mostRuns {
		return 0, 0, fmt.Errorf("%q is not a range such as \"1..20\"", text)
	}
	return from, to, nil
}

// kinds are the values that a setting of each kind takes, in words.
var kinds = map[reflect.Kind]string{
	reflect.Slice: "a depth, a number ≥ 0", reflect.String: "a string", reflect.Bool: "true or false",
	reflect.Int: "a whole number", reflect.Uint64: "a whole number ≥ 0", reflect.Float64: "a finite number",
}

func convert(item any, want reflect.Type) (reflect.Value, error) {
	value, kind := reflect.New(want).Elem(), want.Kind()
	wrong := fmt.Errorf("%v (%T) is not %s", item, item, kinds[kind])
	if kind == reflect.Slice {
		list, ok := item.([]any)
		if !ok {
			list = []any{item}
		}
		var depths Depths
		for _, k := range list {
			depth, ok := asFloat(k)
			if !ok || depth < 0 {
				return value, wrong
			}
			depths = append(depths, depth)
		}
		return reflect.ValueOf(depths), nil
	}
	text, isText := item.(string)
	truth, isTruth := item.(bool)
	whole, isWhole := item.(int64)
	number, isNumber := asFloat(item)
	switch {
	case kind == reflect.String && isText:
		value.SetString(text)
	case kind == reflect.Bool && isTruth:
		value.SetBool(truth)
	case kind == reflect.Int && isWhole:
		value.SetInt(whole)
	case kind == reflect.Uint64 && isWhole && whole >= 0:
		value.SetUint(uint64(whole))
	case kind == reflect.Float64 && isNumber:
		value.SetFloat(number)
	default:
		return value, wrong
	}
	return value, nil
}

func asFloat(item any) (float64, bool) {
	switch x := item.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, !math.IsNaN(x) && !math.IsInf(x, 0)
	}
	return 0, false
}

// named are the data that need no file of their own in the specification.
var named = []string{"", "synthetic", "meteo-uk", "ccds"}

// bind checks one run and ties it to the contents of its file of data.
func bind(s *Settings, dir string) error {
	if err := s.Check(); err != nil {
		return err
	}
	if !slices.Contains(named, s.Data) {
		if !filepath.IsAbs(s.Data) {
			s.Data = filepath.Join(dir, s.Data)
		}
		// Tasks of a job array start in directories of their own.
		full, err := filepath.Abs(s.Data)
		if err != nil {
			return &keyError{"data", err}
		}
		s.Data = full
		sum, err := fileSum(s.Data)
		if err != nil {
			return &keyError{"data", err}
		}
		s.DataSum = sum
	}
	s.Normalise()
	return nil
}

func fileSum(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
