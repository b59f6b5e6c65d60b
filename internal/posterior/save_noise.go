package posterior

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"lacuna/tensor"
)

func (k counts) save() SavedScatter {
	return SavedScatter{Name: "counts", Numbers: []float64{k.level, k.size}}
}

func loadCounts(s SavedScatter, _ tensor.Shape) Scatter {
	if len(s.Numbers) != 2 {
		return nil
	}
	return counts{s.Numbers[0], s.Numbers[1]}
}

// save writes the levels before the cuts between them.
func (r ratings) save() SavedScatter {
	return SavedScatter{Name: "ratings", Numbers: slices.Concat(r.levels, r.cuts)}
}

func loadRatings(s SavedScatter, _ tensor.Shape) Scatter {
	if len(s.Numbers)%2 == 0 {
		return nil
	}
	levels := (len(s.Numbers) + 1) / 2
	return ratings{s.Numbers[:levels:levels], s.Numbers[levels:]}
}

func (e exponential) save() SavedScatter {
	out := e.spread.save()
	out.Name = "exponential"
	out.Numbers = append(out.Numbers, e.mean, e.scale)
	return out
}

func loadExponential(s SavedScatter, shape tensor.Shape) Scatter {
	if len(s.Numbers) != 4 {
		return nil
	}
	inner, ok := loadSpread(SavedScatter{Numbers: s.Numbers[:2], Rows: s.Rows}, shape).(spread)
	if !ok {
		return nil
	}
	return exponential{inner, s.Numbers[2], s.Numbers[3]}
}

// SavedNoise is a Noise in a file: the name of its type, and its settings. The same noise gives the same JSON.
type SavedNoise struct {
	Type     string
	Settings json.RawMessage
}

// SaveNoise returns what Load makes the noise from.
func SaveNoise(n Noise) (SavedNoise, error) {
	settings, err := json.Marshal(n)
	return SavedNoise{reflect.TypeOf(n).Name(), settings}, err
}

// Load returns the noise, which must be PerLabel or of a type that a form of a registered family has.
func (s SavedNoise) Load() (Noise, error) {
	if s.Type == reflect.TypeFor[PerLabel]().Name() {
		var f PerLabel
		err := json.Unmarshal(s.Settings, &f)
		return f, err
	}
	for _, name := range Families() {
		for _, form := range families[name].Forms {
			if t := reflect.TypeOf(form.Noise); t.Name() == s.Type {
				settings := reflect.New(t)
				if err := json.Unmarshal(s.Settings, settings.Interface()); err != nil {
					return nil, err
				}
				return settings.Elem().Interface().(Noise), nil
			}
		}
	}
	return nil, fmt.Errorf("noise %q is not known", s.Type)
}
