package experiment

import (
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// newChains makes deep chains with every matrix and vector free (Eq. 2), of whole depths.
func newChains[T model.Float](train *tensor.Observed, l loss.Loss, s Settings) (Model, error) {
	depths, err := s.Depth.Whole()
	if err != nil {
		return nil, err
	}
	chains, err := model.NewChainsOf[T](train, l, model.Config{Blocks: s.Blocks, Depths: depths, Threads: s.Threads})
	if err != nil {
		return nil, err
	}
	return chains, nil
}
