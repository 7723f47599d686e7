package digest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
)

// series renders one content after the other, the last again and again.
func (r *rig) series(contents ...*digest.Content) {
	r.kitchen.render = func(n int, _ digest.Issue) (*digest.Content, error) { return contents[min(n, len(contents))-1], nil }
}

func TestWhatIsSkippedSaysWhy(t *testing.T) {
	empty := say("nothing")
	empty.Empty = true
	odd := say("odd")
	odd.Anomaly = true
	hundred := 100.0
	for _, tt := range []struct {
		name     string
		change   func(*digest.Draft)
		contents []*digest.Content
		want     []string // by day, oldest first
	}{
		{"always", func(*digest.Draft) {}, []*digest.Content{empty, empty}, []string{"sent", "sent"}},
		{"empty", func(d *digest.Draft) { d.Skip = digest.SkipEmpty }, []*digest.Content{say("a"), empty, say("a")}, []string{"sent", "skipped empty", "sent"}},
		{
			"unchanged", func(d *digest.Draft) { d.Skip = digest.SkipUnchanged },
			[]*digest.Content{say("a"), say("a"), say("b"), say("a"), say("a")},
			[]string{"sent", "skipped unchanged", "sent", "sent", "skipped unchanged"},
		},
		{
			"above", alert(digest.AlertAbove, hundred),
			[]*digest.Content{value(99), value(100), value(120), value(99), value(101), say("no value"), value(102)},
			[]string{"skipped quiet", "sent", "skipped still_holds", "skipped quiet", "sent", "skipped no_value", "skipped still_holds"},
		},
		{
			"below", alert(digest.AlertBelow, hundred),
			[]*digest.Content{value(101), value(100), value(-5), value(100.5), value(0)},
			[]string{"skipped quiet", "sent", "skipped still_holds", "skipped quiet", "sent"},
		},
		{
			"change", alert(digest.AlertChange, 10),
			[]*digest.Content{value(100), value(109), value(110), value(100), value(99), value(0), value(0), value(1)},
			[]string{"skipped baseline", "skipped quiet", "sent", "skipped quiet", "sent", "sent", "skipped quiet", "sent"},
		},
		{
			"anomaly", alert(digest.AlertAnomaly, 0), []*digest.Content{say("even"), odd, odd, say("even"), odd},
			[]string{"skipped quiet", "sent", "skipped still_holds", "skipped quiet", "sent"},
		},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			r.series(tt.contents...)
			r.work.Concurrency = 1 // so that one has been sent when the next is decided
			s := r.up()
			d := daily(t)
			tt.change(&d)
			// A second recipient with the same rights gets what the first gets.
			d.To = append(d.To, digest.Recipient{Thread: bot.Thread{Platform: "slack", Channel: "C2"}, Name: "open-2"})
			sub := create(t, s, minji, d)
			until(len(tt.want)-1, "12:00:00")
			var got []string
			sent := 0
			for _, line := range history(t, s, sub.ID) {
				got = append([]string{line[17:]}, got...)
				if line[17:] == "sent" {
					sent++
				}
			}
			want(t, tt.name, got, tt.want)
			if a, b := r.platform.texts("C1"), r.platform.texts("C2"); len(a) != sent || !slices.Equal(a, b) {
				t.Errorf("%s: the channels show %q and %q, sent were %d", tt.name, a, b, sent)
			}
			for _, language := range []string{"ko", "en"} {
				for _, o := range got {
					_, why, skipped := strings.Cut(o, " ")
					if skipped && digest.Reason(why).Sentence(language) == "" {
						t.Errorf("%s has no sentence", why)
					}
				}
			}
		})
	}
}

func alert(kind digest.AlertKind, threshold float64) func(*digest.Draft) {
	return func(d *digest.Draft) {
		d.Subject.Kind = digest.KindAlert
		d.Alert = &digest.Alert{Kind: kind, Threshold: threshold}
	}
}

// TestAnAlertThatNobodyGotIsToldTheNextTime: it came to hold while the platform was busy.
func TestAnAlertThatNobodyGotIsToldTheNextTime(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.series(value(120))
		s := r.up()
		r.platform.refuse = func(bot.Thread, bot.Message) error { return &bot.Error{Code: bot.CodeBusy, Err: errLost} }
		d := daily(t)
		alert(digest.AlertAbove, 100)(&d)
		sub := create(t, s, minji, d)
		until(0, "23:59:00")
		r.platform.mu.Lock()
		r.platform.refuse = nil
		r.platform.mu.Unlock()
		until(1, "10:00:00")
		want(t, "history", history(t, s, sub.ID), []string{"2026-12-01T09:00 sent", "2026-11-30T09:00 failed unavailable"})
	})
}

func TestPeopleGetWhatTheirRightsAllow(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		d := daily(t)
		d.Title = "Secret*s*"
		for i, name := range []string{"all-a", "all-b", "some-c", "none-d"} {
			id := fmt.Sprintf("P%d", i)
			d.To = append(d.To, digest.Recipient{Thread: bot.Direct("slack", "", id), Principal: id, Name: name})
		}
		sub := create(t, s, minji, d)
		until(1, "12:00:00")
		if n := len(r.kitchen.asked); n != 6 {
			t.Errorf("rendered %d times, want 3 groups on 2 days", n)
		}
		for place, group := range map[string]string{"C1": "open", "P0": "all", "P1": "all", "P2": "some"} {
			texts := r.platform.texts(place)
			if len(texts) != 2 || !strings.Contains(texts[0], " "+group+" ") {
				t.Errorf("%s shows %q, want those of %s", place, texts, group)
			}
		}
		refused := r.platform.texts("P3")
		if len(refused) != 1 || strings.Contains(refused[0], "#") || !strings.Contains(refused[0], "may not see") || strings.Contains(refused[0], "*") {
			t.Errorf("who has no rights is shown %q", refused)
		}
		o, err := s.History(t.Context(), minji, sub.ID, 1)
		if err != nil || o[0].Status != digest.Sent || o[0].Deliveries[4].Status != digest.Skipped || o[0].Deliveries[4].Reason != digest.ReasonNoRights {
			t.Errorf("history %+v, %v", o, err)
		}
	})
}

func TestChangedBetweenDueAndSent(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, s *digest.Service, sub *digest.Subscription)
		want   []string // history on the next noon
	}{
		{"paused", func(t *testing.T, s *digest.Service, sub *digest.Subscription) {
			_, err := s.Pause(t.Context(), minji, sub.ID)
			must(t, err)
		}, []string{"2026-11-30T09:00 skipped paused"}},
		{"ended", func(t *testing.T, s *digest.Service, sub *digest.Subscription) {
			_, err := s.End(t.Context(), minji, sub.ID)
			must(t, err)
		}, []string{"2026-11-30T09:00 skipped ended"}},
		{"another time", func(t *testing.T, s *digest.Service, sub *digest.Subscription) {
			at := cronText(t, "30 10 * * *")
			_, err := s.Edit(t.Context(), minji, sub.ID, sub.Version, digest.Edit{Schedule: &at})
			must(t, err)
		}, []string{"2026-12-01T10:30 sent", "2026-11-30T10:30 sent", "2026-11-30T09:00 skipped edited"}},
		{"another place", func(t *testing.T, s *digest.Service, sub *digest.Subscription) {
			to := []digest.Recipient{minji.To()}
			_, err := s.Edit(t.Context(), minji, sub.ID, sub.Version, digest.Edit{To: &to})
			must(t, err)
		}, []string{"2026-12-01T09:00 sent", "2026-11-30T09:00 sent"}},
		{"paused and resumed", func(t *testing.T, s *digest.Service, sub *digest.Subscription) {
			_, err := s.Pause(t.Context(), minji, sub.ID)
			must(t, err)
			_, err = s.Resume(t.Context(), minji, sub.ID)
			must(t, err)
		}, []string{"2026-12-01T09:00 sent", "2026-11-30T09:00 sent"}},
	} {
		// Before it is due, when its job is there already; and after, in its jitter.
		for _, at := range []string{"08:58:30", "09:00:00"} {
			bubble(t, func(t *testing.T, r *rig) {
				s := r.up()
				d := daily(t)
				d.Jitter = 2 * time.Hour
				sub := create(t, s, minji, d)
				until(0, at)
				tt.change(t, s, get(t, s, sub.ID))
				if got := r.platform.texts("C1"); len(got) > 0 {
					t.Fatalf("%s at %s: sent before: %q", tt.name, at, got)
				}
				until(1, "13:00:00")
				if tt.name == "paused and resumed" && at == "09:00:00" {
					// Resumed after it was due: from the next one on, and this one was under way.
					tt.want = []string{"2026-12-01T09:00 sent", "2026-11-30T09:00 sent"}
				}
				want(t, tt.name+" at "+at, history(t, s, sub.ID), tt.want)
			})
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestDowntime stops everything over a time that something was due in.
func TestDowntime(t *testing.T) {
	for _, tt := range []struct {
		name, cron string
		catchUp    time.Duration
		days       int
		clock      string // when it runs again
		want       []string
		text       string // begin of what is shown then
	}{
		{"the same morning", "0 9 * * *", 0, 0, "11:00:00", []string{"2026-11-30T09:00 sent"}, "Delayed · this was due 30 November 09:00."},
		{"a few minutes", "0 9 * * *", 0, 0, "09:04:00", []string{"2026-11-30T09:00 sent"}, "11-30T09:00"},
		{"the next day, before it is due", "0 9 * * *", 0, 1, "08:00:00", []string{"2026-11-30T09:00 skipped missed"}, ""},
		{"several days", "0 9 * * *", 0, 3, "10:00:00", []string{"2026-12-03T09:00 sent"}, "Delayed · this was due 3 December 09:00. The program was not running for 3 before it"},
		{"a window", "0 9 * * *", time.Hour, 0, "10:01:00", []string{"2026-11-30T09:00 skipped missed"}, ""},
		{"a long window", "0 9 * * 1", 72 * time.Hour, 2, "10:00:00", []string{"2026-11-30T09:00 sent"}, "Delayed"},
		{"an evening's", "30 23 * * *", 0, 1, "00:45:00", []string{"2026-11-30T23:30 sent"}, "Delayed"},
		{"hours of a day", "0 * * * *", 0, 1, "08:30:00", []string{"2026-12-01T08:00 sent"}, "Delayed · this was due 1 December 08:00. The program was not running for 23 before it"},
		{"weeks of hours", "0 * * * *", 0, 30, "08:30:00", []string{"2026-12-30T08:00 sent"}, "Delayed · this was due 30 December 08:00."},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			d := daily(t)
			d.Schedule, d.CatchUp = cronText(t, tt.cron), tt.catchUp
			sub := create(t, r.service(r.platform.poster()), minji, d)
			until(tt.days, tt.clock)
			s := r.up()
			synctest.Wait()
			<-time.After(time.Minute)
			synctest.Wait()
			want(t, tt.name, history(t, s, sub.ID), tt.want)
			texts := append(r.platform.texts("C1"), "")
			if !strings.HasPrefix(texts[0], tt.text) || tt.text == "" && texts[0] != "" {
				t.Errorf("%s: shown is %q, want %q", tt.name, texts[0], tt.text)
			}
		})
	}
}

// TestARetrySendsTheSame refuses a post for a while.
func TestARetrySendsTheSame(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		var tries []string
		r.platform.refuse = func(_ bot.Thread, m bot.Message) error {
			if tries = append(tries, time.Now().In(seoul()).Format("15:04 ")+m.Text); len(tries) < 4 {
				return &bot.Error{Code: bot.CodeBusy, Method: "post", Reason: "ratelimited", Err: errLost}
			}
			return nil
		}
		sub := create(t, s, minji, daily(t))
		until(0, "12:00:00")
		want(t, "tries", tries, []string{"09:00 11-30T09:00 open #1", "09:01 11-30T09:00 open #1", "09:03 11-30T09:00 open #1", "09:07 11-30T09:00 open #1"})
		want(t, "history", history(t, s, sub.ID), []string{"2026-11-30T09:00 sent"})
		if len(r.kitchen.asked) != 1 {
			t.Errorf("rendered %d times", len(r.kitchen.asked))
		}
	})
}

// TestABusyPlatformIsAskedForAsLongAsItMakesSense is busy all morning. Nothing is looked
// for, because nothing was sent.
func TestABusyPlatformIsAskedForAsLongAsItMakesSense(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		tries := 0
		r.platform.refuse = func(_ bot.Thread, m bot.Message) error {
			if tries++; m.Again {
				t.Error("what was not sent is looked for")
			}
			if time.Now().Before(monday.Add(210 * time.Minute)) {
				return &bot.Error{Code: bot.CodeBusy, Method: "post", Reason: "ratelimited", Err: errLost}
			}
			return nil
		}
		sub := create(t, s, minji, daily(t))
		until(0, "11:36:00")
		want(t, "history", history(t, s, sub.ID), []string{"2026-11-30T09:00 sent"})
		want(t, "shown", r.platform.texts("C1"), []string{"Delayed · this was due 30 November 09:00.\n\n11-30T09:00 open #1"})
		if tries < 20 || tries > 40 {
			t.Errorf("tried %d times", tries)
		}
	})
}

// TestRenderingIsTriedAgain has a renderer that breaks, panics, and works.
func TestRenderingIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		r.kitchen.render = func(n int, i digest.Issue) (*digest.Content, error) {
			switch n {
			case 1:
				return nil, errors.New("database down")
			case 2:
				panic("oops")
			case 3:
				return nil, nil
			}
			return say("at last, for " + i.Due.Format("15:04")), nil
		}
		sub := create(t, s, minji, daily(t))
		until(0, "12:00:00")
		want(t, "shown", r.platform.texts("C1"), []string{"at last, for 09:00"})
		want(t, "history", history(t, s, sub.ID), []string{"2026-11-30T09:00 sent"})
	})
}

// TestAnUnknownOutcomeIsLookedForNotSentAgain loses every answer for a while.
func TestAnUnknownOutcomeIsLookedForNotSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		down := true
		r.platform.lose = func(m bot.Message) bool { return down && m.Kind == bot.KindDigest }
		// It takes nothing more, either, so that nobody can tell by trying.
		r.platform.refuse = func(_ bot.Thread, m bot.Message) error {
			if down && m.Again {
				return &bot.Error{Code: bot.CodeUnavailable, Err: errLost}
			}
			return nil
		}
		first := r.platform.poster()
		stop := r.run(r.service(first), nil)
		s := r.service(r.platform.poster())
		d := daily(t)
		d.Title = "Morning"
		sub := create(t, s, minji, d)
		hide := func() { // the platform's search is down, too
			r.platform.mu.Lock()
			r.platform.byKey = map[string]bot.Ref{}
			r.platform.mu.Unlock()
		}
		until(0, "09:00:10")
		kept := r.platform.byKey
		hide()
		until(0, "23:50:00")
		want(t, "while it is down", history(t, s, sub.ID), []string{"2026-11-30T09:00 unknown"})
		if told := r.platform.texts("U1"); len(told) != 1 || !strings.Contains(told[0], "확인하지 못했어요") {
			t.Errorf("the owner is told %q", told)
		}
		stop()
		r.platform.mu.Lock()
		down, r.platform.byKey = false, kept
		r.platform.mu.Unlock()
		again := r.run(s, nil)
		until(1, "00:10:00")
		want(t, "after a restart", history(t, s, sub.ID), []string{"2026-11-30T09:00 sent"})
		until(1, "12:00:00")
		if shown := r.platform.texts("C1"); len(shown) != 2 || len(r.platform.twice()) > 0 {
			t.Errorf("shown are %q", shown)
		}
		again()
	})
}

// TestTheNextIssueFindsOutAboutTheLast does so without a restart.
func TestTheNextIssueFindsOutAboutTheLast(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		down := true
		r.platform.refuse = func(bot.Thread, bot.Message) error {
			if down {
				return errLost // nothing arrived, but who knows
			}
			return nil
		}
		s := r.up()
		sub := create(t, s, minji, daily(t))
		until(0, "23:50:00")
		want(t, "the first day", history(t, s, sub.ID), []string{"2026-11-30T09:00 unknown"})
		r.platform.mu.Lock()
		down = false
		r.platform.mu.Unlock()
		until(1, "10:00:00")
		want(t, "the second day", history(t, s, sub.ID), []string{"2026-12-01T09:00 sent", "2026-11-30T09:00 sent"})
		shown := r.platform.texts("C1")
		slices.Sort(shown)
		if len(shown) != 2 || !strings.HasPrefix(shown[1], "Delayed · this was due 30 November 09:00.") {
			t.Errorf("shown are %q", shown)
		}
	})
}

func TestFailuresAreToldToTheOwner(t *testing.T) {
	gone := func(channel string, code bot.Code) func(*rig) {
		return func(r *rig) {
			r.platform.refuse = func(t bot.Thread, _ bot.Message) error {
				if t.Channel == channel {
					return &bot.Error{Code: code, Method: "post", Reason: "is_archived", Err: errLost}
				}
				return nil
			}
		}
	}
	fails := func(err error) func(*rig) {
		return func(r *rig) {
			r.kitchen.render = func(int, digest.Issue) (*digest.Content, error) { return nil, err }
		}
	}
	two := func(d *digest.Draft) {
		d.To = append(d.To, digest.Recipient{Thread: bot.Thread{Platform: "slack", Channel: "C2"}, Name: "open-2"})
	}
	for _, tt := range []struct {
		name   string
		setup  func(*rig)
		change func(*digest.Draft)
		days   int
		state  digest.State
		reason digest.Reason
		last   string
		told   []string // parts of what the owner is told
	}{
		{"the only channel is archived", gone("C1", bot.CodeGone), nil, 2, digest.Disabled, digest.ReasonGone, "failed gone", []string{"채널이 보관되었거나"}},
		{"the app was removed", gone("C1", bot.CodeDenied), nil, 2, digest.Disabled, digest.ReasonDenied, "failed denied", []string{"권한이 없어요"}},
		{"one of two is archived", gone("C2", bot.CodeGone), two, 2, digest.Active, "", "sent", []string{"2곳 중 1곳"}},
		{"never rendered", fails(errors.New("down")), nil, 1, digest.Active, "", "failed render", []string{"11월 30일 09:00 발송분을 보내지 못했어요", "12월 1일 09:00"}},
		{"five in a row", fails(errors.New("down")), nil, 7, digest.Disabled, digest.ReasonFailing, "failed render", []string{"", "", "", "", "연달아"}},
		{
			"refused", fails(&digest.Refusal{Say: "그 분석가는 이제 없어요."}), nil, 2, digest.Disabled, digest.ReasonRefused, "failed refused",
			[]string{"더 이상 만들 수 없어요. 고친 뒤 다시 시작해 주세요.\n그 분석가는 이제 없어요."},
		},
		{"the owner has left", func(r *rig) { r.people.left["U1"] = true }, nil, 2, digest.Disabled, digest.ReasonOwnerLeft, "skipped owner_left", nil},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			tt.setup(r)
			s := r.up()
			d := daily(t)
			if tt.change != nil {
				tt.change(&d)
			}
			sub := create(t, s, minji, d)
			until(tt.days, "23:59:00")
			got := get(t, s, sub.ID)
			if got.State != tt.state || got.Reason != tt.reason {
				t.Errorf("%s: it is %s %s, want %s %s", tt.name, got.State, got.Reason, tt.state, tt.reason)
			}
			if line := history(t, s, sub.ID)[0]; line[17:] != tt.last {
				t.Errorf("%s: the last issue is %q, want %q", tt.name, line, tt.last)
			}
			told := r.platform.texts("U1")
			if len(told) != len(tt.told) {
				t.Fatalf("%s: the owner is told %q", tt.name, told)
			}
			for i, part := range tt.told {
				if !strings.Contains(told[i], part) {
					t.Errorf("%s: the owner is told %q, want %q in it", tt.name, told[i], part)
				}
			}
			if tt.state == digest.Disabled {
				if _, err := s.Resume(t.Context(), minji, sub.ID); err != nil {
					t.Errorf("%s: resume: %v", tt.name, err)
				}
				if got := get(t, s, sub.ID); got.State != digest.Active || got.Next.IsZero() {
					t.Errorf("%s: resumed, it is %s, next %v", tt.name, got.State, got.Next)
				}
			}
		})
	}
}

func TestByHand(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		d := daily(t)
		d.Skip = digest.SkipUnchanged
		r.series(say("same"))
		sub := create(t, s, minji, d)
		until(0, "08:30:00")
		if _, err := s.Pause(t.Context(), minji, sub.ID); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the press is delivered twice
			must(t, second(s.TestToMe(t.Context(), minji, sub.ID, "press-1")))
			<-time.After(time.Minute)
		}
		want(t, "tested, in the channel", r.platform.texts("C1"), nil)
		want(t, "tested, to me", r.platform.texts("U1"), []string{"same"})
		key, err := s.RunNow(t.Context(), minji, sub.ID, "press-2")
		must(t, err)
		must(t, second(s.RunNow(t.Context(), minji, sub.ID, "press-3")))
		<-time.After(time.Minute)
		synctest.Wait()
		want(t, "run now, whatever the rules say", r.platform.texts("C1"), []string{"same", "same"})
		o, err := s.Occurrence(t.Context(), minji, key)
		if err != nil || o.Status != digest.Sent || o.Origin != digest.ByHand || o.By != minji.Principal {
			t.Errorf("occurrence %+v, %v", o, err)
		}
		if _, err := s.RunNow(t.Context(), jun, sub.ID, "x"); code(err) != digest.CodeNotFound {
			t.Errorf("somebody else may run it: %v", err)
		}
		jun := jun
		jun.In = channel.Thread
		if _, err := s.RunNow(t.Context(), jun, sub.ID, "x"); code(err) != digest.CodeDenied {
			t.Errorf("somebody of the channel may run it: %v", err)
		}
		must(t, second(s.TestToMe(t.Context(), jun, sub.ID, "x")))
		<-time.After(time.Minute)
		synctest.Wait()
		want(t, "tested by somebody of the channel", r.platform.texts("U2"), []string{"same"})
		_, err = s.Resume(t.Context(), minji, sub.ID)
		must(t, err)
		until(0, "09:30:00")
		// What was sent by hand was an issue, what was tested was not.
		if line := history(t, s, sub.ID)[0]; line != "2026-11-30T09:00 skipped unchanged" {
			t.Errorf("at nine: %s", line)
		}
	})
}

func TestATestThatFailsIsToldToWhoTested(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		r.kitchen.render = func(int, digest.Issue) (*digest.Content, error) { return nil, &digest.Refusal{Say: "No."} }
		sub := create(t, s, minji, daily(t))
		must(t, second(s.TestToMe(t.Context(), admin, sub.ID, "x")))
		<-time.After(time.Minute)
		synctest.Wait()
		if told := r.platform.texts("U9"); len(told) != 1 || !strings.HasSuffix(told[0], "No.") {
			t.Errorf("who tested is told %q", told)
		}
		if got := get(t, s, sub.ID); got.State != digest.Active || got.Failures != 0 || len(r.platform.texts("U1")) != 0 {
			t.Errorf("a test counts: %+v", got)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func code(err error) digest.Code {
	var e *digest.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// TestClockChangeAndHolidays has a digest in an hour that New York skips, and one that
// gives way to a holiday.
func TestClockChangeAndHolidays(t *testing.T) {
	for _, tt := range []struct {
		cron       string
		begin, end int // days after monday
		want       []string
	}{
		{"TZ=America/New_York 30 2 * * *", 103, 105, []string{"2027-03-15T02:30 sent", "2027-03-14T02:30 sent", "2027-03-13T02:30 sent"}},
		{"0 9 * * 5 holiday=next", 17, 28, []string{"2026-12-28T09:00 sent", "2026-12-18T09:00 sent"}},
		{"0 9 * * 5 holiday=previous", 17, 28, []string{"2026-12-24T09:00 sent", "2026-12-18T09:00 sent"}},
		{"0 9 * * 5 holiday=skip", 17, 28, []string{"2026-12-18T09:00 sent"}},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			until(tt.begin, "12:00:00")
			s := r.up()
			d := daily(t)
			d.Schedule = cronText(t, tt.cron)
			sub := create(t, s, minji, d)
			until(tt.end, "23:00:00")
			want(t, tt.cron, history(t, s, sub.ID), tt.want)
		})
	}
}

// TestHistoryIsBounded runs long enough to be trimmed.
func TestHistoryIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		d := daily(t)
		d.Schedule = cronText(t, "0 * * * *")
		sub := create(t, s, minji, d)
		until(3, "12:00:00")
		if n := len(history(t, s, sub.ID)); n < 50 || n > 60 {
			t.Errorf("%d occurrences are kept", n)
		}
	})
}

// slowDirectory does not answer; digests are sent all the same.
type slowDirectory struct{}

func (slowDirectory) Person(context.Context, bot.Thread, bot.User) (bot.Person, error) {
	return bot.Person{}, errors.New("directory down")
}

func TestADirectoryThatIsDownHoldsNothingUp(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up(func(c *digest.Config) { c.People = map[string]bot.Directory{"slack": slowDirectory{}} })
		d := daily(t)
		d.To = append(d.To, minji.To())
		create(t, s, minji, d)
		until(0, "10:00:00")
		if len(r.platform.texts("C1")) != 1 || len(r.platform.texts("U1")) != 1 {
			t.Errorf("shown are %q and %q", r.platform.texts("C1"), r.platform.texts("U1"))
		}
	})
}

func TestDecorationIsForOneSubscription(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up(func(c *digest.Config) {
			c.Decorate = func(sub *digest.Subscription, m *bot.Message) {
				m.Buttons = append(m.Buttons, bot.Button{Action: bot.ActionSubscription, Value: sub.ID})
			}
		})
		a, b := create(t, s, minji, daily(t)), create(t, s, jun, daily(t))
		until(0, "10:00:00")
		if len(r.kitchen.asked) != 1 || len(r.platform.shown) != 2 {
			t.Fatalf("rendered %d times, shown %d", len(r.kitchen.asked), len(r.platform.shown))
		}
		var got []string
		for _, m := range r.platform.shown {
			if len(m.msg.Buttons) != 1 || m.msg.Language != "en" {
				t.Fatalf("shown is %+v", m.msg)
			}
			got = append(got, m.msg.Buttons[0].Value)
		}
		if slices.Sort(got); got[0] != min(a.ID, b.ID) || got[1] != max(a.ID, b.ID) {
			t.Errorf("the buttons are of %q", got)
		}
	})
}

// deadlyRights end the goroutine that asks, as the end of its process would.
type deadlyRights struct{}

func (deadlyRights) Group(context.Context, *digest.Subscription, digest.Recipient) (string, error) {
	runtime.Goexit()
	return "", nil
}

// TestWhatKillsItsProcessIsGivenUp has an issue that takes down whoever works on it, at
// each stage: the queue gives up, and somebody must say so.
func TestWhatKillsItsProcessIsGivenUp(t *testing.T) {
	for _, tt := range []struct {
		stage  string
		setup  func(*rig)
		change func(*digest.Config)
		want   string
	}{
		{"preparing", func(*rig) {}, func(c *digest.Config) { c.Rights = deadlyRights{} }, "failed lost"},
		{"rendering", func(r *rig) {
			r.kitchen.render = func(int, digest.Issue) (*digest.Content, error) { runtime.Goexit(); return nil, nil }
		}, nil, "failed lost"},
		{"posting", func(r *rig) {
			r.platform.refuse = func(where bot.Thread, _ bot.Message) error {
				if where.Channel == "C1" {
					runtime.Goexit()
				}
				return nil
			}
		}, nil, "unknown"},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			tt.setup(r)
			var change []func(*digest.Config)
			if tt.change != nil {
				change = append(change, tt.change)
			}
			s := r.up(change...)
			sub := create(t, s, minji, daily(t))
			until(0, "12:00:00")
			want(t, tt.stage, history(t, s, sub.ID), []string{"2026-11-30T09:00 " + tt.want})
			if told := r.platform.texts("U1"); len(told) != 1 {
				t.Errorf("%s: the owner is told %q", tt.stage, told)
			}
		})
	}
}

// TestAClockThatIsBehindPlansNothingAgain resumes, after nine, by a clock that says it is
// before nine.
func TestAClockThatIsBehindPlansNothingAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.up()
		behind := r.service(r.platform.poster(), func(c *digest.Config) {
			c.Now = func() time.Time { return time.Now().Add(-5 * time.Minute) }
		})
		sub := create(t, s, minji, daily(t))
		until(0, "09:02:00")
		must(t, second(behind.Pause(t.Context(), minji, sub.ID)))
		got, err := behind.Resume(t.Context(), minji, sub.ID)
		must(t, err)
		if got.NextLocal == "" {
			t.Error("resumed, nothing is next")
		}
		until(0, "12:00:00")
		want(t, "shown", r.platform.texts("C1"), []string{"11-30T09:00 open #1"})
		if got := get(t, s, sub.ID); got.NextLocal != "2026-12-01T09:00" {
			t.Errorf("next is %s", got.NextLocal)
		}
	})
}

func TestStartAndStopInAnyOrder(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		s := r.service(r.platform.poster())
		s.Stop()
		s.Start(t.Context())
		s.Start(t.Context())
		s.Stop()
		s.Stop()
		s.Start(t.Context())
		s.Stop()
	})
}
