//go:build !wasm

package portable

import "math"

// Fused returns x y + z rounded once, the fastest way.
func Fused(x, y, z float64) float64 { return math.FMA(x, y, z) }
