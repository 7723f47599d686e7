// Package llm is the language model as the agent sees it: a request in, one reply
// out, and what it cost. Package llm/openai is a [Model] behind an OpenAI-compatible
// server; a [Pool] is a Model that decides which server is called, and when.
//
// The model is the scarce thing. One [Model.Complete] is one call of somebody's
// budget, whatever it returns, so nothing in this package calls twice for one request
// unless the first call ended without an answer.
package llm

import (
	"context"
	"encoding/json"
	"time"
)

// Model completes conversations. It may be used concurrently.
type Model interface {
	// Complete makes one call and returns the whole reply, streamed or not. A reply
	// is complete: a stream that broke off, an error inside it or an answer that the
	// server itself calls an error is an error. Errors are of type *Error. Ending ctx
	// ends the call at the server.
	Complete(ctx context.Context, req Request) (*Reply, error)
}

// Request is what a model is asked.
type Request struct {
	Messages []Message
	// Tools may be called; in this order, which is kept so that servers can reuse the
	// prefix of the prompt.
	Tools []Tool
	// Schema asks for a reply that is JSON of this shape. Servers hold it as well as
	// they can; whoever asks must check.
	Schema *Schema
	// MaxTokens bounds the reply, reasoning included; 0 leaves it to the server.
	MaxTokens int
	// Temperature is sent even when it is 0, which is greedy.
	Temperature float64
	Effort      Effort // empty leaves it to the server
	Seed        *int

	Caller Caller
	// Priority orders calls within a server that knows it, lower first; 0 is not sent.
	// A [Pool] sets it for the backends that say so.
	Priority int
	// OnDelta receives the reply as it comes, and asks for streaming. It is called
	// from one goroutine at a time and must not block.
	OnDelta func(Delta)
	// OnWait tells how long the call waits for its turn, when it has to and whenever
	// that changes; the zero Wait says that its turn has come. It must not block.
	OnWait func(Wait)
}

// Caller is on whose behalf a call is made. It decides whose turn it is.
type Caller struct {
	Principal string // who asks, such as "web:minji"; turns are shared out among principals
	Question  string // id of the question
	// Begun is set when the question has had a call before: finishing it goes before
	// beginning another.
	Begun bool
	// Background calls (digests, evaluations) wait for everybody else's.
	Background bool
}

// Wait is a place in the queue for the model.
type Wait struct {
	Ahead int           // calls that go first
	For   time.Duration // about how long that takes
}

// Effort is how much a model reasons before it answers.
type Effort string

// The efforts that gpt-oss knows.
const (
	EffortLow    Effort = "low"
	EffortMedium Effort = "medium"
	EffortHigh   Effort = "high"
)

// Role is who speaks.
type Role string

// The roles.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool" // the result of a tool call
)

// Message is one message of a conversation.
type Message struct {
	Role Role
	Text string
	// Reasoning is what an assistant thought. It goes back to the model between the
	// tool calls of one turn, and never to a person.
	Reasoning string
	Calls     []ToolCall // of an assistant
	CallID    string     // of a tool's result: the call it answers
}

// Tool is something that a model may call.
type Tool struct {
	Name        string // ^[A-Za-z0-9_-]{1,64}$
	Description string
	Parameters  json.RawMessage // JSON schema of an object
}

// ToolCall is a call of a tool that a model asks for. Name and Arguments are as the
// model wrote them, but for markup of its own that the driver takes off: neither needs
// to be valid.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string // JSON, one hopes
}

// Schema is a JSON schema with a name.
type Schema struct {
	Name string
	JSON json.RawMessage
}

// Finish is why a model stopped.
type Finish string

// The reasons to stop.
const (
	FinishStop   Finish = "stop"       // it had said everything
	FinishLength Finish = "length"     // MaxTokens or the context was used up: the reply is cut
	FinishTools  Finish = "tool_calls" // it waits for the results of its calls
	FinishFilter Finish = "content_filter"
)

// Reply is what a model answered.
type Reply struct {
	Message Message // of the assistant; Text has none of the model's own markup
	Finish  Finish
	Usage   Usage
	Backend string // which one answered, by its configured name
	Model   string // as the server names it
	ID      string // the server's id of the reply
	// Waited is how long the call waited for its turn, Took how long the server took,
	// FirstToken how much of that until anything came (streams only).
	Waited, Took, FirstToken time.Duration
	// Retries are calls that ended without an answer before this one did. Each was
	// charged to the budget.
	Retries int
}

// Usage counts tokens. Zero where a server does not tell.
type Usage struct {
	Input     int // all of the prompt
	Cached    int // of Input, what the server had computed before
	Output    int // all of the reply
	Reasoning int // of Output, what was reasoning
}

// Delta is a part of a reply.
type Delta struct {
	Text      string
	Reasoning string
	// Reset takes back all that came before: the call is made again.
	Reset bool
}
