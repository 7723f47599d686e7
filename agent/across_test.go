package agent_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/across"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
)

// apart are sources of one file each, and analysts that know one of them, and all.
type apart struct {
	t       *testing.T
	sources map[string]*counted
	// analysts know one of the sources each, and all beside it.
	analysts []*agent.Analyst
	spanning *agent.Analyst // over all of them, where there is one
	agent    *agent.Agent
}

// counted counts the statements that a source is asked, and fails where it is told to.
type counted struct {
	connectors.Source
	mu    sync.Mutex // a model asks several at once
	asked []string
	by    []connectors.Caller
	open  []string // statements that were not held to the tables that they name
	fail  error
	cut   bool // what is answered was cut
}

func (c *counted) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	if caller.Question == "" {
		return c.Source.Query(ctx, caller, stmt)
	}
	c.note(caller, stmt)
	if c.fail != nil {
		return nil, c.fail
	}
	res, err := c.Source.Query(ctx, caller, stmt)
	if err == nil && c.cut {
		cut := *res
		cut.Truncated = true
		res = &cut
	}
	return res, err
}

func (c *counted) note(caller connectors.Caller, stmt connectors.Statement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked, c.by = append(c.asked, stmt.SQL), append(c.by, caller)
	if stmt.Tables == nil {
		c.open = append(c.open, stmt.SQL)
	}
}

func openApart(t *testing.T, tables map[string]string, order ...string) *apart {
	t.Helper()
	return openWith(t, tables, agent.Config{}, nil, order...)
}

// openWith is openApart with more for the agent, and what is otherwise of the analysts.
func openWith(t *testing.T, tables map[string]string, cfg agent.Config, change func(*agent.Analyst), order ...string) *apart {
	t.Helper()
	a := &apart{t: t, sources: map[string]*counted{}}
	var analysts []*agent.Analyst
	for _, name := range order {
		dir := t.TempDir()
		file := name
		if name == "warehouse" {
			file = "orders"
		}
		path := filepath.Join(dir, file+".csv")
		if err := os.WriteFile(path, []byte(tables[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		source, err := files.Open(t.Context(), files.Config{Name: name, Paths: []string{path}, Into: filepath.Join(dir, "x.duckdb"), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = source.Close() })
		a.sources[name] = &counted{Source: source}
		one, err := analyst.Drafted(t.Context(), name, a.sources[name])
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(one)
		}
		analysts = append(analysts, one)
	}
	sideboard(analysts)
	a.analysts = analysts
	cfg.Directory, cfg.Now = analyst.NewRoster(analysts, nil, nil), func() time.Time { return now }
	var err error
	if a.agent, err = agent.New(cfg); err != nil {
		t.Fatal(err)
	}
	return a
}

func sideboard(analysts []*agent.Analyst) { newSideboard().Seat(analysts) }

func newSideboard() *analyst.Sideboard {
	return analyst.NewSideboard(func(name string, members ...analyst.Joined) connectors.Source {
		var parts []across.Member
		for _, m := range members {
			parts = append(parts, across.Member{Name: m.Name, Source: m.Source, Tables: m.Tables})
		}
		return across.New(name, func(ctx context.Context, tables []connectors.Held, stmt connectors.Statement) (*connectors.Result, error) {
			return duckdb.Scratch(ctx, "Asia/Seoul", tables, stmt)
		}, parts...)
	})
}

func (a *apart) ask(q agent.Question) *agent.Answer {
	a.t.Helper()
	q.ID, q.Now = "q1", now
	for _, s := range a.sources {
		s.asked, s.by, s.open = nil, nil, nil
	}
	got, err := a.agent.Answer(a.t.Context(), q, nil)
	if err != nil {
		a.t.Fatalf("%s: %v", q.Text, err)
	}
	return got
}

const (
	ordersCSV = "order_id,customer_id,region,ordered_at,amount\n" +
		"1,1,서울,2026-10-01,100.10\n2,1,서울,2026-10-31,50.25\n3,2,부산,2026-10-02,70\n4,3,제주,2026-10-03,30\n5,,,2026-10-04,5\n6,1,서울,2026-09-30,1000\n"
	targetsCSV = "region,month,target\n서울,2026-10-01,200\n서울,2026-10-01,100\n부산,2026-10-01,60\n세종,2026-10-01,10\n부산특별구,2026-10-01,1\n서울,2026-09-01,900\n서울,2026-12-01,777\n"
	gradesCSV  = "customer_id,grade\n1,VIP\n2,골드\n3,VIP\n77,골드\n"
)

var threeTables = map[string]string{"warehouse": ordersCSV, "targets": targetsCSV, "grades": gradesCSV}

func rowsOf(r agent.Result) string {
	var lines []string
	for _, row := range r.Rows {
		var cells []string
		for i, cell := range row {
			switch r.Columns[i].Role {
			case "dimension", "time", "measure":
				cells = append(cells, agent.CellText(cell, r.Columns[i], "en"))
			}
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	return strings.Join(lines, " | ")
}

// Figures of two sources stand side by side by what both call the same, each asked once;
// what only one of them knows is in the table and named.
func TestMetricsOfTwoSources(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for text, want := range map[string]string{
		"지난달 지역별 매출과 목표를 비교해줘":                    "서울 150.35 300 | 부산 70 60 | 제주 30 – | 부산특별구 – 1 | 세종 – 10 | (none) 5 –",
		"revenue and target by region last month": "서울 150.35 300 | 부산 70 60 | 제주 30 – | 부산특별구 – 1 | 세종 – 10 | (none) 5 –",
		"월별 매출과 목표":                               "Sep 2026 1,000 900 | Oct 2026 255.35 371",
		"지난달 서울 매출과 목표":                           "150.35 300",
	} {
		got := a.ask(agent.Question{Text: text})
		if got.Rung != agent.Compose || len(got.Results) == 0 {
			t.Fatalf("%s: %s %s %v", text, got.Rung, got.Text, got.Unknown)
		}
		if rows := rowsOf(got.Results[0]); rows != want {
			t.Errorf("%s:\ngot  %s\nwant %s\n%s", text, rows, want, got.Results[0].SQL)
		}
		if r := got.Results[0]; r.Source != "warehouse + targets" || len(r.Parts) != 2 || !strings.Contains(r.SQL, "FROM orders_now") {
			t.Errorf("%s: from %s, %d parts\n%s", text, r.Source, len(r.Parts), r.SQL)
		}
		if n := len(a.sources["warehouse"].asked); n != 1 || len(a.sources["targets"].asked) != 1 || len(a.sources["grades"].asked) != 0 {
			t.Errorf("%s: %d, %d and %d statements", text, n, len(a.sources["targets"].asked), len(a.sources["grades"].asked))
		}
	}
	got := a.ask(agent.Question{Text: "지난달 지역별 매출과 목표"})
	said := strings.Join(got.Assumptions, "\n")
	for _, want := range []string{
		"출처 = warehouse (2026-10-31까지 있음) · targets (2026-10-01까지 있음)",
		"한쪽에만 있음 = warehouse에만: 제주, (없음)", "한쪽에만 있음 = targets에만: 부산특별구, 세종",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %s\n%s", want, said)
		}
	}
}

// A question that changes something about an answer across sources is one itself; what one
// source answers alone is asked of it alone.
func TestGoingOnAcrossSources(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	first := a.ask(agent.Question{Text: "지난달 지역별 매출과 목표"})
	turn := agent.TurnOf("지난달 지역별 매출과 목표", first)
	next := a.ask(agent.Question{Text: "9월은?", Before: []agent.Turn{turn}})
	if rows := rowsOf(next.Results[0]); rows != "서울 1,000 900" {
		t.Errorf("%s: %s", next.Text, rows)
	}
	alone := a.ask(agent.Question{Text: "지역별 매출"})
	if alone.Across != nil || len(a.sources["targets"].asked) > 0 || alone.Results[0].Source != "warehouse" {
		t.Errorf("asked %v of %v", a.sources["targets"].asked, alone.Across)
	}
}

// The small file's rows go to the large source, so that what only that can count (distinct
// things, averages) is counted once; what has no partner on either side is told.
func TestAFileBesideAWarehouse(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for text, want := range map[string]string{
		"등급별 매출":                    "VIP 1,180.35 | 골드 70 | (none) 5",
		"지난달 등급별 매출":                "VIP 180.35 | 골드 70 | (none) 5",
		"number of orders by grade": "VIP 4 | 골드 1 | (none) 1",
		"VIP 매출":                    "1,180.35",
	} {
		got := a.ask(agent.Question{Text: text})
		if got.Rung != agent.Compose || len(got.Results) == 0 {
			t.Fatalf("%s: %s %s %v", text, got.Rung, got.Text, got.Unknown)
		}
		if rows := rowsOf(got.Results[0]); rows != want {
			t.Errorf("%s:\ngot  %s\nwant %s\n%s", text, rows, want, got.Results[0].SQL)
		}
		if said := strings.Join(got.Assumptions, "\n"); !strings.Contains(said, "grades 4행 중 1행은 warehouse에 짝이 없음") && !strings.Contains(said, "1 of 4 rows of grades have no partner in warehouse") {
			t.Errorf("%s: %s", text, said)
		}
		if got.Results[0].Source != "warehouse + grades" {
			t.Errorf("from %s", got.Results[0].Source)
		}
	}
}

// What could not be made whole is not shown at all, and the source that it failed at is named.
func TestAcrossSourcesOrNotAtAll(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	const question, english = "지난달 지역별 매출과 목표", "revenue and target by region last month"
	a.ask(agent.Question{Text: question}) // that the sources are together is known
	for _, c := range []struct {
		err             error
		reason          agent.Reason
		korean, inLatin string
	}{
		{connectors.Errorf(connectors.CodeUnavailable, "gone"), agent.ReasonSource, "targets에 연결할 수 없어", "targets cannot be reached"},
		{connectors.Errorf(connectors.CodeExhausted, "The quota is used up until 10:00."), agent.ReasonSource, "targets에 지금 물어볼 수 없어", "targets cannot be asked now"},
		{connectors.Errorf(connectors.CodeTimeout, "slow"), agent.ReasonTooLarge, "targets의 계산이 제한 시간을", "targets took too long"},
	} {
		a.sources["targets"].fail = c.err
		for text, want := range map[string]string{question: c.korean, english: c.inLatin} {
			got := a.ask(agent.Question{Text: text, Rungs: []agent.Rung{agent.Compose}})
			if got.Rung != agent.None || got.Reason != c.reason || len(got.Results) > 0 || !strings.Contains(got.Text, want) {
				t.Errorf("%v: %s %s %d results: %s", c.err, got.Rung, got.Reason, len(got.Results), got.Text)
			}
		}
	}
}

// A file of more rows than a statement brings along meets the warehouse's rows where results
// are put together: sums, distinct things, filters and periods are what they would be in one.
func TestAFileOfManyRows(t *testing.T) {
	var grades, orders strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&grades, "%d,VIP\n", 100+i)
		fmt.Fprintf(&orders, "%d,%d,서울,2026-10-05,1\n%d,%d,서울,2026-09-06,1\n", 10000+i, 100+i, 50000+i, 100+i)
	}
	a := openApart(t, map[string]string{"warehouse": ordersCSV + orders.String(), "grades": gradesCSV + grades.String()}, "warehouse", "grades")
	for text, want := range map[string]string{
		"등급별 매출":                        "VIP 7,180.35 | 골드 70 | (none) 5",
		"지난달 등급별 매출":                    "VIP 3,180.35 | 골드 70 | (none) 5",
		"number of orders by grade":     "VIP 6,004 | 골드 1 | (none) 1",
		"지난달 VIP 매출":                    "3,180.35",
		"number of customers by grade":  "VIP 3,002 | 골드 2",
		"revenue by grade in September": "VIP 4,000",
	} {
		got := a.ask(agent.Question{Text: text, Rungs: []agent.Rung{agent.Compose}})
		if len(got.Results) == 0 {
			t.Errorf("%s: %s %s %v", text, got.Rung, got.Text, got.Unknown)
			continue
		}
		if rows := rowsOf(got.Results[0]); rows != want {
			t.Errorf("%s:\ngot  %s\nwant %s\n%s", text, rows, want, got.Results[0].SQL)
		}
		for name, s := range a.sources {
			if len(s.open) > 0 || slices.ContainsFunc(s.asked, func(sql string) bool { return strings.Contains(sql, "VALUES") }) {
				t.Errorf("%s: %s was asked %v", text, name, s.asked)
			}
		}
	}
}

// Values that may be meant to be one are told and not guessed to be; keys of another type
// are told too.
func TestSpellingAcrossSources(t *testing.T) {
	a := openApart(t, map[string]string{
		"warehouse": "order_id,region,fiscal_year,ordered_at,amount\n1,서울,2025,2026-10-01,10\n2,부산,2025,2026-10-01,20\n3,대구,2026,2026-10-02,30\n4,Jeju,2026,2026-10-02,40\n",
		"targets":   "region,month,target\n서울,2026-10-01,1\n부산,2026-10-01,2\n대구광역시,2026-10-01,3\n ＪＥＪＵ,2026-10-01,4\n",
	}, "warehouse", "targets")
	got := a.ask(agent.Question{Text: "지역별 매출과 목표"})
	if len(got.Results) == 0 {
		t.Fatal(got.Text)
	}
	if rows := rowsOf(got.Results[0]); !strings.Contains(rows, "대구 30 –") || !strings.Contains(rows, "대구광역시 – 3") || strings.Count(rows, "|") != 5 {
		t.Error(rows)
	}
	said := strings.Join(got.Assumptions, "\n")
	for _, want := range []string{"‘대구’(warehouse)와 ‘대구광역시’(targets)는 다르게 적혀 있어 합치지 않음", "‘Jeju’(warehouse)와 ‘ＪＥＪＵ’(targets)"} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %s\n%s", want, said)
		}
	}
}

// What was cut is not the whole: its sums would be of whatever happened to come first.
func TestCutRowsAreNoAnswer(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for _, text := range []string{"지난달 지역별 매출과 목표", "등급별 매출"} {
		if got := a.ask(agent.Question{Text: text}); len(got.Results) == 0 {
			t.Fatalf("%s: %s", text, got.Text)
		}
		for name, s := range a.sources {
			s.cut = true
			got := a.ask(agent.Question{Text: text, Rungs: []agent.Rung{agent.Compose}})
			s.cut = false
			if len(s.asked) == 0 || name == "warehouse" && text == "등급별 매출" {
				continue // its result is the answer's, which says that there is more
			}
			if got.Rung != agent.None || got.Reason != agent.ReasonTooLarge || len(got.Results) > 0 || !strings.Contains(got.Text, name) {
				t.Errorf("%s, %s cut: %s %s %s", text, name, got.Rung, got.Reason, got.Text)
			}
		}
	}
}

// Each source is told who asks, for which question, and may read what the statement is about
// and nothing else.
func TestEverySourceIsToldWhoAsks(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for _, text := range []string{"지난달 지역별 매출과 목표", "등급별 매출"} {
		a.ask(agent.Question{Text: text, Asker: "web:minji"})
		calls := 0
		for name, s := range a.sources {
			for _, c := range s.by {
				if calls++; c.Principal != "web:minji" || c.Question != "q1" {
					t.Errorf("%s: %s is asked by %+v", text, name, c)
				}
			}
			if len(s.open) > 0 {
				t.Errorf("%s: %s may read anything with %v", text, name, s.open)
			}
		}
		if calls < 2 {
			t.Errorf("%s: %d calls", text, calls)
		}
	}
}

// An answer is as new as the oldest of the sources that it is from, whatever others there are.
func TestHowFarSeveralGo(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for text, want := range map[string]string{"지난달 지역별 매출과 목표": "2026-10-01", "등급별 매출": "2026-10-31"} {
		if got := a.ask(agent.Question{Text: text}).DataAsOf.Format(time.DateOnly); got != want {
			t.Errorf("%s: as of %s, want %s", text, got, want)
		}
	}
}

// Days that begin at different moments are told where days were asked for.
func TestZonesApart(t *testing.T) {
	a := openWith(t, threeTables, agent.Config{}, func(one *agent.Analyst) {
		one.Model.Timezone = map[string]string{"warehouse": "Asia/Seoul", "targets": "America/New_York"}[one.Name]
	}, "warehouse", "targets", "grades")
	for text, want := range map[string]bool{"지난달 지역별 매출과 목표": true, "등급별 매출": false} {
		said := strings.Join(a.ask(agent.Question{Text: text}).Assumptions, "\n")
		if got := strings.Contains(said, "America/New_York"); got != want {
			t.Errorf("%s: %s", text, said)
		}
	}
}

// What only one side has can be asked for, and a follow-up that one source answers alone is
// its own.
func TestOneSideOnly(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	got := a.ask(agent.Question{Text: "지난달 세종 매출과 목표"})
	if len(got.Results) == 0 || rowsOf(got.Results[0]) != "– 10" {
		t.Errorf("%s %s %v", got.Rung, got.Text, got.Results)
	}
	first := a.ask(agent.Question{Text: "지난달 지역별 매출과 목표"})
	alone := a.ask(agent.Question{Text: "월별 매출", Before: []agent.Turn{agent.TurnOf("지난달 지역별 매출과 목표", first)}})
	if alone.Across != nil || len(a.sources["targets"].asked) > 0 || len(alone.Results) == 0 {
		t.Errorf("asked %v of %v: %s", a.sources["targets"].asked, alone.Across, alone.Text)
	}
}

// Each statement is shown, with as many of the rows that it brings along as a reader bears.
func TestLentRowsAreShownInPart(t *testing.T) {
	var grades, orders strings.Builder
	for i := range 60 {
		fmt.Fprintf(&grades, "%d,VIP\n", 100+i)
		fmt.Fprintf(&orders, "%d,%d,서울,2026-10-01,1\n%d,%d,서울,2026-10-01,1\n", 100+i, 100+i, 300+i, 100+i)
	}
	a := openApart(t, map[string]string{"warehouse": ordersCSV + orders.String(), "grades": gradesCSV + grades.String()}, "warehouse", "grades")
	got := a.ask(agent.Question{Text: "등급별 매출"})
	if len(got.Results) == 0 {
		t.Fatal(got.Text)
	}
	r := got.Results[0]
	if n := strings.Count(r.SQL, "\n"); n > 60 || !strings.Contains(r.SQL, "… 44 more") || !strings.Contains(r.SQL, "-- warehouse →") || !strings.Contains(r.SQL, "'VIP'") {
		t.Errorf("%d lines:\n%s", n, r.SQL)
	}
	if asked := a.sources["warehouse"].asked; len(asked) == 0 || strings.Count(asked[0], "'VIP'") < 60 {
		t.Errorf("asked\n%s", asked)
	}
}

// A year that is a number in one source and a text in the other is not taken for the same.
func TestNumbersDoNotMeetTexts(t *testing.T) {
	a := openApart(t, map[string]string{
		"warehouse": "order_id,fiscal_year,ordered_at,amount\n1,2025,2026-10-01,10\n2,2025,2026-10-01,20\n3,2026,2026-10-02,30\n",
		"targets":   "fiscal_year,month,target\n2025,2026-10-01,1\n2026,2026-10-01,2\n미정,2026-10-01,4\n",
	}, "warehouse", "targets")
	got := a.ask(agent.Question{Text: "revenue and target by fiscal year"})
	if got.Rung != agent.None || len(got.Results) > 0 {
		t.Errorf("%s: %s %v", got.Rung, got.Text, got.Results)
	}
}
