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
	if lost == 0 {
		return sum
	}
	return Odd(sum, lost)
}

// Odd returns x ≠ 0, or the neighbour with an odd last bit in the direction of lost ≠ 0, which rounding to x lost.
func Odd(x, lost float64) float64 {
	bits := math.Float64bits(x)
	if bits&1 == 0 {
		if lost > 0 == (x > 0) {
			bits++
		} else {
			bits--
		}
	}
	return math.Float64frombits(bits)
}
