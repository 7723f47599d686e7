package agent_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
)

// TestRefusalsSayWhatIsSoAndWhatIsPossible holds the sentence of each, and what is
// offered first.
func TestRefusalsSayWhatIsSoAndWhatIsPossible(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	const tables = "주문 상품, 주문, 상품, 고객, 지역, 채널, 매장, 캠페인, 광고 실적, 반품, 웹 트래픽, 문의, 재고"
	const english = "Order lines, Orders, Products, Customers, Regions, Channels, Stores, Campaigns, Ad performance, Returns, Web traffic, Support tickets, Inventory"
	for _, test := range []struct {
		question, text, first string
		reason                agent.Reason // unknown where none is said
	}{
		// What the calendar does not have.
		{question: "13월 매출", text: "13월은 없는 달이에요. 1월부터 12월까지 물어볼 수 있어요.", first: "10월 매출"},
		{question: "0월 매출", text: "0월은 없는 달이에요. 1월부터 12월까지 물어볼 수 있어요.", first: "10월 매출"},
		{question: "2026년 13월 지역별 매출", text: "13월은 없는 달이에요. 1월부터 12월까지 물어볼 수 있어요.", first: "2026년 10월 지역별 매출"},
		{question: "month 13 revenue", text: "There is no month 13. Months go from 1 to 12.", first: "October revenue"},
		{question: "2월 30일 매출", text: "2월 30일은 없는 날이에요. 2월은 28일까지, 윤년에는 29일까지예요.", first: "2월 28일 매출"},
		{question: "2024년 2월 30일 매출", text: "2024년 2월 30일은 없는 날이에요. 2024년 2월은 29일까지예요.", first: "2024년 2월 29일 매출"},
		{question: "2027년 2월 29일 매출", text: "2027년 2월 29일은 없는 날이에요. 2027년 2월은 28일까지예요."},
		{question: "10월 31일부터 11월 31일까지 매출", text: "11월 31일은 없는 날이에요. 11월은 30일까지예요.", first: "10월 31일부터 11월 30일까지 매출"},
		{question: "2026-02-30 매출", text: "2026-02-30은 없는 날이에요. 2026년 2월은 28일까지예요.", first: "2026-02-28 매출"},
		{question: "2026-13-01 매출", text: "13월은 없는 달이에요. 1월부터 12월까지 물어볼 수 있어요.", first: "2026-11 매출"},
		{question: "32일 매출", text: "32일은 없는 날이에요. 한 달은 길어야 31일까지예요."},
		{question: "revenue on february 30", text: "There is no February 30. February has 28 days, in leap years 29.", first: "revenue on february 28"},
		{question: "revenue on 31 April 2026", text: "There is no April 31. April 2026 has 30 days.", first: "revenue on 30 April 2026"},
		{question: "5분기 매출", text: "5분기는 없어요. 1분기부터 4분기까지 물어볼 수 있어요.", first: "3분기 매출"},
		{question: "Q5 revenue", text: "There is no quarter 5. Quarters go from 1 to 4.", first: "Q3 revenue"},
		{question: "25시 방문 수", text: "25시는 없는 시각이에요. 0시부터 23시까지 물어볼 수 있어요."},
		{question: "2099년 매출", text: "2099년 데이터는 아직 없어요. 데이터는 2026-11-21까지 있어요.", first: "2026년 매출", reason: agent.ReasonFuture},
		{question: "revenue in 2099", text: "There is no data for 2099 yet. The data end on 2026-11-21.", first: "revenue in 2026", reason: agent.ReasonFuture},
		{question: "내일 매출", text: "그 기간의 데이터는 아직 없어요. 데이터는 2026-11-21까지 있어요.", reason: agent.ReasonFuture},

		// What cannot be counted.
		{question: "매출 상위 -3개 상품", text: "-3개는 계산할 수 없어요. 1개 이상의 자연수로 물어봐 주세요.", first: "매출 상위 3개 상품"},
		{question: "금액 상위 -3개", text: "-3개는 계산할 수 없어요. 1개 이상의 자연수로 물어봐 주세요."},
		{question: "매출 상위 0개 상품", text: "0개는 계산할 수 없어요. 1개 이상의 자연수로 물어봐 주세요.", first: "매출 상위 5개 상품"},
		{question: "상위 3.5개 상품 매출", text: "3.5개는 계산할 수 없어요. 1개 이상의 자연수로 물어봐 주세요.", first: "상위 3개 상품 매출"},
		{question: "최근 -3개월 매출", text: "-3개월은 계산할 수 없어요. 1개월 이상의 자연수로 물어봐 주세요.", first: "최근 3개월 매출"},
		{question: "top -3 products by revenue", text: "I cannot show -3 of something. Please ask for a whole number from 1.", first: "top 3 products by revenue"},

		// What the data do not have.
		{question: "이직률 알려줘", text: "이직률은 제가 보는 데이터(" + tables + ")에 없어요."},
		{question: "날씨별 매출", text: "날씨는 제가 보는 데이터(" + tables + ")에 없어요."},
		{question: "revenue by weather", text: "weather is not in the data I have (" + english + ")."},
		{question: "revenue by weather and mood", text: "weather and mood are not in the data I have (" + english + ")."},
		{question: "매출 맑은 날", text: "‘맑은’은 무슨 뜻인지 알아듣지 못했어요. 저는 " + tables + "를 봅니다."},
		{question: "매출 예쁘게", text: "‘예쁘게’는 무슨 뜻인지 알아듣지 못했어요. 저는 " + tables + "를 봅니다."},

		// What the data do not connect.
		{question: "지역별 광고비", text: "광고비는 지역별로 나눌 수 없어요. 두 데이터가 서로 이어져 있지 않아요.", first: "캠페인별 광고비"},
		{question: "ad spend by region", text: "Ad spend cannot be split by region: the data do not connect the two."},
		{question: "매출을 서울보다", text: "낱말은 알지만 하나의 계산으로 잇지 못했어요. 지표 하나에 나눌 기준과 기간을 붙여 물어봐 주세요."},
	} {
		got := ask(t, a, test.question)
		if test.reason == "" {
			test.reason = agent.ReasonUnknown
		}
		if got.Rung != agent.None || got.Text != test.text || got.Reason != test.reason {
			t.Errorf("%q: reason %s, %s", test.question, got.Reason, texts(got))
			continue
		}
		if len(got.Suggestions) == 0 || test.first != "" && got.Suggestions[0] != test.first {
			t.Errorf("%q: suggests %q, want %q first", test.question, got.Suggestions, test.first)
		}
		for _, s := range got.Suggestions {
			if answer := ask(t, a, s); answer.Rung == agent.None {
				t.Errorf("%q suggests %q, which is not answered: %s", test.question, s, texts(answer))
			}
		}
	}
}

// TestWhatOnlyLooksImpossible is answered.
func TestWhatOnlyLooksImpossible(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for _, question := range []string{
		"매출 상위 3개 상품", "top-3 products by revenue", "최근 13개월 매출 추이", "최근 30일 매출", "2024년 2월 29일 매출", "최근 5분기 매출 추이",
		"최근 100일 매출", "revenue over the last 31 days", "2026-02-28 매출", "revenue on Feb 28",
	} {
		if got := ask(t, a, question); got.Rung == agent.None {
			t.Errorf("%q: %s", question, texts(got))
		}
	}
}

// TestARefusalCountsTheTablesItDoesNotName holds for a model of many tables.
func TestARefusalCountsTheTablesItDoesNotName(t *testing.T) {
	t.Parallel()
	an := shopAnalyst(t)
	an.Model, an.Version = shopModel(), "many"
	for _, name := range strings.Fields("가 나 다 라 마 바 사 아 자 차 카 타 파 하 거 너") {
		an.Model.Datasets = append(an.Model.Datasets, &semantic.Dataset{Name: "t_" + name, Source: "sales", Label: semantic.Label{Ko: name, En: "T " + name}})
	}
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	if got := ask(t, a, "이직률"); got.Text != "이직률은 제가 보는 데이터(판매, 가, 나, 다, 라, 마, 바, 사, 아, 자, 차, 카, 타, 파, 그 밖에 3가지)에 없어요." {
		t.Errorf("%s", got.Text)
	}
	if got := ask(t, a, "attrition"); !strings.HasSuffix(got.Text, "T 파, 3 more).") {
		t.Errorf("%s", got.Text)
	}
}
