package teams_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// A digest begins a post of a channel, or is said in a chat, where nobody spoke before; it is
// there once, also for the process that comes after, and its settings can be changed.
func TestDigestsArePosted(t *testing.T) {
	t.Parallel()
	chart := bottest.Messages()["answer-ko"].Charts[0]
	for name, thread := range map[string]bot.Thread{
		"channel": {Channel: teamstest.Sales}, "group": {Channel: teamstest.Group}, "person": bot.Direct(teams.Platform, "", object(1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOut(t, teamstest.Options{})
			thread.Platform, thread.Workspace = teams.Platform, o.Tenant()
			msg := subscribing("ko")
			msg.Kind, msg.Text, msg.Key, msg.Again = bot.KindDigest, "이번 주와 다음 3주", "s-7@2026-11-23", true
			msg.Sections = []bot.Section{{Title: "확정", Lines: []bot.Line{{
				Mark: bot.MarkSure, When: "11/27 금", Text: "블랙프라이데이", Detail: "D-5", Chart: &chart, Links: []bot.Link{{Title: "출처", URL: "https://news.example/1"}},
			}}}}
			msg.Links = []bot.Link{{Title: "일정", URL: "https://calendar.example/"}}
			ref, err := o.driver.Post(t.Context(), thread, msg)
			if err != nil {
				t.Fatal(err)
			}
			again, err := o.process().Post(t.Context(), thread, msg)
			if err != nil || again != ref {
				t.Errorf("a later process finds it at %+v (%v), it is at %+v", again, err, ref)
			}
			seen := o.bots(ref.Thread)
			if len(seen) != 1 || len(o.Complaints()) > 0 {
				t.Fatalf("%d messages, complaints %q", len(seen), o.Complaints())
			}
			if text := teamstest.Text(seen[0]); !strings.Contains(text, "블랙프라이데이") || !strings.Contains(text, "확정") || seen[0].Summary != "이번 주와 다음 3주" {
				t.Errorf("it reads %q, notified as %q", text, seen[0].Summary)
			}
			if card := string(seen[0].Cards[0]); !strings.Contains(card, "Chart.") || !strings.Contains(card, "data:image/png") || o.drawn.Load() == 0 {
				t.Errorf("its chart is not there, or has no picture in its place: %.2000s", card)
			}
			var data struct {
				Bapsang struct{ Form json.RawMessage }
				MSTeams struct{ Type string }
			}
			for _, a := range teamstest.Actions(seen[0]) {
				if strings.Contains(string(a.Data), "subscription") {
					if err := json.Unmarshal(a.Data, &data); err != nil {
						t.Fatal(err)
					}
				}
			}
			if data.MSTeams.Type != "task/fetch" || len(data.Bapsang.Form) == 0 {
				t.Errorf("its settings are %+v", data)
			}
			msg.Sections[0].Lines[0].Mark = bot.MarkCancelled
			if err := o.driver.Update(t.Context(), ref, msg); err != nil {
				t.Fatal(err)
			}
			if text := teamstest.Text(o.bots(ref.Thread)[0]); !strings.Contains(text, "취소") {
				t.Errorf("what changed reads %q", text)
			}
		})
	}
}
