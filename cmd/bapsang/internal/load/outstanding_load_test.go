//go:build unix

package load_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/load"
)

// BenchmarkLoadOutstanding has more and more questions wait for a model that answers a
// hundred a minute, and prints what each that is added, and a look at one, costs then.
func BenchmarkLoadOutstanding(b *testing.B) {
	for b.Loop() {
		outstanding(b, *replicas)
	}
	b.ReportMetric(0, "ns/op")
}

func outstanding(b *testing.B, replicas int) {
	w := build(b, scenario{}, load.TrainingDay(1), replicas, 0.05)
	crowd := &load.Crowd{Day: w.day, Doors: w.fleet, Name: "pile"}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(table, "\n%d replicas\n\n| outstanding\t| asked, by 8 at once\t| acknowledged p50, p99\t| a look p50, p99\t| a replica's memory\t|\n|---\t|---\t|---\t|---\t|---\t|\n", replicas)
	var all []load.Record
	for _, n := range []int{100, 1_000, 10_000} {
		began := time.Now()
		added := crowd.Pile(b.Context(), len(all), n-len(all), 8)
		took := time.Since(began)
		all = append(all, added...)
		var acks []time.Duration
		for _, r := range added {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
			acks = append(acks, r.Acked)
		}
		looks, err := crowd.Look(b.Context(), all, 200, 4)
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(table, "| %d\t| %.0f/s\t| %s\t| %s\t| %.0f MB\t|\n", n, float64(len(added))/took.Seconds(), pair(acks), pair(looks), slices.Max(w.fleet.Resident()))
	}
	if err := table.Flush(); err != nil {
		b.Error(err)
	}
}

func pair(all []time.Duration) string {
	ms := func(q float64) float64 { return float64(load.Quantile(all, q).Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f ms, %.1f ms", ms(.5), ms(.99))
}
