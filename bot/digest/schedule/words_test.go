package schedule_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/bapsang/bapsang/bot/digest/schedule"
)

// now is a Thursday.
var now = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)

func parse(t *testing.T, text string) (schedule.Reading, error) {
	t.Helper()
	return schedule.Parse(text, schedule.Options{Zone: "Asia/Seoul", Now: now})
}

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, want, rest string
		assumed, asked   bool
	}{
		{text: "매주 월요일 9시에 보내줘", want: "0 9 * * 1", asked: true},
		{text: "매주 월요일 9시에 지난주 매출 보내줘", want: "0 9 * * 1", rest: "지난주 매출", asked: true},
		{text: "지난주 매출을 매주 월요일 9시에 보내줘", want: "0 9 * * 1", rest: "지난주 매출", asked: true},
		{text: "매주 월요일에 지난주 매출을 9시에 보내 주세요.", want: "0 9 * * 1", rest: "지난주 매출", asked: true},
		{text: "매주 월요일 오전 9시 반에 브랜드별 매출 알려줘", want: "30 9 * * 1", rest: "브랜드별 매출", asked: true},
		{text: "매주 월·수·금요일 09:00", want: "0 9 * * 1,3,5"},
		{text: "매주 월수금 오후 2시에 재고 현황", want: "0 14 * * 1,3,5", rest: "재고 현황"},
		{text: "매주 화요일과 목요일 아침 8시 15분에 받고 싶어요", want: "15 8 * * 2,4", asked: true},
		{text: "월요일마다 10시에 환불 건수 보내줘", want: "0 10 * * 1", rest: "환불 건수", asked: true},
		{text: "매주 매출 보내줘", want: "0 9 * * 1", rest: "매출", assumed: true, asked: true},
		{text: "매주 일별 매출 보내줘", want: "0 9 * * 1", rest: "일별 매출", assumed: true, asked: true},
		{text: "평일 아침 8시 반", want: "30 8 * * 1-5"},
		{text: "평일마다 저녁 6시에 오늘 주문 수 좀 보내줘", want: "0 18 * * 1-5", rest: "오늘 주문 수", asked: true},
		{text: "매일 오전 9시", want: "0 9 * * *"},
		{text: "매일 밤 11시에 오늘 매출 알려 주세요", want: "0 23 * * *", rest: "오늘 매출", asked: true},
		{text: "매일 밤 12시", want: "0 0 * * *"},
		{text: "매일 정오에 주문 현황 공유해줘", want: "0 12 * * *", rest: "주문 현황", asked: true},
		{text: "매일 낮 12시", want: "0 12 * * *"},
		{text: "매일 오전 9시, 오후 6시에 재고 보내줘", want: "0 9,18 * * *", rest: "재고", asked: true},
		{text: "오전 9시에 매일 매출", want: "0 9 * * *", rest: "매출"},
		{text: "매일 매출 추이 보여줘", want: "0 9 * * *", rest: "매출 추이", assumed: true},
		{text: "매일 18시 이후 주문 수 보내줘", want: "0 9 * * *", rest: "18시 이후 주문 수", assumed: true, asked: true},
		{text: "매월 1일 10시", want: "0 10 1 * *"},
		{text: "매월 1일, 15일 10시에 정산 내역 보내줘", want: "0 10 1,15 * *", rest: "정산 내역", asked: true},
		{text: "매달 마지막 영업일 오후 5시", want: "0 17 BL * *"},
		{text: "매월 말일 18시에 보내줘", want: "0 18 L * *", asked: true},
		{text: "매월 첫 영업일 10시", want: "0 10 B1 * *"},
		{text: "매월 세 번째 영업일 10시", want: "0 10 B3 * *"},
		{text: "매달 둘째 주 화요일 10시", want: "0 10 * * TUE#2"},
		{text: "매월 마지막 금요일 17시", want: "0 17 * * FRIL"},
		{text: "분기 첫 영업일", want: "0 9 B1 1,4,7,10 *", assumed: true},
		{text: "매 분기 마지막 영업일 오후 4시에 분기 매출 요약 보내줘", want: "0 16 BL 3,6,9,12 *", rest: "분기 매출 요약", asked: true},
		{text: "매년 3월 2일 9시에 신학기 준비 현황 보내줘", want: "0 9 2 3 *", rest: "신학기 준비 현황", asked: true},
		{text: "격주 화요일", want: "0 9 * * 2 weeks=2/2026-11-30", assumed: true},
		{text: "격주로 금요일 16시에 보내줘", want: "0 16 * * 5 weeks=2/2026-11-23", asked: true},
		{text: "2주마다 화요일 10:00, 2026-12-08부터", want: "0 10 * * 2 weeks=2/2026-12-07"},
		{text: "영업일마다 9시", want: "0 9 B * *"},
		{text: "매 영업일 9시에 보내줘", want: "0 9 B * *", asked: true},
		{text: "5분마다 주문 수 보내줘", want: "*/5 * * * *", rest: "주문 수", asked: true},
		{text: "3시간마다", want: "0 */3 * * *"},
		{text: "매시간 알려줘", want: "0 * * * *", asked: true},
		{text: "매주 월요일 9시, 휴일이면 다음 영업일에 보내줘", want: "0 9 * * 1 holiday=next", asked: true},
		{text: "매일 9시 공휴일은 빼고 매출 보내줘", want: "0 9 * * * holiday=skip", rest: "매출", asked: true},
		{text: "매주 월요일 9시 (뉴욕)", want: "TZ=America/New_York 0 9 * * 1"},
		{text: "매주 월요일 뉴욕 시간으로 9시에 매출 보내줘", want: "TZ=America/New_York 0 9 * * 1", rest: "매출", asked: true},

		{text: "매일 아침 마케팅 일정 보내줘", want: "0 9 * * *", rest: "마케팅 일정", assumed: true, asked: true},
		{text: "매일 저녁에 오늘 매출 알려줘", want: "0 18 * * *", rest: "오늘 매출", assumed: true},
		{text: "매주 금요일 오후 다섯시에 보내줘", want: "0 17 * * 5", asked: true},
		{text: "매주 금요일 아홉 시 반에 보내줘", want: "30 9 * * 5", asked: true},
		{text: "이거 매주 월요일 9시에 보내줘", want: "0 9 * * 1", asked: true},
		{text: "이 답을 매주 월요일 9시에 보내줘", want: "0 9 * * 1", asked: true},
		{text: "앞으로 매일 9시에 재고 보내줘", want: "0 9 * * *", rest: "재고", asked: true},
		{text: "매출이 떨어지면 매일 9시에 알려줘", want: "0 9 * * *", rest: "매출이 떨어지면", asked: true},
		{text: "매주 월요일 9시에 지난주 매출 요약해서 보내줘", want: "0 9 * * 1", rest: "지난주 매출", asked: true},
		{text: "매월 말 보내줘", want: "0 9 L * *", assumed: true, asked: true},
		{text: "주 1회 월요일 9시에보내줘", want: "0 9 * * 1", asked: true},
		{text: "매주월요일오전9시", want: "0 9 * * 1"},

		{text: "every monday morning at 8, send me the marketing calendar", want: "0 8 * * 1", rest: "the marketing calendar", asked: true},
		{text: "every evening at 8 send me orders", want: "0 20 * * *", rest: "orders", asked: true},
		{text: "every Friday afternoon", want: "0 14 * * 5", assumed: true},
		{text: "send me this every weekday at 9", want: "0 9 * * 1-5", asked: true},
		{text: "send this answer every weekday at 9", want: "0 9 * * 1-5", asked: true},
		{text: "weekly on Mondays at 9", want: "0 9 * * 1"},
		{text: "at 9 every morning", want: "0 9 * * *"},
		{text: "every weekday at 9", want: "0 9 * * 1-5"},
		{text: "send me sales by brand every Monday 9:30am", want: "30 9 * * 1", rest: "sales by brand", asked: true},
		{text: "every Monday 9:30am", want: "30 9 * * 1"},
		{text: "Every Monday at 9 send me last week's sales", want: "0 9 * * 1", rest: "last week's sales", asked: true},
		{text: "Please send last week's sales every Monday and Thursday at 5pm.", want: "0 17 * * 1,4", rest: "last week's sales", asked: true},
		{text: "first business day of the month at 10", want: "0 10 B1 * *"},
		{text: "on the last business day of every month at 5 pm", want: "0 17 BL * *"},
		{text: "daily at 18:00", want: "0 18 * * *"},
		{text: "daily at noon", want: "0 12 * * *"},
		{text: "every day at 9 in the evening", want: "0 21 * * *"},
		{text: "every 5 minutes", want: "*/5 * * * *"},
		{text: "hourly", want: "0 * * * *"},
		{text: "every other Tuesday at 10am", want: "0 10 * * 2 weeks=2/2026-11-30"},
		{text: "every 2 weeks on Tuesday at 10:00, from 2026-12-08", want: "0 10 * * 2 weeks=2/2026-12-07"},
		{text: "on the second Tuesday of every month at 10:00", want: "0 10 * * TUE#2"},
		{text: "on the 1st and 15th of each month at 8", want: "0 8 1,15 * *"},
		{text: "on the last day of the month", want: "0 9 L * *", assumed: true},
		{text: "on the first business day of every quarter at 9", want: "0 9 B1 1,4,7,10 *"},
		{text: "on 2 March every year at 09:00", want: "0 9 2 3 *"},
		{text: "weekly sales by brand", want: "0 9 * * 1", rest: "sales by brand", assumed: true},
		{text: "every Monday at 9, if it is a holiday on the next business day", want: "0 9 * * 1 holiday=next"},
		{text: "every day at 9 except on holidays, orders", want: "0 9 * * * holiday=skip", rest: "orders"},
		{text: "every Monday at 9 New York time", want: "TZ=America/New_York 0 9 * * 1"},
		{text: "cron `*/10 9-17 * * 1-5` orders", want: "*/10 9-17 * * 1-5", rest: "orders"},
	} {
		got, err := parse(t, tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		want, err := schedule.ParseCron(tt.want, "Asia/Seoul")
		if err != nil {
			t.Fatal(err)
		}
		if got.Schedule != want || got.Rest != tt.rest || got.Assumed != tt.assumed || got.Asked != tt.asked {
			t.Errorf("%q:\n got %q rest %q assumed %v asked %v\nwant %q rest %q assumed %v asked %v",
				tt.text, got.Schedule, got.Rest, got.Assumed, got.Asked, want, tt.rest, tt.assumed, tt.asked)
		}
	}
}

func TestParseRefusesWhatIsNoSchedule(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "지난달 매출", "sales by brand", "7분마다", "every 7 minutes", "매월 32일", "매년 13월 1일", "매일 25시 매출", "0시마다", "every 0 minutes",
		"CRON_TZ=Asia/Seoul", "매월 25번째 영업일", "매일 오전 9시와 오후 6시 30분", "every 99 weeks on Monday", "cron `CRON_TZ=`", "cron `TZ=0`",
	} {
		got, err := parse(t, text)
		if text == "매일 25시 매출" {
			// What is no time stays in the question.
			if err != nil || got.Rest != "25시 매출" {
				t.Errorf("%q: %+v, %v", text, got, err)
			}
			continue
		}
		var e *schedule.Error
		if !errors.As(err, &e) {
			t.Errorf("%q was read as %q", text, got.Schedule)
		}
	}
}
