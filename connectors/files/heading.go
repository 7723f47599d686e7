package files

import (
	"strings"
	"unicode"
)

// heading is what a column's heading says about its values.
type heading struct {
	code   bool // postal codes, telephone and account numbers: never figures
	date   bool
	flag   bool
	money  bool
	number bool // a count or an amount, so not a date
	unit   string
	power  int
}

var (
	codeWords  = []string{"우편번호", "전화", "휴대폰", "핸드폰", "연락처", "팩스", "사번", "계좌", "카드번호", "사업자", "주민", "바코드", "운송장", "송장번호", "학번", "군번", "zip", "postal", "postcode", "phone", "mobile", "fax", "barcode", "isbn", "account_no", "account_number", "card_number", "ssn", "vin"}
	dateWords  = []string{"일자", "날짜", "일시", "년월", "연월", "기준월", "주문일", "등록일", "가입일", "생일", "생년월일", "시각", "발생일", "거래일", "작성일", "구매일", "결제일", "방문일", "date", "dt", "day", "ymd", "yyyymm", "month", "ym", "time", "timestamp", "created", "updated"}
	moneyWords = []string{"매출", "금액", "비용", "이익", "원가", "예산", "가격", "단가", "수입", "지출", "판매액", "손익", "급여", "연봉", "월급", "보수", "잔액", "부채", "자산", "자본", "대금", "요금", "수익", "총액", "가액", "실적", "결제액", "amount", "revenue", "sales", "cost", "price", "profit", "budget", "salary", "fee", "income", "expense", "balance"}
	numberHint = []string{"수량", "금액", "매출", "가격", "amount", "price", "count", "qty", "quantity", "total"}
)

func headingOf(text string) heading {
	var h heading
	name, unit := cutUnit(text)
	if u, p, ok := unitOf(unit); ok && unit != "" {
		h.unit, h.power = u, p
	}
	low := strings.ToLower(name)
	words := splitWords(name)
	h.code = matches(low, words, codeWords)
	h.date = matches(low, words, dateWords) || strings.HasSuffix(low, "일") && !strings.HasSuffix(low, "요일") || strings.HasSuffix(low, "월")
	h.money = matches(low, words, moneyWords)
	h.number = matches(low, words, numberHint)
	h.flag = strings.HasSuffix(low, "여부") || strings.HasSuffix(low, "유무") || strings.HasSuffix(low, "_yn") || low == "yn"
	for _, w := range words {
		if w == "is" || w == "has" || w == "was" || w == "flag" || w == "yn" {
			h.flag = true
		}
	}
	return h
}

// matches reports whether a Korean word is part of the heading or a Latin one is
// one of its words.
func matches(low string, words, list []string) bool {
	for _, w := range list {
		if w[0] >= 0x80 {
			if strings.Contains(low, w) {
				return true
			}
			continue
		}
		if strings.Contains(w, "_") && strings.Contains(low, w) {
			return true
		}
		for _, x := range words {
			if x == w {
				return true
			}
		}
	}
	return false
}

// cutUnit parts "매출 (천원)" into the name and the unit; the unit is "" when what
// stands in brackets is none.
func cutUnit(text string) (name, unit string) {
	for _, b := range []string{"()", "[]", "（）"} {
		r := []rune(b)
		open := strings.LastIndex(text, string(r[0]))
		if open <= 0 || !strings.HasSuffix(text, string(r[1])) {
			continue
		}
		inner := strings.TrimSuffix(text[open+len(string(r[0])):], string(r[1]))
		inner = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(inner), "단위"), ":"))
		if _, _, ok := unitOf(inner); ok && inner != "" {
			return strings.TrimSpace(text[:open]), inner
		}
	}
	return text, ""
}

// splitWords cuts a heading at anything but letters and digits and where the case
// rises, in lower case: "orderDate" is order, date.
func splitWords(s string) []string {
	var words []string
	start, prev := -1, rune(0)
	for i, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if start >= 0 && (!letter || unicode.IsUpper(r) && unicode.IsLower(prev)) {
			words = append(words, strings.ToLower(s[start:i]))
			start = -1
		}
		if letter && start < 0 {
			start = i
		}
		prev = r
	}
	if start >= 0 {
		words = append(words, strings.ToLower(s[start:]))
	}
	return words
}
