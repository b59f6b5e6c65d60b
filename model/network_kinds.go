package model

// TuckerNetwork is deep Tucker factorisation (Milanesi et al. 2021; Hariz et al. 2024),
//
//	W = C ×_1 U^1 ×_2 … ×_N U^N ,   U^n = A_1^n … A_{k_n}^n B^n ,
//
// a core C of r_1×…×r_N and on every mode a matrix B^n of d_n×r_n behind k_n of d_n×d_n; r_n is d_n, or the product of the
// other modes' sizes where that is less. Its unfoldings are those of every mode, whose singular values are the
// multilinear ones (De Lathauwer et al. 2000).
const TuckerNetwork NetworkKind = "tucker"

func (n *Network) layTucker() {
	var ranks []int
	for m := range n.shape {
		before, d, after := around(n.shape, m, m+1)
		ranks = append(ranks, n.bonded(min(d, before*after)))
	}
	core := n.factor("core", 0, -1, ranks...)
	var chains [][]int
	for m, d := range n.shape {
		chain := n.chained(m, "B", 0, d, ranks[m])
		n.bond(ranks[m], leg{chain[len(chain)-1], 1}, leg{core, m})
		chains = append(chains, chain)
		n.unfold(m, m+1)
	}
	tensor, sizes := core, append([]int(nil), ranks...)
	for m, d := range n.shape {
		before, rank, after := around(sizes, m, m+1)
		tensor = n.product(n.multiplied(chains[m], 0), tensor, before, d, rank, after)
		sizes[m] = d
	}
}

// TrainNetwork is the deep tensor train (Oseledets 2011; Milanesi et al. 2021),
//
//	W[i_1, …, i_N] = G^1[i_1] G^2[i_2] … G^N[i_N] ,   G^n = A_1^n … A_{k_n}^n H^n on the mode of the core,
//
// with cores H^n of r_{n−1}×d_n×r_n, r_0 = r_N = 1; r_n is the smaller of d_1⋯d_n and d_{n+1}⋯d_N. Its unfoldings are those
// at the N−1 cuts, modes 1 … n against the rest. Of a matrix, with k matrices on both modes, it is deep matrix
// factorisation with 2k + 2 factors.
const TrainNetwork NetworkKind = "tt"

func (n *Network) layTrain() {
	order := len(n.shape)
	var chains [][]int
	left := 1
	for m, d := range n.shape {
		right := 1
		if m < order-1 {
			_, here, after := around(n.shape, 0, m+1)
			right = n.bonded(min(here, after))
			n.unfold(0, m+1)
		}
		chain := n.chained(m, "H", 1, left, d, right)
		if m > 0 {
			before := chains[m-1]
			n.bond(left, leg{before[len(before)-1], 2}, leg{chain[len(chain)-1], 0})
		}
		chains = append(chains, chain)
		left = right
	}
	tensor, rows := -1, 1
	for m, d := range n.shape {
		core := n.multiplied(chains[m], 1)
		f := n.factors[chains[m][len(chains[m])-1]]
		if m == 0 {
			tensor, rows = core, d
			continue
		}
		tensor = n.product(tensor, core, 1, rows, f.sizes[0], d*f.sizes[2])
		rows *= d
	}
}

// HierarchicalNetwork is hierarchical tensor factorisation (Razin et al. 2022, Eq. 4) over a binary tree that halves the
// modes, the first half being the larger one. Node ν with children α, β has R_ν local components and makes one tensor
// of its modes for each of the R components of its parent π:
//
//	T^ν_s = Σ_{r=1..R_ν} W^ν[r, s] T^α_r ⊗ T^β_r ,   s = 1 … R_π ,
//
// where T_r of a leaf is column r of a matrix of d_n×R, behind k_n of d_n×d_n; the root has one s. R_ν is the number of
// entries of the tensor of its modes, at the root the smaller of its children's. Its unfoldings are those of every node,
// its modes against the rest (once for the two children of the root, which have the same).
//
// The local component r of ν has the norm ‖W^ν[r, ·]‖ ‖W^α[·, r]‖ ‖W^β[·, r]‖, and the squares of the three are
// conserved but for one common function of time.
const HierarchicalNetwork NetworkKind = "ht"

// node is one of the tree of HierarchicalNetwork.
type node struct {
	from, to       int // modes
	rank, parents  int // R_ν and R_π
	children       []*node
	factor         int   // of W^ν, or of the matrix of a leaf
	chain          []int // of a leaf
	columns, local int   // axes of factor: s, and r
}

func (n *Network) layHierarchy() {
	root := n.tree(0, len(n.shape), 1)
	root.grow(n, true)
	n.contract(root)
}

// tree plans the nodes over modes from … to−1.
func (n *Network) tree(from, to, parents int) *node {
	v := &node{from: from, to: to, parents: parents}
	if to == from+1 {
		return v
	}
	middle := (from + to + 1) / 2
	_, rows, rest := around(n.shape[from:to], 0, middle-from)
	v.rank = rows * rest
	if from == 0 && to == len(n.shape) {
		v.rank = min(rows, rest)
	}
	v.rank = n.bonded(v.rank)
	v.children = []*node{n.tree(from, middle, v.rank), n.tree(middle, to, v.rank)}
	return v
}

// grow makes the factors of a node and of all below it, and the bond of its local components.
func (v *node) grow(n *Network, root bool) {
	if len(v.children) == 0 {
		v.chain = n.chained(v.from, "W", 0, n.shape[v.from], v.parents)
		v.factor, v.columns = v.chain[len(v.chain)-1], 1
		return
	}
	for i, child := range v.children {
		child.grow(n, false)
		if !root || i == 0 {
			n.unfold(child.from, child.to)
		}
	}
	v.factor, v.local, v.columns = n.factor(saved("W", v.from, v.to), 0, -1, v.rank, v.parents), 0, 1
	legs := []leg{{v.factor, v.local}}
	for _, child := range v.children {
		legs = append(legs, leg{child.factor, child.columns})
	}
	n.bond(v.rank, legs...)
}

// contract makes the register of the tensors of a node, entries × parents.
func (n *Network) contract(v *node) int {
	if len(v.children) == 0 {
		return n.multiplied(v.chain, 0)
	}
	left, right := n.contract(v.children[0]), n.contract(v.children[1])
	_, rows, more := around(n.shape[v.from:v.to], 0, v.children[0].to-v.from)
	pairs := n.khatriRao(left, right, rows, more, v.rank)
	return n.product(pairs, v.factor, 1, rows*more, v.rank, v.parents)
}
