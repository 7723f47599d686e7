package book_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
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
