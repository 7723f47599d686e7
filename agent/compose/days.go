package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// dayNames are the days of the week and their kinds, as a filter on them names them.
var dayNames = []struct{ en, ko, terms string }{
	{"weekends", "주말", "주말|주말마다|주말들|토일|토요일일요일|weekend|weekends|the weekend|the weekends|weekend days"},
	{"weekdays", "평일", "평일|평일마다|주중|평일날|영업일|근무일|workdays|working days|business days"},
	{"Mondays", "월요일", "월요일|월요일마다|매주월요일|monday|mondays|every monday"},
	{"Tuesdays", "화요일", "화요일|화요일마다|매주화요일|tuesday|tuesdays|every tuesday"},
	{"Wednesdays", "수요일", "수요일|수요일마다|매주수요일|wednesday|wednesdays|every wednesday"},
	{"Thursdays", "목요일", "목요일|목요일마다|매주목요일|thursday|thursdays|every thursday"},
	{"Fridays", "금요일", "금요일|금요일마다|매주금요일|friday|fridays|every friday"},
	{"Saturdays", "토요일", "토요일|토요일마다|매주토요일|saturday|saturdays|every saturday"},
	{"Sundays", "일요일", "일요일|일요일마다|매주일요일|sunday|sundays|every sunday"},
}

// businessDays are called so though people may be off: a filter knows no holidays.
var businessDays = []string{"영업일", "근무일", "workdays", "workingdays", "businessdays"}

func dayWords() vocabulary {
	out := vocabulary{}
	for _, d := range dayNames {
		out[d.ko] = d.terms
	}
	return out
}

// preferDays takes a day of the week beside a longer period as those days of it:
// 지난달 월요일, Saturdays last month.
func (r *reader) preferDays() {
	longer := slicesHas(r.toks, func(t token) bool {
		return t.mention != nil && t.mention.Kind == period.Range && t.mention.Unit != semantic.Day && !shortPeriod(t.mention.Period)
	})
	for i := range r.toks {
		t := &r.toks[i]
		if !longer || t.mention == nil || t.mention.Kind != period.Range || t.mention.Unit != semantic.Day {
			continue
		}
		key := fold(r.withoutParticle(t.text))
		for _, e := range r.lex.index.lookup(strings.TrimPrefix(key, "on")) {
			if s := r.lex.at(e.sense); s.kind == isWord && s.word == wDays {
				t.kind, t.mention, t.meanings = aWord, nil, []meaning{{e.sense, e.how()}}
			}
		}
	}
}

// shortPeriod reports whether a period has less than a week.
func shortPeriod(p semantic.Period) bool {
	return !p.Start.IsZero() && !p.End.IsZero() && p.End.Before(p.Start.AddDate(0, 0, 7))
}

// withoutParticle returns a mention's words without the particle at its end.
func (r *reader) withoutParticle(text string) string {
	s := strings.TrimSpace(text)
	for _, p := range []string{"에는", "에만", "에", "의", "은", "는", "이랑", "이", "을", "과", "하고", "도", "만"} {
		if stem, ok := strings.CutSuffix(s, p); ok && strings.HasSuffix(stem, "요일") {
			return stem
		}
	}
	return s
}

// readDays reads the days of the week that the time is to fall on.
func (r *reader) readDays() {
	for i := range r.toks {
		arg, ok := r.lex.arg(r.toks[i], wDays)
		if !ok && r.weekdaysMeant(i) {
			arg, ok = "평일", true
		}
		if !ok || r.toks[i].used {
			continue
		}
		r.use(i)
		not := r.negated(i)
		r.useTrailExcept(i, wThan)
		if len(r.d.days.names) > 0 && r.d.days.not != not {
			r.fail(problem{decline: DeclineShape})
		}
		r.d.days.not = not
		if !slices.Contains(r.d.days.names, arg) {
			r.d.days.names = append(r.d.days.names, arg)
		}
		r.d.days.token = r.toks[i]
	}
	r.opposeDays()
}

// weekdaysMeant reports whether "weekdays" are the days that are no weekend rather than
// the seven to split by: weekday visits, on weekdays.
func (r *reader) weekdaysMeant(i int) bool {
	if arg, ok := r.lex.arg(r.toks[i], wGrain); !ok || arg != string(semantic.Weekday) || isHangulKey(r.toks[i].text) || !strings.HasPrefix(strings.ToLower(r.toks[i].text), "weekday") {
		return false
	}
	if r.byMarked(i) || r.whichMarked(i) || r.is(r.prev(i), wPer) || r.is(r.prev(i), wEach) {
		return false
	}
	weekends := slicesHas(r.toks, func(t token) bool { arg, ok := r.lex.arg(t, wDays); return ok && arg == "주말" })
	on := i > 0 && slices.Contains([]string{"on", "during", "for"}, strings.ToLower(strings.TrimSpace(r.toks[i-1].text)))
	return weekends || on
}

// opposeDays splits by what is compared: 주말이랑 평일 비교, Saturdays vs Sundays.
func (r *reader) opposeDays() {
	names := r.d.days.names
	if len(names) < 2 {
		return
	}
	kinds := slices.Contains(names, "주말") || slices.Contains(names, "평일")
	g := group{token: r.d.days.token, marked: true}
	switch {
	case kinds && len(names) == 2 && slices.Contains(names, "주말") && slices.Contains(names, "평일") && !r.d.days.not:
		g.Grain = semantic.DayKind
		if r.ko() {
			g.Grain = semantic.DayKindKo
		}
		r.d.days.names = nil
	case kinds:
		r.fail(problem{decline: DeclineShape})
		return
	case r.any(wCompare, wVersus) < 0 && !r.eachAlone():
		return
	default:
		g.Grain = semantic.Weekday
	}
	r.take(wVersus, wCompare, wAgainst)
	r.addGroup(g)
}

// shareOfDays reads "주말 매출 비중": the part of a kind of days is seen beside the other.
func (r *reader) shareOfDays() {
	d := &r.d
	if !d.share || len(d.days.names) != 1 || d.days.not || d.grain != "" || len(d.groups) > 0 {
		return
	}
	g := group{token: d.days.token, marked: true, Dimension: semantic.Dimension{Grain: semantic.Weekday}}
	if name := d.days.names[0]; name == "주말" || name == "평일" {
		g.Grain = map[bool]semantic.Grain{true: semantic.DayKindKo, false: semantic.DayKind}[r.ko()]
	}
	d.days.names = nil
	r.addGroup(g)
}

// setDays keeps the days of the week that the text names.
func (b *builder) setDays() {
	if len(b.d.days.names) == 0 {
		return
	}
	switch b.special {
	case List, Forecast, Anomaly:
		b.fail(problem{decline: DeclineShape})
		return
	}
	f := semantic.Filter{Grain: semantic.Weekday, Op: semantic.In, Negate: b.d.days.not}
	for _, name := range b.d.days.names {
		f.Values = append(f.Values, b.dayName(name))
	}
	q := &b.p.Query
	q.Filters = append(slices.DeleteFunc(slices.Clone(q.Filters), func(f semantic.Filter) bool { return f.Grain == semantic.Weekday }), f)
	meant := map[string][2]string{"주말": {"토·일요일", "Saturdays and Sundays"}, "평일": {"월–금요일", "Mondays to Fridays"}}[b.d.days.names[0]]
	if key := fold(b.d.days.token.text); slices.Contains(businessDays, key) {
		meant = [2]string{meant[0] + ", 공휴일 포함", meant[1] + ", public holidays among them"}
	}
	b.say(ReadValue, b.withoutParticles(b.d.days.token), b.pickWord(meant[0], meant[1]))
}

// splitsDays reports whether a dimension is of the days that the text names.
func (b *builder) splitsDays(d semantic.Dimension) bool {
	return slicesHas(b.d.groups, func(g group) bool { return g.Dimension == d && g.token.from == b.d.days.token.from && g.Grain != "" })
}

// onDays reports whether a filter is on days of the week or hours of the day.
func onDays(f semantic.Filter) bool { return f.Field == "" }

// dayName is what days are called in the question's language.
func (b *builder) dayName(ko string) string {
	for _, d := range dayNames {
		if d.ko == ko {
			return b.pickWord(d.ko, d.en)
		}
	}
	return ko
}
