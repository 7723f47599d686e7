package cli

import (
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// keepWithin has the garbage collector work harder when the program comes near to what its
// container or its unit may hold, of which the query processes need a part, too. Without that
// it lets garbage grow to as much as is in use, and a schema of ten thousand tables has a pod
// of a gigabyte killed that could hold it. Whoever sets GOMEMLIMIT knows better.
func keepWithin(root fs.FS, logger *slog.Logger) {
	bound := memoryBound(root)
	if bound == 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := bound / 4 * 3
	logger.Info("memory is bounded", "bytes", bound, "collected_from", limit)
	debug.SetMemoryLimit(limit)
}

// memoryBound is how many bytes the control group of this process may hold, 0 for no bound.
// See the kernel's cgroup-v2.rst, and for version 1 memory.rst.
func memoryBound(root fs.FS) int64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(math.MaxInt64)
	for line := range strings.Lines(string(groups)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		switch controllers {
		case "":
			least = min(least, boundOf(root, "sys/fs/cgroup", group, "memory.max"))
		case "memory":
			least = min(least, boundOf(root, "sys/fs/cgroup/memory", group, "memory.limit_in_bytes"))
		}
	}
	if least > 1<<50 { // version 1 writes that for none
		return 0
	}
	return least
}

// boundOf is the least bound of a group and those around it: a container sees its own as the
// outermost.
func boundOf(root fs.FS, mount, group, file string) int64 {
	least := int64(math.MaxInt64)
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		if text, err := fs.ReadFile(root, path.Join(mount, group, file)); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 { // else "max"
				least = min(least, n)
			}
		}
		if group == "/" {
			return least
		}
	}
}
