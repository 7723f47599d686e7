package compose

import (
	"strconv"
	"strings"
)

// number is a figure in the question.
type number struct {
	value   float64
	unit    string // "won", "dollar", "percent", a counter's kind, a grain, or ""
	scaled  bool   // written with 만, 억, K, million …
	ordinal bool   // 1위, 3rd
}

// scales multiply what stands before them.
var scales = []struct {
	word  string
	times float64
}{
	{"천만", 1e7}, {"백만", 1e6}, {"십만", 1e5}, {"천억", 1e11}, {"백억", 1e10}, {"십억", 1e9}, {"조", 1e12}, {"억", 1e8}, {"만", 1e4}, {"천", 1e3}, {"백", 1e2},
	{"million", 1e6}, {"billion", 1e9}, {"thousand", 1e3}, {"hundred", 1e2}, {"mn", 1e6}, {"bn", 1e9}, {"mil", 1e6}, {"k", 1e3}, {"m", 1e6}, {"b", 1e9},
}

// units say what a figure counts, longest first where one begins another.
var units = []struct{ word, kind string }{
	{"원", "won"}, {"krw", "won"}, {"won", "won"}, {"달러", "dollar"}, {"불", "dollar"}, {"dollars", "dollar"}, {"dollar", "dollar"}, {"usd", "dollar"}, {"bucks", "dollar"},
	{"%p", "percent"}, {"%", "percent"}, {"퍼센트", "percent"}, {"프로", "percent"}, {"percent", "percent"},
	{"개월", "month"}, {"주일", "week"}, {"주간", "week"}, {"시간", "hour"}, {"분기", "quarter"}, {"일", "day"}, {"주", "week"}, {"달", "month"}, {"년", "year"},
	{"days", "day"}, {"day", "day"}, {"weeks", "week"}, {"week", "week"}, {"months", "month"}, {"month", "month"}, {"quarters", "quarter"}, {"quarter", "quarter"}, {"years", "year"}, {"year", "year"},
	{"군데", "place"}, {"곳", "place"}, {"명", "person"}, {"사람", "person"}, {"인", "person"}, {"위", "rank"}, {"등", "rank"}, {"st", "rank"}, {"nd", "rank"}, {"rd", "rank"}, {"th", "rank"},
	{"가지", "item"}, {"종류", "item"}, {"종", "item"}, {"개", "item"}, {"건", "item"}, {"대", "item"}, {"점", "item"}, {"회", "item"}, {"번", "item"}, {"팀", "item"}, {"배", "times"}, {"times", "times"},
}

// spelled are numbers in words. The Korean ones count only before a counter.
var spelled = []struct {
	word   string
	value  float64
	native bool
}{
	{"열두", 12, true}, {"열", 10, true}, {"스무", 20, true}, {"한", 1, true}, {"두", 2, true}, {"세", 3, true}, {"네", 4, true}, {"다섯", 5, true}, {"여섯", 6, true}, {"일곱", 7, true}, {"여덟", 8, true}, {"아홉", 9, true},
	{"once", 1, false}, {"twice", 2, false}, {"one", 1, false}, {"two", 2, false}, {"three", 3, false}, {"four", 4, false}, {"five", 5, false}, {"six", 6, false}, {"seven", 7, false}, {"eight", 8, false}, {"nine", 9, false}, {"ten", 10, false},
	{"fifteen", 15, false}, {"dozen", 12, false}, {"twelve", 12, false}, {"twenty", 20, false}, {"fifty", 50, false}, {"hundred", 100, false},
}

// numberAt reads a figure that begins at rune i, with and without its unit: the
// ends of each, 0 for none.
func (t *text) numberAt(i int) (plain, withUnit number, plainEnd, unitEnd int) {
	p, currency := i, ""
	switch t.low[p] {
	case '₩', '￦':
		currency, p = "won", p+1
	case '$':
		currency, p = "dollar", p+1
	}
	p = t.skipBlank(p)
	n, end := t.amount(p)
	native := false
	if end == 0 && currency == "" {
		n, end, native = t.spelledAt(i)
	}
	if end == 0 {
		return number{}, number{}, 0, 0
	}
	if currency != "" {
		n.unit = currency
	}
	if kind, q := t.unitAt(end); q > 0 && currency == "" {
		withUnit, unitEnd = n, q
		withUnit.unit, withUnit.ordinal = kind, kind == "rank"
	}
	if native || t.border(end) == inside {
		return number{}, withUnit, 0, unitEnd
	}
	return n, withUnit, end, unitEnd
}

// amount reads digits with their scales: 1,234.5 · 3만 · 1억 5천만 · 10k · 백만.
func (t *text) amount(i int) (number, int) {
	total, end, scaled, last := 0.0, 0, false, 1e18
	for p := i; ; {
		value, q, ok := t.digits(p)
		times, r := t.scaleAt(q, ok)
		if !ok && (r == 0 || end > 0) {
			break
		}
		if r == 0 {
			if end == 0 || value < last && last > 1e3 {
				total, end = total+value, q
			}
			break
		}
		if times >= last {
			break
		}
		total, end, scaled, last = total+value*times, r, true, times
		p = t.skipBlank(r)
		if p >= t.len() {
			break
		}
	}
	return number{value: total, scaled: scaled}, end
}

// digits reads a decimal number; without one, 1 stands before a scale (만 원).
func (t *text) digits(i int) (value float64, end int, ok bool) {
	p := i
	var b strings.Builder
scan:
	for ; p < t.len() && p-i < 24; p++ {
		nextDigit := p+1 < t.len() && t.class[p+1] == digit
		switch r := t.low[p]; {
		case t.class[p] == digit:
			b.WriteRune(r)
		case r == '.' && nextDigit && p > i && !strings.Contains(b.String(), "."):
			b.WriteByte('.')
		case r == ',' && p > i && t.threeDigits(p+1):
		default:
			break scan
		}
	}
	if b.Len() == 0 {
		return 1, i, false
	}
	value, err := strconv.ParseFloat(b.String(), 64)
	return value, p, err == nil
}

// threeDigits reports whether a thousands separator may stand before rune i.
func (t *text) threeDigits(i int) bool {
	for k := range 3 {
		if i+k >= t.len() || t.class[i+k] != digit {
			return false
		}
	}
	return i+3 >= t.len() || t.class[i+3] != digit
}

// scaleAt reads a scale at i. One without digits before it counts only when money
// follows, since 만 and 천 are also a particle and part of many words.
func (t *text) scaleAt(i int, afterDigits bool) (times float64, end int) {
	p := i
	if afterDigits {
		p = t.skipBlank(i)
	}
	for _, s := range scales {
		q := t.literal(p, s.word)
		if q == 0 || t.border(q) == inside || afterDigits && p > i && len(s.word) == 1 {
			continue
		}
		if kind, _ := t.unitAt(q); !afterDigits && (kind != "won" || !isHangul(s.word)) {
			continue
		}
		if s.word == "만" && !t.goesOn(q) {
			return 0, 0 // "3개만", "5만 보여줘": only
		}
		return s.times, q
	}
	return 0, 0
}

// goesOn reports whether what follows 만, which ends at q, shows that it is ten
// thousand and not the particle "only" (상위 3만): a unit, another figure, or a
// comparison.
func (t *text) goesOn(q int) bool {
	if kind, _ := t.unitAt(q); kind != "" {
		return true
	}
	r := t.skipBlank(q)
	if r >= t.len() {
		return false
	}
	if t.class[r] == digit || t.runes[r] == '~' || t.runes[r] == '-' {
		return true
	}
	for _, w := range []string{"이상", "이하", "초과", "미만", "넘", "에서", "부터", "보다", "사이", "밑", "안 되", "안되", "천", "백"} {
		if t.literal(r, w) > 0 {
			return true
		}
	}
	return false
}

func (t *text) unitAt(i int) (kind string, end int) {
	p := t.skipBlank(i)
	for _, u := range units {
		q := t.literal(p, u.word)
		if q == 0 || t.border(q) == inside {
			continue
		}
		if u.kind == "rank" && p > i {
			continue // "5 등" may be "and so on", "5 th" is nothing
		}
		return u.kind, q
	}
	return "", 0
}

func (t *text) spelledAt(i int) (number, int, bool) {
	for _, s := range spelled {
		q := t.literal(i, s.word)
		if q == 0 || !s.native && t.border(q) != hard {
			continue
		}
		if s.native {
			if kind, _ := t.unitAt(q); kind == "" || kind == "won" || kind == "percent" {
				continue
			}
		}
		n := number{value: s.value}
		if s.word == "once" || s.word == "twice" {
			n.unit = "times"
		}
		return n, q, s.native
	}
	return number{}, 0, false
}

// literal returns where word, standing at rune i, ends; 0 when it does not.
func (t *text) literal(i int, word string) int {
	for _, r := range word {
		if i >= t.len() || t.low[i] != r {
			return 0
		}
		i++
	}
	return i
}

func (t *text) skipBlank(i int) int {
	for i < t.len() && t.class[i] == blank {
		i++
	}
	return i
}
