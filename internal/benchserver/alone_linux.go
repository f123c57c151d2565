package benchserver

import (
	"os/exec"
	"syscall"
)

// stopSignal ends a server in order.
const stopSignal = syscall.SIGTERM

// alone has Ctrl-C on a terminal not reach a command, so that the server under
// load goes after the load, and has the command end where this process dies.
func alone(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
