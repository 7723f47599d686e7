package load

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Row is one day of a table.
type Row struct {
	Name    string
	Verdict Verdict
	Usage   Usage
	Notes   []string // of what is measured on this day alone
}

// Table writes days as a Markdown table, a day a column, with the aims.
func Table(w io.Writer, rows []Row) error {
	lines := []struct {
		name, aim string
		cell      func(Row) string
	}{
		{"questions", "", func(r Row) string { return fmt.Sprint(r.Verdict.Asked) }},
		{"answered by", "", func(r Row) string { return counts(r.Verdict.ByRung) }},
		{"of none, why", "", func(r Row) string { return counts(r.Verdict.Declined) }},
		{"time to the answer, median", "≤ 30 s", func(r Row) string { return short(r.Verdict.Median) }},
		{"… p95", "≤ 5 min", func(r Row) string { return short(r.Verdict.P95) }},
		{"… longest", "", func(r Row) string { return short(r.Verdict.Longest) }},
		{"… median of exercises / of what needs the model", "", func(r Row) string {
			return short(r.Verdict.ByKind[Exercise].Median) + " / " + short(r.Verdict.ByKind[Open].Median)
		}},
		{"first progress p50, p99 (wall)", "p99 ≤ 2 s", func(r Row) string { return short(r.Verdict.Progress50) + ", " + short(r.Verdict.Progress99) }},
		{"acknowledged p50, p99 (wall)", "", func(r Row) string { return short(r.Verdict.Ack50) + ", " + short(r.Verdict.Ack99) }},
		{"requests made again, streams reopened", "", func(r Row) string { return fmt.Sprintf("%d, %d", r.Verdict.Retried, r.Verdict.Reconnected) }},
		{"lost", "0", func(r Row) string { return fmt.Sprint(len(r.Verdict.Lost)) }},
		{"doubled", "0", func(r Row) string { return fmt.Sprint(len(r.Verdict.Doubled)) }},
		{"paid twice because of a kill", "", func(r Row) string { return fmt.Sprint(r.Verdict.Explained) }},
		{"calls of the model, over its contract", "0 over", func(r Row) string { return fmt.Sprintf("%d, %d", r.Verdict.ModelCalls, len(r.Verdict.ModelOver)) }},
		{"… of them for exercises, of so many wordings", "", func(r Row) string { return fmt.Sprintf("%d, %d", r.Verdict.ExerciseCalls, r.Verdict.Wordings) }},
		{"budget used while questions waited", "≥ 97 %", func(r Row) string {
			return fmt.Sprintf("%.1f %% of %d min", 100*r.Verdict.Used, len(r.Verdict.Windows))
		}},
		{"most memory of a replica, of its query workers", "", func(r Row) string { return fmt.Sprintf("%.0f MB, %.0f MB", r.Usage.Resident, r.Usage.Workers) }},
		{"CPU of the replicas, of PostgreSQL", "", func(r Row) string { return short(r.Usage.CPU) + ", " + short(r.Usage.Postgres) }},
		{"besides", "", func(r Row) string { return strings.Join(r.Notes, "; ") }},
	}
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprint(t, "| \t| aim")
	for _, r := range rows {
		fmt.Fprintf(t, "\t| %s", r.Name)
	}
	fmt.Fprint(t, "\t|\n|---\t|---", strings.Repeat("\t|---", len(rows)), "\t|\n")
	for _, l := range lines {
		fmt.Fprintf(t, "| %s\t| %s", l.name, l.aim)
		for _, r := range rows {
			fmt.Fprintf(t, "\t| %s", l.cell(r))
		}
		fmt.Fprint(t, "\t|\n")
	}
	return t.Flush()
}

func counts(m map[string]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}

// short writes a duration with three digits at most.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d >= 2*time.Minute:
		return fmt.Sprintf("%.1f min", d.Minutes())
	case d >= 10*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
