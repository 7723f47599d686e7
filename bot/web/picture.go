package web

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bapsang/bapsang/bot"
)

// picturePolicy is for an SVG opened by itself: a picture and nothing more.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// The widths in which the page shows pictures, in logical pixels.
const (
	narrowWidth = 420
	paneWidth   = 620
	smallWidth  = 320 // beside a line of text
	smallHeight = 200
)

// chart draws a chart of a message.
func (w *Web) chart(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.named(rw, r)
	if !ok {
		return
	}
	e, ok := w.find(rw, r, v, r.PathValue("message"))
	if !ok {
		return
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || e.Bot == nil || n < 0 || n >= len(charts(e.Bot)) || w.cfg.Render == nil {
		http.NotFound(rw, r)
		return
	}
	c := charts(e.Bot)[n]
	q := r.URL.Query()
	as := Picture{Dark: q.Get("theme") == "dark", SVG: q.Get("as") != "png"}
	switch q.Get("size") {
	case "narrow":
		as.Width = narrowWidth
	case "pane":
		as.Width = paneWidth
	case "small":
		as.Width, as.Height = smallWidth, smallHeight
	}
	picture, err := w.cfg.Render(r.Context(), c.Spec, as)
	if err != nil {
		w.log.WarnContext(r.Context(), "web: chart not drawn", "message", e.ID, "chart", n, "error", err)
		http.Error(rw, textsFor(v.Lang).NoPicture, http.StatusInternalServerError)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Disposition", "inline"+fileNamed("png", c.Title))
	if as.SVG {
		h.Set("Content-Type", "image/svg+xml")
		h.Set("Content-Disposition", "inline")
		h.Set("Content-Security-Policy", picturePolicy)
	}
	if q.Get("v") != "" { // the address names the content
		h.Set("Cache-Control", "private, max-age=86400, immutable")
	}
	h.Set("Content-Length", strconv.Itoa(len(picture))) // else half a picture may be kept for a whole one
	_, _ = rw.Write(picture)
}

// csv downloads a result of a message.
func (w *Web) csv(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.named(rw, r)
	if !ok {
		return
	}
	e, ok := w.find(rw, r, v, r.PathValue("message"))
	if !ok {
		return
	}
	result := r.PathValue("result")
	if e.Bot == nil || w.cfg.CSV == nil || !slices.Contains(results(e.Bot), result) {
		http.NotFound(rw, r)
		return
	}
	title := result
	if begin, err := w.chat.entry(r.Context(), e.Thread); err == nil {
		if text, _ := unmention(begin.Text); text != "" {
			title = text + " " + result
		}
	}
	out := &download{rw: rw, title: title}
	if err := w.cfg.CSV(r.Context(), e.Bot.Question, result, out); err != nil {
		w.log.WarnContext(r.Context(), "web: csv not written", "message", e.ID, "result", result, "error", err)
		if out.begun {
			panic(http.ErrAbortHandler) // a cut file must not pass for a whole one
		}
		w.say(rw, r, http.StatusInternalServerError, textsFor(v.Lang).Broken)
		return
	}
	out.begin() // an empty file is a file
}

// results are the names of the results of a message that can be downloaded.
func results(m *bot.Message) []string {
	var out []string
	for _, t := range m.Tables {
		out = append(out, t.Result)
	}
	for _, b := range m.Buttons {
		if b.Action == bot.ActionCSV {
			out = append(out, b.Value)
		}
	}
	return out
}

// download says that it is a file as soon as there is something of it, so that a
// failure before that can still be told in words.
type download struct {
	rw    http.ResponseWriter
	title string
	begun bool
}

var _ io.Writer = (*download)(nil)

func (d *download) begin() {
	if d.begun {
		return
	}
	d.begun = true
	h := d.rw.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", "attachment"+fileNamed("csv", d.title))
}

// Write implements io.Writer.
func (d *download) Write(p []byte) (int, error) {
	d.begin()
	return d.rw.Write(p)
}

// fileNamed is the part of a Content-Disposition that names a file.
func fileNamed(ext, title string) string {
	return `; filename="bapsang.` + ext + `"; filename*=UTF-8''` + url.PathEscape(downloadName(title)+"."+ext)
}

// downloadName makes a file name of a question, with nothing in it that a file system or a
// shell takes amiss.
func downloadName(title string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return ' '
	}, title)
	name = strings.Join(strings.Fields(name), "-")
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60])
	}
	if name == "" {
		name = "result"
	}
	return "bapsang-" + name
}
