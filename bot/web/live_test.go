package web_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
)

// happened is an event of the stream.
type happened struct{ name, data string }

// listen opens the event stream.
func (c *client) listen(query string, lastID string) <-chan happened {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*time.Minute)
	c.t.Cleanup(cancel)
	req := c.request(http.MethodGet, "/live?"+query, nil).WithContext(ctx)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := c.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		c.t.Fatalf("stream: status %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	out := make(chan happened)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer res.Body.Close()
		defer close(out)
		var ev happened
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			switch line := lines.Text(); {
			case strings.HasPrefix(line, "event: "):
				ev.name = line[len("event: "):]
			case strings.HasPrefix(line, "data: "):
				ev.data = line[len("data: "):]
			case line == "":
				select {
				case out <- ev:
				case <-ctx.Done():
					return
				}
			}
		}
	})
	c.t.Cleanup(reading.Wait)
	c.t.Cleanup(cancel)
	return out
}

// until reads events up to the first with a name and a part of its data.
func until(t *testing.T, events <-chan happened, name, part string) []happened {
	t.Helper()
	var all []happened
	for ev := range events {
		all = append(all, ev)
		if ev.name == name && strings.Contains(ev.data, part) {
			return all
		}
	}
	t.Fatalf("no %s with %q; there were %v", name, part, all)
	return nil
}

func TestTheStreamTellsWhatHappens(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, other := s.visit(t, "민지"), s.visit(t, "현우")
	thread := c.ask(s, "@bapsang 매출")
	events := c.listen("channel=general&after=0&thread="+thread.ID, "")
	until(t, events, "post", "매출")
	ref, err := s.chat.Post(t.Context(), thread, bottest.Messages()["progress-ko"])
	if err != nil {
		t.Fatal(err)
	}
	until(t, events, "reply", ref.ID)
	until(t, events, "foot", "답하는 중")
	if err := s.chat.Update(t.Context(), ref, bottest.Messages()["answer-ko"]); err != nil {
		t.Fatal(err)
	}
	until(t, events, "reply", `"say":"지난달 매출은 12억 1,854만 원`)
	until(t, events, "foot", "마지막")
	other.send(newKey(), "sales", "", "안녕")
	until(t, events, "unread", "sales")
	// What is said to the bot alone is nobody else's business, not even that it was.
	_, page, _ := other.get("/dm")
	other.send(newKey(), between(t, page, `name="channel" value="`, `"`), "", "비밀")
	other.send(newKey(), "general", "", "끝")
	for _, ev := range until(t, events, "post", "끝") {
		if strings.Contains(ev.data, "비밀") || ev.name == "unread" {
			t.Errorf("told of somebody's direct line: %+v", ev)
		}
	}
}

func TestTheStreamGoesOnWhereItWasCut(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	c.ask(s, "하나")
	first := until(t, c.listen("channel=general&after=0", ""), "at", "")
	at := first[len(first)-1].data
	c.ask(s, "둘")
	for _, ev := range until(t, c.listen("channel=general&after=0", at), "post", "둘") {
		if strings.Contains(ev.data, "하나") {
			t.Error("what was known is told again")
		}
	}
	until(t, c.listen("channel=general&after=999999", ""), "reload", "")
}

func TestAPageThatWasAwayTooLongLoadsItselfAnew(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	key := newKey()
	c.send(key, "general", "", "@bapsang 처음")
	thread := s.got()[0].Thread
	// More changes than are remembered, many in one commit.
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			ref, err := s.chat.Post(t.Context(), thread, bot.Message{Kind: bot.KindProgress, Language: "ko", Text: "…"})
			for j := 0; j < 66 && err == nil; j++ {
				err = s.chat.Update(t.Context(), ref, bot.Message{Kind: bot.KindProgress, Language: "ko", Text: fmt.Sprint(i, j)})
			}
			if err != nil {
				t.Errorf("update: %v", err)
			}
		})
	}
	all.Wait()
	until(t, c.listen("channel=general&after=1", ""), "reload", "")
	// The page has all the same what was said.
	if _, page, _ := c.get("/c/general"); !strings.Contains(page, "처음") || !strings.Contains(page, "답글 64개") {
		t.Error("the channel lost something")
	}
}
