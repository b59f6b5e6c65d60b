package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"lacuna/figure"
	"lacuna/internal/page"
	"lacuna/internal/summary"
	"lacuna/internal/trajectory"
	"lacuna/study"
)

// shownRun is a run under way as the page shows it.
type shownRun struct {
	Title string      `json:"title"`
	Rank  string      `json:"rank"`  // in words, which change when the rank does
	Words string      `json:"words"` // where the run is
	Ended string      `json:"ended"` // why it stopped; "" while it is under way
	Plots []page.HTML `json:"plots"` // SVG
}

// watcher reads the file of a run again when it has grown.
type watcher struct {
	path string

	mutex   sync.Mutex
	size    int64
	changed time.Time
	shown   *shownRun
}

func (w *watcher) tell(out http.ResponseWriter, _ *http.Request) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if err := w.read(); err != nil {
		http.Error(out, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	out.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(out).Encode(w.shown)
}

func (w *watcher) read() error {
	now, err := os.Stat(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		w.shown = &shownRun{Words: "Waiting for " + w.path + ", which lacuna train --live writes."}
		return nil
	}
	if err != nil {
		return err
	}
	if w.shown != nil && now.Size() == w.size && now.ModTime().Equal(w.changed) {
		return nil
	}
	run, err := trajectory.ReadLive(w.path)
	if err != nil {
		return err
	}
	w.size, w.changed, w.shown = now.Size(), now.ModTime(), show(run)
	return nil
}

func show(run *trajectory.Watched) *shownRun {
	s := &shownRun{Title: run.Title, Ended: run.Ended, Words: "The run is about to begin."}
	if len(run.Path.Records) == 0 {
		return s
	}
	last := run.Path.Last()
	s.Rank = fmt.Sprintf("Effective rank %d of %s.", last.Rank, summary.Count(run.Blocks, "block"))
	s.Words = fmt.Sprintf("%s, flow time %s, mean squared error %s", summary.Count(last.Evaluations, "gradient evaluation"),
		summary.Short(last.Time), summary.Short(last.TrainMSE))
	for _, further := range []struct {
		name  string
		value float64
	}{{"on test cells", last.TestMSE}, {"on held-out cells", last.HeldOut}} {
		if further.value == further.value {
			s.Words += fmt.Sprintf(", %s %s", summary.Short(further.value), further.name)
		}
	}
	s.Words += fmt.Sprintf(", %s s.", summary.Short(last.Wall))
	for _, overTime := range []bool{false, true} {
		panel := study.Norms(&run.Path, run.Threshold, overTime)
		if last.TestMSE != last.TestMSE {
			panel.TestLoss = nil
		}
		s.Plots = append(s.Plots, page.HTML(figure.InlineSVG(figure.BlockNorms("", panel))))
	}
	return s
}
