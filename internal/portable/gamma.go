package portable

import "math"

// LogGamma returns log Γ(x) for x ≥ 0, and NaN for x < 0.
func LogGamma(x float64) float64 {
	const (
		minimum = 1.461632144968362245 // of Γ
		closer  = 1.46163214496836224576e+00
	)
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(1)
	case x < 0x1p-70:
		return -Log(x)
	case x == 1 || x == 2:
		return 0
	case x <= 0.9: // log Γ(x+1) − log x
		switch {
		case x >= minimum-1+0.27:
			return -Log(x) + below2(1-x)
		case x >= minimum-1-0.27:
			return -Log(x) + aroundMinimum(x-(closer-1))
		}
		return -Log(x) + above1(x)
	case x >= 8 && x < 0x1p58:
		z := 1 / x
		w := horner(z*z, -1.63092934096575273989e-03, 8.36339918996282139126e-04, -5.95187557450339963135e-04,
			7.93650558643019558500e-04, -2.77777777728775536470e-03, 8.33333333333329678849e-02)
		return float64((x-0.5)*(Log(x)-1)) + (4.18938533204672725052e-01 + float64(z*w))
	case x >= 8:
		return x * (Log(x) - 1)
	case x >= 2:
		return above2(x)
	case x >= minimum+0.27:
		return below2(2 - x)
	case x >= minimum-0.27:
		return aroundMinimum(x - closer)
	}
	return above1(x - 1)
}

// below2 returns log Γ(2−y).
func below2(y float64) float64 {
	z := y * y
	even := horner(z, 2.52144565451257326939e-05, 2.20862790713908385557e-04, 1.19270763183362067845e-03,
		7.38555086081402883957e-03, 6.73523010531292681824e-02, 7.72156649015328655494e-02)
	odd := z * horner(z, 4.48640949618915160150e-05, 1.08011567247583939954e-04, 5.10069792153511336608e-04,
		2.89051383673415629091e-03, 2.05808084325167332806e-02, 3.22467033424113591611e-01)
	return float64(y*even) + float64(odd) - float64(0.5*y)
}

// aroundMinimum returns log Γ(m+y), where m is the place of the minimum.
func aroundMinimum(y float64) float64 {
	const (
		value = -1.21486290535849611461e-01 // log Γ(m), in two parts
		rest  = -3.63867699703950536541e-18
	)
	z := y * y
	w := z * y
	p1 := horner(w, 3.15632070903625950361e-04, -1.40346469989232843813e-03, 6.10053870246291332635e-03,
		-3.27885410759859649565e-02, 4.83836122723810047042e-01)
	p2 := horner(w, -3.12754168375120860518e-04, 8.81081882437654011382e-04, -3.68452016781138256760e-03,
		1.79706750811820387126e-02, -1.47587722994593911752e-01)
	p3 := horner(w, 3.35529192635519073543e-04, -5.38595305356740546715e-04, 2.25964780900612472250e-03,
		-1.03142241298341437450e-02, 6.46249402391333854778e-02)
	return value + (float64(z*p1) - (rest - float64(w*(p2+float64(y*p3)))))
}

// above1 returns log Γ(1+y).
func above1(y float64) float64 {
	p := y * horner(y, 1.33810918536787660377e-02, 2.28963728064692451092e-01, 9.77717527963372745603e-01,
		1.45492250137234768737e+00, 6.32827064025093366517e-01, -7.72156649015328655494e-02)
	q := horner(y, 3.21709242282423911810e-03, 1.04222645593369134254e-01, 7.69285150456672783825e-01,
		2.12848976379893395361e+00, 2.45597793713041134822e+00, 1)
	return float64(-0.5*y) + p/q
}

// above2 returns log Γ(x), 2 ≤ x < 8.
func above2(x float64) float64 {
	whole := int(x)
	y := x - float64(whole)
	p := y * horner(y, 3.19475326584100867617e-05, 1.84028451407337715652e-03, 2.66422703033638609560e-02,
		1.46350472652464452805e-01, 3.25778796408930981787e-01, 2.14982415960608852501e-01, -7.72156649015328655494e-02)
	q := horner(y, 7.32668430744625636189e-06, 7.77942496381893596434e-04, 1.86459191715652901344e-02,
		1.71933865632803078993e-01, 7.21935547567138069525e-01, 1.39200533467621045958e+00, 1)
	value := float64(0.5*y) + p/q
	if whole == 2 {
		return value
	}
	z := 1.0 // Γ(x) = (x−1) (x−2) … Γ(2+y)
	for i := whole - 1; i >= 2; i-- {
		z *= y + float64(i)
	}
	return value + Log(z)
}
