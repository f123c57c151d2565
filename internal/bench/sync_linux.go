package bench

import (
	"os"

	"golang.org/x/sys/unix"
)

// fdatasync waits until what was written to a file is on disk.
func fdatasync(file *os.File) error { return unix.Fdatasync(int(file.Fd())) }
