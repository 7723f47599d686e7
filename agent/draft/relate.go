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
		to := d.known.tables[k.RefTable]
		if to == nil || len(k.Columns) == 0 || len(k.Columns) != len(k.RefColumns) {
			continue
		}
		name := t.ds.Name + "_" + to.ds.Name
		if d.known.relations[name] {
			name += "_" + plainName(strings.Join(k.Columns, "_"))
		}
		if d.known.relations[name] {
			continue
		}
		back := d.backwards(t, to, k)
		for _, c := range t.columns {
			if slices.Contains(k.Columns, c.Name) && !back {
				c.target = to
				to.referring = append(to.referring, t)
			}
		}
		if to == t {
			continue // a row's parent is of the same dataset: nothing to join for
		}
		if !d.known.ways.add(t.ds.Name, to.ds.Name) {
			continue
		}
		d.known.relations[name] = true
		d.model.Relationships = append(d.model.Relationships, &semantic.Relationship{
			Name: name, From: t.ds.Name, To: to.ds.Name, FromColumns: k.Columns, ToColumns: k.RefColumns,
		})
		if len(k.Columns) == 1 {
			t.leads = append(t.leads, to)
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
		if c.field.Kind != semantic.Identifier || c.field.IsName {
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
		func(c *column) bool { return nameLike(c.said) && !partOfName(c.said) },
		func(c *column) bool { return c.field.Kind == semantic.Identifier && c.use == useCount },
	} {
		for _, c := range t.columns {
			if c.field.Hidden || c.target != nil || !pass(c) {
				continue
			}
			ko, en := d.thingOf(c)
			if ko == "" && en == "" || taken[ko+"/"+en] || d.known.rows.has(semantic.Label{Ko: ko, En: en}) {
				continue
			}
			taken[ko+"/"+en] = true
			c.field.Synonyms = without(append(c.field.Synonyms, ko, en), c.field.Label.Ko, c.field.Label.En)
		}
	}
}
