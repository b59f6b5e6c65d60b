package study

import (
	"context"
	"time"

	"lacuna/experiment"
	"lacuna/flow"
)

// Settings, Number and Depths are those of a run.
type (
	Settings = experiment.Settings
	Number   = experiment.Number
	Depths   = experiment.Depths
)

// Outcome is what one run came to. It depends on the settings alone, not on time or machine.
type Outcome struct {
	Status       string   `json:"status"`             // why the run stopped
	Descends     bool     `json:"descends,omitempty"` // by a rule with a rate
	TrainLoss    Number   `json:"train_loss"`
	TrainMSE     Number   `json:"train_mse"`
	HeldBackMSE  Number   `json:"held_back_mse"` // NaN unless cells were held out
	TestMSE      Number   `json:"test_mse"`      // plain mean squared error on the cells that are not observed
	RelativeTest Number   `json:"relative_test"` // √(Σ error² / Σ value²) on the same cells
	Rank         int      `json:"rank"`          // blocks with a norm above the threshold
	LargestNorm  Number   `json:"largest_norm"`
	Phantoms     int      `json:"phantoms"` // of those, blocks that hardly lie on the observed cells (experiment.Phantom)
	FlowTime     Number   `json:"flow_time"`
	Steps        int      `json:"steps"`
	Evaluations  int      `json:"evaluations"`
	Emergences   []Number `json:"emergences"` // flow times at which blocks emerged

	// Measured holds what Settings.Measure asked for of experiment.Measurements, by name, as of the record that the outcome is of.
	Measured map[string][]Number `json:"measured,omitempty"`

	// CutOff says that the end of the steps was not the end of the run. Who judges a run sets it.
	CutOff bool `json:"-"`

	Trajectory *experiment.Trajectory `json:"-"` // kept in a file of its own
}

// Censored tells whether what the run would have come to is not known: a block ran away, the loss is no number, no step
// met the tolerance, or the flow had not come to its end within the evaluations. Descent and its kin do as many steps as
// they are given, and that is their end, unless no block has emerged by then or CutOff says otherwise.
func (o Outcome) Censored() bool {
	if o.CutOff {
		return true
	}
	switch flow.Status(o.Status) {
	case flow.Runaway, flow.Diverged, flow.StepTooSmall, flow.WallLimit:
		return true
	case flow.EvaluationLimit:
		return !o.Descends || o.Rank == 0
	}
	return false
}

// Runner does one run on one thread. It returns an error for settings that cannot be run, and ctx's error when it
// was cut short.
type Runner func(ctx context.Context, s Settings) (Outcome, error)

// The states of a run in the ledger.
const (
	Pending = "pending"
	Done    = "done"
	Failed  = "failed"
)

// Run is a row of the ledger.
type Run struct {
	ID       string   `json:"id"`
	Position int      `json:"position"` // in the order of the specification
	Settings Settings `json:"settings"`
	State    string   `json:"state"`            // Pending, Done or Failed
	Reason   string   `json:"reason,omitempty"` // of a failure
	Outcome  Outcome  `json:"outcome"`

	Version  string    `json:"version"` // of the program
	Machine  string    `json:"machine"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
}
