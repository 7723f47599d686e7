package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// cancelGrace is what the server has to end a query that was cancelled, before the
	// connection is cut.
	cancelGrace = 200 * time.Millisecond
	// cancelWithin bounds the asking, for which there is a connection of its own. Whoever gave
	// the query up waits for as long only where the way to the server is slow or cut.
	cancelWithin = 2 * time.Second
	// cancelLate is how much later than that a server may hear of it: what comes next on the
	// connection is not to be what it ends.
	cancelLate = 100 * time.Millisecond
)

// canceller has the server end a query whose caller has gone. It is a ctxwatch.Handler.
//
// The library's own handler hangs up on whom it asks to cancel as soon as the query has
// ended. A pooler between is then still busy with it, and PgBouncer from 1.18.0 to 1.19.0
// ends itself over that, and with it everybody's connections
// (https://github.com/pgbouncer/pgbouncer/pull/846). This one waits until it is answered.
type canceller struct {
	conn  *pgconn.PgConn
	asked chan struct{} // closed when the server was asked
}

// HandleCancel implements ctxwatch.Handler.
func (c *canceller) HandleCancel(ctx context.Context) {
	_ = c.conn.Conn().SetDeadline(time.Now().Add(cancelGrace))
	asked := make(chan struct{})
	c.asked = asked
	go func() { // HandleUnwatchAfterCancel, which always comes, waits for it
		defer close(asked)
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelWithin)
		defer stop()
		_ = c.conn.CancelRequest(ctx) // where it fails, the connection is cut
	}()
}

// HandleUnwatchAfterCancel implements ctxwatch.Handler.
func (c *canceller) HandleUnwatchAfterCancel() {
	<-c.asked
	late := time.NewTimer(cancelLate)
	defer late.Stop()
	<-late.C
	_ = c.conn.Conn().SetDeadline(time.Time{})
}
