//go:build unix

package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// childRole names the environment variable by which the test binary, started
// again, knows that it is another process in a test.
const childRole = "BOLT_TEST_CHILD"

// child is the test binary as another process with the role.
func child(t testing.TB, role, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, dir)
	cmd.Env = append(os.Environ(), childRole+"="+role)
	return cmd
}

func runChild(role string) int {
	roles := map[string]func(dir string) error{
		"open":    childOpens,
		"live":    childLives,
		"limited": childIsLimited,
		"works":   childWorksOn,
	}
	if err := roles[role](os.Args[1]); err != nil {
		fmt.Fprintln(os.Stdout, "error:", err)
		return 1
	}
	return 0
}

// childOpens says why the store cannot be opened.
func childOpens(dir string) error {
	s, err := bolt.Open(context.Background(), dir, bolt.Options{})
	if err == nil {
		return errors.Join(errors.New("opened"), s.Close())
	}
	fmt.Fprintln(os.Stdout, err)
	return nil
}

// fill writes until the store is full and sees that it then can be read, and
// written again once something was deleted.
func fill(s *bolt.Store) error {
	ctx := context.Background()
	var err error
	n := 0
	for ; err == nil && n < 10_000; n++ {
		err = s.Update(ctx, func(tx store.Tx) error {
			if _, _, err := tx.Enqueue(store.NewJob{Kind: "ask", Owner: "u"}); err != nil {
				return err
			}
			return tx.Put("note", fmt.Sprintf("%06d", n), make([]byte, 64<<10))
		})
	}
	if !errors.Is(err, store.ErrFull) {
		return fmt.Errorf("after %d updates: %w", n, err)
	}
	found := 0
	err = s.View(ctx, func(tx store.ReadTx) error {
		return tx.Scan("note", store.Range{}, func(_ string, value []byte) bool { found++; return len(value) == 64<<10 })
	})
	if err != nil || found != n-1 {
		return fmt.Errorf("read %d documents of %d: %w", found, n-1, err)
	}
	for i := range n / 2 {
		err := s.Update(ctx, func(tx store.Tx) error { return tx.Delete("note", fmt.Sprintf("%06d", i)) })
		if err != nil && i > 0 { // the first may still find no room for its copy of a page
			return fmt.Errorf("delete: %w", err)
		}
	}
	var id string
	err = s.Update(ctx, func(tx store.Tx) (err error) {
		id, _, err = tx.Enqueue(store.NewJob{Kind: "ask", Owner: "u"})
		return errors.Join(err, tx.Put("note", "after", make([]byte, 64<<10)))
	})
	if err != nil {
		return fmt.Errorf("write again: %w", err)
	}
	job, ahead, err := s.Peek(ctx, id)
	if err != nil || job.Priority != n || ahead != n-1 {
		return fmt.Errorf("job after a full disk has priority %d and %d ahead, want %d and %d: %w", job.Priority, ahead, n, n-1, err)
	}
	return nil
}
