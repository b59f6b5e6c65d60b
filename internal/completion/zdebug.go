package completion

import (
	"fmt"
	"os"
)

func debugf(format string, args ...any) {
	if os.Getenv("LACUNA_DEBUG") != "" {
		fmt.Fprintf(os.Stderr, format, args...)
	}
}
