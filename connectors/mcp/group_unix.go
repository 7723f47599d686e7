//go:build unix

package mcp

import (
	"os/exec"
	"syscall"
)

// own gives the server a process group of its own, so that what it starts can be ended
// with it.
func own(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) {
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // it may have ended by itself
}
