// Package parallel runs independent pieces of one computation on several threads.
package parallel

import (
	"sync"
	"sync/atomic"
)

// Workers calls body(worker, i) once for every i in [0, n), on at most threads goroutines, numbered from 0: what
// body keeps in scratch memory of worker is its own. Otherwise it is as For.
func Workers(threads, n int, body func(worker, i int)) {
	threads = min(threads, n)
	if threads <= 1 {
		for i := range n {
			body(0, i)
		}
		return
	}
	var next, workers atomic.Int64
	work := func() {
		worker := int(workers.Add(1)) - 1
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			body(worker, i)
		}
	}
	var group sync.WaitGroup
	for range threads - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}

// For calls body(i) once for every i in [0, n), on at most threads goroutines. Which goroutine takes
// which i is not determined, so body must write only what belongs to i; then the result does not
// depend on threads. One thread, or one piece, runs on the caller's goroutine.
func For(threads, n int, body func(i int)) {
	if threads > n {
		threads = n
	}
	if threads <= 1 {
		for i := range n {
			body(i)
		}
		return
	}
	var next atomic.Int64
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			body(i)
		}
	}
	var group sync.WaitGroup
	for range threads - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}
