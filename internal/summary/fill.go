package summary

import (
	"math"
	"strconv"

	"lacuna"
	"lacuna/dataio"
)

// Fill returns what is written into gaps: possible values, their standard errors and, where level is above 0, the bounds
// of intervals that hold that share of values, 0 < level < 1, and where some cells are censored their limits, NaN where
// there are none, for the columns that Extra names.
func Fill(c *lacuna.Completion, level float64, censored bool) dataio.FillCells {
	return func(index [][]int32, out []dataio.Filled) {
		value, stderr := make([]float64, len(out)), make([]float64, len(out))
		c.AtAll(index, value, stderr)
		var extra []float64
		cell := make([]int32, len(index))
		for k := range out {
			for n, column := range index {
				cell[n] = column[k]
			}
			out[k] = dataio.Filled{Value: c.Possible(cell, value[k]), Stderr: stderr[k]}
			from := len(extra)
			if level > 0 {
				low, high := c.Bounds(cell, value[k], stderr[k], level)
				extra = append(extra, low, high)
			}
			if censored {
				low, high, ok := c.Limits(cell)
				if !ok {
					low, high = math.NaN(), math.NaN()
				}
				extra = append(extra, finite(low), finite(high))
			}
			if len(extra) > from {
				out[k].Extra = extra[from:len(extra):len(extra)]
			}
		}
	}
}

// finite is a limit as it was written, without the last digits that say whether it is included; NaN where it is not finite.
func finite(x float64) float64 {
	const digits = 15
	if math.IsInf(x, 0) {
		return math.NaN()
	}
	written, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil {
		return x
	}
	return written
}

// Extra names the columns that a filled table has beside the standard error.
func Extra(level float64, censored bool) (names []string) {
	if level > 0 {
		names = append(names, "lacuna_low", "lacuna_high")
	}
	if censored {
		names = append(names, "lacuna_above", "lacuna_below")
	}
	return names
}
