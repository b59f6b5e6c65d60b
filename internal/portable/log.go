package portable

import "math"

// Log returns the natural logarithm.
func Log(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, exponent := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m = float64(m * 2)
		exponent--
	}
	f, k := m-1, float64(exponent)
	s := f / (2 + f)
	s2 := s * s
	s4 := s2 * s2
	odd := s2 * horner(s4, 1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01,
		6.666666666666735130e-01)
	even := s4 * horner(s4, 1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01)
	return logarithm(k, f, s, 0.5*f*f, float64(odd)+float64(even), k*ln2Low)
}

// logarithm puts together k ln 2 + log(1+f), where s = f/(2+f), half = f²/2, r the rest of the series and low the
// part of k ln 2 beyond ln2High.
func logarithm(k, f, s, half, r, low float64) float64 {
	half = float64(half)
	return float64(k*ln2High) - ((half - (float64(s*(half+r)) + float64(low))) - f)
}

// Log1p returns log(1+x), accurately for small x.
func Log1p(x float64) float64 {
	const (
		root2Minus1     = 4.142135623730950488017e-01  // √2 − 1
		halfRoot2Minus1 = -2.928932188134524755992e-01 // √2/2 − 1
	)
	size := math.Abs(x)
	switch {
	case x != x || x > math.MaxFloat64 || size < 0x1p-54:
		return x
	case x < -1:
		return math.NaN()
	case x == -1:
		return math.Inf(-1)
	case size < 0x1p-29:
		return x - float64(x*x*0.5)
	}
	const mantissa = 1<<52 - 1
	k, f, c := 0, x, 0.0 // 1+x = 2ᵏ (1+f) + c
	bits := uint64(1)    // zero where f is tiny
	if size >= root2Minus1 || x <= halfRoot2Minus1 {
		u := x
		if size < 1<<53 {
			u = 1 + x
		}
		bits = math.Float64bits(u)
		k = int(bits>>52) - 1023
		if size < 1<<53 {
			if k > 0 {
				c = 1 - (u - x)
			} else {
				c = x - (u - 1)
			}
			c /= u
		}
		bits &= mantissa
		if bits < 0x0006a09e667f3bcd { // √2
			u = math.Float64frombits(bits | 1023<<52)
		} else {
			k++
			u = math.Float64frombits(bits | 1022<<52)
			bits = (1<<52 - bits) >> 2
		}
		f = u - 1
	}
	power := float64(k)
	half := float64(0.5 * f * f)
	if bits == 0 {
		if f == 0 {
			return float64(power*ln2High) + (c + float64(power*ln2Low))
		}
		r := half * (1 - float64(0.66666666666666666*f))
		return float64(power*ln2High) - ((float64(r) - (float64(power*ln2Low) + c)) - f)
	}
	s := f / (2 + f)
	z := s * s
	r := z * horner(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
		2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01)
	if k == 0 {
		half = float64(half)
		return f - (half - float64(s*(half+float64(r))))
	}
	return logarithm(power, f, s, half, float64(r), float64(power*ln2Low)+c)
}
