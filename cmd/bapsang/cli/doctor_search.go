package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/mcp"
	"github.com/bapsang/bapsang/connectors/quota"
)

// harmless is what a check searches for: a day that everybody knows.
const harmless = "추석"

// doctorCaller is whom the audit log names for a check.
var doctorCaller = connectors.Caller{Principal: "cli:doctor"}

// checkOutside looks at what a configuration names outside, each by one harmless call.
func checkOutside(e *env, cfg *config.Config, look func(string, func(context.Context) []bot.Finding)) {
	if len(cfg.Search)+len(cfg.Feeds) == 0 && cfg.Pages == nil {
		return
	}
	o, err := openOutside(e, cfg, quota.New(quota.Options{}))
	if err != nil {
		look("search", func(context.Context) []bot.Finding {
			return []bot.Finding{{Name: "open", State: bot.Broken, Text: sentence(err)}}
		})
		return
	}
	defer func() {
		if err := o.Close(); err != nil {
			e.logger.WarnContext(e.ctx, "a search did not close", "error", err)
		}
	}()
	for i := range cfg.Search {
		look("search "+cfg.Search[i].Name, func(ctx context.Context) []bot.Finding {
			return checkSearch(ctx, e, cfg, &cfg.Search[i], o.searchers[i])
		})
	}
	for i := range cfg.Feeds {
		look("feed "+cfg.Feeds[i].Name, func(ctx context.Context) []bot.Finding { return checkFeed(ctx, e, cfg, &cfg.Feeds[i], o.feeds[i]) })
	}
	look("pages", func(context.Context) []bot.Finding { return checkPages(cfg) })
}

func checkSearch(ctx context.Context, e *env, cfg *config.Config, s *config.Search, searcher connectors.Searcher) []bot.Finding {
	out := []bot.Finding{agreed(true, s.Contract.Contract, e.now()), agreedQuota(s.Contract), reach(s)}
	if s.Driver == "mcp" {
		pinned, ok := checkPinned(ctx, e, cfg, s)
		if out = append(out, pinned); !ok {
			return out
		}
	}
	began := time.Now()
	found, err := searcher.Search(ctx, doctorCaller, connectors.SearchQuery{Text: harmless, Language: "ko", Market: "KR", Max: 3})
	if err != nil {
		return append(out, trouble("search", err))
	}
	f := bot.Finding{Name: "search", State: bot.Fine, Text: fmt.Sprintf("found %d for ‘%s’ in %s", len(found.Hits), harmless, time.Since(began).Round(time.Millisecond))}
	if len(found.Silent) > 0 {
		f.State, f.Text = bot.Warning, f.Text+"; silent: "+strings.Join(found.Silent, ", ")
		f.Fix = "What is silent finds nothing. Look at the engines of the instance; one that refused it is asked again after minutes to days."
	}
	return append(out, f)
}

// agreedQuota says how much may be asked.
func agreedQuota(c config.OutsideContract) bot.Finding {
	f := bot.Finding{Name: "quota", State: bot.Fine, Text: c.Rate}
	if c.Rate == "" {
		f.State, f.Text = bot.Warning, "no rate"
		f.Fix = "Write what the plan allows as contract: {rate: 30/m}, so that it is not used up by surprise. docs/search.md says what each service allows."
	}
	if c.Name != "" {
		f.Text += ", shared under the name " + c.Name
	}
	if c.Cache != "" {
		f.Text += "; answers are given again for " + c.Cache
	}
	return f
}

// reach says who sees what the search finds.
func reach(s *config.Search) bot.Finding {
	if !s.Contract.Internal {
		return bot.Finding{Name: "reach", State: bot.Fine, Text: "outside: queries are of the question's words, filtered and written to " + auditName}
	}
	return bot.Finding{
		Name: "reach", State: bot.Warning, Text: "the company's own: everybody who may ask finds what its account may see",
		Fix: "Give it an account that sees no more than everybody may.",
	}
}

// checkPinned looks whether an MCP tool is the one that somebody approved.
func checkPinned(ctx context.Context, e *env, cfg *config.Config, s *config.Search) (f bot.Finding, ok bool) {
	f = bot.Finding{Name: "tool " + s.Tool, State: bot.Broken}
	server, err := openMCP(cfg, s, e.logger)
	if err != nil {
		f.Text = sentence(err)
		return f, false
	}
	defer func() { _ = server.Close() }() // its process is ended; there is nothing to add
	tool, err := server.Describe(ctx)
	switch {
	case err != nil:
		return trouble(f.Name, err), false
	case tool.Fingerprint == s.Approved:
		f.State, f.Text = bot.Fine, "is the one that was approved"
		return f, true
	}
	f.Text = "was approved by nobody"
	if s.Approved != "" {
		f.Text = "is not the one that was approved"
	}
	f.Fix = approval(tool)
	return f, false
}

// mostTold bounds what a server's words take of a report, in characters.
const mostTold = 2000

// approval tells what somebody is to read before a tool is called. Its words are a
// stranger's, and must not steer the terminal.
func approval(t *mcp.Tool) string {
	words := func(s string) string {
		r := []rune(visible(strings.Join(strings.Fields(s), " ")))
		if len(r) > mostTold {
			return string(r[:mostTold-1]) + "…"
		}
		return string(r)
	}
	return fmt.Sprintf("Read what it says of itself, and if it may be called write approved: %q\n%s\n%s", t.Fingerprint, words(t.Description), words(t.InputSchema))
}

// trouble is a failed call: what may be shown, and what to do.
func trouble(name string, err error) bot.Finding {
	f := bot.Finding{Name: name, State: bot.Broken, Text: sentence(err)}
	var e *connectors.Error
	if errors.As(err, &e) {
		f.Text, f.Fix = e.Message, e.Fix
		if e.Code == connectors.CodeExhausted {
			f.State = bot.Warning
		}
		if f.Fix == "" && e.Code == connectors.CodeUnavailable {
			f.Fix = "Look at the address, and whether it can be reached from here."
		}
	}
	return f
}

func checkFeed(ctx context.Context, e *env, cfg *config.Config, f *config.Feed, feed scout.Feed) []bot.Finding {
	out := []bot.Finding{agreed(true, f.Contract.Contract, e.now())}
	for _, id := range f.Official {
		if _, known := calendar.Default().Event(id); !known && cfg.Calendar.EventsDir == "" {
			out = append(out, bot.Finding{Name: "official", State: bot.Warning, Text: "there is no event " + id, Fix: "Write an event's id as docs/calendar.md lists them, such as amazon.prime_day."})
		}
	}
	from := e.now().UTC().Truncate(24 * time.Hour)
	entries, err := feed.Feed.Entries(ctx, doctorCaller, from, from.AddDate(1, 0, 0))
	if err != nil {
		found := trouble("feed", err)
		if u, perr := url.Parse(f.URL); perr == nil && connectors.CodeOf(err) == connectors.CodeDenied && private(u.Hostname()) {
			found.Fix = "It is not on the public internet. If it is yours, write allow_private: [its address]."
		}
		return append(out, found)
	}
	return append(out, bot.Finding{Name: "feed", State: bot.Fine, Text: fmt.Sprintf("%d entries in the year to come", len(entries))})
}

// private reports whether a host is written as an address, or as a name without a dot.
func private(host string) bool { return net.ParseIP(host) != nil || !strings.Contains(host, ".") }

func checkPages(cfg *config.Config) []bot.Finding {
	if cfg.Pages != nil && cfg.Pages.Contact != "" {
		return []bot.Finding{{Name: "contact", State: bot.Fine, Text: "sites may write to " + cfg.Pages.Contact}}
	}
	return []bot.Finding{{
		Name: "contact", State: bot.Warning, Text: "sites are not told whom to write to",
		Fix: "Write pages: {contact: \"https://www.example.com/bot\"}; sites block robots that name nobody.",
	}}
}
