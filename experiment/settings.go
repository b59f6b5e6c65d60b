package experiment

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"lacuna/flow"
	"lacuna/loss"
	"lacuna/model"
)

// Settings is everything that decides the outcome of one run. Zero values mean the defaults given here; Normalise
// writes them out.
//
// The JSON names make the identity of a run and never change. A setting that has a JSON name is a key of a study's
// specification: of that name, or of the one in the tag key, beside which the JSON name goes on working; Keys lists
// them. A setting that has a row in Flags is a flag of lacuna train.
type Settings struct {
	// Data is "synthetic", "meteo-uk", "ccds" or a file of observed cells. Relative paths start at the
	// specification's directory.
	Data     string `json:"data,omitempty"`
	DataSum  string `json:"data_sum,omitempty" key:"-"`                               // SHA-256 of the file, filled in by a study
	DataSeed uint64 `json:"data_seed,omitempty" zero-in-study:"give seeds from 1 on"` // synthetic: seed of the tensor, default 1
	Shape    string `json:"shape,omitempty"`                                          // synthetic: default "10x10x10x10"
	Rank     int    `json:"rank,omitempty" zero:"give 1 or more"`                     // synthetic: true CP rank, default 5
	Noise    Number `json:"noise,omitempty"`                                          // synthetic: deviation of the noise over that of the tensor

	// Observed is the share of the known cells that are trained on, default 0.2; the rest test.
	Observed Number `json:"observed,omitempty" zero:"give a share above 0"`
	Mask     uint64 `json:"mask,omitempty" zero-in-study:"give seeds from 1 on"` // seed of the choice of observed cells, default 1
	// MaskColumn is a column of the file: a cell is observed iff it is below Observed.
	MaskColumn string `json:"mask_column,omitempty"`
	// Pattern says where observed cells lie: "" or "anywhere" (default, and not written out), or "halves", as
	// dataset.Halves has them, with so many Bridges.
	Pattern string `json:"pattern,omitempty" column:"if set"`
	Bridges int    `json:"bridges,omitempty" column:"if set"`
	// Standardise is "none", "global", "auto" or a mode; default none for synthetic data, else auto.
	Standardise string `json:"standardise,omitempty"`

	Depth    Depths `json:"depth,omitempty"`                        // k for all modes, or one a mode; default 0
	Blocks   int    `json:"blocks,omitempty" zero:"give 1 or more"` // R, default 500
	Balanced bool   `json:"balanced,omitempty"`                     // short for the model "balanced"
	DType    string `json:"dtype,omitempty"`                        // float64 (default, and not written out) or float32
	Model    string `json:"model,omitempty" column:"if set"`        // one of Parametrisations; default by Balanced and DType
	// Bond is the largest size of an index between the factors of a network (model.NetworkConfig); default none.
	Bond   int    `json:"bond,omitempty" column:"if set"`
	Start  string `json:"start,omitempty"`                                // how the first point is drawn, default gaussian
	SigmaW Number `json:"sigma_w,omitempty" zero:"give a number above 0"` // default 0.01
	SigmaA Number `json:"sigma_a,omitempty" zero:"give a number above 0"` // default 0.1
	// SigmaIs says what SigmaW and SigmaA are: "deviation" (default, and not written out) or "variance" of the entries.
	SigmaIs  string `json:"sigma_is,omitempty" column:"if set"`
	Diagonal Number `json:"diagonal,omitempty" zero:"give another number"`       // diagonal start: default 1
	Seed     uint64 `json:"seed,omitempty" zero-in-study:"give seeds from 1 on"` // of the start, default 1

	Loss       string `json:"loss,omitempty"`                                   // default square
	Integrator string `json:"method,omitempty" key:"integrator"`                // a flow.Method, default flow
	Tolerance  Number `json:"tolerance,omitempty" zero:"give a number above 0"` // default 0.01
	Rate       Number `json:"rate,omitempty" zero:"give a number above 0"`      // descents: learning rate, default 0.01
	Threshold  Number `json:"threshold,omitempty" zero:"give a number above 0"` // norm above which a block counts, default 1

	// Of the rules with a rate, as flow.Update has them; 0 means its defaults.
	Momentum      Number `json:"momentum,omitempty" column:"if set" zero:"give a number above 0, or the integrator gd"`
	Beta1         Number `json:"beta1,omitempty" column:"if set" zero:"give a number above 0, such as 1e-12 for next to none"`
	Beta2         Number `json:"beta2,omitempty" column:"if set" zero:"give a number above 0, such as 1e-12 for next to none"`
	Epsilon       Number `json:"epsilon,omitempty" column:"if set" zero:"give a number above 0, such as 1e-300 for next to none"`
	WeightDecay   Number `json:"weight_decay,omitempty" column:"if set"`
	Batch         int    `json:"batch,omitempty" column:"if set"`
	BatchSeed     uint64 `json:"batch_seed,omitempty" column:"if set"` // of batches and label noise
	LabelNoise    Number `json:"label_noise,omitempty" column:"if set"`
	Schedule      string `json:"schedule,omitempty" column:"if set"`
	ScheduleSteps int    `json:"schedule_steps,omitempty" column:"if set"`
	Warmup        int    `json:"warmup,omitempty" column:"if set"`

	// HoldOut is the share of the observed cells that decides when to stop, default 0.
	HoldOut      Number `json:"hold_back,omitempty" key:"hold_out"`
	Patience     int    `json:"patience,omitempty" zero-in-study:"give 1 or more"`                                               // with HoldOut: records without improvement, default 50
	TrainMSE     Number `json:"train_mse,omitempty" zero:"give a number above 0, or a negative one to go on whatever the error"` // stop rule, default 1e-14
	GradientNorm Number `json:"gradient_norm,omitempty"`                                                                         // stop rule, default none
	FlowTime     Number `json:"flow_time,omitempty" zero:"give a number above 0"`                                                // stop rule, default 1e60
	Evaluations  int    `json:"evaluations,omitempty" zero:"give 1 or more"`                                                     // stop rule, default 1e5, for the descents 1e7
	Runaway      Number `json:"runaway,omitempty" zero:"give a number above 0, or a negative one to go on whatever the norm"`    // stop rule: a block's norm over that of the data, default 100

	// Trajectory says what is kept of the way: "none" (default), "blocks" (the blocks that emerged) or "all".
	Trajectory string `json:"trajectory,omitempty"`
	Points     int    `json:"points,omitempty" zero:"give 2 or more"` // records kept of a trajectory, default 300
	// Measure lists what records hold beside, separated by commas: MeasureSharpness, MeasureEnergy.
	Measure     string `json:"measure,omitempty" column:"if set"`
	Eigenvalues int    `json:"eigenvalues,omitempty" column:"if set" zero:"give 1 or more"` // of the Hessian, with MeasureSharpness; default 1

	From    string        `json:"-"`                       // of lacuna train: a file of parameters in place of a drawn start
	Scheme  string        `json:"-"`                       // of the flow integrator; "" means its default
	Every   int           `json:"-" zero:"give 1 or more"` // record every so many steps; 0 means 1, or 100 for the descents
	Wall    time.Duration `json:"-"`                       // stop rule; 0 means none
	Threads int           `json:"-"`                       // of one evaluation, 0 means 1; the result does not depend on it
}

// Where observed cells lie.
const (
	Anywhere = "anywhere"
	Halves   = "halves"
)

// Flag is a flag of lacuna train that sets one setting.
type Flag struct {
	Value   any    // pointer to the setting
	Default any    // string, int, uint64, float64 or bool
	Name    string // on the command line
	Kind    Kind
	Help    string
}

// Kind says where a setting is written down.
type Kind int

// The kinds of flags.
const (
	Always   Kind = iota // described with every run
	Optional             // described where it is not zero
	Stop                 // a stop rule: not part of what a run is; a resumed run takes it anew
)

// Flags lists the settings that have a flag, in the order of the help text.
func (s *Settings) Flags() []Flag {
	return []Flag{
		{&s.Shape, "", "synthetic", Optional, "make the data: a random tensor of this shape, such as 10x10x10x10"},
		{&s.Rank, 5, "true-rank", Optional, "CP rank of the synthetic tensor"},
		{&s.Noise, 0.0, "noise", Optional, "deviation of the noise on the synthetic tensor, over the tensor's own"},
		{&s.DataSeed, uint64(1), "data-seed", Always, "seed of the synthetic tensor and of the choice of observed cells"},
		{&s.Observed, 0.0, "observed", Always, "share of the known cells to train on, the rest being test cells " +
			"(default 0.2 with --synthetic, else 1)"},
		{&s.Standardise, "", "standardise", Always, "none, global, auto, or the name of a mode " +
			"(default none with --synthetic, else auto)"},
		{&s.Loss, loss.Square.Name(), "loss", Always, "loss: " + List(loss.Names())},
		{&s.Blocks, 500, "blocks", Always, "number of blocks R, large on purpose"},
		{&s.Depth, "0", "depth", Always, "matrices in every chain: one number, or one a mode, separated by commas " +
			"(default 0)"},
		{&s.Balanced, false, "balanced", Always, "follow balanced chains collapsed to their vectors; " +
			"any depth costs the same, fractions allowed"},
		{&s.DType, string(model.Float64), "dtype", Always, "type of the numbers: " + List(model.DTypes()) +
			"; float32 to explore"},
		{&s.Model, "", "model", Optional, "parametrisation: " + List(Parametrisations()) +
			" (default by --balanced and --dtype)"},
		{&s.Bond, 0, "bond", Optional, "largest size of an index between the factors of --model " +
			List(model.Networks()) + " (default: full)"},
		{&s.Start, string(model.Gaussian), "start", Always, "start: " + List(model.Starts())},
		{&s.SigmaW, 0.01, "sigma-w", Always, "standard deviation of the entries of the vectors w"},
		{&s.SigmaA, 0.1, "sigma-a", Always, "standard deviation of the entries of the matrices A"},
		{&s.SigmaIs, "", "sigma-is", Optional, "what --sigma-w and --sigma-a are: deviation, variance (default deviation)"},
		{&s.Diagonal, 1.0, "diagonal", Optional, "diagonal of the matrices, for --start diagonal"},
		{&s.Seed, uint64(1), "seed", Always, "seed of the start"},
		{&s.Integrator, string(flow.Implicit), "integrator", Always, "integrator: " + List(flow.Methods())},
		{&s.Scheme, "", "scheme", Optional, "scheme of the flow integrator: " + List(flow.Schemes())},
		{&s.Tolerance, 0.01, "tolerance", Optional, "error of a step, of every factor relative to its norm"},
		{&s.Rate, 0.01, "rate", Optional, "learning rate of the rules that have one"},
		{&s.Momentum, 0.0, "momentum", Optional, "momentum of momentum and nesterov (default 0.9)"},
		{&s.Beta1, 0.0, "beta1", Optional, "decay of the mean gradient of adam and adamw (default 0.9)"},
		{&s.Beta2, 0.0, "beta2", Optional, "decay of the mean square of adam, adamw (default 0.999) and rmsprop (0.99)"},
		{&s.Epsilon, 0.0, "epsilon", Optional, "in the denominator of adam, adamw and rmsprop (default 1e-8)"},
		{&s.WeightDecay, 0.0, "weight-decay", Optional, "pull of every parameter towards 0"},
		{&s.Batch, 0, "batch", Optional, "observed cells a step, in a new order every epoch (default all)"},
		{&s.LabelNoise, 0.0, "label-noise", Optional, "deviation of noise that every step adds anew to the observed values"},
		{&s.BatchSeed, uint64(0), "batch-seed", Optional, "seed of the batches and of the label noise"},
		{&s.Schedule, "", "schedule", Optional, "how the rate falls: " + List(flow.Schedules())},
		{&s.ScheduleSteps, 0, "schedule-steps", Optional, "steps T of the schedule"},
		{&s.Warmup, 0, "warmup", Optional, "steps over which the rate rises from 0"},
		{&s.Threshold, 1.0, "threshold", Always, "norm above which a block counts as emerged"},
		{&s.Every, 0, "every", Optional, "record every so many steps (default 1; 100 for rules with a rate)"},
		{&s.Measure, "", "measure", Optional, "record beside, separated by commas: " + strings.Join(Measures(), ", ")},
		{&s.Eigenvalues, 0, "eigenvalues", Optional, "with --measure sharpness: so many of the largest eigenvalues (default 1)"},
		{&s.TrainMSE, 1e-14, "until-mse", Stop, "stop at this mean squared error on the observed cells"},
		{&s.GradientNorm, 0.0, "until-gradient", Stop, "stop at this norm of the gradient"},
		{&s.FlowTime, 1e60, "until-time", Stop, "stop at this flow time"},
		{&s.Evaluations, 0, "max-evaluations", Stop, "stop after so many gradient evaluations " +
			"(default 100,000; 10 million for rules with a rate)"},
		{&s.Runaway, 1e4, "until-runaway", Stop, "stop when a block's norm, or a singular value, exceeds this times the norm of the data"},
		{&s.HoldOut, 0.1, "hold-out", Optional, "share of the training cells that --patience watches"},
		{&s.Patience, 0, "patience", Optional, "stop when the held-out error has not improved for so many records"},
	}
}

// Zero says what to give in place of 0 for the setting of a flag; "" if 0 is a value of its own, or not what is given.
func (s *Settings) Zero(f Flag) string {
	values := reflect.ValueOf(s).Elem()
	for _, field := range reflect.VisibleFields(values.Type()) {
		if value := values.FieldByIndex(field.Index); value.Addr().Interface() == f.Value && value.IsZero() {
			return field.Tag.Get("zero")
		}
	}
	return ""
}

// List writes names for people, with commas between them.
func List[T ~string](names []T) string { return strings.Join(words(names), ", ") }

func words[T ~string](names []T) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = string(name)
	}
	return out
}

// Key is a setting as a study knows it.
type Key struct {
	Name  string // in a specification
	Saved string // in files and in the identity; a specification may use it, too
	Later bool   // a column of tables only where a run sets it
	Given bool   // a specification may give it
	Zero  string // what to give in place of 0, which is not what it says; "" if it is
	Field reflect.StructField
}

// Keys lists the settings with a JSON name, in the order of Settings.
func Keys() []Key {
	var keys []Key
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		saved, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if saved == "-" {
			continue
		}
		k := Key{Name: saved, Saved: saved, Field: field, Given: true, Later: field.Tag.Get("column") != ""}
		k.Zero = cmp.Or(field.Tag.Get("zero"), field.Tag.Get("zero-in-study"))
		if name := field.Tag.Get("key"); name == "-" {
			k.Given = false
		} else if name != "" {
			k.Name = name
		}
		keys = append(keys, k)
	}
	return keys
}

// Normalise writes the defaults of a run of a study out, so that two settings that mean the same are the same.
func (s *Settings) Normalise() {
	s.Data = cmp.Or(s.Data, "synthetic")
	if s.Data == "synthetic" {
		s.DataSeed = cmp.Or(s.DataSeed, 1)
		s.Shape = cmp.Or(s.Shape, "10x10x10x10")
		s.Rank = cmp.Or(s.Rank, 5)
		s.Standardise = cmp.Or(s.Standardise, "none")
	}
	s.Standardise = cmp.Or(s.Standardise, "auto")
	s.Observed = cmp.Or(s.Observed, 0.2)
	if s.MaskColumn == "" {
		s.Mask = cmp.Or(s.Mask, 1)
	}
	if s.Pattern == Anywhere {
		s.Pattern = ""
	}
	if len(s.Depth) == 0 {
		s.Depth = Depths{0}
	}
	if !s.Network() {
		s.Blocks = cmp.Or(s.Blocks, 500)
	}
	if s.DType == string(model.Float64) {
		s.DType = "" // as in every identity from before there was a choice
	}
	s.ResolveModel()
	if !s.Balanced {
		s.Start = cmp.Or(s.Start, string(model.Gaussian))
	}
	s.SigmaW = cmp.Or(s.SigmaW, 0.01)
	s.SigmaA = cmp.Or(s.SigmaA, 0.1)
	if s.SigmaIs == Deviation {
		s.SigmaIs = ""
	}
	s.Seed = cmp.Or(s.Seed, 1)
	s.Loss = cmp.Or(s.Loss, "square")
	s.Integrator = cmp.Or(s.Integrator, string(flow.Implicit))
	if s.Descends() {
		s.Rate = cmp.Or(s.Rate, 0.01)
	} else {
		s.Tolerance = cmp.Or(s.Tolerance, 0.01)
	}
	s.Threshold = cmp.Or(s.Threshold, 1)
	if s.HoldOut > 0 {
		s.Patience = cmp.Or(s.Patience, 50)
	}
	s.Trajectory = cmp.Or(s.Trajectory, "none")
	if s.Trajectory != "none" {
		s.Points = cmp.Or(s.Points, 300)
	}
}

// ResolveModel says by Balanced and DType what Model says by the name of one of the first parametrisations.
func (s *Settings) ResolveModel() {
	switch s.Model {
	case "balanced":
		s.Balanced, s.Model = true, ""
	case "chains32":
		s.DType, s.Model = string(model.Float32), ""
	case "chains":
		if !s.Balanced && s.DType != string(model.Float32) {
			s.Model = ""
		}
	}
}

// Descends tells whether the integrator is one of the descents, which have a rate and no tolerance.
func (s *Settings) Descends() bool { return flow.Method(s.Integrator).Descends() }

// Check returns an error that names the key if a setting is outside its range.
func (s *Settings) Check() error {
	for i, share := range []Number{s.Observed, s.HoldOut} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("%s = %v is outside 0 … 1", []string{"observed", "hold_out"}[i], share)
		}
	}
	switch {
	case s.Pattern != "" && s.Pattern != Anywhere && s.Pattern != Halves:
		return fmt.Errorf("pattern = %q is unknown, choose %s or %s", s.Pattern, Anywhere, Halves)
	case s.Pattern == Halves && s.MaskColumn != "":
		return fmt.Errorf("pattern = %q beside mask_column, which says already what is observed: leave one out", s.Pattern)
	case s.Bridges < 0 || s.Bridges > 0 && s.Pattern != Halves:
		return fmt.Errorf("bridges = %d: give a number of cells, with pattern = %q", s.Bridges, Halves)
	}
	if key, _, is := s.Negative(); key != "" {
		return fmt.Errorf("%s = %v cannot be negative", key, is)
	}
	if _, err := ParseShape(s.Shape); s.Shape != "" && err != nil {
		return err
	}
	switch model.DType(s.DType) {
	case "", model.Float64:
	case model.Float32:
		if s.Balanced {
			return fmt.Errorf("dtype = %q: balanced chains are float64: leave dtype or balanced out", s.DType)
		}
	default:
		return fmt.Errorf("dtype = %q is unknown, choose float64 or float32", s.DType)
	}
	if err := s.CheckModel(); err != nil {
		return err
	}
	if err := s.CheckNetwork(); err != nil {
		return err
	}
	if _, err := loss.ByName(cmp.Or(s.Loss, loss.Square.Name())); err != nil {
		return err
	}
	for _, named := range []struct {
		key, is string
		all     []string
	}{
		{"integrator", s.Integrator, words(flow.Methods())},
		{"start", s.Start, words(model.Starts())},
		{"schedule", s.Schedule, words(flow.Schedules())},
	} {
		if named.is != "" && !slices.Contains(named.all, named.is) {
			return fmt.Errorf("%s = %q is unknown, choose one of %s", named.key, named.is, strings.Join(named.all, ", "))
		}
	}
	if s.SigmaIs != "" && s.SigmaIs != Deviation && s.SigmaIs != Variance {
		return fmt.Errorf("sigma_is = %q is unknown, choose %s or %s", s.SigmaIs, Deviation, Variance)
	}
	if err := s.CheckMeasure(); err != nil {
		return err
	}
	switch s.Trajectory {
	case "", "none", "blocks", "all":
	default:
		return fmt.Errorf("trajectory = %q is unknown, choose none, blocks or all", s.Trajectory)
	}
	return nil
}

// Negative returns the key and the flag of a number that cannot be negative and is; "" if there is none.
func (s *Settings) Negative() (key, flag string, is Number) {
	for _, count := range []struct {
		key, flag string
		is        Number
	}{
		{"blocks", "blocks", Number(s.Blocks)},
		{"rank", "true-rank", Number(s.Rank)},
		{"noise", "noise", s.Noise},
		{"patience", "patience", Number(s.Patience)},
		{"evaluations", "max-evaluations", Number(s.Evaluations)},
		{"points", "", Number(s.Points)},
		{"eigenvalues", "eigenvalues", Number(s.Eigenvalues)},
		{"flow_time", "until-time", s.FlowTime},
		{"gradient_norm", "until-gradient", s.GradientNorm},
	} {
		if !(count.is >= 0) {
			return count.key, count.flag, count.is
		}
	}
	return "", "", 0
}

// ID identifies a run by its settings: the first 16 hexadecimal digits of the SHA-256 of their canonical JSON. A
// file of data counts by its contents, wherever it lies.
func (s Settings) ID() string {
	s.Normalise()
	if s.DataSum != "" {
		s.Data = ""
	}
	data, err := json.Marshal(s)
	if err != nil {
		panic("experiment: settings always marshal")
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
