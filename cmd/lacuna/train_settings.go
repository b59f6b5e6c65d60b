package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"lacuna/experiment"
)

// Former names of flags, which go on working; and names in descriptions that are not those of the flag.
var (
	formerly = map[string]string{"balanced": "collapsed"}
	saved    = map[string]string{"observed": "observed_share", "seed": "start_seed"}
)

// setFlag registers the flag of a setting, and its former name, which help texts leave out.
func setFlag(flags *pflag.FlagSet, f experiment.Flag) {
	for _, name := range []string{f.Name, formerly[f.Name]} {
		if name == "" {
			continue
		}
		switch v := f.Value.(type) {
		case *string:
			flags.StringVar(v, name, f.Default.(string), f.Help)
		case *bool:
			flags.BoolVar(v, name, f.Default.(bool), f.Help)
		case *int:
			flags.IntVar(v, name, f.Default.(int), f.Help)
		case *uint64:
			flags.Uint64Var(v, name, f.Default.(uint64), f.Help)
		case *experiment.Number:
			flags.Float64Var((*float64)(v), name, f.Default.(float64), f.Help)
		case *experiment.Depths:
			value := (*depthFlag)(v)
			if err := value.Set(f.Default.(string)); err != nil {
				panic("lacuna: a depth is no depth by default")
			}
			flags.Var(value, name, f.Help)
		default:
			panic("lacuna: a setting has a type without a flag")
		}
		flags.Lookup(name).Hidden = name != f.Name
	}
}

// depthFlag is experiment.Depths on the command line.
type depthFlag experiment.Depths

func (d *depthFlag) String() string { return experiment.Depths(*d).String() }
func (d *depthFlag) Type() string   { return "string" }

func (d *depthFlag) Set(text string) (err error) {
	*d, err = parseDepths(text, strings.Count(text, ",")+1)
	return err
}

// description is a run as --json prints it: the data, what says how to read them, and the settings that make the run.
func (f *trainFlags) description() json.RawMessage {
	out := bytes.NewBufferString("{")
	add := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			panic("lacuna: settings always marshal")
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + name + `":`)
		out.Write(text)
	}
	if f.settings.Data != "" {
		add("file", f.settings.Data)
	}
	add("input", f.input)
	if f.settings.From != "" {
		add("from", f.settings.From)
	}
	for _, s := range f.settings.Flags() {
		drawn := slices.Contains(settledBy(&f.settings), s.Name) && s.Name != "blocks" && s.Name != "depth"
		if f.settings.From != "" && drawn {
			continue
		}
		value := reflect.ValueOf(s.Value).Elem()
		if s.Name == "blocks" && f.settings.Network() {
			continue
		}
		if s.Kind == experiment.Stop || s.Kind == experiment.Optional && value.IsZero() {
			continue
		}
		name := cmp.Or(saved[s.Name], strings.ReplaceAll(s.Name, "-", "_"))
		switch v := s.Value.(type) {
		case *experiment.Number:
			add(name, float64(*v))
		case *experiment.Depths:
			add(name, v.String())
		default:
			add(name, v)
		}
	}
	out.WriteByte('}')
	return out.Bytes()
}

// resumed takes over the settings of a checkpoint, but for the stop rules and what no result depends on.
func (f *trainFlags) resumed(c *checkpoint) {
	given := f.settings
	f.settings, f.input = c.Run, c.Input
	f.settings.Wall, f.settings.Threads = given.Wall, given.Threads
	was := given.Flags()
	for i, s := range f.settings.Flags() {
		if s.Kind == experiment.Stop {
			reflect.ValueOf(s.Value).Elem().Set(reflect.ValueOf(was[i].Value).Elem())
		}
	}
}
