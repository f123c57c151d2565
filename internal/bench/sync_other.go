//go:build !linux

package bench

import "os"

// fdatasync waits until what was written to a file is on disk.
func fdatasync(file *os.File) error { return file.Sync() }
