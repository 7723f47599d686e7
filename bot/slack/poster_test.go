package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// fast is how many times as fast as Slack's the minutes of most tests are.
const fast = 60

// out is a Slack with the driver as a poster, without its doors.
type out struct {
	*slacktest.Server
	*slack.Slack
	t     *testing.T
	log   *logBuffer
	opts  slacktest.Options
	drawn atomic.Int32
}

func startOut(t *testing.T, opts slacktest.Options) *out {
	t.Helper()
	if opts.Scale == 0 {
		opts.Scale = fast
	}
	o := &out{Server: slacktest.Start(t, opts), t: t, log: &logBuffer{}, opts: opts}
	o.Slack = o.process()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("refused: %v; log:\n%.6000s", o.Refused(), o.log)
		}
	})
	return o
}

// process is the poster of another process.
func (o *out) process(change ...func(*http.Transport)) *slack.Slack {
	o.t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 50}
	for _, c := range change {
		c(transport)
	}
	o.t.Cleanup(transport.CloseIdleConnections)
	driver, err := slack.New(slack.Config{
		BotToken: o.BotToken(), SigningSecret: o.SigningSecret(), APIURL: o.URL(), Rate: o.opts.Scale, HTTPClient: &http.Client{Transport: transport},
		Render: func(context.Context, json.RawMessage) ([]byte, error) {
			o.drawn.Add(1)
			return []byte("\x89PNG\r\n\x1a\n"), nil
		},
		Logger: slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return driver
}

// restart ends the process, and goes on with another that remembers nothing.
func (o *out) restart() {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	cancel()
	if err := o.Run(ctx, &desk{}); err != nil {
		o.t.Error(err)
	}
	o.Slack = o.process()
}

// asked is a thread that user began in the channel.
func (o *out) asked(user, channel string) bot.Thread {
	o.t.Helper()
	m := o.Say(user, channel, o.Mention()+" revenue?")
	return bot.Thread{Platform: slack.Platform, Workspace: o.Team(), Channel: channel, ID: m.TS, Direct: strings.HasPrefix(channel, "D")}
}

// begun posts progress as a caller does whom a busy machine kept from its turn: again.
func (o *out) begun(thread bot.Thread, progress bot.Message) bot.Ref {
	o.t.Helper()
	for {
		ref, err := o.Post(o.t.Context(), thread, progress)
		if err == nil {
			return ref
		}
		if codeOf(err) != bot.CodeBusy {
			o.t.Fatal(err)
		}
	}
}

// bots are the bot's messages of a thread.
func (o *out) bots(thread bot.Thread) []slacktest.Message {
	return slices.DeleteFunc(o.Messages(thread.Channel, thread.ID), func(m slacktest.Message) bool { return m.User != o.BotUser() })
}

// shown is what people see of messages, what is behind the SQL button included.
func shown(messages []slacktest.Message) []bottest.Shown {
	var out []bottest.Shown
	for _, m := range messages {
		text := slacktest.Text(m)
		// Some of it is marked up and escaped, some of it plain: both ways to read it.
		s := bottest.Shown{ID: m.TS, Text: text + "\n" + html.UnescapeString(text)}
		for _, a := range slacktest.Actions(m) {
			pressed, ok := blocks.ParseAction(a.ID, a.Value)
			if !ok {
				continue
			}
			s.Actions = append(s.Actions, pressed.Name)
			if pressed.Name == bot.ActionSQL {
				s.Text += "\n" + statements(pressed.Question)
			}
		}
		out = append(out, s)
	}
	return out
}

// statements is what the dialog behind the SQL button of a question says.
func statements(question string) string {
	for _, m := range bottest.Messages() {
		if m.Question == question {
			view, err := json.Marshal(blocks.SQLModal(m.SQL, m.Language))
			if err == nil {
				return slacktest.ViewText(view)
			}
		}
	}
	return ""
}

func TestPoster(t *testing.T) {
	t.Parallel()
	for _, without := range [][]slacktest.Feature{nil, {slacktest.Charts, slacktest.DataTables, slacktest.Streaming}, {slacktest.Charts, slacktest.DataTables, slacktest.Tables}} {
		t.Run(fmt.Sprint("without ", without), func(t *testing.T) {
			bottest.TestPoster(t, func(t *testing.T) bottest.Harness { return harness(t, slacktest.Options{Without: without}) })
		})
	}
}

// Progress that nothing is before takes its turn, though the time that it would wait is
// over: here that is no time at all.
func TestProgressTakesAFreeTurn(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{Scale: 1e12, NoRates: true, Without: []slacktest.Feature{slacktest.Streaming}})
	progress, _ := question(1, "ko")
	if _, err := o.Post(t.Context(), o.asked(slacktest.Minji, slacktest.Sales), progress); err != nil {
		t.Error(err)
	}
}

func harness(t *testing.T, opts slacktest.Options) bottest.Harness {
	// A channel for each thread: it is not a channel's rate that is tested here.
	const channels = 40
	for i := range channels {
		opts.Channels = append(opts.Channels, slacktest.Channel{
			ID: fmt.Sprintf("C0MANY%05d", i), Name: fmt.Sprintf("many-%d", i), Members: []string{slacktest.Minji, "U0BAPSANG00"},
		})
	}
	o := startOut(t, opts)
	in := func(channel string) bot.Thread {
		return bot.Thread{Platform: slack.Platform, Workspace: o.Team(), Channel: channel}
	}
	n := 0
	return bottest.Harness{
		Poster: o,
		Thread: func(*testing.T) bot.Thread {
			n++
			if n%channels == 3 {
				return o.asked(slacktest.Minji, o.DM(slacktest.Minji))
			}
			return o.asked(slacktest.Minji, fmt.Sprintf("C0MANY%05d", n%channels))
		},
		Shown: func(_ *testing.T, thread bot.Thread) []bottest.Shown { return shown(o.bots(thread)) },
		Begin: func(*testing.T) bot.Thread { return in(slacktest.Sales) },
		Direct: func(*testing.T) bot.Thread {
			return bot.Direct(slack.Platform, o.Team(), slacktest.Alex)
		},
		Only: func(*testing.T) (bot.Thread, func(*testing.T) []bottest.Shown, func(*testing.T) []bottest.Shown) {
			thread := in(slacktest.General)
			thread.Only = slacktest.Minji
			sees := func(user string) func(*testing.T) []bottest.Shown {
				return func(*testing.T) []bottest.Shown { return shown(append(o.Ephemeral(user), o.All(slacktest.General)...)) }
			}
			return thread, sees(slacktest.Minji), sees(slacktest.Alex)
		},
		Restart: func(*testing.T) bot.Poster { return o.process() },
		Fill:    o.fill,
	}
}

// fill has Minji press a button with a form, fill it in and send it.
func (o *out) fill(t *testing.T, ref bot.Ref, b bot.Button, values map[string]string) bot.Action {
	t.Helper()
	d := &desk{}
	door := httptest.NewServer(o.HTTP(d))
	defer door.Close()
	o.DeliverTo(door.URL)
	defer o.DeliverTo("")
	messages := o.bots(ref.Thread)
	i := slices.IndexFunc(messages, func(m slacktest.Message) bool { return m.TS == ref.ID })
	id, value := find(t, slacktest.Actions(messages[i]), b.Action)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	opened := func() bool { return len(o.Modals(slacktest.Minji)) == 1 }
	late := func() (n int) { // on a busy machine a form may not open within Slack's three seconds
		for _, c := range o.Calls("views.open") {
			if c.Error == "expired_trigger_id" {
				n++
			}
		}
		return n
	}
	for before := late(); !opened(); before = late() { // then she presses again
		if _, err := o.Press(slacktest.Minji, messages[i], id, slacktest.Pressing{Value: value}); err != nil {
			t.Fatal(err)
		}
		if err := o.Wait(ctx, func() bool { return opened() || late() > before }); err != nil {
			t.Fatal(err)
		}
	}
	named := map[string]string{}
	for name, v := range values {
		named["field."+name] = v
	}
	if err := o.Submit(slacktest.Minji, named); err != nil {
		t.Fatal(err)
	}
	if err := o.Wait(ctx, func() bool { return len(o.Modals(slacktest.Minji)) == 0 }); err != nil {
		t.Fatalf("%v: %v", err, o.Complaints())
	}
	got := d.got()
	if len(got) != 1 || got[0].Kind != bot.EventAction || got[0].Thread != ref.Thread || got[0].Message != ref.ID {
		t.Fatalf("the handler got %+v", got)
	}
	return *got[0].Action
}

// usual are the messages of bottest, made once: thousands of questions are of them.
var usual = sync.OnceValue(bottest.Messages)

// question is a question and its answer, as the desk would have them shown.
func question(n int, language string) (progress, answer bot.Message) {
	progress, answer = usual()["progress-"+language], usual()["answer-"+language]
	id := fmt.Sprintf("q-%d", n)
	progress.Question, answer.Question = id, id
	progress.Key, answer.Key = id, id
	progress.For, answer.For = slacktest.Minji, slacktest.Minji
	answer.Text = fmt.Sprintf("Answer number %d.", n)
	return progress, answer
}

// ask shows progress and then the answer the way the desk does: what fails is tried
// again, and what was busy is answered at once.
func ask(ctx context.Context, p bot.Poster, thread bot.Thread, progress, answer bot.Message) error {
	ref, err := p.Post(ctx, thread, progress)
	again := err != nil && !errors.Is(err, context.Canceled)
	for range 20 {
		if ref.ID == "" {
			answer.Again = again
			ref, err = p.Post(ctx, thread, answer)
		} else {
			err = p.Update(ctx, ref, answer)
		}
		if e := (*bot.Error)(nil); err == nil || errors.As(err, &e) && (e.Code == bot.CodeGone || e.Code == bot.CodeDenied) {
			return err
		}
		again = true
	}
	return err
}

// mustAnswerOnce checks that the thread shows the n-th answer, once, and no progress.
func (o *out) mustAnswerOnce(thread bot.Thread, n int) {
	o.t.Helper()
	messages := o.bots(thread)
	if len(messages) != 1 {
		o.t.Errorf("question %d: %d messages", n, len(messages))
		return
	}
	text := slacktest.Text(messages[0])
	if want := fmt.Sprintf("Answer number %d.", n); !strings.Contains(text, want) || messages[0].Stream || strings.Contains(text, "⏳") {
		o.t.Errorf("question %d shows %.300q, streaming %v", n, text, messages[0].Stream)
	}
}
