package parallel

import (
	"context"
	"sync"
)

// Each calls do(i) once for every i in [0, n), on at most threads goroutines, until ctx ends, and after(done, i), if not
// nil, for every call that gave no error: a call at a time, in the order in which they end, of which done have ended so. It
// returns ctx's error if that has ended, since a call may then have been cut short, and else the first error in the order of i.
func Each(ctx context.Context, threads, n int, do func(i int) error, after func(done, i int)) error {
	errs := make([]error, n)
	var mu sync.Mutex
	done := 0
	For(threads, n, func(i int) {
		if ctx.Err() != nil {
			return
		}
		if errs[i] = do(i); errs[i] != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if done++; after != nil {
			after(done, i)
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
