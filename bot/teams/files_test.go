package teams_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

func TestFilesAreOpened(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	content := []byte("창고,수량\n용인,120\n")
	o.DropFile(teamstest.Minji, "재고 (1).csv", content, "창고별 수량")
	ev := o.only()
	if len(ev.Files) != 1 || ev.Files[0].Name != "재고 (1).csv" || ev.Files[0].Open != nil || ev.Text != "창고별 수량" {
		t.Fatalf("got %+v", ev)
	}
	o.stop()
	o.restart() // a question may wait longer than a process lives
	f, err := o.driver.OpenFile(t.Context(), ev.Thread, ev.Files[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if cerr := f.Close(); err != nil || cerr != nil || string(got) != string(content) {
		t.Errorf("read %q, %v, %v", got, err, cerr)
	}
	for status, want := range map[int]bot.Code{401: bot.CodeGone, 404: bot.CodeGone, 403: bot.CodeGone, 500: bot.CodeUnavailable} {
		stop := o.Fault(teamstest.Fault{Op: "download", Status: status})
		if _, err := o.driver.OpenFile(t.Context(), ev.Thread, ev.Files[0].ID); codeIn(err) != want || strings.Contains(err.Error(), "tempauth") {
			t.Errorf("status %d: %v, want %s and no address", status, err, want)
		}
		stop()
	}
	stop := o.Fault(teamstest.Fault{Op: "download", Reset: true})
	if _, err := o.driver.OpenFile(t.Context(), ev.Thread, ev.Files[0].ID); codeIn(err) != bot.CodeUnavailable || strings.Contains(err.Error(), "tempauth") {
		t.Errorf("a reset: %v", err)
	}
	stop()
	if c := o.Complaints(); len(c) > 0 {
		t.Errorf("complaints: %q", c)
	}
}

// TestFilesAreMicrosofts: an address that somebody made up must not have us look into our
// own network.
func TestFilesAreMicrosofts(t *testing.T) {
	t.Parallel()
	asked := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inside.Close()
	o := open(t, teamstest.Options{})
	for _, address := range []string{
		inside.URL, "http://contoso.sharepoint.com/x", "https://sharepoint.com.evil.example/x", "https://evilsharepoint.com/x", "https://u:p@contoso.sharepoint.com/x",
		"https://contoso.sharepoint.com:8443/x", "file:///etc/passwd", "https://169.254.169.254/", "//x", "", "https://", "gopher://contoso.sharepoint.com", "\x00",
	} {
		for _, id := range []string{base64.RawURLEncoding.EncodeToString([]byte(address)), address} {
			if f, err := o.driver.OpenFile(t.Context(), bot.Thread{}, id); codeIn(err) != bot.CodeGone {
				t.Errorf("%q is opened: %v, %v", address, f, err)
			}
		}
	}
	if asked {
		t.Error("a server of ours was asked")
	}
}

func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	const info = "application/vnd.microsoft.teams.file.download.info"
	o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{"text": "여기", "attachments": []any{
		map[string]any{"contentType": "image/*", "contentUrl": "https://smba.trafficmanager.net/x"}, map[string]any{"contentType": "text/html", "content": "<p>여기</p>"},
		map[string]any{"contentType": info}, map[string]any{"contentType": info, "content": "x"}, map[string]any{"contentType": info, "content": map[string]any{"downloadUrl": 7}},
		map[string]any{"contentType": info, "content": map[string]any{"downloadUrl": "https://x.sharepoint.com/" + strings.Repeat("x", 9000)}},
		map[string]any{"contentType": info, "content": map[string]any{"downloadUrl": "https://x.sharepoint.com/y", "uniqueId": "u-1", "fileType": "xlsx"}},
		nil, 7, "x",
	}})
	ev := o.only()
	if len(ev.Files) != 1 || ev.Files[0].Name != "u-1.xlsx" {
		t.Errorf("files are %+v", ev.Files)
	}
}
