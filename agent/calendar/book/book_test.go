package book_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is when tests take place, unless their clock moves.
var now = time.Date(2026, 10, 1, 1, 0, 0, 0, time.UTC)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// clock can be set while others read it.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// rights: minji and jiho are curators, sora suggests, everybody else reads.
func rights(_ context.Context, who string) (book.Role, error) {
	switch who {
	case "minji", "jiho":
		return book.Curator, nil
	case "sora":
		return book.Suggester, nil
	case "broken":
		return 0, errors.New("no directory")
	case "stranger":
		return book.Nobody, nil
	}
	return book.Viewer, nil
}

type fixture struct {
	*book.Book
	store *bolt.Store
	clock *clock
}

func open(t testing.TB) fixture {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return reopen(t, s)
}

func reopen(t testing.TB, s *bolt.Store) fixture {
	t.Helper()
	c := &clock{t: now}
	b, err := book.Open(t.Context(), s, book.Options{Rights: rights, Now: c.now, Zone: time.FixedZone("KST", 9*3600), Organisers: func(event string) []string {
		if event == "kr.csat" {
			return []string{"suneung.re.kr"}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return fixture{b, s, c}
}

func source(url string) book.Source {
	return book.Source{Origin: book.FromText, URL: url, Title: "시행 공고", Quote: "2027년 11월 18일(목)", Sentence: "수능은 2027년 11월 18일(목)에 치릅니다.",
		RetrievedAt: now, Checked: true}
}

// csat proposes the 수능 of 2027, which nobody announced in these tests' rules.
func csat(date string) book.Proposal {
	return book.Proposal{Event: "kr.csat", Year: 2027, Start: day(date)}
}

func blackWeek(year int, from, to string) book.Proposal {
	return book.Proposal{New: &book.NewEvent{ID: "dalbit.black_week", Ko: "달빛마켓 블랙위크", En: "Dalbit Black Week", Market: "KR", Class: calendar.Shopping},
		Year: year, Start: day(from), End: day(to)}
}

func (f fixture) suggest(t testing.TB, who string, p book.Proposal, sources ...book.Source) book.Outcome {
	t.Helper()
	if len(sources) == 0 {
		sources = []book.Source{source("https://blog.example.com/1")}
	}
	out, err := f.Suggest(t.Context(), who, p, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f fixture) approve(t testing.TB, id string) book.Item {
	t.Helper()
	it, err := f.Approve(t.Context(), book.Decision{Item: id, By: "minji"})
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func (f fixture) edition(t testing.TB, event string, year int) (calendar.Edition, bool) {
	t.Helper()
	c, err := f.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Edition(event, year)
}

func failure(t testing.TB, err error, code book.Code) *book.Error {
	t.Helper()
	var e *book.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want %s", err, code)
	}
	return e
}

func wantCode(t testing.TB, err error, code book.Code) {
	t.Helper()
	if book.CodeOf(err) != code {
		t.Fatalf("error %v, want %s", err, code)
	}
}

func TestOnlyAPersonConfirms(t *testing.T) {
	t.Parallel()
	f := open(t)
	out := f.suggest(t, book.System, csat("2027-11-18"))
	if out.Result != book.Added || out.Item.State != book.Suggested {
		t.Fatalf("%+v", out)
	}
	if _, ok := f.edition(t, "kr.csat", 2027); ok {
		t.Fatal("a suggestion is in the calendar")
	}
	for _, who := range []string{book.System, "sora", "reader", "stranger", ""} {
		_, err := f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: who})
		wantCode(t, err, book.CodeForbidden)
	}
	if _, err := f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "broken"}); err == nil || book.CodeOf(err) != "" {
		t.Errorf("broken directory: %v", err)
	}
	it := f.approve(t, out.Item.ID)
	e, ok := f.edition(t, "kr.csat", 2027)
	if !ok || !e.Start.Equal(day("2027-11-18")) || e.Status != calendar.Confirmed || e.ConfirmedBy != "minji" || e.URL != "https://blog.example.com/1" ||
		e.Quote != "2027년 11월 18일(목)" || e.ConfirmedAt.IsZero() || e.RetrievedAt.IsZero() {
		t.Errorf("%+v", e)
	}
	if it.State != book.Confirmed || len(it.Trail) != 2 {
		t.Errorf("%+v", it)
	}
	if _, err := f.Suggest(t.Context(), "reader", csat("2027-11-11")); book.CodeOf(err) != book.CodeForbidden {
		t.Errorf("a reader suggested: %v", err)
	}
	if _, _, err := f.Queue(t.Context(), "stranger", book.Filter{}); book.CodeOf(err) != book.CodeForbidden {
		t.Errorf("a stranger read: %v", err)
	}
}

func TestSecondCuratorIsTold(t *testing.T) {
	t.Parallel()
	f := open(t)
	out := f.suggest(t, book.System, csat("2027-11-18"))
	d := book.Decision{Item: out.Item.ID, Seen: out.Item.Version}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, who := range []string{"minji", "jiho"} {
		wg.Go(func() {
			d := d
			d.By = who
			_, errs[i] = f.Approve(t.Context(), d)
		})
	}
	wg.Wait()
	first, second := "minji", errs[1]
	if errs[0] != nil {
		first, second = "jiho", errs[0]
	}
	e := failure(t, second, book.CodeSettled)
	if errors.Join(errs...).Error() != second.Error() || e.By != first || e.State != book.Confirmed {
		t.Errorf("%+v, %v", e, errs)
	}
	if ko := e.Text("ko"); ko != "이미 "+first+" 님이 승인했습니다(2026-10-01 10:00)." {
		t.Error(ko)
	}
	_, err := f.Reject(t.Context(), book.Decision{Item: out.Item.ID, By: "jiho"})
	wantCode(t, err, book.CodeSettled)
}

func TestReviewIsTaken(t *testing.T) {
	t.Parallel()
	f := open(t)
	out := f.suggest(t, book.System, csat("2027-11-18"))
	shown := out.Item.Version
	if _, err := f.Review(t.Context(), book.Decision{Item: out.Item.ID, By: "minji"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Review(t.Context(), book.Decision{Item: out.Item.ID, By: "minji"}); err != nil {
		t.Errorf("again: %v", err)
	}
	_, err := f.Review(t.Context(), book.Decision{Item: out.Item.ID, By: "jiho"})
	if e := failure(t, err, book.CodeTaken); e.By != "minji" || e.Text("en") != "minji is already reviewing it." {
		t.Errorf("%+v", e)
	}
	// The older card's button means the same for who took it, not for another.
	_, err = f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "jiho", Seen: shown})
	wantCode(t, err, book.CodeChanged)
	if _, err := f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "minji", Seen: shown}); err != nil {
		t.Error(err)
	}
}

func TestAmendedItemIsShownAgain(t *testing.T) {
	t.Parallel()
	f := open(t)
	out := f.suggest(t, book.System, csat("2027-11-18"))
	amended, err := f.Amend(t.Context(), book.Decision{Item: out.Item.ID, By: "minji", Seen: out.Item.Version}, csat("2027-11-11"))
	if err != nil {
		t.Fatal(err)
	}
	if amended.AmendedBy != "minji" || amended.State != book.InReview {
		t.Errorf("%+v", amended)
	}
	_, err = f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "jiho", Seen: out.Item.Version})
	wantCode(t, err, book.CodeChanged)
	_, err = f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "minji", Seen: out.Item.Version})
	wantCode(t, err, book.CodeChanged)
	card, err := f.Card(t.Context(), "jiho", out.Item.ID)
	if err != nil {
		t.Fatal(err)
	}
	if card.Ready {
		t.Error("the sources do not give the amended dates")
	}
	if _, err = f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "jiho", Seen: amended.Version}); err != nil {
		t.Fatal(err)
	}
	if e, _ := f.edition(t, "kr.csat", 2027); !e.Start.Equal(day("2027-11-11")) {
		t.Errorf("%+v", e)
	}
	trail, err := f.Trail(t.Context(), "reader", "kr.csat", "KR", "2027")
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, r := range trail {
		did = append(did, r.By+" "+string(r.Do))
	}
	if got := strings.Join(did, ", "); got != "system suggest, minji amend, jiho confirm" {
		t.Error(got)
	}
}

func TestRejectedStaysSilent(t *testing.T) {
	t.Parallel()
	f := open(t)
	out := f.suggest(t, book.System, csat("2027-11-18"))
	if _, err := f.Reject(t.Context(), book.Decision{Item: out.Item.ID, By: "minji", Reason: "블로그의 오타"}); err != nil {
		t.Fatal(err)
	}
	again := f.suggest(t, book.System, csat("2027-11-18"), source("https://other.example.org/"))
	if again.Result != book.Refused || again.Item.ID != out.Item.ID || again.Item.Reason != "블로그의 오타" {
		t.Fatalf("%+v", again)
	}
	if counts, err := f.Counts(t.Context(), "reader"); err != nil || counts[book.Rejected] != 1 || len(counts) != 1 {
		t.Errorf("%v %v", counts, err)
	}
	if other := f.suggest(t, book.System, csat("2027-11-11")); other.Result != book.Added {
		t.Errorf("a different date: %+v", other)
	}
	if _, err := f.Reopen(t.Context(), book.Decision{Item: out.Item.ID, By: "jiho"}); err != nil {
		t.Fatal(err)
	}
	if third := f.suggest(t, book.System, csat("2027-11-18"), source("https://third.example.net/")); third.Result != book.Supported {
		t.Errorf("after reopening: %+v", third)
	}
	_, err := f.Reopen(t.Context(), book.Decision{Item: out.Item.ID, By: "jiho"})
	wantCode(t, err, book.CodeSettled)
}

func TestSameDatesGatherSources(t *testing.T) {
	t.Parallel()
	f := open(t)
	first := f.suggest(t, book.System, csat("2027-11-18"))
	if out := f.suggest(t, book.System, csat("2027-11-18")); out.Result != book.Known || out.Item.Version != first.Item.Version {
		t.Errorf("the same source: %+v", out)
	}
	second := source("https://news.example.co.kr/2")
	second.Sentence = "내년 수능일은 2027년 11월 18일(목)로 정해졌다."
	out := f.suggest(t, "sora", csat("2027-11-18"), second)
	if out.Result != book.Supported || len(out.Item.Sources) != 2 || out.Item.ID != first.Item.ID {
		t.Errorf("another source: %+v", out)
	}
	card, err := f.Card(t.Context(), "reader", first.Item.ID)
	if err != nil || !card.Ready || len(card.Doubts) != 0 || card.Title.Ko != "수능" || card.Now != nil {
		t.Errorf("card %+v, %v", card, err)
	}
	f.approve(t, first.Item.ID)
	if out := f.suggest(t, book.System, csat("2027-11-18"), source("https://third.example.net/")); out.Result != book.Holds || out.Item.State != book.Confirmed || len(out.Item.Sources) != 3 {
		t.Errorf("when confirmed: %+v", out)
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	f := open(t)
	own := f.suggest(t, book.System, csat("2027-11-18"), source("https://www.suneung.re.kr/plan"))
	card, err := f.Card(t.Context(), "reader", own.Item.ID)
	if err != nil || !card.Ready {
		t.Errorf("the organiser's page: %+v, %v", card, err)
	}
	// Somebody else says otherwise: neither is ready any more.
	doubtful := source("https://blog.example.com/2")
	doubtful.Doubts = []extract.Doubt{{Code: extract.DoubtWeekday, Detail: "2027-11-11 = Thu"}}
	other := f.suggest(t, book.System, csat("2027-11-11"), doubtful)
	for _, id := range []string{own.Item.ID, other.Item.ID} {
		card, err := f.Card(t.Context(), "reader", id)
		if err != nil || card.Ready {
			t.Errorf("%s: %+v, %v", id, card, err)
		}
		if len(card.Alike) != 1 || card.Alike[0].Why != book.SameEdition || card.Doubts[len(card.Doubts)-1].Code == "" {
			t.Errorf("%s: alike %+v", id, card.Alike)
		}
	}
}

func TestMovedEditionRemembers(t *testing.T) {
	t.Parallel()
	f := open(t)
	first := f.suggest(t, book.System, csat("2027-11-18"))
	f.approve(t, first.Item.ID)
	moved := f.suggest(t, book.System, csat("2027-12-02"), source("https://www.suneung.re.kr/moved"))
	card, err := f.Card(t.Context(), "minji", moved.Item.ID)
	if err != nil || len(card.Changes) != 1 || card.Changes[0].Text("ko") != "날짜: 2027-11-18 → 2027-12-02" {
		t.Fatalf("%+v %v", card, err)
	}
	f.approve(t, moved.Item.ID)
	e, _ := f.edition(t, "kr.csat", 2027)
	if !e.Start.Equal(day("2027-12-02")) || !e.Moved() || !e.PreviousStart.Equal(day("2027-11-18")) || e.Status != calendar.Confirmed {
		t.Errorf("%+v", e)
	}
	old, err := f.Item(t.Context(), "reader", first.Item.ID)
	if err != nil || old.State != book.Superseded || old.ReplacedBy != moved.Item.ID {
		t.Errorf("%+v %v", old, err)
	}
	again := f.suggest(t, book.System, csat("2027-12-09"))
	it := f.approve(t, again.Item.ID)
	if len(it.Previous) != 2 || it.Replaces != moved.Item.ID {
		t.Errorf("%+v", it)
	}
	// The rules' own row of 2026 may be moved too.
	p := csat("2026-12-03")
	p.Year = 2026
	f.approve(t, f.suggest(t, book.System, p).Item.ID)
	if e, _ := f.edition(t, "kr.csat", 2026); !e.PreviousStart.Equal(day("2026-11-19")) || !e.Start.Equal(day("2026-12-03")) {
		t.Errorf("%+v", e)
	}
	if err := f.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	f := open(t)
	it := f.approve(t, f.suggest(t, book.System, csat("2027-11-18")).Item.ID)
	_, err := f.Cancel(t.Context(), book.Decision{Item: it.ID, By: "minji"})
	wantCode(t, err, book.CodeNoReason)
	gone, err := f.Cancel(t.Context(), book.Decision{Item: it.ID, By: "minji", Reason: "주최 측이 취소했다", Seen: it.Version})
	if err != nil {
		t.Fatal(err)
	}
	e, ok := f.edition(t, "kr.csat", 2027)
	if !ok || e.Status != calendar.Cancelled || e.TakesPlace() || e.Moved() || gone.Replaces != it.ID {
		t.Errorf("%+v %+v", e, gone)
	}
	_, err = f.Cancel(t.Context(), book.Decision{Item: gone.ID, By: "jiho", Reason: "again"})
	wantCode(t, err, book.CodeSettled)
	_, err = f.Cancel(t.Context(), book.Decision{Item: it.ID, By: "jiho", Reason: "again"})
	wantCode(t, err, book.CodeSettled)
}

func TestNewEventsAndNearNames(t *testing.T) {
	t.Parallel()
	f := open(t)
	out := f.suggest(t, "sora", blackWeek(2026, "2026-11-23", "2026-11-29"))
	f.approve(t, out.Item.ID)
	next := f.suggest(t, "sora", blackWeek(2027, "2027-11-22", "2027-11-28"))
	f.approve(t, next.Item.ID)
	c, err := f.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := c.Find("달빛마켓 블랙위크"); !ok || id != "dalbit.black_week" {
		t.Errorf("%q %v", id, ok)
	}
	// Known now, so that a description is not needed any more.
	if out := f.suggest(t, "sora", book.Proposal{Event: "dalbit.black_week", Year: 2028, Start: day("2028-11-20"), End: day("2028-11-26")}); out.Item.Proposal.Market != "KR" {
		t.Errorf("%+v", out)
	}
	// A name that the rules have is no new event.
	_, err = f.Suggest(t.Context(), "sora", book.Proposal{New: &book.NewEvent{ID: "x.csat", Ko: "수능", En: "Exam day", Market: "KR", Class: calendar.Observance},
		Year: 2027, Start: day("2027-11-18")})
	wantCode(t, err, book.CodeInvalid)
	// Nearly the same name: shown, never merged.
	grand := f.suggest(t, "sora", book.Proposal{New: &book.NewEvent{ID: "kr.our_grand_sale", Ko: "코리아 세일 그랜드 페스타", En: "Korea Sale Grand Festa", Market: "KR", Class: calendar.Shopping},
		Year: 2026, Start: day("2026-12-17"), End: day("2027-02-22")})
	alike, err := f.Alike(t.Context(), "reader", grand.Item.ID)
	if err != nil || grand.Result != book.Added {
		t.Fatal(grand, err)
	}
	found := false
	for _, a := range alike {
		found = found || a.Event == "kr.sale_festa" && a.Why == book.NearName
	}
	if !found {
		t.Errorf("alike %+v", alike)
	}
}

// TestDescriptionOutlivesItsItem moves an edition of an event that only the book knows:
// the item that described the event is superseded, and the event stays.
func TestDescriptionOutlivesItsItem(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.approve(t, f.suggest(t, "sora", blackWeek(2026, "2026-11-23", "2026-11-29")).Item.ID)
	moved := f.approve(t, f.suggest(t, "sora", book.Proposal{Event: "dalbit.black_week", Year: 2026, Start: day("2026-11-30"), End: day("2026-12-06")}).Item.ID)
	if e, ok := f.edition(t, "dalbit.black_week", 2026); !ok || !e.PreviousStart.Equal(day("2026-11-23")) || e.Name.Ko != "달빛마켓 블랙위크" {
		t.Errorf("%+v", e)
	}
	if _, err := f.Cancel(t.Context(), book.Decision{Item: moved.ID, By: "minji", Reason: "없던 일로"}); err != nil {
		t.Fatal(err)
	}
	if e, ok := f.edition(t, "dalbit.black_week", 2026); !ok || e.Status != calendar.Cancelled {
		t.Errorf("%+v", e)
	}
	if problems, err := f.Problems(t.Context()); err != nil || len(problems) != 0 {
		t.Errorf("%+v %v", problems, err)
	}
	// A description of an event of the rules is not needed, and changes nothing.
	p := csat("2027-11-18")
	p.New = &book.NewEvent{ID: "kr.csat", Ko: "다른 이름", En: "Other", Market: "KR", Class: calendar.Observance}
	f.approve(t, f.suggest(t, "sora", p).Item.ID)
	if e, ok := f.edition(t, "kr.csat", 2027); !ok || e.Name.Ko != "수능" {
		t.Errorf("%+v", e)
	}
}

// TestTwoNewEventsOfOneName suggests both before either is confirmed.
func TestTwoNewEventsOfOneName(t *testing.T) {
	t.Parallel()
	f := open(t)
	first := f.suggest(t, "sora", blackWeek(2026, "2026-11-23", "2026-11-29"))
	p := blackWeek(2026, "2026-11-23", "2026-11-29")
	p.New = &book.NewEvent{ID: "other.black_week", Ko: "달빛마켓 블랙위크", En: "Another", Market: "KR", Class: calendar.Shopping}
	second := f.suggest(t, "sora", p)
	f.approve(t, first.Item.ID)
	_, err := f.Approve(t.Context(), book.Decision{Item: second.Item.ID, By: "minji"})
	if e := failure(t, err, book.CodeInvalid); !errors.Is(e, calendar.ErrName) {
		t.Error(e)
	}
	card, err := f.Card(t.Context(), "minji", second.Item.ID)
	if err != nil || card.Fails == nil || card.Ready {
		t.Errorf("%+v %v", card, err)
	}
}

func TestSamePlaceOnTheSameDays(t *testing.T) {
	t.Parallel()
	f := open(t)
	p := blackWeek(2026, "2026-11-23", "2026-11-29")
	p.Place = "가온 강변공원"
	a := f.suggest(t, "sora", p)
	q := blackWeek(2026, "2026-11-29", "2026-11-30")
	q.New = &book.NewEvent{ID: "gaon.lanterns", Ko: "등불축제", En: "Lantern festival", Market: "KR", Class: calendar.Observance}
	q.Place = "가온강변공원"
	b := f.suggest(t, "sora", q)
	alike, err := f.Alike(t.Context(), "reader", b.Item.ID)
	if err != nil || len(alike) != 1 || alike[0].Item != a.Item.ID || alike[0].Why != book.SamePlace {
		t.Errorf("%+v %v", alike, err)
	}
	q.Start, q.End = day("2026-12-01"), day("2026-12-02")
	c := f.suggest(t, "sora", q)
	if alike, err = f.Alike(t.Context(), "reader", c.Item.ID); err != nil || len(alike) != 1 || alike[0].Why != book.SameEdition {
		t.Errorf("after the other had ended: %+v %v", alike, err)
	}
}

// TestManyAtOnce has suggesters, curators and readers of two processes at work together.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	f := open(t)
	other := reopen(t, f.store)
	var wg sync.WaitGroup
	var approved sync.Map
	for n := range 8 {
		who, b := []string{"minji", "jiho"}[n%2], []fixture{f, other}[n/4]
		wg.Go(func() {
			for i := range 12 {
				out, err := b.Suggest(t.Context(), who, csat(day("2027-11-01").AddDate(0, 0, i).Format(time.DateOnly)), source(fmt.Sprintf("https://%d.example.com/", n)))
				if err != nil {
					t.Error(err)
					return
				}
				it, err := b.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: who})
				if err == nil {
					if _, twice := approved.LoadOrStore(it.ID, who); twice {
						t.Errorf("%s was approved twice", it.ID)
					}
				} else if book.CodeOf(err) != book.CodeSettled {
					t.Error(err)
				}
				if c, err := b.Calendar(t.Context()); err != nil {
					t.Error(err)
				} else if _, ok := c.Edition("kr.csat", 2027); !ok {
					t.Error("confirmed, and not in the calendar")
				}
			}
		})
	}
	wg.Wait()
	if err := f.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	items, _, err := other.Queue(t.Context(), "reader", book.Filter{States: []book.State{book.Confirmed}})
	if err != nil || len(items) != 1 {
		t.Errorf("%d confirmed, %v", len(items), err)
	}
}

func TestMergeKeepsAllSources(t *testing.T) {
	t.Parallel()
	f := open(t)
	a := f.suggest(t, "sora", blackWeek(2026, "2026-11-23", "2026-11-29"), source("https://a.example.com/"))
	p := blackWeek(2026, "2026-11-23", "2026-11-29")
	p.New = &book.NewEvent{ID: "dalbit.week", Ko: "달빛 블랙위크", En: "Dalbit week", Market: "KR", Class: calendar.Shopping}
	b := f.suggest(t, "sora", p, source("https://b.example.com/"), source("https://a.example.com/"))
	alike, err := f.Alike(t.Context(), "reader", b.Item.ID)
	if err != nil || len(alike) != 1 || alike[0].Item != a.Item.ID || alike[0].Why != book.NearName {
		t.Fatalf("%+v %v", alike, err)
	}
	_, err = f.Merge(t.Context(), book.Decision{Item: b.Item.ID, By: "minji"}, b.Item.ID)
	wantCode(t, err, book.CodeNotMerged)
	it, err := f.Merge(t.Context(), book.Decision{Item: b.Item.ID, By: "minji", Reason: "같은 행사"}, a.Item.ID)
	if err != nil || it.State != book.Superseded || it.MergedInto != a.Item.ID {
		t.Fatalf("%+v %v", it, err)
	}
	into, err := f.Item(t.Context(), "reader", a.Item.ID)
	if err != nil || len(into.Sources) != 2 || into.State != book.Suggested {
		t.Errorf("%+v %v", into, err)
	}
	_, err = f.Merge(t.Context(), book.Decision{Item: a.Item.ID, By: "minji"}, b.Item.ID)
	wantCode(t, err, book.CodeNotMerged)
	if err := f.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRuleHolds(t *testing.T) {
	t.Parallel()
	f := open(t)
	// 설날 of 2027 is on February 7; Chinese calendars have the 6th.
	out := f.suggest(t, book.System, book.Proposal{Event: "kr.seollal", Year: 2027, Start: day("2027-02-05"), End: day("2027-02-07")})
	card, err := f.Card(t.Context(), "minji", out.Item.ID)
	if err != nil || card.Ready || card.Changes[0].Text("en") != "Dates: 2027-02-06~2027-02-08 → 2027-02-05~2027-02-07" {
		t.Errorf("%+v %v", card, err)
	}
	_, err = f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "minji"})
	if e := failure(t, err, book.CodeRule); e.Text("ko") != "달력 규칙이 정한 날짜(2027-02-06~2027-02-08)와 다릅니다. 규칙을 따릅니다." {
		t.Error(e.Text("ko"))
	}
	if out := f.suggest(t, book.System, book.Proposal{Event: "kr.seollal", Year: 2027, Start: day("2027-02-06"), End: day("2027-02-08")}); out.Result != book.Holds || out.Item.ID != "" {
		t.Errorf("the rule's own dates: %+v", out)
	}
	if _, err := f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "minji", Despite: true}); err != nil {
		t.Error(err)
	}
}

func TestInvalidProposals(t *testing.T) {
	t.Parallel()
	f := open(t)
	for name, p := range map[string]book.Proposal{
		"no event":      {Year: 2027, Start: day("2027-11-18")},
		"unknown event": {Event: "kr.nothing", Year: 2027, Start: day("2027-11-18")},
		"odd id":        {Event: "kr.csat|x", Year: 2027, Start: day("2027-11-18")},
		"no date":       {Event: "kr.csat", Year: 2027},
		"backwards":     {Event: "kr.csat", Year: 2027, Start: day("2027-11-18"), End: day("2027-11-17")},
		"another year":  {Event: "kr.csat", Year: 2027, Start: day("2035-11-18")},
		"no such year":  {Event: "kr.csat", Year: 3027, Start: day("2027-11-18")},
		"too long":      {Event: "kr.csat", Year: 2027, Start: day("2026-11-18"), End: day("2028-11-17")},
		"status":        {Event: "kr.csat", Year: 2027, Start: day("2027-11-18"), Status: "sure"},
		"control":       {Event: "kr.csat", Year: 2027, Start: day("2027-11-18"), Place: "a\nb"},
		"no class":      {New: &book.NewEvent{ID: "a.b", Ko: "가나다", En: "abc", Market: "KR"}, Year: 2027, Start: day("2027-11-18")},
	} {
		_, err := f.Suggest(t.Context(), "sora", p, source("https://a.example.com/"))
		if book.CodeOf(err) != book.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := f.Approve(t.Context(), book.Decision{Item: "c99", By: "minji"})
	wantCode(t, err, book.CodeNotFound)
	out, err := f.Suggest(t.Context(), "sora", csat("2027-11-18"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "minji"})
	wantCode(t, err, book.CodeNoSource)
}

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
	deadline := time.Now().Add(10 * time.Second)
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
