package digest_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/schedule"
)

func TestCreateRefusesWhatCannotBeSent(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.service(r.platform.poster())
		for name, tt := range map[string]struct {
			change func(*digest.Draft)
			want   digest.Code
		}{
			"a kind that nothing renders": {func(d *digest.Draft) { d.Subject.Kind = digest.KindReport }, digest.CodeKind},
			"no question":                 {func(d *digest.Draft) { d.Subject = digest.Subject{Kind: digest.KindQuestion, Question: " "} }, digest.CodeNoQuestion},
			"an alert without condition":  {func(d *digest.Draft) { d.Subject.Kind = digest.KindAlert }, digest.CodeAlert},
			"no change":                   {alert(digest.AlertChange, 0), digest.CodeAlert},
			"no number":                   {alert(digest.AlertAbove, math.NaN()), digest.CodeAlert},
			"no number either":            {alert(digest.AlertBelow, math.Inf(-1)), digest.CodeAlert},
			"a condition of no alert":     {func(d *digest.Draft) { d.Alert = &digest.Alert{Kind: digest.AlertAnomaly} }, digest.CodeAlert},
			"another rule of skipping":    {func(d *digest.Draft) { d.Skip = "sometimes" }, digest.CodeSkip},
			"a long title":                {func(d *digest.Draft) { d.Title = strings.Repeat("가", 201) }, digest.CodeTooLong},
			"long parameters":             {func(d *digest.Draft) { d.Subject.Params = map[string]string{"a": strings.Repeat("x", 20000)} }, digest.CodeTooLong},
			"no schedule":                 {func(d *digest.Draft) { d.Schedule = schedule.Schedule{} }, digest.CodeSchedule},
			"never":                       {func(d *digest.Draft) { d.Schedule = cronText(t, "0 9 30 2 *") }, digest.CodeSchedule},
			"too often":                   {func(d *digest.Draft) { d.Schedule = cronText(t, "*/5 * * * *") }, digest.CodeSchedule},
			"a window in the past":        {func(d *digest.Draft) { d.CatchUp = -time.Hour }, digest.CodeSchedule},
			"a platform that is not here": {func(d *digest.Draft) { d.To = []digest.Recipient{{Thread: bot.Thread{Platform: "irc", Channel: "x"}}} }, digest.CodeUnreachable},
			"no channel":                  {func(d *digest.Draft) { d.To = []digest.Recipient{{Thread: bot.Thread{Platform: "slack"}}} }, digest.CodeUnreachable},
			"a person without rights":     {func(d *digest.Draft) { d.To = []digest.Recipient{{Thread: bot.Direct("slack", "", "U1")}} }, digest.CodeUnreachable},
			"a channel with a person's":   {func(d *digest.Draft) { d.To = []digest.Recipient{{Thread: channel.Thread, Principal: "x"}} }, digest.CodeUnreachable},
			"what passes": {func(d *digest.Draft) {
				d.To = []digest.Recipient{{Thread: bot.Thread{Platform: "slack", Channel: "C1", Only: "U1"}}}
			}, digest.CodeUnreachable},
			"too many": {func(d *digest.Draft) {
				for i := range 51 {
					d.To = append(d.To, digest.Recipient{Thread: bot.Thread{Platform: "slack", Channel: fmt.Sprint(i)}})
				}
			}, digest.CodeRecipients},
		} {
			d := daily(t)
			tt.change(&d)
			_, err := s.Create(t.Context(), minji, d)
			if code(err) != tt.want {
				t.Errorf("%s: %v, want %s", name, err, tt.want)
			}
			ko, en := digest.Sentence(err, "ko"), digest.Sentence(err, "en")
			if ko == "" || en == "" || ko == en || strings.Contains(ko+en, "%!") {
				t.Errorf("%s: is said as %q and %q", name, ko, en)
			}
		}
		if subs, err := s.Mine(t.Context(), minji); err != nil || len(subs) != 0 {
			t.Errorf("what was refused is there: %v, %v", subs, err)
		}
	})
}

func TestCreatedTwiceWithAKeyIsOne(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		d := daily(t)
		d.Key = "press-1"
		d.To = append(d.To, channel) // named twice
		a, b := create(t, s, minji, d), create(t, s, minji, d)
		c := create(t, s, jun, d) // somebody else's press
		if a.ID != b.ID || c.ID == a.ID || len(a.To) != 1 {
			t.Errorf("made are %s, %s, %s, to %v", a.ID, b.ID, c.ID, a.To)
		}
		here, err := s.Here(t.Context(), bot.Thread{Platform: "slack", Channel: "C1", ID: "some thread"})
		if err != nil || len(here) != 2 {
			t.Errorf("in the channel are %d, %v", len(here), err)
		}
	})
}

func TestLimits(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.config = func(c *digest.Config) { c.Limits = digest.Limits{PerOwner: 3, PerChannel: 2} }
		s := r.service(r.platform.poster())
		alone := daily(t)
		alone.To = nil
		create(t, s, minji, daily(t))
		second := create(t, s, minji, daily(t))
		_, err := s.Create(t.Context(), jun, daily(t))
		if code(err) != digest.CodeChannelLimit || !strings.Contains(digest.Sentence(err, "ko"), "2개까지") {
			t.Errorf("a third one of the channel: %v", err)
		}
		third := create(t, s, minji, alone)
		_, err = s.Create(t.Context(), minji, alone)
		if code(err) != digest.CodeOwnerLimit || !strings.Contains(digest.Sentence(err, "en"), "up to 3") {
			t.Errorf("a fourth one of one owner: %v", err)
		}
		// Editing is not one more.
		title := "other"
		_, err = s.Edit(t.Context(), minji, second.ID, second.Version, digest.Edit{Title: &title})
		must(t, err)
		to := []digest.Recipient{channel}
		if _, err = s.Edit(t.Context(), minji, third.ID, third.Version, digest.Edit{To: &to}); code(err) != digest.CodeChannelLimit {
			t.Errorf("moved to the full channel: %v", err)
		}
		_, err = s.End(t.Context(), minji, second.ID)
		must(t, err)
		_, err = s.Edit(t.Context(), minji, third.ID, third.Version, digest.Edit{To: &to})
		must(t, err)
	})
}

func TestWhoMayWhat(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.service(r.platform.poster())
		d := daily(t)
		d.To = append(d.To, jun.To())
		sub := create(t, s, minji, d)
		stranger := digest.Actor{Person: digest.Person{Platform: "slack", User: "U5", Principal: "x@x.kr"}}
		inChannel := stranger
		inChannel.In = bot.Thread{Platform: "slack", Channel: "C1", ID: "t9"}
		for name, tt := range map[string]struct {
			by        digest.Actor
			see, edit digest.Code
		}{
			"owner":           {minji, "", ""},
			"admin":           {admin, "", ""},
			"recipient":       {jun, "", digest.CodeDenied},
			"in the channel":  {inChannel, "", digest.CodeDenied},
			"nobody of these": {stranger, digest.CodeNotFound, digest.CodeNotFound},
			"nobody at all":   {digest.Actor{}, digest.CodeNotFound, digest.CodeNotFound},
		} {
			_, err := s.Get(t.Context(), tt.by, strings.ToUpper(sub.ID))
			if code(err) != tt.see {
				t.Errorf("%s looks: %v, want %q", name, err, tt.see)
			}
			_, err = s.History(t.Context(), tt.by, sub.ID, 5)
			if code(err) != tt.see {
				t.Errorf("%s looks at the history: %v, want %q", name, err, tt.see)
			}
			for _, do := range []func() error{
				func() error { return second(s.Pause(t.Context(), tt.by, sub.ID)) },
				func() error { return second(s.Resume(t.Context(), tt.by, sub.ID)) },
				func() error { return second(s.RunNow(t.Context(), tt.by, sub.ID, "x")) },
			} {
				if err := do(); code(err) != tt.edit {
					t.Errorf("%s changes: %v, want %q", name, err, tt.edit)
				}
			}
		}
	})
}

func TestTwoEditsDoNotLoseOne(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.service(r.platform.poster())
		sub := create(t, s, minji, daily(t))
		var wg sync.WaitGroup
		var mu sync.Mutex
		var won []string
		for i := range 8 {
			wg.Go(func() {
				title := fmt.Sprint("title ", i)
				got, err := s.Edit(t.Context(), minji, sub.ID, sub.Version, digest.Edit{Title: &title})
				if err == nil {
					mu.Lock()
					won = append(won, got.Title)
					mu.Unlock()
				} else if code(err) != digest.CodeConflict {
					t.Errorf("edit: %v", err)
				}
			})
		}
		wg.Wait()
		got := get(t, s, sub.ID)
		if len(won) != 1 || got.Title != won[0] || got.Version != sub.Version+1 {
			t.Errorf("won have %q, it is %q in version %d", won, got.Title, got.Version)
		}
		last := got.Changes[len(got.Changes)-1]
		if last.What != "edited" || !slices.Equal(last.Fields, []string{"title"}) || last.By != minji.Principal {
			t.Errorf("written down is %+v", last)
		}
		var e *digest.Error
		if _, err := s.Edit(t.Context(), minji, sub.ID, 1, digest.Edit{}); !errors.As(err, &e) || digest.Sentence(err, "ko") == "" {
			t.Errorf("an old version: %v", err)
		}
	})
}

// TestEditedListsAndDueTimes moves a subscription between people and channels.
func TestEditedListsAndDueTimes(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		sub := create(t, s, minji, daily(t))
		to := []digest.Recipient{{Thread: bot.Thread{Platform: "slack", Channel: "C7"}, Name: "open-7"}}
		at := cronText(t, "TZ=Europe/Berlin 30 9 * * *")
		owner := jun.Person
		got, err := s.Edit(t.Context(), minji, sub.ID, sub.Version, digest.Edit{To: &to, Schedule: &at, Owner: &owner})
		must(t, err)
		if got.NextLocal != "2026-11-30T09:30" || got.Next.In(seoul()).Hour() != 17 {
			t.Errorf("next is %s, %v", got.NextLocal, got.Next)
		}
		mine, err := s.Mine(t.Context(), minji)
		must(t, err)
		juns, err := s.Mine(t.Context(), jun)
		must(t, err)
		old, err := s.Here(t.Context(), channel.Thread)
		must(t, err)
		there, err := s.Here(t.Context(), to[0].Thread)
		must(t, err)
		if len(mine) != 0 || len(juns) != 1 || len(old) != 0 || len(there) != 1 {
			t.Errorf("listed %d, %d, %d, %d", len(mine), len(juns), len(old), len(there))
		}
		if _, err := s.Pause(t.Context(), minji, sub.ID); code(err) != digest.CodeNotFound {
			t.Errorf("who gave it away: %v", err)
		}
		until(0, "17:30:30")
		if len(r.platform.texts("C7")) != 1 || len(r.platform.texts("C1")) != 0 {
			t.Errorf("shown are %q and %q", r.platform.texts("C7"), r.platform.texts("C1"))
		}
		_, err = s.End(t.Context(), jun, sub.ID)
		must(t, err)
		if _, err := s.Resume(t.Context(), jun, sub.ID); code(err) != digest.CodeEnded {
			t.Errorf("resumed after its end: %v", err)
		}
		if lines := history(t, s, sub.ID); len(lines) != 1 {
			t.Errorf("its history is %q", lines)
		}
	})
}

func TestNewRefusesAnIncompleteConfig(t *testing.T) {
	t.Parallel()
	if _, err := digest.New(digest.Config{}); err == nil {
		t.Error("a service without anything")
	}
}
