//go:build unix

package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// apart is a fleet of two processes, of which one takes questions and the other works
// them, with a model that never comes to an end.
type apart struct {
	*fleet
	chat  *process
	begun chan struct{}  // a call of the model
	gone  chan time.Time // who called has hung up
	asked int
}

func startApart(t testing.TB) *apart {
	t.Helper()
	a := &apart{begun: make(chan struct{}, 10), gone: make(chan time.Time, 10)}
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"endless","object":"model"}]}`)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees who hangs up
		a.begun <- struct{}{}
		<-r.Context().Done()
		a.gone <- time.Now()
	}))
	t.Cleanup(model.Close)
	a.fleet = startFleet(t, 0, slacktest.Options{Scale: 20}, fmt.Sprintf("llm: {backends: [{name: gpu, base_url: %q, model: endless, "+
		"contract: {owner: \"#ai-platform\", agreed: 2026-10-01, rate: 6000/m, concurrency: 8, timeout: 60s}}]}\n", model.URL+"/v1"))
	a.chat = a.start("--roles", "chat")
	a.start("--roles", "worker")
	return a
}

// stop asks something that the model does not come to an end with, presses stop at the
// process that does not work it, and returns how long it took until the call of the model
// was given up, and until the question's end was told.
func (a *apart) stop() (called, told time.Duration) {
	a.t.Helper()
	a.asked++
	_, asked := a.chat.call(a.t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", a.asked), fmt.Sprint("요즘 우리한테 효자 노릇 하는 동네가 어디야 ", a.asked), fmt.Sprint("stop", a.asked)), token)
	id, ok := asked["id"].(string)
	if !ok {
		a.t.Fatalf("asked, it says %v", asked)
	}
	limit := time.After(time.Minute)
	select {
	case <-a.begun:
	case <-limit:
		a.t.Fatalf("the model is not asked: %v", a.chat.answer(a.t, id, token))
	}
	pressed := time.Now()
	if code, said := a.chat.call(a.t, "POST", "/api/v1/questions/"+id+"/cancel", "", token); code/100 != 2 {
		a.t.Fatalf("stop: %d %v", code, said)
	}
	if got := a.chat.answer(a.t, id, token); got["state"] != "cancelled" { // its events end with it
		a.t.Errorf("stopped, it is %v", got)
	}
	told = time.Since(pressed)
	select {
	case at := <-a.gone:
		return at.Sub(pressed), told
	case <-limit:
		a.t.Fatal("the model's call goes on")
		return 0, 0
	}
}

// TestStopReachesWhoWorks presses stop at a process that works nothing.
func TestStopReachesWhoWorks(t *testing.T) {
	t.Parallel()
	a := startApart(t)
	for range 2 {
		if called, told := a.stop(); max(called, told) > 10*time.Second {
			t.Errorf("the call of the model went on for %v, the question for %v", called, told)
		}
	}
}

// BenchmarkLoadStop tells how long it takes from the press at one process until another
// gives up its call of the model, and until the question's end is told.
func BenchmarkLoadStop(b *testing.B) {
	a := startApart(b)
	const presses = 50
	var called, told []float64
	for b.Loop() {
		for range presses {
			c, t := a.stop()
			called, told = append(called, float64(c.Microseconds())/1000), append(told, float64(t.Microseconds())/1000)
		}
	}
	slices.Sort(called)
	slices.Sort(told)
	b.ReportMetric(called[len(called)/2], "call-p50-ms")
	b.ReportMetric(called[len(called)*99/100], "call-p99-ms")
	b.ReportMetric(told[len(told)/2], "told-p50-ms")
	b.ReportMetric(told[len(told)*99/100], "told-p99-ms")
}
