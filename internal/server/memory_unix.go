//go:build unix && !linux

package server

import "golang.org/x/sys/unix"

// KeepMemory has the memory of this process, and the secrets in it, leave it in no
// core dump, whatever GOTRACEBACK says.
func KeepMemory() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
