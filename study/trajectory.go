package study

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"

	"lacuna/experiment"
	"lacuna/internal/atomicfile"
)

// Point is one record of a trajectory as it is stored.
type Point struct {
	Time        float64   `parquet:"time"` // of the flow
	Evaluations int64     `parquet:"evaluations"`
	TrainLoss   float64   `parquet:"train_loss"`
	TrainMSE    float64   `parquet:"train_mse"`
	TestMSE     float64   `parquet:"test_mse"`
	HeldBackMSE float64   `parquet:"held_back_mse"` // NaN unless cells are held out
	Rank        int64     `parquet:"rank"`
	Norms       []float64 `parquet:"norms,list"`      // of the blocks in the metadata, in their order
	Eigenvalues []float64 `parquet:"eigenvalue,list"` // these three as far as they were measured
	Edge        float64   `parquet:"edge"`
	Energy      []float64 `parquet:"energy,list"`
	Balance     []float64 `parquet:"balance,list"` // this and what follows as experiment.Measurements has it
	StableRank  []float64 `parquet:"stable_rank,list"`
	EntropyRank []float64 `parquet:"entropy_rank,list"`
	NuclearNorm []float64 `parquet:"nuclear_norm,list"`
	Alignment   []float64 `parquet:"alignment,list"`
	Jumps       []float64 `parquet:"jumps,list"`
}

const blocksKey = "lacuna.blocks"

// trajectoryPath is where the trajectory of a run lies in a study's directory.
func trajectoryPath(dir, id string) string {
	return filepath.Join(dir, "trajectories", id+".parquet")
}

// SaveTrajectory writes a trajectory as Parquet: one row a record, the numbers of the blocks in the metadata.
func SaveTrajectory(path string, t *experiment.Trajectory) error {
	points := make([]Point, len(t.Records))
	for k, r := range t.Records {
		points[k] = Point{
			r.Time, int64(r.Evaluations), r.Loss, r.TrainMSE, r.TestMSE, r.HeldOut, int64(r.Rank), r.Deep,
			r.Eigenvalues, r.Edge, r.Energy,
			r.Balance, r.StableRank, r.EntropyRank, r.NuclearNorm, r.Alignment, r.Jumps,
		}
	}
	blocks, err := json.Marshal(t.Blocks)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		metadata := parquet.KeyValueMetadata(blocksKey, string(blocks))
		writer := parquet.NewGenericWriter[Point](w, parquet.Compression(&parquet.Zstd), metadata)
		if _, err := writer.Write(points); err != nil {
			return err
		}
		return writer.Close()
	})
}

// LoadTrajectory reads what SaveTrajectory wrote: of every record what its columns hold.
func LoadTrajectory(path string) (*experiment.Trajectory, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	open, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s is not a trajectory: %w", path, err)
	}
	t := &experiment.Trajectory{}
	text, _ := open.Lookup(blocksKey)
	if err := json.Unmarshal([]byte(text), &t.Blocks); err != nil {
		return nil, fmt.Errorf("%s does not say which blocks it holds", path)
	}
	reader := parquet.NewGenericReader[Point](file)
	defer reader.Close()
	points := make([]Point, reader.NumRows())
	if n, err := reader.Read(points); n < len(points) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, p := range points {
		t.Records = append(t.Records, experiment.Record{
			Time: p.Time, Evaluations: int(p.Evaluations), Loss: p.TrainLoss, TrainMSE: p.TrainMSE, TestMSE: p.TestMSE,
			HeldOut: p.HeldBackMSE, Rank: int(p.Rank), Deep: p.Norms,
			Eigenvalues: some(p.Eigenvalues), Edge: p.Edge, Energy: some(p.Energy),
			Balance: some(p.Balance), StableRank: some(p.StableRank), EntropyRank: some(p.EntropyRank),
			NuclearNorm: some(p.NuclearNorm), Alignment: some(p.Alignment), Jumps: some(p.Jumps),
		})
	}
	return t, nil
}

// some is nil in place of an empty list.
func some(values []float64) []float64 {
	if len(values) == 0 {
		return nil
	}
	return values
}

// removeLeftovers deletes temporary files that a killed process left in a directory.
func removeLeftovers(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, ".") && strings.Contains(name, ".tmp") {
			os.Remove(filepath.Join(dir, name))
		}
	}
}
