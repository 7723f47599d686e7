package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
)

// statesCSV are 300 orders of August to November, every sixth of which was cancelled, with a
// column that says so in the way of the heading.
func statesCSV(heading string, states [6]string) string {
	rows := heading + "\n"
	for i := range 300 {
		rows += fmt.Sprintf("%d,2026-%02d-%02d,%d,%s\n", i+1, 8+i%4, i/4%28+1, 1000*(i+1), states[i%6])
	}
	return rows
}

// How many rows are in a state is a count, however the state is kept and asked for.
func TestRowsInAState(t *testing.T) {
	t.Parallel()
	// Of 300 orders each sixth is in the state; every fourth is of September, and those of the state in 25 of 300.
	type table struct {
		file, heading string
		states        [6]string
	}
	for _, c := range []table{
		{"orders.csv", "order_id,order_date,amount,status", [6]string{"completed", "cancelled", "completed", "refunded", "pending", "shipped"}},
		{"orders.csv", "order_id,order_date,amount,status", [6]string{"wc-completed", "wc-cancelled", "wc-completed", "wc-refunded", "wc-pending", "wc-on-hold"}},
		{"orders.csv", "order_id,order_date,amount,is_canceled", [6]string{"false", "true", "false", "false", "false", "false"}},
		{"orders.csv", "order_id,order_date,amount,cancel_yn", [6]string{"N", "Y", "N", "N", "N", "N"}},
		{"주문내역.csv", "주문번호,주문일자,주문금액,주문상태", [6]string{"완료", "취소", "완료", "환불", "대기", "배송중"}},
		{"주문내역.csv", "주문번호,주문일자,주문금액,주문상태", [6]string{"결제완료", "취소완료", "결제완료", "환불완료", "입금대기", "배송중"}},
		{"주문내역.csv", "주문번호,주문일자,주문금액,취소여부", [6]string{"N", "Y", "N", "N", "N", "N"}},
	} {
		a := newAgent(t, asking{analysts: []*agent.Analyst{csvAnalyst(t, c.file, statesCSV(c.heading, c.states))}})
		for _, question := range []string{
			"2026년 9월 취소된 주문 수", "9월에 취소된 주문은 몇 건이야?", "9월 취소된 주문 건수", "9월 취소 건수", "9월 주문 취소 건수",
			"number of cancelled orders in September", "how many orders were canceled in September 2026", "cancelled orders in September",
		} {
			got := ask(t, a, question)
			if got.Rung != agent.Compose || len(got.Results) == 0 || fmt.Sprint(got.Results[0].Rows[0][0]) != "25" {
				t.Errorf("%s of %s %v: %s", question, c.heading, c.states, texts(got))
			}
			if strings.Contains(got.Text, "여부") {
				t.Errorf("%s of %s is told by the heading: %s", question, c.heading, got.Text)
			}
		}
	}
}

// What happened to the rows that are counted is no figure beside them.
func TestRowsOfWhichTheDataSayNothing(t *testing.T) {
	t.Parallel()
	a := newAgent(t, asking{analysts: []*agent.Analyst{demoAnalyst(t)}})
	for _, question := range []string{
		"how many orders were refunded", "how many orders were returned in September", "how many orders have been returned", "number of cancelled orders in September",
		"2026년 9월 취소된 주문 수", "9월 환불된 주문 수", "완료된 주문 수", "how many orders were completed", "해결된 문의 수",
	} {
		if got := ask(t, a, question); got.Rung != agent.None {
			t.Errorf("%s: %s", question, texts(got))
		}
	}
	for question, want := range map[string]string{"9월 반품 건수": "반품 건수", "how many returns in September": "returns"} {
		if got := ask(t, a, question); got.Rung != agent.Compose || !strings.Contains(strings.ToLower(got.Text), want) {
			t.Errorf("%s: %s", question, texts(got))
		}
	}
}
