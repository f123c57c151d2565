//go:build !unix

package benchserver

import (
	"os"
	"os/exec"
)

// stopSignal ends a server; there is no gentler way here.
var stopSignal = os.Kill

// alone does nothing where there are no process groups.
func alone(*exec.Cmd) {}
