package agenttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Frame is one write of a reply's body. Of a streamed reply it is one event.
type Frame struct {
	Raw   string // as it goes out, line ends included
	Stall bool   // nothing more is sent, and the connection stays
	Abort bool   // the connection is dropped in the middle of the reply
	// Idle frames are sent after the time of a chunk, others at once.
	Idle bool
	// Loop sends the frame for as long as the client listens.
	Loop bool
}

// Quirk changes a reply: what is said, or how it goes over the wire.
type Quirk struct {
	reply  func(r Reply, stream bool) Reply
	fields func(fields)
	frames func(frames []Frame, stream bool) []Frame
}

// fields are what a quirk may change in each JSON object of a reply.
type fields struct {
	root    map[string]any // the completion or the chunk
	choice  map[string]any // nil in a usage chunk
	message map[string]any // its message or its delta
}

// OldReasoning names the field reasoning_content, as vLLM did before 0.12.
func OldReasoning() Quirk {
	return Quirk{fields: func(f fields) {
		if v, ok := f.message["reasoning"]; ok {
			delete(f.message, "reasoning")
			f.message["reasoning_content"] = v
		}
	}}
}

// UnknownFields adds fields that no client knows.
func UnknownFields() Quirk {
	return Quirk{fields: func(f fields) {
		f.root["x_future"] = map[string]any{"nested": []int{1}}
		if f.choice != nil {
			f.choice["stop_reason"] = 200012
			f.message["annotations"] = nil
		}
	}}
}

// TruncatedArguments cuts the last call's arguments after n bytes and still says that
// all is well, as vLLM does without streaming.
func TruncatedArguments(n int) Quirk {
	return Quirk{reply: func(r Reply, _ bool) Reply {
		r.Calls = append([]Call(nil), r.Calls...)
		if len(r.Calls) > 0 {
			last := &r.Calls[len(r.Calls)-1]
			last.Arguments = last.Arguments[:min(n, len(last.Arguments))]
		}
		return r
	}}
}

// NoUsage leaves the usage out.
func NoUsage() Quirk {
	return Quirk{
		fields: func(f fields) { delete(f.root, "usage") },
		frames: func(frames []Frame, stream bool) []Frame {
			if !stream {
				return frames
			}
			return drop(frames, func(f Frame) bool { return strings.Contains(f.Raw, `"choices":[]`) })
		},
	}
}

// onStream changes the frames of a streamed reply only.
func onStream(fn func([]Frame) []Frame) Quirk {
	return Quirk{frames: func(frames []Frame, stream bool) []Frame {
		if !stream {
			return frames
		}
		return fn(frames)
	}}
}

func drop(frames []Frame, bad func(Frame) bool) []Frame {
	var kept []Frame
	for _, f := range frames {
		if !bad(f) {
			kept = append(kept, f)
		}
	}
	return kept
}

// ErrorFrame breaks the stream off after n events with an error, then [DONE]: what vLLM
// does when the engine or its parser fails. Without streaming it is a 500.
func ErrorFrame(n int) Quirk {
	return errorFrame(n, errorBody(`unexpected tokens remaining in message header: ["commentary"]`, "InternalServerError", 500))
}

// OldErrorFrame is the same in the shape that vLLM had before 0.10.
func OldErrorFrame(n int) Quirk {
	b, _ := json.Marshal(map[string]any{
		"object": "error", "message": "EngineCore encountered an issue.", "type": "InternalServerError", "param": nil, "code": 500,
	})
	return errorFrame(n, string(b))
}

// BareErrorFrame is a gateway's: spaces in the JSON, a string for an error.
func BareErrorFrame(n int) Quirk { return errorFrame(n, `{ "error": "upstream closed" }`) }

func errorFrame(n int, body string) Quirk {
	q := onStream(func(frames []Frame) []Frame {
		return append(frames[:min(n, len(frames)):min(n, len(frames))], event(body), event("[DONE]"))
	})
	q.reply = func(r Reply, stream bool) Reply {
		if stream {
			return r
		}
		return Failure(http.StatusInternalServerError, body)
	}
	return q
}

// Comments puts a comment line before every event, as --sse-keep-alive-interval and
// LiteLLM do, and id, retry and event lines now and then.
func Comments() Quirk {
	return onStream(func(frames []Frame) []Frame {
		for i := range frames {
			pre := ": keep-alive\n\n"
			if i%2 == 1 {
				pre += "event: message\nid: " + fmt.Sprint(i) + "\nretry: 3000\n"
			}
			frames[i].Raw = pre + frames[i].Raw
		}
		return frames
	})
}

// ManyComments puts n comments before the first event.
func ManyComments(n int) Quirk {
	return onStream(func(frames []Frame) []Frame {
		return append([]Frame{{Raw: strings.Repeat(": keep-alive\n\n", n)}}, frames...)
	})
}

// ErrorEvent puts an event line before each error frame. Apply it after them.
func ErrorEvent() Quirk {
	return onStream(func(frames []Frame) []Frame {
		for i, f := range frames {
			if strings.Contains(f.Raw, `"error"`) {
				frames[i].Raw = ": keep-alive\n\nevent: error\n" + f.Raw
			}
		}
		return frames
	})
}

// CarriageReturns ends lines as some proxies do, and puts no space after the colon.
func CarriageReturns() Quirk {
	return onStream(func(frames []Frame) []Frame {
		for i := range frames {
			raw := strings.ReplaceAll(frames[i].Raw, "data: ", "data:")
			frames[i].Raw = strings.ReplaceAll(raw, "\n", "\r\n")
		}
		return frames
	})
}

// NoDone ends the stream, in good order, after n events: what a proxy makes of an
// upstream that went away. A negative n leaves out the last -n.
func NoDone(n int) Quirk {
	return onStream(func(frames []Frame) []Frame { return frames[:position(n, len(frames))] })
}

// Abort drops the connection after n events, or in the middle of a reply that is not
// streamed.
func Abort(n int) Quirk { return cut(n, Frame{Abort: true}) }

// Stall sends nothing more after n events, or in the middle of a reply that is not
// streamed, and keeps the connection.
func Stall(n int) Quirk { return cut(n, Frame{Stall: true}) }

func cut(n int, end Frame) Quirk {
	return Quirk{frames: func(frames []Frame, stream bool) []Frame {
		if stream {
			return append(frames[:position(n, len(frames)):position(n, len(frames))], end)
		}
		whole := frames[0].Raw
		return []Frame{{Raw: whole[:len(whole)/2]}, end}
	}}
}

func position(n, length int) int {
	if n < 0 {
		n += length
	}
	return max(0, min(n, length))
}

// StallAtOnce sends the status and nothing else.
func StallAtOnce() Quirk {
	return Quirk{frames: func([]Frame, bool) []Frame { return []Frame{{Stall: true}} }}
}

// Endless repeats s for as long as the client listens. Without streaming it is a long
// reply that the length ended.
func Endless(s string) Quirk {
	return Quirk{
		frames: func(frames []Frame, stream bool) []Frame {
			if !stream {
				return frames
			}
			return append(frames[:1:1], Frame{Raw: textEvent(s), Loop: true, Idle: true})
		},
		reply: func(r Reply, _ bool) Reply {
			r.Text, r.Calls, r.Finish = strings.Repeat(s, 200), nil, "length"
			return r
		},
	}
}

// LongLine puts an event of n bytes into the stream.
func LongLine(n int) Quirk {
	return onStream(func(frames []Frame) []Frame {
		return append(frames[:1:1], Frame{Raw: textEvent(strings.Repeat("a", n))}, Frame{Raw: "data: [DONE]\n\n"})
	})
}

// Raw takes the place of what follows the headers. Of a reply that is not streamed the
// frames are its body in parts.
func Raw(frames ...Frame) Quirk {
	return Quirk{frames: func([]Frame, bool) []Frame { return frames }}
}

// Events are frames of the given data.
func Events(data ...string) []Frame {
	var frames []Frame
	for _, d := range data {
		frames = append(frames, event(d))
	}
	return frames
}

func event(data string) Frame { return Frame{Raw: "data: " + data + "\n\n", Idle: true} }

func textEvent(s string) string {
	b, _ := json.Marshal(map[string]any{
		"id": "chatcmpl-endless", "object": "chat.completion.chunk", "created": 0, "model": "m",
		"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": s}, "finish_reason": nil}},
	})
	return "data: " + string(b) + "\n\n"
}
