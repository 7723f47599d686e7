package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// readAverages decides what an average is taken over.
func (r *reader) readAverages() {
	d := &r.d
	if d.median {
		r.readMedian()
		return
	}
	if d.average && d.over == "" {
		switch d.grain {
		case semantic.Day, semantic.Week, semantic.Month, semantic.Quarter, semantic.Year:
			d.over, d.grain = d.grain, ""
		case semantic.Weekday, semantic.HourOfDay:
			if !slices.ContainsFunc(d.measures, r.averaged) {
				d.over = semantic.Day // 요일별 평균 매출 is that of a day
			}
		default:
			if !slices.ContainsFunc(d.measures, r.averaged) {
				r.fail(problem{decline: DeclineShape})
			}
		}
	}
	if d.over == "" {
		return
	}
	for i := range d.measures {
		if d.measures[i].Per == "" {
			d.measures[i].Over = d.over
		}
	}
}

// readMedian takes the median of what metrics are the average of, and of a figure of each
// of the things named: 고객별 구매액 중앙값. The median of another sum or rate would be of
// parts that nobody named.
func (r *reader) readMedian() {
	if len(r.d.measures) == 0 {
		r.fail(problem{decline: DeclineShape})
		return
	}
	for i := range r.d.measures {
		m := &r.d.measures[i]
		_, ref := r.averagedField(m.Metric)
		switch {
		case r.d.over != "" || r.d.average || m.Each != "":
			r.fail(problem{decline: DeclineShape})
			return
		case ref == "" || m.Per != "":
			if !r.medianOfEach(m) {
				r.fail(problem{decline: DeclineShape})
				return
			}
		}
		m.Median = true
	}
}

// medianOfEach finds the things whose figures have the median: those divided by (spend per
// customer, 객단가) or grouped by (고객별 구매액).
func (r *reader) medianOfEach(m *measure) bool {
	metric, of := r.lex.quotient(m.Metric)
	if m.Per != "" {
		metric, of = m.Metric, r.lex.counted(m.Per)
	}
	if m.Per == "" && of == "" {
		if row := r.lex.averageOfSame(metric); row != "" {
			m.Metric = row // the median transaction is that of the rows
			return true
		}
	}
	for k, g := range r.d.groups {
		dataset, _, _ := cutRef(g.Field)
		whole := g.Field != "" && (g.Field == r.lex.nameOf(dataset) || g.Field == r.lex.keyField(dataset))
		if of == "" && whole && (r.lex.ofPeople(dataset) || r.lex.isTrade(dataset)) {
			of = dataset
			r.d.groups = slices.Delete(slices.Clone(r.d.groups), k, k+1)
			break
		}
	}
	key := r.lex.keyField(of)
	if key == "" || !r.lex.splits(metric, of) {
		return false
	}
	m.Metric, m.Per, m.Each = metric, "", key
	return true
}

// averageOfSame returns the metric that averages what another adds up, "" for none.
func (l *Lexicon) averageOfSame(metric string) string {
	for _, e := range l.model.Metric(metric).Expression {
		inside, ok := strings.CutPrefix(e, "SUM(")
		for _, m := range l.model.Metrics {
			for _, x := range m.Expression {
				if ok && x == "AVG("+inside && !m.Hidden {
					return m.Name
				}
			}
		}
	}
	return ""
}

// quotient returns what a metric divides by the number of things, and the things: an
// order's value is revenue by the orders.
func (l *Lexicon) quotient(metric string) (numerator, of string) {
	for _, e := range l.model.Metric(metric).Expression {
		above, below, ok := strings.Cut(e, " / ")
		if !ok || strings.Contains(below, " / ") {
			continue
		}
		for _, m := range l.model.Metrics {
			for _, x := range m.Expression {
				if x == above && !m.Hidden {
					numerator = m.Name
				}
				if x == below && !m.Hidden && l.countsRows(m.Name) {
					of = l.counted(m.Name)
				}
			}
		}
		if numerator != "" && of != "" {
			return numerator, of
		}
	}
	return metric, ""
}

// averaged reports whether a measure is an average by itself.
func (r *reader) averaged(m measure) bool {
	x := r.lex.model.Metric(m.Metric)
	if m.Per != "" || m.Over != "" || m.Each != "" || x == nil {
		return true
	}
	switch x.Format {
	case "percent", "ratio", "score":
		return true
	}
	for _, e := range x.Expression {
		if strings.Contains(strings.ToUpper(e), "AVG(") || strings.Contains(e, "/") || strings.Contains(strings.ToUpper(e), "MEDIAN(") {
			return true
		}
	}
	return strings.Contains(x.Label.Ko, "평균") || strings.Contains(strings.ToLower(x.Label.En), "average")
}
