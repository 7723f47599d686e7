package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// Searcher is a search behind its guard, by the name that the configuration gives it.
type Searcher struct {
	Name string
	// Internal marks a search of the company's own documents.
	Internal bool
	connectors.Searcher
}

// The most that a search brings: hits of all searchers, and of each one's text.
const (
	maxHits    = 8
	maxTitle   = 120
	maxSnippet = 500
	maxSearch  = 200 // characters of a query
)

// searchTool is what the tool is called in the audit log where no searcher was asked.
const searchTool = "web_search"

// search is the tool by which a model looks outside. What it may look for are words of the
// question and public names of the calendar, and only before it has seen a figure: neither
// what it was told by a page nor what it read in rows can leave in a query.
func (r *run) search() think.Tool {
	return think.Tool{
		Spec: llm.Tool{
			Name: searchTool,
			Description: "Search the web (and the company's documents, where configured) for what the data do not hold: news, announced dates. Before any query of the data, or not at all. " +
				"The query is made of words of the question and names of events, nothing else. Put the number of its source, [1], into every sentence that says what a result says.",
			Parameters: json.RawMessage(`{"type":"object","properties":{` +
				`"query":{"type":"string","description":"a few words of the question"},"language":{"type":"string","enum":["ko","en"]}},"required":["query"]}`),
		},
		Outbound: true,
		Refused: func(ctx context.Context, raw json.RawMessage) {
			var in struct{ Query string }
			_ = json.Unmarshal(raw, &in) // what cannot be read is noted too
			r.auditRefusal(ctx, in.Query)
		},
		Run: func(ctx context.Context, raw json.RawMessage) (think.ToolResult, error) {
			var in struct{ Query, Language string }
			if !readable(raw, &in) {
				return unreadable(), nil
			}
			query := plainQuery(in.Query, r.q.Text)
			if problem := r.unaskable(query); problem != "" {
				r.auditRefusal(ctx, query)
				return think.ToolResult{Text: "Error: " + problem}, nil
			}
			if in.Language != "ko" && in.Language != "en" {
				in.Language = r.q.Language
			}
			r.step(Step{Text: fmt.Sprintf(searchWordsFor(r.q.Language).searching, query)})
			return r.searchAll(ctx, query, in.Language), nil
		},
	}
}

// plainQuery is a query of words, numbers and the signs within them: others could say
// something by themselves, unless the question has them.
func plainQuery(query, question string) string {
	question = norm.NFKC.String(question)
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || strings.ContainsRune(".'-&", r) || strings.ContainsRune(question, r) {
			return r
		}
		return ' '
	}, norm.NFKC.String(query))), " ")
}

// searchable reports whether this question may look outside: figures of earlier answers
// are in the conversation from its beginning.
func (r *run) searchable() bool {
	return len(r.agent.cfg.Searchers) > 0 && !slices.ContainsFunc(r.q.Before, func(t Turn) bool { return t.Said != "" })
}

// auditRefusal notes a query that reached no searcher.
func (r *run) auditRefusal(ctx context.Context, query string) {
	if r.agent.cfg.Audit != nil {
		r.agent.cfg.Audit(context.WithoutCancel(ctx), connectors.AuditRecord{
			At: r.agent.cfg.Now(), System: searchTool, Caller: r.caller(), Query: query, Code: connectors.CodeDenied,
		})
	}
}

func (r *run) caller() connectors.Caller {
	return connectors.Caller{Principal: r.q.Asker, Question: r.q.ID}
}

// unaskable says why a query may not be asked; it is for the model. Every word stands in
// the question or is of a name that everybody knows, and every number stands there or is a
// year about now.
func (r *run) unaskable(query string) string {
	switch {
	case query == "":
		return "the query is empty"
	case utf8.RuneCountInString(query) > maxSearch:
		return "the query is too long; search for a few words"
	}
	said := newSayable(r.q.Text, r.q.Now.Year())
	for _, word := range wordsAndNumbers(query) {
		if !said.may(word) {
			return fmt.Sprintf("%q stands neither in the question nor in an event's name. A query is made of these alone, so nothing else can leave", word)
		}
	}
	return ""
}

// sayable are the words that a query may have.
type sayable struct {
	words   []string // of the question
	squeeze string   // the question's letters in one piece
	names   map[string]bool
	year    int
}

func newSayable(question string, year int) *sayable {
	s := &sayable{words: wordsAndNumbers(norm.NFKC.String(question)), names: map[string]bool{}, year: year}
	s.squeeze = strings.Join(s.words, "")
	// The company's own events are not public: a launch is nobody's business.
	for _, e := range calendar.Default().Events() {
		for _, name := range append([]string{e.Name.Ko, e.Name.En}, e.Aliases...) {
			for _, w := range wordsAndNumbers(name) {
				s.names[w] = true
			}
		}
	}
	return s
}

// may reports whether a query may have a word. In Korean the question's words carry
// particles and are joined as people like, so part of its letters is enough.
func (s *sayable) may(word string) bool {
	if slices.Contains(s.words, word) || s.names[word] {
		return true
	}
	if n, err := strconv.Atoi(word); err == nil {
		return n >= s.year-1 && n <= s.year+2
	}
	first, _ := utf8.DecodeRuneInString(word)
	if unicode.IsDigit(first) {
		return false
	}
	if unicode.Is(unicode.Latin, first) {
		return utf8.RuneCountInString(word) > 2 && slices.ContainsFunc(s.words, func(w string) bool { return strings.HasPrefix(w, word) })
	}
	return utf8.RuneCountInString(word) > 1 && strings.Contains(s.squeeze, word)
}

// wordsAndNumbers are the runs of letters, and those of digits, in small letters.
func wordsAndNumbers(s string) []string {
	var out []string
	var run []rune
	kind := 0 // 1 for letters, 2 for digits
	flush := func() {
		if len(run) > 0 {
			out = append(out, strings.ToLower(string(run)))
		}
		run = run[:0]
	}
	for _, r := range s {
		now := 0
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			now = 1
		case unicode.IsNumber(r):
			now = 2
		}
		if now != kind {
			flush()
		}
		if kind = now; now != 0 {
			run = append(run, r)
		}
	}
	flush()
	return out
}

// searchAll asks every searcher at once and joins what they found, best first of each in
// turn.
func (r *run) searchAll(ctx context.Context, query, language string) think.ToolResult {
	r.answer.passing = true
	searchers := r.agent.cfg.Searchers
	market := map[string]string{"ko": "KR"}[language]
	found, errs := make([]*connectors.Found, len(searchers)), make([]error, len(searchers))
	var all sync.WaitGroup
	for i, s := range searchers {
		all.Go(func() {
			found[i], errs[i] = s.Search(ctx, r.caller(), connectors.SearchQuery{Text: query, Language: language, Market: market, Max: maxHits})
		})
	}
	all.Wait()
	var out think.ToolResult
	var silent []string
	answered := false
	for i, s := range searchers {
		if errs[i] != nil {
			r.agent.cfg.Logger.WarnContext(ctx, "agent: a search failed", "question", r.q.ID, "search", s.Name, "error", errs[i])
			silent = append(silent, s.Name)
			r.unsearched(s.Name, errs[i])
			continue
		}
		answered = true
		silent = append(silent, found[i].Silent...)
		if !found[i].Stale.IsZero() {
			r.searched.note(found[i].Stale)
		}
	}
	for n := 0; n < maxHits; n++ {
		for i := range searchers {
			if found[i] == nil || n >= len(found[i].Hits) || len(out.Sources) == maxHits {
				continue
			}
			if source, ok := sourceOf(found[i].Hits[n], searchers[i].Internal); ok {
				out.Sources = append(out.Sources, source)
			}
		}
	}
	switch {
	case !answered:
		out.Text = "The search does not answer. Say so, and say nothing that only a search could know."
	case len(out.Sources) == 0:
		out.Text = "Nothing was found."
	default:
		out.Text = "Cite what you use by its number, [1]."
	}
	if len(silent) > 0 {
		out.Text += " Did not answer: " + strings.Join(silent, ", ") + "."
	}
	return out
}

// sourceOf is a hit as a source, unless it is one that cannot be shown: people open it.
func sourceOf(h connectors.Hit, internal bool) (think.Source, bool) {
	u, err := url.Parse(h.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return think.Source{}, false
	}
	s := think.Source{Title: cutRunes(h.Title, maxTitle), URL: u.String(), Text: cutRunes(h.Snippet, maxSnippet), Internal: internal || h.Internal}
	if s.Title == "" {
		s.Title = u.Host
	}
	if !h.Published.IsZero() {
		s.Date = h.Published.Format(time.DateOnly)
	}
	return s, true
}

func cutRunes(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// unsearched notes, for the asker, that a search did not work, and why where it says.
func (r *run) unsearched(name string, err error) {
	w := searchWordsFor(r.q.Language)
	why := w.failed
	var e *connectors.Error
	if errors.As(err, &e) && (e.Korean != "" || r.q.Language != "ko") {
		why = e.Text(r.q.Language)
	}
	line := fmt.Sprintf(w.unsearched, name, why)
	if !slices.Contains(r.notSearched, line) {
		r.notSearched = append(r.notSearched, line)
	}
}

// cite hands over the sources of an answer, and says which searches did not work.
func (r *run) cite(out *think.Outcome) {
	r.answer.passing = r.answer.passing || len(out.Sources) > 0 // taken up again, perhaps
	for _, s := range out.Sources {
		r.answer.Citations = append(r.answer.Citations, Citation{Title: s.Title, URL: s.URL})
	}
	if len(r.notSearched) > 0 {
		r.answer.Text = strings.TrimSpace(r.answer.Text + "\n\n" + strings.Join(r.notSearched, "\n"))
	}
}

// searchWords are what is said around a search, in one language.
type searchWords struct{ searching, unsearched, failed string }

func searchWordsFor(language string) *searchWords {
	if language == "ko" {
		return &searchWords{searching: "웹에서 ‘%s’ 찾는 중 …", unsearched: "검색(%s)은 하지 못했어요: %s", failed: "검색이 되지 않아요."}
	}
	return &searchWords{searching: "Searching for ‘%s’ …", unsearched: "The search %s did not work: %s", failed: "It cannot be reached."}
}
