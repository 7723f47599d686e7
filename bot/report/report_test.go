package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/report"
	"github.com/bapsang/bapsang/bot/usage"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

var seoul = time.FixedZone("KST", 9*3600)

// monday is after the week that is reported.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, seoul)

// desk keeps rows.
type desk struct {
	t *testing.T
	*bolt.Store
	n int
}

func open(t *testing.T) *desk {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &desk{t: t, Store: s}
}

// asked keeps a question of a day of November that person asked.
func (d *desk) asked(day int, person string, q usage.Question) {
	d.t.Helper()
	d.n++
	q.ID, q.Person, q.Asked = fmt.Sprintf("01%06dQ%03d", d.n, d.n), person, time.Date(2026, 11, day, 10, 0, 0, 0, seoul)
	if q.Outcome == "" {
		q.Outcome, q.Rung = usage.Answered, "compose"
	}
	if q.Platform == "" {
		q.Platform, q.Channel = "slack", "C1"
	}
	if err := d.Update(context.WithoutCancel(d.t.Context()), func(tx store.Tx) error { return usage.PutQuestion(tx, q) }); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) make(opts report.Options) *report.Report {
	d.t.Helper()
	opts.Now = monday
	if opts.Period == (report.Period{}) {
		opts.Period = report.LastWeek(monday)
	}
	r, err := report.Make(d.t.Context(), d.Store, opts)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, seoul) }
	for _, tt := range []struct {
		name   string
		got    report.Period
		want   report.Period
		before report.Period
	}{
		{"a week, asked on Monday", report.LastWeek(monday), report.Period{From: day(2026, 11, 16), To: day(2026, 11, 23)}, report.Period{From: day(2026, 11, 9), To: day(2026, 11, 16)}},
		{"a week, asked on Sunday", report.LastWeek(monday.AddDate(0, 0, -1)), report.Period{From: day(2026, 11, 9), To: day(2026, 11, 16)}, report.Period{From: day(2026, 11, 2), To: day(2026, 11, 9)}},
		{"a month after a longer one", report.LastMonth(time.Date(2027, 3, 1, 0, 0, 0, 0, seoul)), report.Period{From: day(2027, 2, 1), To: day(2027, 3, 1)}, report.Period{From: day(2027, 1, 1), To: day(2027, 2, 1)}},
		{"over New Year", report.LastMonth(time.Date(2027, 1, 31, 23, 59, 0, 0, seoul)), report.Period{From: day(2026, 12, 1), To: day(2027, 1, 1)}, report.Period{From: day(2026, 11, 1), To: day(2026, 12, 1)}},
		{"three days", report.Days(day(2026, 3, 1), day(2026, 3, 3)), report.Period{From: day(2026, 3, 1), To: day(2026, 3, 4)}, report.Period{From: day(2026, 2, 26), To: day(2026, 3, 1)}},
		{"a quarter", report.Days(day(2026, 7, 1), day(2026, 9, 30)), report.Period{From: day(2026, 7, 1), To: day(2026, 10, 1)}, report.Period{From: day(2026, 4, 1), To: day(2026, 7, 1)}},
	} {
		if tt.got != tt.want || tt.got.Before() != tt.before {
			t.Errorf("%s: %v, before it %v", tt.name, tt.got, tt.got.Before())
		}
	}
}

// TestFigures are worked out by hand: two thoughtful answers of three and one calls, three
// without any, of which each spared two calls.
func TestFigures(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.asked(10, "a", usage.Question{})
	d.asked(11, "gone", usage.Question{})
	think := func(calls, tokens int) usage.Question {
		return usage.Question{Outcome: usage.Answered, Rung: "think", Spent: usage.Spent{Calls: calls, InputTokens: tokens, OutputTokens: 10}, WaitMS: 100, TookMS: 20_000}
	}
	d.asked(16, "a", think(3, 1000))
	d.asked(17, "a", think(1, 480))
	d.asked(16, "b", usage.Question{TookMS: 60_000, WaitMS: 30, Good: 2})
	d.asked(22, "c", usage.Question{TookMS: 10 * 60 * 60 * 1000, WaitMS: 20, Bad: 1})
	d.asked(22, "c", usage.Question{TookMS: 100, WaitMS: 10})
	d.asked(22, "c", usage.Question{Outcome: usage.Declined, Reason: "unknown", Rung: "none", Spent: usage.Spent{Calls: 4}})
	d.asked(22, "b", usage.Question{Outcome: usage.AskedBack})
	d.asked(22, "b", usage.Question{Outcome: usage.Failed, Reason: "timeout"})
	d.asked(22, "b", usage.Question{Outcome: usage.Cancelled})
	d.asked(23, "late", usage.Question{})
	r := d.make(report.Options{Minutes: report.Minutes{Low: 6, High: 12, Named: true}})
	f := r.Figures
	want := report.Figures{
		People: 3, Returned: 2, Questions: 9, Answered: 5, Declined: 1, AskedBack: 1, Failed: 1, Cancelled: 1, Rungs: map[string]int{"compose": 3, "think": 2},
		LLM:    report.Model{Calls: 8, InputTokens: 1480, OutputTokens: 20, PerAnswer: 1.6, Without: 3, SparedCalls: 6, SparedTokens: 2250},
		WaitMS: report.Times{Count: 9, Median: 10, P95: 100}, TookMS: report.Times{Count: 5, Median: 20_000, P95: 36_000_000}, Good: 2, Bad: 1,
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("figures\n got %+v\nwant %+v", f, want)
	}
	if r.Kept != 1 || r.Before.People != 2 || r.Before.Rungs != nil {
		t.Errorf("kept %d of %+v", r.Kept, r.Before)
	}
	// Four answers that nobody disliked, and 20 s + 20 s + 60 s + 12 min (at most) + 0.1 s of waiting.
	waited := (20_000 + 20_000 + 60_000 + 720_000 + 100) / 3_600_000.0
	if s := r.Saved; s.Questions != 4 || !near(s.WaitedHours, waited) || !near(s.LowHours, 0.4-waited) || !near(s.HighHours, 0.8-waited) {
		t.Errorf("saved %+v", s)
	}
	if len(r.Days) != 7 || r.Days[0] != (report.Day{Date: "2026-11-16", Questions: 2}) || r.Days[6] != (report.Day{Date: "2026-11-22", Questions: 6}) {
		t.Errorf("days %+v", r.Days)
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// TestSmallGroupsAreNotToldApart asks the same in one channel, in two and alone, by two and
// by three people.
func TestSmallGroupsAreNotToldApart(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i, person := range []string{"a", "b", "c"} {
		d.asked(16, person, usage.Question{Text: "한 방에서", Channel: "C1", Platform: "slack", Analyst: "sales"})
		d.asked(16, person, usage.Question{Text: " 두  방에서? ", Channel: fmt.Sprint("C", i%2), Platform: "slack", Analyst: "sales"})
		d.asked(16, person, usage.Question{Text: "혼자서", Platform: "slack", Channel: "D" + person, Direct: true, Analyst: "files-0123"})
		if i < 2 {
			d.asked(16, person, usage.Question{Text: "둘이서", Analyst: "hr", Outcome: usage.Declined, Reason: "no_data", Bad: 1})
		}
	}
	names := func(g report.Groups) (out []string) {
		for _, one := range g.List {
			out = append(out, fmt.Sprintf("%s %d/%d", one.Name, one.Questions, one.People))
		}
		return out
	}
	r := d.make(report.Options{})
	for _, tt := range []struct {
		what string
		got  report.Groups
		want []string
		rest int
	}{
		{"questions", r.Questions, []string{" 두  방에서?  3/3", "한 방에서 3/3"}, 2},
		{"analysts", r.Analysts, []string{"sales 6/3", "files-0123 3/3"}, 2},
		{"reasons", r.Reasons, nil, 2},
		{"channels", r.Channels, []string{"slack:C1 6/3", "direct 3/3"}, 2},
	} {
		if got := names(tt.got); !reflect.DeepEqual(got, tt.want) || tt.got.Rest != tt.rest {
			t.Errorf("%s: %q and %d, want %q and %d", tt.what, got, tt.got.Rest, tt.want, tt.rest)
		}
	}
	if len(r.Worst) != 2 || r.Worst[0].Text != "둘이서" || r.Worst[0].ID == "" {
		t.Errorf("worst %+v", r.Worst)
	}
	public := d.make(report.Options{Everybody: true})
	if got := names(public.Questions); !reflect.DeepEqual(got, []string{" 두  방에서?  3/3"}) || len(public.Channels.List) > 0 {
		t.Errorf("everybody is told %q and %q", got, names(public.Channels))
	}
	said, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"한 방에서", "혼자서", "둘이서", "C1"} {
		if bytes.Contains(said, []byte(secret)) {
			t.Errorf("everybody is told %q", secret)
		}
	}
}

// TestTwoPeople are too few to tell anything of.
func TestTwoPeople(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.asked(16, "a", usage.Question{Text: "매출"})
	d.asked(16, "b", usage.Question{Outcome: usage.Declined, Reason: "unknown", Unknown: []string{"이직률"}})
	r := d.make(report.Options{})
	if r.Figures.Rungs != nil || len(r.Reasons.List)+len(r.AskedFor.List)+len(r.Questions.List) > 0 {
		t.Errorf("%+v", r)
	}
	var out strings.Builder
	if err := report.Markdown(&out, r, "ko"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "3명보다 적어") || strings.Contains(out.String(), "이직률") {
		t.Error(out.String())
	}
}

// TestHostileText is written as text, in Markdown and on the page.
func TestHostileText(t *testing.T) {
	t.Parallel()
	d := open(t)
	const evil = "<script>alert(1)</script> | [x](http://evil.example) `*\n# 매출"
	for _, person := range []string{"a", "b", "c"} {
		d.asked(16, person, usage.Question{Text: evil, Analyst: evil, Channel: evil, Platform: "slack", Outcome: usage.Declined, Reason: "unknown", Unknown: []string{evil}, Bad: 1})
	}
	r := d.make(report.Options{})
	for form, write := range map[string]func(*strings.Builder) error{
		"Markdown": func(b *strings.Builder) error { return report.Markdown(b, r, "en") },
		"HTML":     func(b *strings.Builder) error { return report.HTML(b, r, "en") },
	} {
		var out strings.Builder
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "alert(1)") {
			t.Errorf("%s does not quote it", form)
		}
		for _, bad := range []string{"<script>", "\n# 매출"} {
			if strings.Contains(out.String(), bad) && (form == "Markdown" || bad == "<script>") {
				t.Errorf("%s has %q", form, bad)
			}
		}
		if form == "Markdown" && strings.Contains(out.String(), "[x](") && !strings.Contains(out.String(), `\[x](`) {
			t.Errorf("%s links", form)
		}
	}
}

// TestTheDigestIsShort renders it for a chat: under a screenful, with its details after it.
func TestTheDigestIsShort(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i := range 40 {
		d.asked(16+i%7, fmt.Sprint(i%9), usage.Question{Text: fmt.Sprint("질문 ", i%3), Channel: fmt.Sprint("C", i%2), Platform: "slack", Analyst: "sales"})
	}
	for _, language := range []string{"ko", "en"} {
		c, err := (&report.Renderer{Store: d.Store}).Render(t.Context(), digest.Issue{Subject: digest.Subject{Kind: digest.KindReport}, Language: language, Due: monday})
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for _, s := range c.Message.Sections {
			lines += len(s.Lines)
		}
		if lines == 0 || lines > 12 || len(c.Message.Charts) != 1 || len(c.Details) == 0 || c.Empty {
			t.Errorf("%s: %d lines, %d charts, %d details", language, lines, len(c.Message.Charts), len(c.Details))
		}
		for _, m := range c.Details {
			n := 0
			for _, s := range m.Sections {
				n += len(s.Lines)
			}
			if n > 40 {
				t.Errorf("%s: a detail has %d lines", language, n)
			}
		}
	}
	c, err := (&report.Renderer{Store: d.Store}).Render(t.Context(), digest.Issue{Subject: digest.Subject{Params: map[string]string{report.ParamPeriod: report.Month}}, Language: "ko", Due: monday})
	if err != nil || !c.Empty {
		t.Errorf("October, when nobody asked: %+v %v", c, err)
	}
}
