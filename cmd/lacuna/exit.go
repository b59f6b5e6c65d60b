package main

import "errors"

// The exit codes of every command. docs/cli.md lists them for users.
const (
	exitOK          = 0
	exitUnexpected  = 1   // a failure that is nobody's input: a full disk, a bug
	exitInput       = 2   // bad input or usage; the message says where and what to do
	exitUnmet       = 3   // the command ran to its end, and the answer is no
	exitInterrupted = 130 // Ctrl-C, SIGTERM; what was reached is kept, and the message says where
)

// exitError is an error that decides the exit code.
type exitError struct {
	code int
	error
}

func (e *exitError) Unwrap() error { return e.error }

// inputError marks err as the user's to repair. It returns nil for nil.
func inputError(err error) error { return withCode(exitInput, err) }

func withCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code, err}
}

// exitCode is the code that a command's error leads to.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if e := new(exitError); errors.As(err, &e) {
		return e.code
	}
	if isUsage(err) {
		return exitInput
	}
	return exitUnexpected
}

func isUsage(err error) bool { return errors.As(err, new(usageError)) }
