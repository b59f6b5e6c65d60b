package tensor

import "fmt"

// IsCensored reports whether only limits are known of the value of cell c.
func (o *Observed) IsCensored(c int) bool { return o.Low != nil && o.Low[c] < o.High[c] }

// Censored is the number of censored cells.
func (o *Observed) Censored() (count int) {
	for c := range o.Low {
		if o.IsCensored(c) {
			count++
		}
	}
	return count
}

// Exact returns the cells whose values are known exactly, without limits; the same cells where all are.
func (o *Observed) Exact() *Observed {
	if o.Low == nil {
		return o
	}
	out := o.Filter(func(c int) bool { return !o.IsCensored(c) })
	out.Low, out.High = nil, nil
	return out
}

func (o *Observed) checkLimits() error {
	if o.Low == nil && o.High == nil {
		return nil
	}
	if len(o.Low) != o.Len() || len(o.High) != o.Len() {
		return fmt.Errorf("tensor: %d lower and %d upper limits for %d cells", len(o.Low), len(o.High), o.Len())
	}
	for c, v := range o.Values {
		if !(o.Low[c] <= o.High[c]) || o.IsCensored(c) && !(o.Low[c] <= v && v <= o.High[c]) {
			return fmt.Errorf("tensor: cell %s is to lie between %v and %v, and %v stands for it", o.CellName(c), o.Low[c],
				o.High[c], v)
		}
	}
	return nil
}
