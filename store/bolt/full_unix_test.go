//go:build unix

package bolt_test

import (
	"context"
	"errors"
	"os/signal"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bapsang/bapsang/store/bolt"
)

// childIsLimited works in a process whose files may not grow beyond 2 MB.
func childIsLimited(dir string) error {
	s, err := bolt.Open(context.Background(), dir, bolt.Options{})
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := unix.Rlimit{Cur: 2 << 20, Max: 2 << 20}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(fill(s), s.Close())
}

func TestFileMayNotGrow(t *testing.T) {
	out, err := child(t, "limited", t.TempDir()).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
