package kernel

import (
	"unsafe"

	"lacuna/internal/portable"
)

// fused returns x y + z, rounded once to a T. WebAssembly has no such instruction.
func fused[T Float](x, y, z T) float64 {
	if unsafe.Sizeof(x) == 8 {
		return portable.FMA(float64(x), float64(y), float64(z))
	}
	return fused32(float64(x), float64(y), float64(z))
}

func fma(x, y, z float64) float64 { return portable.FMA(x, y, z) }
