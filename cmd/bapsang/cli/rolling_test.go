//go:build unix

package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// fleet is processes of the program that share a database and a workspace.
type fleet struct {
	t     testing.TB
	slack *slacktest.Server
	dsn   string
	csv   string
	more  string // of the configuration
	// program is what processes are started from.
	program string

	mu  sync.Mutex
	all []*process
}

// startFleet starts so many processes on a new database, each with a disk of its own.
func startFleet(t testing.TB, n int, opts slacktest.Options, more string) *fleet {
	t.Helper()
	return startFleetOf(t, os.Args[0], n, opts, more)
}

// startFleetOf starts a fleet of a program that may be another than this one.
func startFleetOf(t testing.TB, program string, n int, opts slacktest.Options, more string) *fleet {
	t.Helper()
	m := manifest(t)
	opts.Scopes, opts.Events, opts.SocketMode = m.OAuthConfig.Scopes.Bot, m.Settings.EventSubscriptions.BotEvents, true
	f := &fleet{t: t, slack: slacktest.Start(t, opts), dsn: pgtest.Shared(t).Database(t), csv: filepath.Join(t.TempDir(), "sales.csv"), program: program}
	f.more = fmt.Sprintf("slack: {mode: socket, bot_token: %q, app_token: %q, api_url: %q, rate: %v}\n", f.slack.BotToken(), f.slack.AppToken(), f.slack.URL(), max(opts.Scale, 1)) + more
	if err := os.WriteFile(f.csv, []byte(salesCSV), 0o600); err != nil {
		t.Fatal(err)
	}
	f.migrate()
	for range n {
		f.all = append(f.all, f.start())
	}
	return f
}

// config writes the configuration of one more process.
func (f *fleet) config() string {
	f.t.Helper()
	path := filepath.Join(f.t.TempDir(), "bapsang.yaml")
	text := fmt.Sprintf("listen: 127.0.0.1:0\ndata_dir: ./data\nstore: {driver: postgres, dsn: %q}\nsources:\n  - {name: sales, driver: files, dsn: %q}\n"+
		"api: {tokens: [{name: loadtest, token: \"${API_TOKEN}\"}]}\n", f.dsn, f.csv) + f.more
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f *fleet) start(args ...string) *process {
	f.t.Helper()
	return startProgram(f.t, f.program, nil, append([]string{"serve", "--config", f.config(), "--drain", "300ms"}, args...)...)
}

// migrate has the fleet's program bring the database up to what it knows.
func (f *fleet) migrate() {
	f.t.Helper()
	migrate := exec.CommandContext(f.t.Context(), f.program, "migrate", "--config", f.config())
	migrate.Env = environment()
	if out, err := migrate.CombinedOutput(); err != nil {
		f.t.Fatalf("migrate: %v\n%s", err, out)
	}
}

// opened is the store of the fleet.
func (f *fleet) opened() store.Store {
	f.t.Helper()
	s, err := postgres.Open(f.t.Context(), f.dsn, postgres.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = s.Close() })
	return s
}

// one is one of the processes that run.
func (f *fleet) one(n int) *process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[n%len(f.all)]
}

// replace ends a process and starts another in its place: by a signal as an operator does,
// or as a crash does.
func (f *fleet) replace(n int, crash bool) {
	f.t.Helper()
	old := f.one(n)
	if crash {
		old.kill()
	} else {
		if err := old.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			f.t.Fatal(err)
		}
		select {
		case err := <-old.done:
			if err != nil {
				f.t.Errorf("it ended with %v\n%s", err, old.errs)
			}
		case <-time.After(2 * time.Minute):
			f.t.Fatal("it does not stop")
		}
		old.done = nil
	}
	next := f.start()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[n%len(f.all)] = next
}

// programs asks over HTTP until stop is closed, and returns what was acknowledged: by key,
// under every id that was told.
func (f *fleet) programs(from int, stop <-chan struct{}) map[string]map[string]bool {
	texts := []string{"지역별 금액 합계", "상품별 수량", "월별 금액", "서울 금액", "금액 상위 2개 상품"}
	acknowledged := map[string]map[string]bool{}
	for i := from; ; i += 10 {
		select {
		case <-stop:
			return acknowledged
		case <-time.After(15 * time.Millisecond):
		}
		key := fmt.Sprint("k", i)
		// Who is told nothing asks again, of another. Now and then somebody does so anyway.
		for try := range 100 {
			code, asked := f.one(i+try).call(f.t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", i%25), texts[i%len(texts)], key), token)
			if code == http.StatusAccepted || code == http.StatusOK {
				if acknowledged[key] == nil {
					acknowledged[key] = map[string]bool{}
				}
				id, ok := asked["id"].(string)
				if !ok {
					f.t.Errorf("%s: %d %v", key, code, asked)
				}
				acknowledged[key][id] = true
				if i%70 != 0 || try > 0 && i%140 != 0 {
					break
				}
			}
		}
	}
}

// rush is programs and people who ask a fleet, all the time.
type rush struct {
	*fleet
	stop    chan struct{}
	answers chan map[string]map[string]bool
	said    chan []slacktest.Message
	ids     map[string]string // keys by the ids of what was acknowledged
	asked   []slacktest.Message
}

// askers are the programs of a rush.
const askers = 2

// unanswered is how many questions may be open in Slack before people ask no more. Without
// it a machine on which a replacement takes longer would be asked for more as well.
const unanswered = 50

// rush begins one in the rooms.
func (f *fleet) rush(rooms []slacktest.Channel) *rush {
	r := &rush{fleet: f, stop: make(chan struct{}), answers: make(chan map[string]map[string]bool, askers), said: make(chan []slacktest.Message, 1), ids: map[string]string{}}
	for n := range askers {
		go func() { r.answers <- f.programs(n, r.stop) }()
	}
	go func() {
		w := &workspace{Server: f.slack, t: f.t}
		var all, open []slacktest.Message
		for {
			select {
			case <-r.stop:
				r.said <- all
				return
			case <-time.After(60 * time.Millisecond):
			}
			if open = slices.DeleteFunc(open, w.answered); len(open) < unanswered {
				m := f.slack.Say(slacktest.Minji, rooms[len(all)%len(rooms)].ID, f.slack.Mention()+" 지역별 금액 합계")
				all, open = append(all, m), append(open, m)
			}
		}
	}()
	return r
}

// end has nobody ask any more, and sees that each key is one question.
func (r *rush) end() {
	close(r.stop)
	for range askers {
		for key, told := range <-r.answers {
			if len(told) != 1 {
				r.t.Errorf("%s was made %d questions", key, len(told))
			}
			for id := range told {
				r.ids[id] = key
			}
		}
	}
	r.asked = <-r.said
}

// judge waits for the answers of all that was acknowledged, which the processes tell in
// turn, and sees that none is shown twice.
func (r *rush) judge() {
	n := 0
	for id, key := range r.ids {
		got := r.one(n).answer(r.t, id, token)
		if answer, _ := got["answer"].(map[string]any); got["state"] != "done" || answer["rung"] == "none" {
			r.t.Errorf("%s is %v", key, got["state"])
		}
		n++
	}
	missing := r.asked
	ctx, cancel := context.WithTimeout(r.t.Context(), 4*time.Minute)
	defer cancel()
	w := &workspace{Server: r.slack, t: r.t}
	err := w.Wait(ctx, func() bool {
		for len(missing) > 0 && w.answered(missing[0]) {
			missing = missing[1:]
		}
		return len(missing) == 0
	})
	if err != nil {
		r.t.Errorf("%d of %d were not answered in Slack: %v", len(missing), len(r.asked), err)
		r.tellUnanswered(w)
	}
	twice := 0
	for _, m := range r.asked {
		if n := len(w.replies(m)); n > 1 {
			twice++
			r.t.Errorf("%s in %s has %d answers: %+v", m.TS, m.Channel, n, w.replies(m))
		}
	}
	r.t.Logf("%d over HTTP and %d in Slack, %d of them twice; Slack refused %v", len(r.ids), len(r.asked), twice, r.slack.Refused())
	if r.t.Failed() {
		for _, p := range r.all {
			p.kill()
			r.t.Log(p.errs.String())
		}
	}
}

func (r *rush) tellUnanswered(w *workspace) {
	for _, m := range r.asked {
		if !w.answered(m) {
			r.t.Logf("%s %s: %+v", m.Channel, m.TS, w.replies(m))
		}
	}
	for _, q := range questions(r.t, r.opened()) {
		if q.State != "done" {
			r.t.Logf("%+v", q)
		}
	}
}

// someRooms are channels of a workspace.
func someRooms() (rooms []slacktest.Channel) {
	for i := range 5 {
		rooms = append(rooms, slacktest.Channel{ID: fmt.Sprintf("C0ROOM%05d", i), Name: fmt.Sprintf("room-%d", i), Members: []string{slacktest.Minji, "U0BAPSANG00"}})
	}
	return rooms
}

// TestReplacingAllLosesNothing replaces three processes one after the other while programs
// ask over HTTP and people in Slack, and kills one. Whatever was acknowledged is answered,
// and nothing is shown twice. Where there is the program of an older release (make skew),
// it is that which is replaced, on a database that this one migrates under it; and then
// all go back to it.
func TestReplacingAllLosesNothing(t *testing.T) {
	t.Parallel()
	rooms := someRooms()
	before, skewed := older(t)
	f := startFleetOf(t, before, 3, slacktest.Options{Scale: 20, Channels: rooms}, "")
	r := f.rush(rooms)
	f.program = os.Args[0]
	f.migrate()
	f.replace(0, false)
	if skewed {
		r.mix(before)
	}
	f.replace(1, false)
	f.replace(2, false)
	f.replace(1, true)
	if skewed {
		r.back(before)
	}
	r.end()
	r.judge()
	if skewed {
		r.told()
	}
}
