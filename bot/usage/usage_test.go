package usage_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/usage"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

func open(t *testing.T) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func read(t *testing.T, s store.Store, from, to time.Time) (rows *usage.Rows) {
	t.Helper()
	err := s.View(t.Context(), func(tx store.ReadTx) (err error) {
		rows, err = usage.Read(tx, from, to)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func update(t *testing.T, s store.Store, fn func(tx store.Tx) error) {
	t.Helper()
	if err := s.Update(context.WithoutCancel(t.Context()), fn); err != nil {
		t.Fatal(err)
	}
}

// TestWritingTwiceIsWritingOnce ends the same things again, as a job does that is taken
// again, with what changed in between.
func TestWritingTwiceIsWritingOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	q := usage.Question{ID: "01ABCD7F3A", Asked: monday, Person: "p", Text: "매출", Outcome: usage.Answered, Rung: "compose"}
	for _, good := range []int{0, 0, 1} {
		q.Good = good
		update(t, s, func(tx store.Tx) error {
			return errors.Join(usage.PutQuestion(tx, q), usage.PutIssue(tx, "d-1/2026-11-16T09:00", monday, usage.Issue{Kind: "report", Sent: good + 1}),
				usage.PutRendered(tx, "k", monday, usage.Spent{Calls: 2, InputTokens: 10}), usage.PutRendered(tx, "free", monday, usage.Spent{}))
		})
	}
	rows := read(t, s, monday.Add(-time.Second), monday.Add(time.Second))
	if want := []usage.Question{q}; !reflect.DeepEqual(rows.Questions, want) {
		t.Errorf("questions %+v, want %+v", rows.Questions, want)
	}
	if want := []usage.Issue{{Kind: "report", Sent: 2}}; !reflect.DeepEqual(rows.Issues, want) {
		t.Errorf("issues %+v", rows.Issues)
	}
	if rows.Rendered != (usage.Spent{Calls: 2, InputTokens: 10}) {
		t.Errorf("rendered %+v", rows.Rendered)
	}
	if n := q.Number(); n != "q-7f3a" {
		t.Errorf("number %s", n)
	}
}

// TestAStretchHasItsOwnRows reads up to an instant, and not that instant.
func TestAStretchHasItsOwnRows(t *testing.T) {
	t.Parallel()
	s := open(t)
	var begun time.Time
	for i, at := range []time.Time{monday, monday.Add(time.Hour), monday.Add(2 * time.Hour)} {
		update(t, s, func(tx store.Tx) error {
			return usage.PutQuestion(tx, usage.Question{ID: string(rune('a' + i)), Asked: at, Outcome: usage.Answered})
		})
	}
	rows := read(t, s, monday, monday.Add(2*time.Hour))
	var ids []string
	for _, q := range rows.Questions {
		ids = append(ids, q.ID)
	}
	if !slices.Equal(ids, []string{"a", "b"}) {
		t.Errorf("rows %v", ids)
	}
	if err := s.View(t.Context(), func(tx store.ReadTx) (err error) { begun, err = usage.Since(tx); return err }); err != nil || !begun.Equal(monday) {
		t.Errorf("rows are kept since %v, %v", begun, err)
	}
}

// TestNothingOfADirectMessageIsKept writes what was asked alone.
func TestNothingOfADirectMessageIsKept(t *testing.T) {
	t.Parallel()
	s := open(t)
	update(t, s, func(tx store.Tx) error {
		return usage.PutQuestion(tx, usage.Question{ID: "a", Asked: monday, Direct: true, Channel: "D1", Text: "내 연봉", Unknown: []string{"연봉"}, Outcome: usage.Declined})
	})
	err := s.View(t.Context(), func(tx store.ReadTx) error {
		return tx.Scan("usage", store.Range{}, func(_ string, value []byte) bool {
			if strings.Contains(string(value), "연봉") || strings.Contains(string(value), "D1") {
				t.Errorf("kept %s", value)
			}
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPseudonyms are equal for the same person in a store, and in no other.
func TestPseudonyms(t *testing.T) {
	t.Parallel()
	of := func(s store.Store, who string) (name string) {
		update(t, s, func(tx store.Tx) (err error) { name, err = usage.Pseudonym(tx, who); return err })
		return name
	}
	one, other := open(t), open(t)
	a, again, b, elsewhere := of(one, "kim@acme.example"), of(one, "kim@acme.example"), of(one, "lee@acme.example"), of(other, "kim@acme.example")
	if a != again || a == b || a == elsewhere || strings.Contains(a, "kim") {
		t.Errorf("%s %s %s %s", a, again, b, elsewhere)
	}
}

// TestOldRowsGo has rows of long ago removed, and no others.
func TestOldRowsGo(t *testing.T) {
	t.Parallel()
	s := open(t)
	old := monday.Add(-usage.Keep - 24*time.Hour)
	put := func(id string, at time.Time) {
		update(t, s, func(tx store.Tx) error {
			return usage.PutQuestion(tx, usage.Question{ID: id, Asked: at, Outcome: usage.Answered})
		})
	}
	for i := range 5 {
		put(string(rune('a'+i)), old)
	}
	put("x", monday)
	put("y", monday)
	if err := usage.Forget(t.Context(), s, monday); err != nil {
		t.Fatal(err)
	}
	if rows := read(t, s, old.Add(-time.Hour), monday.Add(time.Hour)); len(rows.Questions) != 2 {
		t.Errorf("%d rows are left", len(rows.Questions))
	}
}
