package draft_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// erp is the catalogue of a database as many are: names of a few letters, and comments that
// say what they mean.
func erp() *connectors.Catalog {
	text, integer, number, date := connectors.KindText, connectors.KindInteger, connectors.KindNumber, connectors.KindDate
	col := func(name string, k connectors.Kind, comment string) *connectors.ColumnInfo {
		return &connectors.ColumnInfo{Name: name, Kind: k, Comment: comment, Profile: &connectors.Profile{Distinct: 50}}
	}
	state := col("ST_CD", text, "주문 상태")
	state.Profile = &connectors.Profile{Distinct: 2, Values: []connectors.ValueCount{{Value: "완료", Count: 9}, {Value: "취소", Count: 1}}}
	return &connectors.Catalog{Source: "erp", Dialect: "mariadb", Tables: []*connectors.Table{
		{Name: "TB_ORD_M", Comment: "주문 마스터", Rows: 1000, PrimaryKey: []string{"ORD_NO"}, ForeignKeys: []connectors.ForeignKey{{Columns: []string{"CUST_NO"}, RefTable: "TB_CUST_M", RefColumns: []string{"CUST_NO"}}},
			Columns: []*connectors.ColumnInfo{col("ORD_NO", text, "주문번호"), col("ORD_DT", date, "주문일자"), col("ORD_AMT", number, "주문금액"), col("CUST_NO", text, "고객번호"), state,
				col("DC_RT", number, "할인율(%)"), col("C07", number, "배송비 (원)"), col("A1", text, "주민등록번호"), col("B2", text, "주문할 때 손님이 적은 요청 사항을 그대로 옮긴 글")}},
		{Name: "TB_CUST_M", Comment: "고객 마스터", Rows: 100, PrimaryKey: []string{"CUST_NO"}, Columns: []*connectors.ColumnInfo{
			col("CUST_NO", text, "고객번호"), col("CUST_NM", text, "고객명"), col("IS_VIP", connectors.KindBool, "VIP 여부")}},
		{Name: "A001", Comment: "공장별 생산 실적", Rows: 100, Columns: []*connectors.ColumnInfo{col("D1", date, "생산일"), col("Q1", integer, "생산량")}},
		{Name: "B001", Comment: "백업", Columns: []*connectors.ColumnInfo{col("Z1", integer, "")}},
		{Name: "B002", Comment: "백업", Columns: []*connectors.ColumnInfo{col("Z2", integer, "")}},
		{Name: "products", Comment: "판매 품목", Rows: 9, Columns: []*connectors.ColumnInfo{col("id", integer, ""), col("price", number, "")}},
	}}
}

// Comments name what names do not, and tell shares from sums and secrets from the rest.
func TestCommentsAreNames(t *testing.T) {
	m := draft.Model(erp(), draft.Options{})
	for _, p := range m.Check(tablesOf(erp())) {
		if p.Severity == semantic.SeverityError {
			t.Errorf("check: %+v", p)
		}
	}
	for name, want := range map[string]string{"TB_ORD_M": "주문/Orders", "TB_CUST_M": "고객/Customers", "A001": "공장별 생산 실적/A001", "B001": "백업/B001", "B002": "백업/B002", "products": "상품/Products"} {
		if l := m.Dataset(name).Label; l.Ko+"/"+l.En != want {
			t.Errorf("%s is called %s/%s, not %s", name, l.Ko, l.En, want)
		}
	}
	if s := m.Dataset("products").Synonyms; !slices.Contains(s, "판매 품목") {
		t.Errorf("products are not called by their comment: %q", s)
	}
	for ko, expr := range map[string]string{"주문 수": "COUNT(TB_ORD_M.*)", "고객 수": "COUNT(TB_CUST_M.*)", "평균 할인율": "AVG(TB_ORD_M.DC_RT)", "배송비": "SUM(TB_ORD_M.C07)", "생산량": "SUM(A001.Q1)"} {
		if got := metric(t, m, ko).Expression["ANSI_SQL"]; got != expr {
			t.Errorf("%s is %s", ko, got)
		}
	}
	for _, x := range m.Metrics {
		if x.Expression["ANSI_SQL"] == "SUM(TB_ORD_M.DC_RT)" {
			t.Error("rates are added up")
		}
	}
	_, name := m.Field("TB_CUST_M.CUST_NM")
	_, secret := m.Field("TB_ORD_M.A1")
	_, long := m.Field("TB_ORD_M.B2")
	_, vip := m.Field("TB_CUST_M.IS_VIP")
	if !name.IsName || name.Label.Ko != "고객명" || !secret.Hidden || long.Label.Ko != "" || vip.Kind != semantic.Boolean {
		t.Errorf("fields: %+v %+v %+v %+v", name, secret, long, vip)
	}
	if len(m.Relationships) != 1 {
		t.Errorf("relationships: %+v", m.Relationships)
	}
}

// What a company calls a column comes before what a dictionary does, in either language; what
// is no name, or more than one, is none, and nothing of a comment is markup.
func TestACommentIsTheNameFirst(t *testing.T) {
	long := strings.Repeat("이 열은 결제가 끝난 뒤에 정산 배치가 채우는 금액이며 ", 40)
	for _, c := range []struct{ comment, ko, en string }{
		{"매출액", "매출액", "Amount"},
		{"매출액(원), 부가세 제외", "매출액", "Amount"},
		{"net turnover", "금액", "Net turnover"},
		{"  <b>매출액</b> 💰\n둘째 줄", "매출액", "Amount"},
		{"&lt;script&gt;alert(1)&lt;/script&gt;", "금액", "Amount"},
		{"<img src=x onerror=alert(1)>", "금액", "Amount"},
		{"<!channel> *급여* `x` [링크](http://e.vil)", "금액", "Amount"},
		{"@everyone", "금액", "Amount"},
		{"in cents", "금액", "Amount"},
		{"the amount that was paid", "금액", "Amount"},
		{"결제가 끝나면 채워짐", "금액", "Amount"},
		{"더 이상 쓰지 않습니다", "금액", "Amount"},
		{"사용 안함", "금액", "Amount"},
		{long, "금액", "Amount"},
		{"💰💰", "금액", "Amount"},
		{strings.Repeat("<", 300_000), "금액", "Amount"},
		{"", "금액", "Amount"},
	} {
		col := &connectors.ColumnInfo{Name: "amount", Kind: connectors.KindNumber, Comment: c.comment, Profile: &connectors.Profile{Distinct: 50}}
		m := draft.Model(&connectors.Catalog{Source: "s", Tables: []*connectors.Table{{Name: "orders", Rows: 100, Comment: c.comment, Columns: []*connectors.ColumnInfo{col}}}}, draft.Options{})
		_, f := m.Field("orders.amount")
		if f.Label.Ko != c.ko || f.Label.En != c.en {
			t.Errorf("%.60q is called %q and %q, not %q and %q", c.comment, f.Label.Ko, f.Label.En, c.ko, c.en)
		}
		if got := metric(t, m, c.ko).Label; got != f.Label {
			t.Errorf("%.60q: the metric is called %+v", c.comment, got)
		}
		if f.Label.Ko != "금액" && !slices.Contains(f.Synonyms, "금액") {
			t.Errorf("%.60q: the dictionary's word is lost: %q", c.comment, f.Synonyms)
		}
		for _, shown := range []string{f.Description, m.Dataset("orders").Description, m.Dataset("orders").Label.Ko, strings.Join(f.Synonyms, " ")} {
			if len([]rune(shown)) > 250 || strings.ContainsAny(shown, "<>`*[]@\n") {
				t.Errorf("%.60q is shown as %.300q", c.comment, shown)
			}
		}
	}
}

// A comment that lists what codes mean gives the codes their words; where it says but one, or
// names codes that nothing has, it gives none.
func TestCodesOfComments(t *testing.T) {
	for _, c := range []struct {
		comment string
		want    map[string]string // code by word
	}{
		{"주문상태코드(10:접수,20:출고,30:완료,90:취소)", map[string]string{"접수": "10", "출고": "20", "완료": "30", "취소": "90", "취소된": "90", "cancelled": "90"}},
		{"상태 [10=Open, 30=Completed / 90=Cancelled]", map[string]string{"open": "10", "완료": "30", "취소된": "90", "canceled": "90"}},
		{"10 - received; 30 - done", map[string]string{"received": "10", "완료된": "30"}},
		{"상태 (90:취소)", nil},
		{"상태 (1:접수, 2:취소)", nil},
		{"09:00 - 18:00 사이에 접수", nil},
		{strings.Repeat("10:", 20_000), nil},
		{"", nil},
	} {
		col := &connectors.ColumnInfo{Name: "ST_CD", Kind: connectors.KindText, Comment: c.comment, Profile: &connectors.Profile{Distinct: 4,
			Values: []connectors.ValueCount{{Value: "10", Count: 9}, {Value: "20", Count: 1}, {Value: "30", Count: 1}, {Value: "90", Count: 1}}}}
		m := draft.Model(&connectors.Catalog{Source: "s", Tables: []*connectors.Table{{Name: "orders", Rows: 100, Columns: []*connectors.ColumnInfo{col}}}}, draft.Options{})
		_, f := m.Field("orders.ST_CD")
		got := map[string]string{}
		for _, v := range f.Values {
			for _, w := range v.Words {
				got[w] = v.Values[0]
			}
		}
		if c.want == nil && len(got) > 0 {
			t.Errorf("%.40s gives %v", c.comment, got)
		}
		for word, code := range c.want {
			if got[word] != code {
				t.Errorf("%s: %s is %q, not %s", c.comment, word, got[word], code)
			}
		}
	}
}

// A dot in a name is not always one between a schema and a table.
func TestNamesWithDots(t *testing.T) {
	columns := []*connectors.ColumnInfo{{Name: "net.amount", Kind: connectors.KindNumber}}
	cat := &connectors.Catalog{Source: "s", Tables: []*connectors.Table{
		{Name: "orders.2026", Own: "orders.2026", Columns: columns}, {Name: "shop.returns.2026", Own: "returns.2026", Columns: columns}, {Name: "shop.visits", Columns: columns}, {Name: "my.shop.stock", Own: "stock", Columns: columns}}}
	m := draft.Model(cat, draft.Options{})
	for name, want := range map[string]string{"orders_2026": `"orders.2026"`, "returns_2026": `shop."returns.2026"`, "visits": "shop.visits", "stock": `"my.shop".stock`} {
		ds := m.Dataset(name)
		if ds == nil || ds.Source != want || ds.Fields[0].Name != "net_amount" {
			t.Fatalf("%s: %+v", name, ds)
		}
		c, err := m.Compile(semantic.Query{Dimensions: []semantic.Dimension{{Field: name + ".net_amount"}}}, semantic.CompileOptions{Dialect: semantic.MySQL})
		if err != nil || cat.Table(c.Tables[0]) == nil || !strings.Contains(c.SQL, "FROM "+strings.ReplaceAll(want, `"`, "`")+" AS "+name) && name != "visits" && name != "stock" {
			t.Errorf("%s: %v\n%+v", name, err, c)
		}
	}
}
