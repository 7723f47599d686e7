package agent_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/cmd/bapsang/demo"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
	"github.com/bapsang/bapsang/connectors/sqlite"
	"github.com/bapsang/bapsang/store"
)

func TestMain(m *testing.M) {
	roles := duckdb.Roles()
	for _, more := range []map[string]func(io.Reader, io.Writer) int{files.Roles(), sqlite.Roles()} {
		maps.Copy(roles, more)
	}
	confine.Main(roles)
	code := m.Run()
	for _, s := range []*shared{&company, &shop} {
		if s.analyst != nil {
			_ = s.analyst.Source.Close()
		}
		if s.dir != "" {
			_ = os.RemoveAll(s.dir)
		}
	}
	os.Exit(code)
}

// now is the Sunday on which the tests ask.
var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("KST", 9*60*60))

// shared is an analyst that all tests ask, made when the first one does.
type shared struct {
	once    sync.Once
	dir     string
	analyst *agent.Analyst
	err     error
}

func (s *shared) get(t testing.TB, make func(ctx context.Context, dir string) (*agent.Analyst, error)) *agent.Analyst {
	t.Helper()
	s.once.Do(func() {
		if s.dir, s.err = os.MkdirTemp("", "bapsang-agent-test-"); s.err == nil {
			s.analyst, s.err = make(context.Background(), s.dir)
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	copied := *s.analyst
	return &copied
}

var company, shop shared

// demoAnalyst knows a small demo company.
func demoAnalyst(t testing.TB) *agent.Analyst {
	return company.get(t, func(ctx context.Context, dir string) (*agent.Analyst, error) {
		path := filepath.Join(dir, "demo.duckdb")
		days := int(now.Sub(time.Date(2024, 1, 1, 0, 0, 0, 0, now.Location())).Hours() / 24)
		if err := demo.Generate(ctx, path, demo.Options{Days: days, Scale: 0.05}); err != nil {
			return nil, err
		}
		source, err := duckdb.Open(ctx, duckdb.Config{Name: demo.Source, Path: path})
		if err != nil {
			return nil, err
		}
		definition, err := analyst.Read("analyst.yaml", func(name string) ([]byte, error) {
			return fs.ReadFile(demo.Files(), filepath.ToSlash(name))
		})
		if err != nil {
			return nil, err
		}
		return analyst.Build(ctx, definition, source)
	})
}

// shopAnalyst knows a shop so small that every figure can be checked by hand.
func shopAnalyst(t testing.TB) *agent.Analyst {
	return shop.get(t, func(ctx context.Context, dir string) (*agent.Analyst, error) {
		source, err := files.Open(ctx, files.Config{Name: "shop", Paths: []string{filepath.Join("testdata", "sales.csv")}, Into: filepath.Join(dir, "shop.duckdb"), Now: now})
		if err != nil {
			return nil, err
		}
		return &agent.Analyst{Name: "shop", Version: "1", Source: source, Model: shopModel()}, nil
	})
}

func ansi(expr string) map[string]string { return map[string]string{"ANSI_SQL": expr} }

func shopModel() *semantic.Model {
	label := func(ko, en string) semantic.Label { return semantic.Label{Ko: ko, En: en} }
	field := func(name, ko, en string, kind semantic.Kind) *semantic.Field {
		return &semantic.Field{Name: name, Expression: ansi(name), Label: label(ko, en), Kind: kind, IsTime: kind == semantic.Temporal}
	}
	metric := func(name, expr, ko, en, format string) *semantic.Metric {
		return &semantic.Metric{Name: name, Expression: ansi(expr), Label: label(ko, en), Format: format, Time: "sales.sold_on"}
	}
	m := &semantic.Model{
		Name: "shop",
		Datasets: []*semantic.Dataset{{
			Name: "sales", Source: "sales", Label: label("판매", "Sales"),
			Fields: []*semantic.Field{
				field("sold_on", "판매일", "Date", semantic.Temporal),
				field("region", "지역", "Region", semantic.Categorical),
				field("store", "매장", "Store", semantic.Categorical),
				field("product", "상품", "Product", semantic.Categorical),
				field("amount", "금액", "Amount", semantic.Numeric),
				field("qty", "수량", "Quantity", semantic.Numeric),
				field("returned", "반품 수량", "Returned", semantic.Numeric),
				field("rating", "평점", "Rating", semantic.Numeric),
				field("wait_hours", "대기", "Waited", semantic.Numeric),
			},
		}},
		Metrics: []*semantic.Metric{
			metric("revenue", "SUM(sales.amount)", "매출", "Revenue", "krw"),
			metric("orders", "COUNT(*)", "주문 수", "Orders", "count:건"),
			metric("return_rate", "SUM(sales.returned) / SUM(sales.qty)", "반품률", "Return rate", "percent"),
			metric("wait", "AVG(sales.wait_hours)", "대기 시간", "Waiting time", "hours"),
			metric("top_rating", "MAX(sales.rating)", "최고 평점", "Highest rating", "score"),
		},
	}
	m.Metrics[0].Default = true
	m.Datasets[0].Fields[1].Values = []semantic.ValueSynonym{{Words: []string{"수도", "capital"}, Values: []string{"서울"}}}
	m.Datasets[0].Fields[3].IsName = true
	return m
}

// asking is how a test asks.
type asking struct {
	analysts []*agent.Analyst
	store    store.Store
	log      *slog.Logger // nil: to nobody
}

func newAgent(t testing.TB, with asking) *agent.Agent {
	t.Helper()
	if with.log == nil {
		with.log = slog.New(slog.DiscardHandler)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster(with.analysts, nil, nil), Store: with.store,
		Now: func() time.Time { return now }, Logger: with.log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ask(t testing.TB, a *agent.Agent, text string) *agent.Answer {
	t.Helper()
	return askAs(t, a, agent.Question{Text: text})
}

func askAs(t testing.TB, a *agent.Agent, q agent.Question) *agent.Answer {
	t.Helper()
	if q.Now.IsZero() {
		q.Now = now
	}
	if q.Asker == "" {
		q.Asker = "web:test"
	}
	answer, err := a.Answer(t.Context(), q, nil)
	if err != nil {
		t.Fatalf("%q: %v", q.Text, err)
	}
	return answer
}

// shopAgent asks the shop.
func shopAgent(t testing.TB) *agent.Agent {
	return newAgent(t, asking{analysts: []*agent.Analyst{shopAnalyst(t)}})
}

// watched counts the statements that reach a source, and may answer in its place.
type watched struct {
	connectors.Source
	queries atomic.Int64
	// query, when set, is asked first; a nil result without an error passes on.
	query func(stmt connectors.Statement) (*connectors.Result, error)
	// catalog, when set, changes a copy of the catalogue.
	catalog func(c *connectors.Catalog)
}

func (w *watched) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	w.queries.Add(1)
	if w.query != nil {
		if res, err := w.query(stmt); res != nil || err != nil {
			return res, err
		}
	}
	return w.Source.Query(ctx, caller, stmt)
}

func (w *watched) Catalog(ctx context.Context) (*connectors.Catalog, error) {
	c, err := w.Source.Catalog(ctx)
	if err != nil || w.catalog == nil {
		return c, err
	}
	copied := *c
	w.catalog(&copied)
	return &copied, nil
}

// watch puts a watch on an analyst's source.
func watch(an *agent.Analyst) (*agent.Analyst, *watched) {
	w := &watched{Source: an.Source}
	an.Source = w
	return an, w
}

// csvAnalyst drafts an analyst for a file of the given content.
func csvAnalyst(t testing.TB, name, content string) *agent.Analyst {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := files.Open(t.Context(), files.Config{Name: "file", Paths: []string{path}, Into: path + ".duckdb", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	an, err := analyst.Drafted(t.Context(), strings.TrimSuffix(name, ".csv"), source)
	if err != nil {
		t.Fatal(err)
	}
	return an
}

// texts describes an answer in a failure.
func texts(a *agent.Answer) string {
	return fmt.Sprintf("rung %s %s: %s\nreadings %v\nsuggestions %v", a.Rung, a.Reason, a.Text, a.Assumptions, a.Suggestions)
}
