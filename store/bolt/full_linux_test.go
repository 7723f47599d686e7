package bolt_test

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bapsang/bapsang/store/bolt"
)

func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=3m")
	if (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) && os.Getenv("BAPSANG_REQUIRE_ALL") != "1" {
		t.Skip("mounting a small file system needs root")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := fill(openStore(t, dir, bolt.Options{})); err != nil {
		t.Error(err)
	}
}
