package confine

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// macOS accepts an address space limit and does not enforce it.
const kernelBoundsMemory = false

// attribute is one way of starting a child.
type attribute struct {
	sys      *syscall.SysProcAttr
	isolated bool
}

// attributes are the ways of starting a child: one, as macOS has no namespaces.
func attributes(bool) []attribute {
	return []attribute{{sys: &syscall.SysProcAttr{Setpgid: true}}}
}

func executable() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("own binary: %w", err)
	}
	return exe, nil
}

// residentMemory is the most the process has held so far. A fresh process starts
// from nothing here, so the peak serves as well as the present.
func residentMemory() int64 {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return usage.Maxrss
}

func keepDeathSignal() error { return nil }
