package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/store"
)

func transactionTests() map[string]func(t *testing.T, s Subject) {
	return map[string]func(t *testing.T, s Subject){
		"a failure leaves no trace":       failureLeavesNoTrace,
		"failures do not touch others":    failuresAreAlone,
		"a panic reaches its caller":      panicReachesCaller,
		"updates are serialised":          updatesAreSerialised,
		"who refuses saw what lasts":      refusalsAreDurable,
		"a view is one moment":            viewIsOneMoment,
		"an ended context writes nothing": endedContext,
		"a transaction ends":              transactionEnds,
		"listeners are woken":             listenersAreWoken,
		"listening ends":                  listeningEnds,
	}
}

var errOnPurpose = errors.New("on purpose")

// refusalsAreDurable has two people take the same thing at once, again and again. Whoever
// comes too late finds, as soon as they are told so, who has it.
func refusalsAreDurable(t *testing.T, s Subject) {
	for round := range 100 {
		key := strconv.Itoa(round)
		var both sync.WaitGroup
		for who := range 8 {
			both.Go(func() {
				err := s.Update(t.Context(), func(tx store.Tx) error {
					if _, err := tx.Get("taken", key); !errors.Is(err, store.ErrNotFound) {
						return errors.Join(errOnPurpose, err)
					}
					return tx.Put("taken", key, []byte(strconv.Itoa(who)))
				})
				if !errors.Is(err, errOnPurpose) {
					must(t, err)
					return
				}
				must(t, s.View(t.Context(), func(tx store.ReadTx) error {
					if _, err := tx.Get("taken", key); err != nil {
						t.Errorf("round %d: told that it is taken, and it is not: %v", round, err)
					}
					return nil
				}))
			})
		}
		both.Wait()
	}
}

func failureLeavesNoTrace(t *testing.T, s Subject) {
	put(t, s, "note", "kept", "old", "deleted", "old")
	woken := s.Listen(t.Context(), "topic")
	var id string
	err := s.Update(t.Context(), func(tx store.Tx) error {
		must(t, errors.Join(tx.Put("note", "kept", []byte("new")), tx.Delete("note", "deleted"), tx.Put("note", "more", nil)))
		var err error
		id, _, err = tx.Enqueue(store.NewJob{Kind: "ask", Owner: "u", Unique: "key"})
		must(t, err)
		tx.Notify("topic")
		return errOnPurpose
	})
	wantError(t, err, errOnPurpose)
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		wantList(t, keys(t, tx, "note", store.Range{}), "deleted", "kept")
		return nil
	}))
	if got := get(t, s, "note", "kept"); got != "old" {
		t.Errorf("document is %q", got)
	}
	_, _, err = s.Peek(t.Context(), id)
	wantError(t, err, store.ErrNotFound)
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		id, added, err := tx.Enqueue(store.NewJob{Kind: "ask", Owner: "u", Unique: "key"})
		if !added {
			t.Errorf("unique key is still taken by %s", id)
		}
		return err
	}))
	select {
	case <-woken:
		t.Error("listener was woken")
	default:
	}
}

func failuresAreAlone(t *testing.T, s Subject) {
	var all sync.WaitGroup
	const n = 60
	for i := range n {
		all.Go(func() {
			err := s.Update(t.Context(), func(tx store.Tx) error {
				key := strconv.Itoa(i)
				if err := errors.Join(tx.Put("note", key, nil), tx.Put("note", "last", []byte(key))); err != nil {
					return err
				}
				if _, _, err := tx.Enqueue(ask("owner", "")); err != nil {
					return err
				}
				if i%3 == 0 {
					return errOnPurpose
				}
				return nil
			})
			if (i%3 == 0) != errors.Is(err, errOnPurpose) || (i%3 != 0 && err != nil) {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	all.Wait()
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		if got := keys(t, tx, "note", store.Range{}); len(got) != n-n/3+1 {
			t.Errorf("%d documents: %q", len(got), got)
		}
		return nil
	}))
	if last, err := strconv.Atoi(get(t, s, "note", "last")); err != nil || last%3 == 0 {
		t.Errorf("last is %d, of an update that failed (%v)", last, err)
	}
	id := enqueue(t, s, ask("owner", ""))[0]
	if job := peek(t, s, id); job.Priority != n-n/3+1 {
		t.Errorf("priority %d counts jobs that were never added", job.Priority)
	}
}

func panicReachesCaller(t *testing.T, s Subject) {
	func() {
		defer func() {
			if p := recover(); p != "oops" {
				t.Errorf("recovered %v", p)
			}
		}()
		_ = s.Update(t.Context(), func(tx store.Tx) error {
			must(t, tx.Put("note", "a", nil))
			panic("oops")
		})
	}()
	put(t, s, "note", "b", "")
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		wantList(t, keys(t, tx, "note", store.Range{}), "b")
		return nil
	}))
}

func updatesAreSerialised(t *testing.T, s Subject) {
	put(t, s, "note", "n", "0")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 10 {
				err := s.Update(t.Context(), func(tx store.Tx) error {
					value, err := tx.Get("note", "n")
					if err != nil {
						return err
					}
					n, err := strconv.Atoi(string(value))
					if err != nil {
						return err
					}
					return tx.Put("note", "n", []byte(strconv.Itoa(n+1)))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := get(t, s, "note", "n"); got != "160" {
		t.Errorf("counted to %s of 160", got)
	}
}

func viewIsOneMoment(t *testing.T, s Subject) {
	put(t, s, "note", "a", "0", "b", "0")
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 1; ctx.Err() == nil; i++ {
			_ = s.Update(ctx, func(tx store.Tx) error {
				v := []byte(strconv.Itoa(i))
				return errors.Join(tx.Put("note", "a", v), tx.Put("note", "b", v))
			})
		}
	})
	for range 200 {
		must(t, s.View(t.Context(), func(tx store.ReadTx) error {
			a, errA := tx.Get("note", "a")
			b, errB := tx.Get("note", "b")
			if string(a) != string(b) {
				t.Errorf("saw %s and %s", a, b)
			}
			return errors.Join(errA, errB)
		}))
	}
	stop()
	writer.Wait()
}

func endedContext(t *testing.T, s Subject) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Update(ctx, func(tx store.Tx) error { return tx.Put("note", "a", nil) })
	wantError(t, err, context.Canceled)
	wantError(t, s.View(ctx, func(store.ReadTx) error { return nil }), context.Canceled)
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		wantList(t, keys(t, tx, "note", store.Range{}))
		return nil
	}))
}

func transactionEnds(t *testing.T, s Subject) {
	var kept store.Tx
	must(t, s.Update(t.Context(), func(tx store.Tx) error { kept = tx; return tx.Put("note", "a", nil) }))
	if err := kept.Put("note", "b", nil); err == nil {
		t.Error("put after the end was accepted")
	}
	if _, err := kept.Get("note", "a"); err == nil {
		t.Error("get after the end was accepted")
	}
	if err := kept.Scan("note", store.Range{}, func(string, []byte) bool { return true }); err == nil {
		t.Error("scan after the end was accepted")
	}
	if _, _, err := kept.Enqueue(ask("u", "")); err == nil {
		t.Error("enqueue after the end was accepted")
	}
}

func listenersAreWoken(t *testing.T, s Subject) {
	one, two := s.Listen(t.Context(), "one"), s.Listen(t.Context(), "one")
	other := s.Listen(t.Context(), "other")
	for i := range 5 {
		must(t, s.Update(t.Context(), func(tx store.Tx) error {
			tx.Notify("one")
			return tx.Put("note", fmt.Sprint(i), nil)
		}))
	}
	receive(t, one, "value")
	receive(t, two, "value")
	must(t, s.Update(t.Context(), func(tx store.Tx) error { tx.Notify("one"); return nil }))
	receive(t, one, "value after the first")
	select {
	case <-other:
		t.Error("listener of another topic was woken")
	default:
	}
}

func listeningEnds(t *testing.T, s Subject) {
	ctx, cancel := context.WithCancel(t.Context())
	c := s.Listen(ctx, "topic")
	cancel()
	if _, open := <-c; open {
		t.Error("received a value")
	}
	must(t, s.Update(t.Context(), func(tx store.Tx) error { tx.Notify("topic"); return nil }))
}
