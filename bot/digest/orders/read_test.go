package orders

import (
	"testing"

	"github.com/bapsang/bapsang/bot/digest"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		question  string
		kind      digest.AlertKind
		threshold float64
	}{
		"어제 매출이 3천만 원 아래로 떨어지면 알려줘":                               {"어제 매출", digest.AlertBelow, 3e7},
		"어제 주문 건수가 500건 이상이면 나에게 알려줘":                             {"어제 주문 건수", digest.AlertAbove, 500},
		"매일 9시에 어제 매출이 1억 2,000만 원을 넘으면 알려줘":                      {"매일 9시에 어제 매출", digest.AlertAbove, 1.2e8},
		"지난주 반품률이 5% 이상이면 알려 주세요":                                 {"지난주 반품률", digest.AlertAbove, 5},
		"어제 매출이 20% 이상 변하면 알려줘":                                   {"어제 매출", digest.AlertChange, 20},
		"어제 매출이 이상하면 알려줘":                                         {"어제 매출", digest.AlertAnomaly, 0},
		"alert me when revenue yesterday drops below 30 million":  {"revenue yesterday", digest.AlertBelow, 3e7},
		"Notify me if orders yesterday exceed 1,500":              {"orders yesterday", digest.AlertAbove, 1500},
		"tell us when yesterday's revenue changes by 20%":         {"yesterday's revenue", digest.AlertChange, 20},
		"alert me every day at 8 if revenue yesterday is unusual": {"every day at 8 revenue yesterday", digest.AlertAnomaly, 0},
	} {
		question, alert, ok := alertIn(text)
		if !ok || question != want.question || alert.Kind != want.kind || alert.Threshold != want.threshold {
			t.Errorf("%q: %q %+v %v", text, question, alert, ok)
		}
	}
}

func TestNoConditions(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "매출 1억 이상인 상품 알려줘", "지난달 매출", "주문이 10건 이상인 고객 수 알려줘", "매출이 왜 떨어졌는지 알려줘", "when did revenue drop below 30 million?",
		"orders above 1,500", "what if revenue drops below 10 million", "매주 월요일 9시에 매출 보내줘", "이번 달이면 알려줘",
	} {
		if question, alert, ok := alertIn(text); ok {
			t.Errorf("%q: %q %+v", text, question, alert)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"매주 월요일 9시에 나에게 보내줘": toMe, "매주 월요일 9시에 이 채널로 보내줘": hereOnly, "매주 월요일 9시에 보내줘": "",
		"every Monday at 9 send it to me": toMe, "post this here every Monday": hereOnly, "there is nothing": "",
	} {
		if _, to := place(text); to != want {
			t.Errorf("%q: %q, want %q", text, to, want)
		}
	}
}

func FuzzAlert(f *testing.F) {
	f.Add("어제 매출이 3천만 원 아래로 떨어지면 알려줘")
	f.Add("alert me when revenue exceeds 1e309")
	f.Fuzz(func(_ *testing.T, text string) { alertIn(text) })
}
