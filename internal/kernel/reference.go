package kernel

import "math"

type lane = [Lanes]float64

func matVecGo(out, a, x []float64, rows, cols int) {
	for i := range rows {
		acc := (*lane)(out[i*Lanes:])
		*acc = lane{}
		for j := range cols {
			fma(acc, (*lane)(a[(i*cols+j)*Lanes:]), (*lane)(x[j*Lanes:]))
		}
	}
}

func matTVecGo(out, a, y []float64, rows, cols int) {
	clear(out[:cols*Lanes])
	for i := range rows {
		for j := range cols {
			fma((*lane)(out[j*Lanes:]), (*lane)(a[(i*cols+j)*Lanes:]), (*lane)(y[i*Lanes:]))
		}
	}
}

func dotGo(out *lane, x, y []float64, n int) {
	*out = lane{}
	for i := range n {
		fma(out, (*lane)(x[i*Lanes:]), (*lane)(y[i*Lanes:]))
	}
}

func axpyGo(y []float64, s *lane, x []float64, n int) {
	for i := range n {
		fma((*lane)(y[i*Lanes:]), s, (*lane)(x[i*Lanes:]))
	}
}

func axpyNorm2Go(y []float64, norm2, s *lane, x []float64, n int) {
	axpyGo(y, s, x, n)
	dotGo(norm2, y, y, n)
}

func negateDotsGo(y []float64, along, norm2 *lane, g, x []float64, n, stride int) {
	negateLanesGo(y, g, n, Lanes, stride)
	dotGo(along, x, y, n)
	dotGo(norm2, x, x, n)
}

func copyLanesGo(out, in []float64, n, outStride, inStride int) {
	for i := range n {
		*(*lane)(out[i*outStride:]) = *(*lane)(in[i*inStride:])
	}
}

func negateLanesGo(out, in []float64, n, outStride, inStride int) {
	for i := range n {
		to := (*lane)(out[i*outStride:])
		for r, x := range (*lane)(in[i*inStride:]) {
			to[r] = 0 - x
		}
	}
}

func addOutersGo(a []float64, norm2 *lane, terms []Outer, rows, cols int) {
	*norm2 = lane{}
	for i := range rows {
		var sum lane
		for j := range cols {
			m := (*lane)(a[(i*cols+j)*Lanes:])
			for _, t := range terms {
				fma(m, scaled(t.C, t.Y[i*Lanes:]), (*lane)(t.X[j*Lanes:]))
			}
			fma(&sum, m, m)
		}
		for r := range norm2 {
			norm2[r] += sum[r]
		}
	}
}

func addOuterMatVecGo(a []float64, norm2 *lane, out []float64, c float64, y, x, z []float64, rows, cols int) {
	addOutersGo(a, norm2, []Outer{{c, y, x}}, rows, cols)
	matVecGo(out, a, z, rows, cols)
}

func outersNorm2Go(norm2 *lane, terms []Outer, rows, cols int) {
	*norm2 = lane{}
	for i := range rows {
		for j := range cols {
			var m lane
			for _, t := range terms {
				fma(&m, scaled(t.C, t.Y[i*Lanes:]), (*lane)(t.X[j*Lanes:]))
			}
			fma(norm2, &m, &m)
		}
	}
}

func addTileGo(c []float64, stride int, x, y *lane) {
	for i, s := range x {
		row := (*lane)(c[i*stride:])
		for j, t := range y {
			row[j] = math.FMA(s, t, row[j])
		}
	}
}

func gemmSubGo(c, a, b []float64, m, n, k, ldc, lda, ldb int) {
	for i := range m {
		row := c[i*ldc:][:n]
		for l := range k {
			s, other := -a[i*lda+l], b[l*ldb:][:n]
			for j := range row {
				row[j] = math.FMA(s, other[j], row[j])
			}
		}
	}
}

func expandGo(out, parent, v []float64, start, at []int32, lanes, stride int) {
	k := 0
	for u := range len(start) - 1 {
		p := parent[u*lanes:][:lanes]
		for range start[u+1] - start[u] {
			row, factor := out[k*lanes:][:lanes], v[int(at[k])*stride:][:lanes]
			for r := range row {
				row[r] = p[r] * factor[r]
			}
			k++
		}
	}
}

func foldGo(gParent, gV, g, parent, v []float64, start, at []int32, lanes, stride int) {
	k := 0
	for u := range len(start) - 1 {
		p, sum := parent[u*lanes:][:lanes], gParent[u*lanes:][:lanes]
		clear(sum)
		for range start[u+1] - start[u] {
			row, factor, gFactor := g[k*lanes:][:lanes], v[int(at[k])*stride:][:lanes], gV[int(at[k])*stride:][:lanes]
			for r := range row {
				sum[r] = math.FMA(row[r], factor[r], sum[r])
				gFactor[r] = math.FMA(row[r], p[r], gFactor[r])
			}
			k++
		}
	}
}

func rowDotsGo(out, p, q []float64, start, at []int32, lanes int) {
	k := 0
	for u := range len(start) - 1 {
		x := p[u*lanes:][:lanes]
		for range start[u+1] - start[u] {
			y := q[int(at[k])*lanes:][:lanes]
			var acc lane
			for r := range acc {
				acc[r] = x[r] * y[r]
			}
			for r := Lanes; r < lanes; r += Lanes {
				fma(&acc, (*lane)(x[r:]), (*lane)(y[r:]))
			}
			out[k] = total(&acc)
			k++
		}
	}
}

func rowSumsGo(g, q, s []float64, start, at []int32, lanes int) {
	k := 0
	for u := range len(start) - 1 {
		var sums [2][MaxGroups * Lanes]float64
		for i := range start[u+1] - start[u] {
			sum, row := sums[i&1][:lanes], q[int(at[k])*lanes:][:lanes]
			for r := range row {
				sum[r] = math.FMA(s[k], row[r], sum[r])
			}
			k++
		}
		row := g[u*lanes:][:lanes]
		for r := range row {
			row[r] = sums[0][r] + sums[1][r]
		}
	}
}

func treeDotsGo(out, parent, v []float64, tree, leaf []int32, q []float64, start, at []int32, lanes, stride int) {
	var row [MaxGroups * Lanes]float64
	k := 0
	for u := range len(tree) - 1 {
		for range tree[u+1] - tree[u] {
			expandGo(row[:], parent[u*lanes:], v, []int32{0, 1}, leaf[k:], lanes, stride)
			first := start[k] - start[0]
			rowDotsGo(out[first:], row[:], q, start[k:k+2], at[first:], lanes)
			k++
		}
	}
}

func treeSumsGo(gParent, gV, parent, v []float64, tree, leaf []int32, q, s []float64, start, at []int32, lanes, stride int) {
	var g [MaxGroups * Lanes]float64
	k := 0
	for u := range len(tree) - 1 {
		p, sum := parent[u*lanes:][:lanes], gParent[u*lanes:][:lanes]
		clear(sum)
		for range tree[u+1] - tree[u] {
			first := start[k] - start[0]
			rowSumsGo(g[:], q, s[first:], start[k:k+2], at[first:], lanes)
			factor, gFactor := v[int(leaf[k])*stride:][:lanes], gV[int(leaf[k])*stride:][:lanes]
			for r := range sum {
				gFactor[r] = math.FMA(g[r], p[r], gFactor[r])
				sum[r] = math.FMA(g[r], factor[r], sum[r])
			}
			k++
		}
	}
}

func cellDotsGo(out, l, b, c []float64, start, row []int32, cells []uint32, lanes, outer, stride int) {
	x := 0
	for u, i := range row {
		p := l[int(i)*outer:][:lanes]
		for range start[u+1] - start[u] {
			q, w := b[int(cells[x]&0xffff)*stride:][:lanes], c[int(cells[x]>>16)*stride:][:lanes]
			var acc lane
			for r := range acc {
				acc[r] = (p[r] * q[r]) * w[r]
			}
			for r := Lanes; r < lanes; r++ {
				acc[r%Lanes] = math.FMA(p[r]*q[r], w[r], acc[r%Lanes])
			}
			out[x] = total(&acc)
			x++
		}
	}
}

func cellSumsGo(gL, gB, gC, l, b, c, s []float64, start, row []int32, cells []uint32, lanes, outer, stride int) {
	x := 0
	for u, i := range row {
		p, gP := l[int(i)*outer:][:lanes], gL[int(i)*outer:][:lanes]
		var sum [MaxGroups * Lanes]float64
		for range start[u+1] - start[u] {
			j, k := int(cells[x]&0xffff)*stride, int(cells[x]>>16)*stride
			q, w, gQ, gW := b[j:][:lanes], c[k:][:lanes], gB[j:][:lanes], gC[k:][:lanes]
			for r := range p {
				t := s[x] * p[r]
				gQ[r] = math.FMA(t, w[r], gQ[r])
				gW[r] = math.FMA(t, q[r], gW[r])
				sum[r] = math.FMA(s[x]*q[r], w[r], sum[r])
			}
			x++
		}
		for r := range gP {
			gP[r] += sum[r]
		}
	}
}

func sumRowsGo(out, m []float64, rows, n, stride int) {
	copy(out, m[:n])
	for i := 1; i < rows; i++ {
		for k, value := range m[i*stride:][:n] {
			out[k] += value
		}
	}
}

// fma sets acc += x∘y.
func fma(acc, x, y *lane) {
	for r := range acc {
		acc[r] = math.FMA(x[r], y[r], acc[r])
	}
}

func scaled(c float64, y []float64) *lane {
	s := *(*lane)(y)
	for r := range s {
		s[r] *= c
	}
	return &s
}

func total(l *lane) float64 {
	return ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]))
}

func multiplyAddsGo(out *lane, n int) {
	for range 12 * n {
		fma(out, out, out)
	}
}
