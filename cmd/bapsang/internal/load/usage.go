package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Usage is what processes took, as far as the system tells (it does on Linux).
type Usage struct {
	Resident float64       // most memory that a replica had at a time, MB
	Workers  float64       // most that all its query workers had together, MB
	CPU      time.Duration // of all replicas with their workers, those that have ended too
	Postgres time.Duration // CPU of the database server
}

// Watch samples a fleet's processes, and the database server's below postmaster (0 where
// there is none), until ctx ends. What it returns stops it and tells.
func (f *Fleet) Watch(ctx context.Context, postmaster func() int) (stop func() Usage) {
	ctx, cancel := context.WithCancel(ctx)
	s := sampler{seen: map[int]time.Duration{}, db: map[int]time.Duration{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for wait(ctx, sampleEvery) {
			s.look(f, postmaster())
		}
	})
	return func() Usage {
		cancel()
		wg.Wait()
		s.look(f, postmaster())
		for _, t := range s.seen {
			s.CPU += t
		}
		for _, t := range s.db {
			s.Postgres += t
		}
		return s.Usage
	}
}

const sampleEvery = time.Second

// sampler remembers the CPU time of processes by id: what one has used when it was last
// seen. A second's worth of a process that ends is missed at most.
type sampler struct {
	Usage
	seen map[int]time.Duration
	db   map[int]time.Duration
}

func (s *sampler) look(f *Fleet, postgres int) {
	children := childrenOf()
	for _, r := range f.Replicas {
		pid := r.PID()
		if pid == 0 {
			continue
		}
		if p, ok := processOf(pid); ok {
			s.Resident = max(s.Resident, p.resident)
			s.seen[pid] = p.cpu
		}
		workers := 0.0
		for _, child := range children[pid] {
			if p, ok := processOf(child); ok {
				workers += p.resident
				s.seen[child] = p.cpu
			}
		}
		s.Workers = max(s.Workers, workers)
	}
	if postgres == 0 {
		return
	}
	for _, pid := range append([]int{postgres}, children[postgres]...) {
		if p, ok := processOf(pid); ok {
			s.db[pid] = p.cpu
		}
	}
}

type process struct {
	resident float64 // MB
	cpu      time.Duration
	parent   int
}

// ticks is how many of the kernel's units of CPU time make a second; it is 100 on every
// platform that Go runs on under Linux.
const ticks = 100

// processOf reads /proc/PID/stat, see proc(5).
func processOf(pid int) (process, bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, false
	}
	// The name in brackets may hold anything.
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) < 22 {
		return process{}, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(fields[i]); return v }
	return process{
		parent:   n(1),
		cpu:      time.Duration(n(11)+n(12)) * time.Second / ticks,
		resident: float64(n(21)*os.Getpagesize()) / (1 << 20),
	}, true
}

// childrenOf lists processes by their parent.
func childrenOf() map[int][]int {
	out := map[int][]int{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if p, ok := processOf(pid); ok {
			out[p.parent] = append(out[p.parent], pid)
		}
	}
	return out
}

// Resident is the memory that each replica has now, MB, without its query workers; 0
// where the system does not tell.
func (f *Fleet) Resident() []float64 {
	var out []float64
	for _, r := range f.Replicas {
		p, _ := processOf(r.PID())
		out = append(out, p.resident)
	}
	return out
}
