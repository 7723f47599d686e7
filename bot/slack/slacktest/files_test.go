package slacktest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

func TestFilesAreProcessedLater(t *testing.T) {
	t.Parallel()
	clock := slacktest.NewManual(time.Now())
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
