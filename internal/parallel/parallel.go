// Package parallel runs independent pieces of one computation on several threads.
package parallel

import (
	"sync"
	"sync/atomic"
)

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
