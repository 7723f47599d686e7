package demo

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"runtime"
	"sort"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sync/errgroup"
)

//go:embed schema.sql
var schema string

// Options say how much to generate.
type Options struct {
	// Days is how many days from 2024-01-01 on; at least 1.
	Days int
	// Scale multiplies customers, orders, tickets, visits and advertising. 1 is the
	// demo company, 0.05 one for tests; below 0.01 it would have no companies to
	// sell to.
	Scale float64
	// Progress, when set, is told how many of the days are written. It is called
	// from one goroutine at a time.
	Progress func(done, total int)
}

// Generate writes the demo company's data to a new DuckDB file at path. The same
// options make the same rows; more days make the same rows and further ones.
func Generate(ctx context.Context, path string, opts Options) (err error) {
	if opts.Days < 1 || opts.Scale < 0.01 {
		return fmt.Errorf("generate demo data: %d days at scale %g is too little", opts.Days, opts.Scale)
	}
	w, err := newWorld(opts.Days, opts.Scale)
	if err != nil {
		return err
	}
	connector, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return fmt.Errorf("create demo data: %w", err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close(), connector.Close()) }()
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("create demo tables: %w", err)
	}
	if err := w.run(ctx, connector, opts.Progress); err != nil {
		return fmt.Errorf("write demo data: %w", err)
	}
	if _, err := db.ExecContext(ctx, "CHECKPOINT"); err != nil {
		return fmt.Errorf("write demo data: %w", err)
	}
	return nil
}

// task is a day to be made and where it goes when it is.
type task struct {
	day int
	out chan *dayData // holds one
}

// run makes the days side by side and writes them in their order, orders and order
// lines by a goroutine each, for these take the longest.
func (w *world) run(ctx context.Context, connector *duckdb.Connector, progress func(done, total int)) error {
	group, ctx := errgroup.WithContext(ctx)
	toMake, toWrite := make(chan task), make(chan task, 4*runtime.GOMAXPROCS(0))
	orders, lines := make(chan *dayData, 8), make(chan *dayData, 8)

	group.Go(func() error {
		defer close(toMake)
		defer close(toWrite)
		for day := range w.days {
			t := task{day, make(chan *dayData, 1)}
			for _, to := range []chan task{toWrite, toMake} {
				select {
				case to <- t:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		return nil
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for t := range toMake {
				t.out <- w.makeDay(t.day)
			}
			return nil
		})
	}
	group.Go(func() error { return w.writeDays(ctx, connector, orders, w.orderTables) })
	group.Go(func() error { return w.writeDays(ctx, connector, lines, w.lineTables) })
	group.Go(func() error {
		defer close(orders)
		defer close(lines)
		return w.collect(ctx, connector, toWrite, progress, orders, lines)
	})
	return group.Wait()
}

// collect takes the days in their order, does what depends on the days before, and
// hands them to the writers. What happens after the last day is left out.
func (w *world) collect(ctx context.Context, connector *duckdb.Connector, from <-chan task,
	progress func(done, total int), to ...chan<- *dayData,
) error {
	late := &aftermath{end: dateOf(w.days)}
	bought := make([]bool, len(w.people.all))
	for at := range bought {
		// Most who were customers before the data begin had bought before.
		bought[at] = w.people.all[at].joined < 0 && at%8 != 0
	}
	for t := range from {
		var day *dayData
		select {
		case day = <-t.out:
		case <-ctx.Done():
			return ctx.Err()
		}
		for i := range day.orders {
			o := &day.orders[i]
			o.repeat = bought[o.customer]
			bought[o.customer] = true
		}
		late.take(day)
		for _, writer := range to {
			select {
			case writer <- day:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if progress != nil {
			progress(t.day+1, w.days)
		}
	}
	late.sort()
	return w.writeRest(ctx, connector, late)
}

// aftermath is what follows orders at some later time. It is numbered in the order
// of its times, so that a longer run numbers the same rows alike.
type aftermath struct {
	end     time.Time
	returns []giveBack
	tickets []ticket
}

func (a *aftermath) take(day *dayData) {
	for _, r := range day.returns {
		if a.end.After(r.at) {
			a.returns = append(a.returns, r)
		}
	}
	a.tickets = append(a.tickets, day.tickets...)
}

func (a *aftermath) sort() {
	sort.SliceStable(a.returns, func(i, j int) bool { return a.returns[i].at.Before(a.returns[j].at) })
	sort.SliceStable(a.tickets, func(i, j int) bool { return a.tickets[i].at.Before(a.tickets[j].at) })
}
