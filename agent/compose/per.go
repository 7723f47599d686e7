package compose

import (
	"slices"

	"github.com/bapsang/bapsang/agent/semantic"
)

// readPer finds what to divide by (고객당, per order) and returns the metric that
// counts it. What cannot be counted is grouped by instead: revenue per region.
func (r *reader) readPer() string {
	for i := range r.toks {
		if arg := r.oneOf(i); arg != "" {
			if name := r.perNamedBefore(i); name != "" {
				return name
			}
			return r.perUsual(i, arg)
		}
		if !r.open(i) || !r.perMarked(i) || r.cutsPer(i) {
			continue
		}
		name := r.countMetric(i)
		if name == "" && len(r.senses(i, isMetric)) > 0 && !r.grouping(i) {
			name = r.lex.at(r.senses(i, isMetric)[0].sense).ref
		}
		if name != "" {
			r.use(i)
			r.usePer(i)
			return name
		}
	}
	return ""
}

// oneOf returns of what kind token i says one, 인당, 1인당 and 한 건당, "" for none.
func (r *reader) oneOf(i int) string {
	if arg, ok := r.lex.arg(r.toks[i], wPer); ok && arg != "" && !r.toks[i].used {
		return arg
	}
	if t := r.toks[i]; t.kind == aNumber && t.num.value == 1 && (t.num.unit == "person" || t.num.unit == "item") && r.trails(i, wPer) {
		return t.num.unit
	}
	return ""
}

// perNamedBefore divides by what is named before "one of them": 고객 1인당, 주문 한 건당.
func (r *reader) perNamedBefore(i int) string {
	p := r.prev(i)
	if p < 0 || p+1 != i || !r.open(p) || len(r.senses(p, isDataset)) == 0 {
		return ""
	}
	name := r.countMetric(p)
	if name != "" {
		r.use(p)
		r.use(i)
		r.useTrail(i)
	}
	return name
}

// cutsPer reports whether "per" before token i groups: revenue per region, and the
// average of anything, of which nothing more is to be averaged.
func (r *reader) cutsPer(i int) bool {
	english := !r.trails(i, wPer)
	if english && len(r.senses(i, isField)) > 0 && len(r.senses(i, isDataset)) == 0 {
		return true
	}
	if english && !r.d.average && slices.ContainsFunc(r.senses(i, isDataset), func(x meaning) bool { return r.lex.called(r.lex.at(x.sense).ref) }) {
		return true
	}
	for j := range r.toks {
		if j == i || len(r.senses(j, isMetric)) == 0 || len(r.groupOptions(i)) == 0 {
			continue
		}
		list := r.senses(j, isMetric)
		if !slices.ContainsFunc(list, func(x meaning) bool {
			return !r.averaged(measure{Measure: semantic.Measure{Metric: r.lex.at(x.sense).ref}})
		}) {
			return true
		}
	}
	return false
}

func (r *reader) perMarked(i int) bool {
	p := r.prev(i)
	return r.trails(i, wPer) || r.is(p, wPer) && !isHangulKey(r.toks[p].text)
}

func (r *reader) usePer(i int) {
	r.useTrail(i)
	if p := r.prev(i); r.is(p, wPer) {
		r.use(p)
	}
}

// perUsual resolves 인당 and 건당, which leave open who or what is counted.
func (r *reader) perUsual(i int, arg string) string {
	keys := []string{"구매고객수", "고객수", "회원수", "구매자수", "사용자수", "customers", "users"}
	if arg == "item" {
		keys = []string{"주문수", "주문건수", "구매건수", "거래건수", "결제건수", "orders", "transactions"}
	}
	for _, key := range keys {
		if name := r.lex.metricKeyed(key); name != "" {
			r.use(i)
			r.useTrail(i)
			m := r.lex.model.Metric(name)
			r.say(ReadMetric, r.toks[i].text, r.label(m.Label, m.Name))
			return name
		}
	}
	return ""
}

// applyPer divides the first measure.
func (r *reader) applyPer(per string) {
	if per == "" {
		return
	}
	r.d.measures = slices.DeleteFunc(r.d.measures, func(m measure) bool { return m.Metric == per && len(r.d.measures) > 1 })
	if len(r.d.measures) == 0 || r.d.measures[0].Metric == per {
		r.fail(problem{decline: DeclineNoMetric})
		return
	}
	m := r.d.measures[0]
	per = r.perBuyer(per, m.Metric)
	if _, ref := r.averagedField(m.Metric); ref != "" {
		if dataset, _, _ := cutRef(ref); r.lex.counted(per) == dataset && !r.d.median {
			r.d.average = false // the average commission is one per transaction
			return
		}
		r.fail(problem{decline: DeclineShape})
		return
	}
	r.d.measures[0].Per = per
	r.d.average = false
}

// perBuyer has what customers did divided by those who did it: revenue per customer is by
// buyers, as 1인당 is, and not by everybody who ever signed up.
func (r *reader) perBuyer(per, metric string) string {
	of := r.lex.counted(per)
	if !r.lex.ofPeople(of) || !r.lex.countsAll(r.lex.model.Metric(per), of) {
		return per
	}
	did := r.lex.firstKeyed(buyers)
	if did == "" || did == per || !r.lex.graph.ofOneTrade(did, metric) {
		return per // a complaint is made by customers, not by buyers
	}
	all, some := r.lex.model.Metric(per), r.lex.model.Metric(did)
	r.say(ReadMetric, r.label(all.Label, all.Name), r.label(some.Label, some.Name))
	return did
}
