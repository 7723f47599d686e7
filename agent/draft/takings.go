package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// amounts are what rows of sales come to, though not called sales, the likeliest
// first.
var amounts = l("판매 가격", "금액", "주문 금액", "결제 금액", "거래 금액", "정산 금액", "공급가액", "순매출", "총매출")

// sells reports whether rows are sales of something.
func (t *table) sells() bool {
	return t.entity != nil && slices.Contains(l("판매", "주문", "구매", "주문 상품", "매출"), t.entity.ko[0])
}

// moneyName is the concept of a table that is called by an amount of money: 지출.
func (t *table) moneyName() *concept {
	if t.entity == &records || t.entity != nil && (t.entity.role == money || t.entity.role == level && priced(t.entity)) {
		return t.entity
	}
	return nil
}

// isTakings reports whether a column is what the rows come to, though it is not
// called so: the price of each sale, the 금액 in a file called 매출.
func (d *drafter) isTakings(t *table, c *column) bool {
	return t.mainAmount() == c && (t.sells() || t.moneyName() != nil)
}

// mainAmount is the column that a table of money is about; nil where one is called by
// the table's own word, which then means that column, or none stands out.
func (t *table) mainAmount() *column {
	own := "매출"
	if !t.sells() && t.moneyName() != nil {
		own = t.moneyName().ko[0]
	}
	var sums []*column
	for _, c := range t.columns {
		if c.use == useSum && c.concept != nil && c.concept.ko[0] == own {
			return nil
		}
		if c.use == useSum && (c.concept == nil || c.concept.role != count) {
			sums = append(sums, c)
		}
	}
	for _, name := range amounts {
		for _, c := range sums {
			if c.concept != nil && c.concept.ko[0] == name {
				return c
			}
		}
	}
	if len(sums) == 1 && t.moneyName() != nil {
		return sums[0]
	}
	return nil
}

// unspecific are headings of amounts that say no more than that they are amounts.
var unspecific = l("합계", "총계", "총합", "계", "값", "액", "금액합계", "합산", "수치", "amount", "amt", "value", "val", "total", "sum", "number", "figure", "price")

// saysNothing tells a heading that leaves it to the table to say what an amount is of,
// from one whose word the glossary does not have: in a file called loss, 손익 are not
// losses.
func saysNothing(heading string) bool {
	heading = strings.ToLower(strings.TrimSpace(heading))
	return slices.Contains(unspecific, heading) || len([]rune(heading)) == 1
}

// nameTakings gives the amount of a table of money the table's word where its own
// heading, such as 합계, does not say what it is.
func (t *table) nameTakings(c *column, m *semantic.Metric) {
	name := t.moneyName()
	if name == nil || c.concept != nil || !saysNothing(c.words) {
		return
	}
	m.Label.Ko = spoken(name.ko, t.words)
	if m.Label.En == "" || !isKorean(t.words) {
		m.Label.En = capital(spoken(name.en, sentence(t.words)))
	}
	if name == &records {
		m.Label.En = "Sales"
	}
	m.LowerIsBetter = name.lower
	if m.Format == "" && isKorean(c.said) {
		m.Format = "krw"
	}
}

// spoken is the one of several words for the same that a name ends in, else the usual
// one.
func spoken(words []string, name string) string {
	for _, w := range words {
		if strings.HasSuffix(name, w) {
			return w
		}
	}
	return words[0]
}

// takingsWords are what the amount of a table of money is called beside its heading.
func (t *table) takingsWords() []string {
	if c := t.moneyName(); c != nil && c != &records {
		out := append(slices.Clone(c.ko), c.en...)
		for _, w := range c.ko {
			out = append(out, "총 "+w, w+" 합계")
		}
		for _, w := range c.en {
			out = append(out, "total "+w)
		}
		return out
	}
	out := l("매출", "매출액", "총매출", "총 매출", "매출 합계", "revenue", "sales", "total sales", "total revenue", "sales amount", "sales revenue")
	if t.entity.ko[0] != "매출" {
		out = append(out, t.entity.ko[0]+" 금액", t.entity.ko[0]+"액", t.entity.en[0]+" amount")
	}
	return out
}

// addTakings adds what sales come to where a file only has a unit price and a
// quantity.
func (d *drafter) addTakings(t *table) {
	if !t.sells() || t.mainAmount() != nil {
		return
	}
	var price, quantity *column
	for _, c := range t.columns {
		switch {
		case c.concept == nil:
		case c.use == useSum && c.concept.role == money:
			return // an amount of some kind: which of them is meant is not for a draft to say
		case c.concept.ko[0] == "단가" && c.use == useAverage:
			price = c
		case c.exact && c.concept.ko[0] == "수량":
			quantity = c
		}
	}
	if price == nil || quantity == nil {
		return
	}
	m := &semantic.Metric{
		Name: d.names.unique("sales", t.ds.Name+"_sales"), Label: semantic.Label{Ko: "매출", En: "Sales"}, Format: price.format,
		Synonyms: without(t.takingsWords(), "매출", "Sales"),
	}
	d.add(t, m, "SUM("+ref(t, price)+" * "+ref(t, quantity)+")")
}

// moved are the words for things that an event happened to.
var moved = map[string][3]string{
	"판매": {"팔린", "판매된", "sold"}, "구매": {"구매한", "산", "purchased"}, "주문": {"주문된", "주문한", "ordered"},
	"반품": {"반품된", "반품한", "returned"}, "예약": {"예약된", "예약한", "booked"}, "배송": {"배송된", "배송한", "shipped"},
	"매출": {"팔린", "판매된", "sold"},
}

// soldWords say how many things an event of the table happened to, where each row
// refers to one: cars sold.
func (t *table) soldWords() []string {
	if t.entity == nil {
		return nil
	}
	w, ok := moved[t.entity.ko[0]]
	if !ok {
		return nil
	}
	var out []string
	for _, c := range t.columns {
		if c.target == nil || c.target.entity == nil || c.target.entity.role != thing {
			continue
		}
		for _, ko := range c.target.ko {
			out = append(out, w[0]+" "+ko+" 수", w[1]+" "+ko+" 수", w[0]+" "+ko, ko+" "+t.entity.ko[0]+" 수", ko+" "+t.entity.ko[0]+"량", ko+" "+t.entity.ko[0]+" 건수")
			if counter(c.target.entity) == "대" {
				out = append(out, t.entity.ko[0]+" 대수", w[0]+" "+ko+" 대수")
			}
		}
		for _, en := range c.target.en {
			out = append(out, plural(en)+" "+w[2], "number of "+plural(en)+" "+w[2], w[2]+" "+plural(en))
		}
	}
	return out
}

// extents are levels that add up all the same when somebody asks for their total: the
// lengths of rivers, the hours of tasks, the pay of people.
var extents = l("길이", "거리", "소요 시간", "무게", "급여", "근무 시간", "대기 시간", "처리 시간", "체류 시간", "방 수", "좌석 수", "적재량", "엔진 수")

// addTotal adds the sum of such a level, under names that say that it is one.
func (d *drafter) addTotal(t *table, c *column) {
	if c.concept == nil || !slices.Contains(extents, c.concept.ko[0]) || c.format == "percent" || c.format == "score" {
		return
	}
	low := strings.Fields(sentence(c.words))
	if slices.ContainsFunc(l("avg", "average", "mean", "median", "max", "min", "minimum", "maximum", "per", "limit"), func(w string) bool { return slices.Contains(low, w) }) || strings.Contains(c.words, "평균") {
		return
	}
	label, synonyms := d.named(t, c)
	m := &semantic.Metric{Name: d.names.unique("total_"+c.field.Name, "total_"+t.ds.Name+"_"+c.field.Name), Format: c.format, Description: c.field.Description}
	if label.Ko != "" {
		m.Label.Ko = "총 " + label.Ko
	}
	if label.En != "" {
		m.Label.En = "Total " + strings.ToLower(label.En)
	}
	for _, w := range forms(label, synonyms) {
		if isKorean(w) {
			m.Synonyms = append(m.Synonyms, "총 "+w, w+" 합계", w+" 총합", "전체 "+w)
		} else {
			m.Synonyms = append(m.Synonyms, "total "+strings.ToLower(w), "sum of "+strings.ToLower(w), "combined "+strings.ToLower(w))
		}
	}
	m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
	d.add(t, m, "SUM("+ref(t, c)+")")
}
