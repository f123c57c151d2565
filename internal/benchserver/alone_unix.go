//go:build unix && !linux

package benchserver

import (
	"os/exec"
	"syscall"
)

// stopSignal ends a server in order.
const stopSignal = syscall.SIGTERM

// alone has Ctrl-C on a terminal not reach a command, so that the server under
// load goes after the load.
func alone(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
