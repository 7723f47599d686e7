package connectorstest

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Children are the processes whose parent this one is. Who looks for them is skipped where
// there is no /proc.
func Children(tb testing.TB) (pids []int) {
	tb.Helper()
	if runtime.GOOS != "linux" {
		tb.Skip("looks at /proc")
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if fields := stat(pid); fields != nil && fields[1] == strconv.Itoa(os.Getpid()) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// running reports whether a process is there and has not ended, reaped or not.
func running(pid int) bool {
	fields := stat(pid)
	return fields != nil && fields[0] != "Z" && fields[0] != "X"
}

// busyTicks is how much a process computes, in hundredths of a second, that is at work: the
// reading of a request alone may be what completes one.
const busyTicks = 5

// AwaitBusy waits until a process has computed for some time more.
func AwaitBusy(tb testing.TB, pid int) {
	tb.Helper()
	computed := func() (ticks int) {
		fields := stat(pid)
		if fields == nil {
			tb.Fatalf("process %d is gone", pid)
		}
		for _, field := range fields[11:13] { // as a user, and in the kernel
			n, err := strconv.Atoi(field)
			if err != nil {
				tb.Fatal(err)
			}
			ticks += n
		}
		return ticks
	}
	start := computed()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for computed()-start < busyTicks {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("process %d does nothing", pid)
		}
	}
}

// AwaitEnd waits until a process has ended.
func AwaitEnd(tb testing.TB, pid int) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for running(pid) {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("process %d goes on", pid)
		}
	}
}

// stat is what /proc says of a process, from its state on; nil where it is gone.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}
