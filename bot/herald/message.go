package herald

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/connectors"
)

// Bounds of a message: platforms cut what is longer.
const (
	maxLines = 12 // of a section
	maxNames = 6  // of what a change touches
)

// change is one change of the tables, and what it touches of the analysts of a place.
type change struct {
	connectors.Change
	first *drift.Loss
	of    []lost
}

// changesOf gathers what several analysts lost by the same change.
func changesOf(list []lost, home func(*lost) (source, table string)) (out []*change) {
	byKey := map[string]*change{}
	for i := range list {
		l := &list[i]
		source, table := home(l)
		key := strings.Join([]string{source, string(l.Loss.What), table, l.Loss.Column, string(l.Loss.Is)}, "\x00")
		c := byKey[key]
		if c == nil {
			c = &change{Change: l.Loss.Change, first: &l.Loss}
			byKey[key], out = c, append(out, c)
		}
		c.of = append(c.of, *l)
	}
	return out
}

// message tells what is lost and what is well again, what goes on, and what is to be done.
// Names are of databases and of people: they are escaped.
func (s *Service) message(n *news) bot.Message {
	w := wordsFor(s.cfg.Language)
	msg := bot.Message{Kind: bot.KindNotice, Language: w.language}
	title := func(analyst string) string {
		for _, k := range n.keepers {
			if k.Analyst == analyst {
				return cmp.Or(k.Title, k.Analyst)
			}
		}
		return analyst
	}
	home := func(l *lost) (source, table string) {
		for _, k := range n.keepers {
			if k.Analyst == l.Analyst {
				return k.rec.Home(l.Loss.Change)
			}
		}
		return "", l.Loss.Table
	}
	var heads []string
	if len(n.fresh) > 0 {
		heads = append(heads, fmt.Sprintf(w.lost, names(n.fresh, title, w)))
		msg.Sections = append(msg.Sections, s.section(w, w.lostTitle, n.fresh, false, title, home))
	}
	if len(n.well) > 0 {
		form := w.well
		if len(n.stand) > 0 {
			form = w.wellInPart
		}
		heads = append(heads, fmt.Sprintf(form, names(n.well, title, w)))
		msg.Sections = append(msg.Sections, s.section(w, w.wellTitle, n.well, true, title, home))
	}
	msg.Text = strings.Join(heads, " ")
	if len(n.fresh) == 0 {
		return msg
	}
	if works := n.works(w); len(works.Lines) > 0 {
		msg.Sections = append(msg.Sections, works)
	}
	msg.Sections = append(msg.Sections, n.tasks(w))
	return msg
}

// section lists changes, and what each touches. Its lines have no marks: those are of dates,
// and a column is not confirmed.
func (s *Service) section(w *words, title string, list []lost, well bool, called func(string) string, home func(*lost) (source, table string)) bot.Section {
	out := bot.Section{Title: title}
	changes := changesOf(list, home)
	for _, c := range changes[:min(len(changes), maxLines)] {
		line := bot.Line{When: c.first.At.In(s.cfg.Location).Format("1/2 15:04"), Text: "**" + figures.Escape(c.first.Text(w.language)) + "**"}
		if well {
			line.When, line.Text = "", "**"+figures.Escape(c.first.Name())+"**"
		}
		var detail []string
		for _, l := range c.of {
			detail = append(detail, figures.Escape(called(l.Analyst))+": "+touched(&l.Loss, w))
		}
		line.Detail = strings.Join(detail, " / ")
		out.Lines = append(out.Lines, line)
	}
	if more := len(changes) - maxLines; more > 0 {
		out.Lines = append(out.Lines, bot.Line{Text: fmt.Sprintf(w.more, more)})
	}
	return out
}

// touched says what of an analyst a loss is about.
func touched(l *drift.Loss, w *words) string {
	var metrics, fields, parts []string
	for _, h := range l.Hits {
		name := figures.Escape(h.Label.In(w.language, h.Ref))
		if h.Metric && !slices.Contains(metrics, name) {
			metrics = append(metrics, name)
		} else if !h.Metric && !slices.Contains(fields, name) {
			fields = append(fields, name)
		}
	}
	add := func(form string, list []string) {
		if len(list) == 0 {
			return
		}
		text := strings.Join(list[:min(len(list), maxNames)], ", ")
		if more := len(list) - maxNames; more > 0 {
			text += " " + fmt.Sprintf(w.andMore, more)
		}
		parts = append(parts, fmt.Sprintf(form, text))
	}
	add(w.metrics, metrics)
	add(w.fields, fields)
	quoted := make([]string, len(l.Verified))
	for i, q := range l.Verified {
		quoted[i] = "“" + figures.Escape(q) + "”"
	}
	add(w.verified, quoted)
	if len(parts) == 0 {
		return w.keysOnly
	}
	return strings.Join(parts, " · ")
}

// works says what the analysts that lost something answer all the same.
func (n *news) works(w *words) bot.Section {
	out := bot.Section{Title: w.worksTitle}
	for _, k := range n.concerned() {
		var some []string
		for _, l := range k.rec.Working {
			some = append(some, figures.Escape(l.In(w.language, "")))
		}
		line := bot.Line{Text: "**" + figures.Escape(cmp.Or(k.Title, k.Analyst)) + "**"}
		switch {
		case k.rec.Works == 0:
			line.Detail = w.worksNot
		case k.rec.Works > len(some):
			line.Detail = fmt.Sprintf(w.worksMany, k.rec.Works, strings.Join(some, ", "))
		default:
			line.Detail = fmt.Sprintf(w.works, k.rec.Works, strings.Join(some, ", "))
		}
		if len(out.Lines) < maxLines {
			out.Lines = append(out.Lines, line)
		}
	}
	return out
}

// concerned are the analysts that lost something of which the place was not told.
func (n *news) concerned() (out []keeps) {
	for _, k := range n.keepers {
		if slices.ContainsFunc(n.fresh, func(l lost) bool { return l.Analyst == k.Analyst }) {
			out = append(out, k)
		}
	}
	return out
}

// tasks says what is to be done, with the commands.
func (n *news) tasks(w *words) bot.Section {
	out := bot.Section{Title: w.tasksTitle, Lines: []bot.Line{{Text: w.putBack}}}
	all := n.concerned()
	if slices.ContainsFunc(all, func(k keeps) bool { return k.Written }) {
		out.Lines = append(out.Lines, bot.Line{Text: w.mend})
	}
	for _, k := range all[:min(len(all), maxLines)] {
		out.Lines = append(out.Lines, bot.Line{Text: fmt.Sprintf(w.accept, k.Analyst)})
	}
	return out
}

// names are what the analysts of losses are called.
func names(list []lost, title func(string) string, w *words) string {
	var out []string
	for _, l := range list {
		if name := fmt.Sprintf(w.name, figures.Escape(title(l.Analyst))); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	text := strings.Join(out[:min(len(out), maxNames)], ", ")
	if more := len(out) - maxNames; more > 0 {
		text += " " + fmt.Sprintf(w.andMore, more)
	}
	return text
}
