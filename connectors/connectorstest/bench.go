package connectorstest

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// OverheadTables makes the tables that the statements of Overhead read, t0 and so on, each
// with an id, a day and an amount.
func OverheadTables() []string {
	out := make([]string, 200)
	for i := range out {
		out[i] = fmt.Sprintf("CREATE TABLE t%d (id int, day date, amount decimal(12, 2))", i)
	}
	return out
}

// Overhead measures what it costs to ask src, which has OverheadTables, before the engine
// hears of a statement: its catalogue is looked up, and the statement proven over all
// tables. On a machine that others use, the CPU's time is the figure that holds.
func Overhead(b *testing.B, src connectors.Source, prove func(connectors.Statement) error) {
	for _, s := range overheads() {
		b.Run(s.name, func(b *testing.B) {
			begun := computed(b)
			for b.Loop() {
				cat, err := src.Catalog(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				names := make([]string, len(cat.Tables))
				for i, t := range cat.Tables {
					names[i] = t.Name
				}
				if err := prove(connectors.Statement{SQL: s.sql, Tables: names}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((computed(b)-begun).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

type namedSQL struct{ name, sql string }

func overheads() []namedSQL {
	var joins strings.Builder
	for i := range 9 {
		fmt.Fprintf(&joins, " JOIN t%d ON t%d.id = t%d.id", i+1, i+1, i)
	}
	return []namedSQL{
		{"one month's figures", "WITH now AS (SELECT day, sum(amount) AS revenue, count(DISTINCT id) AS n FROM t7 WHERE day >= '2026-11-01' AND day < '2026-12-01' GROUP BY day) SELECT day, revenue, revenue / NULLIF(n, 0) AS apiece FROM now ORDER BY day"},
		{"ten tables joined", "SELECT t0.day, sum(t0.amount) FROM t0" + joins.String() + " WHERE t0.day BETWEEN '2026-01-01' AND '2026-02-01' GROUP BY t0.day ORDER BY 2 DESC"},
		{"a thousand numbers", "SELECT count(*) FROM t1 WHERE id IN (1" + strings.Repeat(", 12345", 999) + ")"},
		{"a thousand texts", "SELECT count(*) FROM t1 WHERE day IN ('1'" + strings.Repeat(", '2026-11-01'", 999) + ")"},
	}
}

// computed is the time that this process has computed for.
func computed(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// ReportSpread reports the middle and the most of some times, of what.
func ReportSpread(b *testing.B, what string, took []time.Duration) {
	b.Helper()
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms-"+what)
	b.ReportMetric(milliseconds(took[len(took)-1]), "max-ms-"+what)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
