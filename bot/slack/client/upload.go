package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
)

// File is something to upload.
type File struct {
	Name  string // with its ending
	Title string // what people see; empty means Name
	Alt   string // what a picture says, in words
	Data  []byte
	// Channel and Thread are where it is shown. Without a channel it is shown nowhere,
	// until a message of ours refers to it.
	Channel string
	Thread  string
	Comment string // said with it, where it is shown
}

// How often an upload is begun anew, and how long a file may be processed.
const (
	maxUploads     = 3
	processTimeout = 20 * time.Second
	maxMissed      = 5 // looks at a file that is not there
	firstLook      = 200 * time.Millisecond
	slowestLook    = 2 * time.Second
)

// Upload uploads f and returns its id. One without a channel is ready to be shown then:
// Slack works on a picture for a while, and refuses messages with it until it is done.
//
// slack-go's upload is not used: it ends the form twice and says no length, which
// stricter servers refuse. A file that was uploaded but not completed is seen by nobody,
// so everything up to there may be done again; completing is done once.
func (c *Client) Upload(ctx context.Context, f File) (id string, err error) {
	if len(f.Data) == 0 {
		return "", &bot.Error{Code: bot.CodeUnavailable, Method: "files.upload", Reason: "empty", Err: errors.New("Slack takes no empty file")} //nolint:staticcheck // a name
	}
	for range maxUploads {
		if id, err = c.store(ctx, f); err != nil {
			return "", err
		}
		err = c.complete(ctx, id, f)
		if err == nil || !Unknown(err) || ctx.Err() != nil {
			break
		}
		done, lookErr := c.completed(ctx, id, f)
		if lookErr != nil {
			return "", err
		}
		if done {
			err = nil
			break
		}
	}
	if err != nil || f.Channel != "" {
		return id, err
	}
	return id, c.processed(ctx, id)
}

// store brings the bytes to Slack.
func (c *Client) store(ctx context.Context, f File) (id string, err error) {
	for range maxUploads {
		var to *slack.GetUploadURLExternalResponse
		err = c.Call(ctx, Method{Name: "files.getUploadURLExternal", Repeatable: true}, func(ctx context.Context, api *slack.Client) (err error) {
			to, err = api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: f.Name, FileSize: len(f.Data), AltTxt: f.Alt})
			return err
		})
		if err != nil {
			return "", err
		}
		// Not Repeatable: an address takes one file. Another try begins with another.
		err = c.Call(ctx, Method{Name: "files.upload"}, func(ctx context.Context, _ *slack.Client) error {
			return c.send(ctx, to.UploadURL, f.Data)
		})
		if err == nil || ctx.Err() != nil || !Unknown(err) {
			return to.FileID, err
		}
	}
	return "", err
}

var errForeignHost = errors.New("refusing to send a file to a host that is not Slack's")

// send posts the bytes. The address is the permission: no token goes with it.
func (c *Client) send(ctx context.Context, to string, data []byte) error {
	u, err := url.Parse(to)
	if err != nil || !c.trusted(u) {
		return errForeignHost
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(data)) // which sets the length
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it is read as far as it matters
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxErrorReply)); err != nil {
		return fmt.Errorf("read reply: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	return nil
}

// trusted reports whether u is Slack's, or the server's that all calls go to.
func (c *Client) trusted(u *url.URL) bool {
	if u.Scheme == c.base.Scheme && u.Host == c.base.Host {
		return true
	}
	host := strings.ToLower(u.Hostname())
	for _, domain := range []string{"slack.com", "slack-files.com", "slack-gov.com"} {
		if u.Scheme == "https" && (host == domain || strings.HasSuffix(host, "."+domain)) {
			return true
		}
	}
	return false
}

func (c *Client) complete(ctx context.Context, id string, f File) error {
	title := f.Title
	if title == "" {
		title = f.Name
	}
	return c.Call(ctx, Method{Name: "files.completeUploadExternal"}, func(ctx context.Context, api *slack.Client) error {
		_, err := api.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
			Files: []slack.FileSummary{{ID: id, Title: title}}, Channel: f.Channel, ThreadTimestamp: f.Thread, InitialComment: f.Comment,
		})
		return err
	})
}

// completed reports whether an upload whose completion was not answered is complete.
func (c *Client) completed(ctx context.Context, id string, f File) (bool, error) {
	rest := firstLook
	for range 3 {
		if err := c.rest(ctx, rest); err != nil {
			return false, err
		}
		rest *= 2
		file, err := c.info(ctx, id)
		switch {
		case KindOf(err) == KindMessage:
			continue // not there, or not yet
		case err != nil:
			return false, err
		case f.Channel == "" || sharedIn(file, f.Channel):
			return true, nil
		}
	}
	return false, nil
}

func sharedIn(f *slack.File, channel string) bool {
	for _, in := range [][]string{f.Channels, f.Groups, f.IMs} {
		for _, c := range in {
			if c == channel {
				return true
			}
		}
	}
	return len(f.Shares.Public[channel])+len(f.Shares.Private[channel]) > 0
}

func (c *Client) info(ctx context.Context, id string) (file *slack.File, err error) {
	err = c.Call(ctx, Method{Name: "files.info", Repeatable: true}, func(ctx context.Context, api *slack.Client) (err error) {
		file, _, _, err = api.GetFileInfoContext(ctx, id, 0, 0)
		return err
	})
	return file, err
}

// processed waits until Slack knows what the file is.
func (c *Client) processed(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, processTimeout)
	defer cancel()
	missed := 0
	for rest := firstLook; ; rest = min(rest*3/2, slowestLook) {
		file, err := c.info(ctx, id)
		switch {
		case err == nil && file.Mimetype != "":
			return nil
		case KindOf(err) == KindMessage && missed < maxMissed:
			missed++ // it may not be everywhere yet
		case err != nil:
			return err
		}
		if err := c.rest(ctx, rest); err != nil {
			return &bot.Error{Code: bot.CodeUnavailable, Method: "files.info", Reason: "not_processed", Err: err}
		}
	}
}
