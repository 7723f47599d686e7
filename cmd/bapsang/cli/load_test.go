package cli_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

// The load benchmarks run the program on its own, with the full demo company, and
// ask over HTTP. "make bench-load" runs them.

// full is the demo company in its usual size, made once.
var full struct {
	once sync.Once
	dir  string
	err  error
}

func fullDemo(b *testing.B) string {
	b.Helper()
	full.once.Do(func() {
		at, err := time.Parse(time.DateOnly, now)
		if err != nil {
			full.err = err
			return
		}
		if full.dir, full.err = os.MkdirTemp("", "bapsang-load-"); full.err == nil {
			_, full.err = demo.Ensure(b.Context(), full.dir, at.Add(12*time.Hour), slog.New(slog.DiscardHandler), nil)
		}
	})
	if full.err != nil {
		b.Fatal(full.err)
	}
	return full.dir
}

// different are questions that are all different and all composed.
func different(n int) []string {
	metrics := []string{"매출", "주문 수", "판매 수량", "객단가", "구매 고객 수", "이익률"}
	dims := []string{"지역별", "채널별", "카테고리별", "품목별", "고객 등급별", "연령대별", "채널 유형별", "브랜드 라인별"}
	var out []string
	for month := 0; len(out) < n; month++ {
		year, m := 2026-(month+2)/12, 10-month%10
		for _, metric := range metrics {
			for _, dim := range dims {
				out = append(out, fmt.Sprintf("%d년 %d월 %s %s", year, m, dim, metric))
			}
		}
	}
	return out[:n]
}

// askAll asks questions from several clients at once and waits for every answer.
// It returns how many were answered by rung.
func askAll(b *testing.B, p *process, texts []string, clients int) map[string]int {
	b.Helper()
	work := make(chan string)
	rungs := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for text := range work {
				body, _ := json.Marshal(map[string]string{"channel": "load", "user": fmt.Sprint("u", c), "text": text})
				_, asked := p.call(b, "POST", "/api/v1/questions", string(body), "")
				id, _ := asked["id"].(string)
				got := p.answer(b, id, "")
				answer, _ := got["answer"].(map[string]any)
				mu.Lock()
				rungs[fmt.Sprint(answer["rung"])]++
				mu.Unlock()
			}
		})
	}
	for _, t := range texts {
		work <- t
	}
	close(work)
	wg.Wait()
	return rungs
}

func startDemo(b *testing.B) *process {
	b.Helper()
	dir := fullDemo(b)
	data := b.TempDir()
	// Each benchmark has a store of its own; the company is shared.
	entries, err := filepath.Glob(filepath.Join(dir, "demo-*.duckdb"))
	if err != nil || len(entries) == 0 {
		b.Fatal("no demo data", err)
	}
	if err := os.Symlink(entries[0], filepath.Join(data, filepath.Base(entries[0]))); err != nil {
		b.Fatal(err)
	}
	p := start(b, "--now", now, "demo", "--listen", "127.0.0.1:0", "--data-dir", data)
	askAll(b, p, []string{"지난달 매출", "작년 매출"}, 1) // open what opens at the first question
	return p
}

func BenchmarkLoadComposed(b *testing.B) {
	p := startDemo(b)
	texts := different(400)
	for b.Loop() {
		began := time.Now()
		rungs := askAll(b, p, texts, 16)
		b.ReportMetric(float64(len(texts))/time.Since(began).Seconds(), "answers/s")
		b.ReportMetric(float64(rungs["compose"]), "composed")
	}
}

func BenchmarkLoadRecalled(b *testing.B) {
	p := startDemo(b)
	texts := different(20)
	askAll(b, p, texts, 4)
	var again []string
	for range 100 {
		again = append(again, texts...)
	}
	for b.Loop() {
		began := time.Now()
		rungs := askAll(b, p, again, 32)
		b.ReportMetric(float64(len(again))/time.Since(began).Seconds(), "answers/s")
		b.ReportMetric(float64(rungs["recall"]), "recalled")
	}
}

func BenchmarkLoadOneAnswer(b *testing.B) {
	p := startDemo(b)
	texts := different(120)
	for b.Loop() {
		var took []float64
		for _, text := range texts {
			began := time.Now()
			askAll(b, p, []string{text}, 1)
			took = append(took, float64(time.Since(began).Milliseconds()))
		}
		report(b, took, "ms")
	}
}

func BenchmarkLoadAcknowledge(b *testing.B) {
	p := startDemo(b)
	for b.Loop() {
		var mu sync.Mutex
		var took []float64
		var wg sync.WaitGroup
		tick := time.NewTicker(time.Second / 75)
		for i := range 750 {
			<-tick.C
			wg.Go(func() {
				began := time.Now()
				body := fmt.Sprintf(`{"channel":"load","user":"u%d","text":"%d년 %d월 매출"}`, i, 2024+i%3, 1+i%10)
				if code, _ := p.call(b, "POST", "/api/v1/questions", body, ""); code != http.StatusAccepted {
					b.Errorf("answered %d", code)
				}
				mu.Lock()
				defer mu.Unlock()
				took = append(took, float64(time.Since(began).Microseconds())/1000)
			})
		}
		tick.Stop()
		wg.Wait()
		report(b, took, "ms")
	}
}

func BenchmarkLoadMemory(b *testing.B) {
	p := startDemo(b)
	texts := different(750)
	for b.Loop() {
		var ids []string
		for i, text := range texts {
			body, _ := json.Marshal(map[string]string{"channel": "load", "user": fmt.Sprint("u", i), "text": text})
			_, asked := p.call(b, "POST", "/api/v1/questions", string(body), "")
			ids = append(ids, asked["id"].(string))
		}
		b.ReportMetric(residentMB(b, p.cmd.Process.Pid), "MB-in-flight")
		for _, id := range ids {
			p.answer(b, id, "")
		}
		b.ReportMetric(residentMB(b, p.cmd.Process.Pid), "MB-after")
	}
}

// residentMB is the program's own resident memory, without its query workers.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("resident memory is read from /proc, which this system does not have")
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kb) / 1024
}

func report(b *testing.B, took []float64, unit string) {
	b.Helper()
	slices.Sort(took)
	at := func(q float64) float64 { return took[min(len(took)-1, int(q*float64(len(took))))] }
	b.ReportMetric(at(0.5), "p50-"+unit)
	b.ReportMetric(at(0.95), "p95-"+unit)
	b.ReportMetric(at(0.99), "p99-"+unit)
}
