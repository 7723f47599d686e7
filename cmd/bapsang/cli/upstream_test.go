package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// shopConfig serves the demo company's database under a contract.
func shopConfig(t *testing.T, contract string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(demoDir(t), "*.duckdb"))
	if err != nil || len(files) == 0 {
		t.Fatal("no database", err)
	}
	return write(t, map[string]string{"bapsang.yaml": "listen: 127.0.0.1:0\ncontact: \"#data-platform, 02-000-0000\"\napi: {tokens: [{name: x, token: \"${API_TOKEN}\"}]}\n" +
		"sources:\n  - {name: shop, driver: duckdb, dsn: \"" + files[0] + "\", contract: " + contract + "}\n"})
}

// asked has a question answered by p.
func asked(t *testing.T, p *process, text string) map[string]any {
	t.Helper()
	const token = "0123456789abcdef0123"
	body, err := json.Marshal(map[string]string{"channel": "c", "user": "minji", "text": text})
	if err != nil {
		t.Fatal(err)
	}
	code, got := p.call(t, "POST", "/api/v1/questions", string(body), token)
	if code != http.StatusAccepted {
		t.Fatalf("%d %v", code, got)
	}
	done := p.answer(t, got["id"].(string), token)
	answer, ok := done["answer"].(map[string]any)
	if !ok {
		t.Fatalf("no answer: %v", done)
	}
	return answer
}

// page is what a path shows.
func page(t *testing.T, p *process, path, token string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data), res.Header
}

type ledgerJSON struct {
	Contact   string
	Upstreams []struct {
		Name, Kind, Owner, State string
		AtMost                   struct{ Rates []string } `json:"at_most"`
		Today, Yesterday, Week   struct {
			Calls, Errors, Refused, Tokens int
			Peak                           int `json:"peak_per_minute"`
		}
		Pace float64
		Off  *struct{ By, Because string }
	}
}

func readLedger(t *testing.T, config string) ledgerJSON {
	t.Helper()
	code, out, errs := run(t, "doctor", "--config", config, "--ledger", "--format", "json")
	var l ledgerJSON
	if err := json.Unmarshal([]byte(out), &l); code != 0 || err != nil {
		t.Fatalf("status %d, %v: %s%s", code, err, out, errs)
	}
	return l
}

// TestAnUpstreamIsTurnedOff and on while it is served, and its owner can be sent what it got.
func TestAnUpstreamIsTurnedOff(t *testing.T) {
	t.Parallel()
	config := shopConfig(t, `{owner: "#data", agreed: 2026-10-01, expires: 2099-12-31, rate: 600/m, per_day: 5000, concurrency: 4}`)
	if l := readLedger(t, config); l.Upstreams[0].Today.Calls != 0 {
		t.Errorf("before anything was called: %+v", l)
	}
	p := start(t, "serve", "--config", config)
	first := asked(t, p, "기기별 주문")
	if first["rung"] == "none" {
		t.Fatalf("not answered: %v", first)
	}
	made := readLedger(t, config).Upstreams[0]
	if made.Today.Calls == 0 || made.Today.Peak == 0 || made.Week.Calls != made.Today.Calls || made.Owner != "#data" || made.State != "agreed" ||
		strings.Join(made.AtMost.Rates, " ") != "600/m 5000/d@Asia/Seoul" {
		t.Errorf("the ledger says %+v", made)
	}

	code, out, errs := run(t, "upstream", "off", "--config", config, "shop", "--because", "이사 중", "--until", "2h", "--as", "kim")
	if code != 0 || !strings.Contains(out, "shop is off, by kim, because 이사 중, until ") {
		t.Fatalf("status %d: %s%s", code, out, errs)
	}
	for question, want := range map[string]string{
		"유입 경로별 주문":        "shop은(는) 지금 꺼 두었어요: 이사 중. ",
		"orders by device": "shop is turned off for now: 이사 중. It is on again in ",
	} {
		begun := time.Now()
		got := asked(t, p, question)
		if text, _ := got["text"].(string); got["rung"] != "none" || got["reason"] != "source" || !strings.Contains(text, want) || time.Since(begun) > time.Minute {
			t.Errorf("%s, while it is off: %v after %s", question, got["text"], time.Since(begun))
		}
	}
	code, out, _ = run(t, "upstream", "list", "--config", config)
	if code != 0 || !strings.Contains(out, "off, by kim: 이사 중") {
		t.Errorf("status %d: %s", code, out)
	}
	p.kill()
	// It stays off over a restart, and without anybody serving.
	if l := readLedger(t, config); l.Upstreams[0].Off == nil || l.Upstreams[0].Off.By != "kim" {
		t.Errorf("after a kill: %+v", l.Upstreams[0])
	}
	if code, out, errs := run(t, "upstream", "on", "--config", config, "shop"); code != 0 || !strings.Contains(out, "shop is on, by ") {
		t.Errorf("status %d: %s%s", code, out, errs)
	}
	p = start(t, "serve", "--config", config)
	if got := asked(t, p, "유입 경로별 주문"); got["rung"] == "none" {
		t.Errorf("on again: %v", got)
	}
	code, out, errs = run(t, "upstream", "off", "--config", config, "warehouse")
	if code != 2 || !strings.Contains(errs, "there is no upstream called warehouse; there are shop") {
		t.Errorf("status %d: %s%s", code, out, errs)
	}
}

func TestTheLedgerIsAPage(t *testing.T) {
	t.Parallel()
	config := shopConfig(t, "{}")
	p := start(t, "serve", "--config", config)
	for language, want := range map[string][]string{
		"ko": {"호출 장부", "약속이 없어요", "1분에 30번 · 동시에 1번", "어제", "#data-platform, 02-000-0000", "bapsang upstream off"},
		"en": {"Ledger of calls", "nobody agreed", "30 a minute · 1 at once", "Yesterday", "#data-platform, 02-000-0000"},
	} {
		code, body, header := page(t, p, "/ledger?language="+language, "")
		if code != http.StatusOK || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(body, "<script") {
			t.Errorf("%d, %v", code, header)
		}
		_, markdown, _ := run(t, "doctor", "--config", config, "--ledger", "--upstream", "shop", "--language", language)
		for _, w := range want {
			if !strings.Contains(body, w) || !strings.Contains(markdown, w) {
				t.Errorf("%s: %q is not in the page or the Markdown", language, w)
			}
		}
	}
	if code, _, _ := page(t, p, "/ledger?upstream=nothing", ""); code != http.StatusNotFound {
		t.Errorf("an unknown one: %d", code)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/ledger", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("under a foreign name: %v, %v", res, err)
	}
	_ = res.Body.Close()
	if _, body, _ := page(t, p, "/metrics", ""); !strings.Contains(body, `bapsang_upstream_calls_total{result="answered",system="shop"} `) {
		t.Error("no metric of the upstream")
	}
}

// TestDoctorTellsContractsThatEnd a fortnight before, and when they have.
func TestDoctorTellsContractsThatEnd(t *testing.T) {
	t.Parallel()
	config := shopConfig(t, `{owner: "#data", agreed: 2026-10-01, expires: 2026-12-05}`)
	for now, want := range map[string]string{
		"2026-11-20": "ok: agreed with #data on 2026-10-01, until 2026-12-05",
		"2026-11-22": "warning: agreed with #data on 2026-10-01, until 2026-12-05: that is soon",
		"2026-12-05": "warning: agreed with #data on 2026-10-01, until 2026-12-05: that is soon",
		"2026-12-06": "warning: what was agreed with #data has ended on 2026-12-05, so it gets one call at a time",
	} {
		code, out, _ := run(t, "doctor", "--config", config, "--json", "--now", now)
		if got := findings(t, code, out)["source shop/contract"]; !strings.HasPrefix(got, want) {
			t.Errorf("on %s: %s", now, got)
		}
	}
}

// TestAModelIsInTheLedger: what it gets at most, its calls and tokens, what failed, and that it
// is called less since it refused one.
func TestAModelIsInTheLedger(t *testing.T) {
	t.Parallel()
	server := agenttest.Start(t, agenttest.Config{})
	busy := agenttest.Failure(http.StatusTooManyRequests, `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`)
	answer := salesAnswer("서울이 {{r1.n[0]}}건으로 가장 많습니다.")
	answer.Usage = &agenttest.Usage{Prompt: 4321, Completion: 210}
	server.Enqueue(busy, answer, busy, answer) // one refusal may be of a burst, two are a sign
	config := configured(t, server.URL+"/v1", agreedContract+", expires: "+time.Now().AddDate(0, 0, 5).Format(time.DateOnly))
	p := start(t, "serve", "--config", config)
	for _, question := range []string{"어디가 알짜배기야", "어디가 효자 노릇 해"} {
		if got := asked(t, p, question); got["rung"] != "think" {
			t.Fatalf("%v", got)
		}
	}
	told := false
	for _, u := range readLedger(t, config).Upstreams {
		if u.Kind != "model" {
			continue
		}
		told = true
		if u.Name != "gpu" || u.State != "expiring" || fmt.Sprint(u.AtMost.Rates) != "[600/m]" || u.Today.Calls != 4 || u.Today.Errors != 2 || u.Today.Tokens != 9062 || u.Pace >= 1 {
			t.Errorf("the ledger says %+v", u)
		}
	}
	if !told {
		t.Error("no model in the ledger")
	}
	_, list, _ := run(t, "upstream", "list", "--config", config)
	if !strings.Contains(list, "gpu") || !strings.Contains(list, "expiring") || strings.Count(list, "100%") != 0 {
		t.Errorf("list:\n%s", list)
	}
	if _, markdown, _ := run(t, "doctor", "--config", config, "--ledger", "--language", "en"); !strings.Contains(markdown, "Tokens used: Today 9,062") {
		t.Errorf("the page:\n%s", markdown)
	}
}
