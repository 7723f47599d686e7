package teams_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// rowsOf writes some rows of a result.
func rowsOf(_ context.Context, question, result string, w io.Writer) error {
	_, err := fmt.Fprintf(w, "\ufeff지역,매출\r\n%s,%s\r\n", question, result)
	return err
}

const rowsWanted = "\ufeff지역,매출\r\nq-ko,r1\r\n"

// publish is a server at which links of the driver are good.
func publish(t *testing.T) (*httptest.Server, func(*teams.Config), func(*teams.Teams)) {
	t.Helper()
	var rows atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { (*rows.Load()).ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	return server, func(c *teams.Config) { c.PublicURL = server.URL + "/" }, func(driver *teams.Teams) {
		h := driver.CSV()
		rows.Store(&h)
	}
}

// reply is what a browser is answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// get fetches an address.
func get(t *testing.T, method, address string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// linkIn is the address of rows that a message has.
func linkIn(t *testing.T, m teamstest.Message) string {
	t.Helper()
	for _, a := range teamstest.Actions(m) {
		if strings.Contains(a.URL, "/teams/csv/") {
			return a.URL
		}
	}
	if _, rest, found := strings.Cut(m.Text, "]("); found {
		address, _, _ := strings.Cut(rest, ")")
		return address
	}
	t.Fatalf("no link in %q", teamstest.Text(m))
	return ""
}

// Where everybody who sees an answer may have its rows, a card has a link to them, which
// ends, and which nobody can make up.
func TestLinks(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	server, public, serve := publish(t)
	o := startOut(t, teamstest.Options{}, public, func(c *teams.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	serve(o.driver)
	thread := o.asked(teamstest.Minji, teamstest.Sales)
	answer := bottest.Messages()["answer-ko"]
	if _, err := o.driver.Post(t.Context(), thread, answer); err != nil {
		t.Fatal(err)
	}
	link := linkIn(t, o.bots(thread)[0])
	r := get(t, http.MethodGet, link)
	if r.status != http.StatusOK || r.body != rowsWanted {
		t.Fatalf("%d: %q", r.status, r.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="bapsang-r1.csv"; filename*=UTF-8''bapsang-r1.csv`,
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r := get(t, http.MethodHead, link); r.status != http.StatusOK || r.body != "" {
		t.Errorf("HEAD: %d", r.status)
	}
	if r := get(t, http.MethodPost, link); r.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", r.status)
	}
	// A process with the same password knows it, one with another does not.
	serve(o.process(public))
	if r := get(t, http.MethodGet, link); r.status != http.StatusOK {
		t.Errorf("another process says %d", r.status)
	}
	serve(o.process(public, func(c *teams.Config) { c.Connector.Password = "another" }))
	if r := get(t, http.MethodGet, link); r.status != http.StatusNotFound {
		t.Errorf("with another password: %d", r.status)
	}
	serve(o.driver)
	ahead.Store(int64(25 * time.Hour))
	if r := get(t, http.MethodGet, link); r.status != http.StatusGone || !strings.Contains(r.body, "기한") {
		t.Errorf("after a day: %d %q", r.status, r.body)
	}
	ahead.Store(0)
	token, _, _ := strings.Cut(strings.TrimPrefix(link, server.URL+"/teams/csv/"), "/")
	for _, forged := range forgeries(token) {
		if r := get(t, http.MethodGet, server.URL+"/teams/csv/"+forged); r.status/100 == 2 || strings.Contains(r.body, "지역") {
			t.Errorf("forged %q: %d %q", forged, r.status, r.body)
		}
	}
}

// forgeries are tokens that are not ours.
func forgeries(token string) []string {
	head, tail, _ := strings.Cut(token, ".")
	flip := func(s string, i int) string {
		b := []byte(s)
		if b[i]++; b[i] == '{' || b[i] == '[' || b[i] == ':' {
			b[i] = 'A'
		}
		return string(b)
	}
	out := []string{"", ".", "x", "x.y", head, head + ".", "." + tail, head + "." + head, tail + "." + tail, head + ".A" + tail, head + "." + tail + "A", strings.Repeat("A", 5000) + "." + tail}
	for i := 0; i < len(head); i += 7 {
		out = append(out, flip(head, i)+"."+tail)
	}
	for i := 0; i < len(tail); i += 7 {
		out = append(out, head+"."+flip(tail, i))
	}
	return out
}

// A link is worth some downloads of one person, and rows that fail on their way do not pass
// for whole ones.
func TestLinksAreLimited(t *testing.T) {
	t.Parallel()
	_, public, serve := publish(t)
	var fail atomic.Int64
	o := startOut(t, teamstest.Options{}, public, func(c *teams.Config) {
		c.CSV = func(ctx context.Context, question, result string, w io.Writer) error {
			n := fail.Load()
			if n > 0 {
				_, _ = w.Write(bytes.Repeat([]byte("a,b\r\n"), int(n)))
			}
			if n != 0 {
				return errors.New("no disk")
			}
			return rowsOf(ctx, question, result, w)
		}
	})
	serve(o.driver)
	thread := o.asked(teamstest.Minji, teamstest.Sales)
	if _, err := o.driver.Post(t.Context(), thread, bottest.Messages()["answer-ko"]); err != nil {
		t.Fatal(err)
	}
	link := linkIn(t, o.bots(thread)[0])
	fail.Store(-1)
	if r := get(t, http.MethodGet, link); r.status != http.StatusInternalServerError {
		t.Errorf("what fails before the first row: %d", r.status)
	}
	fail.Store(20_000)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err == nil {
			t.Error("half a file passed for a whole one")
		}
	}
	fail.Store(0)
	var got []int
	for range 8 {
		got = append(got, get(t, http.MethodGet, link).status)
	}
	if !slices.Contains(got, http.StatusOK) || got[7] != http.StatusTooManyRequests {
		t.Errorf("downloads ended with %v", got)
	}
}

// What no rows can be had of has no button.
func TestNoRowsNoButton(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{}, func(c *teams.Config) { c.CSV = nil })
	for _, conversation := range []string{teamstest.Sales, teamstest.Minji} {
		thread := o.asked(teamstest.Minji, conversation)
		if _, err := o.driver.Post(t.Context(), thread, bottest.Messages()["answer-ko"]); err != nil {
			t.Fatal(err)
		}
		if s := shown(o.bots(thread)); slices.Contains(s[0].Actions, bot.ActionCSV) {
			t.Errorf("in %s rows can be asked for", conversation)
		}
	}
}

// csvOffice is an office in which an answer was posted to a conversation.
func csvOffice(t *testing.T, conversation string, change ...func(*teams.Config)) (*office, teamstest.Message) {
	t.Helper()
	o := open(t, teamstest.Options{NoRates: true}, append([]func(*teams.Config){func(c *teams.Config) {
		c.CSV, c.Connector.Rate = rowsOf, fast
		c.Admit = func(bot.Person) bool { return true }
	}}, change...)...)
	o.Say(teamstest.Minji, conversation, o.Mention()+" 지난달 지역별 매출")
	ref, err := o.driver.Post(t.Context(), o.only().Thread, bottest.Messages()["answer-ko"])
	if err != nil {
		t.Fatal(err)
	}
	m, ok := o.Message(ref.Thread.Channel, ref.ID)
	if !ok {
		t.Fatal("nothing was posted")
	}
	return o, m
}

// pressCSV presses the button for rows.
func (o *office) pressCSV(m teamstest.Message) {
	o.t.Helper()
	for _, a := range teamstest.Actions(m) {
		if p, ok := cards.ParseAction(a.Data); ok && p.Name == bot.ActionCSV {
			if err := o.Press(teamstest.Minji, m, a.Title); err != nil {
				o.t.Fatal(err)
			}
			return
		}
	}
	o.t.Fatal("no button for rows")
}

func last(messages []teamstest.Message) teamstest.Message {
	if len(messages) == 0 {
		return teamstest.Message{}
	}
	return messages[len(messages)-1]
}

func offers(m teamstest.Message) bool { return strings.Contains(string(m.Attachments), "file.consent") }

// In a personal chat a file goes to OneDrive, when its owner wants it there.
func TestFilesByConsent(t *testing.T) {
	t.Parallel()
	o, m := csvOffice(t, teamstest.Minji)
	o.pressCSV(m)
	o.until("the offer", func() bool { return offers(last(o.Messages(teamstest.Minji))) })
	if err := o.Consent(teamstest.Minji, last(o.Messages(teamstest.Minji)), true); err != nil {
		t.Fatal(err)
	}
	o.until("the file", func() bool {
		return strings.Contains(string(last(o.Messages(teamstest.Minji)).Attachments), "file.info") && !slices.ContainsFunc(o.Messages(teamstest.Minji), offers)
	})
	files := o.Files(teamstest.Minji)
	if len(files) != 1 || files[0].Name != "bapsang-r1.csv" || string(files[0].Data) != rowsWanted {
		t.Errorf("files: %+v", files)
	}
	o.pressCSV(m)
	o.until("another offer", func() bool { return offers(last(o.Messages(teamstest.Minji))) })
	if err := o.Consent(teamstest.Minji, last(o.Messages(teamstest.Minji)), false); err != nil {
		t.Fatal(err)
	}
	o.until("the sentence", func() bool {
		return strings.Contains(last(o.Messages(teamstest.Minji)).Text, "저장하지 않았어요")
	})
	if n := len(o.Files(teamstest.Minji)); n != 1 {
		t.Errorf("%d files", n)
	}
	if c := o.Complaints(); len(c) > 0 {
		t.Errorf("complaints: %q", c)
	}
}

// Who answers an offer on two devices, or twice, has answered it once.
func TestAnOfferIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	o, m := csvOffice(t, teamstest.Minji)
	o.pressCSV(m)
	o.until("the offer", func() bool { return offers(last(o.Messages(teamstest.Minji))) })
	offer := last(o.Messages(teamstest.Minji))
	o.Fault(teamstest.Fault{Op: "activities.delete", Status: 403}) // the offer stays
	for range 2 {
		if err := o.Consent(teamstest.Minji, offer, true); err != nil {
			t.Fatal(err)
		}
	}
	o.until("the file", func() bool { return len(o.Files(teamstest.Minji)) == 1 && len(o.Calls("activities.delete")) > 0 })
	if err := o.Consent(teamstest.Minji, offer, false); err != nil {
		t.Fatal(err)
	}
	o.settled()
	o.stop() // waits for what is done
	if n := len(o.Calls("upload")); n != 1 {
		t.Errorf("%d uploads", n)
	}
	for _, m := range o.Messages(teamstest.Minji) {
		if strings.Contains(m.Text, "저장하지 않았어요") || strings.Contains(m.Text, "만들지 못했어요") {
			t.Errorf("then it says %q", m.Text)
		}
	}
}

// A large file goes up in chunks, also when the way there is bad.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	const lines = 1 << 20
	o, m := csvOffice(t, teamstest.Minji, func(c *teams.Config) {
		c.CSV = func(_ context.Context, _, _ string, w io.Writer) error {
			line := bytes.Repeat([]byte("a,bcdef\r\n"), 1024)
			for range lines / 1024 {
				if _, err := w.Write(line); err != nil {
					return err
				}
			}
			return nil
		}
	})
	o.pressCSV(m)
	o.until("the offer", func() bool { return offers(last(o.Messages(teamstest.Minji))) })
	o.Fault(teamstest.Fault{Op: "upload", Status: http.StatusServiceUnavailable, Times: 2})
	if err := o.Consent(teamstest.Minji, last(o.Messages(teamstest.Minji)), true); err != nil {
		t.Fatal(err)
	}
	o.until("the file", func() bool { return len(o.Files(teamstest.Minji)) == 1 })
	if n := len(o.Files(teamstest.Minji)[0].Data); n != lines*9 {
		t.Errorf("%d bytes, want %d", n, lines*9)
	}
}

// What is not signed by us gets no file, nor does somebody else, nor does it go elsewhere.
func TestForgedConsent(t *testing.T) {
	t.Parallel()
	o, m := csvOffice(t, teamstest.Minji)
	o.pressCSV(m)
	o.until("the offer", func() bool { return offers(last(o.Messages(teamstest.Minji))) })
	offer := last(o.Messages(teamstest.Minji))
	var cards []struct {
		Content struct {
			Accept map[string]string `json:"acceptContext"`
		} `json:"content"`
	}
	if err := json.Unmarshal(offer.Attachments, &cards); err != nil {
		t.Fatal(err)
	}
	signed := cards[0].Content.Accept["rows"]
	consent := func(person, rows, upload string) {
		o.Tell(person, person, "invoke", map[string]any{"name": "fileConsent/invoke", "value": map[string]any{
			"type": "fileUpload", "action": "accept", "context": map[string]any{"rows": rows},
			"uploadInfo": map[string]any{"uploadUrl": upload, "uniqueId": "1", "name": "x.csv", "fileType": "csv", "contentUrl": "https://example-my.sharepoint.com/x.csv"},
		}})
	}
	reached := make(chan string, 10)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path }))
	defer elsewhere.Close()
	here := strings.TrimSuffix(o.ServiceURL(), "/kr/"+o.Tenant()+"/")
	consent(teamstest.Minji, signed+"x", here+"/upload/1?session=signed")
	consent(teamstest.Minji, "", here+"/upload/1?session=signed")
	consent(teamstest.Alex, signed, here+"/upload/1?session=signed")
	consent(teamstest.Minji, signed, elsewhere.URL)
	consent(teamstest.Minji, signed, "http://169.254.169.254/")
	o.until("each is refused in words", func() bool {
		said := 0
		for _, m := range append(o.Messages(teamstest.Minji), o.Messages(teamstest.Alex)...) {
			if strings.Contains(m.Text, "CSV를 만들지 못했어요") || strings.Contains(m.Text, "could not make the CSV") {
				said++
			}
		}
		return said == 5
	})
	if len(o.Calls("upload")) != 0 || len(reached) != 0 || len(o.Files(teamstest.Minji)) != 0 {
		t.Errorf("uploads: %v, elsewhere: %d", o.Calls("upload"), len(reached))
	}
}

// In a channel the rows come to who asked for them alone: as a link, where browsers reach
// us, and as a file otherwise.
func TestRowsOfAChannel(t *testing.T) {
	t.Parallel()
	t.Run("link", func(t *testing.T) {
		t.Parallel()
		_, public, serve := publish(t)
		o, m := csvOffice(t, teamstest.Sales, public)
		serve(o.driver)
		o.pressCSV(m)
		o.until("the dialog", func() bool { _, open := o.Dialog(teamstest.Minji); return open })
		d, _ := o.Dialog(teamstest.Minji)
		link := teamstest.CardActions(d.Card)[0].URL
		if r := get(t, http.MethodGet, link); r.status != http.StatusOK || r.body != rowsWanted {
			t.Errorf("%d: %q", r.status, r.body)
		}
		if n := len(o.Messages(m.Conversation)) + len(o.Messages(teamstest.Minji)); n != 2 {
			t.Errorf("%d messages, though only who pressed is answered", n)
		}
		// What a client without dialogs sends is answered by a message to them.
		o.Tell(teamstest.Minji, m.Conversation, "message", map[string]any{"value": dataOf(t, bot.ActionCSV, "r1"), "replyToId": m.ID})
		o.until("the link", func() bool { return strings.Contains(last(o.Messages(teamstest.Minji)).Text, "/teams/csv/") })
		if r := get(t, http.MethodGet, linkIn(t, last(o.Messages(teamstest.Minji)))); r.status != http.StatusOK {
			t.Errorf("%d: %q", r.status, r.body)
		}
	})
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		o, m := csvOffice(t, teamstest.Sales)
		o.pressCSV(m)
		o.until("the offer", func() bool { return offers(last(o.Messages(teamstest.Minji))) })
		if notes := o.Notes(teamstest.Minji); len(notes) != 1 || !strings.Contains(notes[0], "1:1 채팅으로") {
			t.Errorf("who pressed is told %q", notes)
		}
		if err := o.Consent(teamstest.Minji, last(o.Messages(teamstest.Minji)), true); err != nil {
			t.Fatal(err)
		}
		o.until("the file", func() bool { return len(o.Files(teamstest.Minji)) == 1 })
	})
	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		o, m := csvOffice(t, teamstest.Sales)
		o.Uninstall(teamstest.Minji, teamstest.Minji)
		o.pressCSV(m)
		o.until("the sentence", func() bool { return strings.Contains(last(o.Messages(m.Conversation)).Text, "1:1 채팅으로 보내") })
	})
}
