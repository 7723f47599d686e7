package kit

import (
	"context"
	"time"
)

// Again is something that is read once in a while, and sooner where somebody asks for it.
type Again struct {
	asked chan struct{} // holds one, who asks while it does asks for the same
}

// NewAgain makes one that nobody has asked for.
func NewAgain() *Again { return &Again{asked: make(chan struct{}, 1)} }

// Soon asks that it be read without waiting for its time, and does not wait itself. Who asks
// while it is being read has it read once more. It may be called concurrently, and before
// Run.
func (a *Again) Soon() {
	select {
	case a.asked <- struct{}{}:
	default: // it is going to be
	}
}

// Run calls read every so often, and when Soon was called, until ctx ends; asked says which
// of the two it was. No two calls are at the same time, and none is made up for that fell
// into one. There is one Run at a time.
func (a *Again) Run(ctx context.Context, every time.Duration, read func(ctx context.Context, asked bool)) {
	clock := time.NewTicker(every)
	defer clock.Stop()
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		case <-a.asked:
			asked = true
		}
		if ctx.Err() != nil { // or chance decides between it and the others
			return
		}
		read(ctx, asked)
	}
}
