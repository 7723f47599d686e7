package agent_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/connectors"
)

// recompute asks the demo company's data by hand.
func recompute(t *testing.T, an *agent.Analyst, sql string) [][]any {
	t.Helper()
	res, err := an.Source.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	return res.Rows
}

func within(from, to time.Time) string {
	return fmt.Sprintf("l.ordered_at >= DATE '%s' AND l.ordered_at < DATE '%s'", from.Format(time.DateOnly), to.AddDate(0, 0, 1).Format(time.DateOnly))
}

var ledBy = regexp.MustCompile(`\), (?:led by (.+)|(.+) 주도)$`)

// What editions did is computed again in SQL of our own: the days, the usual ones, the
// growth, who led, and every point of the chart, in both languages.
func TestFiguresOfEditions(t *testing.T) {
	t.Parallel()
	an := demoAnalyst(t)
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	for _, test := range []struct {
		event string
		year  int
	}{
		{"us.black_friday", 2025}, {"kr.chuseok", 2025}, {"kr.chuseok", 2026}, {"kr.seollal", 2026}, {"kr.christmas", 2025},
		{"kr.pepero_day", 2026}, {"world.valentines_day", 2026}, {"kr.childrens_day", 2025}, {"cn.spring_festival", 2026}, {"us.cyber_monday", 2025},
	} {
		ev, _ := calendar.Default().Event(test.event)
		e, _ := calendar.Default().Edition(test.event, test.year)
		from, to := e.Start.AddDate(0, 0, -ev.Windows.Lead), e.End.AddDate(0, 0, ev.Windows.Tail)
		back := (int(to.Sub(from)/(24*time.Hour)) + 7) / 7 * 7
		usualFrom, usualTo := from.AddDate(0, 0, -back), to.AddDate(0, 0, -back)
		sums := recompute(t, an, "SELECT SUM(l.net_amount) FILTER ("+within(from, to)+"), SUM(l.net_amount) FILTER ("+within(usualFrom, usualTo)+") FROM order_lines l")
		did, _ := connectors.Number(sums[0][0])
		usual, _ := connectors.Number(sums[0][1])
		for language, question := range map[string]string{"ko": "%d년 %s 어땠어?", "en": "how did %[2]s %[1]d go?"} {
			got := ask(t, a, fmt.Sprintf(question, test.year, ev.Name.In(language)))
			if len(got.Happenings) != 1 || got.Happenings[0].Last == nil || got.Happenings[0].Last.Text == "" {
				t.Errorf("%s %d: %s", test.event, test.year, texts(got))
				continue
			}
			last := got.Happenings[0].Last
			if last.From != from.Format(time.DateOnly) || last.To != to.Format(time.DateOnly) {
				t.Errorf("%s %d: looked at %s–%s", test.event, test.year, last.From, last.To)
			}
			if value := firstFigure(t, got, "e1"); math.Abs(value-did) > 0.01 {
				t.Errorf("%s %d: %f, in the data %f", test.event, test.year, value, did)
			}
			if ev.Windows != (calendar.Windows{}) {
				sums := recompute(t, an, "SELECT SUM(l.net_amount) FROM order_lines l WHERE "+within(e.Start, e.End))
				if own, _ := connectors.Number(sums[0][0]); math.Abs(firstFigure(t, got, "e1o")-own) > 0.01 {
					t.Errorf("%s %d: its own days %f, in the data %f", test.event, test.year, firstFigure(t, got, "e1o"), own)
				}
			}
			if growth := strings.ReplaceAll(fmt.Sprintf("%+.1f%%", 100*(did/usual-1)), "-", "−"); !strings.Contains(last.Text, growth) {
				t.Errorf("%s %d: %s, in the data %s", test.event, test.year, last.Text, growth)
			}
			sameChart(t, an, last.Chart, from, to, back)
			if m := ledBy.FindStringSubmatch(last.Text); m != nil {
				leads(t, an, m[1]+m[2], within(from, to), within(usualFrom, usualTo))
			} else if strings.Contains(last.Text, "주도") || strings.Contains(last.Text, "led by") {
				t.Errorf("%s: who led is not read", last.Text)
			}
		}
	}
}

// firstFigure is the one that begins a result.
func firstFigure(t *testing.T, a *agent.Answer, result string) float64 {
	t.Helper()
	i := slices.IndexFunc(a.Results, func(r agent.Result) bool { return r.Name == result })
	if i < 0 {
		t.Fatalf("no result %s: %s", result, texts(a))
	}
	v, _ := connectors.Number(a.Results[i].Rows[0][0])
	return v
}

// sameChart compares a chart with the days of the data.
func sameChart(t *testing.T, an *agent.Analyst, c *agent.Chart, from, to time.Time, back int) {
	t.Helper()
	if c == nil {
		t.Error("no chart")
		return
	}
	days := int(to.Sub(from)/(24*time.Hour)) + 1
	if len(c.Spec.Times) != days || len(c.Spec.Series) != 2 {
		t.Errorf("%s: %d days of %d, %d courses", c.Title, len(c.Spec.Times), days, len(c.Spec.Series))
		return
	}
	sums := map[string]float64{}
	for _, row := range recompute(t, an, "SELECT strftime(l.ordered_at, '%Y-%m-%d'), SUM(l.net_amount) FROM order_lines l WHERE "+within(from.AddDate(0, 0, -back), to)+" GROUP BY 1") {
		sums[row[0].(string)], _ = connectors.Number(row[1])
	}
	for i, day := range c.Spec.Times {
		now, before := sums[day.Format(time.DateOnly)], sums[day.AddDate(0, 0, -back).Format(time.DateOnly)]
		a, b := *c.Spec.Series[0].Values[i], *c.Spec.Series[1].Values[i]
		if c.Spec.Series[0].Dashed { // the usual days
			a, b = b, a
		}
		if math.Abs(a-now) > 0.01 || math.Abs(b-before) > 0.01 {
			t.Errorf("%s: on %s %f and %f, in the data %f and %f", c.Title, day.Format(time.DateOnly), a, b, now, before)
		}
	}
}

// leads checks that those said to lead rose by a fifth of the whole rise at least, and by
// more than their part of the usual.
func leads(t *testing.T, an *agent.Analyst, names, now, usual string) {
	t.Helper()
	for _, dimension := range []string{"o.payment_method", "o.device", "o.traffic_source", "p.product_name", "p.category", "p.subcategory"} {
		var rise, all float64
		change, before := map[string]float64{}, map[string]float64{}
		for _, row := range recompute(t, an, "SELECT "+dimension+", SUM(l.net_amount) FILTER ("+now+"), SUM(l.net_amount) FILTER ("+usual+
			") FROM order_lines l JOIN orders o USING (order_id) JOIN products p USING (product_id) WHERE "+now+" OR "+usual+" GROUP BY 1") {
			name := fmt.Sprint(row[0])
			n, _ := connectors.Number(row[1])
			u, _ := connectors.Number(row[2])
			change[name], before[name] = n-u, u
			rise, all = rise+n-u, all+u
		}
		found, rest := 0, names
		for name := range change {
			if strings.Contains(rest, name) && change[name]/rise >= 0.2 && change[name]/rise > before[name]/all {
				found, rest = found+1, strings.Replace(rest, name, "", 1)
			}
		}
		if found > 0 && strings.Trim(rest, "·, ") == "" {
			return
		}
	}
	t.Errorf("%s did not lead", names)
}

// calendarAgent asks the demo company with a calendar that people have added to.
func calendarAgent(t *testing.T, an *agent.Analyst, extra calendar.Extra) *agent.Agent {
	t.Helper()
	c, err := calendar.Default().With(extra)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster([]*agent.Analyst{an}, nil, nil), Now: func() time.Time { return now },
		Logger: slog.New(slog.DiscardHandler), Calendar: func() *calendar.Calendar { return c },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func date(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

// What is compared with an edition that is not the one of the year before says so.
func TestEditionsThatDidNotTakePlace(t *testing.T) {
	t.Parallel()
	black := func(year int, day string, status calendar.Status) calendar.Edition {
		return calendar.Edition{Event: "us.black_friday", Year: year, Start: date(day), End: date(day), Status: status, Source: "test"}
	}
	a := calendarAgent(t, demoAnalyst(t), calendar.Extra{Editions: []calendar.Edition{black(2025, "2025-11-28", calendar.Cancelled)}})
	got := ask(t, a, "블랙프라이데이 준비")
	if last := got.Happenings[0].Last; last.Edition != "2024" || !strings.HasPrefix(last.Text, "2024년 D-14–D+4 매출") || !slices.Contains(last.Differences, "2025년은 취소되어 그 앞과 견줌") {
		t.Errorf("%+v", last)
	}
	a = calendarAgent(t, demoAnalyst(t), calendar.Extra{Editions: []calendar.Edition{black(2026, "2026-11-27", calendar.Cancelled)}})
	for question, want := range map[string]string{
		"블랙프라이데이 언제야?":          "2026년 11월 27일(금) 것은 취소됐어요. 그다음: **블랙프라이데이**는 2027년 11월 26일(금)이에요.",
		"올해 블랙프라이데이 언제야?":       "**블랙프라이데이**는 2026년 11월 27일(금)이에요. 취소됐어요.",
		"When is Black Friday?": "The one of Fri, Nov 27, 2026 is cancelled. The one after: **Black Friday** is on Fri, Nov 26, 2027.",
	} {
		if got := ask(t, a, question); !strings.HasPrefix(got.Text, want) {
			t.Errorf("%q: %s", question, got.Text)
		}
	}
	moved := black(2026, "2026-12-04", calendar.Postponed)
	moved.PreviousStart, moved.PreviousEnd = date("2026-11-27"), date("2026-11-27")
	a = calendarAgent(t, demoAnalyst(t), calendar.Extra{Editions: []calendar.Edition{moved}})
	if got := ask(t, a, "블랙프라이데이 언제야?"); got.Text != "**블랙프라이데이**는 2026년 12월 4일(금)이에요. 12일 남았어요. 2026년 11월 27일(금)에서 옮긴 날짜예요." {
		t.Error(got.Text)
	}
}

// An event that is held for the first time has nothing to be compared with, and one that
// goes on has as much as the data have.
func TestFirstAndUnfinishedEditions(t *testing.T) {
	t.Parallel()
	a := calendarAgent(t, demoAnalyst(t), calendar.Extra{
		Events: []calendar.Event{{ID: "team.festa", Name: calendar.Names{Ko: "밥상 페스타", En: "Bapsang Festa"}, Market: "KR", Class: calendar.Shopping, Windows: calendar.Windows{Lead: 3, Tail: 1}}},
		Editions: []calendar.Edition{{Event: "team.festa", Year: 2026, Start: date("2026-11-19"), End: date("2026-11-25"), Status: calendar.Confirmed, Source: "test"},
			{Event: "team.festa", Year: 2027, Start: date("2027-11-19"), End: date("2027-11-25"), Status: calendar.Tentative, Source: "test"}},
	})
	if got := ask(t, a, "밥상 페스타 준비"); got.Happenings[0].Last.Text != "" || got.Happenings[0].Last.Why != "달력에 지난번이 없어서 견줄 실적이 없어요." {
		t.Errorf("%+v", got.Happenings[0].Last)
	}
	got := ask(t, a, "올해 밥상 페스타 어땠어?")
	last := got.Happenings[0].Last
	if !strings.HasPrefix(got.Text, "올해 밥상 페스타 매출은 ") || !strings.Contains(got.Text, "올해 2026-11-16–11-21 매출 ") || !slices.Contains(last.Differences, "데이터는 2026-11-21까지") || len(last.Chart.Spec.Times) != 6 {
		t.Errorf("%s\n%+v", got.Text, last)
	}
	if got := ask(t, a, "내년 밥상 페스타 언제야?"); !strings.Contains(got.Text, "아직 잠정이에요.") {
		t.Error(got.Text)
	}
}

// stuck is a source that takes its time.
type stuck struct {
	connectors.Source
	on      atomic.Bool
	queries atomic.Int64
}

func (s *stuck) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	if s.on.Load() {
		s.queries.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Source.Query(ctx, caller, stmt)
}

func winter(figures int) agent.Outlook {
	return agent.Outlook{
		Question: agent.Question{Language: "ko", Now: now, Asker: "test:kim"}, Figures: figures,
		From: date("2026-11-23"), To: date("2027-02-28"), Filter: calendar.Filter{Markets: []string{"KR"}, Major: true},
	}
}

// A list does not wait for figures longer than it can.
func TestSlowFiguresCostNoList(t *testing.T) {
	t.Parallel()
	an := demoAnalyst(t)
	source := &stuck{Source: an.Source}
	an.Source = source
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	ask(t, a, "지난달 매출") // the analyst is ready
	source.on.Store(true)
	var list []agent.Happening
	synctest.Test(t, func(t *testing.T) { // where nothing else takes of the time that there is
		ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
		defer cancel()
		var err error
		if list, err = a.Happenings(ctx, winter(5)); err != nil || len(list) < 5 {
			t.Fatalf("%d events, %v", len(list), err)
		}
	})
	said := 0
	for _, h := range list {
		if h.Last != nil && h.Last.Why == "지금은 지난번 실적을 계산하지 못했어요." {
			said++
		}
	}
	if said != 5 || source.queries.Load() != 1 {
		t.Errorf("%d events say that there are no figures, after %d statements", said, source.queries.Load())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Happenings(gone, winter(5)); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

// statementsOfEdition is how many statements the figures of one edition take at most: the
// sum, its days, and what it is split by to see who led.
const statementsOfEdition = 8

// A list costs the source a known number of statements, and nothing the second time.
func TestFiguresAreComputedOnce(t *testing.T) {
	t.Parallel()
	an, source := watch(demoAnalyst(t))
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	ask(t, a, "지난달 매출")
	before := source.queries.Load()
	first, err := a.Happenings(t.Context(), winter(3))
	if err != nil {
		t.Fatal(err)
	}
	cost := source.queries.Load() - before
	if cost == 0 || cost > 3*statementsOfEdition {
		t.Errorf("%d statements for three events", cost)
	}
	second, err := a.Happenings(t.Context(), winter(3))
	if err != nil {
		t.Fatal(err)
	}
	if again := source.queries.Load() - before - cost; again != 0 {
		t.Errorf("%d statements for the same list again", again)
	}
	if !reflect.DeepEqual(first, second) {
		t.Error("the same list is another the second time")
	}
	english := winter(3)
	english.Question.Language = "en"
	if list, err := a.Happenings(t.Context(), english); err != nil || !slices.ContainsFunc(list, func(h agent.Happening) bool { return h.Last != nil && strings.Contains(h.Last.Text, "Revenue") }) {
		t.Errorf("%v: no figures in English", err)
	}
}

// An analyst that has nothing to add up over days tells the dates alone.
func TestNothingToAddUp(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"places.csv": "name,city\n가,서울\n나,부산\n", "empty.csv": "ordered_at,amount\n",
	} {
		a := newAgent(t, asking{analysts: []*agent.Analyst{csvAnalyst(t, name, content)}})
		got := ask(t, a, "블랙프라이데이 준비")
		if !strings.HasPrefix(got.Text, "**블랙프라이데이**는 2026년 11월 27일(금)이에요.") || got.Happenings[0].Last != nil && got.Happenings[0].Last.Text != "" {
			t.Errorf("%s: %s %+v", name, got.Text, got.Happenings[0].Last)
		}
	}
}
