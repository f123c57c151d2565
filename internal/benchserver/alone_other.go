//go:build !unix

package benchserver

import (
	"os"
	"os/exec"
)

// stopSignal ends a server; this system has no gentler way.
var stopSignal = os.Kill

// alone does nothing, because this system has no process groups.
func alone(*exec.Cmd) {}
