//go:build unix && !linux

package server

import "golang.org/x/sys/unix"

// KeepMemory keeps the memory of this process, and the secrets in it, out of
// core dumps, whatever GOTRACEBACK says.
func KeepMemory() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
