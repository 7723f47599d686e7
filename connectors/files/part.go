package files

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// part is one rectangle of text cells: a CSV file, a sheet, a table of an SQLite
// file. One part or several of the same shape become a table.
type part struct {
	in      input
	name    string // the table's name as the file gives it
	series  string // what its file's name shares with others of a series
	label   string // what a row's file column says
	grid    grid
	layout  layout
	records bool // rows are rows: no headings to find, no totals to skip
	ragged  bool // a row can be too short
	notes   []connectors.Note

	primaryKey  []string // declared, in the file's own names
	foreignKeys []connectors.ForeignKey

	seen  []*evidence // by column, the surplus last
	tally tally
}

// body reads the part's rows.
func (p *part) body(ctx context.Context, yield func([]string) bool) error {
	if !p.records {
		return p.layout.body(ctx, p.grid, p.ragged, &p.tally, yield)
	}
	p.tally = tally{}
	out := make([]string, len(p.layout.headings)+1)
	return p.grid.rows(ctx, func(row []string) bool {
		n := copy(out, row)
		clear(out[n:])
		p.tally.rows++
		return yield(out)
	})
}

// examine reads rows of the part to learn what its columns hold, all of them where
// limit is 0. It reports whether it saw all.
func (p *part) examine(ctx context.Context, limit int) (all bool, err error) {
	for retries := 0; ; retries++ {
		seen := observe(len(p.layout.headings) + 1)
		n := 0
		err := p.body(ctx, func(row []string) bool {
			for i, s := range row {
				seen[i].see(s)
			}
			n++
			return n != limit
		})
		if !p.mendQuote(err) || retries > 20 {
			p.seen = concluded(seen)
			return n != limit || limit == 0, err
		}
	}
}

// mendQuote takes the quotation mark that err is about as a character; false where
// err is about something else.
func (p *part) mendQuote(err error) bool {
	var open *openQuoteError
	g, ok := p.grid.(*csvGrid)
	if !ok || !errors.As(err, &open) {
		return false
	}
	if g.literal == nil {
		g.literal = map[int64]bool{}
	}
	g.literal[open.record] = true
	return true
}

// open finds the parts of one input. Parquet and DuckDB files have none: the
// engine reads them itself.
func open(ctx context.Context, in input, cfg Config, ws *workspace) ([]*part, error) {
	var parts []*part
	var err error
	switch in.format {
	case formatCSV, formatTSV:
		parts, err = openCSV(ctx, in, cfg)
	case formatJSON:
		parts, err = openJSON(ctx, in, cfg, ws)
	case formatXLSX:
		parts, err = openXLSX(ctx, in, cfg, ws)
	case formatSQLite:
		parts, err = openSQLite(ctx, in, ws)
	}
	if err != nil {
		return nil, loadError(file(in.name), err)
	}
	for _, p := range parts {
		if n := len(p.layout.headings); n > cfg.Limits.Columns {
			return nil, faultColumns.about(nil, file(in.name), n, cfg.Limits.Columns)
		}
	}
	return parts, nil
}

func openCSV(ctx context.Context, in input, cfg Config) ([]*part, error) {
	set, err := charsetOf(in.path)
	if err != nil {
		return nil, err
	}
	g := &csvGrid{path: in.path, set: set, field: cfg.Limits.Field}
	g.sep = ','
	if in.format == formatTSV {
		g.sep = '\t'
	}
	g.sep = sniffSeparator(g, g.sep)
	p := &part{in: in, name: stem(in.path), series: seriesName(in.path), label: stem(in.path), grid: g, ragged: true, notes: set.notes()}
	for {
		p.layout, err = findLayout(ctx, g)
		if !p.mendQuote(err) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if len(p.layout.headings) == 0 {
		return nil, faultNoRow.about(nil, file(in.name))
	}
	return []*part{p}, nil
}

// group puts parts of the same shape together: the files of one series, or three
// and more files of a folder with the same headings.
func group(parts []*part) [][]*part {
	var out [][]*part
	for _, p := range parts {
		i := slices.IndexFunc(out, func(g []*part) bool { return sameSeries(g[0], p) })
		if i < 0 {
			out = append(out, []*part{p})
			continue
		}
		out[i] = append(out[i], p)
	}
	return joinSameHeadings(out)
}

func sameSeries(a, b *part) bool {
	if a.records != b.records || a.series != b.series || a.in.format != b.in.format || a.in.path == b.in.path ||
		filepath.Dir(a.in.path) != filepath.Dir(b.in.path) {
		return false
	}
	return overlap(a.layout.headings, b.layout.headings) >= 0.8
}

// overlap is the share of the longer list of headings that both have.
func overlap(a, b []string) float64 {
	n := 0
	for _, h := range a {
		if h != "" && slices.Contains(b, h) {
			n++
		}
	}
	if slices.Equal(a, b) {
		return 1
	}
	return float64(n) / float64(max(len(a), len(b)))
}

// joinSameHeadings joins single files of one folder whose names have nothing in
// common, such as one for each branch. Two may be a coincidence, three are not.
func joinSameHeadings(groups [][]*part) [][]*part {
	key := func(g []*part) string {
		p := g[0]
		if len(g) > 1 || p.records || p.in.folder == "" || len(p.layout.headings) < 4 {
			return ""
		}
		return p.in.folder + "\x00" + strings.Join(p.layout.headings, "\x00")
	}
	count := map[string]int{}
	for _, g := range groups {
		count[key(g)]++
	}
	first := map[string]int{}
	var out [][]*part
	for _, g := range groups {
		k := key(g)
		if k == "" || count[k] < 3 {
			out = append(out, g)
			continue
		}
		if i, ok := first[k]; ok {
			out[i] = append(out[i], g...)
			continue
		}
		first[k] = len(out)
		out = append(out, g)
	}
	return out
}

// groupName is the name of the table that a group becomes.
func groupName(g []*part) string {
	p := g[0]
	if len(g) == 1 {
		return p.name
	}
	same := !slices.ContainsFunc(g, func(q *part) bool { return q.series != p.series })
	if same && p.series != "" {
		return p.series
	}
	return cmp.Or(filepath.Base(filepath.Dir(p.in.path)), p.name)
}
