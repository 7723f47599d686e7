package teams

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

const (
	// firstByteWithin is how long a download may take to begin.
	firstByteWithin = 30 * time.Second
	maxRedirects    = 5
	maxFiles        = 10      // ours: Teams lets people send as many in a message
	maxAddress      = 8 << 10 // of a file
)

// fileInfo is the kind of an attachment that is a file in somebody's OneDrive. All others,
// pictures in the text and cards among them, are left alone.
const fileInfo = "application/vnd.microsoft.teams.file.download.info"

// filesOf are the files of a message. Teams gives them to us in a person's own chat alone.
//
// Nothing but the address leads to a file, and it is signed for about an hour. So it is the
// file's id: it is kept with the question, and used when the question's turn comes, which
// is minutes later in a crowd. Downloading it before the acknowledgement would be safer by
// that hour, and would let one large file hold up who sent it, and Teams repeat it.
func filesOf(a *activity) []bot.File {
	var out []bot.File
	for _, at := range a.Attachments {
		if at.ContentType != fileInfo || len(out) == maxFiles {
			continue
		}
		var content struct {
			URL  string `json:"downloadUrl"`
			ID   string `json:"uniqueId"`
			Kind string `json:"fileType"`
		}
		_ = json.Unmarshal(at.Content, &content)
		if content.URL == "" || len(content.URL) > maxAddress {
			continue
		}
		name := tidy(at.Name)
		if name == "" {
			name = firstOf(content.ID, "file")
			if content.Kind != "" {
				name += "." + content.Kind
			}
		}
		out = append(out, bot.File{ID: base64.RawURLEncoding.EncodeToString([]byte(content.URL)), Name: name})
	}
	return out
}

// OpenFile implements bot.FileOpener.
func (t *Teams) OpenFile(ctx context.Context, _ bot.Thread, id string) (io.ReadCloser, error) {
	address, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return nil, fileError(bot.CodeGone, "bad_address", errors.New("not the id of a file"))
	}
	u, err := url.Parse(string(address))
	if err != nil || !t.keepsFiles(u) {
		return nil, fileError(bot.CodeGone, "foreign_host", errors.New("the file does not lie with Microsoft"))
	}
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(firstByteWithin, cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel()
		return nil, fileError(bot.CodeGone, "bad_address", errors.New("not an address"))
	}
	resp, err := t.downloader().Do(req) // without our token: the address is signed
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
	if err := refused(resp); err != nil {
		_ = resp.Body.Close()
		cancel()
		return nil, err
	}
	return &download{ReadCloser: resp.Body, cancel: cancel}, nil
}

func fileError(code bot.Code, reason string, err error) *bot.Error {
	return &bot.Error{Code: code, Method: "files.download", Reason: reason, Err: err}
}

// refused tells whether a reply is no file. One whose address has expired is gone: nothing
// leads to it any more.
func refused(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return fileError(bot.CodeGone, "expired", errors.New("the file's address has expired"))
	case http.StatusNotFound, http.StatusGone:
		return fileError(bot.CodeGone, "file_not_found", errors.New(resp.Status))
	}
	if resp.StatusCode/100 == 3 {
		return fileError(bot.CodeGone, "foreign_host", errors.New("the file's address leads away from Microsoft"))
	}
	return fileError(bot.CodeUnavailable, fmt.Sprintf("http_%d", resp.StatusCode), errors.New(resp.Status))
}

// downloader is the configured HTTP client, for files: they may take long, and what they
// redirect to must be Microsoft's.
func (t *Teams) downloader() *http.Client {
	c := http.Client{}
	if t.cfg.Connector.HTTPClient != nil {
		c = *t.cfg.Connector.HTTPClient
	}
	c.Timeout = 0
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects || !t.keepsFiles(req.URL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &c
}

// fileHosts are where OneDrive and SharePoint keep files, of the public cloud and of the
// governments in it.
var fileHosts = []string{"sharepoint.com", "sharepoint.us", "sharepoint-mil.us", "svc.ms"}

// keepsFiles tells whether files are got from u: from Microsoft, and from the servers that
// were configured in place of Microsoft's. Whoever could name another address here would
// have us look into our own network.
func (t *Teams) keepsFiles(u *url.URL) bool {
	if u.User != nil || u.Opaque != "" {
		return false
	}
	for _, service := range t.cfg.Connector.ServiceURLs {
		if s, err := url.Parse(service); err == nil && s.Host != "" && u.Scheme == s.Scheme && strings.EqualFold(u.Host, s.Host) {
			return true
		}
	}
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, domain := range fileHosts {
		if strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// download is a file on its way; closing it ends its request. That it was cut short the
// HTTP client tells by its length.
type download struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fileError(bot.CodeUnavailable, "cut_short", err)
	}
	return n, err
}

func (d *download) Close() error {
	defer d.cancel()
	return d.ReadCloser.Close()
}
