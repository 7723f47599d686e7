package egress

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostNumbers is how many numbers that are no dates a query may hold. More are a row
// of somebody's table.
const mostNumbers = 5

var (
	currencyBefore = regexp.MustCompile(`(?i)([$€£¥₩₹]|\b(usd|krw|eur|jpy|cny|gbp|us\$))\s*-?[0-9]`)
	// A number and a currency, with Korean powers of ten between. Hangul after 원 or
	// 엔 that is no particle makes another word of it.
	currencyAfter = regexp.MustCompile(`(?i)[0-9]\s*[십백천만억조kmb]*\s*([$€£¥₩₹]|[円元圓]|원|달러|유로|위안|(usd|krw|eur|jpy|cny|gbp|won|dollars?|euros?|yen|yuan)\b)`)
	share         = regexp.MustCompile(`(?i)[0-9]\s*([%‰]|퍼센트|(percent(age)?|per cent|pct|bps?|pp)\b)|[0-9]\s*프로\s*(이상|이하|초과|미만|성장|증가|감소|상승|하락|달성|마진|[올늘줄떨])`)
	all           = regexp.MustCompile(`(^|[^0-9.])100\s*%`) // of cotton, of nothing secret
	times         = regexp.MustCompile(`[0-9]\.[0-9]+\s*배`)
	powers        = regexp.MustCompile(`(?i)[0-9]\s*(십만|백만|천만|만|억|조|[万萬億亿兆]|(thousand|million|billion|trillion|mn|bn|lakhs?|crores?|mio|mrd|tsd)\b|[x×*]\s*10\s*(\^|\*\*)?\s*[0-9])`)
	// 1.2M, 500k. Single digits are products and races: 3M, 4K, 5K.
	suffixed = regexp.MustCompile(`(?i)(^|[^a-z0-9.])([0-9]+\.[0-9]+|[0-9]{2,})[kmb]($|[^a-z0-9])`)
	counted  = regexp.MustCompile(`[0-9]{3,}\s*(건|명|개($|[^월국년])|장($|[^르])|박스|회원|주문)`)
	// Digits in threes, by any country's sign.
	thousand = regexp.MustCompile(`[0-9]{1,3}(([,'’_][0-9]{3})+|([ .][0-9]{3}){2,})($|[^0-9])`)
)

// Words after which, or before which, a number is a figure of the company's whatever
// it looks like.
var measure = regexp.MustCompile(`(?i)매출|이익|영업익|손익|마진|원가|판매량|판매액|주문수|주문량|거래액|객단가|전환율|이탈률|재고|방문자|가입자수|점유율|성장률|인건비|급여|연봉|예산|목표액|매상|순익|수익률|달성률|재구매율|(회원|고객|직원|구독자|거래처)\s?수|` +
	`(판매|이탈|가입|방문|주문|결제|구매|환불|반품|클릭|노출|고객|회원|구독자|직원|거래처|매장)[가-힣]?(\s?수[가-힣]?)?\s+([0-9]|[일이삼사오육칠팔구십백천만]{2,}\s*(개|건|명|곳))|` +
	`\b(revenue|sales|profit|margin|orders?|gmv|arpu|churn|conversion|inventory|headcount|budget|ebitda|cogs|cac|ltv|mau|dau|roas|roi|ctr|cvr|cpc|cpa|aov|arr|mrr|nps|yoy|qoq|rev)\b`)

// Dates and what else is counted along the calendar.
var (
	dated = longest(strings.Join([]string{
		`(19|20)[0-9]{2}[-./년]\s*(0?[1-9]|1[0-2])\s*[-./월]\s*(0?[1-9]|[12][0-9]|3[01])일?`,
		`(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])`,
		`(19|20)[0-9]{2}\s*[-./년]\s*(0?[1-9]|1[0-2])월?`,
		`(19|20)[0-9]{2}\s*(년도?|학년도|시즌)?`,
		`(0?[1-9]|1[0-2])\s*월\s*(0?[1-9]|[12][0-9]|3[01])\s*일`,
		`(0?[1-9]|1[0-2])[./-](0?[1-9]|[12][0-9]|3[01])`,
		`(0?[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])`,
		`[0-9]{1,2}\s*(년|월|일|주년|주차|주|분기|시|분|초|세|살|위|호|번|차|회|대|기|화|권|탄|월호)`,
		`[0-9]{3,4}\s*(일|주년|주|화|회($|[^의원사비]))`,
		`(?i)([1-4]q|q[1-4]|h[12]|[12]h|fy|d[-+])\s*[0-9]{0,4}`,
	}, "|"))
	version = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){1,3}$`)
	// Standards have numbers of five digits: ISO 27001.
	standard = regexp.MustCompile(`\b(ISO|IEC|EN|KS [A-Z])[ -]$`)
	number   = regexp.MustCompile(`[0-9]+([.,:][0-9]+)*`)
	// What products and places are measured in.
	unit = regexp.MustCompile(`(?i)^\s*(kg|g|mg|ml|l|cm|mm|m|km|inch|in|w|kw|kwh|wh|v|mah|ah|gb|tb|mb|hz|ghz|mhz|fps|pa|dpi|mp|rpm|lm|nm|psi|p|px)($|[^a-z])|^\s*(인치|평($|[^균])|리터|미터|킬로|도|단|팩|구|매|병|캔|입|종|인용|형|인승)`)
)

// longest compiles a form of which the longest match counts, not the one that is
// written first: 11.11 is not 11.1 and a digit.
func longest(form string) *regexp.Regexp {
	re := regexp.MustCompile(form)
	re.Longest()
	return re
}

// hasFigure reports whether a folded text holds a number that looks like one of the
// company's.
func hasFigure(text string) bool {
	text = all.ReplaceAllString(text, "$1")
	for _, form := range []*regexp.Regexp{currencyBefore, currencyAfter, share, times, powers, suffixed, counted, thousand} {
		if form.MatchString(text) {
			return true
		}
	}
	measured := measure.MatchString(text)
	if anyOf(spelled, text) || measured && anyOf(spelledCount, text) {
		return true
	}
	plain := 0
	for _, at := range number.FindAllStringIndex(text, -1) {
		n := found{text: text[at[0]:at[1]], before: text[:at[0]], after: text[at[1]:]}
		if n.date() && (!measured || !n.loose()) {
			continue
		}
		plain++
		if measured || plain > mostNumbers || !n.ordinary() {
			return true
		}
	}
	return false
}

// found is a number and what stands around it.
type found struct{ text, before, after string }

// date reports whether the number is, or is a part of, something counted along the
// calendar. The parts of a written date (2026-11-27) are three numbers.
func (n found) date() bool {
	// A few bytes to each side hold the rest of a date. They begin at a whole character.
	from := len(n.before) - min(len(n.before), 12)
	for from < len(n.before) && !utf8.RuneStart(n.before[from]) {
		from++
	}
	around := n.before[from:] + n.text + head(n.after, 12)
	start, end := len(n.before)-from, len(n.before)-from+len(n.text)
	for _, m := range dated.FindAllStringIndex(around, -1) {
		inside := m[0] <= start && end <= m[1]
		cut := m[0] > 0 && isDigit(around[m[0]-1]) && isDigit(around[m[0]]) ||
			m[1] < len(around) && isDigit(around[m[1]]) && isDigit(around[m[1]-1])
		if inside && !cut {
			return true
		}
	}
	return false
}

// loose reports whether a date is one that beside 판매 is as likely a number of things: 1204,
// 618, 3.12, 45대, or a year far from now.
func (n found) loose() bool {
	year := len(n.text) == 4 && (strings.HasPrefix(n.text, "19") || strings.HasPrefix(n.text, "20"))
	switch {
	case year:
		return !nearYear.MatchString(n.text)
	case decade.MatchString(n.text + head(n.after, 6)):
		return false
	}
	return len(n.text) == 4 || len(n.text) == 3 || strings.Contains(n.text, ".") && len(n.text) <= 5 || things.MatchString(n.after)
}

var (
	nearYear = regexp.MustCompile(`^20[1-3][0-9]$`)
	decade   = regexp.MustCompile(`^[1-6]0\s*대`) // of people's ages
	things   = regexp.MustCompile(`^\s*[회대번호차기위화권탄]`)
)

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// head is the first n bytes of s, less a rune cut in two.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// ordinary reports whether a number that is no date is one that a question has: small,
// a size, or a part of a product's name.
func (n found) ordinary() bool {
	digits := 0
	for _, r := range n.text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	before, _ := utf8.DecodeLastRuneInString(n.before)
	attached := unicode.IsLetter(before) && before < unicode.MaxLatin1
	name := latinName(n.before)
	switch {
	case unit.MatchString(n.after) && digits <= 5:
		return true
	case strings.ContainsAny(n.text, ".:"):
		// A version, a ratio, a score: 18.2 after a name, 16:9.
		return version.MatchString(n.text) && (name || attached) || clock(n.text) || public(n.text)
	case digits <= 3:
		return true
	case digits == 4:
		return attached || name
	case digits == 5:
		return standard.MatchString(n.before)
	}
	return false
}

// clock reports whether s is a time of the day or the shape of a screen.
func clock(s string) bool {
	a, b, ok := strings.Cut(s, ":")
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	return ok && errX == nil && errY == nil && x < 25 && y < 60
}

// public reports whether s is an address of the internet. Those of inside were
// refused before.
func public(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// latinName reports whether the word before is one of Latin letters that begins with a
// capital, as a product's does: "RTX 5090", "iOS 18.2".
func latinName(before string) bool {
	words := strings.Fields(before)
	if len(words) == 0 || !strings.HasSuffix(before, " ") {
		return false
	}
	word := []rune(words[len(words)-1])
	return !slices.ContainsFunc(word, func(r rune) bool {
		return r > unicode.MaxLatin1 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	}) &&
		slices.ContainsFunc(word, unicode.IsUpper)
}
