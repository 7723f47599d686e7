package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// technical are words in front of a table's name that tell people who keep it what
// it is, and words behind it that tell how often it is written.
var (
	technicalHeads = l("dim", "fact", "fct", "tbl", "tb", "stg", "stage", "mart", "vw", "view", "raw", "ods", "dw", "dwd", "dws")
	technicalTails = l("daily", "weekly", "monthly", "hourly", "info", "information", "data", "list", "table", "tbl", "master", "mst", "hist", "history", "export", "copy", "final", "sheet1", "lookup")
)

// tails are the words that Korean tables carry behind what they are about.
var tails = []string{"명부", "명단", "내역", "목록", "데이터", "현황", "정보", "리스트", "이력", "마스터", "테이블", "집계", "대장", "일지", "자료"}

// happened are those of the tails that say that a row is something that happened.
var happened = []string{"내역", "이력", "대장", "일지"}

// bareNames finds what each table is about: its name without its schema, what all
// names begin with, and words that say how it is kept. Where that makes two tables
// the same, they keep their names.
func (d *drafter) bareNames() map[string]string {
	var all [][]string
	for _, t := range d.cat.Tables {
		all = append(all, parts(base(t)))
	}
	skip := sharedStart(all)
	out, times := map[string]string{}, map[string]int{}
	for i, t := range d.cat.Tables {
		out[t.Name] = bare(all[i][skip:])
		times[strings.ToLower(out[t.Name])]++
	}
	for i, t := range d.cat.Tables {
		if times[strings.ToLower(out[t.Name])] > 1 {
			out[t.Name] = strings.Join(all[i], " ")
		}
	}
	d.takeComments(out)
	return out
}

// takeComments calls the tables whose names say nothing by their comments, where each has
// one of its own.
func (d *drafter) takeComments(names map[string]string) {
	said, times := map[string]string{}, map[string]int{}
	for _, t := range d.cat.Tables {
		if words := bare(parts(calledBy(t.Comment))); isKorean(words) && !isKorean(base(t)) && d.entity(names[t.Name]) == nil {
			said[t.Name] = words
			times[words]++
		} else {
			times[names[t.Name]]++
		}
	}
	for name, words := range said {
		if times[words] == 1 {
			names[name] = words
		}
	}
}

// base is a table's name without its schema.
func base(t *connectors.Table) string {
	all := t.Parts()
	return all[len(all)-1]
}

// sharedStart counts the words that three or more names all begin with.
func sharedStart(names [][]string) int {
	if len(names) < 3 {
		return 0
	}
	n := len(names[0]) - 1
	for _, w := range names {
		n = min(n, len(w)-1)
		for i := 0; i < n; i++ {
			if !strings.EqualFold(w[i], names[0][i]) {
				n = i
			}
		}
	}
	return max(n, 0)
}

// bare drops from the words of a name those that do not say what its rows are.
func bare(w []string) string {
	for len(w) > 1 && (slices.Contains(technicalHeads, strings.ToLower(w[0])) || isDigits(w[0])) {
		w = w[1:]
	}
	for len(w) > 1 && (slices.Contains(technicalTails, strings.ToLower(w[len(w)-1])) || isDigits(w[len(w)-1]) || slices.Contains(tails, w[len(w)-1])) {
		w = w[:len(w)-1]
	}
	return stripTail(strings.Join(w, " "))
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789년월일") == ""
}

func stripTail(name string) string {
	for _, tail := range tails {
		if rest, ok := strings.CutSuffix(name, tail); ok && strings.TrimSpace(rest) != "" {
			return strings.TrimSpace(rest)
		}
	}
	return name
}

// records are the rows of a table that is called by its money: 매출 are sales.
var records = concept{ko: l("매출"), en: l("sale"), role: event}

// entity is the concept of a table's name.
func (d *drafter) entity(bare string) *concept {
	if c := d.terms.thing(bare); c != nil {
		return c
	}
	c := d.terms.last(bare)
	if c != nil && c.ko[0] == records.ko[0] {
		return &records
	}
	return c
}

// thing returns the person, place, thing or event that a whole name stands for:
// a table called sales holds sales, not sums of money.
func (t *terms) thing(name string) *concept {
	w := split(name)
	if len(w) > 0 {
		w[len(w)-1] = singular(w[len(w)-1])
	}
	for _, c := range []*concept{t.byEn[strings.Join(w, " ")], t.find(name)} {
		if isThing(c) {
			return c
		}
	}
	return nil
}

// isThing reports whether rows can be what a concept stands for.
func isThing(c *concept) bool {
	return c != nil && (c.role == person || c.role == place || c.role == thing || c.role == event)
}

// nameTable names a table's rows in both languages.
func (d *drafter) nameTable(t *table) {
	name := base(t.Table)
	exact := d.terms.thing(t.words)
	ds := t.ds
	if isKorean(t.words) {
		ds.Label.Ko = t.words
		ds.Label.En = capital(plural(d.rowsInEnglish(t.words)))
		if ds.Label.En == "" && !isKorean(name) {
			ds.Label.En = capital(sentence(name))
		}
	} else {
		ds.Label.En = capital(sentence(t.words))
		ds.Label.Ko = d.rowsInKorean(t.words)
	}
	t.ko, t.en = without(l(ds.Label.Ko)), without(l(singularPhrase(strings.ToLower(ds.Label.En))))
	if exact != nil {
		t.ko = without(append(t.ko, exact.ko...))
		t.en = without(append(t.en, exact.en...))
	}
	if t.entity == &records {
		t.en = l("sale")
	}
	d.addHead(t)
	synonyms := slices.Clone(t.ko)
	if said := calledBy(t.Comment); isKorean(said) {
		synonyms = append(synonyms, said, stripTail(said))
		if ds.Label.Ko == "" {
			ds.Label.Ko = stripTail(said)
		}
	}
	for _, w := range t.en {
		synonyms = append(synonyms, d.rowsOf(t, w))
	}
	if t.words != name {
		synonyms = append(synonyms, strings.Join(splitKeepCase(name), " "))
	}
	ds.Synonyms = without(synonyms, ds.Label.Ko, ds.Label.En)
}

// addHead lets a table be called by the last word of its name, where that says who
// or what happened and no other table is called so: wallet transactions are
// transactions.
func (d *drafter) addHead(t *table) {
	head := d.terms.thing(lastWord(t.words))
	if len(split(t.words)) < 2 || head == nil || head.role != event && head.role != person {
		return
	}
	if d.known.heads[head] > 1 {
		return
	}
	t.ko = without(append(t.ko, head.ko...))
	t.en = without(append(t.en, head.en...))
}

// rowsInKorean translates a table's name, its last word as what rows are.
func (d *drafter) rowsInKorean(name string) string {
	if c := d.terms.thing(name); c != nil {
		return c.ko[0]
	}
	w := split(name)
	for i := 1; i < len(w); i++ {
		if c := d.terms.thing(strings.Join(w[i:], " ")); c != nil {
			if front := d.terms.korean(strings.Join(w[:i], " ")); front != "" {
				return front + " " + c.ko[0]
			}
			return ""
		}
	}
	return d.terms.korean(name)
}

// rowsInEnglish translates a table's name, its last word as what rows are.
func (d *drafter) rowsInEnglish(name string) string {
	if c := d.terms.thing(name); c != nil {
		return c.en[0]
	}
	if c := d.terms.find(name); c != nil && c.ko[0] == records.ko[0] {
		return records.en[0]
	}
	return d.terms.english(name)
}

// rowsOf is the plural of what rows are, for words that have one: "customers", but
// "geographic records".
func (d *drafter) rowsOf(t *table, one string) string {
	w := strings.Fields(one)
	if len(w) == 0 {
		return ""
	}
	last := w[len(w)-1]
	written := split(t.words)
	given := len(written) > 0 && written[len(written)-1] != last && singular(written[len(written)-1]) == last
	if c := d.terms.byEn[last]; c != nil && !isThing(c) && c.role != word && c.role != part && c.role != when && c.role != sort {
		return one + " records" // money, counts and the like
	}
	if given {
		return plural(one)
	}
	return d.many(one)
}

// many is the plural of a thing that has one, and records of it otherwise.
func (d *drafter) many(one string) string {
	last := one[strings.LastIndexByte(one, ' ')+1:]
	if one == "" || d.terms.byEn[last] != nil || isNoun(last) {
		return plural(one)
	}
	return one + " records"
}

// isNoun guesses whether a word that nobody explained has a plural.
func isNoun(w string) bool {
	if len(w) < 3 || strings.ContainsAny(w, "0123456789") || !strings.ContainsAny(w, "aeiouy") || isKorean(w) {
		return false
	}
	for _, end := range []string{"ic", "al", "ive", "ous", "ed", "ing", "ly", "able", "ible", "ful", "ary", "s"} {
		if strings.HasSuffix(w, end) {
			return false
		}
	}
	return true
}

// counted is how rows are said to be counted in Korean: people, places and things
// are so many, what happened is so many times.
func (d *drafter) counted(t *table) string {
	if isKorean(t.words) && slices.ContainsFunc(happened, func(w string) bool { return strings.HasSuffix(base(t.Table), w) }) {
		return "건수"
	}
	c := t.entity
	if c == nil || c.role == person || c.role == place || c.role == thing {
		return "수"
	}
	switch c.ko[0] {
	case "주문", "리뷰", "체크인", "알림", "세션", "방문 기록", "게시물", "메시지", "구독":
		return "수"
	}
	if c.role == event || c.role == money || c.role == level {
		return "건수"
	}
	return "수"
}

// singularPhrase takes the plural off the last word of a phrase.
func singularPhrase(s string) string {
	w := strings.Fields(s)
	if len(w) == 0 {
		return ""
	}
	w[len(w)-1] = singular(w[len(w)-1])
	return strings.Join(w, " ")
}

// splitKeepCase is split for text that is shown.
func splitKeepCase(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == ' ' })
}

// commonPrefix counts the words that the names of all columns begin with.
func commonPrefix(t *connectors.Table) int {
	names := make([][]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = pieces(c.Name)
	}
	return sharedStart(names)
}
