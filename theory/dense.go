package theory

import (
	"math"
	"sort"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// orthonormal returns count random orthonormal vectors of length d ≥ count.
func orthonormal(d, count int, stream *rng.Stream) [][]float64 {
	out := make([][]float64, count)
	for l := range out {
		x := normal(stream, d)
		for range 2 { // twice is enough for full accuracy
			for _, y := range out[:l] {
				along := linalg.Dot(x, y)
				for i := range x {
					x[i] -= float64(along * y[i])
				}
			}
		}
		linalg.ScaleTo(x, 1)
		out[l] = x
	}
	return out
}

type singularTriple struct {
	sigma       float64
	left, right []float64
}

// singularTriples is a singular value decomposition by one-sided Jacobi rotations, σ descending, one triple a column of
// the smaller side.
func singularTriples(a []float64, rows, columns int) []singularTriple {
	if rows < columns {
		triples := singularTriples(linalg.Transpose(a, rows, columns), columns, rows)
		for i, t := range triples {
			triples[i].left, triples[i].right = t.right, t.left
		}
		return triples
	}
	b, v := linalg.Transpose(a, rows, columns), linalg.Identity(columns) // row l of b is A v_l
	const sweeps, small = 30, 1e-15
	for range sweeps {
		worst := 0.0
		for p := range columns {
			for q := p + 1; q < columns; q++ {
				bp, bq := b[p*rows:][:rows], b[q*rows:][:rows]
				pp, qq, pq := linalg.Norm2(bp), linalg.Norm2(bq), linalg.Dot(bp, bq)
				if math.Abs(pq) <= small*math.Sqrt(pp*qq) {
					continue
				}
				worst = math.Max(worst, math.Abs(pq)/math.Sqrt(pp*qq))
				z := (qq - pp) / (2 * pq)
				t := math.Copysign(1, z) / (math.Abs(z) + portable.Hypot(1, z))
				c := 1 / portable.Hypot(1, t)
				turn(bp, bq, c, c*t)
				turn(v[p*columns:][:columns], v[q*columns:][:columns], c, c*t)
			}
		}
		if worst <= small {
			break
		}
	}
	triples := make([]singularTriple, columns)
	for l := range triples {
		left := b[l*rows:][:rows:rows]
		sigma := math.Sqrt(linalg.Norm2(left))
		if sigma > 0 {
			linalg.ScaleTo(left, 1)
		}
		triples[l] = singularTriple{sigma, left, v[l*columns:][:columns:columns]}
	}
	sort.SliceStable(triples, func(i, j int) bool { return triples[i].sigma > triples[j].sigma })
	return triples
}

func turn(x, y []float64, c, s float64) {
	for i := range x {
		x[i], y[i] = float64(c*x[i])-float64(s*y[i]), float64(s*x[i])+float64(c*y[i])
	}
}
