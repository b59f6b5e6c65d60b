package experiment

import (
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// newChains makes deep chains with every matrix and vector free (Eq. 2), of whole depths.
func newChains(dtype model.DType) Parametrisation {
	return func(train *tensor.Observed, l loss.Loss, s Settings) (Model, error) {
		depths, err := s.Depth.Whole()
		if err != nil {
			return nil, err
		}
		return model.NewAnyChains(dtype, train, l, model.Config{Blocks: s.Blocks, Depths: depths, Threads: s.Threads})
	}
}
