package portable

import "math"

// Beta returns the regularised incomplete beta function I_x(a, b), 0 ≤ x ≤ 1, a and b above 0: the distribution function
// of the beta distribution, and by it those of the binomial, the negative binomial and Student's. It is evaluated by the
// continued fraction of Lentz (1976), to some 13 digits where a and b are moderate.
func Beta(a, b, x float64) float64 {
	switch {
	case !(x > 0):
		return 0
	case x >= 1:
		return 1
	}
	front := Exp(LogGamma(a+b) - LogGamma(a) - LogGamma(b) + float64(a*Log(x)) + float64(b*Log1p(-x)))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(a, b, x) / a
	}
	return 1 - front*betaFraction(b, a, 1-x)/b
}

func betaFraction(a, b, x float64) float64 {
	const tiny, close, most = 1e-300, 1e-15, 10000
	guard := func(x float64) float64 {
		if math.Abs(x) < tiny {
			return tiny
		}
		return x
	}
	c, d := 1.0, 1/guard(1-float64((a+b)*x)/(a+1))
	f := d
	step := func(term float64) float64 {
		d = 1 / guard(1+float64(term*d))
		c = guard(1 + term/c)
		f *= float64(c * d)
		return float64(c * d)
	}
	for k := 1.0; k < most; k++ {
		twice := a + float64(2*k)
		step(float64(k*(b-k)*x) / ((twice - 1) * twice))
		if math.Abs(step(-float64((a+k)*(a+b+k)*x)/(twice*(twice+1)))-1) < close {
			break
		}
	}
	return f
}
