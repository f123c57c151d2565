package server

import (
	"errors"

	"golang.org/x/sys/unix"
)

// KeepMemory has the memory of this process, and the secrets in it, leave it in no
// core dump, whatever GOTRACEBACK says, and keeps other processes of its user from
// reading it. A dump that is piped to a program heeds the second only.
func KeepMemory() error {
	return errors.Join(
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0),
	)
}
