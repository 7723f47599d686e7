package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/store"
)

// place is a channel as the page names it.
type place struct {
	Channel string
	Name    string // empty for the direct line
	Direct  bool
}

func placeOf(v *viewer, channel string) place {
	if channel == v.direct() {
		return place{Channel: channel, Direct: true}
	}
	return place{Channel: channel, Name: channel}
}

// URL is the address of the place.
func (p place) URL() string {
	if p.Direct {
		return "/dm"
	}
	return "/c/" + url.PathEscape(p.Name)
}

func (p place) threadURL(thread string) string { return p.URL() + "/t/" + url.PathEscape(thread) }

// has tells whether there is such a channel for the viewer.
func (w *Web) has(v *viewer, channel string) bool {
	return v.key != "" && (channel == v.direct() || slices.Contains(w.cfg.Channels, channel))
}

// shell is everything that a page shows.
type shell struct {
	*viewer
	T        *texts
	Place    place
	Places   []place // the channels, then the direct line
	Stream   stretch
	Thread   *threadView // nil when none is open
	Examples []string
	Draft    string // text that could not be sent
	Problem  string
	Key      string
	Back     string // where to go after naming oneself, or changing one's settings

	Notice      string // what everybody should know now
	HasCalendar bool
}

// stretch is a part of a channel or a thread.
type stretch struct {
	T       *texts
	Shown   []*shown
	Earlier string // address of what came before; empty when this is all
	Seq     uint64
}

// threadView is an open thread.
type threadView struct {
	*viewer
	T       *texts
	Place   place
	Begin   *shown
	Replies stretch
	Draft   string
	Problem string
	Key     string
}

func newKey() string { return strings.ToLower(rand.Text()) }

// home leads to where the conversation is.
func (w *Web) home(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.visitor(rw, r)
	if !ok {
		return
	}
	http.Redirect(rw, r, placeOf(v, w.cfg.Channels[0]).URL(), http.StatusSeeOther)
}

// showChannel shows a channel, and a thread beside it. htmx is given the thread
// alone.
func (w *Web) showChannel(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.visitor(rw, r)
	if !ok {
		return
	}
	channel := r.PathValue("channel")
	if channel == "" {
		channel = v.direct()
	}
	if !w.has(v, channel) {
		w.missing(rw, r, v)
		return
	}
	thread := r.PathValue("thread")
	if thread != "" && isHTMX(r) && r.Header.Get("HX-History-Restore-Request") == "" {
		view, err := w.threadView(r.Context(), v, channel, thread)
		if err != nil {
			w.unread(rw, r, v, err)
			return
		}
		rw.Header().Set("Vary", "HX-Request")
		w.render(rw, r, http.StatusOK, "thread", view)
		return
	}
	s, err := w.shell(r.Context(), v, channel, thread)
	if err != nil {
		w.unread(rw, r, v, err)
		return
	}
	w.render(rw, r, http.StatusOK, "page", s)
}

// frame is a page with what stands beside every place.
func (w *Web) frame(v *viewer, at place) *shell {
	s := &shell{viewer: v, T: textsFor(v.Lang), Place: at, Key: newKey(), HasCalendar: w.cfg.Calendar != nil, Notice: w.notice(v)}
	for _, name := range w.cfg.Channels {
		s.Places = append(s.Places, placeOf(v, name))
	}
	s.Places = append(s.Places, placeOf(v, v.direct()))
	return s
}

// notice is what everybody should know now.
func (w *Web) notice(v *viewer) string {
	if w.cfg.Notice == nil {
		return ""
	}
	return w.cfg.Notice(v.Lang)
}

// shell gathers a page.
func (w *Web) shell(ctx context.Context, v *viewer, channel, thread string) (*shell, error) {
	s := w.frame(v, placeOf(v, channel))
	s.Examples = w.examples(v.Lang)
	p, err := w.chat.channelPage(ctx, v, channel, "")
	if err != nil {
		return nil, err
	}
	s.Stream = w.stretch(v, p, "channel", channel)
	if thread != "" {
		if s.Thread, err = w.threadView(ctx, v, channel, thread); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (w *Web) threadView(ctx context.Context, v *viewer, channel, thread string) (*threadView, error) {
	begin, err := w.chat.entry(ctx, thread)
	if err != nil {
		return nil, err
	}
	if begin.Channel != channel || !begin.begins() || begin.hidden(v) {
		return nil, store.ErrNotFound
	}
	p, err := w.chat.threadPage(ctx, v, thread, "")
	if err != nil {
		return nil, err
	}
	return &threadView{
		viewer: v, T: textsFor(v.Lang), Place: placeOf(v, channel), Begin: w.shown(v, begin),
		Replies: w.stretch(v, p, "thread", thread), Key: newKey(),
	}, nil
}

// stretch makes a stretch of a channel or thread ready to be shown; of names which
// it is.
func (w *Web) stretch(v *viewer, p page, of, id string) stretch {
	s := stretch{T: textsFor(v.Lang), Seq: p.Seq}
	for _, e := range p.Entries {
		s.Shown = append(s.Shown, w.shown(v, e))
	}
	if p.Earlier != "" {
		s.Earlier = "/earlier?" + url.Values{of: {id}, "before": {p.Earlier}}.Encode()
	}
	return s
}

// showEarlier shows what came before the part of a channel or thread that a page
// has.
func (w *Web) showEarlier(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.named(rw, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	channel, thread, before := q.Get("channel"), q.Get("thread"), q.Get("before")
	var p page
	var err error
	name, of, id := "posts", "channel", channel
	if thread != "" {
		begin, found := w.find(rw, r, v, thread)
		if !found {
			return
		}
		name, of, id = "replies", "thread", begin.ID
		p, err = w.chat.threadPage(r.Context(), v, id, before)
	} else if !w.has(v, channel) {
		http.NotFound(rw, r)
		return
	} else {
		p, err = w.chat.channelPage(r.Context(), v, channel, before)
	}
	if err != nil {
		w.broken(rw, r, v, err)
		return
	}
	w.render(rw, r, http.StatusOK, name, w.stretch(v, p, of, id))
}

// named returns who sent the request. A stranger who follows a link is asked for a
// name; a program is told that there is none.
func (w *Web) named(rw http.ResponseWriter, r *http.Request) (*viewer, bool) {
	return w.admit(rw, r, asksForHTML(r))
}

// visitor is named for the pages themselves: whoever takes anything is shown one.
func (w *Web) visitor(rw http.ResponseWriter, r *http.Request) (*viewer, bool) {
	return w.admit(rw, r, asksForHTML(r) || takesAnything(r))
}

func (w *Web) admit(rw http.ResponseWriter, r *http.Request, page bool) (*viewer, bool) {
	v, err := w.viewer(r)
	if err != nil {
		w.broken(rw, r, &viewer{Lang: preferred(r.Header.Get("Accept-Language"))}, err)
		return nil, false
	}
	if v.key != "" {
		return v, true
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || isHTMX(r) || !page {
		w.say(rw, r, http.StatusUnauthorized, textsFor(v.Lang).NameEmpty)
		return nil, false
	}
	w.welcome(rw, r, v, r.URL.Path, "")
	return nil, false
}

func asksForHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// takesAnything reports whether a request names no kind of content, as curl does. One
// that names a kind and takes the rest for want of better, as for pictures, does not.
func takesAnything(r *http.Request) bool {
	for _, kinds := range r.Header.Values("Accept") {
		for kind := range strings.SplitSeq(kinds, ",") {
			kind, _, _ = strings.Cut(kind, ";")
			if kind = strings.TrimSpace(kind); kind != "" && kind != "*/*" && kind != "text/*" {
				return false
			}
		}
	}
	return true
}

func (w *Web) welcome(rw http.ResponseWriter, r *http.Request, v *viewer, back, problem string) {
	w.render(rw, r, http.StatusOK, "welcome", &shell{viewer: v, T: textsFor(v.Lang), Back: back, Problem: problem})
}

// setPerson takes a name and the settings of the page. A field that is missing keeps
// what it was.
func (w *Web) setPerson(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, maxForm)
	v, err := w.viewer(r)
	if err == nil {
		err = r.ParseForm()
	}
	if err != nil {
		w.broken(rw, r, &viewer{Lang: preferred(r.Header.Get("Accept-Language"))}, err)
		return
	}
	back := localPath(r.PostForm.Get("back"))
	name := cleanName(r.PostForm.Get("name"))
	lang := oneOf(r.PostForm.Get("language"), "ko", "en")
	if v.key == "" {
		if lang != "" {
			v.Lang = lang
		}
		if name == "" {
			w.welcome(rw, r, v, back, textsFor(v.Lang).NameEmpty)
			return
		}
		cookie, err := w.chat.join(r.Context(), name, lang)
		if err != nil {
			w.broken(rw, r, v, err)
			return
		}
		http.SetCookie(rw, cookie)
		http.Redirect(rw, r, back, http.StatusSeeOther)
		return
	}
	err = w.chat.changePerson(r.Context(), v.key, func(p *person) {
		if name != "" {
			p.Name = name
		}
		if lang != "" {
			p.Language = lang
		}
		if r.PostForm.Has("theme") {
			p.Theme = oneOf(r.PostForm.Get("theme"), "light", "dark")
		}
	})
	if err != nil {
		w.broken(rw, r, v, err)
		return
	}
	http.Redirect(rw, r, back, http.StatusSeeOther)
}

func oneOf(s string, allowed ...string) string {
	if slices.Contains(allowed, s) {
		return s
	}
	return ""
}

// localPath is a path on this page, whatever was asked for.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(s, "\\") {
		return "/"
	}
	return u.EscapedPath()
}

func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// render writes a page or a part of one. It is made whole first: half a page would
// carry no sign that something went wrong.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var out bytes.Buffer
	if err := w.templates.ExecuteTemplate(&out, name, data); err != nil {
		w.log.ErrorContext(r.Context(), "web: page not made", "template", name, "error", err)
		http.Error(rw, english.Broken, http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = out.WriteTo(rw)
}

// say answers with a sentence: to a script as it is, to a person on a page.
func (w *Web) say(rw http.ResponseWriter, r *http.Request, status int, sentence string) {
	if isHTMX(r) || !asksForHTML(r) {
		http.Error(rw, sentence, status)
		return
	}
	v, err := w.viewer(r)
	if err != nil {
		v = &viewer{Lang: preferred(r.Header.Get("Accept-Language"))}
	}
	w.render(rw, r, status, "notice", &shell{viewer: v, T: textsFor(v.Lang), Problem: sentence})
}

func (w *Web) missing(rw http.ResponseWriter, r *http.Request, v *viewer) {
	w.say(rw, r, http.StatusNotFound, textsFor(v.Lang).NotFound)
}

func (w *Web) broken(rw http.ResponseWriter, r *http.Request, v *viewer, err error) {
	if r.Context().Err() == nil {
		w.log.ErrorContext(r.Context(), "web: request failed", "path", r.URL.Path, "error", err)
	}
	w.say(rw, r, http.StatusInternalServerError, textsFor(v.Lang).Broken)
}

// unread answers when a place could not be read.
func (w *Web) unread(rw http.ResponseWriter, r *http.Request, v *viewer, err error) {
	if errors.Is(err, store.ErrNotFound) {
		w.missing(rw, r, v)
		return
	}
	w.broken(rw, r, v, err)
}

// done answers a form that was taken.
func (w *Web) done(rw http.ResponseWriter, r *http.Request, v *viewer, m *message, note string) {
	if !isHTMX(r) {
		http.Redirect(rw, r, placeOf(v, m.Channel).threadURL(m.Thread), http.StatusSeeOther)
		return
	}
	if note != "" {
		rw.Header().Set("Bapsang-Note", url.PathEscape(note)) // a header holds no Hangul
	}
	rw.WriteHeader(http.StatusNoContent)
}

// refuse tells why a message was not taken and keeps its text where it was written.
func (w *Web) refuse(rw http.ResponseWriter, r *http.Request, v *viewer, sub *submission, err error) {
	t := textsFor(v.Lang)
	status, sentence := http.StatusServiceUnavailable, t.NotTaken
	var p *problem
	switch {
	case errors.As(err, &p):
		status, sentence = p.status, p.sentence
	case errors.Is(err, store.ErrNotFound):
		status, sentence = http.StatusNotFound, t.NotFound
	case !errors.Is(err, errNotTaken):
		w.log.WarnContext(r.Context(), "web: message not kept", "error", err)
	}
	if isHTMX(r) || !w.has(v, sub.Channel) {
		w.say(rw, r, status, sentence)
		return
	}
	s, err := w.shell(context.WithoutCancel(r.Context()), v, sub.Channel, sub.Thread)
	if err != nil {
		w.say(rw, r, status, sentence)
		return
	}
	if s.Thread != nil {
		s.Thread.Draft, s.Thread.Problem, s.Thread.Key = sub.Text, sentence, sub.Key
	} else {
		s.Draft, s.Problem, s.Key = sub.Text, sentence, sub.Key
	}
	w.render(rw, r, status, "page", s)
}

// examples are the questions to begin with, in the viewer's language as their
// letters tell it.
func (w *Web) examples(lang string) []string {
	var out []string
	for _, q := range w.cfg.Examples() {
		if hasHangul(q) == (lang == "ko") && len(out) < 6 {
			out = append(out, q)
		}
	}
	return out
}
