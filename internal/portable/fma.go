package portable

import "math"

// FMA returns x y + z rounded once, by additions and multiplications alone: the bits of [math.FMA], several times as fast
// where the processor lacks the instruction and math would take the numbers apart. The product is split into two numbers
// (Dekker 1971), and what is small of the three is added with rounding to odd (Boldo and Melquiond 2008, Emulation of FMA
// and correctly rounded sums, section 5), which needs that nothing over- or underflows: other operands go to math.
func FMA(x, y, z float64) float64 {
	const most, least = 0x1p900, 0x1p-900
	high := float64(x * y)
	if size := math.Abs(high); !(size > least && size < most && math.Abs(x) < most && math.Abs(y) < most &&
		math.Abs(z) < most) {
		if x == 0 || y == 0 || (z == 0 && high != 0) {
			return high + z
		}
		return math.FMA(x, y, z)
	}
	x1, y1 := head(x), head(y)
	x2, y2 := x-x1, y-y1
	low := float64(x2*y2) - (((high - float64(x1*y1)) - float64(x2*y1)) - float64(x1*y2))
	small, rest := twoSum(z, low)
	sum, lost := twoSum(high, small)
	return sum + odd(rest, lost)
}

// Heads sets high to the upper halves of the bits of x, for AddScaled, and reports whether that takes all of x: every
// number is 0 or of a size from 2⁻²⁰⁰ to 2²⁰⁰. high has the length of x.
func Heads(high, x []float64) bool {
	for j, t := range x {
		if size := math.Abs(t); !(size < 0x1p200 && size > 0x1p-200) && t != 0 {
			return false
		}
		high[j] = head(t)
	}
	return true
}

// AddScaled sets row[j] = FMA(s, x[j], row[j]) for every x[j], whose upper halves are high, as Heads has set them.
//
// It is FMA with its steps written out, since calls are dear in WebAssembly and this loop is most of the work of a
// completion there. Rounding to odd matters where what is added last ends halfway between two numbers. With s x and
// row[j] as large as they are here that is a multiple of a quarter of the sum's last bit, at most one and a half of it, so
// its bits but the first few are 0.
func AddScaled(row []float64, s float64, x, high []float64) {
	row, high = row[:len(x)], high[:len(x)]
	if size := math.Abs(s); !(size < 0x1p200 && size > 0x1p-200) {
		for j, t := range x {
			row[j] = FMA(s, t, row[j])
		}
		return
	}
	s1 := head(s)
	s2 := s - s1
	for j, t := range x {
		z, product := row[j], float64(s*t)
		if size := math.Abs(z); !(size < 0x1p900 && size > 0) {
			row[j] = FMA(s, t, z)
			continue
		}
		t1 := high[j]
		t2 := t - t1
		low := float64(s2*t2) - (((product - float64(s1*t1)) - float64(s2*t1)) - float64(s1*t2))
		small := z + low
		part := small - z
		rest := (z - (small - part)) + (low - part)
		sum := product + small
		part = sum - product
		lost := (product - (sum - part)) + (small - part)
		last := rest + lost
		if math.Float64bits(last)<<16 == 0 {
			last = odd(rest, lost)
		}
		row[j] = sum + last
	}
}

// head is the upper half of the bits of x (Veltkamp).
func head(x float64) float64 {
	c := float64(x * (1<<27 + 1))
	return c - (c - x)
}

// twoSum returns a + b rounded, and what that lost (Knuth).
func twoSum(a, b float64) (sum, lost float64) {
	sum = a + b
	part := sum - a
	return sum, (a - (sum - part)) + (b - part)
}

// odd returns a + b, rounded to the neighbour with an odd last bit where the sum is not exact.
func odd(a, b float64) float64 {
	sum, lost := twoSum(a, b)
	if bits := math.Float64bits(sum); lost != 0 && bits&1 == 0 {
		if lost > 0 == (sum > 0) {
			return math.Float64frombits(bits + 1)
		}
		return math.Float64frombits(bits - 1)
	}
	return sum
}
