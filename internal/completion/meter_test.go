package completion

import "testing"

// TestProgressNeverGoesBack asks for more work when all that was expected is done.
func TestProgressNeverGoesBack(t *testing.T) {
	var told []float64
	m := newMeter(func(p Progress) { told = append(told, p.Done) })
	m.expect(100)
	m.spent(99, 1)
	m.expect(200)
	m.spent(1, 1)
	m.spent(150, 1)
	if told[0] != 0.99 || told[1] != 0.99 {
		t.Errorf("told %v, the first two are to be 0.99", told)
	}
	for k := range told[1:] {
		if told[k+1] < told[k] {
			t.Errorf("progress goes back: %v", told)
		}
	}
}
