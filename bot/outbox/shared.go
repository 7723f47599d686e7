package outbox

import (
	"context"
	"time"
)

// Shared counts calls together with all processes that call a platform as the same app: a
// platform's rates are the app's, however many we are. What a process does by itself comes
// first, so that only what it would send at once is asked for.
type Shared interface {
	// Take counts a call against each of the budgets, or against none: then wait is how long
	// until it is worth asking again. Used is how much of each budget was, by all. An error
	// says that it is not known; a platform is then told from us what we count ourselves.
	Take(ctx context.Context, budgets []Budget) (wait time.Duration, used []int, err error)
	// Rest has nobody use a budget for a while.
	Rest(ctx context.Context, name string, pause time.Duration) error
}

// Budget is so many calls of a name within a time.
type Budget struct {
	Name  string
	Calls int
	Per   time.Duration
}
