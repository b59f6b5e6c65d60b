package study

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"lacuna/flow"
	"lacuna/model"
)

// Settings is everything that decides the outcome of one run. In a specification every key may be a list, and
// lists mean a grid. Zero values mean the defaults given here; Normalise writes them out.
type Settings struct {
	// Data is "synthetic", "meteo-uk", "ccds" or a file of observed cells. Relative paths start at the
	// specification's directory.
	Data     string `json:"data,omitempty"`
	DataSum  string `json:"data_sum,omitempty"`  // SHA-256 of the file, filled in by Parse
	DataSeed uint64 `json:"data_seed,omitempty"` // synthetic: seed of the tensor, default 1
	Shape    string `json:"shape,omitempty"`     // synthetic: default "10x10x10x10"
	Rank     int    `json:"rank,omitempty"`      // synthetic: true CP rank, default 5
	Noise    Number `json:"noise,omitempty"`     // synthetic: deviation of the noise over the deviation of the tensor

	Observed    Number `json:"observed,omitempty"`    // share of the known cells that are trained on, default 0.2; the rest test
	Mask        uint64 `json:"mask,omitempty"`        // seed of the choice of observed cells, default 1
	MaskColumn  string `json:"mask_column,omitempty"` // a column of the file: a cell is observed iff it is below Observed
	Standardise string `json:"standardise,omitempty"` // "none", "global", "auto" or a mode; default none for synthetic data, else auto

	Depth    Depths `json:"depth,omitempty"`    // k for all modes, or one a mode; default 0
	Blocks   int    `json:"blocks,omitempty"`   // R, default 500
	Balanced bool   `json:"balanced,omitempty"` // collapsed balanced chains: a balanced rank-one start at the cost of depth 0
	DType    string `json:"dtype,omitempty"`    // type of the numbers, float64 (default, and not written out) or float32
	Start    string `json:"start,omitempty"`    // how the first point is drawn, default gaussian
	SigmaW   Number `json:"sigma_w,omitempty"`  // default 0.01
	SigmaA   Number `json:"sigma_a,omitempty"`  // default 0.1
	Diagonal Number `json:"diagonal,omitempty"` // diagonal start: default 1
	Seed     uint64 `json:"seed,omitempty"`     // of the start, default 1

	Loss      string `json:"loss,omitempty"`      // default square
	Method    string `json:"method,omitempty"`    // integrator, default flow
	Tolerance Number `json:"tolerance,omitempty"` // default 0.01
	Rate      Number `json:"rate,omitempty"`      // descents: learning rate, default 0.01
	Threshold Number `json:"threshold,omitempty"` // norm above which a block counts, default 1

	HoldBack     Number `json:"hold_back,omitempty"`     // share of the observed cells that decides when to stop, default 0
	Patience     int    `json:"patience,omitempty"`      // with HoldBack: records without improvement before stopping, default 50
	TrainMSE     Number `json:"train_mse,omitempty"`     // stop rule, default 1e-14
	GradientNorm Number `json:"gradient_norm,omitempty"` // stop rule, default none
	FlowTime     Number `json:"flow_time,omitempty"`     // stop rule, default 1e60
	Evaluations  int    `json:"evaluations,omitempty"`   // stop rule, default 1e5, for the descents 1e7
	Runaway      Number `json:"runaway,omitempty"`       // stop rule: a block's norm over that of the data, default 1e4

	// Trajectory says what is kept of the way: "none" (default), "blocks" (the blocks that emerged) or "all".
	Trajectory string `json:"trajectory,omitempty"`
	Points     int    `json:"points,omitempty"` // records kept of a trajectory, default 300
}

// Number is a float64 that can be saved as JSON whatever its value: NaN as null, infinities as strings.
type Number float64

// MarshalJSON implements json.Marshaler.
func (x Number) MarshalJSON() ([]byte, error) {
	switch f := float64(x); {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-inf"`), nil
	default:
		return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (x *Number) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "null" {
		text = "nan"
	}
	f, err := strconv.ParseFloat(text, 64)
	*x = Number(f)
	return err
}

func (x Number) String() string { return strconv.FormatFloat(float64(x), 'g', -1, 64) }

// Depths is a depth for all modes, or one for every mode. Only balanced chains may have fractional depths.
type Depths []float64

// Uniform returns the one depth of all modes, and whether there is one.
func (d Depths) Uniform() (k float64, ok bool) {
	if len(d) == 0 {
		return 0, true
	}
	for _, k := range d {
		if k != d[0] {
			return 0, false
		}
	}
	return d[0], true
}

func (d Depths) String() string {
	var words []string
	for _, k := range d {
		words = append(words, strconv.FormatFloat(k, 'g', -1, 64))
	}
	return strings.Join(words, ",")
}

func (d Depths) ints() ([]int, error) {
	whole := make([]int, len(d))
	for n, k := range d {
		whole[n] = int(k)
		if float64(whole[n]) != k || k < 0 {
			return nil, fmt.Errorf("study: depth %v is not a whole number ≥ 0: fractional depths need balanced = true", k)
		}
	}
	return whole, nil
}

// Normalise writes the defaults out, so that two settings that mean the same are the same.
func (s *Settings) Normalise() {
	or(&s.Data, "synthetic")
	if s.Data == "synthetic" {
		or(&s.DataSeed, 1)
		or(&s.Shape, "10x10x10x10")
		or(&s.Rank, 5)
		or(&s.Standardise, "none")
	}
	or(&s.Standardise, "auto")
	or(&s.Observed, 0.2)
	if s.MaskColumn == "" {
		or(&s.Mask, 1)
	}
	if len(s.Depth) == 0 {
		s.Depth = Depths{0}
	}
	or(&s.Blocks, 500)
	if s.DType == string(model.Float64) {
		s.DType = "" // as in every identity from before there was a choice
	}
	if !s.Balanced {
		or(&s.Start, string(model.Gaussian))
	}
	or(&s.SigmaW, 0.01)
	or(&s.SigmaA, 0.1)
	or(&s.Seed, 1)
	or(&s.Loss, "square")
	or(&s.Method, string(flow.Implicit))
	if s.descends() {
		or(&s.Rate, 0.01)
	} else {
		or(&s.Tolerance, 0.01)
	}
	or(&s.Threshold, 1)
	if s.HoldBack > 0 {
		or(&s.Patience, 50)
	}
	or(&s.Trajectory, "none")
	if s.Trajectory != "none" {
		or(&s.Points, 300)
	}
}

func (s *Settings) descends() bool {
	return s.Method == string(flow.Descent) || s.Method == string(flow.Normalised)
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Check returns an error that names the key if a setting is outside its range.
func (s *Settings) Check() error {
	share := func(key string, x Number) error {
		if !(x >= 0 && x <= 1) {
			return fmt.Errorf("%s = %v is outside 0 … 1", key, x)
		}
		return nil
	}
	if err := share("observed", s.Observed); err != nil {
		return err
	}
	if err := share("hold_back", s.HoldBack); err != nil {
		return err
	}
	if s.Blocks < 0 || s.Rank < 0 || s.Patience < 0 || s.Evaluations < 0 || s.Points < 0 {
		return fmt.Errorf("blocks, rank, patience, evaluations and points cannot be negative")
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
	switch s.Trajectory {
	case "", "none", "blocks", "all":
	default:
		return fmt.Errorf("trajectory = %q is unknown, choose none, blocks or all", s.Trajectory)
	}
	return nil
}

// ParseShape reads sizes such as 10x16x5.
func ParseShape(text string) ([]int, error) {
	var shape []int
	for _, word := range strings.Split(text, "x") {
		d, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || d < 1 {
			return nil, fmt.Errorf("shape = %q is not a list of sizes such as \"10x10x10\"", text)
		}
		shape = append(shape, d)
	}
	if len(shape) < 2 {
		return nil, fmt.Errorf("shape = %q has one mode, at least 2 are needed", text)
	}
	return shape, nil
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
		panic("study: settings always marshal")
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
