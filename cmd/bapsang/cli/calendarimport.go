package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
)

// calendarImport takes in a file's dates.
type calendarImport struct {
	calendarWhere
	File     string `arg:"" help:"An ICS, CSV, XLSX or JSON file." type:"existingfile"`
	Preview  bool   `help:"Say what would change, and change nothing."`
	Confirm  bool   `help:"Confirm what is taken in; for curators."`
	As       string `help:"Who takes it in: an address, or platform and id." placeholder:"WHO"`
	Same     bool   `help:"List the rows, too, that change nothing."`
	Language string `help:"Of what is said: ko or en." enum:"ko,en" default:"ko"`

	// Data is the file: the bapsang that holds the store may not read it.
	Data []byte `kong:"-"`
}

// maxImport is how large a file may be: the reader's limit, and one byte to tell more.
const maxImport = 16<<20 + 1

// Run implements the command.
func (c *calendarImport) Run(e *env) error {
	if c.Preview && c.Confirm {
		return usagef("--preview changes nothing, --confirm does; keep one")
	}
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	c.Data, err = io.ReadAll(io.LimitReader(f, maxImport))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	c.File = filepath.Base(c.File)
	return c.run(e, c, c.Preview, e.Out)
}

func (c *calendarImport) name() string { return "import" }

// fileRow is what is said of a row.
type fileRow struct {
	line    int
	verdict string
	when    string
	what    string
	why     string
}

func (c *calendarImport) work(ctx context.Context, at *calendarAt, out io.Writer) error {
	who := cmp.Or(c.As, operator)
	if c.Confirm {
		var err error
		if who, err = at.whoDecides(c.As); err != nil {
			return err
		}
	}
	file, err := exchange.Read(c.File, bytes.NewReader(c.Data), exchange.Options{Location: at.location, From: dateOf(at.now).AddDate(-1, 0, 0), To: dateOf(at.now).AddDate(3, 0, 0)})
	if err != nil {
		var refused *exchange.Error
		if errors.As(err, &refused) {
			return fmt.Errorf("%s: %s", c.File, refused.Text(c.Language))
		}
		return fmt.Errorf("%s: %w", c.File, err)
	}
	cal, err := at.calendar(ctx)
	if err != nil {
		return err
	}
	preview := exchange.Compare(cal, file)
	for i := range preview.Changes {
		// Where a file says nothing of how sure its dates are, confirming them makes them so.
		if ch := &preview.Changes[i]; ch.Row.Status == "" && ch.Edition.Status == calendar.Tentative {
			ch.Edition.Status = calendar.Confirmed
		}
	}
	rows, err := c.take(ctx, at, who, book.Rows(preview))
	if err != nil {
		return bookError(err, c.Language)
	}
	return c.print(out, preview, rows)
}

// take has the book take the rows, or say what it would.
func (c *calendarImport) take(ctx context.Context, at *calendarAt, who string, rows []book.Row) ([]book.RowResult, error) {
	switch {
	case at.book == nil:
		results := make([]book.RowResult, len(rows))
		for i, r := range rows {
			results[i] = book.RowResult{Row: r, Result: book.Added}
		}
		return results, nil
	case c.Preview:
		return at.book.Preview(ctx, who, c.File, rows)
	}
	return at.book.Import(ctx, who, c.File, rows, c.Confirm)
}

// print says what became of every row, in the order of the file.
func (c *calendarImport) print(out io.Writer, preview *exchange.Preview, results []book.RowResult) error {
	w := calendarWordsFor(c.Language)
	rows, counts, waits := c.rows(preview, results, w)
	slices.SortStableFunc(rows, func(a, b fileRow) int { return a.line - b.line })
	cells := make([][]string, 0, len(rows))
	for _, r := range rows {
		cells = append(cells, []string{fmt.Sprintf("%d", r.line), w.verdicts[r.verdict], r.when, r.what, r.why})
	}
	widths := columnWidths(cells)
	var b strings.Builder
	for _, row := range cells {
		row[0] = strings.Repeat(" ", widths[0]-len(row[0])) + row[0]
		b.WriteString(joinColumns(row, widths) + "\n")
	}
	if len(cells) > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, w.counted+"\n", counts["new"], counts["changed"], counts["same"], counts["refused"])
	switch {
	case c.Preview:
		b.WriteString(w.wouldWait + "\n")
	case waits > 0:
		fmt.Fprintf(&b, w.waits+"\n", waits)
	}
	_, err := io.WriteString(out, visible(b.String()))
	return err
}

// rows are what is said of each row, how many there are of each verdict, and how many wait
// for a curator.
func (c *calendarImport) rows(preview *exchange.Preview, results []book.RowResult, w *calendarWords) (rows []fileRow, counts map[string]int, waits int) {
	counts = map[string]int{}
	next := 0
	for i := range preview.Changes {
		ch := &preview.Changes[i]
		row := fileRow{line: ch.Row.Line, verdict: string(ch.Verdict), when: isoDays(ch.Edition.Start, ch.Edition.End), what: oneLine(ch.Edition.Name.In(c.Language))}
		if ch.Was != nil && ch.Verdict == exchange.Changed {
			row.why = isoDays(ch.Was.Start, ch.Was.End) + " → " + row.when
		}
		if ch.Verdict != exchange.Same {
			r := &results[next]
			next++
			switch {
			case r.Err != nil:
				row.verdict, row.why = "refused", whole(r.Err.Text(c.Language))
			case r.Result == book.Holds:
				row.verdict = "same"
			case r.Result == book.Refused:
				row.verdict, row.why = "refused", strings.SplitN(w.refused, ":", 2)[0]
			case r.Result == book.Known || r.Result == book.Supported:
				row.why = strings.TrimSpace(row.why + " " + w.verdicts["known"])
			}
			if row.verdict != "refused" && row.verdict != "same" && !c.Confirm {
				waits++
			}
		}
		counts[row.verdict]++
		if row.verdict != "same" || c.Same {
			rows = append(rows, row)
		}
	}
	for _, r := range preview.Refused {
		counts["refused"]++
		rows = append(rows, fileRow{line: r.Line, verdict: "refused", what: oneLine(r.Written), why: whole(r.Text(c.Language))})
	}
	return rows, counts, waits
}

// whole is a text on one line, however long: what is to be done about a row is at its end.
func whole(s string) string { return strings.Join(strings.Fields(s), " ") }

func isoDays(start, end time.Time) string {
	if !end.After(start) {
		return start.Format(time.DateOnly)
	}
	return start.Format(time.DateOnly) + "~" + end.Format(time.DateOnly)
}
