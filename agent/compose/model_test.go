package compose_test

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
)

var (
	now   = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	from  = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	until = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
)

// field is "name|한국어|English|kind|synonyms, …".
func field(spec string) *semantic.Field {
	p := strings.Split(spec+"||||", "|")
	f := &semantic.Field{Name: p[0], Label: semantic.Label{Ko: p[1], En: p[2]}, Kind: semantic.Kind(p[3]), Synonyms: list(p[4])}
	f.Expression = map[string]string{"ANSI_SQL": p[0]}
	f.IsTime = f.Kind == semantic.Temporal
	if f.Kind == "name" {
		f.Kind, f.IsName = semantic.Categorical, true
	}
	if f.Kind == "hidden" {
		f.Kind, f.Hidden = semantic.Identifier, true
	}
	if f.Kind == "sum" {
		f.Kind, f.Hidden = semantic.Numeric, true
	}
	if f.Kind == "won" {
		f.Kind, f.Format = semantic.Numeric, "krw"
	}
	return f
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ", ")
}

func dataset(spec string, fields ...string) *semantic.Dataset {
	p := strings.Split(spec+"|||", "|")
	d := &semantic.Dataset{Name: p[0], Source: p[0], Label: semantic.Label{Ko: p[1], En: p[2]}, Synonyms: list(p[3]), PrimaryKey: []string{"id"}}
	for _, f := range fields {
		d.Fields = append(d.Fields, field(f))
	}
	return d
}

// metric is "name|한국어|English|format|temporal|synonyms, …".
func metric(spec, expression string) *semantic.Metric {
	p := strings.Split(spec+"|||||", "|")
	return &semantic.Metric{Name: p[0], Label: semantic.Label{Ko: p[1], En: p[2]}, Format: p[3], Time: p[4], Synonyms: list(p[5]),
		Expression: map[string]string{"ANSI_SQL": expression}}
}

// commerce is the model of a Korean maker of electronics that sells online and in
// shops.
func commerce() *semantic.Model {
	m := &semantic.Model{Name: "commerce", Datasets: []*semantic.Dataset{
		dataset("lines|주문 상품|order line", "id|||hidden", "amount|||sum", "list_amount|||sum", "returned|||sum", "unit_price|단가|unit price|won|판매 단가, price", "quantity|라인 수량|line quantity|numeric"),
		dataset("orders|주문|order|orders", "id|||hidden", "customer_id|||hidden", "ordered_at|주문일|order date|temporal|주문 일자", "channel|채널|channel|categorical|판매 채널, sales channel",
			"payment|결제 수단|payment method|categorical|결제 방법", "amount|주문 금액|order amount|won|결제 금액"),
		dataset("customers|고객|customer|customers, 회원", "id|||hidden", "sido|지역|region|categorical|시도, 거주 지역, province", "grade|고객 등급|customer grade|categorical|등급, membership, tier",
			"gender|성별|gender|categorical", "age|연령대|age group|categorical|나이대, 연령", "joined_at|가입일|signup date|temporal"),
		dataset("products|상품|product|제품", "id|||hidden", "name|상품명|product name|name", "category|카테고리|category|categorical|품목, 제품군, 상품군", "brand|브랜드|brand|categorical"),
		dataset("stores|매장|store|점포, shop", "id|||hidden", "name|매장명|store name|name", "city|매장 지역|store region|categorical|매장 위치"),
		dataset("returns|반품|return", "id|||hidden", "returned_at|반품일|return date|temporal", "reason|반품 사유|return reason|categorical|사유"),
		dataset("visits|방문|visit|트래픽, traffic", "id|||hidden", "converted|||sum", "visited_on|방문일|visit date|temporal", "device|기기|device|categorical|디바이스", "source|유입 경로|traffic source|categorical|유입 채널"),
		dataset("campaigns|캠페인|campaign|광고 캠페인", "id|||hidden", "name|캠페인명|campaign name|name", "media|매체|media|categorical|광고 매체, medium"),
		dataset("spend|광고|ad spend record", "id|||hidden", "amount|||sum", "attributed|||sum", "spent_on|집행일|spend date|temporal"),
		dataset("tickets|문의|ticket|고객 문의, inquiry", "id|||hidden", "opened_at|접수일|opened date|temporal", "kind|문의 유형|ticket type|categorical|문의 종류, inquiry type", "status|처리 상태|status|categorical|상태"),
	}}
	for _, r := range []string{"lines orders", "lines products", "orders customers", "orders stores", "orders campaigns", "returns lines", "spend campaigns", "visits campaigns", "tickets customers", "tickets products"} {
		ends := strings.Fields(r)
		m.Relationships = append(m.Relationships, &semantic.Relationship{Name: strings.ReplaceAll(r, " ", "_"), From: ends[0], To: ends[1], FromColumns: []string{strings.TrimSuffix(ends[1], "s") + "_id"}, ToColumns: []string{"id"}})
	}
	m.Metrics = []*semantic.Metric{
		metric("revenue|매출|revenue|krw|orders.ordered_at|매출액, sales, 판매액, net sales, 판매금액", "SUM(lines.amount)"),
		metric("gross|할인 전 매출|gross revenue|krw|orders.ordered_at|총매출, gross sales, 정가 매출", "SUM(lines.list_amount)"),
		metric("orders|주문 수|orders|count:건|orders.ordered_at|주문건수, order count, number of orders", "COUNT(DISTINCT orders.id)"),
		metric("units|판매 수량|units sold|count:개|orders.ordered_at|판매량, quantity sold, sales volume", "SUM(lines.quantity)"),
		metric("aov|객단가|average order value|krw|orders.ordered_at|AOV, 주문당 평균 금액, basket size", "SUM(lines.amount) / COUNT(DISTINCT orders.id)"),
		metric("buyers|구매 고객 수|buyers|count:명|orders.ordered_at|구매자 수, number of buyers, purchasing customers", "COUNT(DISTINCT orders.customer_id)"),
		metric("customers|고객 수|customers|count:명|customers.joined_at|회원 수, number of customers", "COUNT(DISTINCT customers.id)"),
		metric("return_rate|반품률|return rate|percent|orders.ordered_at|반품율", "SUM(lines.returned) / SUM(lines.quantity)"),
		metric("returns|반품 수|returns|count:건|returns.returned_at|반품 건수, number of returns", "COUNT(returns.id)"),
		metric("visits|방문 수|visits|count:회|visits.visited_on|방문자 수, 트래픽, sessions, number of visits", "COUNT(visits.id)"),
		metric("conversion|전환율|conversion rate|percent|visits.visited_on|구매 전환율, CVR", "SUM(visits.converted) / COUNT(visits.id)"),
		metric("ad_spend|광고비|ad spend|krw|spend.spent_on|광고 비용, 마케팅비, advertising cost, marketing spend", "SUM(spend.amount)"),
		metric("roas|ROAS|ROAS|ratio|spend.spent_on|광고 수익률, return on ad spend", "SUM(spend.attributed) / SUM(spend.amount)"),
		metric("tickets|문의 수|tickets|count:건|tickets.opened_at|문의 건수, inquiries, number of tickets, support tickets", "COUNT(tickets.id)"),
	}
	m.Metric("revenue").Default = true
	m.Metric("revenue").Description = "할인 후, 반품 포함"
	m.Metric("return_rate").LowerIsBetter = true
	m.Metric("returns").LowerIsBetter = true
	_, sido := m.Field("customers.sido")
	sido.Values = []semantic.ValueSynonym{{Words: []string{"수도권", "capital area"}, Values: []string{"서울특별시", "경기도", "인천광역시"}},
		{Words: []string{"Seoul"}, Values: []string{"서울특별시"}}, {Words: []string{"Busan"}, Values: []string{"부산광역시"}}}
	_, channel := m.Field("orders.channel")
	channel.Values = []semantic.ValueSynonym{{Words: []string{"online"}, Values: []string{"온라인몰"}}, {Words: []string{"온라인"}, Values: []string{"온라인몰", "오픈마켓", "모바일앱"}}}
	_, gender := m.Field("customers.gender")
	gender.Values = []semantic.ValueSynonym{{Words: []string{"여자", "female", "women"}, Values: []string{"여성"}}, {Words: []string{"남자", "male", "men"}, Values: []string{"남성"}}}
	_, category := m.Field("products.category")
	category.Values = []semantic.ValueSynonym{{Words: []string{"washing machine", "washer"}, Values: []string{"세탁기"}}, {Words: []string{"refrigerator", "fridge"}, Values: []string{"냉장고"}}}
	return m
}

// stocked are the values in the data.
func stocked() map[string][]compose.ValueCount {
	out := map[string][]compose.ValueCount{}
	for ref, values := range map[string]string{
		"customers.sido":    "경기도,서울특별시,부산광역시,인천광역시,대구광역시,대전광역시,광주광역시,울산광역시,세종특별자치시,강원특별자치도,충청북도,충청남도,전북특별자치도,전라남도,경상북도,경상남도,제주특별자치도",
		"customers.grade":   "VIP,골드,실버,일반",
		"customers.gender":  "여성,남성",
		"customers.age":     "10대,20대,30대,40대,50대,60대 이상",
		"orders.channel":    "온라인몰,오픈마켓,모바일앱,직영점,대리점",
		"orders.payment":    "신용카드,계좌이체,네이버페이,카카오페이",
		"products.category": "세탁기,냉장고,TV,에어컨,이어폰,노트북,공기청정기",
		"products.brand":    "한빛,새롬",
		"products.name":     "통돌이 16kg,통돌이 14kg,드럼 21kg,양문형 냉장고 800L,OLED TV 65,QLED TV 55,무선 이어폰 프로,무선 이어폰 라이트,벽걸이 에어컨,노트북 14,노트북 16",
		"stores.name":       "강남점,홍대점,해운대점,대전점,광주점",
		"stores.city":       "서울특별시,부산광역시,대전광역시,광주광역시",
		"returns.reason":    "단순 변심,불량,오배송,파손",
		"visits.device":     "모바일,PC,태블릿",
		"visits.source":     "검색,직접 유입,소셜,이메일,광고",
		"campaigns.name":    "블랙프라이데이 2025,추석 선물전,새해 할인,봄맞이 세일",
		"campaigns.media":   "네이버,구글,메타,유튜브",
		"tickets.kind":      "배송,환불,교환,설치,제품 문의",
		"tickets.status":    "완료,처리 중,대기",
	} {
		for i, v := range strings.Split(values, ",") {
			out[ref] = append(out[ref], compose.ValueCount{Text: v, Count: int64(1000 - i)})
		}
	}
	return out
}

// input is a question about the company at the start of a thread.
func input(lex *compose.Lexicon, text string) compose.Input {
	return compose.Input{Text: text, Language: compose.Detect(text), Lexicon: lex, Now: now, DataFrom: from, DataUntil: until, WeekStart: time.Monday, Calendar: calendar.Default()}
}

// show writes an outcome on one line.
func show(o compose.Outcome) string {
	switch {
	case o.Clarify != nil:
		var refs []string
		for _, x := range o.Clarify.Options {
			refs = append(refs, x.Ref)
		}
		return "clarify " + o.Clarify.Term + ": " + strings.Join(refs, ", ")
	case o.Plan == nil && len(o.Unknown) > 0:
		return string(o.Declined) + " " + strings.Join(o.Unknown, ", ")
	case o.Plan == nil:
		return string(o.Declined)
	}
	return showPlan(o.Plan)
}

func showPlan(p *compose.Plan) string {
	q := &p.Query
	var b strings.Builder
	b.WriteString(string(p.Intent))
	for _, m := range q.Measures {
		b.WriteString(" " + m.Key())
		if m.Is != "" {
			fmt.Fprintf(&b, "(%s %v)", m.Is, m.Low)
		}
	}
	for _, d := range q.Dimensions {
		if d.Grain != "" {
			b.WriteString(" by " + strings.TrimPrefix(d.Field+":", ":") + string(d.Grain))
		} else {
			b.WriteString(" by " + d.Field)
		}
	}
	for _, f := range q.Filters {
		not := ""
		if f.Negate {
			not = "not "
		}
		fmt.Fprintf(&b, " where %s%s %s %s", not, cmp.Or(f.Field, string(f.Grain)), f.Op, values(f.Values))
	}
	if q.Period != nil {
		def := ""
		if p.PeriodDefault {
			def = "~"
		}
		b.WriteString(" in " + def + span(*q.Period))
	}
	if q.Compare != nil {
		fmt.Fprintf(&b, " vs %s %s", q.Compare.Kind, span(q.Compare.Period))
	}
	for _, h := range q.Having {
		fmt.Fprintf(&b, " having %s %s %s%s", h.Key, h.Op, values(h.Values), map[bool]string{true: "mean"}[h.Mean])
	}
	for _, o := range q.Order {
		fmt.Fprintf(&b, " order %s %s", o.Key, map[bool]string{true: "desc", false: "asc"}[o.Desc]+map[bool]string{true: " size"}[o.Size])
	}
	if q.Limit > 0 {
		fmt.Fprintf(&b, " limit %d", q.Limit)
	}
	if q.Top != nil {
		fmt.Fprintf(&b, " %s %d %s by %s", map[bool]string{true: "bottom", false: "top"}[q.Top.Least], q.Top.N, q.Top.Of, q.Top.By)
	}
	if q.LimitPer != "" {
		b.WriteString(" per " + q.LimitPer)
	}
	if q.SharePer != "" {
		b.WriteString(" within " + q.SharePer)
	}
	if q.Share {
		b.WriteString(" share")
	}
	if p.Part != nil {
		b.WriteString(" of " + values(p.Part.Values))
	}
	if q.Cumulative {
		b.WriteString(" cumulative")
	}
	if p.Horizon > 0 {
		fmt.Fprintf(&b, " horizon %d", p.Horizon)
	}
	if p.Chart != "" {
		b.WriteString(" as " + p.Chart)
	}
	return b.String()
}

func values(list []any) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprint(v)
		if f, ok := v.(float64); ok {
			out[i] = strings.TrimSuffix(fmt.Sprintf("%.4f", f), ".0000")
		}
	}
	return strings.Join(out, ",")
}

func span(p semantic.Period) string {
	last := p.End.AddDate(0, 0, -1)
	switch {
	case p.Start.IsZero():
		return "…" + last.Format("2006-01-02")
	case p.End.IsZero():
		return p.Start.Format("2006-01-02") + "…"
	case p.Start.Day() == 1 && p.Start.AddDate(0, 1, 0).Equal(p.End):
		return p.Start.Format("2006-01")
	case p.Start.YearDay() == 1 && p.Start.AddDate(1, 0, 0).Equal(p.End):
		return p.Start.Format("2006")
	case p.Start.AddDate(0, 0, 1).Equal(p.End):
		return p.Start.Format("2006-01-02")
	}
	return p.Start.Format("2006-01-02") + "…" + last.Format("2006-01-02")
}
