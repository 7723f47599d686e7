package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// client is an otlptrace.Client over HTTP: OTLP 1.11, "OTLP/HTTP". OpenTelemetry's own
// brings gRPC along for it (docs/dependencies.md).
type client struct {
	s    *settings
	http *http.Client
	// unhurried ends when nothing is worth waiting for any more, alive when even a
	// request under way is not.
	unhurried, alive context.Context
	hurry, abort     context.CancelFunc
}

// Between attempts of a batch. All of them together take no longer than the batch's
// turn, 30 s unless OTEL_BSP_EXPORT_TIMEOUT says.
const (
	firstWait = time.Second
	longWait  = 10 * time.Second
	allWaits  = 30 * time.Second
)

// maxAnswer bounds what is read of a collector's answer.
const maxAnswer = 64 << 10

func newClient(s *settings) *client {
	c := &client{s: s, http: &http.Client{
		Transport: s.transport,
		// A redirect of a POST loses its body or gives its key away.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if c.http.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		if s.tls != nil {
			transport.TLSClientConfig = s.tls
		}
		c.http.Transport = transport
	}
	c.alive, c.abort = context.WithCancel(context.Background())
	c.unhurried, c.hurry = context.WithCancel(c.alive)
	return c
}

// Start implements otlptrace.Client. There is nothing to establish.
func (c *client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *client) Stop(context.Context) error {
	c.abort()
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. A collector that is busy or away is tried
// again for as long as ctx lasts, and once if there is no time for waiting.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// TracesData is ExportTraceServiceRequest to the byte, and its package has no server.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("encode spans: %w", err)
	}
	if !c.s.plain {
		if body, err = compress(body); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.alive, cancel)()
	waiting, cancelWaiting := context.WithCancel(ctx)
	defer cancelWaiting()
	defer context.AfterFunc(c.unhurried, cancelWaiting)()
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.MaxInterval = firstWait, longWait
	var last error
	_, err = backoff.Retry(waiting, func() (struct{}, error) {
		last = c.post(ctx, body)
		return struct{}{}, last
	}, backoff.WithBackOff(waits), backoff.WithMaxElapsedTime(allWaits))
	if err == nil {
		return nil
	}
	var permanent *backoff.PermanentError // of the last attempt, not how the waiting ended
	if errors.As(last, &permanent) {
		return permanent.Unwrap()
	}
	return last
}

func compress(body []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err != nil {
		return nil, fmt.Errorf("compress spans: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress spans: %w", err)
	}
	return b.Bytes(), nil
}

// post makes one attempt. An error that another attempt will not mend is a
// *backoff.PermanentError. Neither keys nor what the collector says is part of one.
func (c *client) post(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, c.s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.s.endpoint, bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(errors.New("make request"))
	}
	req.Header = c.s.header.Clone()
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", "OTel-OTLP-Exporter-Go bapsang")
	if !c.s.plain {
		req.Header.Set("Content-Encoding", "gzip")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return unreached(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		if n := rejected(answer); err == nil && n > 0 {
			return backoff.Permanent(fmt.Errorf("collector rejected %d spans", n))
		}
		return nil // whatever became of the answer, it has the spans
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusBadGateway,
		res.StatusCode == http.StatusServiceUnavailable, res.StatusCode == http.StatusGatewayTimeout:
		return busy(res)
	}
	return backoff.Permanent(fmt.Errorf("collector answered %s", res.Status))
}

// unreached is what kept a request from being answered, without the address: it may
// hold a password.
func unreached(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("reach collector: %w", err)
}

// busy is a refusal that another attempt may mend, at the time the collector says.
func busy(res *http.Response) error {
	err := fmt.Errorf("collector answered %s", res.Status)
	after := res.Header.Get("Retry-After")
	if seconds, bad := strconv.Atoi(after); bad == nil && seconds > 0 {
		return fmt.Errorf("%w: %w", err, &backoff.RetryAfterError{Duration: time.Duration(seconds) * time.Second})
	}
	if at, bad := http.ParseTime(after); bad == nil && time.Until(at) > 0 {
		return fmt.Errorf("%w: %w", err, &backoff.RetryAfterError{Duration: time.Until(at)})
	}
	return err
}

// rejected reads of an ExportTraceServiceResponse how many spans were not taken:
// partial_success (1) . rejected_spans (1).
func rejected(answer []byte) uint64 {
	partial, _ := field(answer, 1)
	_, n := field(partial, 1)
	return n
}

// field is the last field of that number in a message, as bytes or as a varint.
func field(message []byte, number protowire.Number) (b []byte, n uint64) {
	for len(message) > 0 {
		num, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return b, n
		}
		message = message[size:]
		size = protowire.ConsumeFieldValue(num, kind, message)
		if size < 0 {
			return b, n
		}
		if num == number {
			switch kind {
			case protowire.BytesType:
				b, _ = protowire.ConsumeBytes(message)
			case protowire.VarintType:
				n, _ = protowire.ConsumeVarint(message)
			}
		}
		message = message[size:]
	}
	return b, n
}
