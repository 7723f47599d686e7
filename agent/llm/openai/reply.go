package openai

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/llm"
)

// text is a string as servers send it: null and absent are empty, and what should be a
// string and is not (arguments as an object, content in parts) is taken for what it means.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case 'n':
		return nil
	case '"':
		if plain := b[1 : len(b)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			*t = text(plain) // most deltas, and each has several of these
			return nil
		}
		return json.Unmarshal(b, (*string)(t))
	case '[':
		var parts []struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(b, &parts) == nil && len(parts) > 0 {
			for _, p := range parts {
				*t += text(p.Text)
			}
			return nil
		}
	}
	*t = text(b)
	return nil
}

// envelope is a completion, a chunk of one, or an error in place of either.
type envelope struct {
	ID      text            `json:"id"`
	Object  text            `json:"object"`
	Model   text            `json:"model"`
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
}

type choice struct {
	Index        int     `json:"index"`
	Message      message `json:"message"`
	Delta        message `json:"delta"`
	FinishReason text    `json:"finish_reason"`
}

type message struct {
	Content          text       `json:"content"`
	Reasoning        text       `json:"reasoning"`
	ReasoningContent text       `json:"reasoning_content"`
	Refusal          text       `json:"refusal"`
	ToolCalls        []toolCall `json:"tool_calls"`
}

// thought is the reasoning, under either name.
func (m message) thought() string {
	if m.Reasoning != "" {
		return string(m.Reasoning)
	}
	return string(m.ReasoningContent)
}

type toolCall struct {
	Index    *int `json:"index"`
	ID       text `json:"id"`
	Function struct {
		Name      text `json:"name"`
		Arguments text `json:"arguments"`
	} `json:"function"`
}

type usage struct {
	Prompt        int `json:"prompt_tokens"`
	Completion    int `json:"completion_tokens"`
	PromptDetails struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// frameError is an error that came under the status 200.
type frameError struct{ body []byte }

func (frameError) Error() string { return "the server reported an error in its reply" }

// broken is a reply that cannot be used.
type broken string

func (b broken) Error() string { return string(b) }

// assembly is a reply that is being put together.
type assembly struct {
	onDelta func(llm.Delta)
	limit   int

	id, model  string
	text       strings.Builder
	reasoning  strings.Builder
	clean      cleaner
	calls      []*partialCall // in the order they came
	finished   string
	usage      usage
	size       int
	first      time.Time // of anything said
	finishedAs llm.Finish
	made       []llm.ToolCall
}

type partialCall struct {
	index     int
	id, name  string
	arguments strings.Builder
}

func newAssembly(onDelta func(llm.Delta), limit int) *assembly {
	return &assembly{onDelta: onDelta, limit: limit}
}

// take adds an answer that came in one piece. err is go-openai's view of it.
func (c *call) take(a *assembly, err error) error {
	switch {
	case c.body == nil && err != nil:
		return err
	case c.status != 200:
		return errStatus
	}
	return a.whole(c.body)
}

// errStatus is an answer whose status says all.
var errStatus = errors.New("refused")

func (a *assembly) open(raw []byte) (envelope, error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		// The error of encoding/json quotes what was read.
		return e, broken(fmt.Sprintf("the reply is no JSON of a completion (%d bytes)", len(raw)))
	}
	if len(e.Error) > 0 && string(e.Error) != "null" || e.Object == "error" {
		return e, frameError{raw}
	}
	if a.id == "" {
		a.id = string(e.ID)
	}
	if a.model == "" {
		a.model = string(e.Model)
	}
	if e.Usage != nil {
		a.usage = *e.Usage
	}
	return e, nil
}

// whole adds a reply that was not streamed.
func (a *assembly) whole(raw []byte) error {
	e, err := a.open(raw)
	if err != nil {
		return err
	}
	if len(e.Choices) == 0 {
		return broken("the reply has no choices")
	}
	for i := range e.Choices[0].Message.ToolCalls {
		e.Choices[0].Message.ToolCalls[i].Index = &i
	}
	return a.add(e.Choices[0].Message, e.Choices[0].FinishReason)
}

// chunk adds an event of a stream. A usage chunk has no choices.
func (a *assembly) chunk(raw []byte) error {
	e, err := a.open(raw)
	if err != nil {
		return err
	}
	for _, ch := range e.Choices {
		if ch.Index != 0 {
			continue // only one was asked for
		}
		if err := a.add(ch.Delta, ch.FinishReason); err != nil {
			return err
		}
	}
	return nil
}

func (a *assembly) add(m message, finish text) error {
	said, thought := a.clean.add(string(m.Content) + string(m.Refusal))
	a.say(said, m.thought()+thought)
	for _, d := range m.ToolCalls {
		a.call(d)
	}
	if finish != "" {
		a.finished = string(finish)
	}
	if a.size > a.limit {
		return broken(fmt.Sprintf("the reply is longer than %d bytes", a.limit))
	}
	return nil
}

func (a *assembly) say(said, thought string) {
	if said == "" && thought == "" {
		return
	}
	a.begin()
	a.text.WriteString(said)
	a.reasoning.WriteString(thought)
	a.size += len(said) + len(thought)
	if a.onDelta != nil {
		a.onDelta(llm.Delta{Text: said, Reasoning: thought})
	}
}

func (a *assembly) begin() {
	if a.first.IsZero() {
		a.first = time.Now()
	}
}

// call adds a part of a tool call. Parts of one call have its index; a server without
// indexes, or with the same one for all, gives each call an id.
func (a *assembly) call(d toolCall) {
	a.begin()
	c := a.callFor(d)
	if d.ID != "" {
		c.id = string(d.ID)
	}
	if name := string(d.Function.Name); name != c.name { // some servers repeat it
		c.name += name
	}
	c.arguments.WriteString(string(d.Function.Arguments))
	a.size += len(d.Function.Name) + len(d.Function.Arguments)
}

func (a *assembly) callFor(d toolCall) *partialCall {
	index := len(a.calls)
	for _, c := range slices.Backward(a.calls) {
		sameIndex := d.Index == nil || *d.Index == c.index
		another := d.ID != "" && c.id != "" && string(d.ID) != c.id || d.Index == nil && d.Function.Name != ""
		if sameIndex && !another {
			return c
		}
	}
	if d.Index != nil {
		index = *d.Index
	}
	c := &partialCall{index: index}
	a.calls = append(a.calls, c)
	return c
}

// finish decides what the reply is, or that it is none. maxTokens is what was allowed.
func (a *assembly) finish(maxTokens int) error {
	a.say(a.clean.end())
	a.makeCalls()
	switch a.finished {
	case "":
		return broken("the reply has no finish_reason")
	case "abort", "error", "cancelled":
		return broken("the server gave the reply up: " + a.finished)
	case "length", "repetition", "max_tokens":
		a.finishedAs = llm.FinishLength
	case "content_filter":
		a.finishedAs = llm.FinishFilter
	default:
		// vLLM says stop of a call that was asked for by name, and tool_calls of one
		// whose arguments the limit cut.
		a.finishedAs = llm.FinishStop
		if len(a.made) > 0 {
			a.finishedAs = llm.FinishTools
			if a.cut(maxTokens) {
				a.finishedAs = llm.FinishLength
			}
		}
	}
	said := strings.TrimSpace(a.text.String()) != "" || len(a.made) > 0
	if !said && (a.finishedAs == llm.FinishStop || a.finishedAs == llm.FinishTools) {
		return broken("the reply is empty")
	}
	return nil
}

// cut reports whether the limit of tokens broke the last call off.
func (a *assembly) cut(maxTokens int) bool {
	last := a.made[len(a.made)-1]
	return maxTokens > 0 && a.usage.Completion >= maxTokens && !json.Valid([]byte(last.Arguments))
}

// makeCalls orders the calls and gives an id to each that has none of its own.
func (a *assembly) makeCalls() {
	slices.SortStableFunc(a.calls, func(x, y *partialCall) int { return x.index - y.index })
	seen := map[string]bool{}
	for _, c := range a.calls {
		id := c.id
		if id == "" || seen[id] {
			id = "call_" + rand.Text()
		}
		seen[id] = true
		a.made = append(a.made, llm.ToolCall{ID: id, Name: cleanName(c.name), Arguments: c.arguments.String()})
	}
}

func (a *assembly) reply() *llm.Reply {
	return &llm.Reply{
		Message: llm.Message{
			Role: llm.Assistant, Text: strings.TrimSpace(a.text.String()), Reasoning: a.reasoning.String(), Calls: a.made,
		},
		Finish: a.finishedAs,
		Usage: llm.Usage{
			Input: a.usage.Prompt, Cached: a.usage.PromptDetails.Cached,
			Output: a.usage.Completion, Reasoning: a.usage.CompletionDetails.Reasoning,
		},
		Model: a.model, ID: a.id,
	}
}
