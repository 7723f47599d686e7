package openai_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
)

func TestProbes(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{Key: "secret", MaxContext: 131072})
	key := func(o *openai.Options) { o.Key = "secret" }
	models, err := newClient(t, s, key).Models(t.Context())
	if err != nil || len(models) != 1 || models[0] != (openai.ModelInfo{ID: agenttest.DefaultModel, MaxContext: 131072}) {
		t.Errorf("models %v, %v", models, err)
	}
	for name, c := range map[string]struct {
		edit func(*openai.Options)
		code llm.Code
	}{
		"all well":  {key, ""},
		"no key":    {nil, llm.CodeDenied},
		"no model":  {func(o *openai.Options) { o.Key, o.Model = "secret", "other" }, llm.CodeNoModel},
		"no server": {func(o *openai.Options) { o.BaseURL = "http://127.0.0.1:1/v1" }, llm.CodeUnavailable},
		"no /v1":    {func(o *openai.Options) { o.BaseURL = s.URL }, llm.CodeNoModel},
	} {
		if err := newClient(t, s, c.edit).Ping(t.Context()); llm.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

func TestLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agenttest.StartPipe(t, agenttest.Config{
			Seats: 1, Latency: agenttest.Latency{First: agenttest.Fixed(time.Second)},
			Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") },
		})
		c := newClient(t, s, func(o *openai.Options) {
			o.Transport = &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}
		})
		done := make(chan error)
		long := strings.Repeat("table orders has columns id, day, amount. ", 50)
		for range 3 {
			go func() {
				_, err := c.Complete(t.Context(), ask(long))
				done <- err
			}()
		}
		synctest.Wait()
		load, err := c.Load(t.Context())
		if err != nil || load.Running != 1 || load.Waiting != 2 {
			t.Errorf("load %+v, %v", load, err)
		}
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		synctest.Wait() // the client has its replies a moment before the server is done with them
		after, err := c.Load(t.Context())
		if err != nil || after.Running != 0 || after.HitRate(load) < 0.9 || load.HitRate(llm.Load{}) != 0 {
			t.Errorf("load %+v with hit rate %.2f, %v", after, after.HitRate(load), err)
		}
	})
	s := agenttest.Start(t, agenttest.Config{NoMetrics: true})
	if _, err := newClient(t, s, nil).Load(t.Context()); llm.CodeOf(err) != llm.CodeNoModel {
		t.Errorf("a server without metrics: %v", err)
	}
}

var _ llm.LoadReader = (*openai.Client)(nil)
