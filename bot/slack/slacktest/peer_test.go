package slacktest_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/bot/standin"
)

// needPeer returns node, or skips saying how to have Slack's official clients.
func needPeer(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("testdata", "npm", "node_modules", "@slack", "socket-mode"))
	}
	if err != nil {
		const how = "Slack's clients are not here (apt install nodejs npm; npm ci --prefix bot/slack/slacktest/testdata/npm)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return node
}

func peer(t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), needPeer(t), append([]string{script}, args...)...)
	cmd.Dir = filepath.Join("testdata", "npm")
	cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1")
	return cmd
}

// TestOfficialClientUnderstands proves the Web API with a client that is not ours.
func TestOfficialClientUnderstands(t *testing.T) {
	t.Parallel()
	needPeer(t)
	// The modal comes after other calls, and node takes its time: on a clock that stands
	// still, the trigger lives on.
	s := slacktest.Start(t, slacktest.Options{FilePolls: 2, Clock: standin.NewManual(time.Now())})
	newApp(t, s)
	root := s.Say(slacktest.Minji, slacktest.Sales, "root")
	trigger := s.Shortcut(slacktest.Minji, "ask", root)
	s.Fault(slacktest.Fault{Method: "reactions.add", Status: 429, RetryAfter: 7})
	s.Fault(slacktest.Fault{Method: "conversations.info", Status: 429, RetryAfter: 1, Times: 1})
	s.Fault(slacktest.Fault{Method: "conversations.info", Status: 500, Times: 1})
	s.Fault(slacktest.Fault{Method: "users.info", Error: "fatal_error"})
	raw, err := peer(t, "web.mjs", s.URL(), s.BotToken(), slacktest.Sales, root.TS, slacktest.Minji, s.Team(), trigger).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	for name, want := range map[string][]string{
		"auth":    {`"user":"U0BAPSANG00"`, `"chat:write"`},
		"post":    {`"text":"two"`, `"link":true`, `"last":"two"`, `"key":"k1"`, `"blocks":null`},
		"invalid": {`"error":"invalid_blocks"`, `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`},
		"stream":  {`"types":["task_card","markdown","context"]`, `"text":"**hello** world"`, `"over":"message_not_in_streaming_state"`},
		"upload":  {`"early":""`, `"mimetype":"text/csv"`, `"got":"a,b\n1,2\n"`, `"page":true`, `"shares":["C0SALES0002"]`, `"again":"file_not_found"`},
		"modal":   {`"id":"V0`, `"again":"exchanged_trigger_id"`},
		"pages":   {`"n":8`, `"pages":3`},
		"retried": {`"sales-매출"`},
		"limited": {`"code":"slack_webapi_rate_limited_error"`, `"retryAfter":7`},
		"broken":  {`"error":"fatal_error"`},
	} {
		for _, part := range want {
			if !strings.Contains(string(got[name]), part) {
				t.Errorf("%s: %s has no %s", name, got[name], part)
			}
		}
	}
}

// listener is Slack's client for Socket Mode.
type listener struct {
	lines chan map[string]any
}

func listen(t *testing.T, s *slacktest.Server, mode string) *listener {
	t.Helper()
	cmd := peer(t, "socket.mjs", s.URL(), s.AppToken(), mode)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l := &listener{lines: make(chan map[string]any, 100)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			var line map[string]any
			if json.Unmarshal(scan.Bytes(), &line) == nil {
				l.lines <- line
			}
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-read
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("socket.mjs: %v", err)
		}
	})
	return l
}

// next returns the next line of a type.
func (l *listener) next(t *testing.T, kind string) map[string]any {
	t.Helper()
	ctx := soon(t)
	for {
		select {
		case line := <-l.lines:
			if line["type"] == kind {
				return line
			}
		case <-ctx.Done():
			t.Fatalf("no %s came", kind)
		}
	}
}

// TestOfficialClientListens proves Socket Mode with a client that is not ours: events
// come, are acknowledged, and survive a connection that breaks.
func TestOfficialClientListens(t *testing.T) {
	t.Parallel()
	needPeer(t)
	s := slacktest.Start(t, slacktest.Options{SocketMode: true, Scale: 100})
	l := listen(t, s, "")
	l.next(t, "connected")
	s.Say(slacktest.Minji, slacktest.Sales, "first")
	if e := l.next(t, "events_api"); e["text"] != "first" || e["retry"] != 0.0 {
		t.Errorf("got %v", e)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	s.DropSockets()
	s.Say(slacktest.Minji, slacktest.Sales, "second") // kept until the client is back
	if e := l.next(t, "events_api"); e["text"] != "second" || e["retry"] != 1.0 {
		t.Errorf("got %v", e)
	}
	s.Disconnect("refresh_requested")
	l.next(t, "connected")
	s.Command(slacktest.Minji, slacktest.Sales, "/bapsang", "help")
	if e := l.next(t, "slash_commands"); e["inner"] != "/bapsang" {
		t.Errorf("got %v", e)
	}
	err := s.Wait(soon(t), func() bool {
		seen := s.Ephemeral(slacktest.Minji)
		return len(seen) == 1 && seen[0].Text == "done: help"
	})
	if err != nil {
		t.Errorf("the acknowledgement's text is shown: %v", err)
	}
}

// TestOfficialClientIsTriedAgain proves that what is not acknowledged comes again.
func TestOfficialClientIsTriedAgain(t *testing.T) {
	t.Parallel()
	needPeer(t)
	s := slacktest.Start(t, slacktest.Options{SocketMode: true, AckWait: time.Second})
	l := listen(t, s, "skip")
	l.next(t, "connected")
	s.Say(slacktest.Minji, slacktest.Sales, "again")
	if e := l.next(t, "events_api"); e["retry"] != 0.0 {
		t.Errorf("got %v", e)
	}
	if e := l.next(t, "events_api"); e["text"] != "again" || e["retry"] != 1.0 {
		t.Errorf("got %v", e)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if a := s.Acks(); a.Acked != 1 || a.Late < 1 {
		t.Errorf("acks %+v", a)
	}
}
