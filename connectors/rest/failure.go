package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// sentence is what may be shown about a failure; %s is the name of the service.
type sentence struct{ en, ko string }

var (
	sayMalformed   = sentence{"%s did not understand the query.", "%s에서 검색어를 이해하지 못했어요."}
	sayKey         = sentence{"%s does not accept our key.", "%s에서 접속 키를 받아들이지 않았어요."}
	sayDenied      = sentence{"%s does not let us search.", "%s에서 검색을 허용하지 않았어요."}
	sayNotFound    = sentence{"There is no search service at the address of %s.", "%s 주소에 검색 서비스가 없어요."}
	sayTooLarge    = sentence{"%s answered with more than can be read.", "%s의 답이 너무 커서 읽지 못했어요."}
	sayExhausted   = sentence{"%s asks for fewer searches.", "%s의 검색 한도를 다 썼어요."}
	sayLater       = sentence{" It can be asked again in %s.", " %s 뒤에 다시 쓸 수 있어요."}
	sayUnavailable = sentence{"%s does not answer.", "%s 서비스가 응답하지 않아요."}
	sayPage        = sentence{"%s answered with a page instead of results.", "%s에서 검색 결과 대신 웹 페이지를 보냈어요."}
	sayGarbled     = sentence{"%s answered with something that cannot be read.", "%s의 답을 읽을 수 없어요."}
	sayRedirected  = sentence{"%s has moved.", "%s의 주소가 바뀌었어요."}
	sayTimeout     = sentence{"%s did not answer in time.", "%s에서 제때 답하지 않았어요."}
	sayCancelled   = sentence{"The search was stopped (%s).", "검색을 중지했어요 (%s)."}
	sayInternal    = sentence{"%s could not be asked.", "%s에 물어보지 못했어요."}
)

// failure is an error of the service with a sentence, and a cause without secrets.
func (c *Client) failure(code connectors.Code, s sentence, cause error) *connectors.Error {
	e := &connectors.Error{Code: code, Message: fmt.Sprintf(s.en, c.options.Name), Korean: fmt.Sprintf(s.ko, c.options.Name)}
	if cause != nil {
		e.Err = &hidden{text: c.hide(cause.Error()), cause: cause}
	}
	return e
}

// hidden is an error whose text holds no secret. What it wraps can be asked for by
// kind, and is only ever a kind: texts come from here.
type hidden struct {
	text  string
	cause error
}

func (h *hidden) Error() string        { return h.text }
func (h *hidden) Is(target error) bool { return errors.Is(h.cause, target) }

func (c *Client) hide(text string) string {
	for _, s := range c.options.Secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "…")
			text = strings.ReplaceAll(text, url.QueryEscape(s), "…")
		}
	}
	return text
}

// unreached is a call that brought no answer, or not all of it.
func (c *Client) unreached(ctx context.Context, err error) *connectors.Error {
	// The text of a url.Error repeats the address and with it the query.
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return c.failure(connectors.CodeCancelled, sayCancelled, err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return c.failure(connectors.CodeTimeout, sayTimeout, err)
	}
	return c.failure(connectors.CodeUnavailable, sayUnavailable, err)
}

// status is an answer that is a failure by its status.
func (c *Client) status(res *http.Response, body []byte) *connectors.Error {
	code, say := c.meaning(res.StatusCode)
	e := c.failure(code, say, fmt.Errorf("status %d: %s", res.StatusCode, excerpt(body)))
	e.Fix = c.fix(res)
	if code == connectors.CodeExhausted || code == connectors.CodeUnavailable {
		e.After = connectors.RetryAfter(res.Header.Get("Retry-After"), time.Now())
		if e.After == 0 && c.options.Later != nil {
			e.After = min(max(c.options.Later(res.Header), 0), connectors.MaxRetryAfter)
		}
	}
	if e.After > 0 {
		in := e.After.Round(time.Second).String()
		e.Message += fmt.Sprintf(sayLater.en, in)
		e.Korean += fmt.Sprintf(sayLater.ko, in)
	}
	return e
}

func (c *Client) meaning(status int) (connectors.Code, sentence) {
	switch {
	case status == http.StatusUnauthorized:
		return connectors.CodeDenied, sayKey
	case status == http.StatusForbidden, status == http.StatusPaymentRequired, status == http.StatusUnavailableForLegalReasons:
		return connectors.CodeDenied, sayDenied
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusGone:
		return connectors.CodeNotFound, sayNotFound
	case status == http.StatusTooManyRequests, slices.Contains(c.options.Exhausted, status):
		return connectors.CodeExhausted, sayExhausted
	case status == http.StatusRequestTimeout, status >= 500:
		return connectors.CodeUnavailable, sayUnavailable
	case status >= 300 && status < 400:
		return connectors.CodeUnavailable, sayRedirected
	}
	return connectors.CodeBadData, sayMalformed
}

// fix is what whoever runs this can do.
func (c *Client) fix(res *http.Response) string {
	if fix := c.options.Fixes[res.StatusCode]; fix != "" {
		return fix
	}
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		return "Check the key in the configuration."
	case res.StatusCode == http.StatusNotFound:
		return "Check base_url in the configuration."
	case res.StatusCode >= 300 && res.StatusCode < 400:
		to, err := res.Location()
		if err != nil {
			return "Check base_url in the configuration."
		}
		return fmt.Sprintf("Set base_url to where it redirects: %s://%s.", to.Scheme, to.Host)
	}
	return ""
}

// notJSON is an answer with a good status that is something else than results.
func (c *Client) notJSON(res *http.Response, body []byte, err error) *connectors.Error {
	text := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	page := strings.Contains(res.Header.Get("Content-Type"), "html") || bytes.HasPrefix(text, []byte("<"))
	say := sayGarbled
	if page {
		say = sayPage
	}
	e := c.failure(connectors.CodeUnavailable, say, fmt.Errorf("read JSON: %w: %s", err, excerpt(body)))
	if page {
		e.Fix = c.options.Fixes[0]
		if e.Fix == "" {
			e.Fix = "Check that base_url leads to the service and not to a sign-in page before it."
		}
	}
	return e
}

// Unexpected is JSON that is not an answer of the service.
func (c *Client) Unexpected() *connectors.Error {
	e := c.failure(connectors.CodeUnavailable, sayGarbled, errors.New("the answer has no results"))
	e.Fix = "Check that base_url leads to the service."
	return e
}

// excerpt is the beginning of an answer, for logs.
func excerpt(body []byte) string {
	const most = 200
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), 4*most)]), "�")), " ")
	return Cut(Plain(text), most)
}
