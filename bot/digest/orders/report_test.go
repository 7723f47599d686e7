package orders_test

import (
	"testing"

	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
)

// TestTheReportIsSent makes subscriptions to the report, of weeks and of months.
func TestTheReportIsSent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ period, schedule string }{
		"매주 월요일 9시에 활용 리포트 보내줘":                            {"week", "TZ=Asia/Seoul 0 9 * * 1"},
		"매주 활용 보고서를 이 채널에 보내줘":                             {"week", "TZ=Asia/Seoul 0 9 * * 1"},
		"매달 활용 리포트 보내줘":                                    {"month", "TZ=Asia/Seoul 0 9 1 * *"},
		"매월 10시에 나에게 활용 리포트 보내줘":                           {"month", "TZ=Asia/Seoul 0 10 1 * *"},
		"매달 첫 영업일 10시에 지난달 활용 리포트 보내줘":                     {"month", "TZ=Asia/Seoul 0 10 B1 * *"},
		"매주 월요일 9시에 월간 활용 리포트 보내줘":                         {"month", "TZ=Asia/Seoul 0 9 * * 1"},
		"send me the value report every month":             {"month", "TZ=Asia/Seoul 0 9 1 * *"},
		"every Monday at 9 send me the usage report":       {"week", "TZ=Asia/Seoul 0 9 * * 1"},
		"send the value report to this channel every week": {"week", "TZ=Asia/Seoul 0 9 * * 1"},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			if !r.taker.Heard(text) {
				t.Errorf("%q is not heard", text)
				return
			}
			sub := r.made(text, desk.About{})
			if sub.Subject.Kind != digest.KindReport || sub.Subject.Params["period"] != want.period || sub.Schedule.String() != want.schedule {
				t.Errorf("%q: %+v %s", text, sub.Subject, sub.Schedule)
			}
		})
	}
}

// TestTheReportIsShown asks for it once, and asks other things that only sound like it.
func TestTheReportIsShown(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.preview = func(s digest.Subject) (string, error) { return "3명이 물었어요 " + s.Params["period"], nil }
		for text, period := range map[string]string{
			"활용 리포트": "week", "활용 리포트 보여줘": "week", "지난달 활용 리포트 알려주세요": "month", "show me the value report": "week", "monthly value report": "month",
		} {
			if !r.taker.Heard(text) {
				t.Errorf("%q is not heard", text)
				continue
			}
			r.order(minji, desk.Order{Text: text, Language: "ko"})
			r.reads(text, "3명이 물었어요 "+period, "매주 월요일 9시에 활용 리포트 보내줘")
		}
		if n := len(r.mine(minji)); n != 0 {
			t.Errorf("%d subscriptions were made by looking", n)
		}
		for _, question := range []string{"활용 리포트 조회수", "리포트 보여줘", "채널별 이용 현황", "매월 매출 보내줘", "revenue report", "가치 리포트별 매출", "report of usage by month"} {
			if r.taker.Heard(question) {
				t.Errorf("%q is heard", question)
			}
		}
	})
}
