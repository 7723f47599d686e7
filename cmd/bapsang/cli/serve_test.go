package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

const token = "0123456789abcdef0123"

// nobody is an address at which nobody listens: no port that is given to whoever asks for
// any, as one that a test has closed would be.
const nobody = "http://127.0.0.1:1"

// site writes a configuration that serves a small file, and returns its path.
func site(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"sales.csv": salesCSV,
		"bapsang.yaml": "listen: 127.0.0.1:0\ndata_dir: ./data\nsources:\n  - {name: sales, driver: files, dsn: ./sales.csv}\n" +
			"api: {tokens: [{name: loadtest, token: \"${API_TOKEN}\"}]}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "bapsang.yaml")
}

func ask(user, text, key string) string {
	return fmt.Sprintf(`{"channel":"c","user":%q,"text":%q,"dedupe_key":%q}`, user, text, key)
}

func TestServeAnswersOverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, "--now", now, "serve", "--config", site(t))
	if code, _ := p.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "1"), ""); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", code)
	}
	code, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "1"), token)
	if code != http.StatusAccepted {
		t.Fatalf("%d %v", code, asked)
	}
	got := p.answer(t, asked["id"].(string), token)
	answer, _ := got["answer"].(map[string]any)
	if got["state"] != "done" || answer["rung"] != "compose" || !strings.Contains(answer["text"].(string), "서울") {
		t.Errorf("%v", got)
	}
	_, again := p.call(t, "POST", "/api/v1/questions", ask("v", "지역별 금액 합계?", "2"), token)
	got = p.answer(t, again["id"].(string), token)
	if answer, _ := got["answer"].(map[string]any); answer["rung"] != "recall" {
		t.Errorf("the same question again: rung %v", answer["rung"])
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if code, _ := p.call(t, "GET", path, "", ""); code != http.StatusOK {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestAFollowUpChangesOnePart(t *testing.T) {
	t.Parallel()
	p := start(t, "--now", now, "demo", "--listen", "127.0.0.1:0", "--data-dir", ownDemo(t))
	_, asked := p.call(t, "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"지난달 지역별 매출"}`, "")
	first := p.answer(t, asked["id"].(string), "")
	body := fmt.Sprintf(`{"channel":"c","user":"u","thread":%q,"text":"그럼 작년은?"}`, asked["thread"])
	_, asked = p.call(t, "POST", "/api/v1/questions", body, "")
	second := p.answer(t, asked["id"].(string), "")
	sql := func(q map[string]any) string {
		results := q["answer"].(map[string]any)["results"].([]any)
		return results[0].(map[string]any)["sql"].(string)
	}
	if !strings.Contains(sql(first), "2026-10-01") || !strings.Contains(sql(second), "2025-10-01") || !strings.Contains(sql(second), "region") {
		t.Errorf("first:\n%s\nsecond:\n%s", sql(first), sql(second))
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	config := site(t)
	start(t, "--now", now, "serve", "--config", config)
	code, _, errs := run(t, "--now", now, "serve", "--config", config)
	if code != 1 || !strings.Contains(errs, "in use by another process") || !strings.Contains(errs, "data") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestStopIsGraceful(t *testing.T) {
	t.Parallel()
	p := start(t, "--now", now, "serve", "--config", site(t))
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		p.done = nil
		if err != nil {
			t.Errorf("it ended with %v\n%s", err, p.errs)
		}
	case <-time.After(time.Minute):
		t.Error("it does not stop")
	}
}

// TestNothingIsLostWhenItIsKilled kills the program at various moments while people
// ask. Whatever was acknowledged is answered once it runs again.
func TestNothingIsLostWhenItIsKilled(t *testing.T) {
	t.Parallel()
	config := site(t)
	acknowledged := map[string]string{} // key → id
	texts := []string{"지역별 금액 합계", "상품별 수량", "월별 금액", "서울 금액", "금액 상위 2개 상품"}
	for round := range 4 {
		p := start(t, "--now", now, "serve", "--config", config)
		enough := time.After(time.Duration(40+70*round) * time.Millisecond)
	asking:
		for i := 0; ; i++ {
			select {
			case <-enough:
				break asking
			default:
			}
			key := fmt.Sprintf("%d-%d", round, i)
			code, got := p.call(t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", i%7), texts[i%len(texts)], key), token)
			if code == http.StatusAccepted {
				acknowledged[key] = got["id"].(string)
			}
		}
		p.kill()
	}
	p := start(t, "--now", now, "serve", "--config", config)
	if len(acknowledged) == 0 {
		t.Fatal("nothing was acknowledged; the test proves nothing")
	}
	for key, id := range acknowledged {
		if got := p.answer(t, id, token); got["state"] != "done" {
			t.Errorf("question %s ended as %v", key, got["state"])
		}
		var round, i int
		if _, err := fmt.Sscanf(key, "%d-%d", &round, &i); err != nil {
			t.Fatal(err)
		}
		if _, again := p.call(t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", i%7), "x", key), token); again["id"] != id {
			t.Errorf("asking %s again: %v, want question %s", key, again, id)
		}
	}
	t.Logf("%d acknowledged questions, all answered", len(acknowledged))
}

// ownDemo is a data directory of a test's own with the company that all share.
func ownDemo(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(demoDir(t), "demo-*.duckdb"))
	if err != nil || len(found) != 1 {
		t.Fatalf("demo data: %v, %v", found, err)
	}
	dir := t.TempDir()
	if err := os.Symlink(found[0], filepath.Join(dir, filepath.Base(found[0]))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTheExamplesWork asks every example of the demo analyst. On the small company
// of the tests some periods of some products are empty, which is an answer too.
func TestTheExamplesWork(t *testing.T) {
	t.Parallel()
	definition, err := demo.Analyst()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, "--now", now, "demo", "--listen", "127.0.0.1:0", "--data-dir", ownDemo(t))
	for _, q := range definition.Examples {
		_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", q, ""), "")
		got := p.answer(t, asked["id"].(string), "")
		answer, _ := got["answer"].(map[string]any)
		if answer == nil || answer["rung"] == "none" && answer["reason"] != "no_data" {
			t.Errorf("%s: %v %v", q, got["state"], answer["text"])
		}
	}
}
