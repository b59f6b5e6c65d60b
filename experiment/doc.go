// Package experiment is one training run: what it is made with, how it begins, how it is followed and what is kept of
// the way.
//
// Settings say everything that decides a run. Build makes the model they name, from a registry of parametrisations, and
// draws its start; Flow says how to integrate it. New puts both together on given cells, and Run.Follow takes the run
// to a stop:
//
//	run, err := experiment.New(experiment.Settings{Blocks: 64}, experiment.Cells{Train: observed})
//	result := run.Follow(ctx, nil)
//
// lacuna train, a row of a study and the benchmarks are such runs.
package experiment
