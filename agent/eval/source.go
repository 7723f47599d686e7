package eval

import (
	"context"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// SourceOptions say how a source's cells are read.
type SourceOptions struct {
	// Like SQLite, which has no dates: days and moments are texts as SQLite's own
	// functions write them.
	DatesAsText bool
}

// FromSource makes a database of a source. Closing the database closes the source.
func FromSource(source connectors.Source, opts SourceOptions) Database {
	return &sourceDatabase{source: source, opts: opts}
}

type sourceDatabase struct {
	source connectors.Source
	opts   SourceOptions
}

func (d *sourceDatabase) Close() error { return d.source.Close() }

func (d *sourceDatabase) Query(ctx context.Context, sql string) (*Table, error) {
	stmt := connectors.Statement{SQL: sql, MaxRows: maxRows}
	if deadline, ok := ctx.Deadline(); ok {
		stmt.Timeout = time.Until(deadline)
	}
	result, err := d.source.Query(ctx, connectors.Caller{}, stmt)
	if err != nil {
		return nil, explain(ctx, err)
	}
	if result.Truncated {
		return nil, errTooLarge
	}
	t := &Table{Rows: result.Rows}
	for _, c := range result.Columns {
		t.Columns = append(t.Columns, c.Name)
	}
	for _, row := range t.Rows {
		for i, c := range row {
			row[i] = d.cell(c, result.Columns[i].Type)
		}
	}
	return t, nil
}

func (d *sourceDatabase) cell(c any, kind string) any {
	switch v := c.(type) {
	case connectors.Decimal:
		return NewDecimal(string(v))
	case time.Time:
		day := strings.EqualFold(kind, "DATE")
		switch {
		case d.opts.DatesAsText && day:
			return v.Format(time.DateOnly)
		case d.opts.DatesAsText:
			return pyTime(v)
		case day:
			return Date{v}
		}
	}
	return c
}

// Single is one database for all cases.
type Single struct{ Database Database }

// For implements Databases.
func (s Single) For(context.Context, Case) ([]Database, error) { return []Database{s.Database}, nil }
