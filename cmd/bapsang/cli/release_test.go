//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// release is a store as the last release left it: a line for each document and each job.
const release = "testdata/release/store.jsonl"

var writeRelease = flag.Bool("write-release", false, "write "+release+" anew, as this program leaves a store")

// line is a line of it.
type line struct {
	Kind  string          `json:"kind,omitempty"`
	Key   string          `json:"key,omitempty"`
	Value json.RawMessage `json:"value,omitempty"` // of a document that is JSON
	Bytes []byte          `json:"bytes,omitempty"` // of another
	Job   *store.Job      `json:"job,omitempty"`
	// Unique is the job's key.
	Unique string `json:"unique,omitempty"`
}

// lines are a store that can be moved.
type lines []line

func readRelease(t *testing.T) (all lines) {
	t.Helper()
	data, err := os.ReadFile(release)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(bytes.NewReader(data))
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// Export implements store.Exporter.
func (all lines) Export(_ context.Context, doc func(kind, key string, value []byte) error, job func(store.StoredJob) error) error {
	for _, l := range all {
		var err error
		switch {
		case l.Job != nil:
			err = job(store.StoredJob{Job: *l.Job, Unique: l.Unique})
		case l.Value != nil:
			err = doc(l.Kind, l.Key, l.Value)
		default:
			err = doc(l.Kind, l.Key, append([]byte{}, l.Bytes...))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// kinds are those of the documents and of the jobs.
func (all lines) kinds() (out []string) {
	for _, l := range all {
		kind := l.Kind
		if l.Job != nil {
			kind = "job " + l.Job.Kind
		}
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return out
}

// question is the question that was asked in these words.
func (all lines) question(t *testing.T, text string) (id string, q stored) {
	t.Helper()
	for _, l := range all {
		if l.Kind == "question" && json.Unmarshal(l.Value, &q) == nil && q.Text == text {
			return l.Key, q
		}
	}
	t.Fatalf("nobody asked %q", text)
	return "", q
}

// dump reads what a database holds.
func dump(t *testing.T, dsn string) (all lines) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), "SELECT kind, key, value FROM bapsang.docs ORDER BY kind, key")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l line, err error) {
		var key, value []byte
		err = r.Scan(&l.Kind, &key, &value)
		l.Key = string(key)
		if json.Valid(value) {
			l.Value = value
		} else {
			l.Bytes = value
		}
		return l, err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err = conn.Query(t.Context(), `SELECT id, kind, coalesce(unique_key, ''), coalesce(mailbox, ''), coalesce(owner, ''), payload, background, priority, state, attempt, max_attempts,
		last_error, enqueued_at, not_before, started_at, ended_at FROM bapsang.jobs ORDER BY ended_at = 0, id`)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l line, err error) {
		j := &store.Job{}
		var unique, mailbox, owner []byte
		var at [4]int64
		err = r.Scan(&j.ID, &j.Kind, &unique, &mailbox, &owner, &j.Payload, &j.Background, &j.Priority, &j.State, &j.Attempt, &j.MaxAttempts, &j.LastError, &at[0], &at[1], &at[2], &at[3])
		j.Mailbox, j.Owner, l.Job, l.Unique = string(mailbox), string(owner), j, string(unique)
		switch j.State {
		case store.Done, store.Failed, store.Cancelled:
		default:
			j.State = store.Queued // the database has more words for that
		}
		for i, into := range []*time.Time{&j.EnqueuedAt, &j.NotBefore, &j.StartedAt, &j.EndedAt} {
			if at[i] != 0 {
				*into = time.Unix(0, at[i]).UTC()
			}
		}
		return l, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(docs, jobs...)
}

// What the release was asked.
const (
	releaseAsked   = "지역별 금액 합계"
	releaseThought = "요즘 효자 노릇 하는 동네가 어디야"
	releaseWaits   = "월별 금액"
	releaseFile    = "부서,비용\n영업,100\n개발,250\n영업,50\n"
)

// releaseSite is the configuration that a release was served with.
func releaseSite(t *testing.T, dsn string) string {
	t.Helper()
	model := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return salesAnswer("{{r1.region[0]}}입니다.") }})
	config := configured(t, model.URL+"/v1", agreedContract)
	onServer(t, config, dsn)
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("subscriptions:\n  - {name: weekly, owner: \"web:@minji\", to: [\"web:general\"], when: 매주 월요일 9시, question: 지역별 금액 합계}\n"); err != nil {
		t.Fatal(err)
	}
	return config
}

// leave has this program make a store as a release leaves it, with something still to do.
func leave(t *testing.T) {
	t.Helper()
	dsn := pgtest.Shared(t).Database(t)
	config := releaseSite(t, dsn)
	mustRun(t, "migrate", "--config", config)
	p := start(t, "--now", now, "serve", "--config", config)
	for i, text := range []string{releaseAsked, releaseThought} {
		_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", text, fmt.Sprint("k", i)), token)
		p.answer(t, asked["id"].(string), token)
	}
	v := visit(t, p)
	thread := v.drops(p, "", "", "costs.csv", releaseFile)
	v.sees("/c/general/t/"+thread, "부서별")
	v.drops(p, thread, "부서별 비용 합계", "", "")
	v.sees("/c/general/t/"+thread, "250", "150")
	first, _ := dump(t, dsn).question(t, releaseAsked)
	if code, said := p.call(t, "POST", "/api/v1/questions/"+first+"/feedback", `{"user":"u","verdict":"good","reason":"좋아요"}`, token); code != http.StatusNoContent {
		t.Fatalf("feedback: %d %v", code, said)
	}
	mustRun(t, "--now", now, "calendar", "add", "수능", "--start", "2027-11-18", "--source", "https://www.suneung.re.kr/notice/1", "--quote", "11월 18일 시행", "--config", config)
	mustRun(t, "--now", now, "upstream", "off", "gpu", "--config", config, "--because", "maintenance")
	mustRun(t, "--now", now, "upstream", "on", "gpu", "--config", config)
	p.kill()
	p = start(t, "--now", now, "serve", "--config", config, "--roles", "chat")
	p.call(t, "POST", "/api/v1/questions", ask("w", releaseWaits, "waits"), token)
	p.kill()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	for _, l := range dump(t, dsn) {
		if err := e.Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	// Where it was made is nobody's business.
	text := strings.ReplaceAll(out.String(), filepath.Dir(config), "/srv/bapsang")
	if err := os.WriteFile(release, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// releaseHint is said with every failure of what follows.
const releaseHint = `
A store that the last release left is no longer read as it was. Who upgrades would lose this. Have the program read
the old form as well (docs/releasing.md, "What a release may change"). Only when a release was made is the store written
anew, by: go test -run TestALastReleaseIsRead ./cmd/bapsang/cli -write-release`

// TestALastReleaseIsRead starts on a store that the last release left: what it answered is
// there, what it promised is kept, and whoever was there goes on.
func TestALastReleaseIsRead(t *testing.T) {
	t.Parallel()
	if *writeRelease {
		leave(t)
	}
	left := readRelease(t)
	t.Logf("%d documents and jobs: %s", len(left), strings.Join(left.kinds(), ", "))
	dsn := pgtest.Shared(t).Database(t)
	config := releaseSite(t, dsn)
	mustRun(t, "migrate", "--config", config)
	if _, _, err := postgres.Import(t.Context(), dsn, postgres.Options{}, left); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--now", now, "serve", "--config", config)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(releaseHint)
		}
	})
	for i, text := range []string{releaseAsked, releaseThought} {
		id, was := left.question(t, text)
		got := p.answer(t, id, token)
		if answer, _ := got["answer"].(map[string]any); got["state"] != "done" || was.Answer == nil || answer["text"] != was.Answer.Text || answer["rung"] != was.Answer.Rung {
			t.Errorf("%s was answered %+v and is now %v", text, was.Answer, got)
		}
		if _, again := p.call(t, "POST", "/api/v1/questions", ask("u", text, fmt.Sprint("k", i)), token); again["id"] != id {
			t.Errorf("%s, sent again, is another question: %v", text, again)
		}
	}
	waits, _ := left.question(t, releaseWaits)
	if got := p.answer(t, waits, token); got["state"] != "done" {
		t.Errorf("what waited is %v", got)
	}
	readsOn(t, p, left)
	if out := mustRun(t, "--now", now, "calendar", "review", "--config", config); !strings.Contains(out, "수능") {
		t.Errorf("what was suggested for the calendar is not there:\n%s", out)
	}
	if out := mustRun(t, "--now", now, "upstream", "list", "--config", config); !strings.Contains(out, "gpu") {
		t.Errorf("the upstreams are:\n%s", out)
	}
	for _, l := range dump(t, dsn) { // a subscription of the configuration is taken over, not made again
		if l.Kind == "digest" && !slices.ContainsFunc(left, func(was line) bool { return was.Kind == "digest" && was.Key == l.Key }) {
			t.Errorf("the subscription was made again: %s", l.Value)
		}
	}
}

// readsOn goes on in the thread of the page where a file was dropped.
func readsOn(t *testing.T, p *process, left lines) {
	t.Helper()
	_, about := left.question(t, "부서별 비용 합계")
	i := slices.IndexFunc(left, func(l line) bool { return l.Kind == "web_stream" })
	if i < 0 {
		t.Fatal("nobody wrote on the page")
	}
	_, thread, _ := strings.Cut(left[i].Key, "\x00")
	v := visit(t, p)
	v.sees("/c/general/t/"+thread, "costs.csv", "250")
	v.drops(p, thread, "부서별 비용 평균", "", "")
	v.sees("/c/general/t/"+thread, "75")
	if about.Answer == nil || about.Answer.Rung != "compose" {
		t.Errorf("about the file it said %+v", about.Answer)
	}
}
