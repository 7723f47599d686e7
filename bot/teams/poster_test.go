package teams_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/standin"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/connector"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// fast is how many times as fast as Teams' the minutes of most tests are.
const fast = 60

// object is the object id that the fake gives its n-th person.
func object(n int) string { return fmt.Sprintf("00000000-0000-4000-a000-%012d", n) }

// disk is where references are kept, of every process.
type disk struct {
	mu   sync.Mutex
	kept map[string]json.RawMessage
	puts atomic.Int64
	fail atomic.Bool
}

var errDisk = errors.New("the disk is full")

func (d *disk) Put(_ context.Context, key string, ref json.RawMessage) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail.Load() {
		return errDisk
	}
	d.puts.Add(1)
	d.kept[key] = bytes.Clone(ref)
	return nil
}

func (d *disk) Get(_ context.Context, key string) (json.RawMessage, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.kept[key]), nil
}

// out is a Teams with the driver as a poster.
type out struct {
	*teamstest.Server
	driver *teams.Teams
	t      *testing.T
	opts   teamstest.Options
	disk   *disk
	log    *lockedBuffer
	drawn  atomic.Int32
	told   chan bot.Event // what the handler hears of the poster
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startOut(t *testing.T, opts teamstest.Options, change ...func(*teams.Config)) *out {
	t.Helper()
	if opts.Scale == 0 && opts.Clock == nil {
		opts.Scale = fast
	}
	o := &out{Server: teamstest.Start(t, opts), t: t, opts: opts, disk: &disk{kept: map[string]json.RawMessage{}}, log: &lockedBuffer{}, told: make(chan bot.Event, 100)}
	// What the first activity of Teams tells.
	if err := o.disk.Put(t.Context(), "service", json.RawMessage(fmt.Sprintf(`{"service_url":%q}`, o.ServiceURL()))); err != nil {
		t.Fatal(err)
	}
	o.driver = o.process(change...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("refused: %v; complaints: %q; log:\n%.6000s", o.Refused(), o.Complaints(), o.log)
		}
	})
	return o
}

// Progress that nothing is before takes its turn, though the time that it would wait is
// over: here that is no time at all.
func TestProgressTakesAFreeTurn(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{Scale: 1e12, NoRates: true})
	progress, _ := question(1, "ko")
	if _, err := o.driver.Post(t.Context(), o.asked(teamstest.Minji, teamstest.Sales), progress); err != nil {
		t.Error(err)
	}
}

// process is the driver of another process.
func (o *out) process(change ...func(*teams.Config)) *teams.Teams {
	o.t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 50}
	o.t.Cleanup(transport.CloseIdleConnections)
	cfg := teams.Config{
		Connector: connector.Options{
			AppID: o.AppID(), Password: o.Password(), TenantID: o.Tenant(), LoginURL: o.LoginURL(), OpenIDURL: o.OpenIDURL(),
			ServiceURLs: []string{o.ServiceURL()}, Rate: max(o.opts.Scale, 1), HTTPClient: &http.Client{Transport: transport},
		},
		References: o.disk,
		Render: func(context.Context, json.RawMessage) ([]byte, error) {
			o.drawn.Add(1)
			return picture, nil
		},
		CSV:    rowsOf,
		Logger: slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	driver, err := teams.New(cfg)
	if err != nil {
		o.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- driver.Run(ctx, handler(func(ev bot.Event) { o.told <- ev })) }()
	o.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			o.t.Error(err)
		}
	})
	return driver
}

// picture is a PNG.
var picture = func() []byte {
	var b bytes.Buffer
	m := image.NewRGBA(image.Rect(0, 0, 4, 3))
	m.Set(1, 1, color.Black)
	if err := png.Encode(&b, m); err != nil {
		panic(err) // it encodes
	}
	return b.Bytes()
}()

// asked is a thread that a person began in a conversation: their own chat when it is their
// id.
func (o *out) asked(person, conversation string) bot.Thread {
	o.t.Helper()
	m := o.Say(person, conversation, o.Mention()+" revenue?", teamstest.Saying{Silent: true})
	id, _, _ := strings.Cut(m.Conversation, ";")
	return bot.Thread{Platform: teams.Platform, Workspace: o.Tenant(), Channel: id, ID: m.ID, Direct: conversation == person}
}

// in is where the messages of a thread are.
func in(thread bot.Thread) string {
	if strings.HasSuffix(thread.Channel, "@thread.tacv2") && thread.ID != "" {
		return thread.Channel + ";messageid=" + thread.ID
	}
	return thread.Channel
}

// bots are the bot's messages where a thread is.
func (o *out) bots(thread bot.Thread) []teamstest.Message {
	return slices.DeleteFunc(o.Messages(in(thread)), func(m teamstest.Message) bool { return m.From != o.Bot() })
}

// shown is what people see of messages.
func shown(messages []teamstest.Message) []bottest.Shown {
	var out []bottest.Shown
	for _, m := range messages {
		text := teamstest.Text(m)
		// Some of it is marked up and escaped, some of it plain: both ways to read it.
		s := bottest.Shown{ID: m.ID, Text: text + "\n" + html.UnescapeString(text)}
		for _, a := range teamstest.Actions(m) {
			if pressed, ok := cards.ParseAction(a.Data); ok {
				s.Actions = append(s.Actions, pressed.Name)
			} else if strings.Contains(a.URL, "/teams/csv/") {
				s.Actions = append(s.Actions, bot.ActionCSV)
			}
		}
		// What Teams itself puts there.
		if m.Stream == teamstest.Informing || m.Stream == teamstest.Streaming {
			s.Actions = append(s.Actions, bot.ActionCancel)
		}
		if strings.Contains(string(m.ChannelData), `"feedbackLoop"`) {
			s.Actions = append(s.Actions, bot.ActionGood, bot.ActionBad)
		}
		out = append(out, s)
	}
	return out
}

// A recorder knows which thread the messages of a chat are of, for a chat has no threads.
type recorder struct {
	bot.Poster
	mu *sync.Mutex
	of map[string]bot.Thread // by message
}

// Post waits where the chat's rate has no room for progress: the suite posts more than
// people would.
func (r recorder) Post(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	ref, err := r.Poster.Post(ctx, thread, msg)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); connector.Reason(err) == "no_budget"; {
		select {
		case <-tick.C:
			ref, err = r.Poster.Post(ctx, thread, msg)
		case <-late:
			return ref, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.of[ref.ID]; !known && err == nil {
		r.of[ref.ID] = ref.Thread
	}
	return ref, err
}

// shown is what is seen of a thread. What nobody knows the thread of is seen in all.
func (r recorder) shown(o *out, thread bot.Thread) []bottest.Shown {
	r.mu.Lock()
	defer r.mu.Unlock()
	return shown(slices.DeleteFunc(o.bots(thread), func(m teamstest.Message) bool {
		of, known := r.of[m.ID]
		return known && of != thread
	}))
}

func TestPoster(t *testing.T) {
	for _, kind := range []string{"personal", "group", "channel"} {
		t.Run(kind, func(t *testing.T) {
			bottest.TestPoster(t, func(t *testing.T) bottest.Harness { return harness(t, kind) })
		})
	}
}

func harness(t *testing.T, kind string) bottest.Harness {
	const people = 30
	var opts teamstest.Options
	for i := range people {
		opts.People = append(opts.People, teamstest.Person{ID: fmt.Sprintf("29:1many-%02d", i), Name: fmt.Sprintf("Person %d", i)})
	}
	o := startOut(t, opts)
	r := recorder{Poster: o.driver, mu: &sync.Mutex{}, of: map[string]bot.Thread{}}
	begin := bot.Thread{Platform: teams.Platform, Workspace: o.Tenant(), Channel: map[string]string{
		"channel": teamstest.Sales, "group": teamstest.Group, "personal": teamstest.Chat(teamstest.Alex),
	}[kind], Direct: kind == "personal"}
	n := 0
	return bottest.Harness{
		Poster: r,
		Thread: func(*testing.T) bot.Thread {
			n++
			switch kind {
			case "channel":
				return o.asked(teamstest.Minji, []string{teamstest.Sales, teamstest.General}[n%2])
			case "group":
				return o.asked(teamstest.Minji, teamstest.Group)
			}
			person := opts.People[n%people].ID
			return o.asked(person, person)
		},
		Shown:  func(_ *testing.T, thread bot.Thread) []bottest.Shown { return r.shown(o, thread) },
		Begin:  func(*testing.T) bot.Thread { return begin },
		Direct: func(*testing.T) bot.Thread { return bot.Direct(teams.Platform, o.Tenant(), object(2)) },
		Only: func(*testing.T) (bot.Thread, func(*testing.T) []bottest.Shown, func(*testing.T) []bottest.Shown) {
			thread := begin
			thread.Only = object(1)
			sees := func(person string, rooms ...string) func(*testing.T) []bottest.Shown {
				return func(*testing.T) []bottest.Shown {
					messages := o.Messages(person)
					for _, room := range rooms {
						messages = append(messages, o.Messages(room)...)
					}
					return shown(messages)
				}
			}
			return thread, sees(teamstest.Minji), sees(teamstest.Alex, teamstest.Sales, teamstest.General, teamstest.Group)
		},
		Restart: func(*testing.T) bot.Poster {
			return recorder{Poster: o.process(), mu: r.mu, of: r.of}
		},
	}
}

// question is a question and its answer, as the desk would have them shown.
func question(n int, language string) (progress, answer bot.Message) {
	progress, answer = bottest.Messages()["progress-"+language], bottest.Messages()["answer-"+language]
	id := fmt.Sprintf("q-%d", n)
	progress.Question, answer.Question = id, id
	progress.Key, answer.Key = id, id
	progress.For, answer.For = object(1), object(1)
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

func codeOf(err error) bot.Code {
	var e *bot.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// All messages of the suite are within Teams' rules: the fake refuses what is not, and
// complains of what no app should send.
func TestEverythingIsTidy(t *testing.T) {
	clock := standin.NewManual(time.Now()) // no stream is over before a busy machine ends it
	o := startOut(t, teamstest.Options{NoRates: true, Clock: clock, Scale: fast}, func(c *teams.Config) {
		c.PublicURL = "https://bapsang.example.com"
	})
	messages := bottest.Messages()
	for _, conversation := range []string{teamstest.Minji, teamstest.Group, teamstest.Sales} {
		for _, name := range slices.Sorted(maps.Keys(messages)) {
			thread := o.asked(teamstest.Minji, conversation)
			ref, err := o.driver.Post(t.Context(), thread, messages["progress-ko"])
			if err == nil {
				err = o.driver.Update(t.Context(), ref, messages[name])
			} else if messages[name].Kind != bot.KindProgress {
				_, err = o.driver.Post(t.Context(), thread, messages[name])
			}
			if err != nil && codeOf(err) != bot.CodeBusy {
				t.Errorf("%s in %s: %v", name, conversation, err)
			}
		}
	}
	calls := o.Calls("")
	if len(calls) < 2*len(messages) {
		t.Errorf("%d calls", len(calls))
	}
	for _, c := range calls {
		if c.Status/100 != 2 {
			t.Errorf("%s in %s: %d %s", c.Op, c.Conversation, c.Status, c.Error)
		}
	}
	if c := o.Complaints(); len(c) > 0 {
		t.Errorf("complaints: %q", c)
	}
}
