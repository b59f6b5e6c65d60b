package portable

import "math"

// Exp returns eˣ.
func Exp(x float64) float64 {
	const (
		overflow = 7.09782712893384e+02
		high     = 0.69314718055966295651160180568695068359375 // ln 2 in two parts
		low      = 0.28235290563031577122588448175013436025525412068e-12
		log2E    = 1.4426950408889634073599246810018920
	)
	switch {
	case x != x:
		return x
	case x > overflow:
		return math.Inf(1)
	case x < -800:
		return 0
	}
	exponent := math.RoundToEven(log2E * x)
	r := Fused(-exponent, low, Fused(-exponent, high, x))
	r = float64(r * 0.0625)
	y := 2.4801587301587301587e-5
	y = Fused(y, r, 1.9841269841269841270e-4)
	y = Fused(y, r, 1.3888888888888888889e-3)
	y = Fused(y, r, 8.3333333333333333333e-3)
	y = Fused(y, r, 4.1666666666666666667e-2)
	y = Fused(y, r, 1.6666666666666666667e-1)
	y = Fused(y, r, 0.5)
	y = Fused(y, r, 1)
	r = float64(r * y) // e^r − 1, which four doublings of r take to its sixteenth power
	r = float64(r * (r + 2))
	r = float64(r * (r + 2))
	r = float64(r * (r + 2))
	y = Fused(r+2, r, 1)
	if exponent > 1023 || exponent < -1022 {
		return math.Ldexp(y, int(exponent))
	}
	return y * math.Float64frombits(uint64(1023+int(exponent))<<52)
}

// Expm1 returns eˣ−1, accurately for small x.
func Expm1(x float64) float64 {
	const (
		overflow = 7.09782712893383973096e+02
		ln2X56   = 3.88162421113569373274e+01
		ln2X1_5  = 1.03972077083991796413e+00
		ln2X0_5  = 3.46573590279972654709e-01
	)
	size := math.Abs(x)
	switch {
	case x != x || size < 0x1p-54:
		return x
	case x <= -ln2X56:
		return -1
	case x >= overflow:
		return math.Inf(1)
	}
	var k int // x is reduced to x − k ln 2 + c
	var c float64
	if size > ln2X0_5 {
		k = int(float64(log2E*x) + math.Copysign(0.5, x))
		if size < ln2X1_5 {
			k = int(math.Copysign(1, x))
		}
		t := float64(k)
		high, low := x-float64(t*ln2High), t*ln2Low
		x = high - float64(low)
		c = (high - x) - float64(low)
	}
	half := 0.5 * x
	xx := x * half
	r := horner(xx, -2.01099218183624371326e-07, 4.00821782732936239552e-06, -7.93650757867487942473e-05,
		1.58730158725481460165e-03, -3.33333333333331316428e-02, 1)
	t := 3 - float64(r*half)
	e := float64(xx * ((r - t) / (6.0 - float64(x*t))))
	if k == 0 {
		return x - (float64(x*e) - float64(xx))
	}
	e = float64(x*(e-c)) - c
	e -= float64(xx)
	scale := func(y float64) float64 { return math.Float64frombits(math.Float64bits(y) + uint64(k)<<52) } // 2ᵏ y
	switch {
	case k == -1:
		return float64(0.5*(x-e)) - 0.5
	case k == 1 && x < -0.25:
		return -2 * (e - (x + 0.5))
	case k == 1:
		return 1 + float64(2*(x-e))
	case k <= -2 || k > 56:
		return scale(1-(e-x)) - 1
	case k < 20:
		return scale(math.Ldexp(-1, -k) + 1 - (e - x))
	}
	return scale(x - (e + math.Ldexp(1, -k)) + 1)
}
