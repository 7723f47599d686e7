package book_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestExpiry(t *testing.T) {
	t.Parallel()
	f := open(t)
	soon := f.suggest(t, "sora", blackWeek(2026, "2026-10-10", "2026-10-12"))
	late := f.suggest(t, "sora", csat("2027-11-18"))
	held := f.suggest(t, "sora", csat("2027-11-11"))
	if _, err := f.Review(t.Context(), book.Decision{Item: held.Item.ID, By: "minji"}); err != nil {
		t.Fatal(err)
	}
	f.clock.set(day("2026-10-13"))
	if ended, err := f.Expire(t.Context()); err != nil || len(ended) != 1 || ended[0].ID != soon.Item.ID || ended[0].Reason != "past" {
		t.Errorf("%+v %v", ended, err)
	}
	f.clock.set(day("2026-12-01"))
	if ended, err := f.Expire(t.Context()); err != nil || len(ended) != 1 || ended[0].ID != late.Item.ID || ended[0].Reason != "stale" {
		t.Errorf("%+v %v", ended, err)
	}
	if ended, err := f.Expire(t.Context()); err != nil || len(ended) != 0 {
		t.Errorf("again: %+v %v", ended, err)
	}
	if out := f.suggest(t, "sora", csat("2027-11-18")); out.Result != book.Added {
		t.Errorf("an expired one may be suggested again: %+v", out)
	}
}

func TestDueCheck(t *testing.T) {
	t.Parallel()
	start := day("2027-11-18")
	for _, tt := range []struct {
		now, last string
		days      int
	}{
		{"2027-08-19", "", 0}, {"2027-08-20", "", 90}, {"2027-08-20", "2027-08-20", 0}, {"2027-10-18", "2027-08-20", 0},
		{"2027-10-19", "2027-08-20", 30}, {"2027-11-10", "2027-10-19", 0}, {"2027-11-11", "2027-10-19", 7}, {"2027-11-17", "2027-11-11", 1},
		{"2027-11-17", "2027-01-01", 1}, {"2027-11-18", "2027-11-17", 0}, {"2027-11-18", "2027-11-16", 1}, {"2027-11-19", "", 0},
	} {
		last := time.Time{}
		if tt.last != "" {
			last = day(tt.last)
		}
		if n, ok := book.DueCheck(start, last, day(tt.now).Add(9*time.Hour)); n != tt.days || ok != (n > 0) {
			t.Errorf("on %s, last %s: %d, want %d", tt.now, tt.last, n, tt.days)
		}
	}
}

func TestDueTightens(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.approve(t, f.suggest(t, book.System, csat("2027-11-18")).Item.ID)
	due := func(date string) (days int, task book.Task) {
		f.clock.set(day(date))
		tasks, err := f.Due(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			if task.Edition.Event == "kr.csat" && task.Edition.Year == 2027 && task.Missing == nil {
				return task.Days, task
			}
		}
		return 0, book.Task{}
	}
	if n, _ := due("2027-08-01"); n != 0 {
		t.Errorf("too early: %d", n)
	}
	n, task := due("2027-08-21")
	if n != 90 {
		t.Fatalf("%d", n)
	}
	if err := f.Checked(t.Context(), book.System, task.Edition); err != nil {
		t.Fatal(err)
	}
	if n, _ := due("2027-08-21"); n != 0 {
		t.Errorf("checked, and yet due: %d", n)
	}
	if n, _ := due("2027-11-12"); n != 7 {
		t.Errorf("a week before: %d", n)
	}
	// The same dates found again are a check.
	if out := f.suggest(t, book.System, csat("2027-11-18")); out.Result != book.Holds {
		t.Fatal(out)
	}
	if n, _ := due("2027-11-12"); n != 0 {
		t.Errorf("found again, and yet due: %d", n)
	}
}

func TestMissingEditionsAreTasks(t *testing.T) {
	t.Parallel()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	base, err := calendar.Default().With(calendar.Extra{Events: []calendar.Event{{ID: "dalbit.fair", Name: calendar.Names{Ko: "달빛박람회", En: "Dalbit Fair"},
		Market: "KR", Class: calendar.Announced, Expect: &calendar.Expect{From: "12-01", To: "12-20"}}}})
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{t: now}
	b, err := book.Open(t.Context(), s, book.Options{Base: base, Rights: rights, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	missing := func() (found []book.Task) {
		tasks, err := b.Due(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			if task.Missing != nil && task.Missing.Event == "dalbit.fair" {
				found = append(found, task)
			}
		}
		return found
	}
	if got := missing(); len(got) != 1 || len(got[0].Open) != 0 || got[0].Missing.Year != 2026 {
		t.Fatalf("%+v", got)
	}
	out, err := b.Suggest(t.Context(), book.System, book.Proposal{Event: "dalbit.fair", Year: 2026, Start: day("2026-12-03"), End: day("2026-12-06")}, source("https://a.example.com/"))
	if err != nil {
		t.Fatal(err)
	}
	if got := missing(); len(got) != 1 || len(got[0].Open) != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := b.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "minji"}); err != nil {
		t.Fatal(err)
	}
	if got := missing(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.approve(t, f.suggest(t, "sora", csat("2027-11-18")).Item.ID)
	fair := &book.NewEvent{ID: "dalbit.fair", Ko: "달빛박람회", En: "Dalbit Fair", Market: "KR", Class: calendar.Shopping}
	rows := []book.Row{
		{Line: 2, Edition: calendar.Edition{Event: "dalbit.fair", Year: 2026, Start: day("2026-12-03"), End: day("2026-12-06")}, New: fair},
		{Line: 3, Edition: calendar.Edition{Event: "dalbit.fair", Year: 2027, Start: day("2027-12-02"), End: day("2027-12-05")}},
		{Line: 4, Edition: calendar.Edition{Event: "kr.csat", Year: 2027, Start: day("2027-11-18"), End: day("2027-11-18")}},
		{Line: 5, Edition: calendar.Edition{Event: "kr.csat", Start: day("2027-12-02"), End: day("2027-12-02")}},
		{Line: 6, Edition: calendar.Edition{Event: "kr.nothing", Year: 2027, Start: day("2027-12-02"), End: day("2027-12-02")}},
		{Line: 7, Edition: calendar.Edition{Event: "kr.seollal", Year: 2027, Start: day("2027-02-05"), End: day("2027-02-07")}},
	}
	show := func(results []book.RowResult) string {
		var all []string
		for _, r := range results {
			s := fmt.Sprintf("%d %s", r.Line, r.Result)
			if r.Err != nil {
				s += " " + string(r.Err.Code)
			}
			for _, c := range r.Changes {
				s += " " + c.Text("en")
			}
			all = append(all, s)
		}
		return strings.Join(all, "; ")
	}
	want := "2 added; 3 added; 4 holds; 5 added Dates: 2027-11-18 → 2027-12-02; 6  invalid; 7 added Dates: 2027-02-06~2027-02-08 → 2027-02-05~2027-02-07"
	preview, err := f.Preview(t.Context(), "sora", "일정.xlsx", rows)
	if err != nil || show(preview) != want {
		t.Errorf("preview %v\n got %s\nwant %s", err, show(preview), want)
	}
	if counts, _ := f.Counts(t.Context(), "sora"); counts[book.Suggested] != 0 {
		t.Errorf("the preview left %v", counts)
	}
	if err := f.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = f.Import(t.Context(), "sora", "일정.xlsx", rows, true)
	wantCode(t, err, book.CodeForbidden)
	done, err := f.Import(t.Context(), "minji", "일정.xlsx", rows, true)
	want = strings.Replace(want, "7 added", "7 added rule", 1)
	if err != nil || show(done) != want {
		t.Errorf("import %v\n got %s\nwant %s", err, show(done), want)
	}
	for event, start := range map[string]string{"dalbit.fair": "2027-12-02", "kr.csat": "2027-12-02", "kr.seollal": "2027-02-06"} {
		if e, ok := f.edition(t, event, 2027); !ok || !e.Start.Equal(day(start)) {
			t.Errorf("%s: %+v", event, e)
		}
	}
	if again, err := f.Import(t.Context(), "minji", "일정.xlsx", rows[:4], true); err != nil || !strings.HasPrefix(show(again), "2 holds; 3 holds; 4 added") {
		t.Errorf("again: %v %s", err, show(again))
	}
}

// TestRulesMayTakeAName has a confirmed event whose name a newer version of the rules
// has for its own: it costs only itself, and is told.
func TestRulesMayTakeAName(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.approve(t, f.suggest(t, "sora", csat("2027-11-18")).Item.ID)
	lost := f.approve(t, f.suggest(t, "sora", blackWeek(2026, "2026-11-23", "2026-11-29")).Item.ID)
	newer, err := calendar.Default().With(calendar.Extra{Events: []calendar.Event{{ID: "kr.other_week", Name: calendar.Names{Ko: "달빛마켓 블랙위크", En: "Other week"},
		Market: "KR", Class: calendar.Shopping}}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := book.Open(t.Context(), f.store, book.Options{Base: newer, Rights: rights})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c, err := b.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := c.Edition("kr.csat", 2027); !ok || !e.Start.Equal(day("2027-11-18")) {
		t.Errorf("%+v", e)
	}
	problems, err := b.Problems(t.Context())
	if err != nil || len(problems) != 1 || problems[0].Item.ID != lost.ID || !errors.Is(problems[0].Err, calendar.ErrName) {
		t.Errorf("%+v %v", problems, err)
	}
}

// TestImportedFile takes a file through exchange, as people's uploads go.
func TestImportedFile(t *testing.T) {
	t.Parallel()
	f := open(t)
	text := "name,start,end\n달빛박람회 2026,2026-12-03,2026-12-06\n수능,2027-11-18,2027-11-18\n설날,2027-02-05,2027-02-07\n크리스마스,2026-12-25,2026-12-25\n"
	file, err := exchange.Read("일정.csv", strings.NewReader(text), exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	preview := exchange.Compare(c, file)
	rows := book.Rows(preview)
	if len(rows) != 2 || len(preview.Refused) != 1 {
		t.Fatalf("%+v refused %+v", rows, preview.Refused)
	}
	results, err := f.Import(t.Context(), "minji", "일정.csv", rows, true)
	if err != nil || results[0].Err != nil || results[1].Err != nil {
		t.Fatal(results, err)
	}
	e, ok := f.edition(t, "kr.csat", 2027)
	if !ok || e.ConfirmedBy != "minji" || e.Source != "일정.csv" {
		t.Errorf("%+v", e)
	}
	if c, err = f.Calendar(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Find("달빛박람회"); !ok {
		t.Error("the new event is not known by its name")
	}
}

func TestQueuePages(t *testing.T) {
	t.Parallel()
	f := open(t)
	for i := range 12 {
		f.suggest(t, "sora", csat(day("2027-11-01").AddDate(0, 0, i).Format(time.DateOnly)))
	}
	seen, after := 0, ""
	for {
		items, more, err := f.Queue(t.Context(), "reader", book.Filter{States: []book.State{book.Suggested}, Event: "kr.csat", After: after, Max: 5})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range items {
			if want := day("2027-11-01").AddDate(0, 0, seen); !it.Proposal.Start.Equal(want) {
				t.Errorf("%v, want %v", it.Proposal.Start, want)
			}
			seen++
			after = it.ID
		}
		if !more {
			break
		}
	}
	if seen != 12 {
		t.Errorf("%d items", seen)
	}
}

// TestAnotherProcessIsSeen has a second book on the same store, which learns of a change
// through the store alone.
func TestAnotherProcessIsSeen(t *testing.T) {
	t.Parallel()
	f := open(t)
	other := reopen(t, f.store)
	before, err := other.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := other.Calendar(t.Context()); again != before {
		t.Error("rebuilt without a change")
	}
	changed := f.store.Listen(t.Context(), book.Topic)
	f.approve(t, f.suggest(t, "sora", csat("2027-11-18")).Item.ID)
	<-changed
	deadline := time.Now().Add(time.Minute)
	for {
		if _, ok := other.edition(t, "kr.csat", 2027); ok {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the other process did not see it")
		}
		<-time.After(time.Millisecond)
	}
	if _, ok := before.Edition("kr.csat", 2027); ok {
		t.Error("a snapshot changed under its reader")
	}
}

// TestAnyHistoryReplays does random things and shows that the log alone gives what is
// kept, and that at most one item is confirmed for an edition.
func TestAnyHistoryReplays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			f := open(t)
			r := rand.New(rand.NewPCG(seed, 7))
			var ids []string
			for range 100 {
				f.clock.set(f.clock.now().Add(time.Duration(r.IntN(50)) * time.Hour))
				if len(ids) == 0 || r.IntN(3) == 0 {
					p := csat(day("2027-11-01").AddDate(0, 0, r.IntN(6)).Format(time.DateOnly))
					if r.IntN(3) == 0 {
						p = blackWeek(2026+r.IntN(2), "2027-05-01", "2027-05-07")
					}
					out, err := f.Suggest(t.Context(), "sora", p, source(fmt.Sprintf("https://%d.example.com/", r.IntN(9))))
					if err != nil {
						t.Fatal(err)
					}
					if out.Result == book.Added {
						ids = append(ids, out.Item.ID)
					}
					continue
				}
				act(t, f, r, ids[r.IntN(len(ids))], ids[r.IntN(len(ids))])
			}
			if err := f.Verify(t.Context()); err != nil {
				t.Fatal(err)
			}
			items, _, err := f.Queue(t.Context(), "reader", book.Filter{States: []book.State{book.Confirmed}, Max: 1000})
			if err != nil {
				t.Fatal(err)
			}
			slots := map[string]bool{}
			for _, it := range items {
				key := it.Proposal.Event + it.Proposal.Label
				if slots[key] {
					t.Errorf("%s is confirmed twice", key)
				}
				slots[key] = true
				if e, ok := f.edition(t, it.Proposal.Event, it.Proposal.Year); !ok || !e.Start.Equal(it.Proposal.Start) {
					t.Errorf("%s: the calendar has %v, the book %v", key, e.Start, it.Proposal.Start)
				}
			}
		})
	}
}

// act does one thing as a curator; that it is refused is part of the game.
func act(t *testing.T, f fixture, r *rand.Rand, id, other string) {
	t.Helper()
	d := book.Decision{Item: id, By: []string{"minji", "jiho"}[r.IntN(2)], Reason: "r"}
	var err error
	switch r.IntN(9) {
	case 0, 1:
		_, err = f.Approve(t.Context(), d)
	case 2:
		_, err = f.Reject(t.Context(), d)
	case 3:
		_, err = f.Review(t.Context(), d)
	case 4:
		_, err = f.Amend(t.Context(), d, csat(day("2027-11-01").AddDate(0, 0, r.IntN(9)).Format(time.DateOnly)))
	case 5:
		_, err = f.Merge(t.Context(), d, other)
	case 6:
		_, err = f.Reopen(t.Context(), d)
	case 7:
		_, err = f.Cancel(t.Context(), d)
	case 8:
		_, err = f.Expire(t.Context())
	}
	if err != nil && book.CodeOf(err) == "" {
		t.Fatal(err)
	}
}

func TestEveryErrorHasItsSentence(t *testing.T) {
	t.Parallel()
	for _, code := range []book.Code{book.CodeForbidden, book.CodeNotFound, book.CodeTaken, book.CodeChanged, book.CodeInvalid, book.CodeRule,
		book.CodeNoSource, book.CodeNoReason, book.CodeNotMerged} {
		e := &book.Error{Code: code, By: "민지", Detail: "2027-02-06"}
		if ko, en := e.Text("ko"), e.Text("en"); ko == en || strings.ContainsAny(ko+en, "{}") || ko == string(code) {
			t.Errorf("%s: %q %q", code, ko, en)
		}
	}
	for _, state := range []book.State{book.Suggested, book.InReview, book.Confirmed, book.Rejected, book.Superseded, book.Expired} {
		e := &book.Error{Code: book.CodeSettled, State: state, By: "민지", At: now}
		if ko, en := e.Text("ko"), e.Text("en"); ko == en || strings.ContainsAny(ko+en, "{}") || ko == "settled" {
			t.Errorf("%s: %q %q", state, ko, en)
		}
	}
}
