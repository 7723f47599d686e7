package openai

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// call is one request through go-openai: what it is to carry beside, and what came back.
// It travels in the context. go-openai gives it to nobody else, so it has no lock.
type call struct {
	patch  patch
	stream bool
	watch  *watchdog

	sent   bool // go-openai got as far as to send it
	status int  // 0 until there was an answer
	header http.Header
	body   []byte // of an answer that is not a stream, nil of one that is
	done   bool   // the stream said [DONE]
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// Bounds of what is read.
const (
	maxError = 64 << 10
	maxLine  = 1 << 20 // of a stream: an event of vLLM has some tokens
)

// doer is the HTTP client under go-openai.
type doer struct {
	opts Options
	http *http.Client
}

// Do implements go-openai's HTTPDoer. An answer that is not a stream is read and closed
// here, because go-openai leaves some open.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	if c == nil {
		return nil, errors.New("request outside of a call") // a new method of go-openai's in use
	}
	if err := patchBody(req, c.patch); err != nil {
		return nil, err
	}
	c.sent = true
	resp, err := d.send(req)
	if err != nil {
		return nil, err
	}
	c.status, c.header = resp.StatusCode, resp.Header
	resp.Body = c.watch.body(resp.Body)
	if c.stream && resp.StatusCode == http.StatusOK && mayBeStream(resp) {
		resp.Body = newEvents(resp.Body, c)
		return resp, nil
	}
	limit := maxError
	if resp.StatusCode == http.StatusOK {
		// Half of a reply's JSON may be escapes.
		limit = 2*d.opts.MaxReply + maxError
	}
	c.body, err = readAll(resp.Body, limit)
	if err != nil {
		return nil, err
	}
	// What go-openai makes of it does not matter.
	resp.Body = io.NopCloser(bytes.NewReader([]byte("{}")))
	return resp, nil
}

func (d *doer) send(req *http.Request) (*http.Response, error) {
	for k, v := range d.opts.Header {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, err
	}
	if rate, ok := readRate(resp.Header); ok && d.opts.OnRate != nil {
		d.opts.OnRate(rate)
	}
	return resp, nil
}

func patchBody(req *http.Request, p patch) error {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	if body, err = p.apply(body); err != nil {
		return err
	}
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, err = req.GetBody()
	return err
}

// mayBeStream reports whether an answer can be the stream that was asked for. Not every
// gateway names the type of one, but those that do not stream say JSON.
func mayBeStream(resp *http.Response) bool {
	t, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return t != "application/json" && t != "text/html"
}

// readAll reads body up to limit and closes it. Never nil without an error.
func readAll(body io.ReadCloser, limit int) ([]byte, error) {
	defer func() { _ = body.Close() }()
	b, err := io.ReadAll(io.LimitReader(body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > limit:
		return nil, broken(fmt.Sprintf("the answer is longer than %d bytes", limit))
	case b == nil:
		return []byte{}, nil
	}
	return b, nil
}

// events is the body of a stream, made plain for go-openai: one "data:" line for each
// event and nothing else. go-openai counts comments as faults, takes an event line before
// an error for part of the error, and has no bound for a line.
type events struct {
	call *call
	body io.ReadCloser
	r    *bufio.Reader
	out  []byte // what is to be read next
	buf  []byte // behind out
	err  error
}

func newEvents(body io.ReadCloser, c *call) *events {
	return &events{call: c, body: body, r: bufio.NewReader(body)}
}

// Read implements io.Reader.
func (e *events) Read(p []byte) (int, error) {
	for len(e.out) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		var line []byte
		line, e.err = e.line()
		e.take(bytes.TrimRight(line, "\r\n"))
	}
	n := copy(p, e.out)
	e.out = e.out[n:]
	return n, nil
}

// line reads a line, and at the end what is left.
func (e *events) line() ([]byte, error) {
	line, err := e.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte(nil), line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(long) > maxLine {
			return nil, broken(fmt.Sprintf("a line of the stream is longer than %d bytes", maxLine))
		}
		line, err = e.r.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}

var (
	dataField  = []byte("data:")
	doneEvent  = []byte("[DONE]")
	errorStart = []byte(`{"error":`)
)

// take puts a line into out if it is for go-openai.
func (e *events) take(line []byte) {
	data, ok := bytes.CutPrefix(line, dataField)
	data = bytes.TrimSpace(data)
	switch {
	case !ok && (len(line) == 0 || line[0] != '{'):
		return // a comment, a field that is not data, the end of an event
	case !ok:
		data = line // an error that somebody wrote without the protocol
	case bytes.Equal(data, doneEvent):
		e.call.done = true
	case len(data) == 0:
		return
	}
	e.buf = append(e.buf[:0], "data: "...)
	if bytes.HasPrefix(data, errorStart) {
		// go-openai reads the errors that it knows and swallows the others. With a
		// space before it, each is an event like any other, and is read by us.
		e.buf = append(e.buf, '{', ' ')
		data = data[1:]
	}
	e.buf = append(e.buf, data...)
	e.buf = append(e.buf, '\n')
	e.out = e.buf
}

// Close implements io.Closer. A stream that came to its end is read to the end of its
// body, so that the connection can be used again.
func (e *events) Close() error {
	if e.call.done {
		e.call.watch.hurry(100 * time.Millisecond)
		_, _ = io.CopyN(io.Discard, e.r, 4<<10)
	}
	return e.body.Close()
}
