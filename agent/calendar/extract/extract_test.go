package extract_test

import (
	"html"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar/extract"
)

// today is when the pages of the tests were fetched, a Thursday.
var today = time.Date(2026, 10, 1, 3, 0, 0, 0, time.UTC)

func read(t *testing.T, body string) *extract.Document {
	t.Helper()
	d, err := extract.Read(extract.Page{URL: "https://www.example.co.kr/event", Body: []byte(body), FetchedAt: today})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// summary writes candidates as "start~end confidence year tense", in the page's order.
func summary(list []extract.Candidate) string {
	var all []string
	for _, c := range list {
		all = append(all, strings.TrimSpace(extract.Dates(c.Start, c.End)+" "+string(c.Confidence)+" "+string(c.Year)+" "+string(c.Tense)))
	}
	return strings.Join(all, "; ")
}

// lunar2026 knows the one lunar date that tests ask for.
func lunar(year, month, day int) (time.Time, bool) {
	if year == 2026 && month == 8 && day == 15 {
		return time.Date(2026, 9, 25, 0, 0, 0, 0, time.UTC), true
	}
	if year == 2027 && month == 1 && day == 1 {
		return time.Date(2027, 2, 7, 0, 0, 0, 0, time.UTC), true
	}
	return time.Time{}, false
}

func TestForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ market, text, want string }{
		// Korean, in words.
		{"KR", "달빛마켓 블랙위크 2026년 11월 23일(월)", "2026-11-23 high written"},
		{"KR", "행사 기간: 2026년 11월 23일(월) ~ 11월 29일(일)", "2026-11-23~2026-11-29 high written"},
		{"KR", "11월 29일(일) 단 하루", "2026-11-29 high weekday"},
		{"KR", "11월 29일 일요일에 만나요", "2026-11-29 high weekday"},
		{"KR", "11월 23일부터 12월 3일까지", "2026-11-23~2026-12-03 low guessed"},
		{"KR", "2026년 11월 23일부터 12월 3일까지", "2026-11-23~2026-12-03 low written"},
		{"KR", "11월 23~29일 진행", "2026-11-23~2026-11-29 low guessed"},
		{"KR", "오는 11월 6일(금)부터 15일(일)까지 열흘간", "2026-11-06~2026-11-15 high weekday upcoming"},
		{"KR", "2026년 12월 28일(월)부터 1월 3일(일)까지", "2026-12-28~2027-01-03 high written"},
		{"KR", "내년 2월 1일(월)부터", "2027-02-01 high cue upcoming"},
		{"KR", "올해 11월 23일에", "2026-11-23 low cue upcoming"},
		{"KR", "26년 11월 23일(월) 오전 10시 ~ 11월 29일(일) 23시 59분", "2026-11-23~2026-11-29 high written"},
		{"KR", "2026년 11월 23일 10:00~20:00", "2026-11-23 low written"},
		{"KR", "11월 23일 (월, 공휴일) 휴무", "2026-11-23 high weekday"},
		{"KR", "9월 25일(금) 추석, 음력 8월 15일", "2026-09-25 high weekday past; 2026-09-25 low guessed past"},
		{"KR", "내년 음력 1월 1일", "2027-02-07 low cue upcoming"},
		{"KR", "１１월 ２３일（월）～２９일（일）", "2026-11-23~2026-11-29 high weekday"},
		{"JP", "2026年11月23日(月)〜11月29日(日)", "2026-11-23~2026-11-29 high written"},
		// In numbers.
		{"KR", "2026. 11. 23.", "2026-11-23 low written"},
		{"KR", "2026. 11. 23.(월) ~ 11. 29.(일)", "2026-11-23~2026-11-29 high written"},
		{"KR", "2026.11.23 ~ 2026.12.03", "2026-11-23~2026-12-03 low written"},
		{"KR", "2026-11-23 ~ 29", "2026-11-23~2026-11-29 low written"},
		{"KR", "2026/11/23(월) 00:00 ~ 2026/11/29(일) 23:59", "2026-11-23~2026-11-29 high written"},
		{"KR", "'26.11.23(월)~'26.11.29(일)", "2026-11-23~2026-11-29 high written"},
		{"KR", "26.11.23(월)~26.11.29(일)", "2026-11-23~2026-11-29 high written"},
		{"KR", "11/27(금) 피날레", "2026-11-27 high weekday"},
		{"KR", "11.23~12.3", "2026-11-23~2026-12-03 low guessed"},
		{"KR", "행사기간 11.23 – 12.3", "2026-11-23~2026-12-03 low guessed"},
		{"KR", "12.28(월)~1.3(일)", "2026-12-28~2027-01-03 high weekday"},
		{"KR", "11/23까지 연장", "2026-11-23 low guessed"},
		{"KR", "시작 2026-11-23T10:00:00+09:00", "2026-11-23 low written"},
		// English.
		{"US", "Nov 23–29, 2026", "2026-11-23~2026-11-29 low written"},
		{"US", "27th November 2026", "2026-11-27 low written"},
		{"US", "Friday, November 27, 2026", "2026-11-27 high written"},
		{"US", "Fri 27 Nov", "2026-11-27 high weekday"},
		{"US", "November 23 to December 2", "2026-11-23~2026-12-02 low guessed"},
		{"US", "from November 23 through December 2, 2026", "2026-11-23~2026-12-02 low written"},
		{"US", "December 28 to January 3, 2027", "2026-12-28~2027-01-03 low written"},
		{"US", "between June 23 and June 26, 2026", "2026-06-23~2026-06-26 low written past"},
		{"GB", "23–29 November 2026", "2026-11-23~2026-11-29 low written"},
		{"GB", "23rd to 29th of November", "2026-11-23~2026-11-29 low guessed"},
		{"GB", "Mon 23 Nov – Sun 29 Nov", "2026-11-23~2026-11-29 high weekday"},
		{"US", "Sept. 5, 2027", "2027-09-05 low written"},
		{"US", "MAY 5, 2027 (WED)", "2027-05-05 high written"},
		{"US", "Sale 11/27/2026", "2026-11-27 low written"},
		{"GB", "Sale from 05/12/2026", "2026-12-05 low written"},
		{"US", "Sale from 05/12/2027", "2027-05-12 low written"},
		{"DE", "23.11.2026 - 29.11.2026", "2026-11-23~2026-11-29 low written"},
		{"", "Sale from 05/12 (Sat)", "2026-12-05 high weekday"},
		{"US", "Next year it starts on February 1", "2027-02-01 low cue upcoming"},
		// Days that are vague, and numbers that are no dates.
		{"KR", "11월 말 예정", ""},
		{"KR", "12월 초순, 2026년 11월 중", ""},
		{"US", "late November 2026", ""},
		{"US", "you may 5 times march 20 miles", ""},
		{"KR", "정가 1.2만원, 버전 1.2", ""},
		{"KR", "1.2~1.5배 빨라졌습니다", ""},
		{"KR", "평점 3.5~4.2", ""},
		{"KR", "문의 010-1234-5678, 02.1234.5678, 1588-0000", ""},
		{"KR", "24/7 고객센터", ""},
		{"KR", "최대 50% 11/12", ""},
		{"KR", "사업자등록번호 123-45-67890", ""},
		{"US", "v11.23, IP 10.12.1.2, $11.23, 3/4 cup", ""},
		{"KR", "https://www.example.com/11/12/sale", ""},
		{"KR", "11월 31일, 2월 30일, 13월 1일", ""},
		{"KR", "화면 11.6인치 10.2 ~ 11.6 인치", ""},
		// As announcements write them.
		{"KR", "■ 일시 : 2026. 11. 6.(금) 14:00 ~ 11. 15.(일) 22:00, 10일간", "2026-11-06~2026-11-15 high written"},
		{"KR", "(2026.11.6.(금)~11.15.(일))", "2026-11-06~2026-11-15 high written"},
		{"KR", "2026.11.06.금 ~ 11.15.일", "2026-11-06~2026-11-15 high written"},
		{"KR", "2026.11.06 금 ~ 2026.11.15 일", "2026-11-06~2026-11-15 high written"},
		{"KR", "2026.11.06 월 1회 무료", "2026-11-06 low written"},
		{"KR", "2026-11-06(Fri) ~ 2026-11-15(Sun)", "2026-11-06~2026-11-15 high written"},
		{"KR", "11/6(금) 10AM ~ 11/15(일) 11:59PM", "2026-11-06~2026-11-15 high weekday"},
		{"KR", "11월 6일 00시부터 11월 15일 24시까지", "2026-11-06~2026-11-15 low guessed"},
		{"KR", "[11/6~11/15]", "2026-11-06~2026-11-15 low guessed"},
		{"KR", "11월 6일, 7일, 8일 사흘간", "2026-11-06~2026-11-08 low guessed"},
		{"KR", "11월 6·7·8일 사흘간", "2026-11-06~2026-11-08 low guessed"},
		{"KR", "11월 6일(금) · 7일(토) 이틀간", "2026-11-06~2026-11-07 high weekday"},
		{"KR", "2027학년도 행사는 11월 6일(금)", "2026-11-06 high weekday"},
		{"KR", "제11회(2025.11.7~16), 제12회(2026.11.6~15)", "2025-11-07~2025-11-16 low written past; 2026-11-06~2026-11-15 low written"},
		{"US", "November 6th - 15th 2026", "2026-11-06~2026-11-15 low written"},
		{"US", "Fri, Nov 6 – Sun, Nov 15", "2026-11-06~2026-11-15 high weekday"},
		{"US", "November 6, 2026 at 10:00 AM PST to November 15, 2026 at 11:59 PM PST", "2026-11-06~2026-11-15 low written"},
		{"US", "Dates for 2026: 6–15 November. Dates for 2025: 7–16 November.", "2026-11-06~2026-11-15 low context; 2025-11-07~2025-11-16 low context past"},
		{"US", "It is November 27 this year; in 2025 it was November 28.", "2026-11-27 low cue upcoming; 2025-11-28 low context past"},
		{"US", "The sale starts on 11/6 and ends on 11/15.", "2026-11-06 low guessed; 2026-11-15 low guessed"},
		{"US", "Prime Day will return October 6 and 7, the company announced", "2026-10-06~2026-10-07 low guessed upcoming"},
		{"US", "Oct 6 & 7, 2026", "2026-10-06~2026-10-07 low written"},
		{"US", "On October 6 and 7 million people came", "2026-10-06 low guessed"},
		{"DE", "3.–7. September 2027", "2027-09-03~2027-09-07 low written"},
		{"DE", "3. September 2027", "2027-09-03 low written"},
		{"KR", "기간 26/11/23 ~ 26/12/03", "2026-11-23~2026-12-03 low written"},
		{"KR", "11.23 MON — 12.03 THU", "2026-11-23~2026-12-03 high weekday"},
		{"US", "Year | Dates | 2027 | June 22–25", "2027-06-22~2027-06-25 low context"},
		// Moves: the later day is the date.
		{"KR", "11월 6일에서 11월 13일로 연기되었습니다", "2026-11-13 low guessed"},
		{"KR", "11월 6일(금)에서 13일(금)으로 옮긴다", "2026-11-13 high weekday"},
		{"KR", "11월 6일에서 11월 13일까지", "2026-11-06~2026-11-13 low guessed"},
		{"KR", "당초 11월 6일(금) 개막하려던 축제를 11월 13일(금)로 미룬다", "2026-11-06 high weekday past; 2026-11-13 high weekday"},
		{"US", "moved from November 6 to November 13, 2026", "2026-11-13 low written"},
		{"US", "runs from November 6 to November 13, 2026", "2026-11-06~2026-11-13 low written upcoming"},
		{"KR", "6·25 전쟁, 10·29 참사, 3.1절, 8.15 광복절, 5.18 민주화운동", ""},
		{"US", "iPhone 11/12 cases, size 10.5 - 11.2, ratio 16/9, order #2026-11-06-123, call 1-800-11-23", ""},
		{"KR", "매년 11월 첫째 주 금요일, 매월 1일, D-30 (10/7)", ""},
		// Contradictions.
		{"KR", "11월 27일(목)", "2025-11-27 conflict weekday past"},
		{"KR", "2026년 11월 27일(목)", "2026-11-27 conflict written"},
		{"KR", "2026년 11월 29일 ~ 2026년 11월 23일", "2026-11-29~2026-11-23 conflict written"},
		{"KR", "올해 11월 27일(목)", "2026-11-27 conflict cue upcoming"},
		{"KR", "2월 29일(토)", "2028-02-29 conflict guessed"},
		// Not the event's own days.
		{"KR", "등록일 2026.09.30", ""},
		{"KR", "시는 9월 30일 밝혔다", ""},
		{"US", "Posted: September 30, 2026", ""},
		{"KR", "9월 30일 기준", ""},
		{"KR", "산업부는 10월 29일(목) 행사를 연다고 밝혔다.", ""},
		{"KR", "보도시점 2026. 10. 2.(금) 11:00", ""},
		{"US", "SEATTLE--(BUSINESS WIRE)--Sept. 28, 2026--It is back", ""},
		{"KR", "조회 1,234 | 2026.10.01 09:30 | 댓글 3", ""},
		{"KR", "홍길동 기자 | 입력 2026.09.30 09:30 | 수정 2026.10.01 10:00", ""},
	} {
		d := read(t, "<p>"+html.EscapeString(tt.text)+"</p>")
		got := d.Candidates(extract.Options{Market: tt.market, Lunar: lunar})
		if s := summary(got); s != tt.want {
			t.Errorf("%q (%s):\n got %q\nwant %q", tt.text, tt.market, s, tt.want)
		}
		for _, c := range got {
			if !d.Holds(c.Quote) || !d.Holds(c.Sentence) || !strings.Contains(c.Sentence, c.Quote) {
				t.Errorf("%q: quote %q or sentence %q is not verbatim", tt.text, c.Quote, c.Sentence)
			}
		}
	}
}
