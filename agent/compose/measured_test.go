package compose_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
)

// A bare figure is a value of a field only beside the field's name.
func TestFiguresAreNoValuesByThemselves(t *testing.T) {
	values := stocked()
	values["orders.channel"] = append(values["orders.channel"], compose.ValueCount{Text: "2", Count: 9}, compose.ValueCount{Text: "15", Count: 8})
	lex := compose.NewLexicon(commerce(), values)
	for question, want := range map[string]string{
		"top 2 products with the most orders":   "limit 2",
		"2 products with the highest revenue":   "limit 2",
		"매출 상위 2개 상품":                           "limit 2",
		"revenue of channel 15":                 "where orders.channel in 15",
		"채널 15 매출":                              "where orders.channel in 15",
		"revenue in category 세탁기 and channel 2": "where orders.channel in 2",
	} {
		if got := show(compose.Parse(input(lex, question))); !strings.Contains(got, want) {
			t.Errorf("%s: %s", question, got)
		}
	}
	if o := compose.Parse(input(lex, "revenue 15")); o.Plan != nil {
		t.Errorf("a figure that nothing explains: %s", show(o))
	}
}

// What is ranked is ranked by what the text says, where both could be counted.
func TestRankedByACount(t *testing.T) {
	model := commerce()
	model.Metrics = append(model.Metrics, metric("products|상품 수|products|count:개||", "COUNT(products.id)"))
	model.Datasets[1].Fields = append(model.Datasets[1].Fields, dataset("orders", "number|주문 번호|order number|name").Fields...)
	lex := compose.NewLexicon(model, stocked())
	for question, want := range map[string]string{
		"top 5 products by returns":      "rank returns by products.name order returns desc limit 5",
		"products with the most returns": "rank returns by products.name order returns desc limit 10",
		"bottom 3 products by orders":    "rank orders by products.name order orders asc limit 3",
		"top 5 products by revenue":      "rank revenue by products.name order revenue desc limit 5",
		"반품 기준 상위 5개 상품":                 "rank returns by products.name order returns desc limit 5",
		"top 5 customers by orders":      "shape", // they have no name here
		"주문 많은 고객 5명":                    "shape",
		"주문 기준 매출 상위 3개 상품":              "shape", // by which of the two
		"매출 기준 주문 상위 3개 상품":              "shape",
		"채널 기준 매출 상위 3개 상품":              "limit 3 per channel",
	} {
		if got := show(compose.Parse(input(lex, question))); !strings.Contains(got, want) {
			t.Errorf("%s: %s", question, got)
		}
	}
}

// Business days are the days of the week, and that holidays are among them is said.
func TestBusinessDays(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	for question, want := range map[string]string{
		"지난달 영업일 매출": "월–금요일, 공휴일 포함", "revenue on business days last month": "Mondays to Fridays, public holidays among them",
		"지난달 평일 매출": "월–금요일", "지난달 월요일 매출": "",
	} {
		o := compose.Parse(input(lex, question))
		if o.Plan == nil {
			t.Errorf("%s: %s", question, show(o))
			continue
		}
		got := ""
		for _, r := range o.Plan.Readings {
			if strings.Contains(r.Meaning, "금요일") || strings.Contains(r.Meaning, "Fridays") {
				got = r.Meaning
			}
		}
		if got != want {
			t.Errorf("%s: %q", question, got)
		}
	}
}

// A thing named beside a metric is what the figure is of; a thing before its own field
// says whose that is.
func TestThingsNamedBeside(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	for question, want := range map[string]string{
		"매장 매출":         "by stores.name where not stores.name null",
		"서울 매장 매출":      "value revenue where stores.city in 서울특별시",
		"store revenue": "by stores.name where not stores.name null",
		"매장별 매출":        "breakdown revenue by stores.name",
		"매장 매출 상위 3개":   "rank revenue by stores.name order revenue desc limit 3",
		"반품률이 가장 높은 상품 카테고리": "rank return_rate by products.category order",
		"상품 카테고리별 매출":        "breakdown revenue by products.category",
	} {
		got := show(compose.Parse(input(lex, question)))
		if !strings.Contains(got, want) || strings.Contains(got, "null") != strings.Contains(want, "null") {
			t.Errorf("%s: %s", question, got)
		}
	}
}
