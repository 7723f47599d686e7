package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// maxForm bounds the small forms.
const maxForm = maxText * 4 // letters are escaped

// form is a small form about a message that the viewer may see.
type form struct {
	values url.Values
	key    string
	entry  *entry
}

// readForm reads a form and finds its message, or says what is wrong.
func (w *Web) readForm(rw http.ResponseWriter, r *http.Request, v *viewer) (*form, bool) {
	r.Body = http.MaxBytesReader(rw, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		w.say(rw, r, http.StatusBadRequest, textsFor(v.Lang).NotTaken)
		return nil, false
	}
	f := &form{values: r.PostForm, key: r.PostForm.Get("key")}
	if !goodKey.MatchString(f.key) {
		w.say(rw, r, http.StatusBadRequest, textsFor(v.Lang).NotTaken)
		return nil, false
	}
	e, ok := w.find(rw, r, v, r.PostForm.Get("message"))
	f.entry = e
	return f, ok
}

// find reads a message that the viewer may see. Others do not exist for them.
func (w *Web) find(rw http.ResponseWriter, r *http.Request, v *viewer, id string) (*entry, bool) {
	e, err := w.chat.entry(r.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (!w.has(v, e.Channel) || e.hidden(v)):
		http.NotFound(rw, r)
		return nil, false
	case err != nil:
		w.broken(rw, r, v, err)
		return nil, false
	}
	return e, true
}

// act takes a pressed button. Only what the message offers can be pressed.
func (w *Web) act(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.named(rw, r)
	if !ok {
		return
	}
	f, ok := w.readForm(rw, r, v)
	if !ok {
		return
	}
	t := textsFor(v.Lang)
	b, n, ok := w.offered(f.entry, f.values.Get("n"), f.values.Get("action"), f.values.Get("value"))
	switch {
	case !ok && f.values.Has("form"): // what somebody filled in must not vanish
		w.say(rw, r, http.StatusGone, t.FormGone)
		return
	case !ok:
		// The message has moved on, as when an answer comes while Stop is pressed.
		w.done(rw, r, v, &f.entry.message, "")
		return
	}
	var values map[string]string
	if b.Form != nil {
		if values, ok = w.fillIn(rw, r, v, f, b, n); !ok {
			return
		}
	}
	text := strings.TrimSpace(f.values.Get("text"))
	if len(text) > maxText {
		w.say(rw, r, http.StatusRequestEntityTooLarge, t.TooLong())
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), handleTime)
	defer cancel()
	if err := w.press(ctx, v, f, b, &bot.Action{Text: text, Values: values}); err != nil {
		w.say(rw, r, http.StatusServiceUnavailable, t.NotTaken)
		return
	}
	w.done(rw, r, v, &f.entry.message, t.noteOf(b))
}

// offered finds a button of a message and its place among them. The place that is asked
// for goes first, for several may do the same by different forms. A button that shares
// takes the channel from the page.
func (w *Web) offered(e *entry, place, action, value string) (bot.Button, int, bool) {
	if e.Bot == nil {
		return bot.Button{}, 0, false
	}
	at := e.Bot.Buttons
	if n, err := strconv.Atoi(place); err == nil && n >= 0 && n < len(at) && at[n].Action == action && at[n].Value == value {
		return at[n], n, true
	}
	for n, b := range at {
		if b.Action != action {
			continue
		}
		if b.Action == bot.ActionShare && b.Value == "" && slices.Contains(w.cfg.Channels, value) {
			b.Value = value
			return b, n, true
		}
		if b.Value == value && (value != "" || b.Action != bot.ActionShare) {
			return b, n, true
		}
	}
	if action == bot.ActionAsk {
		for _, s := range e.Bot.Suggestions {
			if s == value {
				return bot.Button{Action: bot.ActionAsk, Label: s, Value: s}, 0, true
			}
		}
	}
	return bot.Button{}, 0, false
}

func isVerdict(action string) bool {
	return action == bot.ActionGood || action == bot.ActionBad || action == bot.ActionWrong
}

// press hands an action to the handler. A question or a choice is said in the thread
// by who pressed it, or nobody could follow the conversation later. What they gave with
// it is in with.
func (w *Web) press(ctx context.Context, v *viewer, f *form, b bot.Button, with *bot.Action) error {
	said := &f.entry.message
	ev := w.event(v, said, f.key, bot.EventAction)
	with.Name, with.Question, with.Value = b.Action, f.entry.Bot.Question, b.Value
	ev.Action = with
	if b.Action == bot.ActionAsk || b.Action == bot.ActionChoose {
		echo := &message{Channel: said.Channel, Thread: said.Thread, User: v.user(), Text: cmp.Or(b.Says, b.Label)}
		if err := w.chat.keep(ctx, v, f.key, echo); err != nil {
			w.log.WarnContext(ctx, "web: press not kept", "error", err)
			return errNotTaken
		}
		ev.Message = echo.ID
		if err := w.handle(ctx, ev); err != nil {
			w.chat.takeBack(ctx, w.log, echo.ID)
			return err
		}
		return nil
	}
	if err := w.handle(ctx, ev); err != nil {
		return err
	}
	if isVerdict(b.Action) {
		return w.chat.change(ctx, said.ID, func(m *message) bool {
			if m.Verdicts == nil {
				m.Verdicts = map[string]string{}
			}
			m.Verdicts[v.ID] = b.Action
			return true
		})
	}
	return nil
}

// edit changes a person's own message.
func (w *Web) edit(rw http.ResponseWriter, r *http.Request) {
	w.own(rw, r, func(ctx context.Context, v *viewer, f *form) error {
		t := textsFor(v.Lang)
		text := strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(f.values.Get("text"), "\uFFFD"), "\r\n", "\n"))
		switch {
		case text == f.entry.Text:
			return nil
		case text == "" && len(f.entry.Files) == 0:
			return &problem{http.StatusBadRequest, t.Empty}
		case len(text) > maxText:
			return &problem{http.StatusRequestEntityTooLarge, t.TooLong()}
		}
		ev := w.event(v, &f.entry.message, f.key, bot.EventEdit)
		rest, mentioned := unmention(text)
		ev.Text, ev.Addressed = rest, mentioned || ev.Thread.Direct
		if err := w.handle(ctx, ev); err != nil {
			return err
		}
		return w.chat.change(ctx, f.entry.ID, func(m *message) bool {
			m.Text, m.Edited = text, true
			return true
		})
	})
}

// remove deletes a person's own message.
func (w *Web) remove(rw http.ResponseWriter, r *http.Request) {
	w.own(rw, r, func(ctx context.Context, v *viewer, f *form) error {
		if err := w.handle(ctx, w.event(v, &f.entry.message, f.key, bot.EventDelete)); err != nil {
			return err
		}
		return w.chat.removeMessage(ctx, f.entry.ID)
	})
}

// own does something with a person's own message.
func (w *Web) own(rw http.ResponseWriter, r *http.Request, do func(context.Context, *viewer, *form) error) {
	v, ok := w.named(rw, r)
	if !ok {
		return
	}
	f, ok := w.readForm(rw, r, v)
	if !ok {
		return
	}
	if f.entry.User.ID != v.ID || f.entry.Deleted {
		http.NotFound(rw, r)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), handleTime)
	defer cancel()
	err := do(ctx, v, f)
	var p *problem
	switch {
	case errors.As(err, &p):
		w.say(rw, r, p.status, p.sentence)
	case err != nil:
		w.log.WarnContext(ctx, "web: message not changed", "message", f.entry.ID, "error", err)
		w.say(rw, r, http.StatusServiceUnavailable, textsFor(v.Lang).NotTaken)
	default:
		w.done(rw, r, v, &f.entry.message, "")
	}
}

// change rewrites a message unless do says that nothing changed.
func (c *Chat) change(ctx context.Context, id string, do func(*message) bool) error {
	return c.store.Update(ctx, func(tx store.Tx) error {
		m, err := load[message](tx, kindMessage, id)
		if err != nil {
			return err
		}
		if !do(m) {
			return nil
		}
		return rewrite(tx, m, 0)
	})
}

func (c *Chat) removeMessage(ctx context.Context, id string) error {
	return c.store.Update(ctx, func(tx store.Tx) error {
		m, err := load[message](tx, kindMessage, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return remove(tx, m)
	})
}

// takeBack removes a message that the handler did not take. It does so even when the
// time of the request is over.
func (c *Chat) takeBack(ctx context.Context, log *slog.Logger, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := c.removeMessage(ctx, id); err != nil {
		log.WarnContext(ctx, "web: message not taken back", "message", id, "error", err)
	}
}
