package openai

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/bapsang/bapsang/agent/llm"
)

// anyModel goes through go-openai in place of the model's name, which the patch puts
// back: go-openai guesses by the name what a model does not take, and refuses before
// anything is sent. A company may well call its own model gpt-5-something.
const anyModel = "model"

// request is req as far as go-openai can say it.
func (c *Client) request(req llm.Request) goopenai.ChatCompletionRequest {
	out := goopenai.ChatCompletionRequest{Model: anyModel, Seed: req.Seed, ReasoningEffort: string(req.Effort)}
	turn := lastTurn(req.Messages)
	for i, m := range req.Messages {
		out.Messages = append(out.Messages, c.message(m, i > turn))
	}
	for _, t := range req.Tools {
		params := t.Parameters
		if len(params) == 0 {
			params = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		out.Tools = append(out.Tools, goopenai.Tool{
			Type:     goopenai.ToolTypeFunction,
			Function: &goopenai.FunctionDefinition{Name: t.Name, Description: t.Description, Parameters: params},
		})
	}
	if req.OnDelta != nil {
		out.StreamOptions = &goopenai.StreamOptions{IncludeUsage: true}
	}
	if req.Schema != nil {
		out.ResponseFormat = &goopenai.ChatCompletionResponseFormat{
			Type: goopenai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &goopenai.ChatCompletionResponseFormatJSONSchema{
				// OpenAI refuses a strict schema that uses more than its subset.
				Name: req.Schema.Name, Schema: req.Schema.JSON, Strict: c.opts.Dialect != OpenAI,
			},
		}
	}
	return out
}

// lastTurn is where the last question stands. Reasoning from before it has done its
// service.
func lastTurn(messages []llm.Message) int {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Role == llm.User {
			return i
		}
	}
	return -1
}

func (c *Client) message(m llm.Message, thisTurn bool) goopenai.ChatCompletionMessage {
	out := goopenai.ChatCompletionMessage{Role: string(m.Role), Content: m.Text, ToolCallID: m.CallID}
	if m.Role == llm.Assistant && thisTurn && c.opts.Dialect != OpenAI {
		out.ReasoningContent = m.Reasoning
	}
	for _, call := range m.Calls {
		out.ToolCalls = append(out.ToolCalls, goopenai.ToolCall{
			ID: call.ID, Type: goopenai.ToolTypeFunction,
			Function: goopenai.FunctionCall{Name: sendableName(call.Name), Arguments: sendableArguments(call.Arguments)},
		})
	}
	// go-openai leaves an empty content out, and servers demand one.
	switch {
	case m.Text != "" || len(m.Calls) > 0:
	case m.Role == llm.ToolRole:
		out.Content = "(empty)"
	default:
		out.Content = " "
	}
	return out
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// sendableName is a name that a server takes back: it refuses the whole conversation
// for one that its model made up.
func sendableName(s string) string {
	s = notInNames.ReplaceAllString(s, "_")
	if s == "" {
		return "unnamed"
	}
	return s[:min(len(s), 64)]
}

// sendableArguments is JSON, because servers parse it for the chat template. What is
// none goes back as a string, so that the model sees what it wrote.
func sendableArguments(s string) string {
	if s == "" {
		return "{}"
	}
	if json.Valid([]byte(s)) {
		return s
	}
	quoted, _ := json.Marshal(map[string]string{"not_json": s})
	return string(quoted)
}

// patch is what go-openai cannot say.
type patch struct {
	fields    map[string]any
	reasoning string // the field's name on the wire, where it is not go-openai's
}

func (c *Client) patch(req llm.Request) patch {
	p := patch{fields: map[string]any{"model": c.opts.Model, "temperature": req.Temperature}}
	if req.MaxTokens > 0 {
		name := "max_tokens"
		if c.opts.Dialect == OpenAI {
			name = "max_completion_tokens"
		}
		p.fields[name] = req.MaxTokens
	}
	if c.opts.Dialect == VLLM {
		p.reasoning = "reasoning"
	}
	if req.Priority != 0 {
		p.fields["priority"] = req.Priority
	}
	if c.opts.CacheSalt != "" {
		p.fields["cache_salt"] = c.opts.CacheSalt
	}
	if c.opts.HideReasoning {
		p.fields["include_reasoning"] = false
	}
	maps.Copy(p.fields, c.opts.Body)
	return p
}

// apply returns the body with the patch.
func (p patch) apply(body []byte) ([]byte, error) {
	var root map[string]json.RawMessage
	if err := json.Unmarshal(body, &root); err != nil {
		return nil, fmt.Errorf("patch request: %w", err)
	}
	if p.reasoning != "" {
		if err := p.rename(root); err != nil {
			return nil, err
		}
	}
	for k, v := range p.fields {
		merged, err := merge(root[k], v)
		if err != nil {
			return nil, fmt.Errorf("patch request: %s: %w", k, err)
		}
		if merged == nil {
			delete(root, k)
			continue
		}
		root[k] = merged
	}
	return json.Marshal(root)
}

func (p patch) rename(root map[string]json.RawMessage) error {
	var messages []map[string]json.RawMessage
	if err := json.Unmarshal(root["messages"], &messages); err != nil {
		return fmt.Errorf("patch request: %w", err)
	}
	changed := false
	for _, m := range messages {
		if v, ok := m["reasoning_content"]; ok {
			delete(m, "reasoning_content")
			m[p.reasoning] = v
			changed = true
		}
	}
	if !changed {
		return nil
	}
	b, err := json.Marshal(messages)
	root["messages"] = b
	return err
}

// merge is RFC 7396: objects are merged, anything else takes the old value's place, and
// nil removes it.
func merge(old json.RawMessage, v any) (json.RawMessage, error) {
	change, ok := v.(map[string]any)
	if !ok {
		if v == nil {
			return nil, nil
		}
		return json.Marshal(v)
	}
	var was map[string]json.RawMessage
	if len(old) > 0 && old[0] == '{' {
		if err := json.Unmarshal(old, &was); err != nil {
			return nil, err
		}
	}
	if was == nil {
		was = map[string]json.RawMessage{}
	}
	for k, e := range change {
		m, err := merge(was[k], e)
		if err != nil {
			return nil, err
		}
		if m == nil {
			delete(was, k)
			continue
		}
		was[k] = m
	}
	return json.Marshal(was)
}
