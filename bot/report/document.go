package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/format"
)

// document is a report in one language, before it is Markdown, a page or a message: what
// one of them says, all say.
type document struct {
	w      *words
	title  string
	dates  string
	lead   string
	notes  []string // below the lead
	glance table
	chart  *chart.Spec // of the days
	parts  []table
	saved  []string
	limits []string
}

// table is rows under a heading. What has no head is a list.
type table struct {
	title string
	head  []string
	rows  [][]string
	note  string
}

// write makes the document of a report.
func (r *Report) write(language string) *document {
	w := wordsFor(language)
	d := &document{w: w, title: w.title, dates: w.dates(r), lead: r.lead(w), limits: w.limits}
	if !r.KeptSince.IsZero() && r.KeptSince.Format("2006-01-02") > r.BeforeSince {
		d.notes = append(d.notes, fmt.Sprintf(w.since, r.KeptSince.Format("2006-01-02")))
	}
	if f := r.Figures; f.Questions > 0 && f.People < Few {
		d.notes = append(d.notes, fmt.Sprintf(w.few, Few))
	}
	d.glance = r.glance(w)
	if r.Figures.Questions > 0 {
		d.chart = r.chart(w)
	}
	d.parts = r.parts(w)
	d.saved = r.savedText(w)
	return d
}

// lead is what is read first.
func (r *Report) lead(w *words) string {
	f := r.Figures
	if f.Questions == 0 {
		return w.leadNone
	}
	text := fmt.Sprintf(w.lead, w.n(f.People, "people"), w.n(f.Questions, "questions"), w.n(f.Answered, "questions"))
	if w.language == "en" {
		text = fmt.Sprintf(w.lead, w.n(f.People, "people"), w.n(f.Questions, "questions"), format.Value(float64(f.Answered), format.Integer, "en"))
	}
	text += fmt.Sprintf(w.answeredShare, w.part(f.Answered, f.Questions)) + "."
	was := r.Before.Questions
	switch change := w.changed(float64(f.Questions), float64(was)); {
	case was == 0:
	case f.Questions == was:
		text += " " + fmt.Sprintf(w.same, w.earlier(r))
	case f.Questions > was:
		text += " " + fmt.Sprintf(w.more, w.earlier(r), strings.TrimLeft(change, "+"))
	default:
		text += " " + fmt.Sprintf(w.fewer, w.earlier(r), strings.TrimLeft(change, "−-"))
	}
	return text
}

// glance is the figures, now and before.
func (r *Report) glance(w *words) table {
	now, was := r.Figures, r.Before
	t := table{title: w.glance, head: []string{"", w.this, w.before, w.change}}
	count := func(name string, a, b int, unit string) {
		t.rows = append(t.rows, []string{name, w.cell(a, unit), w.cell(b, unit), w.changed(float64(a), float64(b))})
	}
	text := func(name, a, b string) { t.rows = append(t.rows, []string{name, a, b, ""}) }
	share := func(name string, a, of, b, before int) {
		text(name, w.cell(a, "questions")+" ("+w.part(a, of)+")", w.cell(b, "questions")+" ("+w.part(b, before)+")")
	}
	count(w.people, now.People, was.People, "people")
	count(w.returned, now.Returned, was.Returned, "people")
	text(w.kept, w.cell(r.Kept, "people")+" ("+fmt.Sprintf(w.fromSome, w.cell(was.People, "people"))+")", "")
	count(w.questions, now.Questions, was.Questions, "questions")
	share(w.answered, now.Answered, now.Questions, was.Answered, was.Questions)
	share(w.declined, now.Declined, now.Questions, was.Declined, was.Questions)
	for _, one := range []struct {
		name string
		a, b int
	}{{w.askedBack, now.AskedBack, was.AskedBack}, {w.failed, now.Failed, was.Failed}, {w.cancelled, now.Cancelled, was.Cancelled}} {
		if one.a+one.b > 0 {
			count(one.name, one.a, one.b, "questions")
		}
	}
	r.modelRows(w, count, text)
	text(w.wait, w.times(now.WaitMS), w.times(was.WaitMS))
	text(w.took, w.times(now.TookMS), w.times(was.TookMS))
	text(w.opinions, fmt.Sprintf("%d · %d", now.Good, now.Bad), fmt.Sprintf("%d · %d", was.Good, was.Bad))
	sent := func(d Digests) string { return fmt.Sprintf("%d · %d · %d", d.Sent, d.Skipped, d.Failed+d.Unknown) }
	text(w.sent, sent(now.Digests), sent(was.Digests))
	text(w.alive, r.alive(w), "")
	return t
}

// modelRows are the figures of the language model.
func (r *Report) modelRows(w *words, count func(string, int, int, string), text func(name, a, b string)) {
	now, was := r.Figures.LLM, r.Before.LLM
	per := func(m Model, answered int) string {
		if answered == 0 {
			return format.Missing
		}
		return format.Value(m.PerAnswer, format.Number, w.language)
	}
	text(w.without, w.cell(now.Without, "questions")+" ("+w.part(now.Without, r.Figures.Answered)+")", w.cell(was.Without, "questions")+" ("+w.part(was.Without, r.Before.Answered)+")")
	count(w.calls, now.Calls, was.Calls, "calls")
	text(w.perCall, per(now, r.Figures.Answered), per(was, r.Before.Answered))
	if now.Calls+was.Calls > 0 {
		count(w.tokens, now.InputTokens+now.OutputTokens, was.InputTokens+was.OutputTokens, "tokens")
	}
	if now.SparedCalls > 0 {
		text(w.spared, format.Value(round(now.SparedCalls), format.Number, w.language), format.Value(round(was.SparedCalls), format.Number, w.language))
	}
	if now.DigestCalls+was.DigestCalls > 0 {
		count(w.digestCalls, now.DigestCalls, was.DigestCalls, "calls")
	}
}

// alive lists the subscriptions by kind.
func (r *Report) alive(w *words) string {
	all := 0
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(r.Subscriptions)) {
		n := r.Subscriptions[kind]
		all += n
		name := w.kinds[kind]
		if name == "" {
			name = string(kind)
		}
		kinds = append(kinds, fmt.Sprintf("%s %d", name, n))
	}
	if all == 0 {
		return w.cell(0, "things")
	}
	return w.cell(all, "things") + " (" + strings.Join(kinds, ", ") + ")"
}

// parts are the tables below.
func (r *Report) parts(w *words) []table {
	var out []table
	if len(r.Figures.Rungs) > 0 {
		how := table{title: w.how, head: []string{"", w.count, w.share}}
		for _, rung := range []string{"recall", "match", "compose", "think"} {
			if n := r.Figures.Rungs[rung]; n > 0 {
				how.rows = append(how.rows, []string{w.rungs[rung], w.cell(n, "questions"), w.part(n, r.Figures.Answered)})
			}
		}
		out = append(out, how)
	}
	for _, part := range []struct {
		title string
		of    Groups
		names map[string]string
	}{{w.why, r.Reasons, w.reasons}, {w.askedFor, r.AskedFor, nil}, {w.often, r.Questions, nil}, {w.who, r.Analysts, nil}, {w.where, r.Channels, nil}} {
		if len(part.of.List) > 0 {
			out = append(out, part.of.table(w, part.title, part.names))
		}
	}
	if len(r.Worst) > 0 {
		out = append(out, r.worstTable(w))
	}
	return out
}

func (g Groups) table(w *words, title string, names map[string]string) table {
	t := table{title: title, head: []string{"", w.count, w.persons}}
	for _, one := range g.List {
		name := names[one.Name]
		if name == "" {
			name = w.name(one.Name)
		}
		t.rows = append(t.rows, []string{name, w.cell(one.Questions, "questions"), w.cell(one.People, "people")})
	}
	if g.Rest > 0 {
		t.rows = append(t.rows, []string{w.others, w.cell(g.Rest, "questions"), ""})
	}
	return t
}

func (r *Report) worstTable(w *words) table {
	t := table{title: w.look, head: []string{w.number, w.date, w.who, w.bad, w.where, w.text}}
	quoted := false
	for _, one := range r.Worst {
		quoted = quoted || one.ID != ""
		t.rows = append(t.rows, []string{one.Number, one.Date, w.name(one.Analyst), fmt.Sprint(one.Bad), w.name(one.Channel), one.Text})
	}
	if !quoted {
		t.head, t.note = t.head[:4], w.quoteLess
		for i := range t.rows {
			t.rows[i] = t.rows[i][:4]
		}
	}
	return t
}

// savedText is the estimate, how it is made, and what it assumes.
func (r *Report) savedText(w *words) []string {
	s := r.Saved
	if s.Questions == 0 {
		return []string{w.savedNone}
	}
	each := w.between(s.Minutes.Low, s.Minutes.High, w.minutes)
	formula := fmt.Sprintf(w.savedText, w.between(s.LowHours, s.HighHours, w.hours), w.n(s.Questions, "questions"), each, w.span(int64(s.WaitedHours*3600*1000)))
	if s.Minutes.Named {
		return []string{formula, fmt.Sprintf(w.savedTheirs, each)}
	}
	return []string{formula, fmt.Sprintf(w.savedOurs, each)}
}

// chart draws the days.
func (r *Report) chart(w *words) *chart.Spec {
	spec := &chart.Spec{
		Kind: chart.Bar, Language: w.language, Title: w.byDay, Subtitle: w.dates(r), XKind: chart.XTime, Grain: "day",
		YFormat: string(format.Integer), Series: []chart.Series{{Name: w.questions}},
	}
	for _, d := range r.Days {
		v := float64(d.Questions)
		spec.Times = append(spec.Times, mustDate(d.Date))
		spec.Series[0].Values = append(spec.Series[0].Values, &v)
	}
	return spec
}
