package server

import (
	"errors"

	"golang.org/x/sys/unix"
)

// KeepMemory keeps the memory of this process, and the secrets in it, out of
// core dumps, whatever GOTRACEBACK says. It also keeps other processes of the
// same user from reading the memory; if core dumps are piped to a program, only
// this second measure has an effect.
func KeepMemory() error {
	return errors.Join(
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0),
	)
}
