// Package portable has the functions of package math that are not the same on every processor, computed so that they
// are.
//
// math's own are assembly on some processors, and where they are Go the compiler may round x·y+z once instead of
// twice. Here every product that a sum follows is rounded explicitly, or fused explicitly with Fused. On amd64 the
// bits are those of math (with FMA instructions, for Exp). What math does exactly (Sqrt, Abs, Floor, Mod, Frexp,
// Ldexp, FMA, …) is not repeated.
//
// The methods and constants are those of the Go standard library, copyright 2009 The Go Authors, under the licence in
// this folder: Exp after N. Shibata (2010), Tanh and Cos after Cephes (S. L. Moshier), Erfinv after M. J. Wichura's
// AS 241 (1988), the others after FreeBSD's msun, which came with this notice:
//
//	Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
//	Developed at SunPro, a Sun Microsystems, Inc. business.
//	Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
//	preserved.
package portable

import "math"

const (
	ln2High = 6.93147180369123816490e-01 // the first 32 bits of ln 2
	ln2Low  = 1.90821492927058770002e-10
	log2E   = 1.44269504088896338700e+00
)

// horner returns the polynomial with these coefficients, that of the highest power first.
func horner(x float64, coefficients ...float64) float64 {
	sum := coefficients[0]
	for _, c := range coefficients[1:] {
		sum = float64(sum*x) + c
	}
	return sum
}

// Hypot returns √(p²+q²) without overflow in between.
func Hypot(p, q float64) float64 {
	p, q = math.Abs(p), math.Abs(q)
	switch {
	case math.IsInf(p, 1) || math.IsInf(q, 1):
		return math.Inf(1)
	case p != p || q != q:
		return math.NaN()
	}
	p, q = max(p, q), min(p, q)
	if p == 0 {
		return 0
	}
	q /= p
	return p * math.Sqrt(1+float64(q*q))
}

// Tanh returns the hyperbolic tangent.
func Tanh(x float64) float64 {
	const halfLog2To127 = 8.8029691931113054295988e+01 / 2
	z := math.Abs(x)
	switch {
	case z > halfLog2To127:
		return math.Copysign(1, x)
	case z >= 0.625:
		return math.Copysign(1-2/(Exp(2*z)+1), x)
	case x == 0:
		return x
	}
	s := x * x
	p := horner(s, -9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3)
	q := horner(s, 1, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3)
	return x + x*s*p/q
}

// Cos returns the cosine of x radians, |x| < 2²⁹; NaN beyond.
func Cos(x float64) float64 {
	const ( // π/4 in three parts
		first  = 7.85398125648498535156e-1
		second = 3.77489470793079817668e-8
		third  = 2.69515142907905952645e-15
	)
	x = math.Abs(x)
	if !(x < 1<<29) {
		return math.NaN()
	}
	octant := uint64(x * (4 / math.Pi))
	octant += octant & 1
	y := float64(octant)
	z := x - float64(y*first) - float64(y*second) - float64(y*third)
	octant &= 7
	squared := z * z
	var cos float64
	if octant == 2 || octant == 6 {
		cos = z + float64(z*squared*horner(squared, 1.58962301576546568060e-10, -2.50507477628578072866e-8,
			2.75573136213857245213e-6, -1.98412698295895385996e-4, 8.33333333332211858878e-3, -1.66666666666666307295e-1))
	} else {
		cos = 1 - float64(0.5*squared) + float64(squared*squared*horner(squared, -1.13585365213876817300e-11,
			2.08757008419747316778e-9, -2.75573141792967388112e-7, 2.48015872888517045348e-5,
			-1.38888888888730564116e-3, 4.16666666666665929218e-2))
	}
	if octant == 2 || octant == 4 {
		return -cos
	}
	return cos
}
