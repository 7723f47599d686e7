package load

import (
	"os/exec"
	"syscall"
)

// leash has the system end a process with the one that started it, however that ends.
func leash(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
