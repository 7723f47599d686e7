package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// A question may name a value that the profile of a column does not list: of a large table
// it lists those of a sample, and 2,000 at the most. Whether such a word is a value is
// asked of the source, so sparingly that nobody is surprised: one statement for a field,
// of the few fields that may have it, and each word once until the data change.
const (
	maxLookupFields = 4
	maxLookupWords  = 3
	maxLookedUp     = 1000 // words remembered
	lookupTimeout   = 3 * time.Second
	// sampledRows is from how many rows on drivers profile a sample.
	sampledRows = 200_000
)

// unlisted are the fields that may have values beside those that are known.
func unlisted(ctx context.Context, an *Analyst, catalog *connectors.Catalog, tables map[string]*connectors.Table, values map[string][]compose.ValueCount) ([]string, error) {
	type field struct {
		ref  string
		name bool
	}
	var out []field
	for _, d := range an.Model.Datasets {
		table := tables[d.Table()]
		if d.Hidden || table == nil {
			continue
		}
		_, dialect, err := homeOf(ctx, an, catalog, d)
		if err != nil {
			return nil, fmt.Errorf("values of %s: %w", d.Name, err)
		}
		for _, f := range d.Fields {
			ref := d.Name + "." + f.Name
			c := table.Column(fieldColumn(f))
			if f.Hidden || f.Kind != semantic.Categorical || c == nil || c.Kind != connectors.KindText {
				continue
			}
			known := len(values[ref])
			// DuckDB reads all rows for a profile, so that only the list is cut.
			sampled := table.Rows > sampledRows && dialect != semantic.DuckDB.Name
			if known >= connectors.MaxProfileValues || sampled || c.Profile != nil && c.Profile.Distinct > int64(known) {
				out = append(out, field{ref, f.IsName})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b field) int { // things are asked for by their names first
		switch {
		case a.name == b.name:
			return 0
		case a.name:
			return -1
		}
		return 1
	})
	refs := make([]string, min(len(out), maxLookupFields))
	for i := range refs {
		refs[i] = out[i].ref
	}
	return refs, nil
}

// lookedUp remembers what words were found as, for one state of the data.
type lookedUp struct {
	mu    sync.Mutex
	words map[string]map[string][]string // word → field → values
}

func (l *lookedUp) get(word string) (found map[string][]string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok = l.words[word]
	return found, ok
}

func (l *lookedUp) put(word string, found map[string][]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.words == nil || len(l.words) >= maxLookedUp {
		l.words = map[string]map[string][]string{}
	}
	l.words[word] = found
}

// lookUp tries a question again whose words nothing explains, where they are values that
// only the source knows. Where they are not, the attempt stays as it is.
func (a *Agent) lookUp(ctx context.Context, p *prepared, q *Question, at attempt) (*prepared, attempt) {
	if at.outcome.Declined != compose.DeclineUnknown || len(p.unlisted) == 0 || !q.allows(Compose) {
		return p, at
	}
	strangers := wholeWords(q.Text, at.outcome.Unknown)
	if len(strangers) == 0 || len(strangers) > maxLookupWords {
		return p, at
	}
	values := map[string][]compose.ValueCount{}
	for _, s := range strangers {
		if !s.noun {
			return p, at
		}
		found, ok := p.looked.get(s.text)
		if !ok {
			var err error
			if found, err = a.find(ctx, p, q, s.text); err != nil {
				a.cfg.Logger.InfoContext(ctx, "agent: a word was not looked up", "analyst", p.Name, "error", err)
				return p, at
			}
			p.looked.put(s.text, found)
		}
		if len(found) == 0 {
			return p, at // one stays unknown, whatever the others are
		}
		for ref, list := range found {
			for _, v := range list {
				values[ref] = append([]compose.ValueCount{{Text: v}}, values[ref]...)
			}
		}
	}
	more := &prepared{Analyst: p.Analyst, catalog: p.catalog, tables: p.tables, from: p.from, until: p.until, ranges: p.ranges, patterns: p.patterns, joint: p.joint,
		lexicon: p.lexicon.With(values), unlisted: p.unlisted, looked: p.looked}
	if again := a.try(more, q); again.outcome.Plan != nil || again.outcome.Clarify != nil {
		return more, again
	}
	return p, at
}

// find asks the source which of its unlisted fields have the word as a value, as it is
// written or with other capitals.
func (a *Agent) find(ctx context.Context, p *prepared, q *Question, word string) (map[string][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	forms := []any{word}
	for _, form := range []string{strings.ToLower(word), strings.ToUpper(word), capitalised(word)} {
		if !slices.Contains(forms, any(form)) {
			forms = append(forms, form)
		}
	}
	found := map[string][]string{}
	for _, ref := range p.unlisted {
		d, _ := p.Model.Field(ref)
		source, dialect, err := homeOf(ctx, p.Analyst, p.catalog, d)
		if err != nil {
			return nil, err
		}
		compiled, err := p.Model.Compile(semantic.Query{
			Dimensions: []semantic.Dimension{{Field: ref}}, Filters: []semantic.Filter{{Field: ref, Op: semantic.In, Values: forms}}, Limit: len(forms),
		}, semantic.CompileOptions{Dialect: semantic.DialectOf(dialect)})
		if err != nil {
			continue // a field that no query can have
		}
		res, err := source.Query(ctx, connectors.Caller{Principal: q.Asker, Question: q.ID, Rights: think.Everybody},
			connectors.Statement{SQL: compiled.SQL, Tables: compiled.Tables, MaxRows: len(forms)})
		if err != nil {
			return nil, err
		}
		for _, row := range res.Rows {
			if s, ok := row[0].(string); ok {
				found[ref] = append(found[ref], s)
			}
		}
	}
	return found, nil
}

// capitalised writes a word with a capital and small letters.
func capitalised(word string) string {
	r := []rune(word)
	if len(r) == 0 {
		return word
	}
	return strings.ToUpper(string(r[:1])) + strings.ToLower(string(r[1:]))
}
