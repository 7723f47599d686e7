package draft_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/files"
)

// korean writes a company's exports: orders of a year, customers, products and
// people, as spreadsheets give them.
func korean(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	orders := "주문번호,주문일자,고객번호,상품코드,결제수단,수량,단가,매출액(원),할인율,반품여부\n"
	for i := range 400 {
		orders += fmt.Sprintf("A%05d,2026. %d. %d.,C%03d,P%02d,%s,%d,\"%d,900\",\"%d,000원\",%d%%,%c\n",
			i+10001, i%10+1, i%28+1, i%60, i%12, []string{"카드", "계좌이체", "포인트"}[i%3], i%4+1, i%90+10, (i%90+10)*(i%4+1), i%3*5, "YNNN"[i%4])
	}
	customers := "고객번호,고객명,지역,나이,가입일,이메일,전화번호\n"
	for i := range 60 {
		customers += fmt.Sprintf("C%03d,고객%02d,%s,%d,2025-%02d-01,c%d@example.com,010-1234-%04d\n", i, i, []string{"서울", "부산", "대구"}[i%3], 20+i%40, i%12+1, i, i)
	}
	products := "상품코드,상품명,카테고리,정가\n"
	for i := range 12 {
		products += fmt.Sprintf("P%02d,상품 %c,%s,\"%d,000\"\n", i, 'A'+i, []string{"음향", "생활가전"}[i%2], i*10+10)
	}
	people := "사번,성명,부서,직급,입사일,연봉,만족도\n"
	for i := range 40 {
		people += fmt.Sprintf("2015%04d,직원%d,%s,%s,20%02d.03.02,\"%d만원\",%d.5\n", i*37%1000, i, []string{"영업", "개발"}[i%2], []string{"사원", "대리", "과장"}[i%3], 10+i%14, 3000+i*50, i%5)
	}
	for name, text := range map[string]string{"주문내역.csv": orders, "고객.csv": customers, "상품.csv": products, "직원 목록.csv": people} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func loaded(t *testing.T, path string) (*connectors.Catalog, string) {
	t.Helper()
	into := filepath.Join(t.TempDir(), "v1.duckdb")
	cat, err := files.Load(context.Background(), files.Config{Name: "test", Paths: []string{path}, Into: into, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return cat, into
}

func metric(t *testing.T, m *semantic.Model, ko string) *semantic.Metric {
	t.Helper()
	for _, x := range m.Metrics {
		if x.Label.Ko == ko {
			return x
		}
	}
	var have []string
	for _, x := range m.Metrics {
		have = append(have, x.Label.Ko)
	}
	t.Fatalf("no metric %s among %q", ko, have)
	return nil
}

// An amount without a unit is in won unless it is too small to be.
func TestAmountsWithoutUnit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"21\n34\n18\n": "", "21000\n34000\n18000\n": "krw"} {
		path := filepath.Join(t.TempDir(), "실적.csv")
		rows := "지점,매출\n"
		for i, amount := range strings.Fields(text) {
			rows += fmt.Sprintf("지점%d,%s\n", i, amount)
		}
		if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		cat, _ := loaded(t, path)
		if got := metric(t, draft.Model(cat, draft.Options{}), "매출").Format; got != want {
			t.Errorf("%q: format %q, not %q", text, got, want)
		}
	}
}

func TestKoreanFiles(t *testing.T) {
	t.Parallel()
	cat, path := loaded(t, korean(t))
	m := draft.Model(cat, draft.Options{})
	for _, p := range m.Check(tablesOf(cat)) {
		if p.Severity == semantic.SeverityError {
			t.Errorf("check: %+v", p)
		}
	}
	show(t, m)
	for _, c := range []struct {
		ko, en, expr, format, time string
		synonym                    string
	}{
		{"주문 건수", "Number of orders", "COUNT(주문내역.*)", "count:건", "주문내역.주문일자", "주문 수"},
		{"매출액", "Revenue", "SUM(주문내역.매출액)", "krw", "주문내역.주문일자", "매출"},
		{"평균 단가", "Average unit price", "AVG(주문내역.단가)", "krw", "주문내역.주문일자", "단가"},
		{"평균 할인율", "Average discount rate", "AVG(주문내역.할인율)", "percent", "주문내역.주문일자", "할인율"},
		{"반품 비율", "", "AVG(CASE WHEN 주문내역.반품여부 THEN 1 WHEN NOT 주문내역.반품여부 THEN 0 END)", "percent", "주문내역.주문일자", "반품률"},
		{"고객 수", "Number of customers", "COUNT(고객.*)", "count:명", "고객.가입일", "customer count"},
		{"평균 나이", "Average age", "AVG(고객.나이)", "count:세", "고객.가입일", "age"},
		{"평균 연봉", "Average salary", "AVG(직원_목록.연봉)", "krw", "직원_목록.입사일", "연봉"},
		{"평균 만족도", "Average satisfaction", "AVG(직원_목록.만족도)", "score", "직원_목록.입사일", "만족도"},
		{"수량", "Quantity", "SUM(주문내역.수량)", "count:개", "주문내역.주문일자", "판매량"},
		{"주문 고객 수", "Customers with orders", "COUNT(DISTINCT 주문내역.고객번호)", "count:명", "주문내역.주문일자", "주문한 고객 수"},
		{"평균 판매 단가", "Average selling price", "SUM(주문내역.매출액) / SUM(주문내역.수량)", "krw", "주문내역.주문일자", "ASP"},
	} {
		x := metric(t, m, c.ko)
		if x.Expression["ANSI_SQL"] != c.expr || x.Format != c.format || x.Time != c.time || c.en != "" && x.Label.En != c.en {
			t.Errorf("%s: %q %s %s %s, want %q %s %s %s", c.ko, x.Label.En, x.Expression, x.Format, x.Time, c.en, c.expr, c.format, c.time)
		}
		if !slices.ContainsFunc(append(slices.Clone(x.Synonyms), x.Label.En), func(s string) bool { return strings.EqualFold(s, c.synonym) }) && x.Default == (c.synonym == "") {
			t.Errorf("%s: %q is not among %q", c.ko, c.synonym, x.Synonyms)
		}
	}
	for _, x := range m.Metrics {
		if e := x.Expression["ANSI_SQL"]; strings.HasPrefix(e, "SUM(") && (strings.Contains(e, "나이") || strings.Contains(e, "단가)") || strings.Contains(e, "율") || strings.Contains(e, "번호") || strings.Contains(e, "사번")) {
			t.Errorf("%s adds up what does not: %s", x.Name, e)
		}
	}
	if x := metric(t, m, "매출액"); !x.Default {
		t.Error("매출액 is not the usual metric")
	}
	if len(m.Relationships) != 2 {
		t.Errorf("relationships: %+v", m.Relationships)
	}
	_, name := m.Field("상품.상품명")
	_, mail := m.Field("고객.이메일")
	_, city := m.Field("고객.지역")
	if !name.IsName || mail.Kind != semantic.Identifier || city.Kind != semantic.Categorical || city.Label.En != "Region" {
		t.Errorf("fields: %+v %+v %+v", name, mail, city)
	}
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, x := range m.Metrics {
		run(t, db, m, semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}})
		if strings.Contains(x.Expression["ANSI_SQL"], "주문내역.") {
			run(t, db, m, semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}, Dimensions: []semantic.Dimension{{Field: "고객.지역"}, {Field: "상품.카테고리"}}})
		}
	}
	want := []string{"결제수단별 매출액", "월별 매출액 추이"}
	for _, q := range want {
		if !slices.Contains(draft.Questions(m), q) {
			t.Errorf("questions %q lack %q", draft.Questions(m), q)
		}
	}
}

// TestDraftIsRepeatable drafts twice and wants the same model.
func TestDraftIsRepeatable(t *testing.T) {
	t.Parallel()
	cat, _ := loaded(t, korean(t))
	first := draft.Model(cat, draft.Options{})
	for range 5 {
		if d := cmp.Diff(first, draft.Model(cat, draft.Options{}), cmpopts.IgnoreUnexported(semantic.Model{})); d != "" {
			t.Fatal(d)
		}
	}
}

func TestSmallCatalogues(t *testing.T) {
	t.Parallel()
	if m := draft.Model(&connectors.Catalog{}, draft.Options{Name: "x"}); m.Name != "x" || len(m.Datasets) != 0 || draft.Questions(m) != nil {
		t.Errorf("nothing gives %+v", m)
	}
	// A source that does not profile, with names that need quotes.
	m := draft.Model(&connectors.Catalog{Source: "s", Tables: []*connectors.Table{
		{Name: "sales data.my orders", Columns: []*connectors.ColumnInfo{
			{Name: "Order ID", Kind: connectors.KindInteger}, {Name: "net amount", Kind: connectors.KindNumber},
			{Name: "unit_price", Kind: connectors.KindNumber}, {Name: "passwd", Kind: connectors.KindText}, {Name: `a"b`, Kind: connectors.KindText},
		}},
		{Name: "empty"},
	}}, draft.Options{})
	if problems := m.Check(nil); slices.ContainsFunc(problems, func(p semantic.Problem) bool { return p.Severity == semantic.SeverityError }) {
		t.Errorf("check: %+v", problems)
	}
	if len(m.Datasets) != 1 || m.Datasets[0].Source != `"sales data"."my orders"` {
		t.Errorf("datasets: %+v", m.Datasets)
	}
	if _, f := m.Field("my_orders.passwd"); f == nil || !f.Hidden {
		t.Error("passwords may be asked about")
	}
	for _, x := range m.Metrics {
		if strings.HasPrefix(x.Expression["ANSI_SQL"], "SUM(my_orders.unit_price") {
			t.Error("unit prices are added up")
		}
	}
}

// BenchmarkModel drafts a model of a database of 25 tables.
func BenchmarkModel(b *testing.B) {
	cat := &connectors.Catalog{Source: "s"}
	for i := range 25 {
		t := &connectors.Table{Name: fmt.Sprintf("orders_%c", 'a'+i), PrimaryKey: []string{"id"}, Rows: 100}
		for _, c := range []string{"id", "customer_id", "amount", "order_date", "region", "status", "quantity", "unit_price"} {
			t.Columns = append(t.Columns, &connectors.ColumnInfo{Name: c, Kind: connectors.KindNumber, Profile: &connectors.Profile{Distinct: 50}})
		}
		cat.Tables = append(cat.Tables, t)
	}
	for b.Loop() {
		draft.Model(cat, draft.Options{})
	}
}
