// Package progress carries the news of how far a long reading is from whoever reads to
// whoever waits, in the context and so past all who stand between them and have no use
// for it, as net/http/httptrace does for the stages of a request.
package progress

import "context"

// Report is told how many bytes of how many have been read. Done never exceeds total; it
// goes back where something has to be read again. Calls come one after the other, a few in
// a second, and not after the reading returned; the reading waits for them.
type Report func(done, total int64)

type key struct{}

// With returns a context in which readings tell report.
func With(ctx context.Context, report Report) context.Context {
	return context.WithValue(ctx, key{}, report)
}

// From returns whom readings in ctx tell; it is never nil.
func From(ctx context.Context) Report {
	if report, ok := ctx.Value(key{}).(Report); ok {
		return report
	}
	return func(int64, int64) {}
}
