package agenttest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Reply is what the server answers.
type Reply struct {
	Text      string
	Reasoning string
	Calls     []Call
	// Finish is the finish_reason; empty is "tool_calls" with calls and "stop" without.
	Finish string
	Usage  *Usage // nil is estimated

	// Status, when it is neither 0 nor 200, makes this a failure with Body.
	Status      int
	Body        string
	ContentType string // of Body, application/json unless it says
	Header      http.Header

	// Latency takes the place of the server's.
	Latency *Latency

	quirks []Quirk
}

// Call is a tool call as the model writes it; nothing in it needs to be valid.
type Call struct {
	ID        string // empty is made up, unless NoID
	NoID      bool   // null in place of an id
	Name      string
	Arguments string
	Null      bool // null in place of the arguments
}

// Usage is what a reply says it cost.
type Usage struct {
	Prompt, Cached, Completion, Reasoning int
}

// Text is an answer in words.
func Text(s string) Reply { return Reply{Text: s} }

// Calls is an answer that calls tools.
func Calls(calls ...Call) Reply { return Reply{Calls: calls} }

// Failure is an HTTP error.
func Failure(status int, body string) Reply { return Reply{Status: status, Body: body} }

// errorBody is an error as vLLM and OpenAI write it; code is a number or a string.
func errorBody(message, kind string, code any) string {
	b, _ := json.Marshal(map[string]any{"error": map[string]any{
		"message": message, "type": kind, "param": nil, "code": code,
	}})
	return string(b)
}

// Unauthorized is vLLM's 401, whose error is a bare string.
func Unauthorized() Reply { return Failure(http.StatusUnauthorized, `{"error":"Unauthorized"}`) }

// Forbidden is a gateway's 403.
func Forbidden() Reply {
	return Failure(http.StatusForbidden, errorBody("Key not allowed to access model.", "key_model_access_denied", "403"))
}

// NoModel is vLLM's 404 of a model it does not serve.
func NoModel(model string) Reply {
	return Failure(http.StatusNotFound, errorBody(fmt.Sprintf("The model `%s` does not exist.", model), "NotFoundError", 404))
}

// TooLong is vLLM's 400 of a prompt that does not fit.
func TooLong(limit, prompt, output int) Reply {
	return Failure(http.StatusBadRequest, errorBody(fmt.Sprintf(
		"This model's maximum context length is %d tokens. However, you requested %d output tokens and your prompt "+
			"contains at least %d input tokens, for a total of at least %d tokens. Please reduce the length of the input "+
			"prompt or the number of requested output tokens.", limit, output, prompt, prompt+output),
		"BadRequestError", 400))
}

// TooLongOpenAI is OpenAI's.
func TooLongOpenAI(limit, prompt int) Reply {
	return Failure(http.StatusBadRequest, errorBody(fmt.Sprintf("This model's maximum context length is %d tokens. "+
		"However, your messages resulted in %d tokens. Please reduce the length of the messages.", limit, prompt),
		"invalid_request_error", "context_length_exceeded"))
}

// HarmonyError is the 500 that vLLM gives when it cannot parse what gpt-oss wrote.
func HarmonyError() Reply {
	return Failure(http.StatusInternalServerError, errorBody(
		`unexpected tokens remaining in message header: Some("to=functions.run_sql")`, "InternalServerError", 500))
}

// HarmonyError200 is the same in some builds: an error under the status 200, which
// calls itself a 400.
func HarmonyError200() Reply {
	return Reply{Status: http.StatusOK, Body: errorBody("Unknown role: assistantassistant", "BadRequestError", 400)}
}

// OldError is an error in the shape that vLLM had before 0.10.
func OldError(status int, message, kind string) Reply {
	b, _ := json.Marshal(map[string]any{
		"object": "error", "message": message, "type": kind, "param": nil, "code": status,
	})
	return Failure(status, string(b))
}

// BadGateway is the page of a proxy whose upstream is gone.
func BadGateway() Reply {
	r := Failure(http.StatusBadGateway, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"+
		"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.27.1</center>\r\n</body>\r\n</html>\r\n")
	r.ContentType = "text/html"
	return r
}

// Overloaded is a 503 without a body.
func Overloaded() Reply { return Reply{Status: http.StatusServiceUnavailable} }

// LoginPage is what a gateway shows to whoever has no session: a page, with status 200.
func LoginPage() Reply {
	return Reply{Status: http.StatusOK, ContentType: "text/html", Body: "<!doctype html><title>Sign in</title>"}
}

// Redirect sends the client elsewhere.
func Redirect(to string) Reply {
	r := Failure(http.StatusFound, "")
	r.Header = http.Header{"Location": {to}}
	return r
}

// With returns the reply with quirks, which work in their order.
func (r Reply) With(quirks ...Quirk) Reply {
	r.quirks = append(r.quirks[:len(r.quirks):len(r.quirks)], quirks...)
	return r
}

func (r Reply) isFailure() bool { return r.Status != 0 }

func (r Reply) finish() string {
	switch {
	case r.Finish != "":
		return r.Finish
	case len(r.Calls) > 0:
		return "tool_calls"
	}
	return "stop"
}
