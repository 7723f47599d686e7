package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk is a folder with so much room.
func smallDisk(t testing.TB, size int) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "disk") // others than the tests' user reach it
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	err = unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) && os.Getenv("BAPSANG_REQUIRE_ALL") != "1" {
		t.Skip("mounting a small file system needs root")
	}
	must(t, err)
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
