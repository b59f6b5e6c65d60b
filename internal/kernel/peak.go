package kernel

// MultiplyAddFlops is the number of floating-point operations in one round of MultiplyAdds.
const MultiplyAddFlops = 2 * 12 * Lanes

// MultiplyAdds does n rounds of fused multiply–adds of numbers of type T on registers, and nothing else: it measures
// the peak of the machine.
func MultiplyAdds[T Float](n int) {
	var out [Lanes]T
	if wide[T]() {
		multiplyAdds(lane64(&out), n)
	} else {
		multiplyAddsF32(lane32(&out), n)
	}
}
