package portable

import "math"

// Pow returns xʸ.
func Pow(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case y == 1:
		return x
	case x != x || y != y || x == 0 || math.IsInf(x, 0) || math.IsInf(y, 0):
		return math.Pow(x, y) // no arithmetic
	case y == 0.5:
		return math.Sqrt(x)
	case y == -0.5:
		return 1 / math.Sqrt(x)
	}
	whole, part := math.Modf(math.Abs(y))
	if part != 0 && x < 0 {
		return math.NaN()
	}
	if whole >= 1<<63 {
		switch {
		case x == -1:
			return 1
		case (math.Abs(x) < 1) == (y > 0):
			return 0
		}
		return math.Inf(1)
	}
	product, exponent := 1.0, 0 // the power is product·2^exponent
	if part != 0 {
		if part > 0.5 {
			part--
			whole++
		}
		product = Exp(part * Log(x))
	}
	factor, e := math.Frexp(x)
	for i := int64(whole); i != 0; i >>= 1 {
		if e < -1<<12 || 1<<12 < e {
			exponent += e // out of range whatever follows
			break
		}
		if i&1 == 1 {
			product *= factor
			exponent += e
		}
		factor = float64(factor * factor)
		e <<= 1
		if factor < 0.5 {
			factor = float64(factor * 2)
			e--
		}
	}
	if y < 0 {
		product = 1 / product
		exponent = -exponent
	}
	return math.Ldexp(product, exponent)
}

// Cbrt returns the cube root.
func Cbrt(x float64) float64 {
	const (
		normal    = 715094163 << 32 // a third of the bias, and 0.033 for the mantissa
		subnormal = 696219795 << 32
	)
	if x == 0 || x != x || math.IsInf(x, 0) {
		return x
	}
	size := math.Abs(x)
	t := math.Float64frombits(math.Float64bits(size)/3 + normal)
	if size < 0x1p-1022 {
		t = math.Float64frombits(math.Float64bits(size*0x1p54)/3 + subnormal)
	}
	// To 23 bits, chopped to 22 and a little more than the root, and one step of Newton.
	s := 5.42857142857142815906e-01 + float64(t*t/size*t)
	s = s + 1.41428571428571436819e+00 + -7.05306122448979611050e-01/s
	t = float64(t * (3.57142857142857150787e-01 + 1.60714285714285720630e+00/s))
	t = math.Float64frombits(math.Float64bits(t)&(0xFFFFFFFFC<<28) + 1<<30)
	r := size / (t * t)
	r = (r - t) / (t + t + r)
	return math.Copysign(t+float64(t*r), x)
}
