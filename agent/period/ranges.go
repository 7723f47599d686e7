package period

import (
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// ends returns the dates of a range, giving an end without a year that of the other,
// and two of them the latest that have begun.
func (r *reader) ends(a, b atom) (start, end time.Time) {
	start, end = a.period.Start, b.period.End
	switch {
	case a.at != nil:
		start, _ = placed(a, b.period.Start.Year())
		if start.After(b.period.Start) {
			start, _ = placed(a, b.period.Start.Year()-1)
		}
	case b.at != nil:
		var from time.Time
		if from, end = placed(b, start.Year()); from.Before(start) {
			_, end = placed(b, start.Year()+1)
		}
	}
	if b.unit != semantic.Day {
		end = r.clip(semantic.Period{Start: start, End: end}).End
	}
	return start, end
}

// placed returns the dates of an expression without a year in a year.
func placed(a atom, year int) (start, end time.Time) {
	p, ok := a.at(year)
	if !ok {
		return a.period.Start, a.period.End
	}
	return p.Start, p.End
}

// since opens a period to the right: data until now, or without end in the future.
func (r *reader) since(a atom, to int) atom {
	p := semantic.Period{Start: a.period.Start, End: r.tomorrow}
	if p.Start.After(r.today) {
		p.End = time.Time{}
	}
	return r.finished(atom{to: to, period: p, event: a.event, year: a.year})
}

// openKorean reads 부터, 이후, 까지 and 이전 after an expression.
func (r *reader) openKorean(a atom) (full atom) {
	if j := r.anyOf(a.to, []string{"부터", "부터는", "부터의", "부터 쭉", "부터 계속"}); j > 0 {
		return r.since(a, j)
	}
	if j := r.anyOf(a.to, []string{" 이후", " 이후로", " 이래", " 이래로", "의 이후"}); j > 0 && r.wordEnds(j) {
		if a.event != "" {
			a.period.Start = a.period.End
		}
		return r.since(a, j)
	}
	if j := r.anyOf(a.to, []string{"까지", "까지는", "까지의", "까지만"}); j > 0 {
		return r.finished(atom{to: j, period: semantic.Period{Start: a.from, End: a.period.End}})
	}
	if j := r.anyOf(a.to, []string{" 이전", " 이전까지"}); j > 0 && r.wordEnds(j) && a.event == "" {
		end := a.period.Start
		if a.unit == semantic.Day {
			end = a.period.End
		}
		return r.finished(atom{to: j, period: semantic.Period{End: end}})
	}
	return full
}

// upTo reads a second expression with 까지 within the first: 이번 달 어제까지, this year
// until October.
func (r *reader) upTo(a atom) (full atom) {
	i := r.skip(a.to)
	if i == a.to || a.unit == semantic.Day {
		return full
	}
	english := r.anyOf(i, untilWords)
	if english > 0 {
		i = r.skip(english)
	}
	b := r.simple(i)
	if b.to == 0 {
		return full
	}
	to := b.to
	if english < 0 {
		if to = r.anyOf(b.to, []string{"까지", "까지는", "까지의"}); to < 0 {
			return full
		}
	}
	if b.at != nil {
		b.period.Start, b.period.End = placed(b, a.period.Start.Year())
	}
	if b.period.Start.Before(a.period.Start) || !a.period.Start.Before(b.period.End) {
		return full
	}
	return r.finished(atom{to: to, period: semantic.Period{Start: a.period.Start, End: b.period.End}})
}

// sinceSpan reads "since March", "from March on", "from March to May".
func (r *reader) sinceSpan(i int) (a atom) {
	if k := r.anyOf(i, sinceWords); k > 0 {
		b := r.simple(r.skip(k))
		if b.to == 0 || b.strict && b.unit == "" {
			return a
		}
		if b.event != "" {
			b.period.Start = b.period.End
		}
		return r.since(b, b.to)
	}
	k := r.phrase(i, "from")
	if k < 0 {
		return a
	}
	b := r.simple(r.skip(k))
	if b.to == 0 {
		return a
	}
	for _, w := range []string{"to", "through", "thru", "until", "till", "up to", "and"} {
		if j := r.phrase(r.skip(b.to), w); j > 0 {
			a = longer(a, r.rangeTo(b, r.skip(j), true))
		}
	}
	if j := r.anyOf(r.skip(b.to), openEnds); j > 0 {
		a = longer(a, r.since(b, j))
	}
	return a
}

// betweenSpan reads "between Jan 5 and Feb 10".
func (r *reader) betweenSpan(i int) (a atom) {
	k := r.phrase(i, "between")
	if k < 0 {
		return a
	}
	b := r.simple(r.skip(k))
	if b.to == 0 {
		return a
	}
	for _, w := range []string{"and", "to", "&"} {
		if j := r.phrase(r.skip(b.to), w); j > 0 {
			a = longer(a, r.rangeTo(b, r.skip(j), true))
		}
	}
	return a
}

// beforeSpan reads "until March", "before March", "after March".
func (r *reader) beforeSpan(i int) (a atom) {
	for side, words := range [][]string{untilWords, beforeWords, afterWords} {
		k := r.anyOf(i, words)
		if k < 0 {
			continue
		}
		b := r.simple(r.skip(k))
		if b.to == 0 || b.strict && !r.inContext(i, i, b) {
			continue
		}
		switch side {
		case 0:
			a = r.finished(atom{to: b.to, period: semantic.Period{End: b.period.End}})
		case 1:
			a = r.finished(atom{to: b.to, period: semantic.Period{End: b.period.Start}})
		default:
			b.period.Start = b.period.End
			a = r.since(b, b.to)
		}
	}
	return a
}

// countNouns show that the number before is a quantity.
var countNouns = []string{
	"개", "건", "명", "원", "대", "장", "회", "번", "곳", "권", "벌", "점", "위", "등", "만", "억", "천", "점포", "평", "km", "kg", "포인트", "시리즈",
	"units", "unit", "orders", "order", "customers", "customer", "users", "people", "items", "won", "krw", "usd", "dollars",
	"rows", "products", "stores", "records", "times", "percent", "points", "employees", "visits", "sessions", "clicks", "series", "model", "edition",
}

// counts reports whether a year in digits that ends at i is not followed by what it
// would count.
func (r *reader) counts(i int) bool {
	if r.rune(i) == '%' {
		return false
	}
	after := r.wordAfter(i)
	for _, n := range countNouns {
		if after == n {
			return false
		}
	}
	return true
}

// usual are the years that bare digits are taken for without a word that says so.
func (r *reader) usual(year int) bool { return year >= 2010 && year <= r.today.Year()+2 }

// stands reports whether an expression that could be something else is a period
// without a word before it.
func (r *reader) stands(i int, a atom) bool {
	if a.unit != semantic.Year {
		return a.unit == half && r.src[i] >= 'A' && r.src[i] <= 'Z' && r.wordAfter(a.to) != "tag" || r.ownWord(i, a)
	}
	if !r.usual(a.period.Start.Year()) || !r.counts(a.to) {
		return false
	}
	switch r.wordBefore(i) {
	case "over", "above", "under", "below", "than", "least", "most", "exceeding", "exceeds", "exceed", "top", "상위", "하위", "first", "id", "no",
		"number", "model", "version", "limit", "to", "about", "around", "약", "총", "by", "equals", "order", "번호", "주문번호", "코드", "code":
		return false
	}
	return true
}

// ownWord reports whether a Korean event of one syllable stands by itself: 설에, not
// 설치.
func (r *reader) ownWord(i int, a atom) bool {
	if a.event == "" || !isHangul(r.rune(i)) || a.to-i > len("설") {
		return false
	}
	switch r.hangul(a.to) {
	case "", "에", "에는", "엔", "의", "때", "은", "에도":
		return true
	}
	return false
}

// inContext reports whether a preposition at i makes a period of an expression that
// could be something else.
func (r *reader) inContext(i, from int, a atom) bool {
	if a.unit == semantic.Year {
		return r.counts(a.to) && !strings.HasPrefix(r.low[i:], "over")
	}
	if a.unit == semantic.Month || a.event != "" || a.unit == half {
		return true
	}
	// A fraction (of 1/2) or a season (in winter) stays what it is.
	return a.month > 0 && r.phrase(i, "on") > 0 && isDigit(r.rune(from))
}
