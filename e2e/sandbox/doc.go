// Package sandbox holds the end-to-end tests of the life of a process: signals, exit codes, two processes on one
// directory, probes.
package sandbox
