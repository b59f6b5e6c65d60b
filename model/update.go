package model

import (
	"fmt"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/memory"
	"lacuna/internal/parallel"
)

// Rule is how an update moves one parameter θ. With g = ∂L/∂θ + Decay·θ,
//
//	m ← First·m + New·g                                  if Averages ≥ 1
//	s ← Second·s + NewSquare·g²                          if Averages = 2
//	θ ← Keep·θ − Rate·(Direct·g + Averaged·m)            if Averages ≤ 1
//	θ ← Keep·θ − Rate·m / (Scale·√s + Floor)             if Averages = 2
//
// Without averages m is 0. Descent, heavy ball, Nesterov, RMSprop, Adam and AdamW are such rules.
type Rule struct {
	Averages         int // 0, 1 (m) or 2 (m and s); Remember must have made room for as many
	Rate             float64
	Decay, Keep      float64
	First, New       float64
	Direct, Averaged float64

	Second, NewSquare, Scale, Floor float64
}

// plain reports whether the rule is descent without weight decay.
func (r *Rule) plain() bool { return r.Averages == 0 && r.Keep == 1 && r.Decay == 0 }

// Remember makes room for the averages of a Rule, all zero: m, or m and s. It returns an error if the memory is not
// there.
func (c *ChainsOf[T]) Remember(averages int) error {
	size := dtype[T](4.0, 8.0)
	need, have := float64(averages)*size*float64(len(c.theta)), memory.Available()
	if have != 0 && need > have {
		return fmt.Errorf("model: the averages of %d parameters need %s, %s are available: use fewer blocks, or plain descent",
			c.Parameters(), memory.Format(need), memory.Format(have))
	}
	for i := range c.averages {
		c.averages[i] = nil
		if i < averages {
			c.averages[i] = make([]T, len(c.theta))
		}
	}
	return nil
}

// Averages returns a copy of what Remember made room for, exact to the bit.
func (c *ChainsOf[T]) Averages() []byte {
	return encode(averagesKind[T](), slices.Concat(c.averages[0], c.averages[1]))
}

// SetAverages restores what Averages of a model of the same shape returned. It returns an error, and changes nothing,
// for any other.
func (c *ChainsOf[T]) SetAverages(data []byte) error {
	values := make([]T, len(c.averages[0])+len(c.averages[1]))
	if err := decode(averagesKind[T](), values, data); err != nil {
		return err
	}
	copy(c.averages[1], values[copy(c.averages[0], values):])
	return nil
}

// averagesKind heads the averages: those of squares are kernel.Lift² times as large.
func averagesKind[T Float]() string {
	return dtype[T](fmt.Sprintf("float32, squares times %g\n", kernel.Lift[T]()*kernel.Lift[T]()), "")
}

// Update moves every parameter by a rule, given slot 0, which holds the negative gradient at θ. Call Sample before
// anything else: it evaluates the loss where Update has led.
//
// Like Descend it visits every lane group once: the gradient is carried back through its chains, the parameters are
// moved, and multiplied for the next evaluation.
func (c *ChainsOf[T]) Update(rule Rule) {
	c.rule = rule
	if rule.Averages > 1 {
		c.adam = adamOf[T](rule)
	}
	c.call.into = c.slot(0)
	if c.ahead == nil {
		c.ahead = make([]T, c.threads*2*slices.Max(c.shape)*kernel.Lanes)
	}
	parallel.Workers(c.threads, c.groups, c.updateGroup)
	c.pending, c.unnormed = false, true
}

// Sample returns the mean loss over the given observed cells (nil: all) with labels in place of their values (nil: as
// they are) at the θ that Gradient, Descend or Update left, and makes slot 0 its negative gradient, once it is settled.
func (c *ChainsOf[T]) Sample(cells []int32, labels []float64) float64 {
	c.pending = true
	if cells != nil {
		return c.evaluateBatch(cells, labels)
	}
	c.labels = labels
	value := c.evaluate()
	c.labels = nil
	return value
}

func (c *ChainsOf[T]) update(worker, g int) {
	const lanes = kernel.Lanes
	if c.pending {
		c.backward(g, nil)
	}
	slot, begin := c.call.into, g*c.groupSize
	theta, m, s := c.theta[begin:], from(c.averages[0], begin), from(c.averages[1], begin)
	ahead := c.groupSize // the next lane group, which this thread is likely to visit next
	half := len(c.ahead) / c.threads / 2
	next, spare := c.ahead[2*worker*half:][:half], c.ahead[(2*worker+1)*half:][:half]
	var norm2 [lanes]float64 // of no use here: renorm follows where norms are asked for
	for n, d := range c.shape {
		k, at := c.depths[n], g*c.vectorSize+c.vector[n]
		x := func(i int) []T { return slot.x[at+i*d*lanes:][:d*lanes] }
		y := func(i int) []T { return slot.y[at+i*d*lanes:][:d*lanes] }
		first := c.offset[n] + k*d*d*lanes
		z := theta[first:][:d*lanes]
		updateVector(&c.rule, &c.adam, theta[first:], from(m, first), from(s, first), y(k), ahead)
		for i := k; i >= 1; i-- {
			matrix, right, left := c.offset[n]+(i-1)*d*d*lanes, x(i), y(i-1)
			switch {
			case c.rule.Averages > 1:
				kernel.AdamMatVec(theta[matrix:], m[matrix:], s[matrix:], next, left, right, z, &c.adam, d, d, ahead)
			case c.rule.plain():
				outer := kernel.Outer[T]{C: T(c.rule.Rate), Y: left, X: right}
				kernel.AddOuterMatVec(theta[matrix:], &norm2, next, outer, z, d, d, ahead)
			default:
				for a := range d {
					updateRow(&c.rule, theta, m, matrix+a*d*lanes, right, (*[lanes]T)(left[a*lanes:]))
				}
				kernel.MatVec(next, theta[matrix:], z, d, d)
			}
			copy(right, z)
			z, next, spare = next, spare, next
		}
		copy(x(0), z)
		kernel.CopyLanes(c.v[n][g*lanes:], z, d, c.padded, lanes)
	}
}

// adamOf returns the constants of a rule for kernel.AdamMatVec.
func adamOf[T Float](rule Rule) (adam kernel.Adam[T]) {
	adam.Set(rule.Decay, rule.Keep, rule.First, rule.New, rule.Second, rule.NewSquare, rule.Scale, rule.Floor, rule.Rate)
	return adam
}

// from is x from a position on, or nil.
func from[T Float](x []T, at int) []T {
	if x == nil {
		return nil
	}
	return x[at:]
}

// updateVector moves parameters whose negative gradient is x by a rule. ahead is that of kernel.AdamMatVec.
func updateVector[T Float](rule *Rule, adam *kernel.Adam[T], theta, m, s, x []T, ahead int) {
	var one, sum [kernel.Lanes]T
	all(&one, 1)
	if rule.Averages > 1 {
		kernel.AdamMatVec(theta, m, s, sum[:], one[:], x, x, adam, 1, len(x)/kernel.Lanes, ahead)
		return
	}
	updateRow(rule, theta, m, 0, x, &one)
}

// updateRow moves the parameters from position at on, as many as x has numbers, whose negative gradient is x times y,
// lane by lane, by a rule with at most one average.
func updateRow[T Float](rule *Rule, theta, m []T, at int, x []T, y *[kernel.Lanes]T) {
	theta = theta[at:][:len(x)]
	rate, decay, keep := T(rule.Rate), T(rule.Decay), T(rule.Keep)
	gradient := func(i int) T { return T(decay*theta[i]) - T(x[i]*y[i%kernel.Lanes]) }
	if rule.Averages == 1 {
		first, fresh, direct, averaged := T(rule.First), T(rule.New), T(rule.Direct), T(rule.Averaged)
		m = m[at:][:len(x)]
		for i, p := range theta {
			g := gradient(i)
			m[i] = T(first*m[i]) + T(fresh*g)
			theta[i] = T(keep*p) - T(rate*T(T(direct*g)+T(averaged*m[i])))
		}
		return
	}
	if rule.plain() {
		var s [kernel.Lanes]T
		for r := range s {
			s[r] = rate * y[r]
		}
		kernel.Axpy(theta, &s, x, len(x)/kernel.Lanes)
		return
	}
	for i, p := range theta {
		theta[i] = T(keep*p) - T(rate*gradient(i))
	}
}

// renorm brings the norms of the factors up to date after Update.
func (c *ChainsOf[T]) renorm(g int) {
	const lanes = kernel.Lanes
	theta, norms := c.theta[g*c.groupSize:], c.norm2[g*c.normSize:]
	for n, d := range c.shape {
		k := c.depths[n]
		for i := range k + 1 {
			rows := d
			if i == k {
				rows = 1
			}
			out := (*[lanes]float64)(norms[c.norm[n]+i*lanes:])
			*out = [lanes]float64{}
			for a := range rows {
				var row [lanes]float64
				kernel.Norms2(&row, theta[c.offset[n]+(i*d+a)*d*lanes:], d)
				for r, value := range row {
					out[r] += value
				}
			}
		}
	}
}
