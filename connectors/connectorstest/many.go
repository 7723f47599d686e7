package connectorstest

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// The words that the names of [Many] are made of.
var (
	manyAreas = [][2]string{
		{"sales", "판매"}, {"purchase", "구매"}, {"stock", "재고"}, {"hr", "인사"}, {"finance", "재무"}, {"marketing", "마케팅"}, {"support", "상담"},
		{"delivery", "배송"}, {"quality", "품질"}, {"plant", "생산"}, {"store", "매장"}, {"member", "회원"}, {"partner", "협력사"}, {"asset", "자산"},
		{"lease", "임대"}, {"tax", "세무"}, {"project", "과제"}, {"travel", "출장"}, {"training", "교육"}, {"legal", "법무"},
	}
	manyThings = [][2]string{
		{"customers", "고객"}, {"products", "상품"}, {"employees", "직원"}, {"regions", "지역"}, {"branches", "지점"},
		{"orders", "주문"}, {"items", "품목"}, {"payments", "결제"}, {"returns", "반품"}, {"visits", "방문"}, {"budgets", "예산"}, {"targets", "목표"},
		{"prices", "단가표"}, {"campaigns", "캠페인"}, {"tickets", "문의"}, {"shipments", "출하"}, {"inspections", "검사"}, {"machines", "설비"},
		{"invoices", "송장"}, {"accounts", "계정"}, {"suppliers", "공급처"}, {"logs", "기록"}, {"plans", "계획"}, {"results", "실적"}, {"categories", "분류"},
	}
	manyMore = []struct {
		name, ko, en string
		kind         connectors.Kind
	}{
		{"amount", "금액", "what it came to", connectors.KindNumber}, {"quantity", "수량", "", connectors.KindInteger}, {"status", "상태", "", connectors.KindText},
		{"ordered_at", "주문일시", "when it was ordered", connectors.KindTimestamp}, {"unit_price", "단가", "", connectors.KindNumber}, {"channel", "채널", "where it was sold", connectors.KindText},
		{"is_active", "사용 여부", "", connectors.KindBool}, {"due_date", "마감일", "", connectors.KindDate}, {"score", "점수", "", connectors.KindNumber}, {"grade", "등급", "", connectors.KindText},
		{"cost", "비용", "what was spent", connectors.KindNumber}, {"memo", "메모", "", connectors.KindText}, {"tax_rate", "세율", "", connectors.KindNumber}, {"owner_email", "담당자 이메일", "", connectors.KindText},
	}
	manyValues = map[string][]string{"status": {"완료", "대기", "취소"}, "channel": {"online", "store", "partner"}, "grade": {"A", "B", "C"}}
)

// manyOfArea is how many tables refer to one another: those of one area of one subsidiary.
const manyOfArea = 25

// Many is the catalogue of a company with n tables, as a driver reads it: areas of 25
// tables with 8 to 20 columns each, whose facts refer to the area's customers, products,
// employees and regions, one in ten of them to an area elsewhere, and comments in Korean or
// in English. From 500 tables on, each subsidiary has the same areas again, so that a word
// such as "amount" is a column of most tables.
func Many(n int) *connectors.Catalog {
	cat := &connectors.Catalog{Source: "company", Dialect: "postgres", Version: "1", AsOf: time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)}
	for i := range n {
		cat.Tables = append(cat.Tables, manyTable(i))
	}
	return cat
}

func manyName(i int) string {
	area, thing, unit := manyAreas[i/manyOfArea%len(manyAreas)], manyThings[i%manyOfArea], i/manyOfArea/len(manyAreas)
	if unit == 0 {
		return area[0] + "_" + thing[0]
	}
	return fmt.Sprintf("%s_%s_%02d", area[0], thing[0], unit)
}

// manyKorean reports whether the comments of table i are Korean ones.
func manyKorean(i int) bool { return i/manyOfArea%2 == 0 }

func manyTable(i int) *connectors.Table {
	area, thing := manyAreas[i/manyOfArea%len(manyAreas)], manyThings[i%manyOfArea]
	t := &connectors.Table{Name: manyName(i), Rows: 20, PrimaryKey: []string{"id"}, Comment: "The " + thing[0] + " of " + area[0] + "."}
	if manyKorean(i) {
		t.Comment = area[1] + " " + thing[1]
	}
	add := func(name, typ, comment string, kind connectors.Kind) {
		t.Columns = append(t.Columns, &connectors.ColumnInfo{Name: name, Type: typ, Kind: kind, Comment: comment, Profile: manyProfile(name, kind)})
	}
	add("id", "bigint", "", connectors.KindInteger)
	if i%manyOfArea < 5 {
		add("name", "text", map[bool]string{true: thing[1] + "명"}[manyKorean(i)], connectors.KindText)
	} else {
		refer := func(column string, to int) {
			add(column, "bigint", "", connectors.KindInteger)
			t.ForeignKeys = append(t.ForeignKeys, connectors.ForeignKey{Columns: []string{column}, RefTable: manyName(to), RefColumns: []string{"id"}})
		}
		first := i - i%manyOfArea
		for k, column := range []string{"customer_id", "product_id", "employee_id", "region_id"}[:1+i%4] {
			refer(column, first+k)
		}
		if i%10 == 7 && first > 0 {
			refer("approved_by", 2)
		}
	}
	for k := range 7 + i*7%10 {
		c := manyMore[(i+k)%len(manyMore)]
		if k < 4 {
			c = manyMore[k]
		}
		if !hasColumn(t, c.name) {
			add(c.name, manyTypes[c.kind], map[bool]string{true: c.ko, false: c.en}[manyKorean(i)], c.kind)
		}
	}
	return t
}

func hasColumn(t *connectors.Table, name string) bool { return t.Column(name) != nil }

// manyTypes are types that PostgreSQL and SQLite both take.
var manyTypes = map[connectors.Kind]string{
	connectors.KindText: "text", connectors.KindInteger: "bigint", connectors.KindNumber: "numeric(12,2)", connectors.KindBool: "boolean",
	connectors.KindDate: "date", connectors.KindTimestamp: "timestamp",
}

func manyProfile(name string, kind connectors.Kind) *connectors.Profile {
	p := &connectors.Profile{Distinct: 20}
	switch {
	case name == "id":
		p.Unique, p.Min, p.Max = true, int64(1), int64(20)
	case manyValues[name] != nil:
		p.Distinct = int64(len(manyValues[name]))
		for _, v := range manyValues[name] {
			p.Values = append(p.Values, connectors.ValueCount{Value: v, Count: 7})
		}
	case name == "name":
		p.Unique = true
		for i := range 20 {
			p.Values = append(p.Values, connectors.ValueCount{Value: fmt.Sprintf("이름%02d", i), Count: 1})
		}
	case kind == connectors.KindBool:
		p.Distinct, p.Values = 2, []connectors.ValueCount{{Value: "true", Count: 10}, {Value: "false", Count: 10}}
	case kind == connectors.KindInteger || kind == connectors.KindNumber:
		p.Min, p.Max = int64(1), int64(2000)
	case kind == connectors.KindDate || kind == connectors.KindTimestamp:
		p.Min, p.Max = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)
	}
	return p
}

// Sizes are the numbers of tables that benchmarks of a large schema run with: 100, and up to
// BAPSANG_MANY_TABLES where that is set, ten times as many each.
func Sizes() []int {
	most, _ := strconv.Atoi(os.Getenv("BAPSANG_MANY_TABLES"))
	sizes := []int{100}
	for n := 1000; n <= most; n *= 10 {
		sizes = append(sizes, n)
	}
	return sizes
}
