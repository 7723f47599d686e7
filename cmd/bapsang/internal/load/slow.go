//go:build unix

package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Slow makes a database slow: the processes below the fleet's that have its file open run
// for one part in times of every tick only. It needs /proc, as Linux has it.
//
// An engine that waits for a disk or a lock looks like this to us: it takes long and no
// CPU. Heavy statements would take the CPU from everybody else on one machine, and so show
// what they do to each other there and not what we do.
func (f *Fleet) Slow(ctx context.Context, file string, times int) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		const tick = 100 * time.Millisecond
		var held []int
		for n := 0; ; n++ {
			if n%5 == 0 {
				held = f.holding(file)
			}
			signal(held, syscall.SIGCONT)
			goesOn := wait(ctx, tick/time.Duration(times))
			if !goesOn {
				break
			}
			signal(held, syscall.SIGSTOP)
			if !wait(ctx, tick-tick/time.Duration(times)) {
				break
			}
		}
		signal(f.holding(file), syscall.SIGCONT)
		signal(held, syscall.SIGCONT)
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

func signal(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig) // it may have ended
	}
}

// holding lists the children of replicas that have a file open.
func (f *Fleet) holding(file string) []int {
	children := childrenOf()
	var out []int
	for _, r := range f.Replicas {
		for _, pid := range children[r.PID()] {
			if opens(pid, file) {
				out = append(out, pid)
			}
		}
	}
	return out
}

func opens(pid int, file string) bool {
	links, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && strings.HasPrefix(to, file) {
			return true
		}
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && strings.Contains(string(maps), file)
}
