package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

var update = flag.Bool("update", false, "store the fingerprints that the tests find")

// TestFingerprints compares completions and runs, to the last bit, with what is stored: the same on every processor.
func TestFingerprints(t *testing.T) {
	got := map[string]string{}
	for name, o := range map[string]lacuna.Options{
		"gaussian": {},
		"smooth":   {Smooth: []int{0}, Standardise: tensor.StandardiseMode, StandardiseMode: 2},
		"logistic": {Noise: lacuna.NoiseBernoulli},
		"exact":    {Depths: []int{1}},
		"spectra":  {Nonnegative: true},
	} {
		o.Seed, o.Effort, o.Threads = 5, 0.005, 2
		c, err := lacuna.Complete(context.Background(), fingerprintTable(t, name), o)
		if err != nil {
			t.Fatal(err)
		}
		got["complete "+name] = completionSum(c)
	}
	for name, flags := range map[string]string{
		"depth 0":  "--depth 0",
		"depth 2":  "--depth 2",
		"mixed":    "--depth 1,0,2 --loss log-cosh --scheme ros3pw",
		"balanced": "--collapsed --depth 1.5",
		"gd":       "--depth 1 --integrator gd",
		"rk54":     "--depth 1 --integrator rk54 --loss huber",
		"float32":  "--depth 1 --dtype float32",
	} {
		got["train "+name] = runSum(t, strings.Fields(flags))
	}
	file := filepath.Join("testdata", "fingerprints.json")
	if *update {
		text, err := json.MarshalIndent(got, "", "  ")
		if err == nil {
			err = os.WriteFile(file, append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(got) {
		t.Errorf("%d fingerprints are stored instead of %d", len(want), len(got))
	}
	for name, sum := range got {
		if sum != want[name] {
			t.Errorf("%s has other bits than those that are stored", name)
		}
	}
}

// fingerprintTable is a small table of rank 2 with gaps: with noise, without for "exact", zeros and ones for
// "logistic", of factors without negative entries for "spectra".
func fingerprintTable(t *testing.T, kind string) *tensor.Observed {
	t.Helper()
	shape := tensor.Shape{6, 5, 4}
	stream := rng.New(7, "fingerprint")
	factors := make([][]float64, len(shape))
	for n, d := range shape {
		for range 2 * d {
			u := stream.NormFloat64()
			if kind == "spectra" {
				u = math.Abs(u)
			}
			factors[n] = append(factors[n], u)
		}
	}
	index, values := make([][]int32, len(shape)), []float64(nil)
	for k := range 6 * 5 * 4 {
		cell := [3]int{k / 20, k / 4 % 5, k % 4}
		v := 0.0
		for r := range 2 {
			v += float64(factors[0][2*cell[0]+r] * factors[1][2*cell[1]+r] * factors[2][2*cell[2]+r])
		}
		noise := 0.1 * stream.NormFloat64()
		if stream.Float64() < 0.25 {
			continue
		}
		switch kind {
		case "exact":
		case "logistic":
			if v > 0 {
				v = 1
			} else {
				v = 0
			}
		default:
			v += float64(noise)
		}
		values = append(values, v)
		for n, i := range cell {
			index[n] = append(index[n], int32(i))
		}
	}
	o, err := tensor.NewObserved(tensor.NumberedModes(shape), index, values)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// completionSum is the sum of every cell's value and error, of the measured error and of the times of the flow.
func completionSum(c *lacuna.Completion) string {
	var all []float64
	for k := range int32(6 * 5 * 4) {
		value, stderr := c.At([]int32{k / 20, k / 4 % 5, k % 4})
		low, high := c.Interval([]int32{k / 20, k / 4 % 5, k % 4}, 0.9)
		all = append(all, value, stderr, low, high)
	}
	all = append(all, c.HeldOutRMSE)
	all = append(all, c.Norms...)
	for _, e := range c.Emergences {
		all = append(all, e.Time, e.Norm)
	}
	h := sha256.New()
	for _, v := range all {
		if math.IsNaN(v) {
			v = math.NaN() // whose sign is the processor's own
		}
		_ = binary.Write(h, binary.LittleEndian, v)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// runSum is the sum of a run's trajectory, without its seconds, and of its factors.
func runSum(t *testing.T, flags []string) string {
	t.Helper()
	dir := t.TempDir()
	trajectory, factors := filepath.Join(dir, "run.csv"), filepath.Join(dir, "factors.npz")
	args := append([]string{
		"train", "--quiet", "--synthetic", "5x4x3", "--true-rank", "2", "--observed", "0.7", "--blocks", "16",
		"--max-evaluations", "80", "-o", trajectory, "--factors", factors,
	}, flags...)
	var complaints bytes.Buffer
	if code := execute(context.Background(), &app{stdout: io.Discard, stderr: &complaints}, args); code != exitOK {
		t.Fatalf("%q ended with %d: %s", args, code, complaints.String())
	}
	file, err := os.Open(trajectory)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) < 3 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	seconds := slices.Index(rows[0], "wall_seconds")
	h := sha256.New()
	for _, row := range rows {
		fmt.Fprintln(h, slices.Delete(row, seconds, seconds+1))
	}
	text, err := os.ReadFile(factors)
	if err != nil {
		t.Fatal(err)
	}
	h.Write(text)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// TestFingerprintsOfARM64 builds this test for another architecture, and runs it there under qemu.
func TestFingerprintsOfARM64(t *testing.T) {
	long(t)
	qemu, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		t.Skip("qemu-aarch64-static is not installed (Debian: qemu-user-static)")
	}
	binary := filepath.Join(t.TempDir(), "arm64.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	output, err := exec.Command(qemu, binary, "-test.v", "-test.run", "^TestFingerprints$").CombinedOutput()
	if err != nil || !bytes.Contains(output, []byte("--- PASS: TestFingerprints")) {
		t.Errorf("%v\n%s", err, output)
	}
}
