package web_test

import (
	"bytes"
	"mime/multipart"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/web"
)

func multipartOf(t *testing.T, parts []part) (body, kind string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		var err error
		dst, err := w.CreateFormField(p.name)
		if p.file != "" {
			dst, err = w.CreateFormFile(p.name, p.file)
		}
		if err == nil {
			_, err = dst.Write([]byte(p.value))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

func TestPosterConformance(t *testing.T) {
	t.Parallel()
	bottest.TestPoster(t, func(t *testing.T) bottest.Harness {
		s := serve(t)
		c, other := s.visit(t, "민지"), s.visit(t, "준호")
		sent := func(t *testing.T) bot.Event {
			key := newKey()
			c.send(key, "general", "", "질문 "+key)
			return s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) })
		}
		read := func(c *client, thread bot.Thread) []bottest.Shown {
			place := "/c/" + thread.Channel
			if thread.Direct {
				place = "/dm"
			}
			_, page, _ := c.get(place + "/t/" + thread.ID)
			return shownIn(t, page, "replies")
		}
		return bottest.Harness{
			Poster: s.chat,
			Thread: func(t *testing.T) bot.Thread { return sent(t).Thread },
			Shown:  func(_ *testing.T, thread bot.Thread) []bottest.Shown { return read(c, thread) },
			Begin:  func(*testing.T) bot.Thread { return bot.Thread{Platform: web.Platform, Channel: "marketing"} },
			Direct: func(t *testing.T) bot.Thread { return bot.Direct(web.Platform, "", sent(t).User.ID) },
			Only: func(t *testing.T) (thread bot.Thread, they, others func(*testing.T) []bottest.Shown) {
				ev := sent(t)
				thread = ev.Thread
				thread.Only = ev.User.ID
				return thread, func(*testing.T) []bottest.Shown { return read(c, thread) },
					func(*testing.T) []bottest.Shown { return read(other, thread) }
			},
			Restart: func(t *testing.T) bot.Poster {
				addr := strings.TrimPrefix(s.url, "http://")
				s.close(t)
				s.start(t, addr)
				return s.chat
			},
		}
	})
}

// shownIn reads the messages of a list on a page.
func shownIn(t *testing.T, page, list string) []bottest.Shown {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	root := first(doc, func(n *html.Node) bool { return attr(n, "id") == list })
	if root == nil {
		t.Fatalf("no list %q on the page: %.500s", list, page)
	}
	var out []bottest.Shown
	for n := range root.ChildNodes() {
		if n.Data != "article" {
			continue
		}
		s := bottest.Shown{ID: attr(n, "id")}
		for d := range n.Descendants() {
			switch {
			case d.Type == html.TextNode:
				s.Text += d.Data + "\n"
			case d.Data == "img":
				s.Text += attr(d, "alt") + "\n"
			case d.Data == "input" && attr(d, "name") == "action":
				s.Actions = append(s.Actions, attr(d, "value"))
			case d.Data == "a" && strings.HasPrefix(attr(d, "href"), "/csv/"):
				s.Actions = append(s.Actions, bot.ActionCSV)
			}
		}
		out = append(out, s)
	}
	return out
}

func first(n *html.Node, ok func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if ok(d) {
			return d
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

func TestTheBotBeginsThreadsToo(t *testing.T) {
	t.Parallel()
	s := serve(t)
	ref, err := s.chat.Post(t.Context(), bot.Thread{Platform: web.Platform, Channel: "marketing"}, bottest.Messages()["notice-plain"])
	if err != nil {
		t.Fatal(err)
	}
	if ref.ID == "" || ref.Thread.ID != ref.ID {
		t.Fatalf("ref %+v is not that of a new thread", ref)
	}
	if _, err := s.chat.Post(t.Context(), ref.Thread, bottest.Messages()["answer-en"]); err != nil {
		t.Fatal(err)
	}
	_, page, _ := s.visit(t, "민지").get("/c/marketing")
	if got := shownIn(t, page, "stream"); len(got) != 1 || !strings.Contains(got[0].Text, "답글 1개") {
		t.Errorf("the channel shows %+v", got)
	}
}
