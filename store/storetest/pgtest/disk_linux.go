package pgtest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Disk is a folder of the server's on a file system of so many bytes, for tests of what
// happens when it is full. Root alone can make one: for others the test is skipped, or
// fails when BAPSANG_REQUIRE_ALL is 1.
func (s *Server) Disk(t testing.TB, size int) string {
	t.Helper()
	at, err := os.MkdirTemp("/tmp", "disk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(at) })
	if err = unix.Mount("tmpfs", at, "tmpfs", 0, fmt.Sprintf("size=%d", size)); errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		missing(t, "mounting a small file system needs root")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if _, err := serverUser(at); err != nil {
		t.Fatal(err)
	}
	return at
}
