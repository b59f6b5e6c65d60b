package flow

type krylov struct{}
