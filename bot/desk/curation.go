package desk

import "context"

// Curation keeps the dates of the calendar that people confirm.
type Curation interface {
	// Decide does what somebody pressed about a suggested date, and says what became of
	// it. An order with the same Key is done once. What cannot be done is said; an error
	// means that something broke and trying again may help.
	Decide(ctx context.Context, o Order) (*Reply, error)
}

// curate has what somebody pressed about a date done.
func (d *Desk) curate(ctx context.Context, q *Question) (*Reply, error) {
	if d.cfg.Curation == nil || q.Press == nil {
		return &Reply{Text: textFor(q.Language).cannot}, nil
	}
	return d.cfg.Curation.Decide(ctx, Order{
		Key: q.ID, Thread: q.Thread, User: q.User, Principal: q.Principal(), Language: q.Language, Action: q.Press,
	})
}
