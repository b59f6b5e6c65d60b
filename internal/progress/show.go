package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const (
	patience  = 2 * time.Second        // jobs that end sooner show nothing
	barPeriod = 150 * time.Millisecond // between two pictures of a bar
	barParts  = 1000                   // resolution of a bar
)

// linePeriod is the time between two plain lines.
const linePeriod = 10 * time.Second

// Show shows c under a title until stop is called, starting two seconds from now: as a bar that is
// redrawn and finally erased where terminal is true, as one line every ten seconds elsewhere. stop
// returns after the last output, and may be called more than once.
func Show(w io.Writer, terminal bool, title string, c *Counter) (stop func()) {
	s := &shown{w: w, title: title, counter: c, start: time.Now(), quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		select {
		case <-s.quit:
			return
		case <-time.After(patience):
		}
		if terminal {
			s.bar()
		} else {
			s.lines(linePeriod)
		}
	}()
	return sync.OnceFunc(func() {
		close(s.quit)
		<-s.done
	})
}

type shown struct {
	w          io.Writer
	title      string
	counter    *Counter
	start      time.Time
	quit, done chan struct{}
}

// until calls f now and every period until the job ends.
func (s *shown) until(period time.Duration, f func()) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		f()
		select {
		case <-s.quit:
			return
		case <-tick.C:
		}
	}
}

func (s *shown) bar() {
	bars := mpb.New(mpb.WithOutput(s.w), mpb.WithRefreshRate(barPeriod), mpb.WithAutoRefresh(), mpb.ForceTTY())
	style, width := mpb.BarFillerBuilder(mpb.BarStyle().Lbound("").Rbound("").Filler("━").Tip("━").Padding("─")), 30
	if s.counter.State().share() < 0 {
		style, width = mpb.SpinnerStyle(), 1
	}
	bar := bars.New(barParts, style, mpb.BarWidth(width),
		mpb.PrependDecorators(decor.Name(s.title+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + s.count() })),
		mpb.BarExtender(mpb.BarFillerFunc(s.noteLine), false))
	s.until(barPeriod, func() {
		// The last part is kept back: a bar that is full would stay on the screen.
		bar.SetCurrent(int64(max(s.counter.State().share(), 0) * (barParts - 1)))
	})
	bar.Abort(true)
	bars.Wait()
}

// noteLine writes the note on the line below the bar.
func (s *shown) noteLine(w io.Writer, line decor.Statistics) error {
	note := []rune(s.counter.State().Note)
	if room := max(line.AvailableWidth-1, 0); len(note) > room {
		note = note[:room]
	}
	_, err := io.WriteString(w, string(note)+"\n")
	return err
}

func (s *shown) lines(period time.Duration) {
	s.until(period, func() { fmt.Fprintf(s.w, "%s: %s\n", s.title, s.words()) })
}

// words spells the state on one line.
func (s *shown) words() string {
	if note := s.counter.State().Note; note != "" {
		return s.count() + ", " + note
	}
	return s.count()
}

// count spells the share done, the time used and the time left.
func (s *shown) count() string {
	state, used := s.counter.State(), time.Since(s.start)
	var parts []string
	if share := state.share(); share >= 0 {
		parts = append(parts, fmt.Sprintf("%.0f %%", 100*share))
	}
	parts = append(parts, round(used)+" used")
	if left := state.left(used); left >= 0 {
		parts = append(parts, "about "+round(left)+" left")
	}
	return strings.Join(parts, ", ")
}

func round(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	text := d.Round(time.Minute).String()
	return strings.TrimSuffix(text, "0s")
}
