package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// relate adds the relationships of a table's foreign keys.
func (d *drafter) relate(t *table) {
	for _, k := range t.ForeignKeys {
		to := d.tableOf(k.RefTable)
		if to == nil || len(k.Columns) == 0 || len(k.Columns) != len(k.RefColumns) {
			continue
		}
		name := t.ds.Name + "_" + to.ds.Name
		if slices.ContainsFunc(d.model.Relationships, func(r *semantic.Relationship) bool { return r.Name == name }) {
			name += "_" + plainName(strings.Join(k.Columns, "_"))
		}
		if slices.ContainsFunc(d.model.Relationships, func(r *semantic.Relationship) bool { return r.Name == name }) {
			continue
		}
		back := d.backwards(t, to, k)
		for _, c := range t.columns {
			if slices.Contains(k.Columns, c.Name) && !back {
				c.target = to
			}
		}
		if to == t {
			continue // a row's parent is of the same dataset: nothing to join for
		}
		d.model.Relationships = append(d.model.Relationships, &semantic.Relationship{
			Name: name, From: t.ds.Name, To: to.ds.Name, FromColumns: k.Columns, ToColumns: k.RefColumns,
		})
		if !d.oneWay() {
			d.model.Relationships = d.model.Relationships[:len(d.model.Relationships)-1]
			continue
		}
		if !back {
			t.central += 2
		}
		if len(to.ds.PrimaryKey) == 0 {
			to.ds.PrimaryKey = k.RefColumns
		} else if !slices.Equal(to.ds.PrimaryKey, k.RefColumns) && !slices.ContainsFunc(to.ds.UniqueKeys, func(u []string) bool { return slices.Equal(u, k.RefColumns) }) {
			to.ds.UniqueKeys = append(to.ds.UniqueKeys, k.RefColumns)
		}
	}
}

// oneWay reports whether no dataset leads to another in two equally short ways: a
// question could then be meant in either, and a draft must not choose.
func (d *drafter) oneWay() bool {
	next := map[string][]string{}
	for _, r := range d.model.Relationships {
		next[r.From] = append(next[r.From], r.To)
	}
	for start := range next {
		seen := map[string]bool{start: true}
		for front := []string{start}; len(front) > 0; {
			var ok bool
			if front, ok = stepAhead(next, front, seen); !ok {
				return false
			}
		}
	}
	return true
}

// stepAhead returns what is reached from front for the first time, and whether each
// is reached only once.
func stepAhead(next map[string][]string, front []string, seen map[string]bool) ([]string, bool) {
	var reached []string
	for _, from := range front {
		for _, to := range next[from] {
			if seen[to] {
				continue
			}
			if slices.Contains(reached, to) {
				return nil, false
			}
			reached = append(reached, to)
		}
	}
	for _, to := range reached {
		seen[to] = true
	}
	return reached, true
}

// backwards reports whether a foreign key only mirrors that of the other table: rows
// that go one to one refer to each other, but a category belongs to a business whose
// business_id it has.
func (d *drafter) backwards(t, to *table, k connectors.ForeignKey) bool {
	mirrored := slices.ContainsFunc(to.ForeignKeys, func(o connectors.ForeignKey) bool {
		return o.RefTable == t.Name && slices.Equal(o.Columns, k.RefColumns) && slices.Equal(o.RefColumns, k.Columns)
	})
	if !mirrored || to == t {
		return false
	}
	here, there := t.isNamedBy(k.Columns[0]), to.isNamedBy(k.RefColumns[0])
	if here != there {
		return here
	}
	return len(t.Columns) > len(to.Columns)
}

// isNamedBy reports whether a key is called after the table: business_id, or cid of
// conferences.
func (t *table) isNamedBy(key string) bool {
	stem := strings.ToLower(key)
	for _, tail := range l("_id", "id", "_code", "_no", "_name", "번호", "코드") {
		if rest, ok := strings.CutSuffix(stem, tail); ok && rest != "" {
			stem = rest
			break
		}
	}
	name := strings.ToLower(strings.ReplaceAll(t.words, " ", "_"))
	return stem == name || stem == singular(name) || len(stem) == 1 && strings.HasPrefix(name, stem) && !strings.Contains(name, "_")
}

// hideKeys takes out of what people may ask about the numbers that only join tables:
// the row they stand for has a name.
func hideKeys(t *table) {
	named := func(x *table) bool {
		return slices.ContainsFunc(x.ds.Fields, func(f *semantic.Field) bool { return f.IsName })
	}
	for _, c := range t.columns {
		if c.field.Kind != semantic.Identifier {
			continue
		}
		own := slices.Equal(t.PrimaryKey, []string{c.Name}) && named(t)
		if c.target != nil && named(c.target) || own || strings.EqualFold(c.Name, "id") {
			c.field.Hidden = true
		}
	}
}

// callByThing lets a column be called by what it names, where no table has that as
// its rows: "상품별 매출" is by 상품명, "by customer" by customer_id.
func (d *drafter) callByThing(t *table) {
	taken := map[string]bool{}
	for _, pass := range []func(*column) bool{
		func(c *column) bool { return nameLike(c.Name) && !partOfName(c.Name) },
		func(c *column) bool { return c.field.Kind == semantic.Identifier && c.use == useCount },
	} {
		for _, c := range t.columns {
			if c.field.Hidden || c.target != nil || !pass(c) {
				continue
			}
			ko, en := d.thingOf(c)
			if ko == "" && en == "" || taken[ko+"/"+en] || d.hasRowsOf(ko, en, t) {
				continue
			}
			taken[ko+"/"+en] = true
			c.field.Synonyms = without(append(c.field.Synonyms, ko, en), c.field.Label.Ko, c.field.Label.En)
		}
	}
}
