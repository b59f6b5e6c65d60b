package model

import (
	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

// batch evaluates the loss on a few of the observed cells, cell by cell: what cells share is not worth finding out for
// one evaluation.
type batch[T Float] struct {
	cells                 []int32
	labels                []float64
	losses                []float64
	first                 []T
	products              []T // room for a row of every mode and one more, for every thread
	predictAt, gradientAt func(worker, i int)
}

// batchChunk is how many blocks of a row are done at a time: the rows of all modes are then in the first cache.
const batchChunk = 16 * kernel.Lanes

// evaluateBatch sets g = ∂L/∂v of the mean loss over the given cells, and returns that loss. Predictions stay those of
// the last evaluation of all cells. Sums have one order, whatever the number of threads.
func (o *ObjectiveOf[T]) evaluateBatch(cells []int32, labels []float64) float64 {
	if o.batch == nil {
		o.batch = &batch[T]{predictAt: o.batchPredict, gradientAt: o.batchGradient}
		o.batch.products = make([]T, o.threads*(len(o.shape)+1)*max(o.padded, batchChunk))
	}
	b := o.batch
	b.cells, b.labels = cells, labels
	b.losses, b.first = resize(b.losses, len(cells)), resize(b.first, len(cells))
	parallel.Workers(o.threads, len(cells), b.predictAt)
	parallel.Workers(o.threads, (o.padded+batchChunk-1)/batchChunk, b.gradientAt)
	var sum float64
	for _, value := range b.losses {
		sum += value
	}
	return sum / float64(len(cells))
}

// room is a thread's i-th row of n numbers.
func (b *batch[T]) room(worker, threads, i, n int) []T {
	each := len(b.products) / threads
	return b.products[worker*each+i*n:][:n]
}

// row is what the blocks from one to another have in mode n of an observed cell.
func (o *ObjectiveOf[T]) row(of [][]T, n int, c int32, from, to int) []T {
	at := int(o.observed.Index[n][c]) * o.padded
	return of[n][at+from : at+to]
}

// batchPredict sets loss and derivative of the i-th cell.
func (o *ObjectiveOf[T]) batchPredict(worker, i int) {
	b, c, last, n := o.batch, o.batch.cells[i], len(o.shape)-1, o.padded/kernel.Lanes
	product := o.row(o.v, 0, c, 0, o.padded)
	for m := 1; m < last; m++ {
		next := b.room(worker, o.threads, 0, o.padded)
		kernel.Multiply(next, product, o.row(o.v, m, c, 0, o.padded), n)
		product = next
	}
	var sums [kernel.Lanes]T
	if last > 0 {
		kernel.Dot(&sums, product, o.row(o.v, last, c, 0, o.padded), n)
	} else {
		for r, value := range product {
			sums[r%kernel.Lanes] += value
		}
	}
	var prediction T
	for _, value := range sums {
		prediction += value
	}
	target := o.observed.Values[c]
	if b.labels != nil {
		target = b.labels[i]
	}
	value, first, _ := o.loss.At(float64(prediction), target)
	b.losses[i], b.first[i] = value, T(first/float64(len(b.cells)))
}

// batchGradient sets g of one chunk of blocks.
func (o *ObjectiveOf[T]) batchGradient(worker, chunk int) {
	b, from, to, order := o.batch, chunk*batchChunk, min((chunk+1)*batchChunk, o.padded), len(o.shape)
	n := (to - from) / kernel.Lanes
	for m, d := range o.shape {
		for row := range d {
			clear(o.g[m][row*o.padded+from:][:to-from])
		}
	}
	room := func(m int) []T { return b.room(worker, o.threads, m, to-from) }
	var scale [kernel.Lanes]T
	for i, c := range b.cells {
		all(&scale, b.first[i])
		v := func(m int) []T { return o.row(o.v, m, c, from, to) }
		add := func(m int, others []T) { kernel.Axpy(o.row(o.g, m, c, from, to), &scale, others, n) }
		if order == 1 {
			for r := range room(0) {
				room(0)[r] = 1
			}
			add(0, room(0))
			continue
		}
		behind := func(m int) []T { // product of the modes behind m
			if m == order-2 {
				return v(order - 1)
			}
			return room(m)
		}
		for m := order - 3; m >= 0; m-- {
			kernel.Multiply(room(m), behind(m+1), v(m+1), n)
		}
		add(0, behind(0))
		before := v(0) // product of the modes before m
		for m := 1; m < order-1; m++ {
			kernel.Multiply(room(order-1), before, behind(m), n)
			add(m, room(order-1))
			kernel.Multiply(room(order), before, v(m), n)
			before = room(order)
		}
		add(order-1, before)
	}
}
