//go:build unix && !linux

package cli

import "golang.org/x/sys/unix"

// keepMemory has the memory of this process, and the secrets in it, leave it in no
// core dump, whatever GOTRACEBACK says.
func keepMemory() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
