package compose_test

import (
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
)

// plain is what a model looks like that nobody wrote: a dealer's cars and sales, and
// what is known of the world's rivers.
func plain() *semantic.Model {
	m := &semantic.Model{Name: "plain", Datasets: []*semantic.Dataset{
		dataset("cars|자동차|Cars|car", "id|||hidden", "make|제조사|Make|categorical", "transmission||Transmission|categorical"),
		dataset("sales|판매|Sales", "id|||hidden", "price|||sum", "sold_on|판매일|Sale date|temporal"),
		dataset("rivers|강|Rivers|river", "id|||hidden", "name|강 이름|River name|name", "length|||sum"),
		dataset("reviews|리뷰|Reviews|review", "id|||hidden", "year|연도|Year|categorical"),
	}}
	m.Relationships = []*semantic.Relationship{{Name: "sales_cars", From: "sales", To: "cars", FromColumns: []string{"car_id"}, ToColumns: []string{"id"}}}
	m.Metrics = []*semantic.Metric{
		metric("cars_count|자동차 수|Number of cars|count:대||", "COUNT(cars.*)"),
		metric("sales_count|판매 수|Number of sales|count:건|sales.sold_on|", "COUNT(sales.*)"),
		metric("avg_length|평균 길이|Average length||| Length", "AVG(rivers.length)"),
		metric("reviews_count|리뷰 수|Number of reviews|count:건||", "COUNT(reviews.*)"),
	}
	return m
}

// numbered is the commerce model where an order is known by its number.
func numbered() *semantic.Model {
	m := commerce()
	_, id := m.Field("orders.id")
	id.Hidden, id.IsName, id.Label = false, true, semantic.Label{Ko: "주문 번호", En: "Order number"}
	_, customer := m.Field("customers.id")
	customer.Hidden, customer.IsName, customer.Label = false, true, semantic.Label{Ko: "고객 번호", En: "Customer ID"}
	m.Datasets[0].Fields = append(m.Datasets[0].Fields, field("order_id|||hidden"), field("bought_at|||temporal"))
	m.Metric("orders").Expression = map[string]string{"ANSI_SQL": "COUNT(DISTINCT lines.order_id)"}
	m.Metrics = append(m.Metrics, metric("per_buyer|고객당 매출|revenue per buyer|krw|orders.ordered_at|1인당 매출", "SUM(lines.amount) / COUNT(DISTINCT orders.customer_id)"))
	return m
}

// TestThings checks what the names of things are taken for: to be counted, listed, or
// silence rather than something that was not asked.
func TestThings(t *testing.T) {
	values := stocked()
	values["reviews.year"] = []compose.ValueCount{{Text: "2022", Count: 5}, {Text: "2021", Count: 4}}
	values["cars.make"] = []compose.ValueCount{{Text: "Ford", Count: 3}}
	for _, c := range []struct {
		model          *semantic.Model
		question, want string
	}{
		{numbered(), "주문 추이", "trend orders by month in ~2025-11-01…2026-10-31"},
		{numbered(), "2025년 결제 수단별 주문 비율", "share orders by orders.payment in 2025 share"},
		{numbered(), "지난달 주문이 왜 줄었어?", "drivers orders in 2026-10 vs previous 2026-09"},
		{numbered(), "지난달 고객 1인당 매출", "value per_buyer in 2026-10"},
		{numbered(), "지난달 고객 매출", "shape"},
		{numbered(), "매출 상위 10명 고객", "rank revenue by customers.id order revenue desc limit 10"},
		{commerce(), "list all stores", "list by stores.name"},
		{commerce(), "온라인몰에서도 오픈마켓에서도 산 고객 수", "shape"},
		{commerce(), "how many customers bought washers last month", "value buyers where products.category in 세탁기 in 2026-10"},
		{commerce(), "customers who bought a TV but not a refrigerator", "shape"},
		{commerce(), "customers who bought washers and refrigerators", "shape"},
		{commerce(), "3번 이상 주문한 고객 수", "value id_by_orders(>= 3)"},
		{commerce(), "10월 반품률은 몇 퍼센트야?", "value return_rate in 2026-10"},
		{commerce(), "10월에 50개 넘게 팔린 상품", "breakdown units by products.name where not products.name null  in 2026-10 having units > 50"},
		{commerce(), "지난달 반품 사유별 건수", "breakdown returns by returns.reason in 2026-10"},
		{commerce(), "how much did revenue grow in 2025 over 2024", "change revenue in 2025 vs explicit 2024"},
		{commerce(), "revenue of TVs last month", "value revenue where products.category in TV in 2026-10"},
		{plain(), "top 3 makes by number of cars sold", "rank sales_count by cars.make order sales_count desc limit 3"},
		{plain(), "how many cars were sold in 2025?", "value sales_count in 2025"},
		{plain(), "how many cars are there", "value cars_count"},
		{plain(), "변속기(transmission)별 자동차 수", "breakdown cars_count by cars.transmission"},
		{plain(), "변속기(뿕쀍)별 자동차 수", "unknown 변속기, 뿕쀍"},
		{plain(), "total length of rivers", "shape"},
		{plain(), "average length of rivers", "value avg_length"},
		{plain(), "number of reviews in 2022", "value reviews_count where reviews.year in 2022"},
		{plain(), "number of reviews in 2019", "shape"},
		{commerce(), "강남점이랑 홍대점 지난달 매출 각각 얼마?", "breakdown revenue by stores.name where stores.name in 강남점,홍대점 in 2026-10"},
		{numbered(), "지난달 주문이 가장 많았던 요일은?", "rank orders by weekday in 2026-10 order orders desc limit 1"},
		{commerce(), "지난달 매출 꼴찌 매장", "rank revenue by stores.name in 2026-10 order revenue asc limit 1"},
		{commerce(), "number of returns for 불량 products last month", "value returns where returns.reason in 불량 in 2026-10"},
		{commerce(), "ad spend and roas per campaign last month", "breakdown ad_spend roas by campaigns.name in 2026-10"},
		{commerce(), "올해 주당 평균 주문 수", "value orders_per_week in 2026-01-01…2026-11-22"},
		{commerce(), "지난주 매출이 총 얼마였는지 알 수 있을까요?", "value revenue in 2026-11-09…2026-11-15"},
		{commerce(), "how has the return rate developed over 2025, monthly", "trend return_rate by month in 2025"},
		{plain(), "주별(make) 자동차 수", "breakdown cars_count by cars.make"},
		{plain(), "number of reviews by year", "breakdown reviews_count by reviews.year"},
	} {
		lex := compose.NewLexicon(c.model, values)
		if got := show(compose.Parse(input(lex, c.question))); got != c.want {
			t.Errorf("%s\n got  %s\n want %s", c.question, got, c.want)
		}
	}
}
