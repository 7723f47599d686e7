//go:build linux || darwin

package confine

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// nobody is the user and group that DropPrivileges becomes. It needs no entry in
// any user database: the number alone owns nothing.
const nobody = 65534

func limitSelf(l Limits) error {
	type limit struct {
		name     string
		resource int
		value    int64
		set      bool
	}
	limits := []limit{
		{"core size", unix.RLIMIT_CORE, 0, true},
		{"file size", unix.RLIMIT_FSIZE, l.FileSize, l.FileSize != Unlimited},
		{"open files", unix.RLIMIT_NOFILE, l.OpenFiles, l.OpenFiles > 0},
		{"address space", unix.RLIMIT_AS, l.AddressSpace, l.AddressSpace > 0 && kernelBoundsMemory},
	}
	// A write beyond the limit is then an error that the role can put into words, in
	// the C++ of an engine too, and not the end of the process.
	signal.Ignore(syscall.SIGXFSZ)
	for _, lim := range limits {
		if !lim.set {
			continue
		}
		value, err := lowered(lim.resource, lim.value)
		if err != nil {
			return fmt.Errorf("%s: %w", lim.name, err)
		}
		if err := unix.Setrlimit(lim.resource, &value); err != nil {
			return fmt.Errorf("%s: %w", lim.name, err)
		}
	}
	if l.AddressSpace > 0 && !kernelBoundsMemory {
		go watchMemory(l.AddressSpace)
	}
	return nil
}

// lowered returns value as both limits of the resource, or the hard limit the
// process already has where that is lower: raising it would be refused.
func lowered(resource int, value int64) (unix.Rlimit, error) {
	var now unix.Rlimit
	if err := unix.Getrlimit(resource, &now); err != nil {
		return unix.Rlimit{}, err
	}
	bound := min(uint64(value), now.Max)
	return unix.Rlimit{Cur: bound, Max: bound}, nil
}

// watchMemory ends the process when it holds more than limit bytes of memory. It
// stands in for the kernel where that does not bound address space, and runs as
// long as the process.
func watchMemory(limit int64) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if residentMemory() > limit {
			os.Exit(exitMemory)
		}
	}
}

func dropPrivileges() error {
	if os.Getuid() != 0 {
		return nil
	}
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("drop groups: %w", err)
	}
	if err := syscall.Setgid(nobody); err != nil {
		return fmt.Errorf("drop group: %w", err)
	}
	if err := syscall.Setuid(nobody); err != nil {
		return fmt.Errorf("drop user: %w", err)
	}
	return keepDeathSignal()
}
