package connectors

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// searchTimeout bounds what has no deadline of its own: nobody waits longer for a
// search, and no call outlives who made it by more.
const searchTimeout = 30 * time.Second

// How many answers are kept where the contract allows it: some megabytes of hits, and
// some tens of megabytes of entries or pages.
const (
	mostFound   = 1000
	mostEntries = 50
	mostPages   = 20
)

// GuardSearcher returns s under its contract, as Guard does for a Source. Beyond that,
// a query leaves the company only when Hooks.Egress lets it; equal queries are asked
// once while they run, and for Contract.Cache after. Answers of an Internal system are
// never shared between callers.
func GuardSearcher(s Searcher, contract Contract, hooks Hooks) Searcher {
	return &searchGuard{src: s, guarded: newGuarded(contract, hooks, mostFound, func(f *Found) bool { return len(f.Silent) == 0 })}
}

// GuardFeed returns f under its contract. Nothing of the company's is in the call, so
// Hooks.Egress is not asked.
func GuardFeed(f Feed, contract Contract, hooks Hooks) Feed {
	return &feedGuard{src: f, guarded: newGuarded(contract, hooks, mostEntries, func([]Entry) bool { return true })}
}

// GuardPages returns p under its contract. An address is fetched only when
// Hooks.EgressURL lets it. Sites have little to do with one another: one that does not
// answer, or wants to be left alone, is left alone by itself.
func GuardPages(p Pages, contract Contract, hooks Hooks) Pages {
	g := &pageGuard{src: p, guarded: newGuarded(contract, hooks, mostPages, func(*Page) bool { return true })}
	g.sites = &sites{gate: g.gate, known: map[string]*health{}}
	return g
}

// guarded is a gate for calls whose answers can be shared.
type guarded[T any] struct {
	gate *gate
	memo *memo[T] // nil where every call is made
}

func newGuarded[T any](contract Contract, hooks Hooks, most int, whole func(T) bool) guarded[T] {
	if contract.Timeout <= 0 {
		contract.Timeout = searchTimeout
	}
	// No search or page is so heavy that it takes all the time there is: who does not answer
	// in time does not answer.
	return guarded[T]{gate: newGate(contract, hooks, CodeUnavailable, CodeTimeout), memo: newMemo(&contract, most, nil, whole)}
}

// inquiry is one call on a guarded system.
type inquiry[T any] struct {
	record AuditRecord
	key    string        // equal for calls with equal answers
	of     *health       // of the site that is called; nil for the system
	limit  time.Duration // of all the time it takes
	check  func() error
	call   func(context.Context) (T, error)
	count  func(T) int // of what the answer holds, for the books
}

// ask makes a call once its check allows it, or shares the answer of an equal one. The
// answer belongs to all who asked: callers hand out copies. Stale is when it was new, where
// it is an old one for want of room.
func (g *guarded[T]) ask(ctx context.Context, q inquiry[T]) (value T, stale time.Time, err error) {
	bounded, cancel := within(ctx, q.limit)
	defer cancel()
	record := q.record
	made := false
	if err = q.check(); err == nil {
		value, made, err = g.share(bounded, q, &record)
	}
	if g.degrades(err) {
		if old, at, ok := g.memo.old(q.key); ok {
			value, stale, err = old, at, nil
			record.Cached, record.Stale = true, at
		}
	}
	if err == nil {
		record.Rows = q.count(value)
	}
	g.gate.tell(ctx, record, made, err)
	return value, stale, err
}

// share makes a call, or takes the answer of an equal one.
func (g *guarded[T]) share(ctx context.Context, q inquiry[T], record *AuditRecord) (value T, made bool, err error) {
	if g.memo == nil {
		return pass(ctx, g.gate, q.of, record, q.call)
	}
	type trip struct {
		record AuditRecord
		made   bool
	}
	// A call has books of its own while it runs: it may outlast who began it.
	trips := make(chan trip, 1)
	value, own, err := g.memo.do(ctx, q.key, func(ctx context.Context) (T, error) {
		r := q.record
		v, made, err := pass(ctx, g.gate, q.of, &r, q.call)
		trips <- trip{r, made}
		return v, err
	})
	record.Cached = !own && err == nil
	select {
	case t := <-trips:
		record.Waited, record.Took = t.record.Waited, t.record.Took
		return value, t.made, err
	default:
		record.Waited = time.Since(record.At)
	}
	return value, false, err
}

// degrades reports whether an old answer is better than err.
func (g *guarded[T]) degrades(err error) bool {
	if g.gate.contract.WhenExhausted != Degrade || g.memo == nil {
		return false
	}
	code := CodeOf(err)
	return code == CodeExhausted || code == CodeUnavailable
}

// private makes a key one of the caller's own, where what is answered depends on who asks.
func (g *guarded[T]) private(key string, caller Caller) string {
	if g.gate.contract.Internal {
		return key + "\x00" + caller.Principal
	}
	return key
}

// out asks a hook whether text may leave.
func (g *gate) out(ctx context.Context, caller Caller, hook func(context.Context, Caller, string) error, text string) error {
	if g.contract.Internal {
		return nil
	}
	if hook == nil {
		return &Error{
			Code: CodeDenied, Message: "Nothing checks what leaves the company, so nothing is sent.",
			Korean: "회사 밖으로 나가는 내용을 확인하는 장치가 없어 보내지 않았어요.",
			Fix:    "Set the guard's egress hook.",
		}
	}
	err := hook(ctx, caller, text)
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e) && e.Code == CodeDenied:
		return err
	}
	return &Error{
		Code: CodeDenied, Message: "The query may not leave the company.",
		Korean: "이 검색어는 회사 밖으로 보낼 수 없어요.", Err: err,
	}
}

type searchGuard struct {
	src Searcher
	guarded[*Found]
}

// Search implements Searcher.
func (g *searchGuard) Search(ctx context.Context, caller Caller, query SearchQuery) (*Found, error) {
	query.Text = strings.Join(strings.Fields(norm.NFC.String(query.Text)), " ")
	record := g.gate.record(caller)
	record.Query = query.Text
	found, stale, err := g.ask(ctx, inquiry[*Found]{
		record: record,
		key:    g.private(searchKey(query), caller),
		limit:  g.gate.contract.Timeout,
		check: func() error {
			if err := wellFormed(query); err != nil {
				return err
			}
			return g.gate.out(ctx, caller, g.gate.hooks.Egress, query.Text)
		},
		call:  func(ctx context.Context) (*Found, error) { return g.src.Search(ctx, caller, query) },
		count: func(f *Found) int { return len(f.Hits) },
	})
	if err != nil {
		return nil, err
	}
	out := &Found{Hits: slices.Clone(found.Hits), Silent: slices.Clone(found.Silent), Stale: stale}
	if !stale.IsZero() {
		out.Silent = append(out.Silent, fmt.Sprintf("%s: found %s ago, for there is no room for a new search", g.gate.contract.Name, time.Since(stale).Round(time.Minute)))
	}
	return out, nil
}

// maxQuery bounds a query's characters. Nobody searches for a page of text; what is
// that long was pasted.
const maxQuery = 2000

var (
	languageForm = regexp.MustCompile(`^[a-z]{2,3}$`)
	marketForm   = regexp.MustCompile(`^[A-Z]{2}$`)
)

// wellFormed keeps a query from saying more than its Text does.
func wellFormed(q SearchQuery) *Error {
	switch {
	case q.Text == "":
		return &Error{Code: CodeBadData, Message: "There is nothing to search for.", Korean: "검색할 말이 없어요."}
	case utf8.RuneCountInString(q.Text) > maxQuery:
		return &Error{Code: CodeBadData, Message: "This is too long to search for.", Korean: "검색하기에는 너무 길어요."}
	case q.Language != "" && !languageForm.MatchString(q.Language), q.Market != "" && !marketForm.MatchString(q.Market):
		return Errorf(CodeBadData, "A language is a code such as ko, a market one such as KR.")
	case !q.After.IsZero() && !q.Before.IsZero() && q.Before.Before(q.After):
		return &Error{Code: CodeBadData, Message: "The period ends before it begins.", Korean: "기간의 끝이 시작보다 앞이에요."}
	}
	return nil
}

func searchKey(q SearchQuery) string {
	return fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%s\x00%d", strings.ToLower(q.Text), q.Language, q.Market,
		q.After.UTC().Format(time.RFC3339), q.Before.UTC().Format(time.RFC3339), q.Max)
}

type feedGuard struct {
	src Feed
	guarded[[]Entry]
}

// Entries implements Feed.
func (g *feedGuard) Entries(ctx context.Context, caller Caller, from, to time.Time) ([]Entry, error) {
	entries, stale, err := g.ask(ctx, inquiry[[]Entry]{
		record: g.gate.record(caller),
		key:    g.private(from.Format(time.RFC3339)+" "+to.Format(time.RFC3339), caller),
		limit:  g.gate.contract.Timeout,
		check:  func() error { return nil },
		call:   func(ctx context.Context) ([]Entry, error) { return g.src.Entries(ctx, caller, from, to) },
		count:  func(e []Entry) int { return len(e) },
	})
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].Stale = stale
	}
	return entries, err
}

type pageGuard struct {
	src Pages
	guarded[*Page]
	sites *sites
}

// maxAddress bounds an address in bytes: nothing that is longer is looked at, or kept in
// the books whole.
const maxAddress = 8 << 10

// mostSites is how many sites' health is remembered. Who forgets one asks it again.
const mostSites = 1000

// sites are the hosts that pages were asked of.
type sites struct {
	gate *gate

	mu    sync.Mutex
	known map[string]*health // by host; guarded by mu
	order []string           // the hosts of known, oldest first; guarded by mu
}

// of is the health of the host of an address. What is no address is refused by the driver,
// which says nothing of any site.
func (s *sites) of(address string) *health {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	host := strings.ToLower(u.Host)
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.known[host]; ok {
		return h
	}
	if len(s.order) == mostSites {
		delete(s.known, s.order[0])
		s.order = s.order[1:]
	}
	h := s.gate.newHealth(s.gate.contract.Name + " " + host)
	s.known[host], s.order = h, append(s.order, host)
	return h
}

// Page implements Pages.
func (g *pageGuard) Page(ctx context.Context, caller Caller, address string) (*Page, error) {
	record := g.gate.record(caller)
	record.Query = address[:min(len(address), maxAddress)]
	page, _, err := g.ask(ctx, inquiry[*Page]{
		record: record,
		key:    g.private(address, caller),
		limit:  g.gate.contract.Timeout,
		of:     g.sites.of(address),
		check: func() error {
			if len(address) > maxAddress {
				return &Error{Code: CodeDenied, Message: "This address is too long to be read.", Korean: "주소가 너무 길어 읽지 않아요."}
			}
			return g.gate.out(ctx, caller, g.gate.hooks.EgressURL, address)
		},
		call:  func(ctx context.Context) (*Page, error) { return g.src.Page(ctx, caller, address) },
		count: func(*Page) int { return 1 },
	})
	if err != nil {
		return nil, err
	}
	copied := *page
	copied.Body = slices.Clone(page.Body)
	return &copied, nil
}
