package summary

import (
	"lacuna"
	"lacuna/dataio"
)

// Fill returns what is written into gaps: possible values, their standard errors and, where level is above 0, the bounds
// of intervals that hold that share of values, 0 < level < 1, for the columns that Extra names.
func Fill(c *lacuna.Completion, level float64) dataio.FillCells {
	return func(index [][]int32, out []dataio.Filled) {
		value, stderr := make([]float64, len(out)), make([]float64, len(out))
		c.AtAll(index, value, stderr)
		var bounds []float64
		cell := make([]int32, len(index))
		for k := range out {
			for n, column := range index {
				cell[n] = column[k]
			}
			out[k] = dataio.Filled{Value: c.Possible(cell, value[k]), Stderr: stderr[k]}
			if level > 0 {
				low, high := c.Bounds(cell, value[k], stderr[k], level)
				bounds = append(bounds, low, high)
				out[k].Extra = bounds[len(bounds)-2:]
			}
		}
	}
}

// Extra names the columns that a filled table has beside the standard error.
func Extra(level float64) []string {
	if level > 0 {
		return []string{"lacuna_low", "lacuna_high"}
	}
	return nil
}
