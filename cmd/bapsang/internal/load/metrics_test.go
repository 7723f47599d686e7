//go:build unix

package load_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/load"
)

// metricsFile has deploy/check/alerts see what a process tells under load.
var metricsFile = flag.String("metrics", "", "file to which TestASmallDay writes what the process tells meanwhile")

// scrapeEvery is how often that is: nothing of a day as short as that may be missed.
const scrapeEvery = 500 * time.Millisecond

// scrape writes what replicas tell to a file, each time below a line with the time in
// milliseconds and the replica, until it is stopped.
func scrape(t testing.TB, ctx context.Context, f *load.Fleet, path string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	var all bytes.Buffer
	var running sync.WaitGroup
	running.Go(func() {
		every := time.NewTicker(scrapeEvery)
		defer every.Stop()
		for {
			for i, r := range f.Replicas {
				if text := told(ctx, r.URL()); len(text) > 0 {
					fmt.Fprintf(&all, "# scrape %d %d\n%s", time.Now().UnixMilli(), i, text)
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
		if err := os.WriteFile(path, all.Bytes(), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// told is what a replica tells, nothing while it is away.
func told(ctx context.Context, url string) []byte {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return nil
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil
	}
	return text
}
