package files

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sync/errgroup"
)

// create makes the table, in place of an earlier one, and fills it. With look set, it
// examines all rows on the way.
func (b *builder) create(ctx context.Context, w *workspace, look bool) error {
	if len(b.columns) == 0 {
		return faultNoValue.about(nil, file(b.parts[0].in.name))
	}
	var cols []string
	for _, c := range b.columns {
		cols = append(cols, quote(c.name)+" "+c.sqlType())
	}
	if err := w.exec(ctx, "CREATE OR REPLACE TABLE "+quote(b.table.Name)+" ("+strings.Join(cols, ", ")+")"); err != nil {
		return err
	}
	b.odd = make([]oddities, len(b.columns))
	return w.conn.Raw(func(dc any) error {
		app, err := duckdb.NewAppender(dc.(driver.Conn), dbName, "main", b.table.Name)
		if err != nil {
			return err
		}
		for i, p := range b.parts {
			if g, ok := p.grid.(*csvGrid); ok {
				g.meter = w.meter
			}
			if err := b.fill(ctx, app, p, b.maps[i], look); err != nil {
				_ = app.Clear()
				_ = app.Close()
				return err
			}
		}
		return app.Close()
	})
}

// A batch is rows of a part, one after the other, small enough to be held a few times.
const (
	batchRows  = 2048
	batchBytes = 4 << 20
)

// fill appends the rows of one part. Reading, looking and writing go on side by side.
func (b *builder) fill(ctx context.Context, app *duckdb.Appender, p *part, columns []int, look bool) error {
	g, ctx := errgroup.WithContext(ctx)
	toWrite, toLook := make(chan []string, 2), make(chan []string, 2)
	width := len(p.layout.headings) + 1
	g.Go(func() error {
		defer close(toWrite)
		defer close(toLook)
		return p.batches(ctx, func(batch []string) bool {
			ok := send(ctx, toWrite, batch)
			return ok && (!look || send(ctx, toLook, batch))
		})
	})
	if look {
		g.Go(func() error {
			seen := observe(width)
			for batch := range toLook {
				for row := range slices.Chunk(batch, width) {
					for i, s := range row {
						seen[i].see(s)
					}
				}
			}
			p.seen = concluded(seen)
			return nil
		})
	}
	g.Go(func() error {
		out := make([]driver.Value, len(b.columns))
		for batch := range toWrite {
			for row := range slices.Chunk(batch, width) {
				b.row(out, p, columns, row)
				if err := app.AppendRow(out...); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}

func send(ctx context.Context, to chan<- []string, batch []string) bool {
	select {
	case to <- batch:
		return true
	case <-ctx.Done():
		return false
	}
}

// batches reads the part's rows, many at a time.
func (p *part) batches(ctx context.Context, yield func([]string) bool) error {
	width := len(p.layout.headings) + 1
	batch, held := make([]string, 0, batchRows*width), 0
	stopped := false
	err := p.body(ctx, func(row []string) bool {
		for _, s := range row {
			held += len(s)
		}
		if batch = append(batch, row...); len(batch) < batchRows*width && held < batchBytes {
			return true
		}
		stopped = !yield(batch)
		batch, held = make([]string, 0, batchRows*width), 0
		return !stopped
	})
	if err == nil && !stopped && len(batch) > 0 {
		stopped = !yield(batch)
	}
	if err == nil && stopped {
		return context.Cause(ctx)
	}
	return err
}

// row turns a row of the part into one of the table.
func (b *builder) row(out []driver.Value, p *part, columns []int, row []string) {
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
}

func (b *builder) cell(out []driver.Value, at int, s string) {
	if s == "" {
		return
	}
	c := b.columns[at]
	var value driver.Value
	var fits bool
	place, known := c.converted.find(s)
	if known {
		value, fits = place.made.value, place.made.fits
	} else if value, fits = c.convert(s); place != nil {
		place.hold(s, conversion{value, fits})
	}
	if fits {
		out[at] = value
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
