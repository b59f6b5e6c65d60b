package numpy

import (
	"fmt"
	"slices"
	"testing"
)

// TestDrawsWhatNumPyDraws compares with numpy.random.default_rng(seed) of NumPy 1.24: three times random, integers
// below 1, 10, 3·10⁹ and 7, random, integers below 2³²−1, two permutations and random.
func TestDrawsWhatNumPyDraws(t *testing.T) {
	for _, c := range []struct {
		seed            []uint64
		random          [5]float64
		integers        [5]uint32
		longer, shorter []int
	}{
		{
			[]uint64{20261125, 1, 0},
			[5]float64{
				0x1.88c33e47c3d7ap-1, 0x1.f059e722b39e0p-1, 0x1.bccbe9cc7f040p-6,
				0x1.8b3a426f9131fp-1, 0x1.cb7bfc0864f36p-2,
			},
			[5]uint32{0, 0, 2910498849, 6, 142055892},
			[]int{5, 8, 2, 4, 0, 6, 3, 1, 7},
			[]int{2, 4, 3, 1, 0},
		}, {
			[]uint64{20261125, 3, 5},
			[5]float64{
				0x1.8f93bfb5c9b8ap-1, 0x1.3cfee1a3e1faap-2, 0x1.25d67c5337672p-2,
				0x1.81f2997e7174ep-2, 0x1.d3190733e039cp-3,
			},
			[5]uint32{0, 2, 295961147, 3, 3691328555},
			[]int{2, 5, 0, 7, 6, 3, 1, 8, 4},
			[]int{1, 3, 2, 0, 4},
		}, {
			[]uint64{0},
			[5]float64{
				0x1.461fd79fb3850p-1, 0x1.1442f7e20b674p-2, 0x1.4fa7b529d9bd0p-5,
				0x1.d354b2f34c803p-1, 0x1.b9f296742db6fp-1,
			},
			[5]uint32{0, 0, 49582906, 1, 3492969079},
			[]int{2, 8, 3, 6, 0, 4, 7, 5, 1},
			[]int{0, 4, 2, 1, 3},
		}, {
			[]uint64{1<<40 | 5, 2, 3, 4, 5, 6, 1<<64 - 1},
			[5]float64{
				0x1.8d02febd92541p-1, 0x1.1acafe9db36bdp-1, 0x1.7285e488ab7dep-1,
				0x1.15ad2ab43f2f8p-1, 0x1.0fe1ce3f52842p-2,
			},
			[5]uint32{0, 2, 2174850167, 5, 1432738361},
			[]int{1, 5, 6, 8, 4, 0, 3, 7, 2},
			[]int{1, 2, 3, 0, 4},
		},
	} {
		g := New(c.seed...)
		var random [5]float64
		var integers [5]uint32
		for i := range 3 {
			random[i] = g.Random()
		}
		for i, n := range []uint32{1, 10, 3000000000, 7} {
			integers[i] = g.Integers(n)
		}
		random[3] = g.Random()
		integers[4] = g.Integers(1<<32 - 1)
		longer, shorter := g.Permutation(9), g.Permutation(5)
		random[4] = g.Random()
		got := fmt.Sprint(random, integers, longer, shorter)
		if want := fmt.Sprint(c.random, c.integers, c.longer, c.shorter); got != want {
			t.Errorf("seed %d:\n got %s\nwant %s", c.seed, got, want)
		}
	}
}

// TestManyDrawsStayInStep draws until numbers were rejected, which NumPy must have rejected as well.
func TestManyDrawsStayInStep(t *testing.T) {
	g, sum := New(1, 2), uint64(0)
	for n := range uint32(2000) {
		sum = (sum*31 + uint64(g.Integers(1<<32-1-n*1000003))) % (1 << 61)
	}
	if sum != 602029181279491747 {
		t.Errorf("the sum of integers is %d", sum)
	}
	g, sum = New(3), 0
	p := g.Permutation(100000)
	for i, k := range p {
		sum += uint64(i * k)
	}
	if next := g.Random(); sum != 249186927593593 || next != 0x1.db7b5e07ca592p-1 {
		t.Errorf("the permutation's sum is %d, the number after it %x", sum, next)
	}
	slices.Sort(p)
	for i, k := range p {
		if i != k {
			t.Fatalf("%d is missing in the permutation", i)
		}
	}
}
