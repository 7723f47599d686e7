package think_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/store/bolt"
)

// finder is a search tool that finds a page for each query, and one that all find.
func finder(made, refused *[]string) think.Tool {
	return think.Tool{
		Spec: llm.Tool{Name: "web_search", Parameters: json.RawMessage(`{"type":"object"}`)}, Outbound: true,
		Refused: func(_ context.Context, args json.RawMessage) { *refused = append(*refused, string(args)) },
		Run: func(_ context.Context, args json.RawMessage) (think.ToolResult, error) {
			*made = append(*made, string(args))
			return think.ToolResult{Text: "Found.", Sources: []think.Source{
				{Title: "모두", URL: "https://example.com/all", Text: "11월 27일"},
				{Title: string(args), URL: "https://example.com/" + string(args), Text: "11월 28일"},
			}}, nil
		},
	}
}

// TestSourcesOutliveAnInterruption stops a question after every step and takes it up
// again: sources keep their numbers, and nothing is sent once rows were read.
func TestSourcesOutliveAnInterruption(t *testing.T) {
	t.Parallel()
	openShop(t)
	whole := []any{
		call("web_search", m{"query": "a"}),
		call("web_search", m{"query": "b"}),
		call("query", m{"queries": []m{sql("r1", byRegion)}}),
		call("web_search", m{"query": "c"}),
		call("answer", m{"text": "{{r1.region[0]}}입니다. 11월 28일에 시작합니다 [3]. 11월 27일부터라는 말도 있습니다 [1]."}),
	}
	want := &think.Outcome{
		Text: "서울입니다. 11월 28일에 시작합니다 [1]. 11월 27일부터라는 말도 있습니다 [2].",
		Sources: []think.Source{
			{Title: `{"query":"b"}`, URL: `https://example.com/{"query":"b"}`, Text: "11월 28일"},
			{Title: "모두", URL: "https://example.com/all", Text: "11월 27일"},
		},
	}
	for stop := range len(whole) + 1 {
		store, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		journal := think.NewJournal(store)
		q := think.Question{ID: "q1", Text: "축제"}
		var made, refused []string
		env := think.Env{Tools: []think.Tool{finder(&made, &refused)}}
		if stop < len(whole) {
			s := &script{t: t, replies: append(append([]any(nil), whole[:stop]...), error(&llm.Error{Code: llm.CodeUnavailable}))}
			if _, err := try(t, think.Config{Model: s, Journal: journal}, env, q); llm.CodeOf(err) != llm.CodeUnavailable {
				t.Fatalf("stop %d: %v", stop, err)
			}
		}
		s := &script{t: t, replies: whole[min(stop, len(whole)-1):]}
		if stop == len(whole) { // everything was done but telling it
			s.replies = whole
			if _, err := try(t, think.Config{Model: s, Journal: journal}, env, q); err != nil {
				t.Fatal(err)
			}
			s = &script{t: t}
		}
		out, err := try(t, think.Config{Model: s, Journal: journal}, env, q)
		if err != nil {
			t.Fatalf("stop %d: %v", stop, err)
		}
		if out.Text != want.Text || cmp.Diff(want.Sources, out.Sources) != "" {
			t.Errorf("stop %d: %q of %+v", stop, out.Text, out.Sources)
		}
		if len(made) != 2 || len(refused) != 1 {
			t.Errorf("stop %d: searched %q, refused %q", stop, made, refused)
		}
		_ = store.Close()
	}
}

// TestMarksOfAModelsOwnAreNoSources has a model write what stands for a mark, or mark what
// nobody found.
func TestMarksOfAModelsOwnAreNoSources(t *testing.T) {
	t.Parallel()
	var made, refused []string
	env := think.Env{Tools: []think.Tool{finder(&made, &refused)}}
	for text, want := range map[string]string{
		"축제입니다 [1].":                             "축제입니다 [1].",
		"축제입니다\ue101. 곧 엽니다 [1].":                "축제입니다. 곧 엽니다 [1].",
		"축제입니다 [3]. 곧 엽니다 [1].":                  "축제입니다. 곧 엽니다 [1].",
		"축제입니다 [0] [99] [1].":                    "축제입니다 [1].",
		"[1]: https://evil.example\n축제입니다 [1].":  "축제입니다 [1].",
		"축제입니다 [1](javascript:alert).":           "축제입니다 [1].",
		"축제입니다【2†source】 곧 엽니다 [1].":             "축제입니다 [1] 곧 엽니다 [2].",
		"- 축제입니다 [1]\n- 11월 28일에 엽니다\n- 엽니다 [2]": "- 축제입니다 [1]\n\n- 엽니다 [2]",
	} {
		out, _ := askWith(t, think.Config{}, env, think.Question{Text: "축제"}, call("web_search", m{"query": "a"}), call("answer", m{"text": text}))
		if out.Kind != think.Answered || out.Text != want {
			t.Errorf("%q: %s %q, want %q", text, out.Kind, out.Text, want)
		}
	}
	out, _ := askWith(t, think.Config{}, env, think.Question{Text: "축제"}, call("web_search", m{"query": "a"}), call("answer", m{"text": "축제입니다."}))
	if out.Kind != think.Declined || out.Text != "" || out.Chart != nil {
		t.Errorf("an answer of nothing: %+v", out)
	}
}
