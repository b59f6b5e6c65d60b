package memory

// Available is what a page may use: WebAssembly addresses 4 GiB, and the engine itself and copies in the page take their
// part.
func Available() float64 { return 2 << 30 }
