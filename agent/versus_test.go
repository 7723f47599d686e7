package agent_test

import (
	"testing"
)

// TestTwoThatAreNamedAreToldApart asks about two values: the answer is how far they are
// apart, and both figures.
func TestTwoThatAreNamedAreToldApart(t *testing.T) {
	t.Parallel()
	a := shopAgent(t)
	for question, want := range map[string]string{
		"10월 서울이랑 부산 매출 비교":    "10월 매출은 서울이 120만 원으로 부산(40만 원)보다 80만 원(3배) 큽니다.",
		"서울과 부산의 10월 반품률 차이는?": "10월 반품률은 부산이 7.5%로 서울(5.0%)보다 2.5%p 높습니다.",
	} {
		got := ask(t, a, question)
		if got.Text != want {
			t.Errorf("%q: %s", question, texts(got))
		}
	}
	// What was not asked about by name, is alike, or is three things, is told as before.
	for _, question := range []string{"10월 지역별 매출", "10월 서울과 부산의 주문 수 차이는?", "10월 연필과 공책과 지우개 매출"} {
		if got := ask(t, a, question); len(got.Results) > 2 {
			t.Errorf("%q: %s", question, texts(got))
		}
	}
}
