package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

const (
	// firstByteWithin is how long a download may take to begin.
	firstByteWithin = 30 * time.Second
	maxRedirects    = 5
)

// OpenFile implements bot.FileOpener. Where a file lies is asked when it is needed: the
// addresses in events do not live as long as a question may wait.
func (s *Slack) OpenFile(ctx context.Context, _ bot.Thread, id string) (io.ReadCloser, error) {
	var f *slack.File
	err := s.client.Call(ctx, client.Method{Name: "files.info", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		var err error
		f, _, _, err = api.GetFileInfoContext(ctx, id, 0, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	address := f.URLPrivateDownload
	if address == "" {
		address = f.URLPrivate
	}
	if address == "" || f.IsExternal || f.Mode == "external" || f.Mode == "tombstone" || f.Mode == "hidden_by_limit" {
		return nil, fileError(bot.CodeGone, "not_downloadable", errors.New("the file does not lie with Slack"))
	}
	body, err := s.download(ctx, address, f.Mimetype)
	if err != nil {
		return nil, err
	}
	if f.Size <= 0 {
		return body, nil
	}
	return &sized{ReadCloser: body, left: int64(f.Size)}, nil
}

func fileError(code bot.Code, reason string, err error) *bot.Error {
	return &bot.Error{Code: code, Method: "files.download", Reason: reason, Err: err}
}

// download gets what lies at an address of Slack's. Our token goes nowhere else, not by a
// redirect either.
func (s *Slack) download(ctx context.Context, address, kind string) (io.ReadCloser, error) {
	u, err := url.Parse(address)
	if err != nil || !s.trusts(u) {
		return nil, fileError(bot.CodeGone, "foreign_host", errors.New("the file's address is not Slack's"))
	}
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(firstByteWithin, cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel()
		return nil, fileError(bot.CodeGone, "bad_address", err)
	}
	req.Header.Set("Authorization", "Bearer "+s.cfg.BotToken)
	resp, err := s.downloader().Do(req)
	if !late.Stop() && err == nil {
		_ = resp.Body.Close()
		err = context.DeadlineExceeded
	}
	if err != nil {
		cancel()
		if link := (*url.Error)(nil); errors.As(err, &link) {
			err = link.Err // addresses are secrets
		}
		return nil, fileError(bot.CodeUnavailable, "no_reply", err)
	}
	if err := refused(resp, kind); err != nil {
		_ = resp.Body.Close()
		cancel()
		return nil, err
	}
	return &canceling{ReadCloser: resp.Body, cancel: cancel}, nil
}

// refused tells whether a reply is no file. To a token without the scope Slack shows its
// page for signing in, with status 200.
func refused(resp *http.Response, kind string) error {
	got, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode == http.StatusOK && (got != "text/html" || strings.Contains(kind, "html")):
		return nil
	case resp.StatusCode/100 == 3:
		return fileError(bot.CodeGone, "foreign_host", errors.New("the file's address leads away from Slack"))
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return fileError(bot.CodeDenied, "missing_scope", errors.New("Slack asks to sign in: files:read is missing")) //nolint:staticcheck // a name
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		return fileError(bot.CodeGone, "file_not_found", errors.New(resp.Status))
	}
	return fileError(bot.CodeUnavailable, fmt.Sprintf("http_%d", resp.StatusCode), errors.New(resp.Status))
}

// downloader is the configured HTTP client, for files: they may take long, and what they
// redirect to must be Slack's.
func (s *Slack) downloader() *http.Client {
	c := http.Client{}
	if s.cfg.HTTPClient != nil {
		c = *s.cfg.HTTPClient
	}
	c.Timeout = 0
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects || !s.trusts(req.URL) {
			return http.ErrUseLastResponse
		}
		// The client takes it away between hosts, though both are Slack's.
		req.Header.Set("Authorization", via[0].Header.Get("Authorization"))
		return nil
	}
	return &c
}

// trusts tells whether our token may go to u: to Slack, and to the server that all calls
// go to.
func (s *Slack) trusts(u *url.URL) bool {
	if api, err := url.Parse(s.cfg.APIURL); err == nil && s.cfg.APIURL != "" && u.Scheme == api.Scheme && u.Host == api.Host {
		return true
	}
	if u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, domain := range []string{"slack.com", "slack-files.com", "slack-gov.com"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// sized is a file that must have the size that was told.
type sized struct {
	io.ReadCloser
	left int64
}

func (r *sized) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.left -= int64(n)
	switch {
	case r.left < 0:
		return n, fileError(bot.CodeUnavailable, "too_long", errors.New("the file is longer than Slack said"))
	case errors.Is(err, io.EOF) && r.left > 0:
		return n, fileError(bot.CodeUnavailable, "cut_short", io.ErrUnexpectedEOF)
	}
	return n, err
}

// canceling ends its request when it is closed.
type canceling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (r *canceling) Close() error {
	defer r.cancel()
	return r.ReadCloser.Close()
}
