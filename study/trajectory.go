package study

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"

	"lacuna/internal/atomicfile"
)

// Trajectory is the way of one run.
type Trajectory struct {
	Blocks []int // the blocks whose norms are kept
	Points []Point
}

// Point is one record of a trajectory.
type Point struct {
	Time        float64   `parquet:"time"` // of the flow
	Evaluations int64     `parquet:"evaluations"`
	TrainLoss   float64   `parquet:"train_loss"`
	TrainMSE    float64   `parquet:"train_mse"`
	TestMSE     float64   `parquet:"test_mse"`
	HeldBackMSE float64   `parquet:"held_back_mse"` // NaN unless cells are held back
	Rank        int64     `parquet:"rank"`
	Norms       []float64 `parquet:"norms,list"` // of Trajectory.Blocks, in their order
}

const blocksKey = "lacuna.blocks"

// trajectoryPath is where the trajectory of a run lies in a study's directory.
func trajectoryPath(dir, id string) string {
	return filepath.Join(dir, "trajectories", id+".parquet")
}

// SaveTrajectory writes a trajectory as Parquet: one row a record, the numbers of the blocks in the metadata.
func SaveTrajectory(path string, t *Trajectory) error {
	blocks, err := json.Marshal(t.Blocks)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		writer := parquet.NewGenericWriter[Point](w, parquet.Compression(&parquet.Zstd), parquet.KeyValueMetadata(blocksKey, string(blocks)))
		if _, err := writer.Write(t.Points); err != nil {
			return err
		}
		return writer.Close()
	})
}

// LoadTrajectory reads what SaveTrajectory wrote.
func LoadTrajectory(path string) (*Trajectory, error) {
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
	t := &Trajectory{}
	text, _ := open.Lookup(blocksKey)
	if err := json.Unmarshal([]byte(text), &t.Blocks); err != nil {
		return nil, fmt.Errorf("%s does not say which blocks it holds", path)
	}
	reader := parquet.NewGenericReader[Point](file)
	defer reader.Close()
	t.Points = make([]Point, reader.NumRows())
	if n, err := reader.Read(t.Points); n < len(t.Points) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Norms returns the norms block by block: Norms()[i] belongs to Blocks[i] and has one entry a record.
func (t *Trajectory) Norms() [][]float64 {
	norms := make([][]float64, len(t.Blocks))
	for i := range norms {
		norms[i] = make([]float64, len(t.Points))
		for k, p := range t.Points {
			norms[i][k] = p.Norms[i]
		}
	}
	return norms
}

// Column returns one quantity at every record.
func (t *Trajectory) Column(of func(Point) float64) []float64 {
	column := make([]float64, len(t.Points))
	for k, p := range t.Points {
		column[k] = of(p)
	}
	return column
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
