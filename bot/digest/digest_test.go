package digest_test

import (
	"testing"

	"github.com/bapsang/bapsang/bot/digest"
)

func TestSentOnceAtItsTime(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		sub := create(t, s, minji, daily(t))
		until(0, "08:59:59")
		want(t, "before nine", r.platform.texts("C1"), nil)
		until(0, "09:00:00")
		want(t, "at nine", r.platform.texts("C1"), []string{"11-30T09:00 open #1"})
		until(2, "12:00:00")
		want(t, "two days later", r.platform.texts("C1"), []string{"11-30T09:00 open #1", "12-01T09:00 open #2", "12-02T09:00 open #3"})
		want(t, "history", history(t, s, sub.ID), []string{"2026-12-02T09:00 sent", "2026-12-01T09:00 sent", "2026-11-30T09:00 sent"})
		if before := r.kitchen.asked[2]; before.Previous == nil || before.Previous.Message.Text != "12-01T09:00 open #2" {
			t.Errorf("the issue before is %+v", before.Previous)
		}
		if got := get(t, s, sub.ID); got.NextLocal != "2026-12-03T09:00" || got.State != digest.Active {
			t.Errorf("then it is %s, next %s", got.State, got.NextLocal)
		}
	})
}
