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
	return t.entity != nil && slices.Contains(l("판매", "주문", "구매", "주문 상품", "매출"), t.entity.ko[0]) || t.bills() || t.entity == nil && t.listsSales()
}

// listsSales reports whether a table whose name says nothing has lines of what was sold: a
// unit price, a quantity, and whose order or invoice it was of.
func (t *table) listsSales() bool {
	if price, quantity, _ := t.factors(); price == nil || quantity == nil {
		return false
	}
	return slices.ContainsFunc(t.columns, func(c *column) bool {
		w := split(c.Name)
		return c.field.Kind == semantic.Identifier && len(w) > 0 && slices.Contains(l("invoice", "order", "receipt", "transaction", "bill", "customer", "client"), w[0])
	})
}

// bills reports whether rows are what customers were billed for. A company that sells by
// invoice has no other sales; what its suppliers bill it for names a supplier.
func (t *table) bills() bool {
	if t.entity == nil {
		return false
	}
	for _, c := range t.columns {
		if c.target == nil || c.target == t || c.target.entity == nil {
			continue
		}
		switch to := c.target.entity; {
		case t.entity.ko[0] == "청구서" && to.role == person && slices.Contains(l("고객", "회원", "구매자", "사용자"), to.ko[0]):
			return true
		case t.entity.ko[0] == "청구 항목" && to.ko[0] == "청구서":
			return c.target.bills()
		}
	}
	return false
}

// itemized reports whether the rows of another table are the parts of those of t, with what
// each comes to: what t says of the whole is that once more.
func (t *table) itemized() bool {
	return slices.ContainsFunc(t.referring, func(o *table) bool {
		return o != t && o.bills() && (o.mainAmount() != nil || o.priceTimes() != "")
	})
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
func (t *table) isTakings(c *column) bool {
	return t.mainAmount() == c && (t.sells() && !t.itemized() || t.moneyName() != nil)
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
	out := l("매출", "매출액", "총매출", "총 매출", "매출 합계", "revenue", "sales", "total sales", "total revenue", "sales amount", "sales revenue", "spend", "spending", "amount spent", "구매 금액", "구매액")
	if t.entity != nil && t.entity.ko[0] != "매출" {
		out = append(out, t.entity.ko[0]+" 금액", t.entity.ko[0]+"액", t.entity.en[0]+" amount")
	}
	return out
}

// addTakings adds what sales come to where a table only has a unit price and a
// quantity, and perhaps which part of it was let off.
func (d *drafter) addTakings(t *table) {
	if !t.sells() || t.mainAmount() != nil {
		return
	}
	expr := t.priceTimes()
	if expr == "" {
		return
	}
	price, quantity, off := t.factors()
	m := &semantic.Metric{
		Name: d.names.unique("sales", t.ds.Name+"_sales"), Label: semantic.Label{Ko: "매출", En: "Sales"}, Format: price.format,
		Synonyms: without(t.takingsWords(), "매출", "Sales"), Descriptions: semantic.Label{Ko: "단가 × 수량", En: "unit price × quantity"},
	}
	switch {
	case quantity == nil:
		m.Descriptions = semantic.Label{Ko: "상품마다의 가격을 더한 것", En: "the prices of the items, added up"}
	case off != nil:
		m.Descriptions = semantic.Label{Ko: "단가 × 수량 × (1 − 할인율)", En: "unit price × quantity × (1 − discount)"}
	}
	d.add(t, m, "SUM("+expr+")")
	d.addBasket(t, expr, price.format)
}

// addBasket adds what an order comes to, where rows are the lines of orders or of invoices.
func (d *drafter) addBasket(t *table, expr, format string) {
	label := semantic.Label{Ko: "객단가", En: "Average order value"}
	c := t.wholeOf()
	if c == nil || d.known.labels.has(label) {
		return
	}
	m := &semantic.Metric{
		Name: d.names.unique("average_order_value", t.ds.Name+"_average_order_value"), Label: label, Format: format,
		Synonyms:     l("AOV", "주문당 매출", "주문당 평균 금액", "평균 주문 금액", "revenue per order", "sales per order", "average order", "average basket", "average order size"),
		Descriptions: semantic.Label{Ko: "매출 ÷ " + t.wholeWord("주문", "청구서") + " 수", En: "sales ÷ number of " + t.wholeWord("orders", "invoices")},
	}
	d.add(t, m, "SUM("+expr+") / COUNT(DISTINCT "+ref(t, c)+")")
}

// wholeOf is the column that says which order or invoice a line is of, nil for none.
func (t *table) wholeOf() *column {
	for _, c := range t.columns {
		w := split(c.Name)
		switch {
		case c.target != nil && c.target.entity != nil && slices.Contains(l("주문", "청구서"), c.target.entity.ko[0]):
			return c
		case c.target == nil && c.field.Kind == semantic.Identifier && len(w) == 2 && slices.Contains(l("order", "invoice", "receipt"), w[0]) && c.Profile != nil && !c.Profile.Unique:
			return c
		}
	}
	return nil
}

// wholeWord is the one of two words that says what lines are of.
func (t *table) wholeWord(order, invoice string) string {
	if c := t.wholeOf(); c.target == nil && split(c.Name)[0] != "order" || c.target != nil && c.target.entity.ko[0] == "청구서" {
		return invoice
	}
	return order
}

// priceTimes is what a row of sales comes to, computed from its price; "" where it has none,
// or an amount of some kind, of which it is not for a draft to say what is meant.
func (t *table) priceTimes() string {
	price, quantity, off := t.factors()
	if price == nil || slices.ContainsFunc(t.columns, func(c *column) bool {
		return c.use == useSum && c.concept != nil && c.concept.role == money && !c.concept.lower
	}) {
		return ""
	}
	expr := ref(t, price)
	if quantity != nil {
		expr += " * " + ref(t, quantity)
	}
	if off != nil {
		expr += " * (1 - COALESCE(" + ref(t, off) + ", 0))"
	}
	return expr
}

// factors are what a row of sales is computed from: its unit price, how many there are, and
// the part that was let off, nil where there is none. A line of an order that says only a
// price is of one thing, unless some other figure of it may say how many. A discount that is
// no part of one leaves it open what is let off, and so what the row comes to.
func (t *table) factors() (price, quantity, off *column) {
	var bare *column
	for _, c := range t.columns {
		switch {
		case c.concept == nil:
		case c.concept.ko[0] == "단가" && c.use == useAverage:
			price = c
		case c.exact && c.concept.ko[0] == "가격":
			bare = c
		case c.concept.ko[0] == "수량":
			quantity = c
		case c.exact && c.concept.ko[0] == "할인율":
			off = c
		}
	}
	counts := func(c *column) bool { return c.use == useSum && (c.concept == nil || c.concept.role != money) }
	if price == nil && t.entity != nil && t.entity.ko[0] == "주문 상품" && !slices.ContainsFunc(t.columns, counts) {
		price = bare
	}
	if price != bare && quantity == nil || quantity != nil && !quantity.exact || off != nil && off.format != "percent" {
		price = nil
	}
	return price, quantity, off
}

// takePayments has what was paid stand for sales where the model has no other: who rents
// films out has rentals and payments.
func (d *drafter) takePayments() {
	var paid *table
	var amount *column
	for _, t := range d.tables {
		if t.sells() || t.moneyName() != nil {
			return
		}
		if t.entity == nil || t.entity.ko[0] != "결제" {
			continue
		}
		for _, c := range t.columns {
			if c.use != useSum || c.concept != nil && (c.concept.role == count || c.concept.lower) {
				continue
			}
			if said := d.terms.last(c.field.Label.Ko); said != nil && said.lower {
				continue // rfnd_amt, of which the comment says that it is a refund
			}
			if amount != nil {
				return // which of them is not for a draft to say
			}
			paid, amount = t, c
		}
	}
	if amount == nil || d.known.labels.has(semantic.Label{Ko: "매출", En: "Sales"}) || d.known.labels.has(semantic.Label{En: "Revenue"}) {
		return
	}
	for _, m := range paid.metrics {
		if m.Expression[dialect] != "SUM("+ref(paid, amount)+")" {
			continue
		}
		m.Synonyms = append(m.Synonyms, paid.takingsWords()...)
		if saysNothing(amount.words) || amount.concept != nil && amount.concept.ko[0] == "금액" {
			m.Synonyms = append(m.Synonyms, m.Label.Ko, m.Label.En)
			m.Label = semantic.Label{Ko: "결제 금액", En: "Payment amount"}
		}
		m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
	}
}

// moved are the words for things that an event happened to.
var moved = map[string][3]string{
	"판매": {"팔린", "판매된", "sold"}, "구매": {"구매한", "산", "purchased"}, "주문": {"주문된", "주문한", "ordered"},
	"반품": {"반품된", "반품한", "returned"}, "예약": {"예약된", "예약한", "booked"}, "배송": {"배송된", "배송한", "shipped"}, "대여": {"대여된", "대여한", "rented"},
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
