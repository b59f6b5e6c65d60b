package numpy

// The constants of NumPy's SeedSequence, after M. E. O'Neill's seed_seq (2015).
const (
	startIn, timesIn     = 0x43b0d7e5, 0x931e8875
	startOut, timesOut   = 0x8b51f9dd, 0x58f38ded
	timesLeft, timesThen = 0xca01f9dd, 0x4973f715
)

// words are the seed's numbers in words of 32 bits, the lowest first; a number has as few as hold it, 0 has one.
func words(seed []uint64) []uint32 {
	var w []uint32
	for _, x := range seed {
		w = append(w, uint32(x))
		if x>>32 != 0 {
			w = append(w, uint32(x>>32))
		}
	}
	return w
}

// mixed is the pool of a SeedSequence with this entropy.
func mixed(entropy []uint32) (pool [4]uint32) {
	constant := uint32(startIn)
	hash := func(x uint32) uint32 { return scramble(x, &constant, timesIn) }
	mix := func(to *uint32, from uint32) {
		x := timesLeft**to - timesThen*hash(from)
		*to = x ^ x>>16
	}
	for i := range pool {
		if i < len(entropy) {
			pool[i] = entropy[i]
		}
		pool[i] = hash(pool[i])
	}
	for i := range pool {
		for k := range pool {
			if i != k {
				mix(&pool[k], pool[i])
			}
		}
	}
	for i := len(pool); i < len(entropy); i++ {
		for k := range pool {
			mix(&pool[k], entropy[i])
		}
	}
	return pool
}

// generate is SeedSequence.generate_state(4, uint64).
func generate(pool [4]uint32) (state [4]uint64) {
	constant := uint32(startOut)
	for i := range 2 * len(state) {
		state[i/2] |= uint64(scramble(pool[i%len(pool)], &constant, timesOut)) << (32 * (i % 2))
	}
	return state
}

func scramble(x uint32, constant *uint32, times uint32) uint32 {
	x ^= *constant
	*constant *= times
	x *= *constant
	return x ^ x>>16
}
