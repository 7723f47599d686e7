package think_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// final are the misbehaviours after which asking again is no use: what is wrong is the
// configuration or the request.
var final = map[string]llm.Code{
	"401": llm.CodeDenied, "403": llm.CodeDenied, "404": llm.CodeNoModel,
	"context length": llm.CodeTooLong, "context length of OpenAI": llm.CodeTooLong, "old error": llm.CodeRefused,
	"redirect": llm.CodeRefused,
	// A server that fell silent is not asked again: the asker has waited long enough.
	"stall": llm.CodeTimeout, "stall at once": llm.CodeTimeout,
}

// TestTheWholeChainSurvivesWhateverAServerDoes sends a question through client, pool and
// loop, with the first reply going wrong in every way that a server or a model can, and
// the next ones right.
func TestTheWholeChainSurvivesWhateverAServerDoes(t *testing.T) {
	t.Parallel()
	args, err := json.Marshal(m{"queries": []m{sql("r1", byRegion)}, "text": "{{r1.region[0]}}입니다."})
	if err != nil {
		t.Fatal(err)
	}
	good := agenttest.Calls(agenttest.Call{Name: "answer", Arguments: string(args)})
	for _, bad := range agenttest.Misbehaviours() {
		if bad.StreamOnly {
			continue // turns with tools are not streamed
		}
		t.Run(bad.Name, func(t *testing.T) {
			t.Parallel()
			server := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return good }})
			server.Enqueue(bad.Make(good))
			opts := openai.Options{Name: "gpu", BaseURL: server.URL + "/v1", Model: agenttest.DefaultModel}
			if bad.Hangs {
				opts.FirstByte, opts.Idle = time.Second, time.Second
			}
			client, err := openai.New(opts)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdle()
			pool, err := llm.NewPool([]llm.Backend{{Name: "gpu", Model: client, Contract: connectors.Contract{
				Owner: "#ai", Agreed: now, Concurrency: 4, Timeout: time.Minute,
			}}}, llm.PoolOptions{Patience: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			out, err := try(t, think.Config{Model: pool}, think.Env{}, think.Question{Text: "지난달 가장 큰 지역"})
			if want, ok := final[bad.Name]; ok {
				if llm.CodeOf(err) != want {
					t.Errorf("%+v, %v; want %s", out, err, want)
				}
				return
			}
			if err != nil || out.Kind != think.Answered || out.Text != "서울입니다." {
				t.Fatalf("%+v, %v", out, err)
			}
			if n := len(server.Requests()); n > 3 || out.Usage.Calls != n {
				t.Errorf("%d requests, %d calls charged", n, out.Usage.Calls)
			}
			wellFormedOnTheWire(t, server.Requests())
		})
	}
}

// wellFormedOnTheWire holds what was sent to what the server demands: it refused none.
func wellFormedOnTheWire(t *testing.T, requests []*agenttest.Request) {
	t.Helper()
	for _, r := range requests {
		if !slices.ContainsFunc(r.Chat.Messages, func(m agenttest.Message) bool { return m.Role == "user" }) {
			t.Errorf("request %d has no question: %s", r.Number, r.Raw)
		}
	}
}
