// Package progress counts the finished parts of a long job, and shows the count.
//
// A Counter is data: the job that adds to it does not know whether anybody looks. Show puts a counter
// on a terminal as a bar, and elsewhere as a plain line now and then.
package progress

import (
	"sync"
	"time"
)

// Counter holds how much of a job is done. It is safe for concurrent use; its zero value is a job of unknown length.
type Counter struct {
	mu    sync.Mutex
	state State
}

// State is what a Counter held at one moment.
type State struct {
	Done, Total float64 // parts finished, of how many; Total 0: not known
	Note        string  // a few words about the state of the job, such as the best result so far
}

// Set says how much is done of how much.
func (c *Counter) Set(done, total float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Done, c.state.Total = done, total
}

// Note replaces the words shown beside the count.
func (c *Counter) Note(note string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Note = note
}

// State returns the present count.
func (c *Counter) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// share is the finished part of the job in [0, 1], or −1 where the total is not known.
func (s State) share() float64 {
	if s.Total <= 0 {
		return -1
	}
	return min(max(s.Done/s.Total, 0), 1)
}

// left estimates the time to the end from the time used so far, or returns −1 where there is no telling.
func (s State) left(used time.Duration) time.Duration {
	share := s.share()
	if share <= 0 {
		return -1
	}
	return time.Duration(float64(used) * (1 - share) / share)
}
