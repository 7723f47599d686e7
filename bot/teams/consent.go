package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// Teams' cards of files. They exist in personal chats only.
const (
	consentCard = "application/vnd.microsoft.teams.card.file.consent"
	infoCard    = "application/vnd.microsoft.teams.card.file.info"
)

const (
	maxFile   = 100 << 20          // ours, of a file that Teams is given
	offerFor  = 7 * 24 * time.Hour // how long an offer holds
	chunkSize = 16 * 320 << 10     // of an upload: OneDrive wants multiples of 320 KiB, of at most 60 MiB
	maxTries  = 4                  // of a chunk
	chunkRest = time.Second        // before the second try
)

// sendCSV has who pressed for a result's rows get them. In a personal chat Teams asks them
// where the file shall go. Elsewhere it has no files of apps, so they get it in their own
// chat with us, where nobody else sees it: as a link, where browsers reach us, and as a file
// otherwise.
func (t *Teams) sendCSV(ctx context.Context, d *deed, action bot.Action, language string) error {
	if t.cfg.CSV == nil {
		return errors.New("no rows can be had")
	}
	p := phrasesFor(language)
	var size counter
	if err := t.cfg.CSV(ctx, action.Question, action.Value, &size); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	to := d.thread
	if !to.Direct {
		to = bot.Direct(Platform, to.Workspace, d.user.ID)
	}
	at, err := t.spot(ctx, to)
	if err == nil {
		switch linked := t.cfg.PublicURL != "" && (!d.thread.Direct || size > maxFile); {
		case linked:
			err = t.sendLink(ctx, at, action, d.user.ID, language)
		case size > maxFile:
			err = t.say(ctx, at.Ref, cards.Layout{Text: p.tooLarge, Summary: p.tooLarge}, language)
		default:
			err = t.offer(ctx, at, action, d.user.ID, int64(size), language)
		}
	}
	if isPlace(err) && !d.thread.Direct {
		t.mind(ctx, at, err)
		t.tell(d, p.noChat)
		return nil
	}
	return err
}

// linked is the link to a result's rows, for who asked for it alone. Whether there are any
// is seen at once: a link that leads nowhere helps nobody.
func (t *Teams) linked(ctx context.Context, d *deed, p cards.Pressed, say *sentences) (said string, shown *cards.Layout, err error) {
	if t.cfg.CSV == nil {
		return say.unknown, nil, nil
	}
	if ok, said, err := t.admits(ctx, d, say); !ok {
		return said, nil, err
	}
	if err := t.cfg.CSV(ctx, p.Question, p.Value, enough{}); err != nil && !errors.Is(err, errEnough) {
		t.log.WarnContext(ctx, "teams: no rows to link to", "question", p.Question, "error", err)
		return say.noCSV, nil, nil
	}
	address, err := t.link(ctx, p.Question, p.Value, d.user.ID, askedLink)
	if err != nil {
		return "", nil, err
	}
	t.metrics.files.WithLabelValues("link_sent").Inc()
	card := cards.Rows(fileName(p.Value), address, int(askedLink.Minutes()), languageIn(p, d))
	return "", &card, nil
}

var errEnough = errors.New("enough was read")

// enough is a writer for who wants to know whether there is something to write.
type enough struct{}

func (enough) Write([]byte) (int, error) { return 0, errEnough }

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// sendLink sends a link to the rows, for now.
func (t *Teams) sendLink(ctx context.Context, at spot, action bot.Action, user, language string) error {
	address, err := t.link(ctx, action.Question, action.Value, user, askedLink)
	if err != nil {
		return err
	}
	p := phrasesFor(language)
	text := fmt.Sprintf(p.link, fileName(action.Value), address, int(askedLink.Minutes()))
	if err := t.say(ctx, at.Ref, cards.Layout{Text: text, Summary: fileName(action.Value)}, language); err != nil {
		return err
	}
	t.metrics.files.WithLabelValues("link_sent").Inc()
	return nil
}

// offer asks where the file shall go. What comes back with the answer is signed: it passes
// through the hands of who answers.
func (t *Teams) offer(ctx context.Context, at spot, action bot.Action, user string, size int64, language string) error {
	if size == 0 {
		return errors.New("no rows")
	}
	signed, err := t.sign(ctx, token{
		For: forFile, Question: action.Question, Result: action.Value, User: user, Size: size, Until: t.cfg.Now().Add(offerFor).Unix(),
	})
	if err != nil {
		return err
	}
	about := map[string]any{"rows": signed, "language": language}
	p := phrasesFor(language)
	content, err := json.Marshal(map[string]any{"description": p.offer, "sizeInBytes": size, "acceptContext": about, "declineContext": about})
	if err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	err = t.insist(ctx, at.Ref, connector.Activity{
		Type: "message", Summary: fileName(action.Value), Locale: localeOf(language),
		Attachments: []connector.Attachment{{ContentType: consentCard, Name: fileName(action.Value), Content: content}},
	})
	if err == nil {
		t.metrics.files.WithLabelValues("offered").Inc()
	}
	return err
}

// takeConsent uploads a file that somebody wants, or takes the offer back.
func (t *Teams) takeConsent(ctx context.Context, d *deed, c consent) error {
	var about struct {
		Rows     string `json:"rows"`
		Language string `json:"language"`
	}
	_ = json.Unmarshal(c.Context, &about) // what is no token of ours is refused
	p := phrasesFor(firstOf(about.Language, d.lang()))
	k, err := t.verify(ctx, about.Rows, forFile)
	switch {
	case errors.Is(err, errForged), err == nil && k.User != d.user.ID:
		t.metrics.files.WithLabelValues("forged").Inc()
		return errForged
	}
	// Teams has the buttons of an offer on every device of who is asked: it is answered once.
	offer := d.place() + " " + d.message
	done, turnErr := t.out.turns.Take(ctx, "offer "+offer)
	if turnErr != nil {
		return turnErr
	}
	defer done()
	if over, _ := t.out.offers.Get(offer); over && d.message != "" {
		return nil
	}
	if err = t.answerOffer(ctx, d, c, k, p, err); err == nil {
		t.out.offers.Put(offer, true)
	}
	return err
}

// answerOffer does what somebody answered to an offer, whose token k is as err says.
func (t *Teams) answerOffer(ctx context.Context, d *deed, c consent, k token, p *phrases, err error) error {
	switch {
	case c.Action == "decline":
		t.metrics.files.WithLabelValues("declined").Inc()
		return t.replaceOffer(ctx, d, p.declined)
	case errors.Is(err, errExpired):
		t.metrics.files.WithLabelValues("expired").Inc()
		return t.replaceOffer(ctx, d, p.expired)
	case err != nil:
		return err
	}
	if err := t.upload(ctx, c.Upload.URL, k); err != nil {
		t.metrics.files.WithLabelValues("failed").Inc()
		return fmt.Errorf("upload: %w", err)
	}
	t.metrics.files.WithLabelValues("uploaded").Inc()
	content, err := json.Marshal(map[string]string{"uniqueId": c.Upload.ID, "fileType": c.Upload.Kind})
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	err = t.insist(ctx, d.ref(), connector.Activity{
		Type: "message", Summary: c.Upload.Name,
		Attachments: []connector.Attachment{{ContentType: infoCard, ContentURL: c.Upload.ContentURL, Name: c.Upload.Name, Content: content}},
	})
	if err != nil || d.message == "" {
		return err
	}
	// The offer has had its day. That it stays is no harm: accepting it again makes a copy.
	if err := t.conn.Client.Delete(ctx, d.ref(), d.message); err != nil {
		t.log.DebugContext(ctx, "teams: an offer stays", "error", err)
	}
	return nil
}

// replaceOffer says a sentence in place of an offer.
func (t *Teams) replaceOffer(ctx context.Context, d *deed, text string) error {
	a := connector.Activity{Type: "message", Text: text, TextFormat: "markdown", Summary: text}
	if d.message != "" {
		err := t.conn.Client.Update(ctx, d.ref(), d.message, a)
		if err == nil || connector.KindOf(err) != connector.KindMessage {
			return err
		}
	}
	return t.insist(ctx, d.ref(), a)
}

// upload writes a result's rows to where Teams said. The address is signed: our token does
// not go there, and it goes into no error.
func (t *Teams) upload(ctx context.Context, address string, k token) error {
	u, err := url.Parse(address)
	if err != nil || !t.keepsFiles(u) {
		return errors.New("the address is not Microsoft's")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the writer when the upload fails
	up := &uploading{ctx: ctx, t: t, address: u.String(), total: k.Size}
	if err := t.cfg.CSV(ctx, k.Question, k.Result, up); err != nil {
		return err
	}
	if up.sent != k.Size {
		return errors.New("the rows are not those that were offered")
	}
	return nil
}

// uploading sends what is written to it in chunks.
type uploading struct {
	ctx     context.Context //nolint:containedctx // of a Writer, which has no other way
	t       *Teams
	address string
	total   int64
	sent    int64
	chunk   bytes.Buffer
}

func (u *uploading) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), chunkSize-u.chunk.Len())
		u.chunk.Write(p[:n])
		written, p = written+n, p[n:]
		full := u.chunk.Len() == chunkSize
		last := u.sent+int64(u.chunk.Len()) >= u.total
		if full || last {
			if err := u.flush(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

func (u *uploading) flush() error {
	n := int64(u.chunk.Len())
	if u.sent+n > u.total {
		return errors.New("the rows are more than were offered")
	}
	rest := u.t.pace(chunkRest)
	for try := 1; ; try++ {
		again, err := u.put(u.chunk.Bytes(), u.sent)
		if err == nil {
			break
		}
		if !again || try == maxTries {
			return err
		}
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-u.ctx.Done():
			timer.Stop()
			return u.ctx.Err()
		}
		rest *= 2
	}
	u.sent += n
	u.chunk = bytes.Buffer{} // the transport may still be reading the old one
	return nil
}

// put sends a chunk; again says whether another try may end otherwise.
func (u *uploading) put(chunk []byte, from int64) (again bool, err error) {
	req, err := http.NewRequestWithContext(u.ctx, http.MethodPut, u.address, bytes.NewReader(chunk))
	if err != nil {
		return false, errors.New("not an address")
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+int64(len(chunk))-1, u.total))
	resp, err := u.t.downloader().Do(req)
	if err != nil {
		if link := (*url.Error)(nil); errors.As(err, &link) {
			err = link.Err
		}
		return u.ctx.Err() == nil, err
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrained)
	_ = resp.Body.Close()
	switch s := resp.StatusCode; {
	case s/100 == 2:
		return false, nil
	case s == http.StatusRequestedRangeNotSatisfiable && from < u.total && u.taken(from+int64(len(chunk))):
		return false, nil // a chunk that was taken, and not answered for
	case s == http.StatusTooManyRequests, s/100 == 5:
		return true, fmt.Errorf("status %d", s)
	default:
		return false, fmt.Errorf("status %d", s)
	}
}

// taken asks the upload session whether it has all bytes before to.
func (u *uploading) taken(to int64) bool {
	req, err := http.NewRequestWithContext(u.ctx, http.MethodGet, u.address, nil)
	if err != nil {
		return false
	}
	resp, err := u.t.downloader().Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	var session struct {
		Next []string `json:"nextExpectedRanges"`
	}
	if resp.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(resp.Body, maxToken)).Decode(&session) != nil || len(session.Next) != 1 {
		return false
	}
	var next int64
	n, err := fmt.Sscanf(session.Next[0], "%d-", &next)
	return err == nil && n == 1 && next == to
}
