// Package demo makes the demo company: an invented Korean maker of consumer
// electronics, 별무리전자 (Byeolmuri Electronics), with its orders, products, customers,
// campaigns, web traffic, returns and support tickets from 2024-01-01 until yesterday,
// and the analyst that answers questions about them.
//
// The data are made by seeded chance, day by day. A day depends on nothing but its
// date, so that tomorrow's company has the same past as today's. In it are planted
// stories to be found; docs/demo-company.md tells them.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"
)

// Version numbers the generator. It is part of the file's name and goes up with any
// change of the data, so that no file of an earlier generator is taken for current.
const Version = 1

// maxDays bounds what a wrong clock can make us generate.
const maxDays = 3653

// ErrClock means that the clock is at a date the demo company has no data for.
var ErrClock = errors.New("no such days")

// keep is how long a file of another day stays. Somebody may still be asking about
// yesterday's.
const keep = 7 * 24 * time.Hour

var fileName = regexp.MustCompile(`^demo-(\d{8})-v\d+\.duckdb(\.wal|\.new|\.new\.wal|\.catalog)?$`)

// Ensure returns the path of the demo company's data as of now, in dir, and makes
// them when they are not there: all days before now's date in now's location. Of
// several processes one generates and the others wait. Files of days more than a
// week before are removed unless somebody has them open. Progress may be nil; see
// Options.
func Ensure(ctx context.Context, dir string, now time.Time, logger *slog.Logger,
	progress func(done, total int),
) (string, error) {
	days := dayOf(now.Date())
	if days < 1 || days > maxDays {
		return "", fmt.Errorf("make demo data: %w: they begin on %s, end yesterday and span at most ten years, but the clock says %s",
			ErrClock, epoch.Format(time.DateOnly), now.Format(time.DateOnly))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make demo data: %w", err)
	}
	path := filepath.Join(dir, fmt.Sprintf("demo-%s-v%d.duckdb", now.Format("20060102"), Version))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	unlock, err := lock(ctx, filepath.Join(dir, "demo.lock"))
	if err != nil {
		return "", fmt.Errorf("make demo data: %w", err)
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil // another process made it while we waited
	}
	began := time.Now()
	clean(dir, now, logger)
	if err := generateFile(ctx, path, Options{Days: days, Scale: 1, Progress: progress}); err != nil {
		return "", err
	}
	logger.Info("demo data made", "path", path, "days", days, "took", time.Since(began).Round(time.Millisecond))
	return path, nil
}

// generateFile writes under another name first: a file with the final one is whole.
func generateFile(ctx context.Context, path string, opts Options) error {
	unfinished := path + ".new"
	for _, left := range []string{unfinished, unfinished + ".wal"} {
		if err := os.Remove(left); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("make demo data: %w", err)
		}
	}
	if err := Generate(ctx, unfinished, opts); err != nil {
		return errors.Join(err, os.Remove(unfinished))
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("make demo data: %w", err)
	}
	return nil
}

// lock takes the file's lock, waiting while another process holds it. The system
// releases it when the process ends, however it ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for another process to make them: %w", context.Cause(ctx))
		case <-retry.C:
		}
	}
}

// clean removes files of days long past and unfinished ones. The caller holds the
// lock, so nobody is at work on an unfinished one.
func clean(dir string, now time.Time, logger *slog.Logger) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		logger.Warn("clean up demo data", "err", err)
		return
	}
	for _, e := range entries {
		match := fileName.FindStringSubmatch(e.Name())
		if match == nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		made, err := time.ParseInLocation("20060102", match[1], now.Location())
		unfinished := match[2] == ".new" || match[2] == ".new.wal"
		if err != nil || !unfinished && (now.Sub(made) < keep || inUse(path)) {
			continue
		}
		if err := os.Remove(path); err != nil {
			logger.Warn("clean up demo data", "err", err)
		}
	}
}

// inUse says whether another process has the database open: DuckDB holds a record
// lock on the file as long as it does.
func inUse(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return true
	}
	defer f.Close()
	probe := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &probe); err != nil {
		return true
	}
	return probe.Type != unix.F_UNLCK
}
