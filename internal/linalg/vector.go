package linalg

import (
	"math"

	"lacuna/internal/kernel"
	"lacuna/internal/portable"
)

// Ones returns n ones.
func Ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// Dot returns ⟨x, y⟩, summed in order with fused multiply–adds. y has at least the length of x.
func Dot(x, y []float64) float64 {
	var sum float64
	for i, value := range x {
		sum = portable.Fused(value, y[i], sum)
	}
	return sum
}

// DotLanes returns ⟨x, y⟩ as Σ_r of eight sums, the r-th over the entries i ≡ r mod 8, which is several times as fast
// as Dot. y has at least the length of x. What is left behind the last whole lane group is added without fusing.
func DotLanes(x, y []float64) float64 {
	var sum [lanes]float64
	whole := len(x) / lanes
	kernel.Dot(&sum, x, y, whole)
	for j := whole * lanes; j < len(x); j++ {
		sum[j%lanes] += float64(x[j] * y[j])
	}
	return (sum[0] + sum[1]) + (sum[2] + sum[3]) + ((sum[4] + sum[5]) + (sum[6] + sum[7]))
}

// Norm2 returns ‖x‖², summed as in Dot.
func Norm2(x []float64) float64 { return Dot(x, x) }

// Norm returns ‖x‖. Entries beyond 1e±154 overflow or vanish in the squares.
func Norm(x []float64) float64 { return math.Sqrt(Norm2(x)) }

// Axpy sets y += s·x by fused multiply–adds. y has at least the length of x.
func Axpy(y []float64, s float64, x []float64) {
	for i, value := range x {
		y[i] = portable.Fused(s, value, y[i])
	}
}

// Scale sets x *= s.
func Scale(x []float64, s float64) {
	for i := range x {
		x[i] *= s
	}
}

// ScaleTo gives x ≠ 0 that norm.
func ScaleTo(x []float64, norm float64) { Scale(x, norm/Norm(x)) }
