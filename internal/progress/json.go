package progress

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// jsonPeriod is the time between two looks at a counter that is told in JSON.
const jsonPeriod = 100 * time.Millisecond

// update is a line of ShowJSON.
type update struct {
	Event   string   `json:"event"` // always "progress"
	Title   string   `json:"title"`
	Done    *float64 `json:"done"` // share in [0, 1]; null where the whole is not known
	Note    string   `json:"note,omitempty"`
	Seconds float64  `json:"seconds"` // used
	Left    *float64 `json:"left"`    // seconds to the end, estimated; null where there is no telling
}

// ShowJSON writes c as one JSON object a line, at once and whenever it has changed, at most ten times a second, until
// stop is called. The last line holds the last state. stop may be called more than once.
func ShowJSON(w io.Writer, title string, c *Counter) (stop func()) {
	s := &shown{w: w, title: title, counter: c, start: time.Now(), quit: make(chan struct{}), done: make(chan struct{})}
	tell := s.teller()
	go func() {
		defer close(s.done)
		s.until(jsonPeriod, tell)
	}()
	return sync.OnceFunc(func() {
		close(s.quit)
		<-s.done
		tell()
	})
}

// teller returns a function that writes the state where it is another than the last one.
func (s *shown) teller() func() {
	var last State
	told := false
	return func() {
		state, used := s.counter.State(), time.Since(s.start)
		if told && state == last {
			return
		}
		last, told = state, true
		u := update{Event: "progress", Title: s.title, Note: state.Note, Seconds: used.Seconds()}
		if share := state.share(); share >= 0 {
			u.Done = &share
		}
		if left := state.left(used); left >= 0 {
			seconds := left.Seconds()
			u.Left = &seconds
		}
		line, err := json.Marshal(u)
		if err != nil {
			return // no number here can be one that JSON has no place for
		}
		s.w.Write(append(line, '\n'))
	}
}
