// Package model holds the parametrisations whose gradient flow lacuna follows.
//
// Chains is the overparameterised deep CP factorisation of Hariz et al. 2022 (Eq. 2, 3):
//
//	W = Σ_{r=1..R} ⊗_{n=1..N} v_r^n ,   v_r^n = A_1^{n,r} … A_{k_n}^{n,r} w_r^n ,
//
// Balanced is the same model from a fully balanced rank-one start, collapsed to the vectors v alone. Both
// carry the loss L(W) = 1/|Ω| Σ_{i∈Ω} ℓ(W_i, A_i) and give an integrator what it needs: the gradient at
// trial points, moves, relative sizes of moves, and the curvature of L in the space of the vectors v.
//
// # Directions
//
// A gradient of a matrix of a chain has rank one (Eq. 9), ∂L/∂A_i = y_{i−1} x_iᵀ, and is never formed. A
// direction is kept as those vectors in a numbered slot: slots 0 … Stages−1 hold negative gradients, each at the
// point where it was evaluated; slots Stages … 2·Stages−1 hold lifts Jᵥᵀω, where Jᵥ = ∂v/∂θ at the current
// point. A trial point θ + Σ c·direction exists only as a list of Terms.
package model

import (
	"unsafe"

	"lacuna/internal/kernel"
)

// DType names the type of the numbers of a model: parameters, predictions and gradients.
type DType string

// The types. Losses, norms and the space of the vectors v are float64 with either.
const (
	Float64 DType = "float64" // Chains
	Float32 DType = "float32" // Chains32, for exploration
)

// DTypes lists every DType.
func DTypes() []DType { return []DType{Float64, Float32} }

// Stages is the number of gradient slots, and of lift slots.
const Stages = 8

// Lift returns the number of the lift slot that belongs to gradient slot j.
func Lift(j int) int { return Stages + j }

// Term is c times the direction in a slot.
type Term struct {
	Slot int
	C    float64
}

// padded rounds the number of blocks up to whole lane groups.
func padded(blocks int) int { return (blocks + kernel.Lanes - 1) / kernel.Lanes * kernel.Lanes }

// dtype returns one thing for float32, and another for float64.
func dtype[T Float, V any](single, double V) V {
	var x T
	if unsafe.Sizeof(x) == 4 {
		return single
	}
	return double
}
