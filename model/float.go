package model

import "lacuna/internal/kernel"

// Float is the type of a model's numbers: float64 or float32.
type Float = kernel.Float
