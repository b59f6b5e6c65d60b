package posterior

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// known is a noise whose precision is given: what a further family needs, in one place.
type known struct{ precisions float64 }

func (known) Cost() float64 { return 0 }

func (k known) start(s *sampler) noise {
	state := &knownState{values: s.data.Values, weight: make([]float64, s.data.Len()), tau: k.precisions}
	for c := range state.weight {
		state.weight[c] = k.precisions
	}
	return state
}

type knownState struct {
	values, weight []float64
	tau            float64
}

func (k *knownState) targets() []float64 { return k.values }
func (k *knownState) weights() []float64 { return k.weight }
func (k *knownState) draw()              {}
func (k *knownState) precision() float64 { return k.tau }
func (k *knownState) scatter() Scatter   { return knownScatter(1 / k.tau) }

type knownScatter float64

func (k knownScatter) At(_ []int32, x float64) (mean, variance float64) { return x, float64(k) }
func (k knownScatter) Level() float64                                   { return float64(k) }

func (k knownScatter) CDF(_ []int32, x, y float64) float64 {
	return normalCDF((y - x) / math.Sqrt(float64(k)))
}

func (k knownScatter) LogDensity(_ []int32, x, y float64) float64 {
	return logNormal((y-x)/math.Sqrt(float64(k))) - math.Log(float64(k))/2
}

func (k knownScatter) Draw(s *rng.Stream, _ []int32, x float64) float64 {
	return x + s.NormFloat64()*math.Sqrt(float64(k))
}

// pinned is a prior N(0, 1/precision) whose precision is given.
type pinned struct{ level float64 }

func (p pinned) start(r rows) prior { return pinnedState{len(r.columns), p.level} }

type pinnedState struct {
	width int
	level float64
}

func (pinnedState) draw(*rng.Stream) {}
func (pinnedState) phases() int      { return 1 }

func (p pinnedState) row(_ int, precision []float64, stride int) {
	for k := range p.width {
		clear(precision[k*stride:][:k+1])
		precision[k*stride+k] = p.level
	}
	clear(precision[p.width*stride:][:p.width+1])
}

// TestAFurtherNoiseAndPriorAreAFileEach runs the sampler with a noise and a prior that are declared above alone, on a
// regression whose posterior is known: one mode has a single index and its factor is nearly 1.
func TestAFurtherNoiseAndPriorAreAFileEach(t *testing.T) {
	register(Family{Name: "known", Forms: []Form{{Name: "known", Noise: known{4}}}})
	defer delete(families, "known")
	family, err := FamilyNamed("known")
	if err != nil {
		t.Fatal(err)
	}
	data := &tensor.Observed{Modes: tensor.NumberedModes(tensor.Shape{3, 200}), Index: make([][]int32, 2)}
	s := rng.New(1, "data")
	for k := range int32(200) {
		data.Index[0], data.Index[1] = append(data.Index[0], k%3), append(data.Index[1], k)
		data.Values = append(data.Values, float64(k%3)-1+s.NormFloat64()/2)
	}
	// The second mode is missing from the only block: its factor is 1, and the first mode's row i is a mean of cells.
	p := run(t, data, Settings{
		Partial: [][]bool{{true, false}}, Noise: family.Forms[0].Noise, Priors: []Prior{pinned{2}, pinned{2}}, Keep: 4000,
	})
	for i := range int32(3) {
		var sum, count float64
		for k, v := range data.Values {
			if data.Index[0][k] == i {
				sum += v
				count++
			}
		}
		wantMean, wantVariance := 4*sum/(2+4*count), 1/(2+4*count)
		mean, variance, noise := p.At([]int32{i, 0})
		if math.Abs(mean-wantMean) > 5*math.Sqrt(wantVariance/4000) || math.Abs(variance/wantVariance-1) > 0.15 ||
			noise != 0.25 {
			t.Errorf("index %d: %.4f ± %.5f, noise %v; want %.4f ± %.5f, 0.25", i, mean, variance, noise, wantMean, wantVariance)
		}
	}
}
