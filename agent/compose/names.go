package compose

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// inflections returns the English singular or plural of a term whose last word is
// in Latin letters.
func inflections(term string) []string {
	term = strings.TrimSpace(strings.ReplaceAll(term, "_", " "))
	low := strings.ToLower(term)
	if len(low) == 2 && term == strings.ToUpper(term) && strings.IndexFunc(low, func(r rune) bool { return r < 'a' || r > 'z' }) < 0 {
		return []string{low + "s"} // TVs
	}
	if len(low) < 3 || !isASCII(low) {
		return nil
	}
	if last := low[len(low)-1]; last < 'a' || last > 'z' {
		return nil
	}
	if stem, ok := strings.CutSuffix(strings.TrimSuffix(low, "s"), "person"); ok {
		return []string{stem + "person", stem + "people", stem + "persons"}
	}
	for _, x := range irregular {
		if stem, ok := strings.CutSuffix(low, x.one); ok && (stem == "" || strings.HasSuffix(stem, " ")) {
			return []string{stem + x.many}
		}
	}
	if s := singular(low); s != low {
		if strings.IndexFunc(s, unicode.IsLetter) < 0 {
			return nil // 30s are no 30
		}
		return []string{s}
	}
	return []string{plural(low)}
}

// irregular are plurals that no rule makes.
var irregular = []struct{ one, many string }{{"medium", "media"}, {"person", "people"}, {"man", "men"}, {"woman", "women"}, {"child", "children"}, {"analysis", "analyses"}, {"diagnosis", "diagnoses"}}

func singular(s string) string {
	switch {
	case strings.HasSuffix(s, "ies") && len(s) > 4:
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "sses"), strings.HasSuffix(s, "xes"), strings.HasSuffix(s, "ches"), strings.HasSuffix(s, "shes"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "ss"), strings.HasSuffix(s, "us"), strings.HasSuffix(s, "is"), strings.HasSuffix(s, "as"), strings.HasSuffix(s, "os"):
		return s
	case strings.HasSuffix(s, "s"):
		return s[:len(s)-1]
	}
	return s
}

func plural(s string) string {
	vowel := func(b byte) bool { return strings.IndexByte("aeiou", b) >= 0 }
	switch {
	case strings.HasSuffix(s, "y") && !vowel(s[len(s)-2]):
		return s[:len(s)-1] + "ies"
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		return s + "es"
	}
	return s + "s"
}

// provinces are the usual short forms of what is not shortened by leaving out its
// last syllables.
var provinces = map[string]string{
	"충청북도": "충북", "충청남도": "충남", "전라북도": "전북", "전라남도": "전남",
	"경상북도": "경북", "경상남도": "경남", "전북특별자치도": "전북", "강원특별자치도": "강원",
	"제주특별자치도": "제주", "세종특별자치시": "세종",
}

// divisions end the names of administrative divisions, longest first.
var divisions = []string{"특별자치도", "특별자치시", "특별시", "광역시", "자치구", "도", "시", "군", "구"}

// valueAliases returns the short forms that people use for a value.
func valueAliases(v string) []string {
	var out []string
	if short, ok := provinces[v]; ok {
		out = append(out, short)
	}
	for _, d := range divisions {
		stem, ok := strings.CutSuffix(v, d)
		if ok && utf8.RuneCountInString(stem) >= 2 && isHangul(stem) {
			// "강남구" is called 강남, "대한민국" is not called 대한민.
			out = append(out, stem)
			break
		}
	}
	if open := strings.IndexAny(v, "(（["); open > 0 {
		if stem := strings.TrimSpace(v[:open]); utf8.RuneCountInString(stem) >= 2 {
			out = append(out, stem)
		}
	}
	if len(out) == 0 && len(v) < 40 {
		return inflections(v)
	}
	return out
}

func isHangul(s string) bool {
	for _, r := range s {
		if !unicode.Is(unicode.Hangul, r) {
			return false
		}
	}
	return s != ""
}

// namesAlone reports whether one word of a value of several can stand for it:
// "통돌이" for "통돌이 16kg", but not "16kg" nor "of".
func namesAlone(part string) bool {
	n := 0
	for _, r := range part {
		if unicode.IsDigit(r) {
			return false
		}
		n++
	}
	if isHangul(part) {
		return n >= 2
	}
	return n >= 4
}

// countSuffixes end the names of metrics that count.
var countSuffixes = []string{"건수", "개수", "횟수", "명수", "수"}

// shortNames returns what a metric's name may be shortened to.
func shortNames(term string) []string {
	term = strings.TrimSpace(term)
	var out []string
	for _, s := range countSuffixes {
		if stem, ok := strings.CutSuffix(term, s); ok && utf8.RuneCountInString(strings.TrimSpace(stem)) >= 2 {
			out = append(out, strings.TrimSpace(stem))
			break
		}
	}
	low := strings.ToLower(term)
	for _, p := range []string{"number of ", "count of ", "total ", "# of "} {
		if stem, ok := strings.CutPrefix(low, p); ok {
			out = append(out, stem)
		}
	}
	for _, p := range []string{" count", " amount", " total", " score"} {
		if stem, ok := strings.CutSuffix(low, p); ok {
			out = append(out, stem)
		}
	}
	if last := lastName(term); last != "" && !slices.Contains(vague, strings.ToLower(last)) && utf8.RuneCountInString(last) >= 2 {
		out = append(out, last)
	}
	return out
}

// lastName is the last of the words of a name, "" where it is the only one or does not stand
// for the rest.
func lastName(term string) string {
	n, last := 0, ""
	for word := range strings.FieldsSeq(term) {
		if joins(word) || n == 0 && strings.EqualFold(word, "percent") {
			return ""
		}
		n, last = n+1, word
	}
	if n < 2 {
		return ""
	}
	return last
}

// joins reports whether a word of a name says how the rest belongs together: 개당 매출
// is not 매출, "revenue per unit" no unit.
func joins(word string) bool {
	word = strings.ToLower(word)
	return slices.Contains(joining, word) || strings.HasSuffix(word, "당") || strings.HasSuffix(word, "별") || strings.HasSuffix(word, "대비")
}

// joining words make what follows them a part of a name that is about something
// else: "customers with orders" are not orders.
var joining = []string{"with", "of", "by", "per", "in", "for", "to", "without", "from", "and", "on"}

// vague words say too little to stand for a name that ends in them.
var vague = []string{"수", "건수", "개수", "횟수", "금액", "비율", "비용", "시간", "율", "률", "평균", "합계", "count", "number", "rate", "ratio",
	"amount", "value", "total", "average", "time", "size", "per", "share", "days", "score"}
