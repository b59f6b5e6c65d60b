package accuracy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna"
)

// write makes a directory with one noisy rank-one data set, rows in random order, and a peer that scores 1.
func write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	var rows []string
	for i := range 9 {
		for k := range 8 {
			for l := range 4 {
				value := float64((i+1)*(k-3)*(l+2)) + r.NormFloat64()
				rows = append(rows, fmt.Sprintf("a%d,b%d,c%d,%v,%v", i, k, l, value, r.Float64()))
			}
		}
	}
	r.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
	files := map[string]string{
		"toy.csv": "row,column,layer,value,u1\n" + strings.Join(rows, "\n") + "\n",
		"peers.csv": "dataset,observed,mask,method,kind,nrmse,seconds\n" +
			"toy,0.5,u1,mean,baseline,1,0\ntoy,0.5,u1,broken,tool,,0\ntoy,0.5,u1,other,tool,0.5,0\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRunMeasuresEveryCell(t *testing.T) {
	var seen int
	results, err := Run(context.Background(), Options{
		Data: write(t), Complete: lacuna.Options{Effort: 0.005}, Each: func(Result) { seen++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 || seen != 1 {
		t.Fatalf("%d results, %d reported, want 1", len(results), seen)
	}
	r := results[0]
	if r.Dataset != "toy" || r.BestMethod != "other" || r.BestNRMSE != 0.5 || r.Ratio != r.NRMSE/0.5 {
		t.Errorf("compared wrongly: %+v", r)
	}
	if r.NRMSE > 0.3 || r.Coverage90 < 0.7 {
		t.Errorf("filled badly: %+v", r)
	}
}

func TestBadFilesNameTheirPlace(t *testing.T) {
	dir := write(t)
	for content, want := range map[string]string{
		"a,b,val\n1,2,3\n":          "value",
		"a,b,value,u1\n1,2,x,0.5\n": "synthetic_bad.csv:2",
		"a,b,value\n1,1,3\n2,2,4\n": "u1",
		"":                          "empty",
	} {
		path := filepath.Join(dir, "synthetic_bad.csv")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), Options{Data: dir, Datasets: []string{"synthetic_bad"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v does not name %q", content, err, want)
		}
	}
	if _, err := Run(context.Background(), Options{Data: t.TempDir()}); err == nil {
		t.Error("a directory without peers.csv was accepted")
	}
}
