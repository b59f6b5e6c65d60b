package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func TestGradient(t *testing.T) {
	var out bytes.Buffer
	o := GradientOptions{JSON: true, Threads: []int{1, 2}, Depths: []int{0, 2}, Each: time.Millisecond}
	if err := Gradient(context.Background(), &out, o); err != nil {
		t.Fatal(err)
	}
	var results []GradientResult
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		t.Fatal(err)
	}
	if want := 3 * 2 * 2 * 5; len(results) != want {
		t.Fatalf("%d results, want %d: two depths and the sparse case, two types, "+
			"two numbers of threads, gradient, two of descent and two of Adam", len(results), want)
	}
	for i, r := range results {
		if want := []string{"float64", "float32"}[i/10%2]; r.DType != want {
			t.Errorf("result %d is in %s, want %s", i, r.DType, want)
		}
		if r.Milliseconds <= 0 || r.GFLOPS <= 0 || r.GBytes <= 0 || r.Roofline <= 0 || r.PeakGFLOPS < r.GFLOPS {
			t.Errorf("a result cannot be: %+v", r)
		}
	}
}

func TestGradientIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Gradient(ctx, new(bytes.Buffer), GradientOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
