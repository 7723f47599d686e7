package agenttest

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// rendering is one reply on its way out.
type rendering struct {
	id      string
	created int64
	model   string
	reply   Reply
	usage   Usage
	cached  bool // tell what was cached
	chunk   int  // runes per chunk
}

func (r rendering) root(object string) map[string]any {
	return map[string]any{"id": r.id, "object": object, "created": r.created, "model": r.model}
}

func (r rendering) usageField() map[string]any {
	u := map[string]any{
		"prompt_tokens": r.usage.Prompt, "completion_tokens": r.usage.Completion,
		"total_tokens": r.usage.Prompt + r.usage.Completion, "prompt_tokens_details": nil,
	}
	if r.cached || r.usage.Cached > 0 {
		u["prompt_tokens_details"] = map[string]any{"cached_tokens": r.usage.Cached}
	}
	if r.usage.Reasoning > 0 {
		u["completion_tokens_details"] = map[string]any{"reasoning_tokens": r.usage.Reasoning}
	}
	return u
}

// whole renders a reply that is not streamed, as one frame.
func (r rendering) whole() []Frame {
	message := map[string]any{
		"role": "assistant", "content": orNull(r.reply.Text), "refusal": nil, "annotations": nil, "audio": nil,
		"function_call": nil, "reasoning": orNull(r.reply.Reasoning),
	}
	if len(r.reply.Calls) > 0 {
		var calls []any
		for i, c := range r.reply.Calls {
			calls = append(calls, map[string]any{
				"id": r.callID(i), "type": "function", "function": map[string]any{"name": c.Name, "arguments": arguments(c)},
			})
		}
		message["tool_calls"] = calls
	}
	choice := map[string]any{
		"index": 0, "message": message, "logprobs": nil, "finish_reason": r.reply.finish(), "stop_reason": nil,
		"token_ids": nil,
	}
	root := r.root("chat.completion")
	root["choices"] = []any{choice}
	root["usage"] = r.usageField()
	root["service_tier"], root["system_fingerprint"] = nil, nil
	root["prompt_logprobs"], root["prompt_token_ids"], root["kv_transfer_params"] = nil, nil, nil
	r.apply(fields{root: root, choice: choice, message: message})
	b, err := json.Marshal(root)
	if err != nil {
		panic(err) // everything in it was made here
	}
	return []Frame{{Raw: string(b)}}
}

func (r rendering) callID(i int) any {
	c := r.reply.Calls[i]
	switch {
	case c.NoID:
		return nil
	case c.ID != "":
		return c.ID
	}
	return fmt.Sprintf("chatcmpl-tool-%s-%d", strings.TrimPrefix(r.id, "chatcmpl-"), i)
}

func arguments(c Call) any {
	if c.Null {
		return nil
	}
	return c.Arguments
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (r rendering) apply(f fields) {
	for _, q := range r.reply.quirks {
		if q.fields != nil {
			q.fields(f)
		}
	}
}

// stream renders a streamed reply: the role with an empty content first, the reasoning,
// the text, the calls, an empty delta with the finish_reason, the usage (with no choices)
// where it was asked for, and [DONE].
func (r rendering) stream(withUsage bool) []Frame {
	frames := []Frame{r.delta(map[string]any{"role": "assistant", "content": ""}, nil)}
	frames[0].Idle = false
	for _, s := range pieces(r.reply.Reasoning, r.chunk) {
		frames = append(frames, r.delta(map[string]any{"reasoning": s}, nil))
	}
	for _, s := range pieces(r.reply.Text, r.chunk) {
		frames = append(frames, r.delta(map[string]any{"content": s}, nil))
	}
	for i, c := range r.reply.Calls {
		frames = append(frames, r.callDelta(i, r.callID(i), c.Name, ""))
		if c.Null {
			frames = append(frames, r.callDelta(i, nil, nil, nil))
		}
		for _, s := range pieces(c.Arguments, r.chunk) {
			frames = append(frames, r.callDelta(i, nil, nil, s))
		}
	}
	frames = append(frames, r.delta(map[string]any{}, r.reply.finish()))
	if withUsage {
		root := r.root("chat.completion.chunk")
		root["choices"], root["usage"] = []any{}, r.usageField()
		r.apply(fields{root: root})
		frames = append(frames, r.frame(root))
	}
	done := event("[DONE]")
	done.Idle = false
	return append(frames, done)
}

func (r rendering) callDelta(i int, id, name, args any) Frame {
	call := map[string]any{"index": i, "function": map[string]any{"name": name, "arguments": args}, "id": id, "type": nil}
	if name != nil {
		call["type"] = "function"
	}
	return r.delta(map[string]any{"tool_calls": []any{call}}, nil)
}

func (r rendering) delta(delta map[string]any, finish any) Frame {
	choice := map[string]any{"index": 0, "delta": delta, "logprobs": nil, "finish_reason": finish, "token_ids": nil}
	root := r.root("chat.completion.chunk")
	root["choices"] = []any{choice}
	r.apply(fields{root: root, choice: choice, message: delta})
	return r.frame(root)
}

func (r rendering) frame(root map[string]any) Frame {
	b, err := json.Marshal(root)
	if err != nil {
		panic(err) // everything in it was made here
	}
	return event(string(b))
}

// pieces cuts s into parts of n runes.
func pieces(s string, n int) []string {
	var parts []string
	for s != "" {
		end := 0
		for i := 0; i < n && end < len(s); i++ {
			_, size := utf8.DecodeRuneInString(s[end:])
			end += size
		}
		parts = append(parts, s[:end])
		s = s[end:]
	}
	return parts
}

// tokens estimates as a tokenizer counts: four bytes of English, and about two for each
// Hangul syllable's three.
func tokens(s string) int { return (len(s) + 3) / 4 }
