package cli

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestMemoryBound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is said": {nil, 0},
		"a container": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n",
		}, 1 << 30},
		"no bound": {map[string]string{
			"proc/self/cgroup": "0::/system.slice/bapsang.service\n", "sys/fs/cgroup/system.slice/bapsang.service/memory.max": "max\n",
		}, 0},
		"a unit of a slice with less": {map[string]string{
			"proc/self/cgroup": "0::/system.slice/bapsang.service\n", "sys/fs/cgroup/system.slice/bapsang.service/memory.max": "8589934592\n", "sys/fs/cgroup/system.slice/memory.max": "4294967296\n",
		}, 4 << 30},
		"version 1": {map[string]string{
			"proc/self/cgroup": "11:cpu,cpuacct:/x\n4:memory:/docker/ab\n0::/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
		}, 512 << 20},
		"version 1 without one": {map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0},
		"not readable": {map[string]string{"proc/self/cgroup": "0::/../..\nx\n"}, 0},
	} {
		files := fstest.MapFS{}
		for path, text := range c.files {
			files[path] = &fstest.MapFile{Data: []byte(text), Mode: fs.ModePerm}
		}
		if got := memoryBound(files); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
