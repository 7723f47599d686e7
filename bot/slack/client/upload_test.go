package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// files is the part of Slack that takes files.
type files struct {
	mu        sync.Mutex
	host      string // of upload addresses
	begun     int
	stored    map[string]string
	completed map[string]string // id → channel
	looks     int
	slow      int // how many looks a file is not processed
	// lose has the answer to the n-th call of a method lost, done or not.
	lose func(method string, n int) (lost, done bool)
	n    map[string]int
	bad  []string
}

func newFiles() *files {
	return &files{
		host: "https://files.slack.com", stored: map[string]string{}, completed: map[string]string{}, n: map[string]int{},
		lose: func(string, int) (bool, bool) { return false, false },
	}
}

func (f *files) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body := drain(r.Body)
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	if strings.HasPrefix(r.URL.Path, "/upload/") {
		method = "upload"
	}
	f.n[method]++
	lost, done := f.lose(method, f.n[method])
	answer := `{"ok":false,"error":"unknown_method"}`
	if !lost || done {
		answer = f.answer(method, r, body)
	}
	if lost {
		return nil, errors.New("connection reset by peer")
	}
	return server(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }).RoundTrip(r)
}

func (f *files) answer(method string, r *http.Request, body []byte) string {
	form, _ := url.ParseQuery(string(body))
	switch method {
	case "files.getUploadURLExternal":
		f.begun++
		return fmt.Sprintf(`{"ok":true,"file_id":"F%d","upload_url":"%s/upload/F%d"}`, f.begun, f.host, f.begun)
	case "upload":
		if r.ContentLength != int64(len(body)) || r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "xoxb") {
			f.bad = append(f.bad, fmt.Sprintf("length %d of %d, header %v", r.ContentLength, len(body), r.Header))
		}
		f.stored[strings.TrimPrefix(r.URL.Path, "/upload/")] = string(body)
		return "OK"
	case "files.completeUploadExternal":
		var list []struct{ ID string }
		if err := json.Unmarshal([]byte(form.Get("files")), &list); err != nil || len(list) != 1 {
			return `{"ok":false,"error":"invalid_arguments"}`
		}
		if _, twice := f.completed[list[0].ID]; twice {
			f.bad = append(f.bad, "completed twice: "+list[0].ID)
		}
		f.completed[list[0].ID] = form.Get("channel_id")
		return fmt.Sprintf(`{"ok":true,"files":[{"id":%q}]}`, list[0].ID)
	case "files.info":
		channel, ok := f.completed[form.Get("file")]
		if !ok {
			return `{"ok":false,"error":"file_not_found"}`
		}
		mime := ""
		if f.looks++; f.looks > f.slow {
			mime = "image/png"
		}
		return fmt.Sprintf(`{"ok":true,"file":{"id":%q,"mimetype":%q,"channels":[%q]}}`, form.Get("file"), mime, channel)
	}
	return `{"ok":false,"error":"unknown_method"}`
}

// upload uploads with f, and returns what was stored under the id that came back.
func upload(t *testing.T, f *files, file client.File) (stored string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var id string
		id, err = newClient(f).Upload(t.Context(), file)
		stored = f.stored[id]
	})
	if len(f.bad) > 0 {
		t.Error(f.bad)
	}
	return stored, err
}

func TestUpload(t *testing.T) {
	f := newFiles()
	f.slow = 4
	if got, err := upload(t, f, client.File{Name: "차트.png", Data: []byte("PNG")}); err != nil || got != "PNG" || f.looks != 5 {
		t.Errorf("stored %q, looked %d times, %v", got, f.looks, err)
	}
}

func TestUploadSurvivesLoss(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		done   bool
	}{
		{"address", "files.getUploadURLExternal", false}, {"bytes", "upload", false}, {"bytes arrived", "upload", true},
		{"completion", "files.completeUploadExternal", false}, {"completion arrived", "files.completeUploadExternal", true}, {"look", "files.info", true},
	} {
		for _, channel := range []string{"", "C1"} {
			f := newFiles()
			f.lose = func(method string, n int) (bool, bool) { return method == c.method && n == 1, c.done }
			got, err := upload(t, f, client.File{Name: "a.csv", Data: []byte("a,b"), Channel: channel, Thread: "1.000001"})
			if err != nil || got != "a,b" {
				t.Errorf("%s lost, channel %q: stored %q, %v", c.name, channel, got, err)
			}
			if channel != "" && len(f.completed) != 1 {
				t.Errorf("%s lost: %d files are shown", c.name, len(f.completed))
			}
		}
	}
}

func TestUploadTrustsOnlySlack(t *testing.T) {
	for _, host := range []string{"https://files.slack.com.evil.example", "http://files.slack.com", "https://evil.example", "ftp://slack.com", "https://slack.com@evil.example"} {
		f := newFiles()
		f.host = host
		if _, err := upload(t, f, client.File{Name: "a.png", Data: []byte("secret")}); err == nil || len(f.stored) > 0 {
			t.Errorf("a file went to %s (%v)", host, err)
		}
	}
}

func TestUploadOfNothing(t *testing.T) {
	_, err := upload(t, newFiles(), client.File{Name: "a.csv", Channel: "C1"})
	if e := (*bot.Error)(nil); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}
