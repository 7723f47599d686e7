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

// guarded is a gate for calls that only read text from elsewhere, whose answers can be
// shared.
type guarded[T any] struct {
	gate *gate
	memo *memo[T]
}

func newGuarded[T any](contract Contract, hooks Hooks, most int, whole func(T) bool) guarded[T] {
	if contract.Timeout <= 0 {
		contract.Timeout = searchTimeout
	}
	// No search or page is so heavy that it takes all the time there is: who does not answer
	// in time does not answer.
	return guarded[T]{gate: newGate(contract, hooks, CodeUnavailable, CodeTimeout), memo: newMemo(contract.Cache, most, whole)}
}

// inquiry is one call on a guarded system.
type inquiry[T any] struct {
	record AuditRecord
	key    string  // equal for calls with equal answers
	of     *health // of what is called; nil for the system
	check  func() error
	call   func(context.Context) (T, error)
	count  func(T) int // of what the answer holds, for the books
}

// ask makes a call once its check allows it, or shares the answer of an equal one. The
// answer belongs to all who asked: callers hand out copies.
func (g *guarded[T]) ask(ctx context.Context, q inquiry[T]) (T, error) {
	bounded, cancel := within(ctx, g.gate.contract.Timeout)
	defer cancel()
	if g.gate.contract.Internal {
		q.key += "\x00" + q.record.Caller.Principal
	}
	// A call has books of its own while it runs: it may outlast who began it.
	made := make(chan AuditRecord, 1)
	record := q.record
	var value T
	if q.of == nil {
		q.of = g.gate.own
	}
	err := q.check()
	if err == nil {
		var own bool
		value, own, err = g.memo.do(bounded, q.key, func(ctx context.Context) (T, error) {
			r := q.record
			v, err := pass(ctx, g.gate, q.of, &r, q.call)
			made <- r
			return v, err
		})
		record.Cached = !own && err == nil
	}
	if err == nil {
		record.Rows = q.count(value)
	}
	select {
	case r := <-made:
		record.Waited, record.Took = r.Waited, r.Took
	default:
		record.Waited = time.Since(record.At)
	}
	g.gate.tell(ctx, record, err)
	return value, err
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
	found, err := g.ask(ctx, inquiry[*Found]{
		record: record,
		key:    searchKey(query),
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
	return &Found{Hits: slices.Clone(found.Hits), Silent: slices.Clone(found.Silent)}, nil
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
	entries, err := g.ask(ctx, inquiry[[]Entry]{
		record: g.gate.record(caller),
		key:    from.Format(time.RFC3339) + " " + to.Format(time.RFC3339),
		check:  func() error { return nil },
		call:   func(ctx context.Context) ([]Entry, error) { return g.src.Entries(ctx, caller, from, to) },
		count:  func(e []Entry) int { return len(e) },
	})
	return slices.Clone(entries), err
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
	page, err := g.ask(ctx, inquiry[*Page]{
		record: record,
		key:    address,
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
