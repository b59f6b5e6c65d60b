package model

import (
	"fmt"

	"lacuna/internal/kernel"
	"lacuna/internal/memory"
	"lacuna/tensor"
)

// Memory returns the bytes that a model of this shape in float64 and one integrator on it need: the parameters, the
// direction slots, the factors and their gradients, and the cells. It allocates nothing.
func Memory(shape tensor.Shape, cells int, depths []int, blocks int) float64 {
	return memoryOf[float64](shape, cells, depths, blocks)
}

func memoryOf[T Float](shape tensor.Shape, cells int, depths []int, blocks int) float64 {
	var parameters, vectors, factors float64
	for n, d := range shape {
		k := float64(depths[n])
		parameters += float64(k*float64(d)*float64(d)) + float64(d)
		vectors += float64((k + 1) * float64(d))
		factors += float64(d)
	}
	const gradientSlots, liftSlots = 5, 5
	numbers := parameters + float64((2*gradientSlots+liftSlots)*vectors) + float64(3*factors)
	size := dtype[T](4, 8)
	perCell := float64(4*size + 8*2 + 2*4*len(shape))
	return float64(float64(size)*numbers*(float64(blocks)+kernel.Lanes-1)) + float64(perCell*float64(cells))
}

func checkMemory[T Float](shape tensor.Shape, cells int, depths []int, blocks int) error {
	need := memoryOf[T](shape, cells, depths, blocks)
	have := memory.Available()
	if have == 0 || need <= have {
		return nil
	}
	advice := "fewer blocks"
	if maxDepth(depths) > 0 {
		advice = "fewer blocks, a smaller depth on the large modes, or a balanced start, " +
			"whose memory does not grow with depth"
	}
	return fmt.Errorf("model: %v blocks of depths %v on a tensor of shape %v need %s, %s are available: use %s",
		blocks, depths, []int(shape), memory.Format(need), memory.Format(have), advice)
}

func maxDepth(depths []int) int {
	worst := 0
	for _, k := range depths {
		worst = max(worst, k)
	}
	return worst
}
