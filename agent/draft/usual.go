package draft

import (
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// maxCentral is how many tables a model has at the most to be about one of them.
const maxCentral = 300

// chooseDefault marks the metric that a question which names none is about: the
// money of the table the model is about, else its rows.
func (d *drafter) chooseDefault() {
	if len(d.tables) > maxCentral {
		return
	}
	var best *semantic.Metric
	score, most := -1, 0
	for _, t := range d.tables {
		most = max(most, t.weight()*10)
	}
	for _, t := range d.tables {
		weight, lines := t.weight()*10, t.priceTimes()
		for _, m := range t.metrics {
			expr := m.Expression[dialect]
			s := -1
			switch {
			case expr == countExpression(t):
				s = weight + 1
			case lines != "" && expr == "SUM("+lines+")":
				s = most + 9 // lines of orders lead to little themselves, and are what it is all about
			case strings.HasPrefix(expr, "SUM("+t.ds.Name+".") && !strings.Contains(expr, "/"):
				s = weight + d.moneyScore(t, expr)
			}
			if s > score {
				best, score = m, s
			}
		}
	}
	if best != nil {
		best.Default = true
	}
}

// weight is how much the model is about a table. One that only links others is not
// what anybody asks about.
func (t *table) weight() int {
	own, sums := 0, 0
	for _, c := range t.columns {
		if c.field.Kind != semantic.Identifier {
			own++
		}
		if c.use == useSum {
			sums++
		}
	}
	switch {
	case own == 0:
		return 0
	case sums > 0:
		return t.central + 3
	}
	return t.central + 1
}

func (d *drafter) moneyScore(t *table, expr string) int {
	for _, c := range t.columns {
		if expr == "SUM("+ref(t, c)+")" && t.isTakings(c) {
			return 9
		}
		if expr != "SUM("+ref(t, c)+")" || c.concept == nil || c.concept.role != money || c.concept.lower {
			continue
		}
		switch c.concept.ko[0] {
		case "매출", "순매출", "총매출":
			return 9
		case "금액", "판매 가격", "결제 금액", "주문 금액":
			return 8
		}
		return 4
	}
	return 0
}
