package posterior

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Family is a choice of noise that has a name: what is known about the values, and the forms of the model that are
// tried on held-back cells. A family registers itself from its file.
type Family struct {
	Name   string               // by which FamilyNamed finds it
	Domain string               // the values that an observation may have, in words; "" means any
	In     func(y float64) bool // reports whether a value lies in the domain; nil means that all do
	Exact  bool                 // the values may be free of noise, so that an exact model is worth looking for
	Forms  []Form               // at least one

	Whole    bool // values are whole numbers
	Positive bool // values are above 0
	Levels   int  // values are among those that are known, which are so many at most; 0: any
	Censored bool // values may be censored
	// Suits reports whether these values are such as the family is for, so that auto tries it; nil: never.
	Suits func(values []float64) bool
}

// Form is one model of a family.
type Form struct {
	Name    string
	Noise   Noise
	Pooled  bool // one scale suits all cells, unless the user asks for another standardisation
	Raw     bool // values are never standardised
	Effects bool // the model has a further block for every mode alone
}

var families = map[string]Family{}

func register(f Family) { families[f.Name] = f }

// Families lists the names of the families, sorted.
func Families() []string { return slices.Sorted(maps.Keys(families)) }

// FamilyNamed returns a family; "" is auto.
func FamilyNamed(name string) (Family, error) {
	if name == "" {
		name = "auto"
	}
	if f, ok := families[name]; ok {
		return f, nil
	}
	return Family{}, fmt.Errorf("noise %q is unknown, choose one of %s", name, strings.Join(Families(), ", "))
}

// Own reports whether the family has a domain of its own, so that its intervals are those of its distributions.
func (f Family) Own() bool { return f.Domain != "" }

// Step is a distance below which two values of a discrete family cannot be apart; 0: values may be any.
func (f Family) Step() float64 {
	if f.Whole || f.Levels > 0 {
		return 1e-6
	}
	return 0
}

// Suiting lists the families that auto tries for these values beside its own forms, by name.
func Suiting(values []float64) (suiting []Family) {
	for _, name := range Families() {
		if f := families[name]; f.Suits != nil && f.Suits(values) {
			suiting = append(suiting, f)
		}
	}
	return suiting
}

// SuitingLabel lists the families that suit the values of one label beside others of another kind. Numbers of successes
// out of a largest number are among them where whole numbers reach no more than a hundred.
func SuitingLabel(values []float64) (suiting []Family) {
	const most = 100
	suiting = Suiting(values)
	if all(values, isCount) && !onlyBits(values) && slices.Max(values) <= most {
		suiting = append(suiting, families["binomial"])
	}
	return suiting
}

// CheckCensored returns an error where values cannot be censored, or where the domain has none between the limits, or too many
// to go through.
func (f Family) CheckCensored(low, high []float64) error {
	if !f.Censored {
		var names []string
		for _, name := range Families() {
			if families[name].Censored {
				names = append(names, name)
			}
		}
		return fmt.Errorf("%s noise does not go with censored values: choose one of %s", f.Name, strings.Join(names, ", "))
	}
	for k, y := range high {
		switch {
		case f.Positive && y <= 0:
			return fmt.Errorf("%s noise needs %s, got a value that is at most %v", f.Name, f.Domain, y)
		case !f.Whole:
		case y > mostCounts:
			return fmt.Errorf("%s noise takes limits up to %v, such as below 5, got %v: choose lognormal or gaussian", f.Name,
				float64(mostCounts), y)
		default:
			if first, last := countsBetween(low[k], y); first > last {
				return fmt.Errorf("%s noise needs %s, and between %v and %v is none", f.Name, f.Domain, low[k], y)
			}
		}
	}
	return nil
}

// Check returns an error that names the first value outside the domain.
func (f Family) Check(values []float64) error {
	if f.Levels > 0 && levelsOf(values, f.Levels) == nil {
		return fmt.Errorf("%s noise needs %s, got more than %d different values", f.Name, f.Domain, f.Levels)
	}
	if f.In == nil {
		return nil
	}
	for _, y := range values {
		if !f.In(y) {
			return fmt.Errorf("%s noise needs %s, got %v", f.Name, f.Domain, y)
		}
	}
	return nil
}

// auto leaves it to held-back cells whether the level of the noise differs between indices and between cells, which
// suits most tables, or is one for all cells, which wins when it is.
//
// by-label is the same until held-back cells have given labels families of their own.
func init() {
	forms := []Form{
		{Name: "varied noise", Noise: Student{Varied: true}},
		{Name: "equal noise", Noise: Gaussian{}, Pooled: true},
		{Name: "heavy tails", Noise: Student{}, Pooled: true},
	}
	register(Family{Name: "auto", Exact: true, Censored: true, Forms: forms})
	register(Family{Name: ByLabel, Exact: true, Censored: true, Forms: forms})
}

// ByLabel is the name of the family that lets every label of a mode whose labels are variables have its own.
const ByLabel = "by-label"
