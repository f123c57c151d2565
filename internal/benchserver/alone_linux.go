package benchserver

import (
	"os/exec"
	"syscall"
)

// stopSignal ends a server in good order.
const stopSignal = syscall.SIGTERM

// alone keeps Ctrl-C on a terminal from reaching a command, so that the server
// ends after the load, and makes the command end if this process dies.
func alone(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
