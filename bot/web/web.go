// Package web is the chat page and the chat platform behind it: channels, threads,
// mentions and a direct line to the bot, for those who try Bapsang without Slack or
// Teams. It keeps its messages in the store and shows every kind of bot.Message.
//
// The page is made on the server. It works by links and forms; where there is
// JavaScript, htmx spares the reloads and an event stream brings what others say.
// A page carries the number of the newest change that is in it, and the stream goes
// on from there, so that nothing falls between the two, nor into a lost connection.
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

//go:embed static templates
var embedded embed.FS

// Picture says how a chart is to be drawn.
type Picture struct {
	Dark bool
	SVG  bool // else a PNG at twice the size
	// Width and Height are in logical pixels; 0 leaves them to the renderer. Narrow
	// screens ask for a narrow picture, or its letters could not be read; how high it is
	// depends on the chart.
	Width, Height int
}

// Config is what the page needs. Chat and Handler are required.
type Config struct {
	Chat    *Chat
	Handler bot.Handler
	// Channels are the names of the channels; none means general, marketing, sales.
	Channels []string
	// Render draws a chart spec of a message; nil shows what the chart says in words.
	Render func(ctx context.Context, spec json.RawMessage, as Picture) ([]byte, error)
	// CSV writes a result of a question for download; nil offers none.
	CSV func(ctx context.Context, question, result string, w io.Writer) error
	// Notice is a line that everybody should know now, in a language, empty for none; nil
	// never says anything. It is asked every few seconds by every open page.
	Notice func(language string) string
	// Calendar is shown on a page of its own; without one there is no such page.
	Calendar *Calendar
	Now      func() time.Time // nil means time.Now
	Location *time.Location   // of the clock on the page; nil means UTC
	Logger   *slog.Logger     // nil means slog.Default()
	// Examples are questions to begin with, in any of the page's languages, as they are now.
	// A viewer is shown those of their own. Nil offers none.
	Examples func() []string
	// MaxUpload bounds the files of one message in bytes; 0 means 512 MiB.
	MaxUpload int64
	// TempDir is where dropped files wait until the handler has taken them; empty means
	// the system's.
	TempDir string
	// Hosts are names under which the page is reached besides its own address, for
	// instance through a proxy on the same machine.
	Hosts []string
}

func (c Config) withDefaults() Config {
	if len(c.Channels) == 0 {
		c.Channels = []string{"general", "marketing", "sales"}
	}
	if c.Examples == nil {
		c.Examples = func() []string { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.MaxUpload == 0 {
		c.MaxUpload = 512 << 20
	}
	return c
}

func (c Config) validate() error {
	if c.Chat == nil || c.Handler == nil {
		return errors.New("web: chat and handler are required")
	}
	if c.Calendar != nil && c.Calendar.Entries == nil {
		return errors.New("web: calendar without entries")
	}
	seen := map[string]bool{}
	for _, name := range c.Channels {
		if name == "" || cleanName(name) != name || strings.HasPrefix(name, directMark) || strings.ContainsAny(name, "/#") {
			return fmt.Errorf("web: channel %q: a name is up to %d letters on one line, without / and #, and does not begin with @", name, nameLimit)
		}
		if seen[name] {
			return fmt.Errorf("web: channel %q is listed twice", name)
		}
		seen[name] = true
	}
	return nil
}

// Web serves the page.
type Web struct {
	cfg       Config
	chat      *Chat
	log       *slog.Logger
	templates *template.Template
	assets    map[string]asset
	handler   http.Handler
}

// New returns the page. It starts nothing that would have to be stopped.
func New(cfg Config) (*Web, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	w := &Web{cfg: cfg, chat: cfg.Chat, log: cfg.Logger}
	var err error
	if w.assets, err = readAssets(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	w.templates, err = template.New("").Funcs(w.templateFuncs()).ParseFS(embedded, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	w.handler = w.guard(w.routes())
	return w, nil
}

// ServeHTTP implements http.Handler.
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.handler.ServeHTTP(rw, r) }

func (w *Web) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.home)
	mux.HandleFunc("GET /c/{channel}", w.showChannel)
	mux.HandleFunc("GET /c/{channel}/t/{thread}", w.showChannel)
	mux.HandleFunc("GET /dm", w.showChannel)
	mux.HandleFunc("GET /dm/t/{thread}", w.showChannel)
	mux.HandleFunc("GET /earlier", w.showEarlier)
	mux.HandleFunc("GET /live", w.live)
	mux.HandleFunc("GET /chart/{message}/{n}", w.chart)
	mux.HandleFunc("GET /form/{message}/{n}", w.showForm)
	mux.HandleFunc("GET /csv/{message}/{result}", w.csv)
	mux.HandleFunc("GET /static/{name}", w.static)
	if w.cfg.Calendar != nil {
		mux.HandleFunc("GET /calendar", w.showCalendar)
	}
	mux.HandleFunc("POST /me", w.setPerson)
	mux.HandleFunc("POST /send", w.send)
	mux.HandleFunc("POST /act", w.act)
	mux.HandleFunc("POST /edit", w.edit)
	mux.HandleFunc("POST /delete", w.remove)
	return mux
}

// asset is a file of the page itself. Its address carries a digest of it, so that it
// may be kept forever.
type asset struct {
	data   []byte
	kind   string
	digest string
}

func readAssets() (map[string]asset, error) {
	kinds := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
	}
	out := map[string]asset{}
	entries, err := fs.ReadDir(embedded, "static")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := e.Name()
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			continue // licences and notes
		}
		data, err := fs.ReadFile(embedded, "static/"+name)
		if err != nil {
			return nil, err
		}
		out[name] = newAsset(data, kind)
	}
	for name, a := range out {
		if path.Ext(name) == ".css" {
			out[name] = newAsset(addressed(a.data, out), a.kind)
		}
	}
	return out, nil
}

func newAsset(data []byte, kind string) asset {
	sum := sha256.Sum256(data)
	return asset{data: data, kind: kind, digest: hex.EncodeToString(sum[:6])}
}

// address is where an asset is found, by its content.
func address(name string, assets map[string]asset) string {
	return "/static/" + name + "?v=" + assets[name].digest
}

// addressed puts into a stylesheet the addresses of the fonts that it names.
func addressed(css []byte, assets map[string]asset) []byte {
	for name := range assets {
		if path.Ext(name) == ".woff2" {
			css = bytes.ReplaceAll(css, []byte(`url("`+name+`")`), []byte(`url("`+address(name, assets)+`")`))
		}
	}
	return css
}

func (w *Web) static(rw http.ResponseWriter, r *http.Request) {
	a, ok := w.assets[r.PathValue("name")]
	if !ok {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", a.kind)
	if r.URL.Query().Get("v") == a.digest {
		rw.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		rw.Header().Set("Cache-Control", "no-cache")
	}
	// ServeContent says how long the file is. Without that a browser cannot tell a font
	// whose fetching a navigation cut short from a whole one, and keeps it for a year.
	rw.Header().Set("ETag", `"`+a.digest+`"`)
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(a.data))
}
