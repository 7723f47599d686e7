//go:build unix

package bolt_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/store/bolt"
	"github.com/bapsang/bapsang/store/storetest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(runChild(role))
	}
	goleak.VerifyTestMain(m)
}

func openStore(t testing.TB, dir string, opts bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// subject crashes by copying: the file as it is at that moment is all that a killed
// process leaves.
func subject(t testing.TB, dir string) storetest.Subject {
	s := openStore(t, dir, bolt.Options{})
	return storetest.Subject{
		Driver: s,
		Reopen: func(t testing.TB) storetest.Subject {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return subject(t, dir)
		},
		Crash: func(t testing.TB) storetest.Subject {
			copied := t.TempDir()
			backup(t, s, copied)
			return subject(t, copied)
		},
	}
}

func backup(t testing.TB, s *bolt.Store, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, bolt.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Backup(t.Context(), f), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Subject { return subject(t, t.TempDir()) })
}
