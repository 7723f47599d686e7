package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// degrading adds to a configuration when less is done.
func degrading(t *testing.T, path, text string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, text...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// level waits until the program says that it does as much less as that.
func (p *process) level(t *testing.T, want string) map[string]any {
	t.Helper()
	var got map[string]any
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for late := time.After(time.Minute); ; {
		var code int
		if code, got = p.call(t, "GET", "/api/v1/status", "", token); code == http.StatusOK && got["level"] == want {
			return got
		}
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("status %d %v, want level %s", code, got, want)
		}
	}
}

// begun waits until a question is answered or waits for the model, and returns it.
func (p *process) begun(t *testing.T, id string) (got map[string]any) {
	t.Helper()
	eventually(t, "it is known what becomes of a question", func() bool {
		_, got = p.call(t, "GET", "/api/v1/questions/"+id, "", token)
		return got != nil && got["state"] != "queued" && (got["state"] != "running" || got["eta_seconds"] != 0.0)
	})
	return got
}

// TestASaturatedModelPutsQuestionsOff fills the queue of a model that takes six calls a
// minute: who would wait too long is told so and offered what needs no model, programs and
// operators hear of it, and what needs no model is answered as always.
func TestASaturatedModelPutsQuestionsOff(t *testing.T) {
	t.Parallel()
	server := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return salesAnswer("{{r1.region[0]}}입니다.") }})
	config := configured(t, server.URL+"/v1", `owner: "#ai-platform", agreed: 2026-10-01, rate: 6/m, concurrency: 4, timeout: 60s`)
	p := start(t, "--now", now, "serve", "--config", degrading(t, config, "degradation: {brief: 5s, no_deep: 20s, no_model: 40s, calm: 1m}\n"))
	if got := p.level(t, "full"); got["takes_model_questions"] != true || got["notice_ko"] != nil || got["model"].(map[string]any)["per_minute"] != 6.0 {
		t.Errorf("at first %v", got)
	}
	var off, taken int
	for i := range 20 {
		_, asked := p.call(t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", i), fmt.Sprintf("어디가 알짜배기야 %d번째", i), fmt.Sprint(i)), token)
		got := p.begun(t, asked["id"].(string))
		if got["state"] != "done" {
			taken++
			continue
		}
		answer := got["answer"].(map[string]any)
		if answer["rung"] == "think" {
			taken++
			continue
		}
		if off++; answer["reason"] != "busy" || !strings.Contains(answer["text"].(string), "조용해지면") || len(answer["suggestions"].([]any)) == 0 {
			t.Errorf("%v", answer)
		}
	}
	if taken < 3 || off < 5 {
		t.Errorf("%d taken, %d put off", taken, off)
	}
	var got map[string]any
	for i := 20; i < 40; i++ {
		if got = p.level(t, "no_model"); got["takes_model_questions"] == false {
			break
		}
		// A call has been made since, and there is room for one more.
		_, asked := p.call(t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", i), fmt.Sprintf("어디가 알짜배기야 %d번째", i), fmt.Sprint(i)), token)
		p.begun(t, asked["id"].(string))
	}
	model := got["model"].(map[string]any)
	if got["takes_model_questions"] != false || model["eta_seconds"].(float64) < 40 || !strings.Contains(got["notice_en"].(string), "Very many are asking") {
		t.Errorf("%v", got)
	}
	if counts := p.page(t, "/metrics"); !strings.Contains(counts, "bapsang_degradation_level 3") || !strings.Contains(counts, `to="no_model"} 1`) {
		t.Error("operators do not see it")
	}
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("somebody", "지역별 금액 합계", "x"), token)
	got = p.answer(t, asked["id"].(string), token)
	if answer, _ := got["answer"].(map[string]any); answer["rung"] != "compose" {
		t.Errorf("%v", got)
	}
	p.kill()
	if !strings.Contains(p.errs.String(), "level changed") {
		t.Errorf("nothing in the log:\n%s", p.errs)
	}
}

// TestNothingIsDoneLessWhereThatIsOff has the same crowd wait.
func TestNothingIsDoneLessWhereThatIsOff(t *testing.T) {
	t.Parallel()
	server := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return salesAnswer("{{r1.region[0]}}입니다.") }})
	config := configured(t, server.URL+"/v1", `owner: "#ai-platform", agreed: 2026-10-01, rate: 6/m, concurrency: 4, timeout: 60s`)
	p := start(t, "--now", now, "serve", "--config", degrading(t, config, "degradation: {off: true, brief: 1s, no_deep: 2s, no_model: 3s}\n"))
	for i := range 12 {
		_, asked := p.call(t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", i), fmt.Sprintf("어디가 알짜배기야 %d번째", i), fmt.Sprint(i)), token)
		got := p.begun(t, asked["id"].(string))
		if answer, _ := got["answer"].(map[string]any); answer != nil && answer["rung"] != "think" {
			t.Errorf("%v", answer)
		}
	}
	if got := p.level(t, "full"); got["since"] != nil {
		t.Errorf("%v", got)
	}
}
