package posterior

// compactCells is the number of cells from which the copies of targets and weights that are in the order of a mode have
// 32 bits: what that rounds is far below what so many cells can tell, and memory is what bounds such tables.
const compactCells = 1 << 19

// column is a number of every cell, in the order of a mode.
type column struct {
	wide   []float64 // nil: narrow holds them
	narrow []float32
}

// newColumn is one of count zeros.
func newColumn(count int) column {
	if count >= compactCells {
		return column{narrow: make([]float32, count)}
	}
	return column{wide: make([]float64, count)}
}

// put sets the numbers at the given places.
func (c column) put(place []int32, values []float64) {
	if c.wide == nil {
		for k, v := range values {
			c.narrow[place[k]] = float32(v)
		}
		return
	}
	for k, v := range values {
		c.wide[place[k]] = v
	}
}

// at returns the numbers from begin to end, in out where they have to be widened.
func (c column) at(begin, end int, out []float64) []float64 {
	if c.wide != nil {
		return c.wide[begin:end]
	}
	out = out[:end-begin]
	for k, v := range c.narrow[begin:end] {
		out[k] = float64(v)
	}
	return out
}

// sum adds the numbers from begin to end.
func (c column) sum(begin, end int) float64 {
	if c.wide != nil {
		return sum(c.wide[begin:end])
	}
	return sum(c.narrow[begin:end])
}

func sum[T float32 | float64](numbers []T) (sum float64) {
	for _, x := range numbers {
		sum += float64(x)
	}
	return sum
}
