package kernel

import "math"

type lane = [Lanes]float64

func matVecGo[T Float](out, a, x []T, rows, cols int) {
	for i := range rows {
		acc := (*[Lanes]T)(out[i*Lanes:])
		*acc = [Lanes]T{}
		for j := range cols {
			m, factor := (*[Lanes]T)(a[(i*cols+j)*Lanes:]), (*[Lanes]T)(x[j*Lanes:])
			for r := range acc {
				acc[r] = T(fused(m[r], factor[r], acc[r]))
			}
		}
	}
}

func matTVecGo[T Float](out, a, y []T, rows, cols int) {
	clear(out[:cols*Lanes])
	for i := range rows {
		for j := range cols {
			acc, m, factor := (*[Lanes]T)(out[j*Lanes:]), (*[Lanes]T)(a[(i*cols+j)*Lanes:]), (*[Lanes]T)(y[i*Lanes:])
			for r := range acc {
				acc[r] = T(fused(m[r], factor[r], acc[r]))
			}
		}
	}
}

func dotGo[T Float](out *[Lanes]T, x, y []T, n int) {
	*out = [Lanes]T{}
	for i := range n {
		p, q := (*[Lanes]T)(x[i*Lanes:]), (*[Lanes]T)(y[i*Lanes:])
		for r := range out {
			out[r] = T(fused(p[r], q[r], out[r]))
		}
	}
}

func norms2Go[T Float](out *lane, x []T, n int) {
	*out = lane{}
	for i := range n {
		addSquares(out, (*[Lanes]T)(x[i*Lanes:]))
	}
}

func axpyGo[T Float](y []T, s *[Lanes]T, x []T, n int) {
	for i := range n {
		to, from := (*[Lanes]T)(y[i*Lanes:]), (*[Lanes]T)(x[i*Lanes:])
		for r := range to {
			to[r] = T(fused(s[r], from[r], to[r]))
		}
	}
}

func multiplyGo[T Float](out, x, y []T, n int) {
	for i, p := range x[:n*Lanes] {
		out[i] = p * y[i]
	}
}

func axpyNorm2Go[T Float](y []T, norm2 *lane, s *[Lanes]T, x []T, n int) {
	axpyGo(y, s, x, n)
	norms2Go(norm2, y, n)
}

func negateDotsGo[T Float](y []T, along, norm2 *[Lanes]T, g, x []T, n, stride int) {
	negateLanesGo(y, g, n, Lanes, stride)
	dotGo(along, x, y, n)
	dotGo(norm2, x, x, n)
}

func copyLanesGo[T Float](out, in []T, n, outStride, inStride int) {
	for i := range n {
		*(*[Lanes]T)(out[i*outStride:]) = *(*[Lanes]T)(in[i*inStride:])
	}
}

func negateLanesGo[T Float](out, in []T, n, outStride, inStride int) {
	for i := range n {
		to := (*[Lanes]T)(out[i*outStride:])
		for r, x := range (*[Lanes]T)(in[i*inStride:]) {
			to[r] = 0 - x
		}
	}
}

func addOutersGo[T Float](a []T, norm2 *[Lanes]float64, terms []Outer[T], rows, cols int) {
	*norm2 = lane{}
	for i := range rows {
		var sum lane
		for j := range cols {
			m := (*[Lanes]T)(a[(i*cols+j)*Lanes:])
			for _, t := range terms {
				y, x := (*[Lanes]T)(t.Y[i*Lanes:]), (*[Lanes]T)(t.X[j*Lanes:])
				for r := range m {
					m[r] = T(fused(t.C*y[r], x[r], m[r]))
				}
			}
			addSquares(&sum, m)
		}
		for r := range norm2 {
			norm2[r] += sum[r]
		}
	}
}

func addOuterMatVecGo[T Float](a []T, norm2 *[Lanes]float64, out []T, c T, y, x, z []T, rows, cols, _ int) {
	addOutersGo(a, norm2, []Outer[T]{{c, y, x}}, rows, cols)
	matVecGo(out, a, z, rows, cols)
}

func adamMatVecGo[T Float](theta, m, s, out, y, x, z, by []T, rows, cols, ahead int) {
	decay, keep, first, fresh := by[0], by[Lanes], by[2*Lanes], by[3*Lanes]
	second, square, scale, floor := by[4*Lanes], by[5*Lanes], by[6*Lanes], by[7*Lanes]
	rate, lift := by[8*Lanes], by[9*Lanes]
	for i := range rows {
		left, row := (*[Lanes]T)(y[i*Lanes:]), theta[i*cols*Lanes:][:cols*Lanes]
		means, squares, right := m[i*cols*Lanes:][:len(row)], s[i*cols*Lanes:][:len(row)], x[:len(row)]
		for j, p := range row {
			g := T(decay*p) - T(right[j]*left[j%Lanes])
			raised := T(lift * g)
			mean := T(first*means[j]) + T(fresh*g)
			variance := T(second*squares[j]) + T(square*T(raised*raised))
			means[j], squares[j] = mean, variance
			row[j] = T(keep*p) - T(rate*mean)/T(T(scale*T(math.Sqrt(float64(variance))))+floor)
		}
	}
	matVecGo(out, theta, z, rows, cols)
}

func outersNorm2Go[T Float](norm2 *[Lanes]float64, terms []Outer[T], rows, cols int) {
	*norm2 = lane{}
	for i := range rows {
		for j := range cols {
			var m [Lanes]T
			for _, t := range terms {
				y, x := (*[Lanes]T)(t.Y[i*Lanes:]), (*[Lanes]T)(t.X[j*Lanes:])
				for r := range m {
					m[r] = T(fused(t.C*y[r], x[r], m[r]))
				}
			}
			addSquares(norm2, &m)
		}
	}
}

func addTileGo(c []float64, stride int, x, y *lane) {
	for i, s := range x {
		fusedRow(c[i*stride:][:Lanes], s, y[:])
	}
}

func gemmSubGo(c, a, b []float64, m, n, k, ldc, lda, ldb int) {
	for i := range m {
		row := c[i*ldc:][:n]
		for l := range k {
			fusedRow(row, -a[i*lda+l], b[l*ldb:][:n])
		}
	}
}

func expandGo[T Float](out, parent, v []T, start, at []int32, lanes, stride int) {
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

func foldGo[T Float](gParent, gV, g, parent, v []T, start, at []int32, lanes, stride int) {
	k := 0
	for u := range len(start) - 1 {
		p, sum := parent[u*lanes:][:lanes], gParent[u*lanes:][:lanes]
		clear(sum)
		for range start[u+1] - start[u] {
			row, factor, gFactor := g[k*lanes:][:lanes], v[int(at[k])*stride:][:lanes], gV[int(at[k])*stride:][:lanes]
			for r := range row {
				sum[r] = T(fused(row[r], factor[r], sum[r]))
				gFactor[r] = T(fused(row[r], p[r], gFactor[r]))
			}
			k++
		}
	}
}

func rowDotsGo[T Float](out, p, q []T, start, at []int32, lanes int) {
	k := 0
	for u := range len(start) - 1 {
		x := p[u*lanes:][:lanes]
		for range start[u+1] - start[u] {
			y := q[int(at[k])*lanes:][:lanes]
			var acc [Lanes]T
			for r := range acc {
				acc[r] = x[r] * y[r]
			}
			for r := Lanes; r < lanes; r += Lanes {
				p, q := (*[Lanes]T)(x[r:]), (*[Lanes]T)(y[r:])
				for l := range acc {
					acc[l] = T(fused(p[l], q[l], acc[l]))
				}
			}
			out[k] = total(&acc)
			k++
		}
	}
}

func rowSumsGo[T Float](g, q, s []T, start, at []int32, lanes int) {
	k := 0
	for u := range len(start) - 1 {
		var sums [2][MaxGroups * Lanes]T
		for i := range start[u+1] - start[u] {
			sum, row := sums[i&1][:lanes], q[int(at[k])*lanes:][:lanes]
			for r := range row {
				sum[r] = T(fused(s[k], row[r], sum[r]))
			}
			k++
		}
		row := g[u*lanes:][:lanes]
		for r := range row {
			row[r] = sums[0][r] + sums[1][r]
		}
	}
}

func treeDotsGo[T Float](out, parent, v []T, tree, leaf []int32, q []T, start, at []int32, lanes, stride int) {
	var row [MaxGroups * Lanes]T
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

func treeSumsGo[T Float](
	gParent, gV, parent, v []T, tree, leaf []int32, q, s []T, start, at []int32, lanes, stride int,
) {
	var g [MaxGroups * Lanes]T
	k := 0
	for u := range len(tree) - 1 {
		p, sum := parent[u*lanes:][:lanes], gParent[u*lanes:][:lanes]
		clear(sum)
		for range tree[u+1] - tree[u] {
			first := start[k] - start[0]
			rowSumsGo(g[:], q, s[first:], start[k:k+2], at[first:], lanes)
			factor, gFactor := v[int(leaf[k])*stride:][:lanes], gV[int(leaf[k])*stride:][:lanes]
			for r := range sum {
				gFactor[r] = T(fused(g[r], p[r], gFactor[r]))
				sum[r] = T(fused(g[r], factor[r], sum[r]))
			}
			k++
		}
	}
}

func cellDotsGo[T Float](out, l, b, c []T, start, row []int32, cells []uint32, lanes, outer, stride int) {
	x := 0
	for u, i := range row {
		p := l[int(i)*outer:][:lanes]
		for range start[u+1] - start[u] {
			q, w := b[int(cells[x]&0xffff)*stride:][:lanes], c[int(cells[x]>>16)*stride:][:lanes]
			var acc [Lanes]T
			for r := range acc {
				acc[r] = (p[r] * q[r]) * w[r]
			}
			for r := Lanes; r < lanes; r++ {
				acc[r%Lanes] = T(fused(p[r]*q[r], w[r], acc[r%Lanes]))
			}
			out[x] = total(&acc)
			x++
		}
	}
}

func cellSumsGo[T Float](gL, gB, gC, l, b, c, s []T, start, row []int32, cells []uint32, lanes, outer, stride int) {
	x := 0
	for u, i := range row {
		p, gP := l[int(i)*outer:][:lanes], gL[int(i)*outer:][:lanes]
		var sum [MaxGroups * Lanes]T
		for range start[u+1] - start[u] {
			j, k := int(cells[x]&0xffff)*stride, int(cells[x]>>16)*stride
			q, w, gQ, gW := b[j:][:lanes], c[k:][:lanes], gB[j:][:lanes], gC[k:][:lanes]
			for r := range p {
				t := s[x] * p[r]
				gQ[r] = T(fused(t, w[r], gQ[r]))
				gW[r] = T(fused(t, q[r], gW[r]))
				sum[r] = T(fused(s[x]*q[r], w[r], sum[r]))
			}
			x++
		}
		for r := range gP {
			gP[r] += sum[r]
		}
	}
}

func sumRowsGo[T Float](out, m []T, rows, n, stride int) {
	copy(out, m[:n])
	for i := 1; i < rows; i++ {
		for k, value := range m[i*stride:][:n] {
			out[k] += value
		}
	}
}

// addSquares sets norm2 += x∘x.
func addSquares[T Float](norm2 *lane, x *[Lanes]T) {
	for r, v := range x {
		norm2[r] = fma(float64(v), float64(v), norm2[r])
	}
}

func total[T Float](l *[Lanes]T) T {
	return ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]))
}

func multiplyAddsGo[T Float](out *[Lanes]T, n int) {
	for range 12 * n {
		for r, x := range out {
			out[r] = T(fused(x, x, x))
		}
	}
}

func addGramGo(c, x, y []float64, from, to, k, stride int) { fusedGram(c, x, y, from, to, k, stride) }

func productsGo(out, a, b []float64, i, j []int32, lanes, stride int) {
	for k := range i {
		row, x, y := out[k*stride:][:lanes], a[int(i[k])*stride:][:lanes], b[int(j[k])*stride:][:lanes]
		for r := range row {
			row[r] = x[r] * y[r]
		}
	}
}

func pairDotsGo(out, a, b []float64, i, j []int32, stride int) {
	for k := range i {
		x, y := a[int(i[k])*stride:][:stride], b[int(j[k])*stride:][:stride]
		var acc lane
		for r := range acc {
			acc[r] = x[r] * y[r]
		}
		for r := Lanes; r < stride; r++ {
			acc[r%Lanes] = fma(x[r], y[r], acc[r%Lanes])
		}
		out[k] = total(&acc)
	}
}

func scaleRowsGo(out, in, s []float64, stride int) {
	for k, factor := range s {
		row, x := out[k*stride:][:stride], in[k*stride:][:stride]
		for r := range row {
			row[r] = factor * x[r]
		}
	}
}
