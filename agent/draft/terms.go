package draft

import (
	"slices"
	"strings"
	"unicode"
)

// terms finds concepts by their words.
type terms struct {
	byKo, byEn map[string]*concept
	longestEn  int
	// states and places are other words for values.
	states, places, languages *groups
}

func newTerms() *terms {
	t := &terms{byKo: map[string]*concept{}, byEn: map[string]*concept{}, states: newGroups(sameValue), places: newGroups(samePlace), languages: newGroups(sameLanguage)}
	for i := range glossary {
		c := &glossary[i]
		for _, w := range c.ko {
			if w = strings.ReplaceAll(w, " ", ""); t.byKo[w] == nil {
				t.byKo[w] = c
			}
		}
		for _, w := range c.en {
			if t.byEn[w] == nil {
				t.byEn[w] = c
			}
			t.longestEn = max(t.longestEn, len(strings.Fields(w)))
		}
	}
	return t
}

// find returns the concept a whole name stands for, nil for none.
func (t *terms) find(name string) *concept {
	if c := t.byKo[strings.ReplaceAll(strings.Join(split(name), ""), " ", "")]; c != nil {
		return c
	}
	w := split(name)
	if c := t.byEn[strings.Join(w, " ")]; c != nil {
		return c
	}
	if len(w) > 0 {
		w[len(w)-1] = singular(w[len(w)-1])
	}
	return t.byEn[strings.Join(w, " ")]
}

// last returns the concept that the end of a name stands for: "net_amount" is an
// amount, 온라인매출 is 매출.
func (t *terms) last(name string) *concept {
	w := split(name)
	for i := range w {
		if c := t.byEn[strings.Join(w[i:], " ")]; c != nil {
			return c
		}
		tail := slices.Clone(w[i:])
		tail[len(tail)-1] = singular(tail[len(tail)-1])
		if c := t.byEn[strings.Join(tail, " ")]; c != nil {
			return c
		}
	}
	r := []rune(strings.Join(w, ""))
	for i := range r {
		if c := t.byKo[string(r[i:])]; c != nil && (len(r)-i > 1 || i == 0) {
			return c
		}
	}
	return nil
}

// english translates a Korean name; "" where a part of it is not known.
func (t *terms) english(name string) string {
	r := []rune(strings.Join(split(name), ""))
	var out []string
	for i := 0; i < len(r); {
		j := len(r)
		for j > i && t.byKo[string(r[i:j])] == nil {
			j--
		}
		if j == i || j-i == 1 && len(r) > 1 && i > 0 && r[i] != '수' {
			return ""
		}
		out = append(out, t.byKo[string(r[i:j])].en[0])
		i = j
	}
	return strings.Join(out, " ")
}

// korean translates an English name; "" where a word of it is not known.
func (t *terms) korean(name string) string {
	w := split(name)
	var out []string
	for i := 0; i < len(w); {
		j := min(len(w), i+t.longestEn)
		var c *concept
		for ; j > i; j-- {
			part := slices.Clone(w[i:j])
			if c = t.byEn[strings.Join(part, " ")]; c != nil {
				break
			}
			part[len(part)-1] = singular(part[len(part)-1])
			if c = t.byEn[strings.Join(part, " ")]; c != nil {
				break
			}
		}
		if c == nil {
			return ""
		}
		out = append(out, c.ko[0])
		i = j
	}
	return strings.Join(out, " ")
}

// short are abbreviations that names of columns are full of.
var short = map[string]string{
	"tot": "total", "amt": "amount", "cust": "customer", "tx": "transaction", "txn": "transaction", "qty": "quantity", "desc": "description",
	"addr": "address", "cnt": "count", "diag": "diagnosis", "prod": "product", "emp": "employee", "mgr": "manager", "acct": "account",
	"pct": "percent", "dept": "department", "dt": "date", "crtd": "created", "upd": "updated", "avg": "average", "ctry": "country", "ord": "order",
	"pmt": "payment", "curr": "currency", "prc": "price", "reg": "registration", "freq": "frequency", "appr": "approval", "cd": "code",
	"hrs": "hours", "ins": "insurance", "ccy": "currency", "cat": "category", "info": "information", "mfr": "manufacturer", "bal": "balance",
	"inv": "invoice", "yr": "year", "mth": "month", "wk": "week", "meds": "medications", "loc": "location",
}

// split cuts a name into its words, in lower case and with abbreviations written
// out.
func split(s string) []string {
	words := pieces(s)
	for i, w := range words {
		if full, ok := short[w]; ok {
			words[i] = full
		}
	}
	return words
}

// pieces cuts a name at anything but letters and digits and where the case rises.
func pieces(s string) []string {
	words := parts(s)
	for i, w := range words {
		words[i] = strings.ToLower(w)
	}
	return words
}

// parts is pieces with the case kept.
func parts(s string) []string {
	var words []string
	start, prev := -1, rune(0)
	for i, r := range s {
		solid := unicode.IsLetter(r) || unicode.IsDigit(r)
		if start >= 0 && (!solid || unicode.IsUpper(r) && unicode.IsLower(prev) && !unicode.Is(unicode.Hangul, prev)) {
			words = append(words, s[start:i])
			start = -1
		}
		if solid && start < 0 {
			start = i
		}
		prev = r
	}
	if start >= 0 {
		words = append(words, s[start:])
	}
	return words
}

// lastWord is the last word of a name, "" where it has none.
func lastWord(name string) string {
	w := split(name)
	if len(w) == 0 {
		return ""
	}
	return w[len(w)-1]
}

// sentence writes a name as words: "orderDate" is "order date".
func sentence(s string) string { return strings.Join(split(s), " ") }

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func isKorean(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
}

// singular takes the ending of an English plural off.
func singular(s string) string {
	switch {
	case strings.HasSuffix(s, "ies") && len(s) > 4:
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "sses"), strings.HasSuffix(s, "xes"), strings.HasSuffix(s, "ches"), strings.HasSuffix(s, "shes"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "people"):
		return s
	case len(s) > 3 && strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss") && !strings.HasSuffix(s, "us") && !strings.HasSuffix(s, "is"):
		return s[:len(s)-1]
	}
	return s
}

// plural makes an English plural of a phrase.
func plural(s string) string {
	for _, w := range strings.Fields(s) {
		if w != singular(w) {
			return s // "payments received"
		}
	}
	switch {
	case s == "" || s != singular(s) || strings.HasSuffix(s, "people"):
		return s
	case strings.HasSuffix(s, "sis"):
		return s[:len(s)-2] + "es"
	case strings.HasSuffix(s, "y") && len(s) > 1 && !strings.ContainsRune("aeiou", rune(s[len(s)-2])):
		return s[:len(s)-1] + "ies"
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		return s + "es"
	}
	return s + "s"
}
