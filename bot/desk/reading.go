package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors/progress"
)

// reading shows in the question's last step how much of its files has been read, at most
// once a tick. That is not stored: whoever looks later sees the next of it.
func (d *Desk) reading(ctx context.Context, q *Question) progress.Report {
	next := d.now().Add(tick)
	return func(done, total int64) {
		now := d.now()
		if len(q.Steps) == 0 || total <= 0 || now.Before(next) {
			return
		}
		next = now.Add(tick)
		shown := *q
		shown.Steps = slices.Clone(q.Steps)
		shown.Steps[len(shown.Steps)-1].Text = textFor(q.Language).readSoFar(q.Files, done, total)
		d.showProgress(ctx, &shown)
	}
}

// readSoFar says how far the reading of files is. What has been read is not yet looked
// through, so the last percent is kept back.
func (t *texts) readSoFar(files []File, done, total int64) string {
	percent := min(done*100/total, 99)
	return fmt.Sprintf("%s · %d%%", strings.TrimSuffix(t.reading(files), " …"), percent)
}
