package kernel

// MultiplyAdds does nothing but fused multiply–adds, n times 96 of them, on registers; it measures the peak of the machine.
func MultiplyAdds(n int) {
	var out lane
	multiplyAdds(&out, n)
}
