package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// door is a way to a database server that can be shut: a folder with its socket, or without.
type door struct {
	dir    string // what to name as the host
	socket string // of the server
}

func newDoor(t *testing.T, dsn string) (d *door, through string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "door") // sockets' paths are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	q := u.Query()
	d = &door{dir: dir, socket: filepath.Join(q.Get("host"), ".s.PGSQL.5432")}
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return d, u.String()
}

func (d *door) open(t *testing.T) {
	t.Helper()
	if err := os.Symlink(d.socket, filepath.Join(d.dir, ".s.PGSQL.5432")); err != nil {
		t.Fatal(err)
	}
}

// beside adds a file as a second source to a configuration with one database.
func beside(t *testing.T, config string, more string) {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "sales.csv"), []byte(salesCSV), 0o600); err != nil {
		t.Fatal(err)
	}
	all := "listen: 127.0.0.1:0\napi: {tokens: [{name: loadtest, token: \"${API_TOKEN}\"}]}\n" + string(text) + "  - {name: sales, driver: files, dsn: ./sales.csv}\n" + more
	if err := os.WriteFile(config, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestServeWithoutADatabase starts beside a database that cannot be reached, asks what it
// knows and what the other source knows, and opens the way to it.
func TestServeWithoutADatabase(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef0123"
	var d *door
	config := warehouse(t, func(_, reader string) (through string) {
		d, through = newDoor(t, reader)
		return through
	})
	beside(t, config, "")
	one(t, "ask", []string{"ask", "--config", config, "--analyst", "shop", "지역별 매출"}, 1, "source shop: 데이터베이스에 연결할 수 없어요.")
	if code, out, _ := run(t, "doctor", "--config", config); code != 1 || !strings.Contains(out, "cannot be reached") {
		t.Errorf("doctor: exit %d\n%s", code, out)
	}
	p := start(t, "--now", "2026-11-05", "serve", "--config", config)
	if first, rest, _ := strings.Cut(p.page(t, "/readyz"), "\n"); first != "ready" || !strings.HasPrefix(rest, "without source shop since ") || !strings.HasSuffix(rest, ": The database cannot be reached.\n") {
		t.Errorf("readyz: %s\n%s", first, rest)
	}
	_, status := p.call(t, "GET", "/api/v1/status", "", token)
	if got := fmt.Sprint(status["missing"]); !strings.Contains(got, "awaited:true") || !strings.Contains(got, "name:shop") || !strings.Contains(got, "cannot be reached") {
		t.Errorf("status: %v", status)
	}
	if metrics := p.page(t, "/metrics"); !strings.Contains(metrics, `bapsang_source_up{source="shop"} 0`) || !strings.Contains(metrics, `bapsang_source_up{source="sales"} 1`) {
		t.Error("the metric does not say which source is there")
	}
	if fleet := p.page(t, "/fleet"); !strings.Contains(fleet, "‘shop’에 지금 연결할 수 없어요") {
		t.Errorf("fleet: %s", fleet)
	}
	code, other := p.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "1"), token)
	if code != http.StatusAccepted {
		t.Fatal(code)
	}
	if got := p.answer(t, fmt.Sprint(other["id"]), token); got["state"] != "done" || !strings.Contains(fmt.Sprint(got["answer"]), "서울") {
		t.Errorf("the other source: %v", got)
	}
	var kept []string
	for lang, text := range map[string]string{"ko": "지역별 매출", "en": "revenue by region"} {
		code, asked := p.call(t, "POST", "/api/v1/questions", fmt.Sprintf(`{"channel":"c","user":%q,"analyst":"shop","text":%q}`, lang, text), token)
		if code != http.StatusAccepted {
			t.Fatalf("%d %v", code, asked)
		}
		want := map[string]string{"ko": "데이터베이스 ‘shop’에 지금 연결할 수 없어요. 질문은 맡아 두었고", "en": "The database ‘shop’ cannot be reached right now. Your question is kept"}[lang]
		id := fmt.Sprint(asked["id"])
		eventually(t, "told in "+lang, func() bool {
			_, got := p.call(t, "GET", "/api/v1/questions/"+id, "", token)
			return strings.HasPrefix(fmt.Sprint(got["note"]), want)
		})
		kept = append(kept, id)
	}
	d.open(t)
	for _, id := range kept {
		if got := p.answer(t, id, token); got["state"] != "done" || !strings.Contains(fmt.Sprint(got["answer"]), "서울") || got["note"] != nil {
			t.Errorf("after it came: %v", got)
		}
	}
	if got := p.page(t, "/readyz"); got != "ready\n" {
		t.Errorf("readyz: %s", got)
	}
	_, status = p.call(t, "GET", "/api/v1/status", "", token)
	if fmt.Sprint(status["missing"]) != "[]" {
		t.Errorf("status: %v", status)
	}
	if metrics := p.page(t, "/metrics"); !strings.Contains(metrics, `bapsang_source_up{source="shop"} 1`) {
		t.Error("the metric does not say that it is there")
	}
	p.kill()
	if log := p.errs.String(); !strings.Contains(log, "trying again") || !strings.Contains(log, "a source is there now") || strings.Contains(log, "hunter2") {
		t.Errorf("log:\n%s", log)
	}
}

// TestServeWithoutWhatMustBeMended: what a person has to mend puts out one source or one
// analyst, and stops the start where nobody is left.
func TestServeWithoutWhatMustBeMended(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef0123"
	alone := warehouse(t, func(_, reader string) string { return strings.Replace(reader, "bapsang_", "nobody_", 1) })
	one(t, "nobody is left", []string{"serve", "--config", alone}, 1, "source shop: The database does not accept the login")

	config := warehouse(t, func(_, reader string) string { return strings.Replace(reader, "bapsang_", "nobody_", 1) })
	beside(t, config, "analysts_dir: ./analysts\n")
	dir := filepath.Join(filepath.Dir(config), "analysts")
	if err := os.MkdirAll(filepath.Join(dir, "broken"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"fine.yaml": "name: fine\nsource: sales\n", "shop.yaml": "name: shop\nsource: shop\n", "lost.yaml": "name: lost\nsource: nowhere\n",
		"broken/analyst.yaml": "name: broken\nsource: sales\nmodel: model.yaml\n", "broken/model.yaml": "semantic_model: [",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, errs := run(t, "ask", "--config", config, "--analyst", "fine", "지역별 금액 합계"); code == 0 {
		t.Errorf("ask goes on: %s", errs)
	}
	p := start(t, "--now", now, "serve", "--config", config)
	for analyst, want := range map[string]string{
		"fine": "서울", "shop": "데이터베이스 ‘shop’를 열 수 없어요", "lost": "분석가 ‘lost’의 정의에 잘못이 있어", "broken": "분석가 ‘broken’의 정의에 잘못이 있어",
	} {
		code, asked := p.call(t, "POST", "/api/v1/questions", fmt.Sprintf(`{"channel":"c","user":%q,"analyst":%q,"text":"지역별 금액 합계"}`, analyst, analyst), token)
		if code != http.StatusAccepted {
			t.Fatalf("%d %v", code, asked)
		}
		if got := p.answer(t, fmt.Sprint(asked["id"]), token); got["state"] != "done" || !strings.Contains(fmt.Sprint(got["answer"]), want) {
			t.Errorf("%s: %v", analyst, got)
		}
	}
	_, status := p.call(t, "GET", "/api/v1/status", "", token)
	got := fmt.Sprint(status["missing"])
	for _, want := range []string{"does not accept the login", "there is no source called nowhere", "model.yaml"} {
		if !strings.Contains(got, want) {
			t.Errorf("status lacks %q: %s", want, got)
		}
	}
	if strings.Contains(got, "awaited:true") {
		t.Errorf("tried again: %s", got)
	}
	// Whoever rolls it out sees it, wherever they look; nobody sees where a file lies or who logs in.
	told := map[string]string{"/readyz": p.page(t, "/readyz"), "/fleet": p.page(t, "/fleet"), "/metrics": p.page(t, "/metrics")}
	for where, want := range map[string][]string{
		"/readyz":  {"ready\n", "without source shop since", "does not accept the login", "without analyst lost since", "there is a mistake in its definition"},
		"/fleet":   {`"name": "shop"`, `"why_en": "The database does not accept the login."`, `"why_ko": "데이터베이스가 로그인을 받아 주지 않아요.`},
		"/metrics": {`bapsang_source_up{source="shop"} 0`, `bapsang_source_up{source="sales"} 1`},
	} {
		for _, w := range want {
			if !strings.Contains(told[where], w) {
				t.Errorf("%s lacks %q:\n%.2000s", where, w, told[where])
			}
		}
	}
	if strings.Contains(told["/readyz"], dir) || strings.Contains(told["/readyz"], "nobody_") {
		t.Errorf("readyz tells too much: %s", told["/readyz"])
	}
}

// TestAskCountsWithTheServer: on a fleet's store a command counts under the same contracts;
// beside a bapsang that has its store for itself, and without the store, it gets a trickle.
func TestAskCountsWithTheServer(t *testing.T) {
	t.Parallel()
	same := func(_, reader string) string { return reader }
	fleet := warehouse(t, same)
	dsn := pgtest.Shared(t).Database(t)
	onServer(t, fleet, dsn)
	if code, out, errs := run(t, "--now", "2026-11-05", "ask", "--config", fleet, "지역별 매출"); code != 0 || !strings.Contains(errs, "the store cannot be reached") || !strings.Contains(out, "서울") {
		t.Errorf("without a schema: exit %d: %s%s", code, out, errs)
	}
	mustRun(t, "migrate", "--config", fleet)
	if code, _, errs := run(t, "--now", "2026-11-05", "ask", "--config", fleet, "지역별 매출"); code != 0 || strings.Contains(errs, "one at a time") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if l := readLedger(t, fleet); l.Upstreams[0].Today.Calls == 0 {
		t.Errorf("what it called is in no ledger: %+v", l.Upstreams)
	}
	mustRun(t, "upstream", "off", "shop", "--config", fleet, "--because", "moving")
	if code, out, errs := run(t, "--now", "2026-11-05", "ask", "--config", fleet, "지역별 매출"); code == 0 || !strings.Contains(out+errs, "moving") {
		t.Errorf("turned off: exit %d: %s%s", code, out, errs)
	}

	alone := warehouse(t, same)
	beside(t, alone, "")
	p := start(t, "serve", "--config", alone)
	code, out, errs := run(t, "--now", "2026-11-05", "ask", "--config", alone, "--analyst", "shop", "지역별 매출")
	if code != 0 || !strings.Contains(out, "서울") || !strings.Contains(errs, "one at a time, 30/m") {
		t.Errorf("beside one that runs: exit %d: %s%s", code, out, errs)
	}
	p.kill()
	if code, _, errs = run(t, "--now", "2026-11-05", "ask", "--config", alone, "--analyst", "shop", "지역별 매출"); code != 0 || strings.Contains(errs, "one at a time") {
		t.Errorf("by itself: exit %d: %s", code, errs)
	}
}

// TestDatabaseCallsAreAudited: who asked, with which statement, and how it went.
func TestDatabaseCallsAreAudited(t *testing.T) {
	t.Parallel()
	config := warehouse(t, func(_, reader string) string { return reader })
	mustRun(t, "--now", "2026-11-05", "ask", "--config", config, "--as", "kim", "지역별 매출")
	data, err := os.ReadFile(filepath.Join(filepath.Dir(config), "data", "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(data)) {
		var one struct {
			System, Who, SQL, Code string
			Found                  int
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err, line)
		}
		found = found || one.System == "shop" && one.Who == "cli:kim" && strings.Contains(one.SQL, "SUM(orders.amount)") && one.Code == "ok" && one.Found == 2
	}
	if !found {
		t.Errorf("not in the log:\n%s", data)
	}
}
