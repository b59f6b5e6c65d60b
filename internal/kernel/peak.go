package kernel

// MultiplyAddFlops is the number of floating-point operations in one round of MultiplyAdds or MultiplyAdds32.
const MultiplyAddFlops = 2 * 12 * Lanes

// MultiplyAdds does n rounds of fused multiply–adds on registers, and nothing else: it measures the peak of the machine.
func MultiplyAdds(n int) {
	var out lane
	multiplyAdds(&out, n)
}

// MultiplyAdds32 is MultiplyAdds of float32.
func MultiplyAdds32(n int) {
	var out [Lanes]float32
	multiplyAdds32(&out, n)
}
