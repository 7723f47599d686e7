package files

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
)

// column is one column of a table to write.
type column struct {
	columnName
	decision
	seen    *evidence
	keep    int // index of the column that keeps what does not fit, -1 for none
	keepFor int // for such a column: the one it keeps for, else -1
	isFile  bool
	surplus bool
}

// builder writes the parts of one table.
type builder struct {
	table   *connectors.Table
	parts   []*part
	maps    [][]int // by part and its column: the table's column, -1 for none
	columns []*column
	cfg     Config
	korean  bool
	notes   []connectors.Note
	odd     []oddities
}

// oddities are the values of a column that did not fit.
type oddities struct {
	count    int64
	examples []string
}

// build examines and writes one group of parts.
func (w *workspace) build(ctx context.Context, parts []*part) (*connectors.Table, error) {
	b := &builder{parts: parts, cfg: w.cfg}
	name := groupName(parts)
	for _, p := range parts {
		if err := p.examine(ctx); err != nil {
			return nil, loadError(file(p.in.name), err)
		}
		b.korean = b.korean || slices.ContainsFunc(p.layout.headings, hasHangul)
	}
	b.korean = b.korean || hasHangul(name)
	b.table = &connectors.Table{Name: w.names.unique(tableName(name, b.korean)), Origin: b.origin()}
	b.arrange()
	b.settle()
	if len(b.columns) == 0 {
		return nil, faultNoValue.about(nil, file(parts[0].in.name))
	}
	if err := b.create(ctx, w); err != nil {
		return nil, loadError(file(parts[0].in.name), err)
	}
	b.describe()
	return b.table, nil
}

func (b *builder) origin() string {
	first := b.parts[0].in.name
	if len(b.parts) > 1 {
		return fmt.Sprintf("%s … %s", first, b.parts[len(b.parts)-1].in.name)
	}
	return first
}

// arrange lists the table's columns: those of every part, by heading, then the
// surplus of long rows, then the file.
func (b *builder) arrange() {
	var headings []string
	var seen []*evidence
	empty := int64(0)
	for _, p := range b.parts {
		m := make([]int, len(p.layout.headings)+1)
		used := make([]bool, len(headings))
		for i, h := range p.layout.headings {
			if h == "" && p.seen[i].values+p.seen[i].vague == 0 {
				m[i] = -1
				empty++
				continue
			}
			at := -1
			for j, other := range headings {
				if other == h && j < len(used) && !used[j] && (h != "" || i == j) {
					at = j
					used[j] = true
					break
				}
			}
			if at < 0 {
				at = len(headings)
				headings, seen = append(headings, h), append(seen, &evidence{})
			}
			m[i] = at
			seen[at].merge(p.seen[i])
		}
		m[len(m)-1] = -1
		b.maps = append(b.maps, m)
	}
	if empty > 0 {
		b.note(connectors.Note{Code: connectors.NoteEmptyColumns, Count: empty})
	}
	names := columnNames(headings, b.korean)
	for i, n := range names {
		b.columns = append(b.columns, &column{columnName: n, seen: seen[i], keep: -1, keepFor: -1})
	}
	b.arrangeSurplus()
	if len(b.parts) > 1 {
		c := b.extra("file", "파일")
		c.isFile = true
		b.note(connectors.Note{Code: connectors.NoteUnion, Count: int64(len(b.parts)), Column: c.name})
	}
}

// extra adds a text column of our own.
func (b *builder) extra(english, korean string) *column {
	var n namer
	for _, c := range b.columns {
		n.unique(c.name)
	}
	name := english
	if b.korean {
		name = korean
	}
	c := &column{columnName: columnName{name: n.unique(name)}, seen: &evidence{}, keep: -1, keepFor: -1}
	b.columns = append(b.columns, c)
	return c
}

func (b *builder) arrangeSurplus() {
	var long int64
	for _, p := range b.parts {
		long += p.tally.long
	}
	if long == 0 {
		return
	}
	c := b.extra("surplus", "나머지")
	c.surplus = true
	for i := range b.maps {
		b.maps[i][len(b.maps[i])-1] = len(b.columns) - 1
	}
}

func (b *builder) note(n connectors.Note) { b.notes = append(b.notes, n) }

// settle decides the types, and adds columns for what will not fit them.
func (b *builder) settle() {
	p := b.parts[0]
	s := setting{now: b.cfg.Now, korean: b.korean, unit: p.layout.unit}
	var texts []string
	for _, p := range b.parts {
		texts = append(texts, p.layout.preamble...)
		texts = append(texts, stem(p.in.path))
	}
	s.year = yearIn(texts...)
	for i, c := range slices.Clone(b.columns) {
		if c.isFile || c.surplus {
			continue
		}
		s.heading = c.name
		if c.original != "" {
			s.heading = c.original
		}
		c.decision = c.seen.decide(s)
		b.noteDecision(c)
		if b.misfits(c) {
			k := b.extra(c.name+"_raw", c.name+"_원문")
			c.keep, k.keepFor = len(b.columns)-1, i
		}
	}
}

// misfits reports whether some values of c may not be of its type.
func (b *builder) misfits(c *column) bool {
	e := c.seen
	switch c.kind {
	case asBool:
		if c.binary {
			return false
		}
		return e.pairs[c.pair][0]+e.pairs[c.pair][1] < e.values
	case asInteger, asDecimal, asFloat:
		return e.numbers < e.values
	case asDate, asTimestamp:
		if c.serial {
			return false
		}
		total := e.dates + e.months + e.noYears + e.orders[c.order]
		if c.compact {
			total += e.compacts
		}
		return total+e.monthDots < e.values
	case asTime:
		return e.times < e.values
	}
	return false
}

func (b *builder) noteDecision(c *column) {
	switch {
	case c.noteCode == noteYear:
		b.note(connectors.Note{Code: connectors.NoteYearAssumed, Column: c.name, Detail: c.note})
	case c.noteCode == noteOrder:
		b.note(connectors.Note{Code: connectors.NoteOrderAssumed, Column: c.name, Detail: c.note})
	case c.close != asText:
		b.note(connectors.Note{Code: connectors.NoteKeptText, Column: c.name, Count: c.misfits, Detail: c.close.String(), Examples: clipAll(c.seen.samples)})
	}
	if c.power != 0 && c.unit != "%" {
		b.note(connectors.Note{Code: connectors.NoteScaled, Column: c.name, Detail: itoa(int(pow10(c.power)))})
		return
	}
	if c.unit == "%" && c.seen.units["%"] == 0 {
		b.note(connectors.Note{Code: connectors.NoteScaled, Column: c.name, Detail: "0.01"})
	}
}

func clipAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clip(s, 80)
	}
	return out
}

// create makes the table and fills it.
func (b *builder) create(ctx context.Context, w *workspace) error {
	var cols []string
	for _, c := range b.columns {
		cols = append(cols, quote(c.name)+" "+c.sqlType())
	}
	if err := w.exec(ctx, "CREATE TABLE "+quote(b.table.Name)+" ("+strings.Join(cols, ", ")+")"); err != nil {
		return err
	}
	b.odd = make([]oddities, len(b.columns))
	return w.conn.Raw(func(dc any) error {
		app, err := duckdb.NewAppender(dc.(driver.Conn), dbName, "main", b.table.Name)
		if err != nil {
			return err
		}
		for i, p := range b.parts {
			if err := b.fill(ctx, app, p, b.maps[i]); err != nil {
				_ = app.Clear()
				_ = app.Close()
				return err
			}
		}
		return app.Close()
	})
}

// fill appends the rows of one part.
func (b *builder) fill(ctx context.Context, app *duckdb.Appender, p *part, columns []int) error {
	out := make([]driver.Value, len(b.columns))
	var failed error
	err := p.body(ctx, func(row []string) bool {
		clear(out)
		for i, s := range row {
			if at := columns[i]; at >= 0 {
				b.cell(out, at, s)
			}
		}
		for i, c := range b.columns {
			if c.isFile {
				out[i] = p.label
			}
		}
		failed = app.AppendRow(out...)
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return err
}

func (b *builder) cell(out []driver.Value, at int, s string) {
	c := b.columns[at]
	v, fits := c.convert(s)
	if fits {
		out[at] = v
		return
	}
	odd := &b.odd[at]
	odd.count++
	if len(odd.examples) < 3 {
		odd.examples = append(odd.examples, clip(s, 80))
	}
	if c.keep >= 0 {
		out[c.keep] = s
	}
}

// describe fills in the table's columns and notes.
func (b *builder) describe() {
	t := b.table
	surplus := ""
	for i, c := range b.columns {
		ci := &connectors.ColumnInfo{Name: c.name, Type: c.sqlType(), Kind: c.connectorKind(), Original: c.original, Profile: &connectors.Profile{Unit: c.unit}}
		t.Columns = append(t.Columns, ci)
		if c.surplus {
			surplus = c.name
		}
		if c.keep >= 0 && b.odd[i].count > 0 {
			b.note(connectors.Note{Code: connectors.NoteUnread, Column: c.name, Count: b.odd[i].count, Detail: b.columns[c.keep].name, Examples: b.odd[i].examples})
		}
	}
	var sum tally
	for _, p := range b.parts {
		t.Notes = append(t.Notes, p.notes...)
		sum.rows += p.tally.rows
		sum.short += p.tally.short
		sum.long += p.tally.long
		sum.totals += p.tally.totals
		sum.feet += p.tally.feet
		if n := int64(len(p.layout.preamble)); n > 0 {
			t.Notes = append(t.Notes, connectors.Note{Code: connectors.NotePreamble, Count: n, Examples: clipAll(p.layout.preamble[:1])})
		}
		if p.layout.noHeader {
			t.Notes = append(t.Notes, connectors.Note{Code: connectors.NoteNoHeader})
		}
		if g, ok := p.grid.(*csvGrid); ok && len(g.literal) > 0 {
			t.Notes = append(t.Notes, connectors.Note{Code: connectors.NoteOpenQuote, Count: int64(len(g.literal))})
		}
	}
	t.Rows = sum.rows
	t.Notes = append(t.Notes, sum.notes(surplus)...)
	t.Notes = append(t.Notes, b.notes...)
	if len(b.parts) == 1 {
		b.declareKeys()
	}
}

// declareKeys carries over the keys that the file itself declares.
func (b *builder) declareKeys() {
	p := b.parts[0]
	t := b.table
	t.Comment = strings.Join(clipAll(p.layout.preamble), " · ")
	for _, k := range p.primaryKey {
		t.PrimaryKey = append(t.PrimaryKey, identifier(k))
	}
	t.ForeignKeys = p.foreignKeys
}

func (d *decision) connectorKind() connectors.Kind {
	switch d.kind {
	case asBool:
		return connectors.KindBool
	case asInteger:
		return connectors.KindInteger
	case asDecimal, asFloat:
		return connectors.KindNumber
	case asDate:
		return connectors.KindDate
	case asTimestamp:
		return connectors.KindTimestamp
	case asTime:
		return connectors.KindOther
	}
	return connectors.KindText
}
