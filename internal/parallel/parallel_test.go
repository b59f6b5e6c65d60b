package parallel

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestEveryPieceOnce(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 3, 8} {
		for _, n := range []int{0, 1, 2, 7, 1000} {
			times := make([]atomic.Int32, n)
			For(threads, n, func(i int) { times[i].Add(1) })
			Workers(threads, n, func(worker, i int) {
				if worker < 0 || worker >= max(threads, 1) {
					t.Errorf("worker %d of %d threads", worker, threads)
				}
				times[i].Add(1)
			})
			for i := range times {
				if got := times[i].Load(); got != 2 {
					t.Errorf("%d threads: piece %d of %d ran %d times in two calls", threads, i, n, got)
				}
			}
		}
	}
}

func TestScratchBelongsToOneWorker(t *testing.T) {
	const threads, n = 4, 5000
	busy := make([]atomic.Bool, threads)
	Workers(threads, n, func(worker, _ int) {
		if !busy[worker].CompareAndSwap(false, true) {
			t.Errorf("worker %d runs twice at once", worker)
		}
		runtime.Gosched()
		busy[worker].Store(false)
	})
}

// Calls from many goroutines, nested and with pauses in which the helpers fall asleep.
func TestCallsAtOnce(t *testing.T) {
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for round := range 60 {
				var sum atomic.Int64
				For(1+round%4, 5, func(i int) {
					For(2, 3, func(j int) { sum.Add(int64(10*i + j)) })
				})
				if got := sum.Load(); got != 315 {
					t.Errorf("nested pieces sum to %d, want 315", got)
				}
				if round%20 == g {
					time.Sleep(2 * patience)
				}
			}
		})
	}
	group.Wait()
}

func TestAllocatesNothing(t *testing.T) {
	body := func(int) {}
	For(2, 10, body)
	if n := testing.AllocsPerRun(100, func() { For(2, 10, body) }); n >= 1 {
		t.Errorf("%v allocations in a call", n)
	}
}

func BenchmarkFor(b *testing.B) {
	body := func(int) {}
	for b.Loop() {
		For(2, 2, body)
	}
}

func TestEach(t *testing.T) {
	second, fourth := errors.New("second"), errors.New("fourth")
	for _, threads := range []int{1, 3} {
		for _, c := range []struct {
			errs map[int]error
			want error
		}{{nil, nil}, {map[int]error{1: second, 3: fourth}, second}} {
			ended := map[int]bool{}
			err := Each(t.Context(), threads, 6, func(i int) error { return c.errs[i] }, func(done, i int) {
				if ended[i] = true; done != len(ended) { // a call at a time: -race would tell
					t.Errorf("%d threads: %d ended, want %d", threads, done, len(ended))
				}
			})
			if !errors.Is(err, c.want) {
				t.Errorf("%d threads: error %v, want %v", threads, err, c.want)
			}
			if len(ended) != 6-len(c.errs) || ended[1] && c.errs != nil {
				t.Errorf("%d threads: %v ended", threads, ended)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := Each(ctx, 1, 6, func(i int) error {
			calls++
			cancel()
			return nil
		}, nil)
		if !errors.Is(err, context.Canceled) || calls != 1 {
			t.Errorf("%v after %d calls, want one, and the context's error", err, calls)
		}
	}
}
