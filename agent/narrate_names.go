package agent

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// circumstances says which period and which rows, before the metric's name: "지난달
// 서울특별시 ". English puts them after it, see subject and dated.
func (n *narrator) circumstances() string {
	if n.ko() {
		return joinWords(n.periodWords(), n.filterWords())
	}
	return ""
}

// subject is what is measured, in English with the rows it is of: "Revenue for 서울".
func (n *narrator) subject(i int) string {
	name := n.measureName(i)
	if n.ko() {
		return name
	}
	return strings.TrimSpace(name + " " + n.ofRows())
}

// ofRows is the English for the rows that were kept.
func (n *narrator) ofRows() string {
	var kept, without []string
	for _, f := range n.orderedFilters() {
		w := n.filterWord(f)
		switch {
		case w == "":
		case f.Negate:
			without = append(without, w)
		default:
			kept = append(kept, w)
		}
	}
	if len(kept) > 0 {
		kept[0] = "for " + kept[0]
	}
	return strings.Join(append(kept, without...), ", ")
}

// dated appends the period to an English clause.
func (n *narrator) dated(clause string) string {
	if p := n.periodWords(); p != "" {
		return clause + " " + p
	}
	return clause
}

func joinWords(words ...string) string {
	var out strings.Builder
	for _, w := range words {
		if w != "" {
			out.WriteString(w)
			out.WriteByte(' ')
		}
	}
	return out.String()
}

var (
	englishRolling = regexp.MustCompile(`^(?:(?:in|over|for|of|from|during|within) )?(?:the )?(last|past) (\d+ \w+)$`)
	englishPhrase  = regexp.MustCompile(`^(?:this (?:week|month|quarter|year)|(?:last|the past) (?:week|month|quarter|year)|yesterday|today)$`)
)

// periodWords names the period of the query: by the asker's own word in Korean, in
// English too where its name would be two dates.
func (n *narrator) periodWords() string {
	p := n.query.Period
	if p == nil {
		return ""
	}
	name := n.periodName(*p)
	switch {
	case n.ko() && n.term != "":
		return escapeMarkdown(n.term)
	case n.ko():
		return name
	case p.Start.IsZero() && p.End.IsZero():
		return "over all time"
	case p.Start.IsZero():
		return "until " + p.End.Add(-time.Nanosecond).Format("January 2, 2006")
	case p.End.IsZero():
		return "since " + p.Start.Format("January 2, 2006")
	}
	term := strings.ToLower(n.term)
	switch m := englishRolling.FindStringSubmatch(term); {
	case named(*p) && strings.Contains(name, "–"):
		return "from " + strings.Replace(name, "–", " to ", 1)
	case named(*p):
		return "in " + name
	case m != nil:
		return "over the last " + escapeMarkdown(m[2])
	case englishPhrase.MatchString(term):
		return escapeMarkdown(term)
	case strings.HasPrefix(term, "since "):
		return "since " + beginning(p.Start)
	case oneUnit(p, n.plan.PeriodGrain) == toDate(n.plan.PeriodGrain):
		return "in " + n.periodName(semantic.Period{Start: p.Start, End: nextPeriod(p.Start, n.plan.PeriodGrain, 1)}) + " so far"
	case p.End.Sub(p.Start) == 24*time.Hour:
		return "on " + p.Start.Format("January 2, 2006")
	case !midnight(p.Start) || !midnight(p.End):
		return "(" + name + ")"
	}
	first, last := p.Start.Format("January 2, 2006"), p.End.AddDate(0, 0, -1).Format("January 2, 2006")
	if p.Start.Year() == p.End.AddDate(0, 0, -1).Year() {
		first = p.Start.Format("January 2")
	}
	return "from " + first + " to " + last
}

// beginning names the day that a period begins on, or the month or year it begins.
func beginning(t time.Time) string {
	switch {
	case t.YearDay() == 1:
		return t.Format("2006")
	case t.Day() == 1:
		return t.Format("January 2006")
	}
	return t.Format("January 2, 2006")
}

// named reports whether a period has a name of its own: whole months and longer.
func named(p semantic.Period) bool { return strings.Contains(period.Describe(p, "ko"), "년") }

func midnight(t time.Time) bool { return t.Equal(t.Truncate(24 * time.Hour)) }

// periodTerm is the asker's word for the plan's period, if that word alone means it.
func (r *run) periodTerm() string {
	if r.plan == nil || r.plan.PeriodDefault || r.plan.Query.Period == nil {
		return ""
	}
	in := r.p.input(r.q, r.agent.cfg.Calendar())
	for _, rd := range r.plan.Readings {
		if rd.Kind != compose.ReadPeriod {
			continue
		}
		found := period.Parse(rd.Term, period.Options{
			Language: r.q.Language, Now: r.q.Now, Calendar: in.Calendar, WeekStart: in.WeekStart, FiscalYearStart: in.FiscalYearStart,
		})
		if len(found) == 1 && found[0].Period == *r.plan.Query.Period {
			return rd.Term
		}
	}
	return ""
}

// periodName names a period; the current year is not said in Korean, as people do
// not say it either.
func (n *narrator) periodName(p semantic.Period) string {
	name := period.Describe(p, n.language)
	if rest, ok := strings.CutPrefix(name, fmt.Sprintf("%d년 ", n.now.Year())); ok {
		return rest
	}
	return name
}

// beforeName names the period compared with.
func (n *narrator) beforeName() string {
	c, w := n.query.Compare, wordsFor(n.language)
	if c.Kind == semantic.ComparePrevious {
		if name := w.befores[oneUnit(n.query.Period, n.plan.PeriodGrain)]; name != "" {
			return name
		}
	}
	if c.Kind == semantic.CompareYearAgo && !named(c.Period) {
		return w.yearBefore
	}
	return n.periodName(c.Period)
}

// filterWords names the rows that were kept.
func (n *narrator) filterWords() string {
	var words []string
	for _, f := range n.orderedFilters() {
		if w := n.filterWord(f); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, n.pick(" ", ", "))
}

// orderedFilters are the filters in the order in which the question names them.
func (n *narrator) orderedFilters() []semantic.Filter {
	asked := squeeze(n.asked)
	place := func(f semantic.Filter) int {
		first := len(asked)
		note := func(word string) {
			if i := strings.Index(asked, squeeze(word)); i >= 0 && word != "" {
				first = min(first, i)
			}
		}
		for _, v := range f.Values {
			value := fmt.Sprint(v)
			note(value)
			for _, rd := range n.plan.Readings {
				if rd.Kind == compose.ReadValue && strings.Contains(rd.Meaning, value) {
					note(rd.Term)
				}
			}
		}
		return first
	}
	out := slices.Clone(n.query.Filters)
	slices.SortStableFunc(out, func(a, b semantic.Filter) int { return cmp.Compare(place(a), place(b)) })
	return out
}

func (n *narrator) filterWord(f semantic.Filter) string {
	if f.Grain == semantic.HourOfDay {
		return n.hoursWord(f)
	}
	if word := n.flagWord(f); word != "" {
		return word
	}
	var values []string
	for _, v := range f.Values {
		values = append(values, n.valueWord(f.Field, fmt.Sprint(v)))
	}
	if len(values) > 3 {
		rest := len(values) - 2
		values = append(values[:2], fmt.Sprintf(n.pick("외 %d", "%d more"), rest))
	}
	joined := strings.Join(values, "·")
	if !n.ko() {
		joined = listed(values)
	}
	switch {
	case f.Op != semantic.In && f.Op != semantic.Contains:
		return "" // ranges are said among the readings
	case f.Negate:
		return n.pick(joined+" 제외", "without "+joined)
	}
	return joined
}

// flagWord says a condition on a field that is true or false, "" for any other.
func (n *narrator) flagWord(f semantic.Filter) string {
	_, field := n.model.Field(f.Field)
	if field == nil || f.Op != semantic.In || len(f.Values) != 1 {
		return ""
	}
	yes, flag := f.Values[0].(bool)
	if !flag {
		return ""
	}
	label := field.Label.In(n.language, field.Name)
	name := strings.ToLower(strings.TrimPrefix(label, "Is "))
	for _, tail := range []string{"여부", "유무"} {
		name = strings.TrimSpace(strings.TrimSuffix(name, tail))
	}
	if said := n.askedAs(label + ": " + n.pick("예", "yes")); said != "" && yes {
		name = said
	}
	if name = escapeMarkdown(name); yes != f.Negate {
		return name
	}
	return n.pick(name+" 아님", "not "+name)
}

// valueWord writes a value that rows were kept by. A code is told by the word that asked for
// it, since nobody knows it by itself: 취소(90).
func (n *narrator) valueWord(field, value string) string {
	_, f := n.model.Field(field)
	if f == nil || strings.ContainsFunc(value, unicode.IsLetter) {
		return escapeMarkdown(value)
	}
	if said := n.askedAs(value + " (" + f.Label.In(n.language, f.Name) + ")"); said != "" {
		return escapeMarkdown(said) + "(" + escapeMarkdown(value) + ")"
	}
	return escapeMarkdown(value)
}

// askedAs is the asker's word for a condition of the meaning, "" where it was said plainly.
func (n *narrator) askedAs(meaning string) string {
	for _, rd := range n.plan.Readings {
		if rd.Kind == compose.ReadValue && rd.Meaning == meaning {
			return rd.Term
		}
	}
	return ""
}

// hoursWord writes hours of the day that follow each other: 18:00–23:59.
func (n *narrator) hoursWord(f semantic.Filter) string {
	if len(f.Values) == 0 {
		return ""
	}
	hours := fmt.Sprintf("%02v:00–%02v:59", f.Values[0], f.Values[len(f.Values)-1])
	if f.Negate {
		return n.pick(hours+" 제외", "without "+hours)
	}
	return hours
}

// be agrees with an English noun.
func (n *narrator) be(name string) string {
	name, _, _ = strings.Cut(name, " for ")
	name, _, _ = strings.Cut(name, " of ") // the share of orders
	name, _, _ = strings.Cut(name, " without ")
	name, _, _ = strings.Cut(name, " with ")
	words := strings.Fields(strings.ToLower(name))
	if len(words) > 0 {
		last := words[len(words)-1]
		if last == "sold" && len(words) > 1 { // units sold
			last = words[len(words)-2]
		}
		if strings.HasSuffix(last, "s") && !strings.HasSuffix(last, "ss") && last != "roas" {
			return "were"
		}
	}
	return "was"
}

// superlative reports whether a name says by itself that it is the most of something.
func superlative(name string) bool {
	first, _, _ := strings.Cut(strings.ToLower(name), " ")
	switch first {
	case "highest", "lowest", "largest", "smallest", "most", "least", "longest", "shortest", "latest", "earliest",
		"maximum", "minimum", "max", "min", "best", "worst", "first", "last":
		return true
	}
	return false
}
