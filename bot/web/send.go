package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// The limits of one message.
const (
	maxText  = 64 << 10
	maxFiles = 20
	// handleTime bounds the handler; it may have to copy what was uploaded.
	handleTime = 2 * time.Minute
)

// submission is what somebody sent.
type submission struct {
	Key     string // made by the page for each message: the same twice is one message
	Channel string
	Thread  string // empty begins one
	Text    string
	Files   []upload
}

// upload is a file that waits on disk for the handler.
type upload struct {
	file
	path string
}

// problem is a fault of what was sent, in the words for who sent it.
type problem struct {
	status   int
	sentence string
}

func (p *problem) Error() string { return p.sentence }

// send takes a message.
func (w *Web) send(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.named(rw, r)
	if !ok {
		return
	}
	sub, clean, err := w.readSubmission(rw, r, textsFor(v.Lang))
	defer clean()
	if err != nil {
		w.refuse(rw, r, v, sub, err)
		return
	}
	if !w.has(v, sub.Channel) {
		http.NotFound(rw, r)
		return
	}
	// What was received whole is taken even when the person has closed the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), handleTime)
	defer cancel()
	m, asked, err := w.take(ctx, v, sub)
	if err != nil {
		w.refuse(rw, r, v, sub, err)
		return
	}
	to := placeOf(v, sub.Channel).threadURL(m.Thread)
	if !asked && sub.Thread == "" {
		to = placeOf(v, sub.Channel).URL()
	}
	if isHTMX(r) {
		rw.Header().Set("Bapsang-Location", to)
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
}

// take keeps a message and hands it to the handler. The message is kept first, for
// the bot may answer before the handler has returned; what the handler did not take
// is removed again.
func (w *Web) take(ctx context.Context, v *viewer, sub *submission) (_ *message, asked bool, _ error) {
	m := &message{Channel: sub.Channel, Thread: sub.Thread, User: v.user(), Text: sub.Text}
	for _, f := range sub.Files {
		m.Files = append(m.Files, f.file)
	}
	if err := w.chat.keep(ctx, v, sub.Key, m); err != nil {
		return nil, false, err
	}
	text, mentioned := unmention(sub.Text)
	ev := w.event(v, m, sub.Key, bot.EventMessage)
	// A file that is dropped on this page is for us: there is nothing else to do with it.
	ev.Text, ev.Addressed = text, mentioned || ev.Thread.Direct || len(sub.Files) > 0
	for i, f := range sub.Files {
		ev.Files = append(ev.Files, bot.File{
			ID: fmt.Sprintf("%s-%d", m.ID, i+1), Name: f.Name, Size: f.Size,
			Open: func(context.Context) (io.ReadCloser, error) { return os.Open(f.path) },
		})
	}
	if err := w.handle(ctx, ev); err != nil {
		w.chat.takeBack(ctx, w.log, m.ID)
		return nil, false, err
	}
	return m, ev.Addressed, nil
}

// errNotTaken says that the handler failed.
var errNotTaken = errors.New("event not taken")

func (w *Web) handle(ctx context.Context, ev bot.Event) error {
	if _, err := w.cfg.Handler.Handle(ctx, ev); err != nil {
		w.log.WarnContext(ctx, "web: event not taken", "event", ev.ID, "kind", ev.Kind, "error", err)
		return errNotTaken
	}
	return nil
}

// event is what the handler hears of something that concerns a message. Keys are
// unique to a person, so the person's ID goes before them.
func (w *Web) event(v *viewer, m *message, key string, kind bot.EventKind) bot.Event {
	return bot.Event{
		ID: v.ID + "-" + key, Kind: kind, Message: m.ID, User: v.user(), At: w.cfg.Now(),
		Thread: bot.Thread{Platform: Platform, Channel: m.Channel, ID: m.Thread, Direct: m.Channel == v.direct()},
	}
}

// keep writes a person's message. A key that was used before brings back the message
// it made, so that sending again what seemed lost makes no second one.
func (c *Chat) keep(ctx context.Context, v *viewer, key string, m *message) error {
	submit := v.ID + "\x00" + key
	err := c.store.Update(ctx, func(tx store.Tx) error {
		draft := *m
		draft.At = c.now()
		if err := goesOn(tx, &draft); err != nil {
			return err
		}
		id, err := tx.Get(kindSubmit, submit)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		default:
			draft.ID = string(id)
			there, err := load[message](tx, kindMessage, draft.ID)
			if err == nil && !there.Deleted {
				*m = *there
				return nil
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		if err := add(tx, &draft, submit); err != nil {
			return err
		}
		*m = draft
		return tx.Put(kindSubmit, submit, []byte(draft.ID))
	})
	if err != nil {
		return fmt.Errorf("keep message: %w", err)
	}
	return nil
}

// readSubmission reads a form with its files. clean removes the files; it is never
// nil. What was read before an error is returned with it, so that no text is lost.
func (w *Web) readSubmission(rw http.ResponseWriter, r *http.Request, t *texts) (sub *submission, clean func(), err error) {
	sub = &submission{}
	clean = func() {
		for _, f := range sub.Files {
			_ = os.Remove(f.path)
		}
	}
	// The bytes around the files are few.
	r.Body = http.MaxBytesReader(rw, r.Body, w.cfg.MaxUpload+maxText+(1<<20))
	parts, err := r.MultipartReader()
	if err != nil {
		return sub, clean, &problem{http.StatusBadRequest, t.NotTaken}
	}
	var bytes int64
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return sub, clean, sub.check(t)
		}
		if err == nil {
			err = w.readPart(sub, part, &bytes, t)
		}
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			err = &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf(t.tooLarge, bytesText(w.cfg.MaxUpload))}
		}
		if err != nil {
			return sub, clean, err
		}
	}
}

func (w *Web) readPart(sub *submission, part *multipart.Part, bytes *int64, t *texts) error {
	if part.FormName() == "files" {
		if part.FileName() == "" {
			return nil // the field of a form in which no file was chosen
		}
		if len(sub.Files) == maxFiles {
			return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf(t.tooMany, maxFiles)}
		}
		return w.readFile(sub, part, bytes, t)
	}
	data, err := io.ReadAll(io.LimitReader(part, maxText*2))
	if err != nil {
		return err
	}
	value := strings.ToValidUTF8(string(data), "\uFFFD")
	switch part.FormName() {
	case "key":
		sub.Key = value
	case "channel":
		sub.Channel = value
	case "thread":
		sub.Thread = value
	case "text":
		sub.Text = strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
	}
	return nil
}

// readFile puts a file aside.
func (w *Web) readFile(sub *submission, part *multipart.Part, bytes *int64, t *texts) error {
	f, err := os.CreateTemp(w.cfg.TempDir, "bapsang-upload-*")
	if err != nil {
		return fmt.Errorf("put file aside: %w", err)
	}
	up := upload{file: file{Name: fileName(part.FileName())}, path: f.Name()}
	sub.Files = append(sub.Files, up) // from here on it is cleaned away
	n, err := io.Copy(f, io.LimitReader(part, w.cfg.MaxUpload-*bytes+1))
	*bytes += n
	sub.Files[len(sub.Files)-1].Size = n
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("put file aside: %w", err)
	}
	if *bytes > w.cfg.MaxUpload {
		return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf(t.tooLarge, bytesText(w.cfg.MaxUpload))}
	}
	return nil
}

// fileName keeps a file's own name, without the folders some browsers send.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\\", "/"))
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// goodKey is what pages make keys of.
var goodKey = regexp.MustCompile(`^[0-9A-Za-z-]{8,64}$`)

func (s *submission) check(t *texts) error {
	switch {
	case !goodKey.MatchString(s.Key):
		return &problem{http.StatusBadRequest, t.NotTaken}
	case len(s.Text) > maxText:
		return &problem{http.StatusRequestEntityTooLarge, t.TooLong()}
	case s.Text == "" && len(s.Files) == 0:
		return &problem{http.StatusBadRequest, t.Empty}
	}
	return nil
}

// mention is our name as people write it in a message. What stands before it tells
// it from an address of mail.
var mention = regexp.MustCompile(`(?i)(^|[^\pL\pN._%+@-])@(?:bapsang\b|밥상)`)

// unmention takes our own mention out of a text and tells whether there was one.
func unmention(text string) (rest string, mentioned bool) {
	if !mention.MatchString(text) {
		return text, false
	}
	rest = mention.ReplaceAllString(text, "$1 ")
	var lines []string
	for line := range strings.SplitSeq(rest, "\n") {
		lines = append(lines, strings.TrimSpace(doubleSpace.ReplaceAllString(line, " ")))
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), true
}

var doubleSpace = regexp.MustCompile(` {2,}`)
