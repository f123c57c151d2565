//go:build !unix

package server

// KeepMemory does nothing, because this system has no core dumps.
func KeepMemory() error { return nil }
