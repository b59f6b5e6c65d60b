package reproduce

// published holds Table 1 of the paper: best test loss and effective rank by depth, at 75, 85 and 90 % missing.
var published = [depthsUsed][3]struct {
	loss float64
	rank int
}{
	{{7.925e-05, 5}, {2.598e-05, 14}, {5.836e-06, 11}},
	{{1.479e-05, 67}, {2.685e-04, 12}, {1.42e-05, 7}},
	{{3.607e-06, 10}, {5.215e-05, 17}, {2.37e-04, 13}},
	{{2.073e-06, 13}, {8.048e-04, 10}, {2.933e-04, 6}},
	{{8.053e-04, 5}, {2.238e-04, 6}, {2.350e-04, 9}},
	{{8.116e-03, 5}, {8.169e-01, 3}, {5.265e-01, 4}},
}

// missing are the shares of Table 1's columns, in percent.
var missing = [3]int{75, 85, 90}

// Best and worst test losses that the paper's figures show in colour.
const (
	bestFigure4 = 5e-5
	bestMeteo   = 0.3
	bestCCDS    = 0.59
)
