package agent_test

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// args is a JSON object.
type args = map[string]any

// from is a query for one source.
func from(name, source, sql string) args { return args{"name": name, "source": source, "sql": sql} }

// joins is a query that joins results.
func joins(name string, of []string, sql string) args {
	return args{"name": name, "title": "지역별 매출과 목표", "join": of, "sql": sql}
}

const (
	soldByRegion    = "SELECT region, sum(amount) AS revenue FROM orders GROUP BY region"
	plannedByRegion = "SELECT region, sum(target) AS target FROM targets GROUP BY region"
	bothByRegion    = "SELECT coalesce(s1.region, s2.region) AS region, revenue, target FROM s1 FULL JOIN s2 ON s1.region = s2.region ORDER BY revenue DESC NULLS LAST, region NULLS LAST"
)

// outlook is an agent whose only analyst is one over the sources of threeTables, and the
// model that it asks.
func outlook(t *testing.T, model *scripted, order ...string) *apart {
	t.Helper()
	a := openApart(t, threeTables, order...)
	own := map[string]analyst.Own{}
	for name, source := range a.sources {
		own[name] = analyst.Own{Source: source}
	}
	one, err := newSideboard().Spanning(t.Context(), &analyst.Definition{Name: "outlook", Sources: order}, own)
	if err != nil {
		t.Fatal(err)
	}
	a.spanning, a.agent = one, thinkingOf(t, model, one)
	return a
}

func thinkingOf(t *testing.T, model *scripted, analysts ...*agent.Analyst) *agent.Agent {
	t.Helper()
	thinker, err := think.New(think.Config{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster(analysts, nil, nil), Thinker: thinker, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// lines are a result's rows as JSON.
func lines(t *testing.T, r agent.Result) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Rows []json.RawMessage }
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range got.Rows {
		out = append(out, string(row))
	}
	return strings.Join(out, " ")
}

// lastTold is what the model was told last.
func lastTold(model *scripted) string {
	m := model.requests[len(model.requests)-1].Messages
	return m[len(m)-1].Text
}

const whimsical = "효자 노릇 하는 지역이 목표는 채웠나"

// A question over two sources takes one call: each is asked for its part, and the parts meet
// where only they are. The answer shows what was asked of whom.
func TestTheModelJoinsSources(t *testing.T) {
	model := &scripted{replies: []any{calls("answer", args{
		"queries": []any{from("s1", "warehouse", soldByRegion), from("s2", "targets", plannedByRegion), joins("r1", []string{"s1", "s2"}, bothByRegion)},
		"text":    "{{r1.region[0]}}의 매출이 {{r1.revenue[0]}}으로 가장 큽니다. 매출이 99% 늘었습니다.", "assumptions": []string{"목표 = 모든 달의 합"},
	})}}
	a := outlook(t, model, "warehouse", "targets")
	var steps []agent.Step
	got, err := a.agent.Answer(t.Context(), agent.Question{ID: "q1", Text: whimsical, Asker: "web:minji", Now: now}, func(s agent.Step) { steps = append(steps, s) })
	if err != nil {
		t.Fatal(err)
	}
	if got.Rung != agent.Think || got.Text != "서울의 매출이 1,150.35로 가장 큽니다." || len(model.requests) != 1 {
		t.Fatalf("%s in %d calls: %s", texts(got), len(model.requests), lastTold(model))
	}
	if len(got.Results) != 1 {
		t.Fatalf("%d results: what only fed the join looks like an answer", len(got.Results))
	}
	r := got.Results[0]
	if want := `["서울",1150.35,1977] ["부산",70.00,60] ["제주",30.00,null] [null,5.00,null] ["부산특별구",null,1] ["세종",null,10]`; lines(t, r) != want {
		t.Errorf("got  %s\nwant %s", lines(t, r), want)
	}
	wantSQL := "-- warehouse → s1\n" + soldByRegion + ";\n\n-- targets → s2\n" + plannedByRegion + ";\n\n-- s1 + s2\n" + bothByRegion
	if r.Source != "warehouse + targets" || len(r.Parts) != 2 || r.Parts[0].Rows != 4 || r.SQL != wantSQL {
		t.Errorf("from %s, %+v\n%s", r.Source, r.Parts, r.SQL)
	}
	if want := "출처 = warehouse (2026-10-31까지 있음) · targets (2026-10-01까지 있음)"; !slices.Contains(got.Assumptions, want) || !slices.Contains(got.Assumptions, "목표 = 모든 달의 합") {
		t.Errorf("%q", got.Assumptions)
	}
	if !slices.Equal(got.Across, []string{"warehouse", "targets"}) || got.DataAsOf.Format(time.DateOnly) != "2026-10-01" {
		t.Errorf("across %v, as of %s", got.Across, got.DataAsOf)
	}
	for name, s := range a.sources {
		if len(s.asked) != 1 || len(s.open) > 0 || s.by[0].Principal != "web:minji" || s.by[0].Question != "q1" {
			t.Errorf("%s was asked %v by %+v", name, s.asked, s.by)
		}
	}
	var told []string
	for _, s := range steps {
		told = append(told, s.Text)
	}
	if all := strings.Join(told, "\n"); !strings.Contains(all, "warehouse, targets의 숫자 계산 중 …") || !strings.Contains(all, "warehouse + targets 결과 합치기 …") {
		t.Errorf("steps: %s", all)
	}
	briefing := model.requests[0].Messages[0].Text
	for _, part := range []string{"The sources: warehouse (DuckDB), targets (DuckDB).", "### orders (source warehouse)", "### targets (source targets)", "targets.targets(region) = warehouse.orders(region): the same thing"} {
		if !strings.Contains(briefing, part) {
			t.Errorf("the briefing lacks %q:\n%s", part, briefing)
		}
	}
}

// tried has the model run queries and returns what it was told of them.
func (a *apart) tried(model *scripted, queries ...any) string {
	a.t.Helper()
	model.replies, model.requests = []any{calls("query", args{"queries": queries}), calls("decline", args{"reason": "모릅니다."})}, nil
	for _, s := range a.sources {
		s.asked, s.by, s.open = nil, nil, nil
	}
	got, err := a.agent.Answer(a.t.Context(), agent.Question{ID: "q1", Text: whimsical, Now: now}, nil)
	if err != nil || len(model.requests) != 2 {
		a.t.Fatalf("%v, %v, %d calls", got, err, len(model.requests))
	}
	return lastTold(model)
}

// What a model gets wrong about sources is told it in words that say what to do, and asks
// nobody for anything that was not allowed.
func TestTheModelIsToldHowSourcesAreAsked(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	s1, s2 := from("s1", "warehouse", soldByRegion), from("s2", "Targets", plannedByRegion)
	for name, c := range map[string]struct {
		queries []any
		want    []string
	}{
		"no source":         {[]any{args{"name": "r1", "sql": "SELECT region FROM orders"}}, []string{"does not say which source it is for", "warehouse (DuckDB), targets (DuckDB)"}},
		"an unknown source": {[]any{from("r1", "payroll", "SELECT 1")}, []string{`There is no source "payroll"`, "warehouse (DuckDB)"}},
		"the other's table": {[]any{from("r1", "warehouse", "SELECT * FROM targets")}, []string{`"targets" is not one that may be read here`}},
		"both in one":       {[]any{from("r1", "warehouse", "SELECT * FROM warehouse.orders o JOIN targets.targets t ON o.region = t.region")}, []string{"may not|not one that may be read", "without warehouse before them"}},
		"a join of nothing": {[]any{joins("r1", []string{"s1"}, "SELECT * FROM s1")}, []string{"There is no result s1 to join", "Ask the sources first"}},
		"a join of itself":  {[]any{s1, joins("r1", []string{"s1", "r1"}, "SELECT * FROM r1")}, []string{"r1 could not be computed", "s1: 4 rows"}},
		"a table in a join": {[]any{s1, joins("r1", []string{"s1"}, "SELECT * FROM s1 JOIN targets USING (region)")}, []string{`"targets" is not one that may be read here`, "over these results and nothing else: s1 (region, revenue)"}},
		"no such column":    {[]any{s1, joins("r1", []string{"s1"}, "SELECT area FROM s1")}, []string{"area", "s1 (region, revenue)"}},
		"a failed side":     {[]any{from("s1", "warehouse", "SELECT nothing FROM orders"), s2, joins("r1", []string{"s1", "s2"}, bothByRegion)}, []string{"Error in s1", "s1 could not be computed, so nothing can be joined", "s2: 4 rows"}},
		"texts and numbers": {[]any{from("s1", "warehouse", "SELECT '007' AS k FROM orders"), from("s2", "targets", "SELECT 7 AS K FROM targets"), joins("r1", []string{"s1", "s2"}, "SELECT count(*) AS n FROM s1 JOIN s2 ON s1.k = s2.k")}, []string{"is a text in s1 and a number in s2. Cast it"}},
		"no statement":      {[]any{s1, args{"name": "r1", "join": []string{"s1"}}}, []string{"The join has no sql"}},
	} {
		told := a.tried(model, c.queries...)
		for _, want := range c.want {
			if !slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool { return strings.Contains(told, w) }) {
				t.Errorf("%s: not told %q:\n%s", name, want, told)
			}
		}
		for source, s := range a.sources {
			if len(s.open) > 0 {
				t.Errorf("%s: %s may read anything with %v", name, source, s.open)
			}
		}
	}
}

// A table that nobody is to ask about is told of to no model, and read by no statement.
func TestHiddenTablesOfSeveralSources(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	a.spanning.Follow = nil // the model is as it is made here
	a.spanning.Model.Dataset("targets").Hidden = true
	a.spanning.Version += "+"
	told := a.tried(model, from("s1", "warehouse", soldByRegion), from("s2", "targets", plannedByRegion))
	if !strings.Contains(told, "s1: 4 rows") || !strings.Contains(told, `Error in s2: The table "targets" is not one`) {
		t.Error(told)
	}
	if brief := model.requests[0].Messages[0].Text; strings.Contains(brief, "(source targets)") || !strings.Contains(brief, "(source warehouse)") {
		t.Error(brief)
	}
}

// What models leave out or write otherwise costs no call where it can mean one thing only.
func TestTheModelsSlipsMeanSomething(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	s1, s2 := from("s1", "WAREHOUSE", soldByRegion), args{"name": "s2", "database": "targets", "sql": plannedByRegion + ";"}
	for name, join := range map[string]args{
		"join left out":        {"name": "r1", "sql": bothByRegion},
		"join as a text":       {"name": "r1", "join": "s1, s2", "sql": bothByRegion},
		"names in other case":  {"name": "r1", "join": []string{"S1", "S2"}, "sql": bothByRegion},
		"an empty source":      {"name": "r1", "source": "", "join": []string{"s1", "s2"}, "sql": bothByRegion + " ; "},
		"a source that is not": {"name": "r1", "source": "join", "join": []string{"s1", "s2"}, "sql": bothByRegion},
	} {
		if told := a.tried(model, s1, s2, join); !strings.Contains(told, "r1: 6 rows of (region VARCHAR, revenue DECIMAL(38,2), target BIGINT)") {
			t.Errorf("%s: %s", name, told)
		}
	}
	if told := a.tried(model, args{"name": "s1", "source": "warehouse", "join": []string{}, "sql": soldByRegion}); !strings.Contains(told, "s1: 4 rows") {
		t.Errorf("an empty join: %s", told)
	}
}

// A source that is not there ends the question with its name: what the other one says would
// look like the whole. One that is slow is the model's to ask for less.
func TestTheModelJoinsAllOrNothing(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	both := func() *llm.Reply {
		return calls("answer", args{
			"queries": []any{from("s1", "warehouse", soldByRegion), from("s2", "targets", plannedByRegion), joins("r1", []string{"s1", "s2"}, bothByRegion)},
			"text":    "{{r1.region[0]}}",
		})
	}
	for _, c := range []struct {
		err             error
		korean, inLatin string
	}{
		{connectors.Errorf(connectors.CodeUnavailable, "gone"), "targets에 연결할 수 없어", "targets cannot be reached"},
		{connectors.Errorf(connectors.CodeExhausted, "The quota is used up until 10:00."), "targets에 지금 물어볼 수 없어", "targets cannot be asked now"},
	} {
		a.sources["targets"].fail = c.err
		for text, want := range map[string]string{whimsical: c.korean, "which pet region makes us proud against plan": c.inLatin} {
			model.replies, model.requests = []any{both()}, nil
			got := a.ask(agent.Question{Text: text})
			if got.Rung != agent.None || got.Reason != agent.ReasonSource || len(got.Results) > 0 || !strings.Contains(got.Text, want) {
				t.Errorf("%v: %s %s %d results: %s", c.err, got.Rung, got.Reason, len(got.Results), got.Text)
			}
		}
	}
	a.sources["targets"].fail = connectors.Errorf(connectors.CodeTimeout, "The query took too long and was stopped.")
	model.replies, model.requests = []any{both(), calls("decline", args{"reason": "목표가 너무 많습니다."})}, nil
	if got := a.ask(agent.Question{Text: whimsical}); got.Text != "목표가 너무 많습니다." || !strings.Contains(lastTold(model), "s2: The query took too long and was stopped. Ask for less") {
		t.Errorf("%s: %s", got.Text, lastTold(model))
	}
}

// A metric query asks each source for its part by itself and is told as one that needs no
// model is; its result can be joined as any other.
func TestTheModelsMetricsOfSeveralSources(t *testing.T) {
	metrics := args{"measures": []any{args{"metric": "amount"}, args{"metric": "target"}}, "dimensions": []any{args{"field": "orders.region"}}, "period": args{"start": "2026-10-01", "end": "2026-11-01"}}
	model := &scripted{replies: []any{calls("answer", args{"queries": []any{
		args{"name": "m", "metrics": metrics}, joins("r1", []string{"m"}, "SELECT region, amount - target AS gap FROM m ORDER BY gap NULLS LAST"),
	}, "text": "{{m#}}곳 가운데 {{r1.region[0]}}이 {{r1.gap[0]}}입니다."})}}
	a := outlook(t, model, "warehouse", "targets")
	got := a.ask(agent.Question{Text: whimsical})
	if got.Rung != agent.Think || len(got.Results) != 2 {
		t.Fatalf("%s, %d results: %s", texts(got), len(got.Results), lastTold(model))
	}
	if want := "서울 150.35 300 | 부산 70 60 | 제주 30 – | (none) 5 – | 부산특별구 – 1 | 세종 – 10"; rowsOf(got.Results[0]) != want {
		t.Errorf("got %s", rowsOf(got.Results[0]))
	}
	r := got.Results[1]
	if r.Source != "warehouse + targets" || len(r.Parts) != 2 || !strings.Contains(r.SQL, "-- → m") || !strings.Contains(r.SQL, "-- targets →") {
		t.Errorf("from %s, %d parts:\n%s", r.Source, len(r.Parts), r.SQL)
	}
	if said := strings.Join(got.Assumptions, "\n"); !strings.Contains(said, "targets에만: 부산특별구, 세종") {
		t.Error(said)
	}
}

// An analyst of one source whose question needs another is asked with all of them in view,
// where these explain more of the words.
func TestTheModelIsAskedOverWhatTheWordsAreOf(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for text, c := range map[string]struct {
		over    string // what the briefing tells of
		replies []any
	}{
		"얼씨구 지난달 지역별 매출과 목표를 비교해줘": {"The sources: warehouse (DuckDB), targets (DuckDB), grades (DuckDB).", []any{calls("answer", args{
			"queries": []any{from("s1", "warehouse", soldByRegion), from("s2", "targets", plannedByRegion), joins("r1", []string{"s1", "s2"}, bothByRegion)},
			"text":    "{{r1.region[0]}}에 봄이 왔습니다.",
		})}},
		"지역별 매출을 시로 써 줘": {"SQL dialect: DuckDB.", []any{calls("answer", args{"queries": []any{args{"name": "r1", "sql": soldByRegion + " ORDER BY 2 DESC"}}, "text": "{{r1.region[0]}}에 봄이 왔습니다."})}},
	} {
		model := &scripted{replies: c.replies}
		a.agent = thinkingOf(t, model, a.analysts...)
		got := a.ask(agent.Question{Text: text})
		if got.Rung != agent.Think || got.Text != "서울에 봄이 왔습니다." {
			t.Fatalf("%s: %s: %s", text, texts(got), lastTold(model))
		}
		if brief := model.requests[0].Messages[0].Text; !strings.Contains(brief, c.over) {
			t.Errorf("%s: not asked with %q in view:\n%s", text, c.over, brief)
		}
		if over := len(got.Across) > 0; over != (len(got.Results[0].Parts) > 0) {
			t.Errorf("%s: across %v, %d parts", text, got.Across, len(got.Results[0].Parts))
		}
	}
}

// Over several sources a model is told what people wrote about each, by its source: the figures
// of both mean what they mean alone.
func TestKnowledgeOfSeveralSources(t *testing.T) {
	a := openWith(t, threeTables, agent.Config{}, func(one *agent.Analyst) {
		one.Knowledge = map[string][]agent.Document{
			"warehouse": {{Name: "glossary.md", Text: "# 매출\n\n매출 실적은 배송을 마친 주문만 셉니다."}},
			"targets":   {{Name: "glossary.md", Text: "# 목표\n\n목표 달성은 이사회가 정한 목표에 견줍니다."}},
		}[one.Name]
	}, "warehouse", "targets", "grades")
	model := &scripted{replies: []any{calls("decline", args{"reason": "모릅니다."})}}
	a.agent = thinkingOf(t, model, a.analysts...)
	a.ask(agent.Question{Text: "얼씨구 지난달 지역별 매출 실적과 목표 달성을 비교해줘"})
	if len(model.requests) != 1 {
		t.Fatalf("%d calls", len(model.requests))
	}
	var told string
	for _, m := range model.requests[0].Messages {
		told += m.Text
	}
	for _, want := range []string{"The sources: warehouse (DuckDB)", "[warehouse: glossary.md › 매출] 매출 실적은 배송을 마친 주문만 셉니다.", "[targets: glossary.md › 목표] 목표 달성은 이사회가 정한 목표에 견줍니다."} {
		if !strings.Contains(told, want) {
			t.Errorf("not told %q:\n%s", want, told)
		}
	}
}

// harmful are joins as a model would write them that somebody talked into it: what they
// reach for is not the results that it named.
var harmful = []string{
	"SELECT * FROM orders", "SELECT * FROM warehouse.orders", "SELECT * FROM s1, main.orders", "SELECT * FROM s2", "FROM s2",
	"SELECT * FROM '/etc/passwd'", "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_blob('/proc/self/environ')",
	"SELECT * FROM read_parquet('https://evil.example/x.parquet')", "SELECT * FROM 'https://evil.example/x.csv'", "SELECT * FROM glob('/*')", "SELECT * FROM sniff_csv('/etc/passwd')",
	"SELECT * FROM sqlite_scan('/x', 'y')", "SELECT * FROM postgres_scan('host=x', 'a', 'b')", "SELECT * FROM duckdb_settings()", "SELECT * FROM duckdb_secrets()", "SELECT * FROM information_schema.columns",
	"SELECT * FROM pragma_table_info('s1')", "SELECT getenv('HOME') FROM s1", "SELECT current_setting('home_directory')", "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table('s1')",
	"ATTACH '/tmp/x.db' AS x", "DETACH memory", "COPY s1 TO '/tmp/stolen.csv'", "COPY s1 FROM '/etc/passwd'", "EXPORT DATABASE '/tmp/stolen'", "INSTALL httpfs", "LOAD httpfs",
	"PRAGMA database_list", "SET memory_limit = '100GB'", "SET enable_external_access = true", "RESET ALL", "CALL pragma_version()", "CREATE TABLE x AS SELECT 1", "CREATE MACRO f() AS 1", "CREATE SECRET s (TYPE s3)",
	"INSERT INTO s1 VALUES ('x', 1)", "UPDATE s1 SET revenue = 0", "DELETE FROM s1", "DROP TABLE s1", "TRUNCATE s1", "ALTER TABLE s1 ADD COLUMN x INT", "SELECT 1; DROP TABLE s1", "SELECT 1;;SELECT 2 FROM s2",
	"WITH s2 AS (SELECT * FROM orders) SELECT * FROM s2", "WITH x AS (DELETE FROM s1 RETURNING *) SELECT * FROM x", "EXPLAIN ANALYZE SELECT * FROM s1", "DESCRIBE s1", "SUMMARIZE s1", "SHOW TABLES",
	"PREPARE p AS SELECT 1", "EXECUTE p", "BEGIN", "CHECKPOINT", "VACUUM", "SELECT $1 FROM s1", "SELECT nextval('x')", "SELECT write_log('x')", "/* s1 */ SELECT * FROM \"orders\"", "SELECT * FROM s1 WHERE region IN (SELECT region FROM orders)",
	"SELECT (SELECT max(amount) FROM orders) FROM s1", "SELECT * FROM s1 POSITIONAL JOIN orders", "TABLE orders", "VALUES ((SELECT max(amount) FROM orders))", "SELECT * FROM s1 UNION ALL SELECT region, 1 FROM orders", "PIVOT orders ON region USING sum(amount)",
	"WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t, orders) SELECT * FROM t",
}

// No statement that joins reads anything but the results that it names, writes, or reaches
// out; each is refused in a sentence, and what stood beside it is as it was.
func TestHarmfulJoins(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	for chunk := range slices.Chunk(harmful, 7) {
		queries := []any{from("s1", "warehouse", soldByRegion)}
		for i, sql := range chunk {
			queries = append(queries, joins(string(rune('a'+i)), []string{"s1"}, sql))
		}
		told := a.tried(model, queries...)
		for i, sql := range chunk {
			_, after, refused := strings.Cut(told, "Error in "+string(rune('a'+i))+": ")
			sentence, _, _ := strings.Cut(after, "\n")
			if !refused || !strings.HasSuffix(sentence, "nothing else: s1 (region, revenue).") || len(sentence) > 500 || strings.Contains(sentence, "/tmp/") && !strings.Contains(sql, "/tmp/") {
				t.Errorf("%s: told %q", sql, sentence)
			}
		}
		if !strings.Contains(told, "s1: 4 rows") {
			t.Errorf("what stood beside it is gone: %s", told)
		}
		for source, s := range a.sources {
			if want := map[string]int{"warehouse": 1}[source]; len(s.asked) != want {
				t.Errorf("%s was asked %v", source, s.asked)
			}
		}
	}
}
