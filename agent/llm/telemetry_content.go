package llm

import (
	"encoding/json"

	"go.opentelemetry.io/otel/attribute"
)

// The content of a call, in the JSON of OpenTelemetry's conventions.
const (
	keyInstructions = attribute.Key("gen_ai.system_instructions")
	keyInputText    = attribute.Key("gen_ai.input.messages")
	keyOutputText   = attribute.Key("gen_ai.output.messages")
	keyTools        = attribute.Key("gen_ai.tool.definitions")
)

// part is a part of a message: text, reasoning, a tool_call, a tool_call_response.
type part struct {
	Type      string          `json:"type"`
	Content   string          `json:"content,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
	Response  string          `json:"response,omitempty"`
}

type contentMessage struct {
	Role   Role   `json:"role"`
	Parts  []part `json:"parts"`
	Finish Finish `json:"finish_reason,omitempty"`
}

func parts(m Message) []part {
	if m.Role == ToolRole {
		return []part{{Type: "tool_call_response", ID: m.CallID, Response: m.Text}}
	}
	var ps []part
	if m.Reasoning != "" {
		ps = append(ps, part{Type: "reasoning", Content: m.Reasoning})
	}
	if m.Text != "" {
		ps = append(ps, part{Type: "text", Content: m.Text})
	}
	for _, c := range m.Calls {
		args := json.RawMessage(c.Arguments)
		if !json.Valid(args) {
			args, _ = json.Marshal(c.Arguments)
		}
		ps = append(ps, part{Type: "tool_call", ID: c.ID, Name: c.Name, Arguments: args})
	}
	return ps
}

func contentAsked(req Request) []attribute.KeyValue {
	var instructions []part
	var messages []contentMessage
	for _, m := range req.Messages {
		if m.Role == System {
			instructions = append(instructions, parts(m)...)
			continue
		}
		messages = append(messages, contentMessage{Role: m.Role, Parts: parts(m)})
	}
	attrs := []attribute.KeyValue{inJSON(keyInputText, messages)}
	if len(instructions) > 0 {
		attrs = append(attrs, inJSON(keyInstructions, instructions))
	}
	if len(req.Tools) > 0 {
		type definition struct {
			Type        string          `json:"type"`
			Name        string          `json:"name"`
			Description string          `json:"description,omitempty"`
			Parameters  json.RawMessage `json:"parameters,omitempty"`
		}
		var defs []definition
		for _, t := range req.Tools {
			defs = append(defs, definition{"function", t.Name, t.Description, t.Parameters})
		}
		attrs = append(attrs, inJSON(keyTools, defs))
	}
	return attrs
}

func contentAnswered(r *Reply) attribute.KeyValue {
	return inJSON(keyOutputText, []contentMessage{{Role: r.Message.Role, Parts: parts(r.Message), Finish: r.Finish}})
}

func inJSON(key attribute.Key, v any) attribute.KeyValue {
	b, err := json.Marshal(v)
	if err != nil { // a tool's parameters are no JSON
		return key.String("")
	}
	return key.String(string(b))
}
