package agenttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// Chat is the body of a request, as far as tests ask for it.
type Chat struct {
	Model               string          `json:"model"`
	Messages            []Message       `json:"messages"`
	Tools               []Tool          `json:"tools"`
	Stream              bool            `json:"stream"`
	StreamOptions       *StreamOptions  `json:"stream_options"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	Temperature         *float64        `json:"temperature"`
	Seed                *int            `json:"seed"`
	ReasoningEffort     string          `json:"reasoning_effort"`
	IncludeReasoning    *bool           `json:"include_reasoning"`
	Priority            int             `json:"priority"`
	CacheSalt           string          `json:"cache_salt"`
	ResponseFormat      json.RawMessage `json:"response_format"`
}

// StreamOptions are those of a streamed request.
type StreamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// Message is one message of a request. Content that is not a string is kept as JSON.
type Message struct {
	Role             string     `json:"role"`
	Content          Content    `json:"content"`
	Reasoning        string     `json:"reasoning"`
	ReasoningContent string     `json:"reasoning_content"`
	ToolCalls        []ToolCall `json:"tool_calls"`
	ToolCallID       string     `json:"tool_call_id"`
}

// Content is the text of a message.
type Content string

// UnmarshalJSON takes a string as it is and anything else as JSON.
func (c *Content) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*c = Content(s)
		return nil
	}
	*c = Content(b)
	return nil
}

// ToolCall is a call that a request repeats.
type ToolCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// Tool is a tool that a request offers.
type Tool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// checker holds a request against the protocol. Its first complaint stays.
type checker struct {
	priorities bool
	strict     bool
	complaint  string
}

func (c *checker) fail(kind, loc, msg string) {
	if c.complaint == "" {
		c.complaint = fmt.Sprintf("1 validation error:\n  {'type': '%s', 'loc': ('body', %s), 'msg': '%s'}", kind, loc, msg)
	}
}

type object = map[string]any

// validate returns what vLLM would complain about, "" for a good request.
func (c *checker) validate(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var body any
	if err := dec.Decode(&body); err != nil {
		c.fail("json_invalid", "0", "JSON decode error")
		return c.complaint
	}
	root, ok := body.(object)
	if !ok {
		c.fail("model_attributes_type", "", "Input should be a valid dictionary or object to extract fields from")
		return c.complaint
	}
	c.scalars(root)
	c.messages(root)
	c.tools(root)
	c.format(root)
	return c.complaint
}

var (
	efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}
	roles   = []string{"developer", "system", "user", "assistant", "tool"}
	name64  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	known   = []string{
		"model", "messages", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options", "max_tokens",
		"max_completion_tokens", "temperature", "top_p", "n", "seed", "stop", "presence_penalty", "frequency_penalty",
		"logit_bias", "logprobs", "top_logprobs", "response_format", "reasoning_effort", "user", "metadata", "store",
	}
)

func (c *checker) scalars(root object) {
	if _, ok := root["model"].(string); !ok && root["model"] != nil {
		c.fail("string_type", "'model'", "Input should be a valid string")
	}
	c.number(root, "temperature", 0, 2)
	c.number(root, "top_p", 0, 1)
	c.integer(root, "seed")
	for _, k := range []string{"max_tokens", "max_completion_tokens"} {
		if n, ok := c.integer(root, k); ok && n < 1 {
			c.fail("value_error", "'"+k+"'", "max_tokens must be at least 1")
		}
	}
	if v, ok := root["reasoning_effort"]; ok && v != nil && !isOneOf(v, efforts) {
		c.fail("literal_error", "'reasoning_effort'", "Input should be 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max'")
	}
	for _, k := range []string{"stream", "include_reasoning", "parallel_tool_calls"} {
		if _, ok := root[k].(bool); !ok && root[k] != nil {
			c.fail("bool_type", "'"+k+"'", "Input should be a valid boolean")
		}
	}
	if n, ok := c.integer(root, "priority"); ok && n != 0 && !c.priorities {
		c.fail("value_error", "'priority'", "Got priority but Priority scheduling is not enabled.")
	}
	if v, ok := root["cache_salt"]; ok && v != nil {
		if s, _ := v.(string); s == "" || len(s) > 128 {
			c.fail("value_error", "'cache_salt'", "Parameter cache_salt must be a non-empty string of at most 128 characters.")
		}
	}
	if stream, _ := root["stream"].(bool); !stream && root["stream_options"] != nil {
		c.fail("value_error", "", "Stream options can only be defined when `stream=True`.")
	}
	for k := range root {
		if c.strict && !slices.Contains(known, k) {
			c.fail("extra_forbidden", "'"+k+"'", "Unrecognized request argument supplied: "+k)
		}
	}
}

func isOneOf(v any, list []string) bool {
	s, ok := v.(string)
	return ok && slices.Contains(list, s)
}

func (c *checker) number(root object, key string, low, high float64) {
	v, ok := root[key]
	if !ok || v == nil {
		return
	}
	n, ok := v.(json.Number)
	if !ok {
		c.fail("float_type", "'"+key+"'", "Input should be a valid number")
		return
	}
	if f, err := n.Float64(); err != nil || f < low || f > high {
		c.fail("value_error", "'"+key+"'", fmt.Sprintf("%s must be in [%g, %g], got %s.", key, low, high, n))
	}
}

func (c *checker) integer(root object, key string) (int64, bool) {
	v, ok := root[key]
	if !ok || v == nil {
		return 0, false
	}
	n, ok := v.(json.Number)
	if !ok {
		c.fail("int_type", "'"+key+"'", "Input should be a valid integer")
		return 0, false
	}
	i, err := n.Int64()
	if err != nil {
		c.fail("int_from_float", "'"+key+"'", "Input should be a valid integer, got a number with a fractional part")
		return 0, false
	}
	return i, true
}

func (c *checker) messages(root object) {
	list, ok := root["messages"].([]any)
	if !ok || len(list) == 0 {
		c.fail("missing", "'messages'", "Field required")
		return
	}
	open := map[string]bool{} // calls that wait for their result
	for i, m := range list {
		loc := fmt.Sprintf("'messages', %d", i)
		msg, ok := m.(object)
		if !ok {
			c.fail("dict_type", loc, "Input should be a valid dictionary")
			return
		}
		if !isOneOf(msg["role"], roles) {
			c.fail("literal_error", loc+", 'role'", "Input should be 'developer', 'system', 'user', 'assistant' or 'tool'")
			return
		}
		c.message(loc, msg, open)
	}
	if len(open) > 0 {
		c.fail("value_error", "'messages'", "An assistant message with tool_calls must be followed by tool messages responding to each tool_call_id.")
	}
}

func (c *checker) message(loc string, msg object, open map[string]bool) {
	role, _ := msg["role"].(string)
	if role == "tool" {
		id, _ := msg["tool_call_id"].(string)
		if !open[id] {
			c.fail("value_error", loc, "messages with role tool must be a response to a preceding message with tool_calls.")
		}
		delete(open, id)
	} else if len(open) > 0 {
		c.fail("value_error", loc, "An assistant message with tool_calls must be followed by tool messages responding to each tool_call_id.")
	}
	calls, hasCalls := msg["tool_calls"]
	if hasCalls {
		c.calls(loc, calls, open)
	}
	switch content := msg["content"].(type) {
	case string:
	case []any:
		if len(content) == 0 {
			c.fail("too_short", loc+", 'content'", "List should have at least 1 item")
		}
	default:
		if role != "assistant" || !hasCalls {
			c.fail("missing", loc+", 'content'", "Field required")
		}
	}
	for _, k := range []string{"reasoning", "reasoning_content"} {
		if _, ok := msg[k].(string); !ok && msg[k] != nil {
			c.fail("string_type", loc+", '"+k+"'", "Input should be a valid string")
		}
	}
}

func (c *checker) calls(loc string, v any, open map[string]bool) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		c.fail("too_short", loc+", 'tool_calls'", "List should have at least 1 item")
		return
	}
	for i, e := range list {
		at := fmt.Sprintf("%s, 'tool_calls', %d", loc, i)
		call, _ := e.(object)
		if call["type"] != "function" {
			c.fail("literal_error", at+", 'type'", "Input should be 'function'")
		}
		id, _ := call["id"].(string)
		if id == "" || open[id] {
			c.fail("string_type", at+", 'id'", "Input should be a valid string, and not another call's")
		}
		open[id] = true
		fn, _ := call["function"].(object)
		for _, k := range []string{"name", "arguments"} {
			if s, ok := fn[k].(string); !ok || s == "" {
				c.fail("missing", at+", 'function', '"+k+"'", "Field required")
			}
		}
		// vLLM parses them to hand the chat template an object.
		if s, _ := fn["arguments"].(string); !json.Valid([]byte(s)) {
			c.fail("json_invalid", at+", 'function', 'arguments'", "Invalid JSON")
		}
	}
}

func (c *checker) tools(root object) {
	v, ok := root["tools"]
	if !ok || v == nil {
		if choice := root["tool_choice"]; choice != nil && choice != "none" {
			c.fail("value_error", "", "When using `tool_choice`, `tools` must be set.")
		}
		return
	}
	list, _ := v.([]any)
	if len(list) == 0 {
		c.fail("value_error", "'tools'", "`tools` must not be an empty array.")
	}
	for i, e := range list {
		at := fmt.Sprintf("'tools', %d", i)
		tool, _ := e.(object)
		if tool["type"] != "function" {
			c.fail("literal_error", at+", 'type'", "Input should be 'function'")
		}
		fn, _ := tool["function"].(object)
		if s, _ := fn["name"].(string); !name64.MatchString(s) {
			c.fail("value_error", at+", 'function', 'name'", "Expected a string that matches ^[a-zA-Z0-9_-]{1,64}$")
		}
		if _, ok := fn["parameters"].(object); !ok && fn["parameters"] != nil {
			c.fail("dict_type", at+", 'function', 'parameters'", "Input should be a valid dictionary")
		}
	}
	switch choice := root["tool_choice"].(type) {
	case nil, object:
	default:
		if !isOneOf(choice, []string{"none", "auto", "required"}) {
			c.fail("value_error", "'tool_choice'", "Only named tools, none, auto or required are supported.")
		}
	}
}

func (c *checker) format(root object) {
	v, ok := root["response_format"]
	if !ok || v == nil {
		return
	}
	f, _ := v.(object)
	if !isOneOf(f["type"], []string{"text", "json_object", "json_schema", "structural_tag"}) {
		c.fail("literal_error", "'response_format', 'type'", "Input should be 'text', 'json_object' or 'json_schema'")
	}
	if f["type"] != "json_schema" {
		return
	}
	schema, _ := f["json_schema"].(object)
	if s, _ := schema["name"].(string); !name64.MatchString(s) {
		c.fail("missing", "'response_format', 'json_schema', 'name'", "Field required")
	}
	if _, ok := schema["schema"].(object); !ok {
		c.fail("value_error", "'response_format'", "When response_format type is 'json_schema', the 'json_schema' field must be provided.")
	}
}
