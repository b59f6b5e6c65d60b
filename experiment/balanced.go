package experiment

import (
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// newBalanced makes chains collapsed to their vectors, from a balanced rank-one start, of any depth at the cost of
// depth 0.
func newBalanced(train *tensor.Observed, l loss.Loss, s Settings) (Model, error) {
	return model.NewBalanced(train, l, model.BalancedConfig{Blocks: s.Blocks, Depths: s.Depth, Threads: s.Threads})
}
