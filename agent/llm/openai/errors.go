package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
)

// failure classifies an error of a call.
func (c *Client) failure(ctx context.Context, call *call, err error) *llm.Error {
	e := &llm.Error{Backend: c.opts.Name, Status: call.status}
	var (
		silent silence
		frame  frameError
		bad    broken
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Code, e.Err = llm.CodeCancelled, context.Cause(ctx)
	case ctx.Err() != nil:
		e.Code, e.Err = llm.CodeTimeout, context.Cause(ctx)
	case errors.Is(err, errStatus):
		said := readServerError(call.body)
		e.Code, e.Message = codeOf(call.status, said), said.message
		if loc := call.header.Get("Location"); loc != "" && e.Message == "" {
			e.Message = "redirected: the base URL is another"
		}
		e.RetryAfter = retryAfter(call.header, call.status, time.Now())
	case errors.As(err, &frame):
		said := readServerError(frame.body)
		e.Code, e.Message = codeInside(said), said.message
		e.RetryAfter = retryAfter(call.header, said.status, time.Now())
	case errors.As(err, &bad):
		e.Code, e.Message = llm.CodeBroken, bad.Error()
		if kind := call.header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
			e.Message = "a web page in place of a reply"
		}
	case errors.As(context.Cause(call.watch.ctx), &silent):
		e.Code, e.Message = llm.CodeTimeout, silent.Error()
	case !call.sent:
		e.Code, e.Message = llm.CodeRefused, "the request is no JSON: a schema or a tool's parameters are not"
	default:
		e.Code, e.Message = codeOfNetwork(call.status, err), networkMessage(err)
	}
	e.Message = c.scrub(e.Message)
	return e
}

// codeOfNetwork classifies what is not the server's word.
func codeOfNetwork(status int, err error) llm.Code {
	var ne net.Error
	switch {
	case status != 0:
		return llm.CodeBroken // the answer had begun
	case errors.As(err, &ne) && ne.Timeout():
		return llm.CodeTimeout
	}
	return llm.CodeUnavailable
}

// networkMessage leaves out the URL, which may hold a password.
func networkMessage(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	return err.Error()
}

const maxMessage = 300

// input is where a validation error repeats the request.
var input = regexp.MustCompile(`(?s)['"]?input['"]?\s*:.*`)

// scrub makes a server's message fit for a log: no key, nothing of the request, short.
func (c *Client) scrub(s string) string {
	if c.opts.Key != "" {
		s = strings.ReplaceAll(s, c.opts.Key, "[key]")
	}
	for _, values := range c.opts.Header {
		for _, v := range values {
			if len(v) >= 8 {
				s = strings.ReplaceAll(s, v, "[header]")
			}
		}
	}
	s = input.ReplaceAllString(s, "[request]")
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

// serverError is what a server says went wrong.
type serverError struct {
	message string
	kind    string // type and code, as words
	status  int    // the status that it calls itself, 0 for none
}

// readServerError reads the shapes that errors come in: OpenAI's and vLLM's object, the
// older vLLM's flat one, a bare string, FastAPI's detail, a page of a proxy.
func readServerError(body []byte) serverError {
	var flat struct {
		Error   json.RawMessage `json:"error"`
		Message text            `json:"message"`
		Detail  json.RawMessage `json:"detail"`
		Type    text            `json:"type"`
		Code    text            `json:"code"`
	}
	if json.Unmarshal(body, &flat) != nil {
		return serverError{message: plain(body)}
	}
	said := flat
	if len(flat.Error) > 0 && flat.Error[0] == '{' {
		_ = json.Unmarshal(flat.Error, &said)
	} else if len(flat.Error) > 0 {
		var bare text
		_ = bare.UnmarshalJSON(flat.Error)
		said.Message = bare + said.Message
	}
	e := serverError{message: string(said.Message), kind: string(said.Type + " " + said.Code)}
	if e.message == "" {
		e.message = strings.Trim(string(said.Detail), `"`)
	}
	_, _ = fmt.Sscanf(string(said.Code), "%d", &e.status)
	return e
}

var title = regexp.MustCompile(`(?is)<title>(.*?)</title>`)

// plain is what a page or a text says.
func plain(body []byte) string {
	if m := title.FindSubmatch(body); m != nil {
		return string(m[1])
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return "a web page in place of a reply"
	}
	return string(body)
}

// Messages that say more than their status. The first is vLLM's and OpenAI's, then
// LiteLLM's, llama.cpp's, and vLLM's of a max_tokens that alone is too much.
var (
	tooLong = regexp.MustCompile(`(?i)maximum context length|context_length_exceeded|context.?window|` +
		`(available|maximum) context size|prompt is too long|longer than the maximum model length|` +
		`input is too long|cannot be greater than max_model_len`)
	harmony = regexp.MustCompile(`(?i)harmony|message header|while expecting start token|unknown role:|` +
		`channel marker present`)
	spent = regexp.MustCompile(`(?i)insufficient_quota|billing`)
)

// codeOf classifies an answer by its status and what it says.
func codeOf(status int, said serverError) llm.Code {
	all := said.kind + " " + said.message
	switch {
	case status == http.StatusTooManyRequests && spent.MatchString(all):
		return llm.CodeDenied // it will be so until somebody pays
	case status == http.StatusTooManyRequests:
		return llm.CodeLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired,
		status == http.StatusProxyAuthRequired:
		return llm.CodeDenied
	case status == http.StatusRequestEntityTooLarge, tooLong.MatchString(all):
		return llm.CodeTooLong
	case harmony.MatchString(all):
		return llm.CodeBroken // vLLM could not parse what the model wrote
	case status == http.StatusNotFound:
		return llm.CodeNoModel
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return llm.CodeTimeout
	case status >= http.StatusInternalServerError:
		return llm.CodeUnavailable
	}
	return llm.CodeRefused
}

// codeInside classifies an error under the status 200. The server had taken the request,
// so what it calls a bad request is a reply that failed.
func codeInside(said serverError) llm.Code {
	switch code := codeOf(said.status, said); code {
	case llm.CodeTooLong, llm.CodeLimited, llm.CodeDenied:
		return code
	}
	return llm.CodeBroken
}
