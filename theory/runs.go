package theory

import (
	"context"
	"sync"

	"lacuna/internal/parallel"
)

// eachRun does count runs, so many at a time, and tells progress (may be nil) after every one, a call at a time. It returns
// ctx's error when that ends before all are done, and else the first error in the order of the runs.
func eachRun(
	ctx context.Context, threads, count int, progress func(done, total float64), do func(i int) error,
) error {
	errs := make([]error, count)
	var mu sync.Mutex
	done := 0
	parallel.For(threads, count, func(i int) {
		if ctx.Err() != nil {
			return
		}
		errs[i] = do(i)
		mu.Lock()
		defer mu.Unlock()
		if done++; progress != nil {
			progress(float64(done), float64(count))
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
