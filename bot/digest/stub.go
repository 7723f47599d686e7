package digest

import (
	"context"
	"encoding/json"
	"time"

	"github.com/bapsang/bapsang/store"
)

const (
	jobPrepare = "digest"
	jobRender  = "digest_render"
	jobSend    = "digest_send"
	jobNotice  = "digest_notice"
)

func decode(data []byte, v any) error { return json.Unmarshal(data, v) }

type clockwork struct{}

func newClockwork(*Service) *clockwork     { return &clockwork{} }
func (c *clockwork) start(context.Context) {}
func (c *clockwork) stop()                 {}

func (s *Service) prepare(ctx context.Context, c store.Claim) error { return nil }
func (s *Service) render(ctx context.Context, c store.Claim) error  { return nil }
func (s *Service) send(ctx context.Context, c store.Claim) error    { return nil }
func (s *Service) notify(ctx context.Context, c store.Claim) error  { return nil }

func (s *Service) materialise(tx store.Tx, sub *Subscription, now time.Time) error { return nil }
func (s *Service) begin(tx store.Tx, sub *Subscription, o *Occurrence, now time.Time) error {
	return nil
}
