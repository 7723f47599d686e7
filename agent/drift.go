package agent

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// fit is an analyst fitted to the catalogue it was last asked on.
type fit struct {
	of      *Analyst
	catalog *connectors.Catalog
	fitted  *Analyst
	drift   drift
}

// maxChanges is how many changes of a catalogue are told one by one.
const maxChanges = 20

// follow returns the analyst as it is on the catalogue: where tables or columns are others
// than before, or profiles have come that there were none of, a drafted model is drafted
// again, and what no longer fits a written one is told. Rows that change do not count: a
// model that changed its words with every order would be none to rely on.
func (a *Agent) follow(ctx context.Context, f *fit, an *Analyst, catalog *connectors.Catalog) *Analyst {
	if an.Follow == nil {
		return an
	}
	if f.of != an {
		*f = fit{of: an} // made of a look that may be older than this one
	}
	var changes []connectors.Change
	if f.catalog != nil {
		changes = connectors.Changes(f.catalog, catalog)
		if len(changes) == 0 && profiles(catalog) <= profiles(f.catalog) {
			return f.fitted
		}
	}
	fitted := an.Follow(catalog)
	copied := *an
	copied.Model, copied.Examples = fitted.Model, fitted.Examples
	if len(changes) > 0 {
		f.drift = f.drift.after(changes, f.fitted.Model, fitted.Model, a.cfg.Now())
		told, more := connectors.ChangeTexts(changes, maxChanges)
		level := slog.LevelInfo
		if slices.ContainsFunc(changes, func(c connectors.Change) bool { return takesAway(c.What) }) {
			level = slog.LevelWarn
		}
		a.cfg.Logger.Log(ctx, level, "agent: the tables changed", "analyst", an.Name, "owner", an.Owner, "changes", told, "more", more)
	}
	f.catalog, f.fitted = catalog, &copied
	a.keepDrift(an, f.drift)
	if len(fitted.Misfits) > 0 {
		a.cfg.Logger.WarnContext(ctx, "agent: the analyst does not fit its tables", "analyst", an.Name, "owner", an.Owner, "problems", strings.Join(fitted.Misfits, "; "))
	}
	return &copied
}

// profiles counts the columns whose values are known.
func profiles(c *connectors.Catalog) int {
	n := 0
	for _, t := range c.Tables {
		for _, col := range t.Columns {
			if col.Profile != nil {
				n++
			}
		}
	}
	return n
}

// drift is how the tables of an analyst differ from those that it was first asked on, oldest
// change first.
type drift []drifted

// drifted is a change, and what of the model it takes away or hits.
type drifted struct {
	connectors.Change
	at  time.Time
	hit []hitName
}

// hitName is a metric or a field that a change is about.
type hitName struct {
	ref   string // a metric's name, or "dataset.field"
	label semantic.Label
	words []string
	lost  bool // nothing is called so any more
}

// maxDrift bounds the changes that are remembered of an analyst.
const maxDrift = 200

// after is the drift with more changes, which were made of the model before. A table or a
// column that is back has not changed.
func (d drift) after(changes []connectors.Change, before, after *semantic.Model, now time.Time) drift {
	out := slices.Clone(d)
	for _, c := range changes {
		if n := slices.IndexFunc(out, func(x drifted) bool { return undoes(c, x.Change) }); n >= 0 {
			out = slices.Delete(out, n, n+1)
			if c.What != connectors.TableRemoved && c.What != connectors.ColumnRemoved {
				continue // what came and went is gone all the same
			}
		}
		switch {
		case takesAway(c.What):
			out = append(out, drifted{c, now, hitBy(c, before, after)})
		case c.What == connectors.TableAdded || c.What == connectors.ColumnAdded:
			out = append(out, drifted{Change: c, at: now})
		}
	}
	return out[max(len(out)-maxDrift, 0):]
}

// takesAway reports whether a change may leave something without what it is computed from.
func takesAway(what connectors.ChangeKind) bool {
	return what == connectors.TableRemoved || what == connectors.ColumnRemoved || what == connectors.TypeChanged
}

// undoes reports whether a change takes an earlier one back.
func undoes(c, earlier connectors.Change) bool {
	if c.Table != earlier.Table || c.Column != earlier.Column {
		return false
	}
	switch c.What {
	case connectors.TableAdded:
		return earlier.What == connectors.TableRemoved
	case connectors.TableRemoved:
		return earlier.What == connectors.TableAdded
	case connectors.ColumnAdded:
		return earlier.What == connectors.ColumnRemoved
	case connectors.ColumnRemoved:
		return earlier.What == connectors.ColumnAdded
	case connectors.TypeChanged:
		return earlier.What == connectors.TypeChanged && earlier.Before == c.After
	}
	return false
}

// hitBy finds the fields of a model that a change is about, and the metrics made of them. A
// drafted model has drafted others since; a written one still has what cannot be computed.
func hitBy(c connectors.Change, before, after *semantic.Model) []hitName {
	var out []hitName
	var refs []string
	gone := c.What != connectors.TypeChanged
	for _, d := range before.Datasets {
		if d.Table() != c.Table {
			continue
		}
		for _, f := range d.Fields {
			if c.Column != "" && fieldColumn(f) != c.Column {
				continue
			}
			ref := d.Name + "." + f.Name
			refs = append(refs, ref)
			_, kept := after.Field(ref)
			if !f.Hidden && !d.Hidden {
				out = append(out, hitName{ref, f.Label, wordsOf(f.Label, f.Name, f.Synonyms), gone && (kept == nil || before == after)})
			}
		}
		if c.Column == "" {
			refs = append(refs, d.Name+".*")
		}
	}
	for _, m := range before.Metrics {
		uses := slices.ContainsFunc(refs, func(ref string) bool {
			return m.Time == ref || slices.ContainsFunc(expressions(m), func(e string) bool { return mentions(e, ref) })
		})
		if uses && !m.Hidden {
			out = append(out, hitName{m.Name, m.Label, wordsOf(m.Label, m.Name, m.Synonyms), gone && (after.Metric(m.Name) == nil || before == after)})
		}
	}
	return out
}

// mentions reports whether an expression names a field, quoted or not.
func mentions(expr, ref string) bool {
	expr = strings.ReplaceAll(expr, `"`, "")
	for at := 0; ; {
		n := strings.Index(expr[at:], ref)
		if n < 0 {
			return false
		}
		from, to := at+n, at+n+len(ref)
		if (from == 0 || !inName(expr[from-1])) && (to == len(expr) || !inName(expr[to])) {
			return true
		}
		at = to
	}
}

func inName(b byte) bool {
	return b == '_' || b == '.' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= 0x80
}

// wordsOf are what something is called, as questions are compared.
func wordsOf(label semantic.Label, name string, synonyms []string) []string {
	var out []string
	for _, w := range append([]string{label.Ko, label.En, name}, synonyms...) {
		if w = squeeze(w); len([]rune(w)) > 1 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// keepDrift has Drifts tell of an analyst.
func (a *Agent) keepDrift(an *Analyst, d drift) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(d) == 0 {
		delete(a.drifts, an.Name)
		return
	}
	if a.drifts == nil {
		a.drifts = map[string]Drift{}
	}
	told := Drift{Analyst: an.Name, Owner: an.Owner, Since: d[0].at}
	for _, x := range d {
		told.Changes = append(told.Changes, x.Change)
		for _, h := range x.hit {
			if !slices.Contains(told.Hit, h.label) {
				told.Hit = append(told.Hit, h.label)
			}
		}
	}
	a.drifts[an.Name] = told
}

// Drifts are how the tables of analysts have changed while this process ran, by name.
func (a *Agent) Drifts() []Drift {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Drift, 0, len(a.drifts))
	for _, d := range a.drifts {
		out = append(out, d)
	}
	slices.SortFunc(out, func(x, y Drift) int { return strings.Compare(x.Analyst, y.Analyst) })
	return out
}
