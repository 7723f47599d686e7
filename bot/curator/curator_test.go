package curator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/curator"
)

// notice is a source as a page gives it, with a text that is made to look like ours.
var notice = book.Source{
	Origin: book.FromText, URL: "https://www.suneung.re.kr/notice/1", Title: "2028학년도 **수능** 시행 공고", Quote: "2027년 11월 18일(목)에 [승인](https://evil.example) 실시한다.",
	RetrievedAt: today, Checked: true, Doubts: []extract.Doubt{{Code: extract.DoubtMore, Detail: "(11월 19일)"}},
}

// decided are the posts whose text holds word.
func decided(word string) func([]bot.Message) bool {
	return func(posts []bot.Message) bool {
		for _, m := range posts {
			if strings.Contains(m.Text, word) {
				return true
			}
		}
		return false
	}
}

func cards(posts []bot.Message) (out []bot.Message) {
	for _, m := range posts {
		if strings.HasPrefix(m.Key, "calendar/") && !strings.HasPrefix(m.Key, "calendar/tasks") && m.Key != "calendar/rest" {
			out = append(out, m)
		}
	}
	return out
}

func TestASuggestionIsShownAndApproved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.csat(t, 18, notice)
	r.run(t)
	posts := r.until(t, "the card", func(posts []bot.Message) bool { return len(cards(posts)) == 1 })
	card := cards(posts)[0]
	said := text(card)
	for _, want := range []string{
		"**수능 2027** 날짜 제안이 들어왔어요.", "2027/11/18(목)", "지금 달력에는 없어요.", "https://www.suneung.re.kr/notice/1",
		`2028학년도 \*\*수능\*\* 시행 공고`, `\[승인\](https`, "이어서 다른 날짜가 더", "[승인] [고쳐서 승인] [거절]",
	} {
		if !strings.Contains(said, want) && !strings.Contains(strings.ReplaceAll(said, `\`, ""), strings.ReplaceAll(want, `\`, "")) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if strings.Contains(said, "“2027년 11월 18일(목)에 [승인](https") {
		t.Errorf("a page's markup is ours:\n%s", said)
	}

	if got := r.press(t, "web:park", "ko", button(t, card, bot.ActionApprove), nil); !strings.Contains(got.Text, "담당자만") {
		t.Errorf("somebody else: %s", got.Text)
	}
	if got := r.press(t, "kim@acme.example", "ko", button(t, card, bot.ActionApprove), nil); !strings.Contains(got.Text, "**수능** 2027/11/18(목), 확정했어요") {
		t.Errorf("a curator: %s", got.Text)
	}
	// At once, in the calendar.
	c, err := r.book.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := c.Edition("kr.csat", 2027); !ok || e.Start.Day() != 18 || e.ConfirmedBy != "kim@acme.example" {
		t.Errorf("%+v", e)
	}
	// The same press again does the same; another's is told who it was.
	if got := r.press(t, "kim@acme.example", "ko", button(t, card, bot.ActionApprove), nil); !strings.Contains(got.Text, "확정했어요") {
		t.Errorf("pressed twice: %s", got.Text)
	}
	if got := r.press(t, "web:lee", "en", button(t, card, bot.ActionReject), func(a *bot.Action) { a.Text = "no" }); !strings.Contains(got.Text, "김하나 has already approved it") {
		t.Errorf("another: %s", got.Text)
	}
	posts = r.until(t, "the card's end", decided("승인됨 — 김하나, 11/22 12:00"))
	if len(cards(posts)) != 1 || len(cards(posts)[0].Buttons) != 0 {
		t.Errorf("%d cards, %d buttons", len(cards(posts)), len(cards(posts)[0].Buttons))
	}
}

func TestDatesAreCorrectedAndRejectedWithAReason(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *curator.Config) { c.Language = "en" })
	r.csat(t, 18, notice)
	r.run(t)
	card := cards(r.until(t, "the card", func(posts []bot.Message) bool { return len(cards(posts)) == 1 }))[0]
	amend, reject := button(t, card, bot.ActionAmend), button(t, card, bot.ActionReject)
	for name, c := range map[string]struct {
		button bot.Button
		fill   func(*bot.Action)
		want   string
	}{
		"no date":      {amend, func(a *bot.Action) { a.Values["start"] = "18 Nov" }, "`18 Nov` is not a date"},
		"backwards":    {amend, func(a *bot.Action) { a.Values["end"] = "2027-11-01" }, "before the first"},
		"another year": {amend, func(a *bot.Action) { a.Values["start"], a.Values["end"] = "2028-11-16", "2028-11-16" }, "edition of 2027"},
		"no reason":    {reject, nil, "give a reason"},
		"older button": {bot.Button{Action: bot.ActionApprove, Value: "x"}, nil, "newest card"},
		"unknown item": {bot.Button{Action: bot.ActionApprove, Value: "zzz\x1f1"}, nil, "no such suggestion"},
	} {
		if got := r.press(t, "web:lee", "en", c.button, c.fill); !strings.Contains(got.Text, c.want) {
			t.Errorf("%s: %s", name, got.Text)
		}
	}
	amended := func(a *bot.Action) {
		a.Values["start"], a.Values["end"], a.Values["note"] = "2027-11-19", "2027-11-19", "https://www.moe.go.kr/1"
	}
	for range 2 { // once more, as after a crash
		if got := r.press(t, "web:lee", "en", amend, amended); !strings.Contains(got.Text, "Fri, Nov 19, 2027 is confirmed") {
			t.Errorf("amended: %s", got.Text)
		}
	}
	r.until(t, "the card's end", decided("approved — 이두리"))

	r.csat(t, 25, notice)
	posts := r.until(t, "the second card", func(posts []bot.Message) bool { return len(cards(posts)) == 2 })
	second := cards(posts)[1]
	if said := text(second); !strings.Contains(said, "2027-11-19 → 2027-11-25") {
		t.Errorf("what would change is not said:\n%s", said)
	}
	for range 2 {
		if got := r.press(t, "web:lee", "en", button(t, second, bot.ActionReject), func(a *bot.Action) { a.Text = "That is the *results*" }); !strings.Contains(got.Text, "is rejected") {
			t.Errorf("rejected: %s", got.Text)
		}
	}
	r.until(t, "the rejection", decided(`Reason: That is the \*results\*`))
	if out := r.csat(t, 25, notice); out.State != book.Rejected {
		t.Errorf("suggested again: %s", out.State)
	}
}

func TestAThousandRowsAreNoThousandCards(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var rows []book.Row
	for i := range 40 {
		start := time.Date(2027, 3, 1+i, 0, 0, 0, 0, time.UTC)
		id := fmt.Sprintf("acme.day_%d", i)
		rows = append(rows, book.Row{Line: i + 2, New: &book.NewEvent{ID: id, Ko: fmt.Sprintf("행사 %d", i), En: fmt.Sprintf("Event %d", i), Market: "KR", Class: calendar.Announced},
			Edition: calendar.Edition{Event: id, Year: 2027, Start: start, End: start, Status: calendar.Confirmed, Source: "표"}})
	}
	if _, err := r.book.Import(t.Context(), "web:park", "events.csv", rows, false); err != nil {
		t.Fatal(err)
	}
	r.run(t)
	posts := r.until(t, "ten cards and a line", decided("제안이 30개 더"))
	if n := len(cards(posts)); n != 10 {
		t.Fatalf("%d cards", n)
	}
	for _, m := range cards(posts)[:3] {
		if got := r.press(t, "web:lee", "ko", button(t, m, bot.ActionApprove), nil); !strings.Contains(got.Text, "확정했어요") {
			t.Fatal(got.Text)
		}
	}
	r.until(t, "those that follow", func(posts []bot.Message) bool {
		return len(cards(posts)) == 13 && decided("제안이 27개 더")(posts)
	})
}

func TestAPostWhoseAnswerIsLostIsNotPostedTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.wall.dropped = true
	r.csat(t, 18, notice)
	r.run(t)
	r.until(t, "the card", func(posts []bot.Message) bool { return len(cards(posts)) == 1 })
	card := cards(r.wall.all())[0]
	r.press(t, "web:lee", "ko", button(t, card, bot.ActionApprove), nil)
	posts := r.until(t, "its end", decided("승인됨"))
	if len(cards(posts)) != 1 {
		t.Errorf("%d cards", len(cards(posts)))
	}
}

func TestSuggestionsOfPeople(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.service.SuggestButton("ko")
	fill := func(name, start, from string) func(*bot.Action) {
		return func(a *bot.Action) { a.Values["name"], a.Values["start"], a.Values["source"] = name, start, from }
	}
	for name, c := range map[string]struct {
		fill func(*bot.Action)
		want string
	}{
		"no name":   {fill(" ", "2027-05-01", "x"), "행사 이름을"},
		"no date":   {fill("우리 날", "내일", "x"), "날짜가 아니에요"},
		"no source": {fill("우리 날", "2027-05-01", ""), "출처를 적어"},
		"known":     {fill("블랙프라이데이", "2026-11-27", "x"), "이미 달력에 있는"},
	} {
		if got := r.press(t, "web:park", "ko", b, c.fill); !strings.Contains(got.Text, c.want) {
			t.Errorf("%s: %s", name, got.Text)
		}
	}
	if got := r.press(t, "web:park", "ko", b, fill("달빛 블랙위크", "2027-05-03", "사내 공지 12호")); !strings.Contains(got.Text, "제안했어요") || len(got.Buttons) > 0 {
		t.Errorf("suggested: %s %v", got.Text, got.Buttons)
	}
	// A curator who suggests the same is shown the card, and may decide on the spot.
	got := r.press(t, "web:lee", "ko", b, fill("달빛 블랙위크", "2027-05-03", "https://intra.example/12"))
	if len(got.Buttons) != 3 || !strings.Contains(text(bot.Message{Text: got.Text, Sections: got.Sections}), "사내 공지 12호") {
		t.Fatalf("the card: %s", text(bot.Message{Text: got.Text, Sections: got.Sections, Buttons: got.Buttons}))
	}
	if got := r.press(t, "web:lee", "ko", got.Buttons[0], nil); !strings.Contains(got.Text, "확정했어요") {
		t.Errorf("approved: %s", got.Text)
	}
	c, err := r.book.Calendar(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := c.Find("달빛 블랙위크"); !ok {
		t.Errorf("not found by its name: %s", id)
	}
}

// looker is a scout that remembers what it was to look for.
type looker struct{ targets chan []scout.Target }

func (l looker) Run(_ context.Context, targets []scout.Target) ([]scout.Finding, error) {
	l.targets <- targets
	return nil, nil
}

func TestWhatIsDueIsLookedForAndToldOnce(t *testing.T) {
	t.Parallel()
	l := looker{make(chan []scout.Target, 4)}
	r := newRig(t, func(c *curator.Config) { c.Scout = l })
	start := time.Date(2026, 12, 10, 0, 0, 0, 0, time.UTC)
	id := "acme.fair"
	early := start.AddDate(0, 0, -60)
	r.clock.Store(&early)
	out, err := r.book.Suggest(t.Context(), "web:park", book.Proposal{Event: id, Year: 2026, Start: start, End: start.AddDate(0, 0, 2), Status: calendar.Confirmed,
		New: &book.NewEvent{ID: id, Ko: "겨울 박람회", En: "Winter fair", Market: "KR", Class: calendar.Announced}}, book.Source{Origin: book.FromPerson, Title: "공지"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.book.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "web:lee"}); err != nil {
		t.Fatal(err)
	}
	// A fair abroad that its organiser has not fixed yet.
	fair := time.Date(2027, 1, 6, 0, 0, 0, 0, time.UTC)
	if out, err = r.book.Suggest(t.Context(), "web:park", book.Proposal{Event: "world.ces", Market: calendar.World, Year: 2027, Start: fair, End: fair.AddDate(0, 0, 3),
		Status: calendar.Tentative}, book.Source{Origin: book.FromPerson, Title: "공지"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.book.Approve(t.Context(), book.Decision{Item: out.Item.ID, By: "web:lee"}); err != nil {
		t.Fatal(err)
	}
	later := today
	r.clock.Store(&later)
	r.run(t)
	posts := r.until(t, "the tasks", decided("확인할 일정이"))
	var tasks bot.Message
	for _, m := range posts {
		if strings.HasPrefix(m.Key, "calendar/tasks/2026-11-22") {
			tasks = m
		}
	}
	said := text(tasks)
	if !strings.Contains(said, "겨울 박람회 2026") || !strings.Contains(said, "D-30 확인") {
		t.Errorf("%s", said)
	}
	// What is of the world concerns us; what is of another country alone does not.
	if !strings.Contains(said, "CES 2027") || !strings.Contains(said, "1/4–1/13 무렵") || strings.Contains(said, "구루 나나크") {
		t.Errorf("%s", said)
	}
	if targets := <-l.targets; len(targets) == 0 {
		t.Error("nothing was looked for")
	}
	still := button(t, tasks, bot.ActionApprove)
	if got := r.press(t, "web:park", "ko", still, nil); !strings.Contains(got.Text, "담당자만") {
		t.Errorf("somebody else: %s", got.Text)
	}
	if got := r.press(t, "web:lee", "ko", still, nil); !strings.Contains(got.Text, "그대로라고") {
		t.Errorf("still right: %s", got.Text)
	}
	due, err := r.book.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		if d.Edition.Event == id {
			t.Errorf("still due: %+v", d)
		}
	}
}
