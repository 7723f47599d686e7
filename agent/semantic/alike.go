package semantic

import (
	"slices"
	"strings"
	"time"
)

// tableIn is the name that a table has among those of several databases.
func tableIn(database, table string) string {
	if database == "" {
		return table
	}
	return database + "." + table
}

// Table is the name by which a dataset's table is found in the catalogue of the model's
// source: without the quotes that a statement writes, and with the database before it in a
// model over several. A dataset that is a query has no table of its own.
func (d *Dataset) Table() string {
	name := d.Source
	if src := parseSource(d.Source); !src.query {
		name = strings.Join(src.parts, ".")
	}
	return tableIn(d.Database, name)
}

// Floor returns the start of the period of grain g, as the model cuts time, that t falls in.
func (m *Model) Floor(t time.Time, g Grain) time.Time { return truncate(t, g, calendarOf(m)) }

// Alike returns the fields "dataset.field" that hold the same thing as the one called ref,
// by what either of the two says.
func (m *Model) Alike(ref string) []string {
	var out []string
	if _, f := m.Field(ref); f != nil {
		out = append(out, f.SameAs...)
	}
	if x := m.indexed(); x != nil {
		for _, name := range x.said[ref] {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		return out
	}
	for _, d := range m.Datasets {
		for _, f := range d.Fields {
			if name := d.Name + "." + f.Name; slices.Contains(f.SameAs, ref) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// standIn returns the field to take for one called ref where rows of base are split or
// filtered by it: itself where it is reached, else the nearest of those that are alike.
// What is reached within base's own database comes before what is not.
func (c *compiler) standIn(ref, base string) string {
	alike := c.m.Alike(ref)
	if len(alike) == 0 {
		return ref
	}
	best, length := ref, -1
	for _, name := range append([]string{ref}, alike...) {
		ds, _ := c.m.Field(name)
		if ds == nil {
			continue
		}
		p, _, ok := c.g.up(base, ds.Name)
		if !ok {
			continue
		}
		far := len(p)
		if c.crosses(base, p) {
			far += len(c.m.Datasets)
		}
		if length < 0 || far < length {
			best, length = name, far
		}
	}
	return best
}

// crosses reports whether a path leads out of the database that it begins in.
func (c *compiler) crosses(from string, p path) bool {
	home := c.m.Dataset(from).Database
	return slices.ContainsFunc(p, func(h hop) bool { return c.m.Dataset(h.to()).Database != home })
}

// dimFrom is the dimension as rows of base have it.
func (c *compiler) dimFrom(d *dim, base string) (*dim, error) {
	if d.own() {
		return d, nil
	}
	ref := c.standIn(d.Field, base)
	if ref == d.Field {
		return d, nil
	}
	other := *d
	var err error
	other.ds, other.field, other.x, err = c.field(ref)
	if err == nil && d.Grain != "" && !other.field.temporal() {
		err = queryErrorf(CodeShape, "%s is said to be the same as %s but is not a date", ref, d.Field)
	}
	return &other, err
}

// conditionFrom is the condition as rows of base have it, in the dialect that is written.
func (c *compiler) conditionFrom(cond *condition, base string) (*condition, error) {
	f := cond.filter
	if f.Field == "" {
		return cond, nil
	}
	ref := c.standIn(f.Field, base)
	if ref == f.Field && c.far == nil {
		return cond, nil
	}
	f.Field = ref
	return c.condition(f)
}
