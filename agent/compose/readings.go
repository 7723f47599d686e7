package compose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

func (r *reader) ko() bool { return r.in.Language == "ko" }

func (r *reader) pickWord(ko, en string) string {
	if r.ko() {
		return ko
	}
	return en
}

// say adds a reading, once per term.
func (r *reader) say(kind ReadingKind, term, meaning string) {
	term = strings.TrimSpace(term)
	if term == "" || meaning == "" || slices.ContainsFunc(r.readings, func(x Reading) bool { return x.Kind == kind && x.Term == term }) {
		return
	}
	r.readings = append(r.readings, Reading{Kind: kind, Term: term, Meaning: meaning})
}

// explain writes down how the words were taken, and what a follow-up changed.
func (b *builder) explain() {
	b.explainPeriod()
	for _, m := range b.d.measures {
		b.explainMeasure(m)
	}
	b.explainTotals()
	for _, g := range b.d.groups {
		named := slicesHas(b.d.filters, func(f filter) bool { return f.Field == g.Field && f.token.from == g.token.from })
		if term, label := g.token.text, b.fieldLabel(g.Field); g.Field != "" && !sameWord(term, label) && !named {
			b.say(ReadField, term, label)
		}
	}
	for _, f := range b.d.filters {
		b.explainFilter(f)
	}
	for _, x := range b.d.bounds {
		b.explainBound(x)
	}
	if c := b.p.Query.Compare; c != nil {
		b.say(ReadCompare, b.compareTerm(), b.periodLabel(&c.Period))
	}
	if b.p.Horizon > 0 {
		b.say(ReadDefault, b.pickWord("예측", "forecast"), b.spanLabel(b.p.Horizon, b.p.Query.Dimensions[0].Grain))
	}
	b.keepReadings()
	b.p.Readings = b.readings
}

// explainTotals says which rows are left out because they sum the others up.
func (b *builder) explainTotals() {
	for _, d := range b.lex.model.Datasets {
		if !slicesHas(b.p.Query.Measures, func(m semantic.Measure) bool { return b.lex.graph.about(m.Metric, d.Name) }) {
			continue
		}
		for _, f := range d.Fields {
			if len(f.Totals) > 0 {
				b.say(ReadDefault, strings.Join(f.Totals, ", "), b.pickWord("나머지의 합이라 빼고 셈", "left out: it is the sum of the others"))
			}
		}
	}
}

// keepReadings carries over, in a follow-up, what is still so.
func (b *builder) keepReadings() {
	if !b.follow {
		return
	}
	for _, old := range b.in.Previous.Readings {
		switch old.Kind {
		case ReadPeriod, ReadDefault, ReadCompare:
			if !samePeriod(b.in.Previous.Query.Period, b.p.Query.Period) || old.Kind == ReadCompare {
				continue
			}
		case ReadMetric:
			if !slices.Equal(b.in.Previous.Query.Measures, b.p.Query.Measures) {
				continue
			}
		case ReadField, ReadValue:
			if !b.stillSaid(old) {
				continue
			}
		}
		if !slices.ContainsFunc(b.readings, func(x Reading) bool { return x.Kind == old.Kind && (x.Term == old.Term || old.Kind == ReadPeriod) }) {
			b.readings = append(b.readings, old)
		}
	}
}

// stillSaid reports whether a reading about a field or value concerns something
// that the plan still has.
func (b *builder) stillSaid(old Reading) bool {
	for _, d := range b.p.Query.Dimensions {
		if d.Field != "" && old.Meaning == b.fieldLabel(d.Field) {
			return true
		}
	}
	for _, f := range b.p.Query.Filters {
		for _, v := range f.Values {
			if s, ok := v.(string); ok && strings.Contains(old.Meaning, s) {
				return true
			}
			if yes, ok := v.(bool); ok && old.Meaning == b.fieldLabel(f.Field)+": "+b.yesNo(yes) {
				return true
			}
		}
	}
	return false
}

func (b *builder) explainPeriod() {
	p := b.p.Query.Period
	if b.special == List {
		return
	}
	if b.p.PeriodDefault || p == nil {
		if b.follow && samePeriod(b.in.Previous.Query.Period, p) {
			return
		}
		if p != nil || !b.timeless() {
			b.say(ReadDefault, b.pickWord("기간", "period"), b.defaultLabel(p))
		}
		return
	}
	b.say(ReadPeriod, b.periodTerm(), b.periodLabel(p))
}

// timeless reports whether what is measured is at no time: the songs of a shop are those that
// it has, whatever time its sales are from.
func (b *builder) timeless() bool {
	names := b.metricNames()
	return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool {
		m := b.lex.model.Metric(name)
		return m == nil || m.Time != ""
	})
}

// periodTerm is the word that the period was named by.
func (b *builder) periodTerm() string {
	if b.editions {
		return b.pickWord("기간", "period")
	}
	term := ""
	if v := b.d.versus; v != nil && v.Period.Start.Equal(b.p.Query.Period.Start) && len(b.d.periods) == 1 {
		return b.pickWord("기간", "period") // the later of two is asked about: last year vs this
	}
	for _, t := range b.toks {
		if t.mention == nil || !slices.Contains(b.d.periods, t.mention) && t.mention != b.d.shift {
			continue
		}
		if exact := t.mention.Period.Start.Equal(b.p.Query.Period.Start); term == "" || exact {
			term = b.withoutParticles(t)
			if exact {
				break
			}
		}
	}
	return term
}

// withoutParticles returns a mention's words as they would be quoted.
func (b *builder) withoutParticles(t token) string {
	s := strings.TrimRight(t.text, " ,.?!~")
	for _, p := range []string{"기준으로요", "기준으로", "기준", "이랑은", "이랑", "랑", "하고", "꺼로", "꺼는", "꺼", "거는", "거", "에는", "에의", "에서", "에", "의", "은", "는", "이", "가", "을", "를", "도", "엔", "과", "와", "요"} {
		if stem, ok := strings.CutSuffix(s, p); ok && len([]rune(stem)) >= 2 && Detect(stem) == "ko" && b.samePeriod(stem, t.mention) {
			return strings.TrimSpace(stem)
		}
	}
	return s
}

// samePeriod reports whether words without a particle still mean the period: 블랙프라이데이
// has none.
func (b *builder) samePeriod(words string, m *period.Mention) bool {
	if m == nil || m.Event == "" {
		return true
	}
	found := b.in.mentions(words)
	return len(found) == 1 && found[0].Event == m.Event
}

func (b *builder) defaultLabel(p *semantic.Period) string {
	if p != nil {
		return b.periodLabel(p)
	}
	from, until := b.dataRange()
	if from.IsZero() {
		return b.pickWord("전체", "all data")
	}
	all := semantic.Period{Start: from, End: until}
	return b.pickWord("전체 ", "all data, ") + b.periodLabel(&all)
}

func (b *builder) explainMeasure(m measure) {
	x := b.lex.model.Metric(m.Metric)
	if x == nil || m.token.text == "" || m.Median {
		return
	}
	label, description := b.label(x.Label, x.Name), x.DescriptionIn(b.in.Language)
	switch {
	case description != "":
		b.say(ReadMetric, label, description)
	case m.how >= asAlias || !sameWord(m.token.text, label) && m.how > asLabel:
		b.say(ReadMetric, m.token.text, label)
	}
}

// sameWord reports whether two names differ in nothing that needs saying.
func sameWord(a, b string) bool {
	x := fold(a)
	y := fold(b)
	return x == y || singular(x) == singular(y)
}

func (b *builder) explainFilter(f filter) {
	switch f.Op {
	case semantic.Contains:
		b.say(ReadValue, f.token.text, b.pickWord(b.fieldLabel(f.Field)+"에 이 말이 든 것", b.fieldLabel(f.Field)+" containing it"))
		return
	case semantic.In:
	default:
		return
	}
	said := f.said
	if len(said) == 0 {
		said = []saidValue{{f.token, f.how, f.Values}}
	}
	for _, v := range said {
		b.explainValue(f.Field, v)
	}
}

// explainValue says what a word for a value means where it is not the value itself:
// 서울 = 서울특별시 (지역).
func (b *builder) explainValue(field string, said saidValue) {
	var list []string
	for _, v := range said.values {
		switch v := v.(type) {
		case string:
			list = append(list, v)
		case bool:
			b.say(ReadValue, said.token.text, b.fieldLabel(field)+": "+b.yesNo(v))
		}
	}
	if len(list) == 0 || said.how == asLabel || len(list) == 1 && sameWord(list[0], said.token.text) {
		return
	}
	b.say(ReadValue, said.token.text, b.valueLabel(list)+" ("+b.fieldLabel(field)+")")
}

func (b *builder) explainBound(x bound) {
	if x.field {
		b.say(ReadField, x.token.text, b.fieldLabel(x.target))
	}
}

func (b *builder) compareTerm() string {
	v := b.d.versus
	swapped := v != nil && !v.Period.Start.IsZero() && b.p.Query.Period != nil && v.Period.Start.Equal(b.p.Query.Period.Start)
	if t := b.versusText(); t != "" && !swapped {
		return strings.TrimSpace(t)
	}
	return b.pickWord("비교", "compared with")
}

// periodLabel writes a period as people would: 2025-10, 2025, 2025-10-01 – 2025-10-15.
func (r *reader) periodLabel(p *semantic.Period) string {
	if p == nil {
		return r.pickWord("전체 기간", "all dates")
	}
	const iso = "2006-01-02"
	last := p.End.Add(-time.Nanosecond)
	switch {
	case p.Start.IsZero() && p.End.IsZero():
		return r.pickWord("전체 기간", "all dates")
	case p.Start.IsZero():
		return r.pickWord(last.Format(iso)+"까지", "until "+last.Format(iso))
	case p.End.IsZero():
		return r.pickWord(p.Start.Format(iso)+"부터", "from "+p.Start.Format(iso))
	case p.Start.AddDate(0, 0, 1).Equal(p.End):
		return p.Start.Format(iso)
	case p.Start.Day() == 1 && p.Start.AddDate(0, 1, 0).Equal(p.End):
		return p.Start.Format("2006-01")
	case p.Start.YearDay() == 1 && p.Start.AddDate(1, 0, 0).Equal(p.End):
		return p.Start.Format("2006")
	}
	return p.Start.Format(iso) + " – " + last.Format(iso)
}

func (r *reader) measureLabel(m semantic.Measure) string {
	if m.Each != "" {
		return r.eachLabel(m)
	}
	name := m.Metric
	if x := r.lex.model.Metric(m.Metric); x != nil {
		name = r.label(x.Label, x.Name)
	}
	switch {
	case m.Per != "":
		per := m.Per
		if x := r.lex.model.Metric(m.Per); x != nil {
			per = r.label(x.Label, x.Name)
		}
		return r.pickWord(name+" ÷ "+per, name+" per "+per)
	case m.Over != "":
		return r.pickWord(grainNames[m.Over].ko+"평균 "+name, name+" per "+grainNames[m.Over].en)
	}
	return name
}

// grainNames are the grains as written in answers.
var grainNames = map[semantic.Grain]struct{ ko, en string }{
	semantic.Hour: {"시간", "hour"}, semantic.Day: {"일", "day"}, semantic.Week: {"주", "week"}, semantic.Month: {"월", "month"}, semantic.Quarter: {"분기", "quarter"}, semantic.Year: {"연도", "year"},
	semantic.Weekday: {"요일", "weekday"}, semantic.DayKind: {"평일과 주말", "part of the week"}, semantic.DayKindKo: {"평일과 주말", "part of the week"}, semantic.HourOfDay: {"시간대", "hour of day"}, semantic.MonthOfYear: {"월", "month of year"},
}

func (r *reader) dimensionsLabel(list []semantic.Dimension) string {
	if len(list) == 0 {
		return r.pickWord("합계", "total")
	}
	names := make([]string, len(list))
	for i, d := range list {
		name := r.pickWord(grainNames[d.Grain].ko, grainNames[d.Grain].en)
		if d.Grain == "" {
			name = r.fieldLabel(d.Field)
		}
		names[i] = r.pickWord(name+"별", "by "+name)
	}
	return strings.Join(names, " ")
}

func (r *reader) filterLabel(f semantic.Filter) string {
	var list []string
	for _, v := range f.Values {
		list = append(list, fmt.Sprint(v))
	}
	label := r.valueLabel(list)
	if f.Op != semantic.In {
		return strings.TrimSpace(r.fieldLabel(f.Field) + " " + string(f.Op) + " " + label)
	}
	if f.Negate {
		return r.pickWord(label+" 제외", "without "+label)
	}
	return label
}

func (b *builder) rankLabel() string {
	q := &b.p.Query
	desc := len(q.Order) == 0 || q.Order[0].Desc
	return b.pickWord(fmt.Sprintf("%s %d", map[bool]string{true: "상위", false: "하위"}[desc], q.Limit), fmt.Sprintf("%s %d", map[bool]string{true: "top", false: "bottom"}[desc], q.Limit))
}

func (b *builder) compareLabel(c *semantic.Compare) string {
	return b.pickWord(b.periodLabel(&c.Period)+"와 비교", "against "+b.periodLabel(&c.Period))
}

func (r *reader) spanLabel(n int, g semantic.Grain) string {
	name := grainNames[g]
	if r.ko() {
		unit := map[semantic.Grain]string{semantic.Month: "개월", semantic.Year: "년"}[g]
		if unit == "" {
			unit = name.ko
		}
		return fmt.Sprintf("앞으로 %d%s", n, unit)
	}
	if n != 1 {
		return fmt.Sprintf("next %d %ss", n, name.en)
	}
	return "next " + name.en
}

// chartLabel names a chart kind.
func (r *reader) chartLabel(kind string) string {
	names := map[string][2]string{"line": {"선 그래프", "line chart"}, "bar": {"막대그래프", "bar chart"}, "hbar": {"가로 막대그래프", "horizontal bars"}, "stacked_bar": {"누적 막대그래프", "stacked bars"},
		"grouped_bar": {"묶은 막대그래프", "grouped bars"}, "donut": {"원그래프", "donut chart"}, "area": {"영역 그래프", "area chart"}, "heatmap": {"히트맵", "heatmap"},
		"scatter": {"산점도", "scatter plot"}, "waterfall": {"폭포 차트", "waterfall"}, "none": {"표", "table"}}
	if n, ok := names[kind]; ok {
		return r.pickWord(n[0], n[1])
	}
	return kind
}

// subject returns the Korean subject particle that fits a word: 이 after a final
// consonant, 가 otherwise.
func subject(word string) string {
	runes := []rune(strings.TrimSpace(word))
	if len(runes) == 0 {
		return "가"
	}
	n := runes[len(runes)-1] - 0xac00
	if n >= 0 && n < 11172 && n%28 > 0 {
		return "이"
	}
	return "가"
}
