package completion

import (
	"math"
	"sync"
	"time"
)

// meter counts work as it is spent, and tells how far a completion is.
type meter struct {
	tell  func(Progress) // nil: nobody listens
	start time.Time

	mutex       sync.Mutex
	work, total float64 // nanoseconds of nominal cost
	after       float64 // part of the total: what comes after the fits
	told        float64 // the largest share that was told
	done        float64 // 1 when everything is done; until then the share is reckoned by the work
	stage       string
	heldOut     float64
	evaluations int
}

func newMeter(tell func(Progress)) *meter { return &meter{tell: tell, start: time.Now()} }

// report tells which stage begins, and the error on held-back cells so far.
func (m *meter) report(stage string, heldOut float64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.stage, m.heldOut = stage, heldOut
	m.say()
}

// reported is what was last reported.
func (m *meter) reported() (stage string, heldOut float64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.stage, m.heldOut
}

// spent counts work that has been done.
func (m *meter) spent(cost float64, evaluations int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.work += cost
	m.evaluations += evaluations
	m.say()
}

// moment is how far a completion was at some time.
type moment struct {
	elapsed float64 // seconds
	work    float64 // nominal, in nanoseconds, that had been done
}

// pace is the time in seconds that a nanosecond of nominal work took.
func (m moment) pace() float64 { return m.elapsed / math.Max(1, m.work) }

func (m *meter) now() moment {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return moment{time.Since(m.start).Seconds(), m.work}
}

// expect says how much work is still to come, as far as is known by now.
func (m *meter) expect(rest float64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.total = m.work + rest + m.after
}

func (m *meter) say() {
	if m.tell == nil {
		return
	}
	done := m.done
	if done == 0 {
		done = math.Min(0.99, m.work/math.Max(1, m.total))
	}
	m.told = math.Max(m.told, done) // more work than was expected is no step back
	m.tell(Progress{Stage: m.stage, Done: m.told, HeldOut: m.heldOut, Elapsed: time.Since(m.start)})
}
