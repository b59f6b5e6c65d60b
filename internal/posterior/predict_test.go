package posterior

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestPredict compares batches with moments over the samples, written out, and with single cells.
func TestPredict(t *testing.T) {
	for _, shape := range []tensor.Shape{{20, 15}, {12, 10, 8}, {7, 6, 5, 6}} {
		for _, noise := range []Noise{Gaussian{}, Student{Varied: true}, Bernoulli{}, known{4}} {
			data, _ := lowRank(1, shape, 2, 700, even(0.3))
			if (noise == Bernoulli{}) {
				for c, v := range data.Values {
					data.Values[c] = math.Round(1 / (1 + math.Exp(-v)))
				}
			}
			p := run(t, data, Settings{Blocks: 9, Noise: noise, Burn: 5, Keep: 4})
			p.Join(run(t, data, Settings{Blocks: 9, Noise: noise, Burn: 5, Keep: 3, Seed: 2}))
			stream := rng.New(1, "cells")
			const count = 2*chunk + 77
			index := make([][]int32, len(shape))
			for range count {
				for n, d := range shape {
					i := int32(stream.IntN(d))
					if k := len(index[n]); k > 0 && n < len(shape)-1 && k%5 > 0 { // runs of cells that differ in the last mode
						i = index[n][k-1]
					}
					index[n] = append(index[n], i)
				}
			}
			got, again := [3][]float64{}, [3][]float64{}
			for k := range got {
				got[k], again[k] = make([]float64, count), slices.Repeat([]float64{math.NaN()}, count)
			}
			p.Predict(index, got[0], got[1], got[2], 1)
			p.Predict(index, again[0], again[1], again[2], 3)
			for c := range count {
				cell := make([]int32, len(shape))
				for n := range cell {
					cell[n] = index[n][c]
				}
				var single, want [3]float64
				single[0], single[1], single[2] = p.At(cell)
				want = pooledByHand(p, cell)
				for k, what := range []string{"mean", "variance", "noise"} {
					where := fmt.Sprintf("%v, %T, cell %v, %s", shape, noise, cell, what)
					if got[k][c] != single[k] || got[k][c] != again[k][c] {
						t.Fatalf("%s: %v, alone %v, on three threads %v", where, got[k][c], single[k], again[k][c])
					}
					if math.Abs(got[k][c]-want[k]) > 1e-12*(1+math.Abs(want[k])) {
						t.Fatalf("%s: %v, want %v", where, got[k][c], want[k])
					}
				}
			}
		}
	}
}

// pooledByHand is what At should return.
func pooledByHand(p *Posterior, cell []int32) (want [3]float64) {
	var weights, means, variances []float64
	var total float64
	begin := 0
	for _, count := range p.Chains {
		var values []float64
		var noise float64
		for _, s := range p.Samples[begin : begin+count] {
			v, e := s.Scatter.At(cell, s.CP.At(cell))
			values = append(values, v)
			noise += e / float64(count)
		}
		begin += count
		mean, deviation := tensor.Moments(values)
		w := float64(count) / (deviation*deviation + noise)
		weights, means, variances = append(weights, w), append(means, mean), append(variances, deviation*deviation)
		total += w
		want[0] += w * mean
		want[2] += w * noise
	}
	want[0], want[2] = want[0]/total, want[2]/total
	unseen := float64(len(weights)+1) / float64(len(weights)-1)
	for k, w := range weights {
		want[1] += w / total * (variances[k] + unseen*(means[k]-want[0])*(means[k]-want[0]))
	}
	return want
}

// TestLostChainsCountLittle joins a chain to one that is far off and does not hide it.
func TestLostChainsCountLittle(t *testing.T) {
	model := func(value float64) Sample {
		m := &tensor.CP{Shape: tensor.Shape{1, 1}, Blocks: 8, Factors: [][]float64{make([]float64, 8), make([]float64, 8)}}
		m.Factors[0][0], m.Factors[1][0] = value, 1
		return Sample{m, spread{level: 0.01}}
	}
	p := &Posterior{Samples: []Sample{model(0.9), model(1.1)}}
	p.Join(&Posterior{Samples: []Sample{model(-30), model(40), model(50)}})
	mean, variance, noise := p.At([]int32{0, 0})
	if math.Abs(mean-1) > 0.01 || variance > 2 || math.Abs(noise-0.01) > 1e-12 {
		t.Errorf("mean %v, variance %v, noise %v", mean, variance, noise)
	}
	p.Join(&Posterior{Samples: []Sample{model(math.Inf(1))}})
	if m, v, e := p.At([]int32{0, 0}); math.Abs(m-mean) > 1e-3 || !(v < 2) || math.IsNaN(e) {
		t.Errorf("beside a chain beyond measure %v, %v, %v", m, v, e)
	}
	beyond := &Posterior{Samples: []Sample{model(math.Inf(1)), model(math.Inf(-1))}, Chains: []int{1, 1}}
	if m, v, e := beyond.At([]int32{0, 0}); m != 0 || !math.IsInf(v, 1) || e != 0 {
		t.Errorf("two chains beyond measure: %v, %v, %v", m, v, e)
	}
	p.Samples, p.Chains = p.Samples[:5], p.Chains[:2]
	shares, between := p.Shares([][]int32{{0}, {0}}, 1)
	first, second := shares[0].Relative[0], shares[1].Relative[0]
	if sum := (2*first + 3*second) / 5; math.Abs(sum-1) > 1e-12 || second > 1e-4 || between != 3 {
		t.Errorf("chains count %v and %v, between them %v", first, second, between)
	}
	for k, want := range []int{0, 0, 1, 1, 1} {
		if chain := p.ChainOf(k); chain != want {
			t.Errorf("sample %d is of chain %d", k, chain)
		}
	}
}

// BenchmarkPredict predicts cells of a table in the order of the file from 100 samples, and reports the time of one.
func BenchmarkPredict(b *testing.B) {
	shape, count := tensor.Shape{1000, 500, 100}, 100_000
	for _, blocks := range []int{7, 15, 63} {
		p := &Posterior{Blocks: blocks}
		data, _ := lowRank(1, shape, 1, 1000, even(1))
		s := newSampler(data, Settings{Blocks: blocks}.withDefaults())
		for range 100 {
			p.Samples = append(p.Samples, Sample{s.sample(), s.noise.scatter()})
		}
		index := make([][]int32, 3)
		for k := range count { // a third of the cells
			index[0] = append(index[0], int32(3*k/50_000))
			index[1] = append(index[1], int32(3*k/100%500))
			index[2] = append(index[2], int32(3*k%100))
		}
		mean, variance, noise := make([]float64, count), make([]float64, count), make([]float64, count)
		cell := make([]int32, 3)
		b.Run(fmt.Sprint("batch/", blocks), func(b *testing.B) {
			for b.Loop() {
				p.Predict(index, mean, variance, noise, 1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/cell")
		})
		b.Run(fmt.Sprint("single/", blocks), func(b *testing.B) {
			for b.Loop() {
				for c := range 1000 {
					for n := range cell {
						cell[n] = index[n][c]
					}
					p.At(cell)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/cell")
		})
	}
}

// TestThinKeepsSomeOfEveryChain: evenly many of each, in order, and all where they are few.
func TestThinKeepsSomeOfEveryChain(t *testing.T) {
	p := &Posterior{Blocks: 1, Chains: []int{10, 3, 40}}
	for k := range 53 {
		p.Samples = append(p.Samples, Sample{CP: tensor.NewCP(tensor.Shape{1}, 1)})
		p.Samples[k].CP.Factors[0][0] = float64(k)
	}
	thin := p.Thin(12)
	var kept []float64
	for _, s := range thin.Samples {
		kept = append(kept, s.CP.Factors[0][0])
	}
	if want := []float64{1, 3, 6, 8, 10, 11, 12, 18, 28, 38, 48}; !slices.Equal(kept, want) || !slices.Equal(thin.Chains, []int{4, 3, 4}) {
		t.Errorf("kept %v of chains %v, want %v", kept, thin.Chains, want)
	}
	if all := p.Thin(1000); len(all.Samples) != 53 {
		t.Errorf("%d samples of 53 are kept", len(all.Samples))
	}
}
