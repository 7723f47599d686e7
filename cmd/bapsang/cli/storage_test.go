package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// onServer has the site of a configuration keep everything on a server, in the database
// at dsn.
func onServer(t testing.TB, config, dsn string) {
	t.Helper()
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("store: {driver: postgres, dsn: \"" + dsn + "\", max_conns: 5}\n"); err != nil {
		t.Fatal(err)
	}
}

func mustRun(t testing.TB, args ...string) string {
	t.Helper()
	code, out, errs := run(t, args...)
	if code != 0 || errs != "" {
		t.Fatalf("%s: exit %d: %s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// TestAStoreMovesToAServer has a store with a question move to PostgreSQL, where two
// processes go on with it.
func TestAStoreMovesToAServer(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Shared(t).Database(t)
	laptop := site(t)
	p := start(t, "--now", now, "serve", "--config", laptop)
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "1"), token)
	id, _ := asked["id"].(string)
	before := p.answer(t, id, token)
	v := visit(t, p)
	const costs = "부서,비용\n영업,100\n개발,250\n영업,50\n"
	thread := v.drops(p, "", "", "costs.csv", costs)
	again := v.drops(p, "", "", "costs.csv", costs) // by somebody else, elsewhere
	v.sees("/c/general/t/"+thread, "부서별")
	v.sees("/c/general/t/"+again, "부서별")
	p.kill()

	fleet, second := site(t), site(t)
	onServer(t, fleet, dsn)
	onServer(t, second, dsn)
	if code, _, errs := run(t, "serve", "--config", fleet); code != 1 || !strings.Contains(errs, "bapsang migrate") {
		t.Fatalf("without a schema: exit %d: %s", code, errs)
	}
	out := mustRun(t, "migrate", "--config", fleet, "--from", "bolt", "--data-dir", dataDir(laptop))
	if !strings.Contains(out, "from version 0 to 1") || !strings.Contains(out, "documents and") || !strings.Contains(out, "2 files that people dropped into 2 threads") {
		t.Errorf("migrate said %q", out)
	}
	if out := mustRun(t, "migrate", "--config", fleet); !strings.Contains(out, "up to date") {
		t.Errorf("migrate again said %q", out)
	}
	code, _, errs := run(t, "migrate", "--config", fleet, "--from", "bolt", "--data-dir", dataDir(laptop))
	if code != 1 || !strings.Contains(errs, "not empty") {
		t.Errorf("a second move: exit %d: %s", code, errs)
	}

	one, two := start(t, "--now", now, "serve", "--config", fleet), start(t, "--now", now, "serve", "--config", second)
	if after := one.answer(t, id, token); after["state"] != "done" || text(after) != text(before) {
		t.Errorf("after the move the question is %v", after)
	}
	if _, again := one.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "1"), token); again["id"] != id {
		t.Errorf("the key of the old question makes a new one: %v", again)
	}
	_, more := one.call(t, "POST", "/api/v1/questions", ask("v", "지역별 건수", "2"), token)
	if got := two.answer(t, more["id"].(string), token); got["state"] != "done" || !strings.Contains(text(got), "서울") {
		t.Errorf("asked of one process, the other says %v", got)
	}
	// What was dropped at the laptop is asked about at a machine that never had it.
	for _, thread := range []string{thread, again} {
		v.drops(two, thread, "부서별 비용 합계", "", "")
		v.p = two
		v.sees("/c/general/t/"+thread, "250", "150")
	}
	if out := mustRun(t, "--now", now, "calendar", "list", "--config", fleet, "--from", "2026-12", "--to", "2026-12", "--language", "en"); !strings.Contains(out, "Christmas") {
		t.Errorf("the calendar has no Christmas:\n%s", out)
	}
}

// text is an answer's.
func text(question map[string]any) string {
	answer, _ := question["answer"].(map[string]any)
	s, _ := answer["text"].(string)
	return s
}

func TestDoctorExaminesAServer(t *testing.T) {
	t.Parallel()
	config := site(t)
	onServer(t, config, pgtest.Shared(t).Database(t))
	code, out, _ := run(t, "doctor", "--config", config, "--json")
	if found := findings(t, code, out); code != 1 || !strings.Contains(found["store/schema"], "bapsang migrate") {
		t.Errorf("without a schema: %v", found)
	}
	mustRun(t, "migrate", "--config", config)
	code, out, _ = run(t, "doctor", "--config", config, "--json")
	found := findings(t, code, out)
	for name, want := range map[string]string{
		"server": "ok: PostgreSQL 1", "schema": "ok: version 1, about 0 documents", "clock": "ok: ", "connections": "ok: ", "notifications": "ok: arrive",
	} {
		if !strings.HasPrefix(found["store/"+name], want) {
			t.Errorf("%s: %q, want %q", name, found["store/"+name], want)
		}
	}
	away := site(t)
	onServer(t, away, "postgres://nobody:secret@127.0.0.1:1/none")
	code, out, _ = run(t, "doctor", "--config", away, "--json")
	if found := findings(t, code, out); !strings.HasPrefix(found["store/server"], "broken: ") || strings.Contains(out, "secret") {
		t.Errorf("a server that is not there: %s", out)
	}
}

func TestBackupOfAServerIsTheServers(t *testing.T) {
	t.Parallel()
	config := site(t)
	onServer(t, config, "postgres://nobody@127.0.0.1:1/none")
	to := filepath.Join(t.TempDir(), "copy")
	if code, _, errs := run(t, "backup", "--config", config, to); code != 2 || !strings.Contains(errs, "pg_dump") {
		t.Errorf("exit %d: %s", code, errs)
	}
	file := site(t)
	start(t, "--now", now, "serve", "--config", file)
	mustRun(t, "backup", "--config", file, to)
}
