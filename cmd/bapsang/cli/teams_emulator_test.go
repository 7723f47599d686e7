package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

var emulator = flag.String("emulator", "", "talk in Microsoft's emulator of Teams, with pictures into this folder (first: npm ci --prefix testdata/emulator)")

// TestAConversationInTheEmulator is a person's conversation in what Microsoft made for
// trying a bot out: in their own chat, in a group and in a channel's thread. Its licence
// is for evaluation, so it runs only where somebody asks for it.
func TestAConversationInTheEmulator(t *testing.T) {
	if *emulator == "" {
		t.Skip("talks only with -emulator")
	}
	pictures, err := filepath.Abs(*emulator)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf("http://localhost:%d", freePort(t))
	w := &tenant{Server: teamstest.Start(t, teamstest.Options{NoRates: true}), t: t, config: site(t)}
	w.configure(page+"/_connector", 1, "")
	w.p = start(t, "--now", now, "serve", "--config", w.config)
	t.Cleanup(func() {
		if w.p.kill(); t.Failed() { // what it wrote may be read when it is gone
			t.Logf("%s", w.p.errs)
		}
	})
	door, signed := signing(t, w)
	emulate(t, w, page, door)

	said := talk(t, page, pictures)
	for _, place := range []string{"personal", "group", "channel"} {
		first, next := said[place+"-1"], said[place+"-2"]
		w.reads(place, first, "서울", "324만", "부산", "240만", "대구", "267만")
		w.reads(place+", followed up", next, "서울 지역별 금액", "324만") // asked anew, it would not be by region
		if strings.Contains(next, "240만") {
			t.Errorf("%s: the follow-up leaves nothing out: %s", place, next)
		}
	}
	if signed.Load() == 0 {
		t.Error("nothing was signed")
	}
}

// freePort is a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// signing stands before the bot and adds the token that Teams would send and the emulator
// does not, so that the bot checks it as ever. Without one the bot refuses.
func signing(t testing.TB, w *tenant) (string, *atomic.Int64) {
	t.Helper()
	bot, err := url.Parse(w.p.url)
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := w.p.call(t, http.MethodPost, "/api/messages", `{"type":"message"}`, ""); code != http.StatusUnauthorized && code != http.StatusForbidden {
		t.Errorf("without a token: %d", code)
	}
	var signed atomic.Int64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(bot)
		body, err := io.ReadAll(r.In.Body)
		if err != nil {
			return // what is broken reaches the bot unsigned
		}
		r.Out.Body = io.NopCloser(bytes.NewReader(body))
		var activity struct{ ServiceURL string }
		if json.Unmarshal(body, &activity) == nil && activity.ServiceURL != "" {
			r.Out.Header.Set("Authorization", w.AuthorizationFor(activity.ServiceURL))
			signed.Add(1)
		}
	}}
	door := httptest.NewServer(proxy)
	t.Cleanup(door.Close)
	return door.URL + "/api/messages", &signed
}

// emulate starts the emulator and waits for its page.
func emulate(t testing.TB, w *tenant, page, door string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".m365agentsplayground.yml"), []byte(emulated(w)), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := filepath.Abs(filepath.Join("testdata", "emulator", "node_modules", "@microsoft", "m365agentsplayground", "cli.js"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("no emulator (npm ci --prefix cmd/bapsang/cli/testdata/emulator): %v", err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(page, "http://"), ":")
	cmd := exec.CommandContext(t.Context(), "node", program, "start", "-e", door, "-c", "msteams", "-p", port, "--disable-telemetry")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TEAMSAPPTESTER_BROWSER=none")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // it ends as what is killed ends
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		if res, err := http.Get(page); err == nil {
			res.Body.Close()
			return
		}
		select {
		case <-ended:
			logs, _ := filepath.Glob(filepath.Join(dir, "devTools", "*.log"))
			t.Fatalf("the emulator ended: %v", logs)
		case <-late:
			t.Fatal("the emulator shows no page")
		case <-tick.C:
		}
	}
}

// emulated is the company of the emulator, which wants at least five colleagues. It finds
// members by their id alone where Teams takes the object id too, so the two are one.
func emulated(w *tenant) string {
	var s strings.Builder
	fmt.Fprintf(&s, "version: \"0.1.0\"\ntenantId: %s\nbot: {id: %q, name: Bapsang}\n", w.Tenant(), w.Bot())
	person := func(i int, name string) string {
		object, mail := fmt.Sprintf("00000000-0000-4000-a000-%012d", i), fmt.Sprintf("u%d@example.com", i)
		return fmt.Sprintf("{id: %s, aadObjectId: %s, name: %s, givenName: A, surname: B, userPrincipleName: %s, email: %s}\n", object, object, name, mail, mail)
	}
	s.WriteString("currentUser: " + person(1, "김민지") + "users:\n")
	for i := range 5 {
		s.WriteString("  - " + person(i+2, fmt.Sprintf("Alex%d", i)))
	}
	s.WriteString("personalChat: {id: \"a:personal-chat-id\"}\ngroupChat: {id: \"19:group-chat-id@thread.v2\", name: Group}\n" +
		"team:\n  id: \"19:team-id@thread.tacv2\"\n  name: My Team\n  aadGroupId: 00000000-0000-4000-a000-000000000031\n" +
		"  channels:\n    - {id: \"19:sales@thread.tacv2\", name: Sales}\n")
	return s.String()
}

// talk is the person: what they read after each thing that they said, by its name.
func talk(t testing.TB, page, pictures string) map[string]string {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "emulator", "talk.mjs"), page, pictures, "지역별 금액 합계", "서울만", "324만", "알려 주셔서 고마워요.")
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	var said map[string]string
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return said
}
