package book_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/store"
)

const (
	log   = "calendarlog" // as the book keeps it
	items = "calendaritem"
)

// change runs fn on what is stored, as nobody should.
func (f fixture) change(t *testing.T, fn func(tx store.Tx) error) {
	t.Helper()
	if err := f.store.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// TestADamagedLogIsFound also where what follows from it would look the same.
func TestADamagedLogIsFound(t *testing.T) {
	t.Parallel()
	record := func(tx store.Tx, seq int, change func(map[string]any)) error {
		key := fmt.Sprintf("%016x", seq)
		text, err := tx.Get(log, key)
		if err != nil {
			return err
		}
		var r map[string]any
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		change(r)
		if text, err = json.Marshal(r); err != nil {
			return err
		}
		return tx.Put(log, key, text)
	}
	for name, damage := range map[string]func(tx store.Tx) error{
		"a record is gone":      func(tx store.Tx) error { return tx.Delete(log, fmt.Sprintf("%016x", 2)) },
		"the last is gone":      func(tx store.Tx) error { return tx.Delete(log, fmt.Sprintf("%016x", 4)) },
		"a number is another's": func(tx store.Tx) error { return record(tx, 2, func(r map[string]any) { r["seq"] = 3 }) },
		"no proposal":           func(tx store.Tx) error { return record(tx, 1, func(r map[string]any) { delete(r, "proposal") }) },
		"another day": func(tx store.Tx) error {
			return record(tx, 1, func(r map[string]any) { r["proposal"].(map[string]any)["start"] = "2027-11-11T00:00:00Z" })
		},
		"another person":          func(tx store.Tx) error { return record(tx, 3, func(r map[string]any) { r["by"] = "mallory" }) },
		"a verb of nobody":        func(tx store.Tx) error { return record(tx, 3, func(r map[string]any) { r["do"] = "vanish" }) },
		"no JSON":                 func(tx store.Tx) error { return tx.Put(log, fmt.Sprintf("%016x", 3), []byte("{")) },
		"an item without trail":   func(tx store.Tx) error { return tx.Put(items, "c1", []byte("{}")) },
		"an item of nobody":       func(tx store.Tx) error { return tx.Put(items, "c9", []byte(`{"ID":"c9","Trail":[9]}`)) },
		"a record of a later one": func(tx store.Tx) error { return record(tx, 3, func(r map[string]any) { r["item"] = "c4" }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			first := f.suggest(t, book.System, csat("2027-11-18"))                                            // 1
			f.suggest(t, book.System, csat("2027-11-18"), source("https://news.example.co.kr/2"))             // 2
			if _, err := f.Review(t.Context(), book.Decision{Item: first.Item.ID, By: "minji"}); err != nil { // 3
				t.Fatal(err)
			}
			f.suggest(t, book.System, csat("2027-11-11")) // 4
			if err := f.Verify(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.change(t, damage)
			if err := f.Verify(t.Context()); err == nil {
				t.Error("nothing was found")
			}
			// Reading goes on, or says why not.
			_, _, err := f.Queue(t.Context(), "reader", book.Filter{})
			t.Logf("queue: %v", err)
		})
	}
}

func TestDatesThatChangeWithEveryVisitDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	f := open(t)
	added := 0
	for i := range 60 {
		p := csat(fmt.Sprintf("2027-%02d-%02d", 10+i/28%3, i%28+1))
		out, err := f.Suggest(t.Context(), book.System, p, source("https://evil.example.com/"))
		if err == nil && out.Result == book.Added {
			added++
		} else if book.CodeOf(err) != book.CodeInvalid {
			t.Fatal(err)
		}
	}
	if added != 30 {
		t.Errorf("%d are open", added)
	}
	if out := f.suggest(t, "sora", csat("2027-12-20")); out.Result != book.Added {
		t.Errorf("a person's: %+v", out)
	}
}

func TestNobodySpeaksForAnOfficialFeed(t *testing.T) {
	t.Parallel()
	f := open(t)
	s := source("https://news.example.co.kr/1")
	s.Origin = book.FromFeed
	_, err := f.Suggest(t.Context(), "sora", csat("2027-11-18"), s)
	if book.CodeOf(err) != book.CodeInvalid || !strings.Contains(err.Error(), "feed") {
		t.Errorf("got %v", err)
	}
}
