package rng

import (
	"math"

	"lacuna/internal/portable"
)

// ziggurat covers a decreasing density by strips of one area (Marsaglia and Tsang 2000): strip i reaches to 2³² (or,
// with a sign, 2³¹) width[i], of which the first inside[i] steps lie under the density, and the density is height[i]
// at its end.
type ziggurat struct {
	end    float64 // where the tail begins
	inside []uint32
	width  []float32
	height []float32
}

// newZiggurat covers a density by strips, for random numbers of so many steps. inverse is the inverse of density.
func newZiggurat(strips int, steps, end, area float64, density, inverse func(float64) float64) ziggurat {
	z := ziggurat{end, make([]uint32, strips), make([]float32, strips), make([]float32, strips)}
	last := strips - 1
	base := area / density(end)
	z.inside[0] = uint32(float64(end/base) * steps)
	z.width[0], z.width[last] = float32(base/steps), float32(end/steps)
	z.height[0], z.height[last] = 1, float32(density(end))
	x := end
	for i := last - 1; i >= 1; i-- {
		next := inverse(area/x + density(x))
		z.inside[i+1] = uint32(float64(next/x) * steps)
		x = next
		z.height[i], z.width[i] = float32(density(x)), float32(x/steps)
	}
	return z
}

// under tells whether a random height in strip i, given as a share of it, lies under the density.
func (z *ziggurat) under(i int, share, density float64) bool {
	return z.height[i]+float32(float32(share)*(z.height[i-1]-z.height[i])) < float32(density)
}

var (
	normal = newZiggurat(128, 1<<31, 3.442619855899, 9.91256303526217e-3, bell,
		func(y float64) float64 { return math.Sqrt(-2 * portable.Log(y)) })
	exponential = newZiggurat(256, 1<<32, 7.69711747013104972, 3.949659822581572e-3, decay,
		func(y float64) float64 { return -portable.Log(y) })
)

func bell(x float64) float64  { return portable.Exp(-0.5 * x * x) }
func decay(x float64) float64 { return portable.Exp(-x) }

// Float64 returns a number in [0, 1): that of math/rand/v2.
func (s *Stream) Float64() float64 { return float64(float64(s.Uint64()<<11>>11) * 0x1p-53) }

// NormFloat64 returns a standard normal number: that of math/rand/v2, with the same bits on every processor.
func (s *Stream) NormFloat64() float64 {
	z := &normal
	for {
		u := s.Uint64()
		j, i := int32(u), int(u>>32&0x7F)
		x := float64(float64(j) * float64(z.width[i]))
		if size := uint32(max(j, -j)); size < z.inside[i] {
			return x
		}
		if i > 0 {
			if z.under(i, s.Float64(), bell(x)) {
				return x
			}
			continue
		}
		for {
			x = float64(-portable.Log(s.Float64()) * (1 / z.end))
			y := -portable.Log(s.Float64())
			if y+y >= x*x {
				return math.Copysign(z.end+x, float64(j))
			}
		}
	}
}

// ExpFloat64 returns an exponential number of mean 1: that of math/rand/v2, with the same bits on every processor.
func (s *Stream) ExpFloat64() float64 {
	z := &exponential
	for {
		u := s.Uint64()
		j, i := uint32(u), int(uint8(u>>32))
		x := float64(float64(j) * float64(z.width[i]))
		switch {
		case j < z.inside[i]:
			return x
		case i == 0:
			return z.end - portable.Log(s.Float64())
		case z.under(i, s.Float64(), decay(x)):
			return x
		}
	}
}
