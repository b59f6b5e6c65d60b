// Package memory tells how much memory the machine can still give.
package memory

import "fmt"

// Format spells a number of bytes for people: 1.5 GiB.
func Format(bytes float64) string {
	const unit = 1024
	names := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for bytes >= unit && i < len(names)-1 {
		bytes /= unit
		i++
	}
	return fmt.Sprintf("%.3g %s", bytes, names[i])
}
