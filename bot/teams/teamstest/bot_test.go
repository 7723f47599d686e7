package teamstest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// officialBot runs a bot that is made with Microsoft's own SDK against s, and returns what
// it says it was told.
func officialBot(t *testing.T, s *teamstest.Server) <-chan obj {
	t.Helper()
	node := needPeer(t)
	// The SDK requires modules in a way that node has since 20.19.
	if err := exec.CommandContext(t.Context(), node, "-e", "process.exit(process.features.require_module ? 0 : 1)").Run(); err != nil {
		const how = "Microsoft's SDK needs node 20.19 or newer"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	cmd := exec.CommandContext(t.Context(), node, "bot.mjs", s.LoginURL(), s.OpenIDURL(), s.AppID(), s.Password(), s.Tenant())
	cmd.Dir = filepath.Join("testdata", "npm")
	cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "NODE_NO_WARNINGS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan obj, 100)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			var line obj
			if json.Unmarshal(scan.Bytes(), &line) == nil {
				lines <- line
			}
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-read
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("bot.mjs: %v", err)
		}
	})
	s.DeliverTo(fmt.Sprint(told(t, lines, "listening")["url"]))
	return lines
}

// told is the next line of a type.
func told(t *testing.T, lines <-chan obj, kind string) obj {
	t.Helper()
	ctx := soon(t)
	for {
		select {
		case line := <-lines:
			if line["type"] == kind {
				return line
			}
			if line["type"] == "error" {
				t.Errorf("the bot: %v", line["text"])
			}
		case <-ctx.Done():
			t.Fatalf("the bot says no %s", kind)
		}
	}
}

// TestMicrosoftsBotWorksHere proves the whole with a bot that is not ours, made with
// Microsoft's own SDK: it takes our tokens, understands what people do, and does nothing
// that is refused.
func TestMicrosoftsBotWorksHere(t *testing.T) {
	t.Parallel()
	needPeer(t)
	s := teamstest.Start(t, teamstest.Options{})
	lines := officialBot(t, s)
	wait := func(what string, cond func() bool) {
		t.Helper()
		if err := s.Wait(soon(t), cond); err != nil {
			t.Fatalf("%s: %v; refused %v, complaints %q, calls %+v", what, err, s.Refused(), s.Complaints(), failed(s))
		}
	}
	s.Install(teamstest.Newcomer, teamstest.Newcomer)
	wait("a welcome", func() bool { return len(s.Messages(teamstest.Newcomer)) == 1 })

	// In a channel: the mention is taken out, the card is pressed in every way.
	root := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" 매출은?")
	if m := told(t, lines, "message"); strings.TrimSpace(strings.ReplaceAll(fmt.Sprint(m["text"]), "&nbsp;", " ")) != "매출은?" || m["from"] != "김민지 (Minji Kim)" || m["conversation"] != "channel" {
		t.Errorf("told %v", m)
	}
	wait("a text and a card", func() bool { return len(s.Messages(root.Conversation)) == 3 }) // which it sends as one
	m := s.Messages(root.Conversation)[2]
	if !strings.Contains(string(m.Entities), "AIGeneratedContent") || len(teamstest.Actions(m)) != 3 {
		t.Errorf("the card %+v", m)
	}
	typed := teamstest.Pressing{Inputs: map[string]string{"why": "그냥"}}
	for _, action := range []string{"submit", "execute", "dialog"} {
		if err := s.Press(teamstest.Alex, m, action, typed); err != nil {
			t.Fatal(err)
		}
	}
	if x := told(t, lines, "message"); inner(x, "value", "n") != 1.0 || inner(x, "value", "why") != "그냥" {
		t.Errorf("submitted %v", x)
	}
	if x := told(t, lines, "action"); x["verb"] != "go" || inner(x, "data", "n") != 2.0 || inner(x, "data", "why") != "그냥" {
		t.Errorf("executed %v", x)
	}
	wait("the card that it answers", func() bool { return strings.HasPrefix(s.Shown(teamstest.Alex, m), "done") })
	wait("a dialog", func() bool { _, open := s.Dialog(teamstest.Alex); return open })
	if err := s.SubmitDialog(teamstest.Alex, "send", map[string]string{"why": "도시"}); err != nil {
		t.Fatal(err)
	}
	if x := told(t, lines, "dialog"); inner(x, "data", "n") != 4.0 || inner(x, "data", "why") != "도시" {
		t.Errorf("submitted in the dialog %v", x)
	}
	wait("what it says then", func() bool { return slices.Equal(s.Notes(teamstest.Alex), []string{"fixed"}) })
	if err := s.Feedback(teamstest.Alex, m, "dislike", "틀림"); err != nil {
		t.Fatal(err)
	}
	if x := told(t, lines, "feedback"); inner(x, "value", "reaction") != "dislike" || inner(x, "value", "feedback") != `{"feedbackText":"틀림"}` {
		t.Errorf("feedback %v", x)
	}

	// In a person's chat: a stream, at Microsoft's own pace.
	s.Say(teamstest.Minji, teamstest.Minji, "stream")
	wait("a stream", func() bool {
		seen := s.Messages(teamstest.Minji)
		return len(seen) == 2 && seen[1].Stream == teamstest.Final && seen[1].Text == "one two" && len(seen[1].Cards) == 1
	})
	if x := s.Messages(teamstest.Minji)[1]; !strings.Contains(string(x.Entities), "AIGeneratedContent") {
		t.Errorf("streamed %+v", x)
	}
	for _, c := range s.Calls("") {
		if c.Error != "" && c.Error != "Throttled" {
			t.Errorf("refused: %+v", c)
		}
	}
	if got := s.Troubles(teamstest.Alex); len(got) > 0 {
		t.Errorf("troubles %q", got)
	}
	if got := s.Complaints(); len(got) > 0 {
		t.Errorf("complaints about Microsoft's own bot: %q", got)
	}
}

// TestMicrosoftsBotRunsOutOfTime proves what its SDK does of a stream that is refused for
// its two minutes, which here are half a second: it updates the message instead.
func TestMicrosoftsBotRunsOutOfTime(t *testing.T) {
	t.Parallel()
	needPeer(t)
	s := teamstest.Start(t, teamstest.Options{Scale: 240})
	officialBot(t, s)
	s.Say(teamstest.Minji, teamstest.Minji, "stream")
	err := s.Wait(soon(t), func() bool {
		seen := s.Messages(teamstest.Minji)
		return len(seen) == 2 && seen[1].Text == "one two" && seen[1].Edits == 1
	})
	if err != nil {
		t.Errorf("%v: %+v, %v", err, s.Messages(teamstest.Minji), failed(s))
	}
	late := 0
	for _, c := range s.Calls("activities.send") {
		if c.Error == "ContentStreamNotAllowed" {
			late++
		}
	}
	if late == 0 {
		t.Error("nothing was late")
	}
}

// failed are the calls that were refused, as text.
func failed(s *teamstest.Server) []string {
	var out []string
	for _, c := range s.Calls("") {
		if c.Error != "" {
			out = append(out, fmt.Sprintf("%s %d %s %.300s", c.Op, c.Status, c.Error, c.Body))
		}
	}
	return out
}
