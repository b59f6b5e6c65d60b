package flow

// clock adds steps of any size to a time without losing them: after a plateau of 1e15, steps of 1e-3 still count.
type clock struct{ High, Low float64 }

// add is Knuth's two-sum, exact but for the rounding of Low.
func (c *clock) add(h float64) {
	h += c.Low
	sum := c.High + h
	back := sum - c.High
	c.Low = (c.High - (sum - back)) + (h - back)
	c.High = sum
}

// until returns how long it is to time t.
func (c clock) until(t float64) float64 { return (t - c.High) - c.Low }

func (c clock) float() float64 { return c.High }
