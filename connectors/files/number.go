package files

import (
	"math"
	"strconv"
	"strings"
)

// number is a cell read as a number: mant × 10^-scale in unit, or float where the
// cell was written with an exponent.
type number struct {
	mant    int64
	scale   int
	unit    string // canonical, "" for none
	float   float64
	isFloat bool
	zero    bool // leading zeros before other digits: a code, not a quantity
	plain   bool // nothing but digits and perhaps a sign
}

// maxScale is the most decimals that are kept exactly. More of them are noise of
// a computation and go to a double.
const maxScale = 9

// units maps what follows or precedes figures to one spelling. Words that make
// names of figures rather than quantities ("30대", "3층", "1위") are not in it.
var units = map[string]string{
	"원": "원", "₩": "원", "￦": "원", "krw": "원", "won": "원",
	"$": "$", "usd": "$", "us$": "$", "달러": "$", "€": "€", "eur": "€", "유로": "€", "£": "£", "gbp": "£",
	"¥": "¥", "jpy": "¥", "엔": "¥", "cny": "CNY", "위안": "CNY",
	"%": "%", "％": "%", "퍼센트": "%", "%p": "%p",
	"kg": "kg", "g": "g", "mg": "mg", "t": "t", "톤": "t", "lb": "lb",
	"km": "km", "m": "m", "cm": "cm", "mm": "mm", "㎞": "km", "㎝": "cm", "㎜": "mm", "㎡": "㎡", "m²": "㎡", "m2": "㎡", "평": "평",
	"l": "L", "ml": "mL", "리터": "L", "kwh": "kWh", "kw": "kW", "℃": "℃", "°c": "℃",
	"kb": "KB", "mb": "MB", "gb": "GB", "tb": "TB", "km/h": "km/h",
	"개": "개", "건": "건", "명": "명", "회": "회", "점": "점", "권": "권", "장": "장", "병": "병", "잔": "잔", "박스": "박스",
	"세트": "세트", "켤레": "켤레", "쌍": "쌍", "마리": "마리", "곳": "곳", "종": "종", "매": "매", "통": "통", "인": "명", "사람": "명", "가지": "가지", "벌": "벌", "송이": "송이", "포기": "포기",
	"ea": "개", "pcs": "개", "pc": "개", "box": "박스", "set": "세트",
	"초": "초", "분": "분", "시간": "시간", "일": "일", "주": "주", "개월": "개월", "년": "년", "세": "세", "살": "세",
	"sec": "초", "s": "초", "min": "분", "hr": "시간", "hrs": "시간", "hours": "시간", "days": "일",
}

// multipliers are the words of Korean figures, as powers of ten.
var multipliers = []struct {
	word  string
	power int
}{{"백만", 6}, {"천만", 7}, {"만", 4}, {"억", 8}, {"조", 12}, {"천", 3}, {"백", 2}}

// parseNumber reads s, which has no space around it, as a figure the way people
// write one: "1,234원", "₩ 3만", "1억 2,854만 원", "(1,234)", "−5.2%", "△300".
func parseNumber(s string) (number, bool) {
	if s == "" || len(s) > 48 {
		return number{}, false
	}
	var n number
	neg := false
	if s[len(s)-1] == ')' && s[0] != '(' { // "$(1,234)", as Excel writes "($1,234)"
		before, inner, _ := strings.Cut(s, "(")
		if rest, unit := cutPrefix(strings.TrimRight(before, " ")); unit != "" && rest == "" {
			s = "(" + before + inner
		}
	}
	switch end := strings.LastIndexByte(s, ')'); {
	case s[0] == '(' && end > 0: // "(1,234)", "(1,234)원"
		s, neg = strings.TrimSpace(s[1:end])+s[end+1:], true
	case len(s) > 1 && s[len(s)-1] == '-' && s[len(s)-2] >= '0' && s[len(s)-2] <= '9': // as SAP writes
		s, neg = s[:len(s)-1], true
	}
	sign := 0
	if s != "" && (s[0] < '0' || s[0] > '9') {
		s, sign = cutSign(s)
		if s, n.unit = cutPrefix(s); n.unit != "" && sign == 0 {
			s, sign = cutSign(s)
		}
	}
	if s == "" || s[0] != '.' && (s[0] < '0' || s[0] > '9') || neg && sign != 0 {
		return number{}, false
	}
	rest, ok := n.digits(s)
	if !ok {
		return number{}, false
	}
	if rest, ok = n.multiply(rest); !ok || !n.suffix(rest) {
		return number{}, false
	}
	if neg || sign < 0 {
		n.mant, n.float = -n.mant, -n.float
	}
	return n, true
}

func cutSign(s string) (string, int) {
	if s == "" || s[0] >= 0x80 && s[0] != 0xE2 && s[0] != 0xEF || s[0]|0x20 >= 'a' && s[0] < 0x80 {
		return s, 0 // a letter
	}
	for _, p := range []struct {
		text string
		sign int
	}{{"-", -1}, {"+", 1}, {"−", -1}, {"–", -1}, {"△", -1}, {"－", -1}} {
		if strings.HasPrefix(s, p.text) {
			return strings.TrimLeft(s[len(p.text):], " "), p.sign
		}
	}
	return s, 0
}

// cutPrefix takes a currency off the front.
func cutPrefix(s string) (rest, unit string) {
	if s == "" || s[0] >= '0' && s[0] <= '9' || s[0] >= 0xE3 && s[0] != 0xEF {
		return s, ""
	}
	for _, p := range []string{"₩", "￦", "US$", "$", "€", "£", "¥", "KRW", "USD", "EUR", "JPY", "GBP"} {
		if strings.HasPrefix(s, p) {
			return strings.TrimLeft(s[len(p):], " "), units[strings.ToLower(p)]
		}
	}
	return s, ""
}

// digits reads the figure at the front of s, with its thousands separators.
func (n *number) digits(s string) (rest string, ok bool) {
	i, count, group := 0, 0, -1 // group: digits since the last comma, -1 before the first
	for ; i < len(s); i++ {
		c := s[i]
		if c == ',' {
			if group >= 0 && group != 3 || group < 0 && (count == 0 || count > 3) {
				return "", false
			}
			group = 0
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		if !n.push(c) {
			return "", false
		}
		count++
		if group >= 0 {
			group++
		}
	}
	if group >= 0 && group != 3 {
		return "", false
	}
	n.zero = count > 1 && s[0] == '0'
	n.plain = i == len(s) && group < 0
	if i == len(s) || s[i] != '.' && s[i] != 'e' && s[i] != 'E' {
		return s[i:], count > 0
	}
	return n.fraction(s, i)
}

func (n *number) push(c byte) bool {
	if n.mant > (math.MaxInt64-9)/10 {
		return false
	}
	n.mant = n.mant*10 + int64(c-'0')
	return true
}

// fraction reads what begins at the point or the exponent at s[i].
func (n *number) fraction(s string, i int) (rest string, ok bool) {
	j := i
	if s[j] == '.' {
		for j++; j < len(s) && s[j] >= '0' && s[j] <= '9'; j++ {
		}
		if j == i+1 {
			return "", false
		}
	}
	digitsEnd := j
	if j < len(s) && (s[j] == 'e' || s[j] == 'E') {
		k := j + 1
		if k < len(s) && (s[k] == '-' || s[k] == '+') {
			k++
		}
		if k < len(s) && s[k] >= '0' && s[k] <= '9' {
			for j = k; j < len(s) && s[j] >= '0' && s[j] <= '9'; j++ {
			}
		}
	}
	if j > digitsEnd || digitsEnd-i-1 > maxScale || !n.decimals(s[i:digitsEnd]) {
		f, err := strconv.ParseFloat(strings.ReplaceAll(s[:j], ",", ""), 64)
		if err != nil {
			return "", false
		}
		n.float, n.isFloat, n.mant, n.scale = f, true, 0, 0
	}
	return s[j:], true
}

// decimals appends ".123" to the mantissa; false when it does not fit.
func (n *number) decimals(frac string) bool {
	for i := 1; i < len(frac); i++ {
		if !n.push(frac[i]) {
			return false
		}
		n.scale++
	}
	return true
}

// multiply applies 만, 억 and the like, and adds what follows them: "1억 2,854만".
func (n *number) multiply(s string) (rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	power := 0
	for again := true; again && s != ""; {
		again = false
		for _, m := range multipliers {
			if strings.HasPrefix(s, m.word) {
				s, power, again = s[len(m.word):], power+m.power, true
				break
			}
		}
	}
	if power == 0 {
		return s, true
	}
	n.plain = false
	if n.isFloat || power > 16 || !n.shift(power) {
		return "", false
	}
	s = strings.TrimLeft(s, " ")
	if s == "" || s[0] < '0' || s[0] > '9' {
		return s, true
	}
	var more number
	if s, ok = more.digits(s); !ok || more.isFloat {
		return "", false
	}
	if s, ok = more.multiply(s); !ok || more.scale > 0 || n.scale > 0 || more.mant >= pow10(power) {
		return "", false
	}
	n.mant += more.mant
	return s, true
}

// shift multiplies by 10^power; false when that overflows.
func (n *number) shift(power int) bool {
	n.scale -= power
	for n.scale < 0 {
		if n.mant > math.MaxInt64/10 || n.mant < math.MinInt64/10 {
			return false
		}
		n.mant *= 10
		n.scale++
	}
	return true
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// suffix takes the unit that follows the figure.
func (n *number) suffix(s string) bool {
	s = strings.TrimLeft(s, " ")
	if s == "" {
		return true
	}
	n.plain = false
	unit, ok := canonicalUnit(s)
	if !ok || n.unit != "" && n.unit != unit {
		return false
	}
	n.unit = unit
	return true
}

func canonicalUnit(s string) (string, bool) {
	if len(s) > 16 {
		return "", false
	}
	if u, ok := units[s]; ok {
		return u, true
	}
	u, ok := units[strings.ToLower(s)]
	return u, ok
}

// unitOf reads a unit as headings and captions give one: "원", "천원", "백만 원",
// "%". The power of ten is what the figures have to be multiplied by.
func unitOf(s string) (unit string, power int, ok bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), " ", "")
	for _, m := range multipliers {
		if rest, found := strings.CutPrefix(s, m.word); found && rest != "" {
			if u, ok := canonicalUnit(rest); ok {
				return u, m.power, true
			}
		}
	}
	if s == "십억원" {
		return "원", 9, true
	}
	u, ok := canonicalUnit(s)
	if u == "%" {
		return u, -2, ok
	}
	return u, 0, ok
}

// decimal returns the number with exactly scale decimals; false when that cannot
// be done exactly in 64 bits.
func (n number) decimal(scale int) (int64, bool) {
	for n.scale < scale {
		if n.mant > math.MaxInt64/10 || n.mant < math.MinInt64/10 {
			return 0, false
		}
		n.mant *= 10
		n.scale++
	}
	for n.scale > scale {
		if n.mant%10 != 0 {
			return 0, false
		}
		n.mant /= 10
		n.scale--
	}
	return n.mant, true
}

// float64 returns the nearest double.
func (n number) float64() float64 {
	if n.isFloat {
		return n.float
	}
	return float64(n.mant) / math.Pow10(n.scale)
}

// intDigits is how many digits stand before the point.
func (n number) intDigits() int {
	m, d := n.mant, 0
	for m != 0 {
		m /= 10
		d++
	}
	return max(d-n.scale, 1)
}
