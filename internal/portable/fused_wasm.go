package portable

// Fused returns x y + z rounded once, the fastest way.
func Fused(x, y, z float64) float64 { return FMA(x, y, z) }
