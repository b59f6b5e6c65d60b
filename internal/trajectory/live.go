package trajectory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"lacuna/experiment"
)

// Heading describes a run that is under way: the first line of its file.
type Heading struct {
	Title     string  `json:"title"`
	Blocks    int     `json:"blocks"`
	Threshold float64 `json:"threshold"` // norm above which a block has emerged; 0: 1
}

// Live writes a run to a file while it is under way, for others to watch: a JSON line that is a Heading, one a record, and
// at last one that says how it ended. After the first 300 records it takes one when a tenth of a second is over and the run
// has become a hundredth longer, so that the file grows with the logarithm of time.
type Live struct {
	file        *os.File
	lines       int
	start, last time.Time
}

// liveRecord is a record as a line. Its fields are columns that Write has too; null is what was not measured.
type liveRecord struct {
	Steps       int      `json:"steps"`
	Time        finite   `json:"time"`
	Evaluations int      `json:"evaluations"`
	Wall        finite   `json:"wall_seconds"`
	Loss        finite   `json:"loss"`
	TrainMSE    finite   `json:"train_mse"`
	TestMSE     finite   `json:"test_mse"`
	HeldOut     finite   `json:"held_out"`
	Rank        int      `json:"rank"`
	Deep        []finite `json:"deep"`
}

// finite is a number in JSON, which has no NaN and no infinity: these are null, and null is NaN.
type finite float64

func (x finite) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

func (x *finite) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*x = finite(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(x))
}

// NewLive begins the file, which is replaced where it exists, with what has been recorded of the run so far.
func NewLive(path string, h Heading, earlier []experiment.Record) (*Live, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	l := &Live{file: file, start: time.Now()}
	err = l.write(h)
	for k := range earlier {
		if err == nil {
			err = l.write(lineOf(&earlier[k]))
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

// Add writes a record, unless there are many and the last one has just been written.
func (l *Live) Add(r *experiment.Record) error {
	const all, least = 300, 100 * time.Millisecond
	now := time.Now()
	if l.lines > all && now.Sub(l.last) < max(least, now.Sub(l.start)/100) {
		return nil
	}
	l.last = now
	return l.write(lineOf(r))
}

// End writes the last record and why the run stopped, and closes the file.
func (l *Live) End(last *experiment.Record, why string) error {
	return errors.Join(l.write(lineOf(last)), l.write(map[string]string{"ended": why}), l.file.Close())
}

func (l *Live) write(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	l.lines++
	_, err = l.file.Write(append(line, '\n'))
	return err
}

func lineOf(r *experiment.Record) liveRecord {
	line := liveRecord{
		Steps: r.Steps, Time: finite(r.Time), Evaluations: r.Evaluations, Wall: finite(r.Wall), Loss: finite(r.Loss),
		TrainMSE: finite(r.TrainMSE), TestMSE: finite(r.TestMSE), HeldOut: finite(r.HeldOut), Rank: r.Rank,
		Deep: make([]finite, len(r.Deep)),
	}
	for k, norm := range r.Deep {
		line.Deep[k] = finite(norm)
	}
	return line
}

// Watched is what the file of a run holds by now.
type Watched struct {
	Heading
	Path  experiment.Trajectory
	Ended string // why the run stopped; "" while it is under way
}

// ReadLive reads a file that Live writes, as far as its lines are whole. Errors name the file and the line.
func ReadLive(path string) (*Watched, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	w := new(Watched)
	for number, line := range bytes.Split(data[:bytes.LastIndexByte(data, '\n')+1], []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		if number == 0 {
			err = json.Unmarshal(line, &w.Heading)
		} else {
			err = w.add(line)
		}
		if err == nil && w.Blocks < 1 {
			err = errors.New("it does not begin as lacuna train --live begins one")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: this is no file of a run under way: %w", path, number+1, err)
		}
	}
	return w, nil
}

func (w *Watched) add(text []byte) error {
	var line struct {
		liveRecord
		Ended string `json:"ended"`
	}
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	if line.Ended != "" {
		w.Ended = line.Ended
		return nil
	}
	if len(line.Deep) != w.Blocks {
		return fmt.Errorf("norms of %d blocks, of which there are %d", len(line.Deep), w.Blocks)
	}
	r := experiment.Record{
		Steps: line.Steps, Time: float64(line.Time), Evaluations: line.Evaluations, Wall: float64(line.Wall),
		Loss: float64(line.Loss), TrainMSE: float64(line.TrainMSE), TestMSE: float64(line.TestMSE),
		HeldOut: float64(line.HeldOut), Epsilon: math.NaN(), Rank: line.Rank, Deep: make([]float64, w.Blocks),
	}
	for k, norm := range line.Deep {
		r.Deep[k] = float64(norm)
	}
	w.Path.Records = append(w.Path.Records, r)
	return nil
}
