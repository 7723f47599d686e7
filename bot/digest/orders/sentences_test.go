package orders_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
)

// What people say to a bot that answers questions, and keeps orders, too.
var (
	// questions are to be answered, and set up nothing.
	questions = []string{
		"매주 월요일 매출 보여줘", "매일 매출 추이", "월요일마다 얼마나 팔려?", "매주 월요일 매출", "지난달 매주 월요일 매출", "월요일마다 매출이 왜 떨어져?", "매일 매출 알려줘",
		"이번 주만 보내줘", "지난주 매출 보내줘", "표로 보내줘", "엑셀로 보내줘", "CSV로 보내줘", "그래프로 보여줘", "매출 좀 보내줄래?", "다시 보내줘", "어제 매출 나에게 보내줘",
		"지난 3개월 매일 매출 보내줘", "지난달 매일 매출 보내줘", "올해 매주 매출 추이 보내줘", "10월 한 달 매일 주문 수 보내줘", "지난 8주 매주 주문 수 보내줘",
		"평일 매출 보내줘", "평일과 주말 매출 비교해줘", "평일 매출", "평일 9시 매출", "주말마다 매출이 올라?", "매주 월요일 9시 매출은 왜 낮아?", "매일 9시 주문 수는 얼마야?", "월요일 9시마다 주문이 몰려?",
		"매월 1일 매출", "매월 말일 매출 보여줘", "매달 첫째 주 월요일 매출 알려줘", "분기마다 매출", "매년 11월 27일 매출", "격주로 열리는 행사 매출", "매시간 주문 수", "시간대별 매출 보내줘",
		"매일 아침 주문 수 보여줘", "매출 1억 이상인 상품 알려줘", "주문이 10건 이상인 고객 수 알려줘", "구독 고객 수", "구독 매출 알려줘", "구독 취소율", "구독 취소한 고객 수", "지난달 구독 취소 건수", "정기 구독 상품 매출", "알림 동의 고객 수",
		"알림 발송 건수", "이번 달 알림 끈 고객 수", "일시 정지한 회원 수", "발송 완료 건수", "배송 언제 와?", "언제 제일 많이 팔려?", "언제 보낸 쿠폰이 제일 잘 됐어?", "그만둔 고객 수", "매출이 언제 떨어졌어?", "판매 중지 상품", "멈춘 캠페인 매출",
		"send me the revenue by week", "every Monday sales", "show me weekly revenue", "send me weekly revenue", "send me daily orders for last month", "send me daily revenue in October", "weekly sales by brand", "what do we sell every Monday?",
		"how much do we sell every Monday at 9?", "why do sales drop every Monday?", "daily revenue", "revenue every day last week", "revenue on weekdays", "sales on Mondays", "orders per weekday", "hourly orders yesterday",
		"send me last week's revenue", "send it as a table", "send me the CSV", "show me that again", "tell me revenue yesterday", "tell me about every Monday", "orders above 1,500", "what if revenue drops below 10 million",
		"when did revenue drop below 30 million?", "cancelled subscriptions last month", "subscription revenue", "how many subscriptions were paused?", "how many people unsubscribed?", "stop loss by region", "when do we sell most?", "canceled orders",
		"월요일 알림 발송 건수", "보내는 사람 수", "구독 설정한 고객 비율", "알림 켠 고객 수", "받는 사람별 매출", "언제 보내는 게 좋아? 문자 발송 시각별 매출", "배송 시작 건수", "매일 신규 구독", "매주 신규 구독 알려줘", "주간 매출 보내줘", "일별 매출 보내줘", "월별 매출 추이 메일로 보내줘",
		"최근 30일 매일 매출 보내줘", "작년 매월 매출 보내줘", "주중 매출이랑 주말 매출 보내줘", "매일 9시 매출 보여줘", "그만 좀 떨어져라 매출", "이상한 주문 알려줘", "매출이 떨어지면 어떡해?", "20% 이상 할인하면 매출이 오를까?", "재고가 10개 이하인 상품 알려줘", "할인율이 20% 넘는 주문 보여줘",
		"구독 만료 예정 고객 목록 보여줘", "알림톡 발송 내역 보여줘", "취소", "다시 시작한 캠페인", "매월 1일 매출 비교해줘",
		"show sales every Monday in October", "revenue every month last year", "weekly active users", "send daily sales for the last 30 days", "get me weekly revenue by region", "I want to see revenue by region", "I'd like to see weekly revenue", "how many alerts did we send?",
		"which subscriptions ended last month?", "sales when it rains", "what happens if we stop discounts?", "pause rate by plan", "stop words", "when do customers cancel?", "tell me if revenue dropped below 30 million", "tell me when revenue peaked", "notifications sent per day",
		"show me monthly sales", "email revenue by week", "push notification opens", "reminder emails sent last week", "give me weekly orders since March",
	}
	// wanted are orders; what is sent is the question, at the times of the schedule, under
	// the condition.
	wanted = map[string]struct{ when, question, alert string }{
		"매주 월요일 9시에 지난주 매출 보내줘":                                           {"매주 월요일 09:00", "지난주 매출", ""},
		"매주 월욜 아침에 보내주세요":                                                 {"매주 월요일 09:00", "", ""},
		"월욜마다 보내줘":                                                        {"매주 월요일 09:00", "", ""},
		"매주 월욜, 목욜 8시에 보내줘":                                               {"매주 월·목요일 08:00", "", ""},
		"월요일 9시마다 알림 줘":                                                   {"매주 월요일 09:00", "", ""},
		"월요일 9시마다 보내줘":                                                    {"매주 월요일 09:00", "", ""},
		"매주 월요일 보내줘":                                                      {"매주 월요일 09:00", "", ""},
		"이거 매주 월요일마다 보내줘":                                                 {"매주 월요일 09:00", "", ""},
		"매일 아침 9시에 어제 매출 알려줘":                                             {"매일 09:00", "어제 매출", ""},
		"매일 아침마다 어제 매출 보내줘":                                               {"매일 09:00", "어제 매출", ""},
		"아침마다 어제 매출 보내줘":                                                  {"매일 09:00", "어제 매출", ""},
		"앞으로 매일 보내줘":                                                      {"매일 09:00", "", ""},
		"매일 보내줘":                                                          {"매일 09:00", "", ""},
		"매일 받고 싶어":                                                        {"매일 09:00", "", ""},
		"매일 받을래요":                                                         {"매일 09:00", "", ""},
		"매주 받게 해줘":                                                        {"매주 월요일 09:00", "", ""},
		"어제 매출 매일 아침 8시 반에 보내줄래?":                                         {"매일 08:30", "어제 매출", ""},
		"평일 아침 8시에 어제 매출 보내줘":                                             {"평일 08:00", "어제 매출", ""},
		"평일마다 어제 매출 보내줘":                                                  {"평일 09:00", "어제 매출", ""},
		"매월 1일 9시에 지난달 매출 보내줘":                                            {"매월 1일 09:00", "지난달 매출", ""},
		"매달 초하루에 지난달 매출 보내줘":                                              {"매월 1일 09:00", "지난달 매출", ""},
		"매월 말일에 이번 달 매출 보내줘":                                              {"매월 말일 09:00", "이번 달 매출", ""},
		"매달 마지막 영업일 17시에 이번 달 매출 보내줘":                                     {"매월 마지막 영업일 17:00", "이번 달 매출", ""},
		"격주 화요일 10시에 재고 보내줘":                                              {"", "재고", ""},
		"매주 금요일 오후 다섯시에 이번 주 매출 정리해서 보내줘":                                 {"매주 금요일 17:00", "이번 주 매출", ""},
		"매주 월요일 9시에 마케팅 일정 보내줘":                                           {"매주 월요일 09:00", "마케팅 일정", ""},
		"매주 월요일 9시에 나에게 지역별 매출 보내줘":                                       {"매주 월요일 09:00", "지역별 매출", ""},
		"매주 월요일 9시에 이 채널로 지역별 매출 보내줘":                                     {"매주 월요일 09:00", "지역별 매출", ""},
		"매주 월요일 9시 공휴일이면 다음 영업일에 지난주 매출 보내줘":                              {"", "지난주 매출", ""},
		"어제 매출 매주 월요일 구독할래":                                               {"매주 월요일 09:00", "어제 매출", ""},
		"이 답 매일 9시에 구독":                                                   {"매일 09:00", "", ""},
		"매일 오전 9시, 오후 6시에 주문 수 보내줘":                                       {"매일 09:00·18:00", "주문 수", ""},
		"어제 매출이 3천만 원 아래로 떨어지면 알려줘":                                       {"매일 09:00", "어제 매출", "below"},
		"어제 매출이 1억 넘으면 알려줘":                                               {"매일 09:00", "어제 매출", "above"},
		"어제 주문 건수가 500건 이하면 바로 알림 줘":                                      {"매일 09:00", "어제 주문 건수", "below"},
		"어제 매출이 20% 이상 변하면 알려줘":                                           {"매일 09:00", "어제 매출", "change"},
		"어제 매출이 20% 이상 떨어지면 알려줘":                                          {"매일 09:00", "어제 매출", "change"},
		"어제 매출이 이상하면 알려줘":                                                 {"매일 09:00", "어제 매출", "anomaly"},
		"매일 8시에 어제 매출이 3천만원보다 적으면 알려줘":                                    {"매일 08:00", "어제 매출", "below"},
		"어제 매출 3000만원 미만이면 알려주세요":                                         {"매일 09:00", "어제 매출", "below"},
		"every Monday at 9 send me revenue last week":                     {"every Monday at 09:00", "revenue last week", ""},
		"send me this every weekday at 9":                                 {"every weekday at 09:00", "", ""},
		"send this to me every morning":                                   {"every day at 09:00", "", ""},
		"tell me revenue yesterday every morning at 8":                    {"every day at 08:00", "revenue yesterday", ""},
		"tell me every morning":                                           {"every day at 09:00", "", ""},
		"remind me every Monday at 9 of revenue last week":                {"every Monday at 09:00", "revenue last week", ""},
		"can you send me last week's revenue every Monday?":               {"every Monday at 09:00", "last week's revenue", ""},
		"I'd like to get revenue yesterday every day at 8":                {"every day at 08:00", "revenue yesterday", ""},
		"I want this every Monday":                                        {"every Monday at 09:00", "", ""},
		"post revenue last week here every Monday at 9am":                 {"every Monday at 09:00", "revenue last week", ""},
		"subscribe me to orders yesterday every day at 7:30":              {"every day at 07:30", "orders yesterday", ""},
		"on the first business day of every month send me revenue":        {"", "revenue", ""},
		"please send the marketing calendar every Monday":                 {"every Monday at 09:00", "the marketing calendar", ""},
		"send me weekly revenue every Monday at 9":                        {"every Monday at 09:00", "weekly revenue", ""},
		"alert me when revenue yesterday drops below 30 million":          {"every day at 09:00", "revenue yesterday", "below"},
		"let me know if orders yesterday exceed 1,500":                    {"every day at 09:00", "orders yesterday", "above"},
		"notify me when orders yesterday go above 1,500":                  {"every day at 09:00", "orders yesterday", "above"},
		"tell us when yesterday's revenue changes by 20%":                 {"every day at 09:00", "yesterday's revenue", "change"},
		"alert me every day at 8 if revenue yesterday is unusual":         {"every day at 08:00", "revenue yesterday", "anomaly"},
		"alert me when revenue yesterday is less than 30k":                {"every day at 09:00", "revenue yesterday", "below"},
		"ping me if revenue yesterday falls below 1.5 million":            {"every day at 09:00", "revenue yesterday", "below"},
		"어제 매출이 3천만원보다 많으면 여기에 알려줘":                                       {"매일 09:00", "어제 매출", "above"},
		"어제 반품률이 5% 아래로 떨어지면 알려줘":                                         {"매일 09:00", "어제 반품률", "below"},
		"어제 매출이 10% 오르면 알려줘":                                              {"매일 09:00", "어제 매출", "change"},
		"매주 월요일 9시에 지난주 평일 매출 보내줘":                                        {"매주 월요일 09:00", "지난주 평일 매출", ""},
		"매일 9시에 지난 7일 매일 매출 보내줘":                                          {"매일 09:00", "지난 7일 매일 매출", ""},
		"매주 월요일에 지난주 매일 매출 보내줘":                                           {"매주 월요일 09:00", "지난주 매일 매출", ""},
		"저녁마다 오늘 매출 보내줘":                                                  {"매일 18:00", "오늘 매출", ""},
		"수요일 오후 3시마다 재고 알려줘":                                              {"매주 수요일 15:00", "재고", ""},
		"이번 주부터 매주 월요일에 지난주 매출 보내줘":                                       {"매주 월요일 09:00", "이번 주부터 지난주 매출", ""},
		"매일 어제 매출 요약해서 슬랙으로 보내줘":                                          {"매일 09:00", "어제 매출", ""},
		"send me a weekly report of revenue":                              {"every Monday at 09:00", "a report of revenue", ""},
		"send me revenue last week weekly":                                {"every Monday at 09:00", "revenue last week", ""},
		"daily, send me orders yesterday":                                 {"every day at 09:00", "orders yesterday", ""},
		"alert me when revenue yesterday drops by 20%":                    {"every day at 09:00", "revenue yesterday", "change"},
		"email me revenue last week every Friday at noon":                 {"every Friday at 12:00", "revenue last week", ""},
		"let us know whenever revenue yesterday rises above $2m, please.": {"every day at 09:00", "revenue yesterday", "above"},
	}
	// about are said of what is sent already: they set up nothing, and are told how.
	about = []string{
		"그만 보내", "그만 보내줘", "이제 그만 보내 주세요", "이거 그만 보내줘", "구독 취소", "구독 취소해줘", "구독 해지", "구독 끊어줘", "알림 꺼줘", "알림 그만", "알림 취소해 주세요", "매주 보내는 거 그만 보내줘", "월요일마다 보내는 거 취소해줘",
		"매주 월요일 9시에 보내는 거 멈춰줘", "더 이상 보내지 마", "보내지 마세요", "이제 안 보내도 돼", "언제 보내?", "다음엔 언제 보내?", "언제 보내 줄 거야?", "구독 목록 보여줘", "내가 뭘 받고 있지?", "구독 시간 바꿔줘", "알림 시간 변경하고 싶어", "구독 잠깐 멈춰줘",
		"구독 일시 정지", "구독 다시 시작해줘", "알림 다시 켜줘", "구독 설정", "구독 어떻게 해?", "알림 설정 바꾸고 싶어",
		"d-abcdefgh 그만 보내줘", "`d-abcdefgh` 취소", "d-abcdefgh 언제 보내?", "stop d-abcdefgh", "unsubscribe d-abcdefgh", "pause d-abcdefgh please", "나도 구독할래", "이거 구독해줘", "매일 오는 거 안 받을래", "당분간 보내지 마", "여기 그만 보내 주세요!", "구독 취소 어떻게 해?", "알림 끄고 싶어요",
		"구독 해지하고 싶어요", "매주 월욜에 보내던 거 그만 보내줘", "이 알림 삭제해줘", "how do I cancel my subscription?", "stop posting here", "do not send it again", "please stop sending me the weekly digest", "stop it", "unsubscribe from this", "delete this alert",
		"stop sending me this", "stop sending this", "please stop", "stop", "don't send me this anymore", "unsubscribe", "unsubscribe me", "cancel my subscription", "cancel the alert", "pause my digest", "pause this subscription", "resume my subscription", "mute this alert",
		"turn off the alert", "turn off notifications", "change my subscription", "when will you send it?", "when is the next digest?", "what am I subscribed to?", "what do you send me?", "list my subscriptions", "show my subscriptions", "no more digests please", "stop the weekly digest",
		"remind me", "알림 줘", "구독할래", "구독해줘", "subscribe",
	}
)

func TestSentences(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		wrong := 0
		fail := func(format string, args ...any) { wrong++; t.Errorf(format, args...) }
		for _, text := range questions {
			if r.taker.Heard(text) {
				fail("%q is a question, and was taken for an order", text)
			}
		}
		for text, want := range wanted {
			if !r.taker.Heard(text) {
				fail("%q is an order, and was taken for a question", text)
				continue
			}
			sub := r.made(text, desk.About{Text: "어제 매출은?"})
			if sub == nil {
				fail("%q made no subscription: %s", text, r.said.Text)
				continue
			}
			language := languageOf(text)
			if got := strings.Split(sub.Schedule.Describe(language), " (")[0]; want.when != "" && got != want.when {
				fail("%q is sent %q, want %q", text, got, want.when)
			}
			question := want.question
			if question == "" {
				question = "어제 매출은?"
			}
			if got := sub.Subject.Question; got != question && sub.Subject.Kind != digest.KindCalendar {
				fail("%q sends %q, want %q", text, got, question)
			}
			kind := ""
			if sub.Alert != nil {
				kind = string(sub.Alert.Kind)
			}
			if kind != want.alert {
				fail("%q is the alert %q, want %q", text, kind, want.alert)
			}
		}
		for _, text := range about {
			if !r.taker.Heard(text) {
				fail("%q is about what is sent, and was taken for a question", text)
				continue
			}
			if sub := r.made(text, desk.About{}); sub != nil {
				fail("%q made %q at %s", text, sub.Subject.Question, sub.Schedule)
			}
			if r.said.Text == "" || !strings.ContainsAny(r.said.Text, "`*") && len(r.said.Buttons) == 0 {
				fail("%q is told no way: %+v", text, r.said)
			}
		}
		t.Logf("%d sentences, %d taken wrong", len(questions)+len(wanted)+len(about), wrong)
	})
}
