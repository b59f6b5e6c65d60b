// Package parallel runs independent pieces of one computation on several threads.
//
// Pieces may be as short as some microseconds, so the goroutines that help are kept: between two calls a helper looks
// out for work for a while before it sleeps. A call never waits for a helper that has not begun.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// For calls body(i) once for every i in [0, n), on at most threads goroutines, and on no more than GOMAXPROCS. Which
// goroutine takes which i is not determined, so body must write only what belongs to i; then the result does not
// depend on threads. One thread, or one piece, runs on the caller's goroutine.
func For(threads, n int, body func(i int)) {
	if threads = limit(threads, n); threads > 1 {
		run(threads, n, body, nil)
		return
	}
	for i := range n {
		body(i)
	}
}

// Workers calls body(worker, i) once for every i in [0, n), on at most threads goroutines, numbered from 0: what
// body keeps in scratch memory of worker is its own. Otherwise it is as For.
//
// A goroutine begins with its part of the range, the worker-th of threads, and helps with the others' when that is
// done. So what one call has written is mostly read, in the next, by the processor that has it in its cache.
func Workers(threads, n int, body func(worker, i int)) {
	if threads = limit(threads, n); threads > 1 {
		run(threads, n, nil, body)
		return
	}
	for i := range n {
		body(0, i)
	}
}

func limit(threads, n int) int {
	if threads = min(threads, n); threads > 1 {
		threads = min(threads, runtime.GOMAXPROCS(0))
	}
	return threads
}

// call is one For or Workers.
type call struct {
	each    func(i int)
	body    func(worker, i int)
	parts   []part        // of the range, one a goroutine
	pending atomic.Int64  // goroutines that have not ended, the caller included
	done    chan struct{} // the last helper to end sends here, if the caller has ended before it
	helpers []*helper
}

// part is a piece of the range; the padding keeps parts out of each other's cache lines.
type part struct {
	next atomic.Int64
	end  int64
	_    [48]byte
}

var calls = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

func run(threads, n int, each func(i int), body func(worker, i int)) {
	c := calls.Get().(*call)
	c.each, c.body = each, body
	if cap(c.parts) < threads {
		c.parts = make([]part, threads)
	}
	c.parts = c.parts[:threads]
	for w := range c.parts {
		c.parts[w].next.Store(int64(w * n / threads))
		c.parts[w].end = int64((w + 1) * n / threads)
	}
	c.pending.Store(int64(threads))
	c.helpers = hire(c.helpers[:0], threads-1)
	for w, h := range c.helpers {
		h.worker = w + 1
		h.give(c)
	}
	c.work(0)
	ended := int64(1)
	for _, h := range c.helpers {
		if h.job.CompareAndSwap(c, nil) { // it has not begun
			dismiss(h)
			ended++
		}
	}
	if c.pending.Add(-ended) > 0 {
		for begin := time.Now(); c.pending.Load() > 0 && time.Since(begin) < patience; {
			runtime.Gosched()
		}
		<-c.done
	}
	c.each, c.body = nil, nil
	calls.Put(c)
}

func (c *call) work(worker int) {
	for k := range c.parts {
		p := &c.parts[(worker+k)%len(c.parts)]
		for i := p.next.Add(1) - 1; i < p.end; i = p.next.Add(1) - 1 {
			if c.each != nil {
				c.each(int(i))
			} else {
				c.body(worker, int(i))
			}
		}
	}
}

// patience is how long a goroutine looks out before it sleeps: longer than the serial pieces between the parallel
// ones of a gradient.
const patience = 100 * time.Microsecond

// helper is a goroutine that waits for calls.
type helper struct {
	job    atomic.Pointer[call]
	worker int // in the job; set before it is given
	asleep atomic.Bool
	wake   chan struct{}
}

var idle struct {
	sync.Mutex
	helpers []*helper
}

// hire appends n helpers that nobody else has.
func hire(helpers []*helper, n int) []*helper {
	idle.Lock()
	for len(idle.helpers) > 0 && n > 0 {
		last := len(idle.helpers) - 1
		helpers = append(helpers, idle.helpers[last])
		idle.helpers = idle.helpers[:last]
		n--
	}
	idle.Unlock()
	for range n {
		h := &helper{wake: make(chan struct{}, 1)}
		go h.live()
		helpers = append(helpers, h)
	}
	return helpers
}

func dismiss(h *helper) {
	idle.Lock()
	idle.helpers = append(idle.helpers, h)
	idle.Unlock()
}

func (h *helper) give(c *call) {
	h.job.Store(c)
	if h.asleep.CompareAndSwap(true, false) {
		h.wake <- struct{}{}
	}
}

func (h *helper) live() {
	for {
		c := h.await()
		c.work(h.worker)
		dismiss(h)
		if c.pending.Add(-1) == 0 {
			c.done <- struct{}{}
		}
	}
}

// take returns the job, unless there is none or the caller has taken it back.
func (h *helper) take() *call {
	if c := h.job.Load(); c != nil && h.job.CompareAndSwap(c, nil) {
		return c
	}
	return nil
}

func (h *helper) await() *call {
	for {
		for begin := time.Now(); time.Since(begin) < patience; runtime.Gosched() {
			if c := h.take(); c != nil {
				return c
			}
		}
		h.asleep.Store(true)
		if c := h.take(); c != nil {
			if !h.asleep.CompareAndSwap(true, false) {
				<-h.wake
			}
			return c
		}
		<-h.wake
	}
}
