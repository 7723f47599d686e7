package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/egress"
	"github.com/bapsang/bapsang/connectors/ics"
	"github.com/bapsang/bapsang/connectors/outward"
	"github.com/bapsang/bapsang/connectors/pages"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/connectors/rss"
)

// outside is what a run reaches beyond its sources, each behind its guard.
type outside struct {
	searchers []agent.Searcher
	pages     connectors.Pages // nil where no page is to be read
	feeds     []scout.Feed     // of organisers and of the company
	// hooks are the guards' own: one board, one audit log, one filter of what leaves.
	hooks   connectors.Hooks
	calls   *outsideCalls // nil where nothing is reached
	closers []io.Closer
}

// engines are the searches of the public web.
func (o *outside) engines() []scout.Engine {
	var out []scout.Engine
	for _, s := range o.searchers {
		if !s.Internal {
			out = append(out, scout.Engine{Name: s.Name, Searcher: s.Searcher})
		}
	}
	return out
}

// Close ends what was started for it.
func (o *outside) Close() error {
	var errs []error
	for _, c := range slices.Backward(o.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// openOutside opens what a configuration names outside. Nothing is called yet.
func openOutside(e *env, cfg *config.Config, board *quota.Board) (_ outside, err error) {
	var o outside
	if len(cfg.Search) == 0 && len(cfg.Feeds) == 0 && cfg.Pages == nil {
		return o, nil
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	if err := o.openHooks(e, cfg, board); err != nil {
		return o, err
	}
	for i := range cfg.Search {
		if err := o.openSearch(cfg, i, e.logger); err != nil {
			return o, err
		}
	}
	for i := range cfg.Feeds {
		if err := o.openFeed(e, cfg, i); err != nil {
			return o, err
		}
	}
	asked := config.Pages{}
	if cfg.Pages != nil {
		asked = *cfg.Pages
	}
	own, err := prefixes(asked.AllowPrivate)
	if err != nil {
		return o, usageError{cfg.At("$.pages.allow_private", err.Error())}
	}
	o.pages = connectors.GuardPages(pages.New(pages.Options{Contact: asked.Contact, Options: outward.Options{AllowPrivate: own}}),
		config.PagesContract(), o.hooks)
	return o, nil
}

// openHooks makes what all guards share.
func (o *outside) openHooks(e *env, cfg *config.Config, board *quota.Board) error {
	filter, err := egress.New(egress.Options{Confidential: cfg.Egress.Confidential, InternalDomains: cfg.Egress.InternalDomains})
	if err != nil {
		return usageError{cfg.At("$.egress", err.Error())}
	}
	book, err := openAudit(cfg.Path(cfg.DataDir))
	if err != nil {
		return err
	}
	o.closers = append(o.closers, book)
	o.calls = newOutsideCalls()
	o.hooks = connectors.Hooks{
		Audit: book.note, Metrics: o.calls.count, Board: board, Egress: filter.Check, EgressURL: filter.CheckURL, Logger: e.logger,
	}
	return nil
}

func (o *outside) openSearch(cfg *config.Config, i int, logger *slog.Logger) error {
	spec := &cfg.Search[i]
	at := fmt.Sprintf("$.search[%d]", i)
	contract, err := spec.Contract.Build(spec.Name, cfg.Location())
	if err != nil {
		return usageError{cfg.At(at+".contract", err.Error())}
	}
	driver, err := openDriver(cfg, spec, logger)
	if err != nil {
		return usageError{cfg.At(at, fmt.Sprintf("search %s: %v", spec.Name, err))}
	}
	if c, ok := driver.(io.Closer); ok {
		o.closers = append(o.closers, c)
	}
	o.searchers = append(o.searchers, agent.Searcher{
		Name: spec.Name, Internal: contract.Internal, Searcher: connectors.GuardSearcher(driver, contract, o.hooks),
	})
	return nil
}

func (o *outside) openFeed(e *env, cfg *config.Config, i int) error {
	spec := &cfg.Feeds[i]
	at := fmt.Sprintf("$.feeds[%d]", i)
	contract, err := spec.Contract.Build(spec.Name, cfg.Location())
	if err != nil {
		return usageError{cfg.At(at+".contract", err.Error())}
	}
	zone, err := time.LoadLocation(spec.Zone)
	if spec.Zone == "" {
		zone, err = time.LoadLocation(cfg.Timezone)
	}
	if err != nil {
		return usageError{cfg.At(at+".zone", err.Error())}
	}
	way, err := wayTo(spec.URL, spec.AllowPrivate)
	if err != nil {
		return usageError{cfg.At(at, fmt.Sprintf("feed %s: %v", spec.Name, err))}
	}
	var feed connectors.Feed
	if spec.Driver == "rss" {
		feed = rss.New(rss.Options{Options: way, URL: spec.URL, Zone: zone})
	} else {
		feed = ics.New(ics.Options{
			Options: way, URL: spec.URL, CalDAV: spec.CalDAV, Username: spec.Username, Password: spec.Password, Zone: zone, Logger: e.logger,
		})
	}
	o.feeds = append(o.feeds, scout.Feed{Name: spec.Name, URL: spec.URL, Feed: connectors.GuardFeed(feed, contract, o.hooks), Events: spec.Official})
	return nil
}

// wayTo is the way out to an address that the configuration names. Its port is one of the
// operator's choice; what is not public is reached only where it says so.
func wayTo(address string, private []string) (outward.Options, error) {
	var out outward.Options
	u, err := url.Parse(address)
	if err != nil {
		return out, errors.New("the address cannot be read")
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return out, fmt.Errorf("%s is no port", u.Port())
		}
		out.Ports = []uint16{uint16(port)}
	}
	out.AllowPrivate, err = prefixes(private)
	return out, err
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		p, err := config.Prefix(text)
		if err != nil {
			return nil, fmt.Errorf("allow_private: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// auditName is the file in the data directory that says what was asked of databases and outside.
const auditName = "audit.jsonl"

// auditLog is a file with one line of JSON for each call. Several processes may write it:
// a line is one write at the end.
type auditLog struct {
	file  *os.File
	lines *slog.Logger
}

func openAudit(dir string) (*auditLog, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, auditName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	// Only what is named below is written: the time is the call's own.
	opts := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{}
		}
		return a
	}}
	return &auditLog{file: f, lines: slog.New(slog.NewJSONHandler(f, opts))}, nil
}

// note writes a call down.
func (l *auditLog) note(ctx context.Context, r connectors.AuditRecord) {
	code := string(r.Code)
	if code == "" {
		code = "ok"
	}
	attrs := []slog.Attr{
		slog.Time("at", r.At), slog.String("system", r.System), slog.String("who", r.Caller.Principal), slog.String("question", r.Caller.Question),
		slog.String("query", r.Query), slog.String("code", code), slog.Int("found", r.Rows), slog.Bool("cached", r.Cached),
		slog.Int64("waited_ms", r.Waited.Milliseconds()), slog.Int64("took_ms", r.Took.Milliseconds()),
	}
	if r.SQL != "" {
		sql := []rune(r.SQL)
		attrs = append(attrs, slog.String("sql", string(sql[:min(len(sql), mostAudited)])))
	}
	if !r.Stale.IsZero() {
		attrs = append(attrs, slog.Time("stale", r.Stale))
	}
	l.lines.LogAttrs(ctx, slog.LevelInfo, "", attrs...)
}

// mostAudited bounds a statement in the log, in characters.
const mostAudited = 4000

// Close closes the file.
func (l *auditLog) Close() error { return l.file.Close() }

// headerOf is a header as the configuration writes it.
func headerOf(values map[string]string) http.Header {
	h := http.Header{}
	for name, value := range values {
		h.Set(name, value)
	}
	return h
}
