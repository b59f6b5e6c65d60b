package theory

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"lacuna/internal/portable"
)

// Fit is an exponent of growth, fitted to growth phases.
type Fit struct {
	Fitted    float64
	Low, High float64 // 95 % confidence interval
	Points    int
}

// fitLine regresses y on x and returns the slope with its 95 % confidence interval (Student's t). Fewer than three
// points give NaN.
func fitLine(x, y []float64) Fit {
	if len(x) < 3 {
		return Fit{math.NaN(), math.NaN(), math.NaN(), len(x)}
	}
	intercept, slope := stat.LinearRegression(x, y, nil, false)
	var residual float64
	for i := range x {
		e := y[i] - intercept - float64(slope*x[i])
		residual += float64(e * e)
	}
	freedom := float64(len(x) - 2)
	spread := stat.Variance(x, nil) * float64(len(x)-1)
	width := float64(distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(0.975) * math.Sqrt(residual/freedom/spread))
	return Fit{slope, slope - width, slope + width, len(x)}
}

// exponent regresses log(rate/drive) on log norm over all growth phases, the rate by finite differences of the recorded
// norms: for ‖⊗w_r‖ and δ_r the slope is 2 − 2/N + Σk_n/N by Theorem 3.2 (i), for σ_r and α_r it is 2 − 2/k by
// Theorem 2.1.
func (t *path) exponent() Fit {
	var x, y []float64
	for _, phase := range t.phases() {
		rates := Differences(t.step, column(t.norms, phase.block))
		for k := phase.from; k < phase.to; k++ {
			if ratio := rates[k] / t.drive[k][phase.block]; ratio > 0 {
				x, y = append(x, portable.Log(t.norms[k][phase.block])), append(y, portable.Log(ratio))
			}
		}
	}
	return fitLine(x, y)
}
