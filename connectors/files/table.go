package files

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

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

	converted recall[conversion] // by the text of a cell
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

// sampleSize is how many rows of a part are looked at before it is written. A longer
// part is looked at in full while it is written, and written again if that shows more:
// most columns go on as they begin, and looking costs as much as writing.
const sampleSize = 50_000

// build examines and writes one group of parts.
func (w *workspace) build(ctx context.Context, parts []*part) (*connectors.Table, error) {
	b := &builder{parts: parts, cfg: w.cfg}
	name := groupName(parts)
	exact := true
	for _, p := range parts {
		all, err := p.examine(ctx, sampleSize)
		if err != nil {
			return nil, loadError(file(p.in.name), err)
		}
		exact = exact && all
		b.korean = b.korean || slices.ContainsFunc(p.layout.headings, hasHangul)
	}
	b.korean = b.korean || hasHangul(name)
	b.table = &connectors.Table{Name: w.names.unique(tableName(name, b.korean)), Origin: b.origin()}
	b.plan()
	if err := b.write(ctx, w, exact); err != nil {
		return nil, loadError(file(parts[0].in.name), err)
	}
	b.describe()
	return b.table, nil
}

// plan decides the table's columns by what was seen of the parts.
func (b *builder) plan() {
	b.columns, b.maps, b.notes = nil, nil, nil
	b.arrange()
	b.settle()
}

// write makes the table as planned. Where the plan is a guess, it is held against all
// rows, and the table made again if it was wrong.
func (b *builder) write(ctx context.Context, w *workspace, exact bool) error {
	guess := b.columns
	err := b.create(ctx, w, !exact)
	if exact {
		return err
	}
	var open *openQuoteError
	switch {
	case errors.As(err, &open): // beyond the sample: mended by looking again
		for _, p := range b.parts {
			if _, err := p.examine(ctx, 0); err != nil {
				return err
			}
		}
	case err != nil:
		return err
	}
	odd := b.odd
	b.plan()
	if err == nil && slices.EqualFunc(guess, b.columns, (*column).sameAs) {
		b.odd = odd
		return nil
	}
	return b.create(ctx, w, false)
}

// sameAs reports whether two columns are written in the same way.
func (c *column) sameAs(o *column) bool {
	a, b := c.decision, o.decision
	if (a.year == nil) != (b.year == nil) || a.year != nil && a.note != b.note {
		return false // the note names the years
	}
	a.year, a.note, a.noteCode, a.close, a.misfits = nil, "", 0, 0, 0
	b.year, b.note, b.noteCode, b.close, b.misfits = nil, "", 0, 0, 0
	return c.columnName == o.columnName && c.keep == o.keep && c.keepFor == o.keepFor &&
		c.isFile == o.isFile && c.surplus == o.surplus && reflect.DeepEqual(a, b)
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
