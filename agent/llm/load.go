package llm

import "context"

// LoadReader is a [Model] whose server tells how busy it is. A Model may be one; few
// servers tell.
type LoadReader interface {
	// Load asks the server. It costs no call of the budget. CodeRefused or CodeNoModel
	// means that this server never tells.
	Load(ctx context.Context) (Load, error)
}

// Load is how busy a server is, all engines together.
type Load struct {
	Running int // requests in work
	Waiting int // requests in its queue
	// CacheAsked and CacheHit count prompt tokens since the server began: those looked
	// up in the cache of prompt prefixes, and those found.
	CacheAsked, CacheHit float64
}

// HitRate is the share of prompt tokens that the server had computed before, since it
// began or since an earlier reading. It is 0 when nothing was asked.
func (l Load) HitRate(since Load) float64 {
	asked := l.CacheAsked - since.CacheAsked
	if asked <= 0 {
		return 0
	}
	return (l.CacheHit - since.CacheHit) / asked
}
