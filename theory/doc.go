// Package theory measures every statement of Hariz et al. 2022 along real runs of the gradient flow: both sides at
// every recorded time, the worst relative error, when it happened and in which block.
//
// # Two sides that share no code
//
// Left sides come from the parameters alone: a plain implementation of the vector field dθ/dt = −∂L/∂θ (Eq. 9) on
// copies of the blocks, and the chain rule. A second left side comes from the trajectory: finite differences of
// recorded norms. Right sides come from the formula alone: the derivative of the loss at the model's own predictions,
// inner products with unit blocks, and powers of norms. So an error in model, gradient or integrator shows as a
// difference.
//
// # What a relative error is
//
// Many right sides are a positive quantity times an inner product such as δ_r, which may pass through zero. The error
// is
//
//	|left − right| / max(|left|, |right|, Floor · scale) ,
//
// where scale is the largest value that the right side could have by the inequality of Cauchy and Schwarz (|δ_r| ≤
// ‖∇L‖ times the norm of the other tensor). Floor is a thousandth: within a thousandth of the largest possible value
// around zero an error counts relative to that thousandth, elsewhere relative to the larger of the two sides. For the
// inequality of Theorem 3.3 the error is by how much the left side exceeds the right one, relative to the right one.
//
// Run makes the table of `lacuna theory`: it runs each statement under its hypothesis, fits growth exponents, and
// shows what happens where a hypothesis fails. Observer measures statements along a run of your own.
package theory
