package desk

import (
	"context"

	"github.com/bapsang/bapsang/bot"
)

// Statements returns the statements behind a question's answer; none when there is no
// answer yet, or none was needed for it.
func (d *Desk) Statements(ctx context.Context, id string) ([]bot.SQL, error) {
	q, err := d.question(ctx, id)
	if err != nil || q.Answer == nil {
		return nil, err
	}
	return d.message(q, nil).SQL, nil
}
