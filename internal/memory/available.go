//go:build !js

package memory

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Available returns the bytes that can be allocated without swapping, or 0 where the system does not say.
// A cgroup limit counts, and so does the environment's GOMEMLIMIT.
func Available() float64 {
	available := fromMeminfo("/proc/meminfo")
	limit, errLimit := number("/sys/fs/cgroup/memory.max")
	used, errUsed := number("/sys/fs/cgroup/memory.current")
	if errLimit == nil && errUsed == nil && available > limit-used {
		available = limit - used
	}
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if own := float64(limit) - float64(m.HeapAlloc); available == 0 || own < available {
			available = max(1, own) // 0 says nothing
		}
	}
	return max(0, available)
}

func fromMeminfo(path string) float64 {
	data, _ := os.ReadFile(path)
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err == nil {
				return 1024 * kib
			}
		}
	}
	return 0
}

func number(path string) (float64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(data)), 64)
}
