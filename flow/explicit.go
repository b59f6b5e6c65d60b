package flow

// The explicit Runge–Kutta methods with error control.
const (
	Explicit   Method = "rk32" // Bogacki–Shampine 3(2)
	Explicit54 Method = "rk54" // Dormand–Prince 5(4)
)

func init() {
	register(Explicit, rungeKutta(bogackiShampine))
	register(Explicit54, rungeKutta(dormandPrince))
}

func rungeKutta(s scheme) registration {
	return registration{controlled: true, start: func(in *Integrator) (method, error) {
		c, err := newController(in)
		if err != nil {
			return nil, err
		}
		c.pair = &explicit{newStages(in, s)}
		return c, nil
	}}
}

// explicit is an embedded pair of explicit Runge–Kutta methods.
type explicit struct{ stages }

func (e *explicit) prepare(h float64) float64 { return h }
func (e *explicit) shorten(float64)           {}
func (e *explicit) attempt(h float64) bool    { return e.compute(h, nil) }
func (e *explicit) active() []int             { return nil }
func (e *explicit) passing() float64          { return 1 }

var bogackiShampine = scheme{
	order: 3,
	alpha: [][]float64{{}, {0.5}, {0, 0.75}, {2. / 9, 1. / 3, 4. / 9}},
	b:     []float64{2. / 9, 1. / 3, 4. / 9, 0},
	bh:    []float64{7. / 24, 1. / 4, 1. / 3, 1. / 8},
}

var dormandPrince = scheme{
	order: 5,
	alpha: [][]float64{
		{},
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	},
	b:  []float64{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
	bh: []float64{5179. / 57600, 0, 7571. / 16695, 393. / 640, -92097. / 339200, 187. / 2100, 1. / 40},
}
