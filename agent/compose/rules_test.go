package compose_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
)

// TestSameMeaning checks what must not change a plan: courtesy, white space,
// particles, order, letter case.
func TestSameMeaning(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	for _, group := range [][]string{
		{"지난달 지역별 매출", "지난달 지역별 매출 좀 보여줘", "혹시 지난달 지역별 매출 알려주실 수 있나요?", "지난달지역별매출", "지난달 지역 별 매출", "지역별 지난달 매출", "매출을 지역별로 지난달", "지난달의 지역별 매출은?", "지난달 지역별로 매출이 어때?", "지난달 매출 지역별로 뽑아줘", "지난달 지역별 매출 부탁드립니다", "지난달 지역별 매출 궁금해요"},
		{"매출 상위 5개 상품", "상위 5개 상품 매출", "상품 매출 상위 5개", "매출 기준으로 상위 5개 상품", "매출이 가장 높은 상품 5개", "매출 top 5 상품", "매출 TOP5 상품", "매출상위5개상품", "매출 상위 다섯 개 상품", "매출 상위 5개 상품은 뭐야?", "top 5 products by revenue", "what are the top five products by revenue?", "top 5 products ranked by revenue please"},
		{"온라인몰 세탁기 매출", "세탁기 온라인몰 매출", "온라인몰에서 세탁기 매출", "온라인몰의 세탁기 매출이 얼마야?", "채널이 온라인몰인 세탁기 매출", "온라인몰세탁기매출", "매출 온라인몰 세탁기"},
		{"매출 1억 이상인 지역", "매출이 1억 원 이상인 지역", "매출 100,000,000원 이상 지역", "매출 1억원 이상인 지역은?", "매출이 10000만원 이상인 지역", "regions with revenue of at least 100 million", "regions with revenue of at least 100,000,000 won"},
		{"revenue by region last month", "Show me revenue by region for last month", "last month's revenue by region", "please give me the revenue by region last month", "REVENUE BY REGION LAST MONTH", "revenue  by   region, last month", "what was revenue by region last month?", "revenue for each region last month", "revenue broken down by region last month", "last month revenue per region", "revenue split by region for last month", "can you show me revenue by regions in last month"},
		{"세탁기 빼고 카테고리별 매출", "카테고리별 매출 세탁기 제외", "세탁기를 제외한 카테고리별 매출", "카테고리별 매출 세탁기는 빼고", "revenue by category excluding washers", "revenue by category except washers", "revenue by category without washers"},
		{"월별 매출 추이", "매출 월별 추이", "매출의 월별 추이를 보여줘", "monthly revenue trend", "revenue trend by month", "monthly revenue"},
		{"고객당 매출", "고객 당 매출", "매출 고객당", "revenue per customer", "average revenue per customer"},
		{"어떤 채널이 있어?", "채널 목록", "채널 목록 보여줘", "무슨 채널이 있나요", "list the channels", "what channels are there?", "which channels do we have"},
	} {
		want := show(compose.Parse(input(lex, group[0])))
		if strings.HasPrefix(want, "unknown") || strings.HasPrefix(want, "shape") {
			t.Errorf("%s: %s", group[0], want)
		}
		for _, q := range group[1:] {
			if got := show(compose.Parse(input(lex, q))); got != want {
				t.Errorf("%s\n got  %s\n want %s as %s", q, got, want, group[0])
			}
		}
	}
}

// TestUnknownWord checks that one word that nothing explains silences any question.
func TestUnknownWord(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	for _, name := range []string{"korean.txt", "english.txt"} {
		for _, c := range cases(t, name) {
			for _, odd := range []string{" 뿕쀍", " xqzvjk"} {
				if o := compose.Parse(input(lex, c[0]+odd)); o.Plan != nil || o.Clarify != nil {
					t.Errorf("%s%s: %s", c[0], odd, show(o))
				}
			}
		}
	}
}

func TestChoices(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	o := compose.Parse(input(lex, "서울 매출"))
	if o.Clarify == nil || len(o.Clarify.Options) != 2 || !o.Clarify.Options[0].Usual || o.Clarify.Text != `"서울"이 두 가지로 읽힐 수 있어요. 어느 쪽일까요?` {
		t.Fatalf("%+v", o.Clarify)
	}
	for _, option := range o.Clarify.Options {
		in := input(lex, "서울 매출")
		in.Choices = []compose.Choice{{Term: o.Clarify.Term, Ref: option.Ref}}
		field, _, _ := strings.Cut(option.Ref, "=")
		if p := compose.Parse(in).Plan; p == nil || p.Query.Filters[0].Field != field {
			t.Errorf("%s: not taken", option.Ref)
		}
	}
	// A second ambiguity in the thread takes the usual meaning, and says so.
	in := input(lex, "부산 매출")
	in.Choices = []compose.Choice{{Term: "서울", Ref: "customers.sido=서울특별시"}}
	p := compose.Parse(in).Plan
	if p == nil {
		t.Fatal("asked twice")
	}
	said := false
	for _, r := range p.Readings {
		said = said || r.Kind == compose.ReadDefault && r.Term == "부산"
	}
	if !said {
		t.Errorf("readings %+v", p.Readings)
	}
	in = input(lex, "매출 상위 5개")
	o = compose.Parse(in)
	if o.Clarify == nil || o.Clarify.Text != "무엇의 순위를 볼까요?" {
		t.Fatalf("%+v", o.Clarify)
	}
	in.Choices = []compose.Choice{{Term: o.Clarify.Term, Ref: "orders.channel"}}
	if got := show(compose.Parse(in)); got != "rank revenue by orders.channel order revenue desc limit 5" {
		t.Error(got)
	}
}

func TestReadings(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	for q, want := range map[string][]compose.Reading{
		"지난달 매출":                     {{Kind: compose.ReadPeriod, Term: "지난달", Meaning: "2026-10"}, {Kind: compose.ReadMetric, Term: "매출", Meaning: "할인 후, 반품 포함"}},
		"충남 매출":                      {{Kind: compose.ReadValue, Term: "충남", Meaning: "충청남도 (지역)"}, {Kind: compose.ReadDefault, Term: "기간", Meaning: "전체 2024-01-01 – 2026-11-21"}},
		"orders in Seoul last month": {{Kind: compose.ReadPeriod, Term: "last month", Meaning: "2026-10"}, {Kind: compose.ReadValue, Term: "Seoul", Meaning: "서울특별시 (region)"}},
		"지난달 매출 전월 대비":               {{Kind: compose.ReadCompare, Term: "전월 대비", Meaning: "2026-09"}},
		"가장 많이 팔린 상품":                {{Kind: compose.ReadMetric, Term: "가장 많이 팔린", Meaning: "판매 수량"}},
		"메출":                         {{Kind: compose.ReadMetric, Term: "매출", Meaning: "할인 후, 반품 포함"}},
		"best-selling products":      {{Kind: compose.ReadDefault, Term: "top", Meaning: "10"}},
		"지역별로 보여줘":                   {{Kind: compose.ReadDefault, Term: "지표", Meaning: "매출"}},
		"다음 달 매출 예측":                 {{Kind: compose.ReadDefault, Term: "예측", Meaning: "앞으로 2개월"}},
	} {
		o := compose.Parse(input(lex, q))
		if o.Plan == nil {
			t.Errorf("%s: %s", q, show(o))
			continue
		}
		for _, w := range want {
			found := false
			for _, r := range o.Plan.Readings {
				found = found || r == w || strings.HasPrefix(w.Term, "가장") && r.Kind == w.Kind && r.Meaning == w.Meaning
			}
			if !found {
				t.Errorf("%s: no %+v in %+v", q, w, o.Plan.Readings)
			}
		}
	}
}

func TestSuggest(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	for q, first := range map[string]string{
		"직원별 반품률": "채널별 반품률", "이직률": "채널별 매출", "VIP churn": "revenue for VIP", "inventory by region": "revenue by region", "": "revenue by channel",
	} {
		got := compose.Suggest(lex, input(lex, q), 4)
		if len(got) != 4 || got[0] != first {
			t.Errorf("%q: %q", q, got)
		}
		for _, s := range got {
			if o := compose.Parse(input(lex, s)); o.Plan == nil {
				t.Errorf("%q suggests %q: %s", q, s, show(o))
			}
		}
	}
}

// TestDraftedModel checks a model as it is drafted from a table: names from columns,
// several metrics of each, synonyms that contain other metrics' names.
func TestDraftedModel(t *testing.T) {
	m := &semantic.Model{Datasets: []*semantic.Dataset{
		dataset("restaurant||restaurant|restaurants", "id|||hidden", "name||name|name", "food_type||food type|categorical", "city_name||city|categorical", "rating||rating|numeric"),
	}}
	m.Metrics = []*semantic.Metric{
		metric("restaurant_count|식당 수|number of restaurants|count:곳", "COUNT(restaurant.*)"),
		metric("cities||cities with restaurants|count:", "COUNT(DISTINCT restaurant.city_name)"),
		metric("avg_rating|평균 평점|average rating|score||rating, 평점", "AVG(restaurant.rating)"),
		metric("max_rating||highest rating|score", "MAX(restaurant.rating)"),
		metric("asp|평균 판매 단가|average selling price|||개당 매출, revenue per unit", "AVG(restaurant.rating)"),
	}
	lex := compose.NewLexicon(m, map[string][]compose.ValueCount{"restaurant.city_name": {{Text: "New York", Count: 3}, {Text: "Miami", Count: 2}}, "restaurant.food_type": {{Text: "Italian", Count: 2}, {Text: "Mexican", Count: 1}}})
	for q, want := range map[string]string{
		"restaurants in New York":                          "value restaurant_count where restaurant.city_name in New York",
		"How many restaurants are there in each city?":     "breakdown restaurant_count by restaurant.city_name",
		"average rating of Italian restaurants":            "value avg_rating where restaurant.food_type in Italian",
		"average rating per city":                          "breakdown avg_rating by restaurant.city_name",
		"top 3 restaurants by rating":                      "rank avg_rating by restaurant.name order avg_rating desc limit 3",
		"Which city has the most restaurants?":             "rank restaurant_count by restaurant.city_name order restaurant_count desc limit 1",
		"restaurants with rating above 4.5":                "breakdown avg_rating by restaurant.name where not restaurant.name null  having avg_rating > 4.5000",
		"도시별 매출":                                           "unknown 도시, 매출",
		"음식 종류별 식당 수":                                      "unknown 음식",
		"list the food types":                              "list by restaurant.food_type",
		"number of Italian restaurants by city descending": "rank restaurant_count by restaurant.city_name where restaurant.food_type in Italian order restaurant_count desc",
	} {
		in := input(lex, q)
		in.DataFrom, in.DataUntil = time.Time{}, time.Time{}
		if got := show(compose.Parse(in)); got != want {
			t.Errorf("%s\n got  %s\n want %s", q, got, want)
		}
	}
}

func TestDetect(t *testing.T) {
	for s, want := range map[string]string{
		"매출": "ko", "revenue 보여줘": "ko", "revenue": "en", "": "en", "売上": "en", "123": "en", "!?": "en", "ㅋㅋ?": "ko",
		// English about things that the data call by Korean names.
		"revenue of 서울 last month": "en", "how many 세탁기 did we sell in 경기도?": "en", "top 5 상품 by revenue": "en", "compare 서울 and 부산": "en",
		// Korean about things with English names.
		"ROAS 추이": "ko", "TV OLED QLED 매출": "ko", "지난달 revenue by channel": "ko", "revenue by channel 비교": "ko", "iPhone 15 Pro는 in stock?": "ko",
		"서울 and 부산": "ko",
	} {
		if got := compose.Detect(s); got != want {
			t.Errorf("%q: %s", s, got)
		}
	}
}

// TestDefaultPeriods pins the periods assumed when none is named.
func TestDefaultPeriods(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	short := input(lex, "매출 추이")
	short.DataFrom = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	if got := show(compose.Parse(short)); got != "trend revenue by week in ~2026-10-01…2026-11-21" {
		t.Error(got)
	}
	old := input(lex, "매출 추이")
	old.DataFrom, old.DataUntil = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2019, 6, 30, 0, 0, 0, 0, time.UTC)
	if got := show(compose.Parse(old)); got != "trend revenue by month in ~2018-07-01…2019-06-30" {
		t.Error(got)
	}
	blind := input(lex, "매출 증감")
	blind.DataFrom, blind.DataUntil = time.Time{}, time.Time{}
	if got := show(compose.Parse(blind)); got != "change revenue in ~2026-10 vs previous 2026-09" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	lex := compose.NewLexicon(commerce(), stocked())
	before := compose.Parse(input(lex, "지난달 지역별 매출 상위 3개")).Plan
	for _, s := range []string{"지난달 지역별 매출", "top 5 products by revenue", "서울 vs 부산 1억~2억 빼고", "그럼 작년은?", "왜?", "％₩$1,2.3.4억만 이상", "\xff\x00ﷺ가각ㅋ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, previous := range []*compose.Plan{nil, before} {
			in := input(lex, s)
			in.Previous = previous
			o := compose.Parse(in)
			if n := b2i(o.Plan != nil) + b2i(o.Clarify != nil) + b2i(o.Declined != ""); n != 1 {
				t.Errorf("%q: %d outcomes", s, n)
			}
			for _, u := range o.Unknown {
				if !utf8.ValidString(u) {
					t.Errorf("%q: unknown %q", s, u)
				}
			}
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
