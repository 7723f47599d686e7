package confine

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const kernelBoundsMemory = !raceDetector

// attribute is one way of starting a child.
type attribute struct {
	sys      *syscall.SysProcAttr
	isolated bool
}

// attributes are the ways of starting a child, the most confined first. Whether the
// kernel grants a namespace depends on its build, its settings and the container
// around it, so the way to know is to try.
func attributes(net bool) []attribute {
	bare := attribute{sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}}
	if net {
		return []attribute{bare}
	}
	walled := &syscall.SysProcAttr{
		Setpgid: true, Pdeathsig: syscall.SIGKILL,
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWIPC,
	}
	if os.Getuid() != 0 {
		walled.Cloneflags |= unix.CLONE_NEWUSER
		walled.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		walled.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	return []attribute{{sys: walled, isolated: true}, bare}
}

// executable names the running binary itself, which stays right when the file has
// been replaced by an upgrade or removed, as "go run" does.
func executable() (string, error) { return "/proc/self/exe", nil }

// residentMemory reads what the process holds now. getrusage would not do: its peak
// includes the parent's memory at the time of the fork.
func residentMemory() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// keepDeathSignal asks for the parent-death signal again: the kernel forgets it
// when a process changes its user.
func keepDeathSignal() error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("parent-death signal: %w", err)
	}
	return nil
}
