//go:build !js

package memory

import (
	"os"
	"strconv"
	"strings"
)

// Available returns the bytes that can be allocated without swapping, or 0 where the system does not say.
// A cgroup limit counts.
func Available() float64 {
	available := fromMeminfo("/proc/meminfo")
	limit, errLimit := number("/sys/fs/cgroup/memory.max")
	used, errUsed := number("/sys/fs/cgroup/memory.current")
	if errLimit == nil && errUsed == nil && available > limit-used {
		available = limit - used
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
