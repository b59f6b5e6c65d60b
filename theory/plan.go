package theory

import (
	"fmt"
	"slices"
	"strings"
)

// plan lists the runs that the options ask for, each shared by all statements that are measured along it.
func plan(o Options) ([]work, error) {
	for _, name := range o.Statements {
		if !slices.Contains(Statements(), name) {
			return nil, fmt.Errorf("theory: statement %q is unknown, choose from %s", name, strings.Join(Statements(), ", "))
		}
	}
	for _, order := range o.Orders {
		if order < 2 || order > 6 {
			return nil, fmt.Errorf("theory: order %d: from 2 to 6 can be measured, the reference being dense", order)
		}
	}
	for _, depths := range o.Depths {
		if len(depths) == 0 || slices.Min(depths) < 0 || slices.Max(depths) > 8 {
			return nil, fmt.Errorf("theory: depths %v: whole numbers from 0 to 8 can be measured", depths)
		}
	}
	shared := map[*course][]*entry{}
	for _, e := range table {
		shared[e.run] = append(shared[e.run], e)
	}
	var jobs []work
	planned := map[*course]bool{}
	for _, e := range table {
		if o.wants(e.Name) && !planned[e.run] {
			planned[e.run] = true
			jobs = append(jobs, e.run.plan(o, shared[e.run])...)
		}
	}
	if len(jobs) == 0 {
		return nil, fmt.Errorf("theory: no statement fits these orders and depths: a list of depths needs one for every mode")
	}
	return jobs, nil
}

// Check returns the error that Run would return for these options, without running anything.
func Check(o Options) error {
	_, err := plan(o.withDefaults())
	return err
}

func (o Options) wants(statement string) bool {
	return len(o.Statements) == 0 || slices.Contains(o.Statements, statement)
}

// combinations lists the depths of all modes, for every order and depth asked for. Without depths these are the equal
// ones given and 1, 2, 3 in turn (0, 1, 2 for a table that starts at depth 0).
func (o Options) combinations(orders, equal []int) [][]int {
	if len(o.Orders) > 0 {
		orders = o.Orders
	}
	var out [][]int
	for _, depths := range o.Depths {
		if len(depths) > 1 && len(o.Orders) == 0 {
			out = append(out, depths)
			continue
		}
		for _, order := range orders {
			switch len(depths) {
			case 1:
				out = append(out, slices.Repeat(depths, order))
			case order:
				out = append(out, depths)
			}
		}
	}
	if len(o.Depths) > 0 {
		return out
	}
	for _, order := range orders {
		for _, k := range equal {
			out = append(out, slices.Repeat([]int{k}, order))
		}
		if len(equal) == 1 {
			continue
		}
		unequal := make([]int, order)
		for n := range unequal {
			unequal[n] = n%3 + min(1, equal[0])
		}
		out = append(out, unequal)
	}
	return out
}

// matrices lists the numbers of factors of the deep matrices asked for, which are of order 2.
func (o Options) matrices(normal []int) []int {
	switch {
	case len(o.Orders) > 0 && !slices.Contains(o.Orders, 2):
		return nil
	case len(o.Depths) == 0:
		return normal
	}
	var out []int
	for _, depths := range o.Depths {
		if len(depths) == 1 && depths[0] >= 2 {
			out = append(out, depths[0])
		}
	}
	return out
}

// deep is the combinations that have a matrix.
func deep(o Options) [][]int {
	return slices.DeleteFunc(o.combinations([]int{3, 4}, []int{1, 2, 3}),
		func(depths []int) bool { return slices.Max(depths) == 0 })
}
