//go:build unix

package openai_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
)

// BenchmarkLoadStreams holds the client to one core and 200 MB for 750 streams at a time.
func BenchmarkLoadStreams(b *testing.B) {
	url := startLoadServer(b)
	c, err := openai.New(openai.Options{Name: "h100", BaseURL: url + "/v1", Model: agenttest.DefaultModel})
	if err != nil {
		b.Fatal(err)
	}
	defer c.CloseIdle()
	for b.Loop() {
		stop := make(chan struct{})
		peak := make(chan float64)
		go func() { peak <- peakRSS(stop) }()
		cpu, start := cpuTime(), time.Now()
		deltas := runStreams(b, c)
		wall := time.Since(start).Seconds()
		used := (cpuTime() - cpu).Seconds()
		close(stop)
		mb := <-peak
		perDelta := used / float64(deltas)
		// At the rate that was meant, whatever else this machine does meanwhile.
		cores := perDelta * loadStreams / loadEvery.Seconds()
		b.ReportMetric(cores, "cores")
		b.ReportMetric(mb, "MB")
		b.ReportMetric(float64(deltas)/wall, "deltas/s")
		b.ReportMetric(perDelta*1e6, "µs/delta")
		if cores > 1 || mb > 200 {
			b.Errorf("%d streams took %.2f cores and %.0f MB, want at most 1 and 200", loadStreams, cores, mb)
		}
	}
}

func runStreams(b *testing.B, c *openai.Client) int64 {
	var deltas, failed atomic.Int64
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(b.Context(), 3*time.Minute)
	defer cancel()
	for range loadStreams {
		wg.Go(func() {
			req := ask("q")
			req.OnDelta = func(llm.Delta) { deltas.Add(1) }
			r, err := c.Complete(ctx, req)
			if err != nil || len(r.Message.Text) != 4*loadChunks {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	if failed.Load() > 0 || deltas.Load() != loadStreams*loadChunks {
		b.Errorf("%d of %d streams failed; %d deltas", failed.Load(), loadStreams, deltas.Load())
	}
	return deltas.Load()
}

func startLoadServer(b *testing.B) (url string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "OPENAI_TEST_CHILD=server")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS is the most memory that this process had until stop, in MB; 0 where /proc does
// not say.
func peakRSS(stop <-chan struct{}) float64 {
	peak := 0.0
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return peak
		case <-tick.C:
			b, _ := os.ReadFile("/proc/self/statm")
			if f := strings.Fields(string(b)); len(f) > 1 {
				pages, _ := strconv.ParseFloat(f[1], 64)
				peak = max(peak, pages*float64(os.Getpagesize())/1e6)
			}
		}
	}
}
