// Package rng gives independent, named streams of random numbers.
//
// A stream is ChaCha8 keyed by SHA-256(seed, name): two names never share numbers, the order in which
// streams are opened does not matter, and a stream's state can be saved in a checkpoint.
package rng

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream is a source of random numbers. It is not safe for concurrent use.
type Stream struct {
	*rand.Rand
	source *rand.ChaCha8
}

// New opens the stream of that name under the seed.
func New(seed uint64, name string) *Stream {
	key := make([]byte, 8, 8+len(name))
	binary.LittleEndian.PutUint64(key, seed)
	source := rand.NewChaCha8(sha256.Sum256(append(key, name...)))
	return &Stream{Rand: rand.New(source), source: source}
}

// MarshalBinary returns the stream's position.
func (s *Stream) MarshalBinary() ([]byte, error) { return s.source.MarshalBinary() }

// UnmarshalBinary moves the stream to a position that MarshalBinary returned.
func (s *Stream) UnmarshalBinary(data []byte) error {
	s.source = new(rand.ChaCha8)
	s.Rand = rand.New(s.source)
	return s.source.UnmarshalBinary(data)
}
