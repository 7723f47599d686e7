package slacktest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/bot/standin"
)

func TestFilesAreProcessedLater(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
	s := slacktest.Start(t, slacktest.Options{Clock: clock, FileTime: 2 * time.Second})
	up := call(t, s, "files.getUploadURLExternal", obj{"filename": "a.png", "length": 4})
	if status, text, err := put(t, up["upload_url"], "application/octet-stream", "\x89PNG"); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s %v", status, text, err)
	}
	if got := call(t, s, "files.completeUploadExternal", obj{"files": []any{obj{"id": up["file_id"], "title": "chart"}}}); got["ok"] != true {
		t.Fatal(got)
	}
	post := func() obj {
		return call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": []any{
			obj{"type": "image", "alt_text": "a chart", "slack_file": obj{"id": up["file_id"]}},
		}})
	}
	wrong(t, post(), "", "invalid slack file")
	clock.Advance(2 * time.Second)
	if got := post(); got["ok"] != true {
		t.Errorf("once it is processed: %v", got)
	}
	if f, ok := s.File(fmt.Sprint(up["file_id"])); !ok || string(f.Content) != "\x89PNG" || f.Title != "chart" {
		t.Errorf("file %+v", f)
	}
	if got := slacktest.Text(s.All(slacktest.Sales)[0]); got != "a chart" {
		t.Errorf("read %q", got)
	}
}

func TestPrivateFilesAreNotForResponses(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{FilePolls: 1})
	a := newApp(t, s)
	up := call(t, s, "files.getUploadURLExternal", obj{"filename": "a.png", "length": 4})
	if status, text, err := put(t, up["upload_url"], "application/octet-stream", "\x89PNG"); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s %v", status, text, err)
	}
	call(t, s, "files.completeUploadExternal", obj{"files": []any{obj{"id": up["file_id"]}}})
	call(t, s, "files.info", obj{"file": up["file_id"]})
	s.Command(slacktest.Minji, slacktest.Sales, "/bapsang", "chart")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	form, _ := url.ParseQuery(string(a.got()[0].body))
	blocks := []any{obj{"type": "image", "alt_text": "x", "slack_file": obj{"id": up["file_id"]}}}
	raw, _ := json.Marshal(obj{"blocks": blocks})
	if status, text, err := put(t, form.Get("response_url"), "application/json", string(raw)); err != nil || status != http.StatusBadRequest || !strings.Contains(text, "invalid_blocks") {
		t.Errorf("by a response: %d %s %v", status, text, err)
	}
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": blocks}); got["ok"] != true {
		t.Errorf("by a post: %v", got)
	}
}
