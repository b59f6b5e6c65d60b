package completion

import (
	"cmp"
	"fmt"
	"slices"

	"lacuna/internal/posterior"
)

// course is how the factor of a mode goes from one label to the next.
type course int

const (
	independent course = iota
	smooth
	rough
	smoothPeriodic
	roughPeriodic
)

func (c course) order() int {
	if c == rough || c == roughPeriodic {
		return 1
	}
	return 2
}

func (c course) periodic() bool { return c == smoothPeriodic || c == roughPeriodic }

// courses of the modes of a candidate, as the priors of its factors.
func (j *job) priors(courses []course) []posterior.Prior {
	priors := make([]posterior.Prior, len(courses))
	for n, c := range courses {
		if j.Nonnegative {
			priors[n] = posterior.Nonnegative{}
		}
		if c == independent {
			continue
		}
		mode := j.observed.Modes[n]
		process := posterior.GaussianProcess{Coordinates: mode.Coordinates, Order: c.order()}
		if c.periodic() {
			process.Periods = mode.Periods
		}
		priors[n] = process
	}
	return priors
}

// courseWords names the modes whose labels follow a course, and which.
func (j *job) courseWords(courses []course) (words string) {
	names := [...]string{
		smooth: "smooth", rough: "rough", smoothPeriodic: "smooth and periodic", roughPeriodic: "rough and periodic",
	}
	for n, c := range courses {
		if c != independent {
			words += fmt.Sprintf(", %s %s", j.observed.Modes[n].Name, names[c])
		}
	}
	return words
}

// firstCourses are those that are tried first: independent, but for the modes that are to be smooth.
func (j *job) firstCourses() []course {
	courses := make([]course, j.observed.Order())
	for _, n := range j.Smooth {
		courses[n] = smooth
	}
	return courses
}

// fewestLabels are those of an ordered mode between which a course can be told.
const fewestLabels = 4

// otherCourses lists what is tried for the factor of a mode beside its first course.
func (j *job) otherCourses(n int) (others []course) {
	mode := j.observed.Modes[n]
	insisted := slices.Contains(j.Smooth, n)
	if j.Nonnegative {
		return nil // a Gaussian process has either sign
	}
	if !insisted && (mode.Coordinates == nil || len(mode.Labels) < fewestLabels) {
		return nil
	}
	if !insisted {
		others = append(others, smooth)
	}
	others = append(others, rough)
	switch {
	case slices.Contains(j.repeating, n):
		others = append([]course{smoothPeriodic, roughPeriodic}, others...)
	case len(mode.Periods) > 0:
		others = append(others, smoothPeriodic, roughPeriodic)
	}
	return others
}

// byLength lists the modes, those with the most labels first.
func (j *job) byLength() []int {
	shape := j.observed.Shape()
	modes := make([]int, len(shape))
	for n := range modes {
		modes[n] = n
	}
	slices.SortStableFunc(modes, func(a, b int) int { return cmp.Compare(shape[b], shape[a]) })
	return modes
}
