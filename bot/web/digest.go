package web

import (
	"html/template"
	"slices"
	"unicode"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// sourcesOf makes links fit to be shown, each in its place.
func sourcesOf(links []bot.Link) []layout.Source {
	var out []layout.Source
	for _, l := range links {
		out = append(out, layout.SourceOf(l))
	}
	return out
}

// oneLine is a text of others on one line, without what is not seen but does something.
func oneLine(s string) string { return layout.OneLine(layout.Clean(s)) }

// Sources are the pages that the message was read on, in the order of their numbers.
func (s *shown) Sources() []layout.Source { return sourcesOf(s.Bot.Links) }

// manySources is from how many on they are folded.
const manySources = 6

// FoldSources tells whether there are so many sources that they are folded.
func (s *shown) FoldSources() bool { return len(s.Bot.Links) > manySources }

// Told is the text of a message of the bot.
func (s *shown) Told() template.HTML { return s.markup().text(s.Bot.Text) }

func (s *shown) markup() markup { return markup{sources: s.Sources()} }

// knownMarks are the marks in the order in which a legend explains them.
var knownMarks = [...]bot.Mark{bot.MarkSure, bot.MarkUnsure, bot.MarkChanged, bot.MarkCancelled, bot.MarkCaution, bot.MarkTask}

// markView is a mark: the symbol, and the word for it.
type markView struct {
	Mark bot.Mark // one of knownMarks, or empty
	Word string
}

func (t *texts) mark(m bot.Mark) markView {
	i := slices.Index(knownMarks[:], m)
	if i < 0 {
		return markView{}
	}
	return markView{Mark: m, Word: t.marks[i]}
}

// lineView is a line of a digest.
type lineView struct {
	markView
	When         string
	Text, Detail template.HTML
	Links        []layout.Source
	Chart        *picture
}

// height is about how many lines of text it takes on the page.
func (l lineView) height() int {
	n := 1
	if l.Detail != "" {
		n++
	}
	if l.Chart != nil {
		n += 6
	}
	return n
}

// sectionView is lines under a heading.
type sectionView struct {
	Title string
	Lines []lineView
}

// digest is the sections of a message: what is seen at once, and the rest.
type digest struct {
	Seen, Folded []sectionView
	Left         int        // lines of Folded
	Legend       []markView // of the marks that occur
	Dates        string     // class of how wide the column of dates is
}

// The fold: a digest is to stay under a screenful, and what would hide next to nothing is
// not worth a press.
const (
	screenful = 18 // in lines of text
	fewLines  = 3
)

// Digest lays out the sections; it is nil where there are none.
func (s *shown) Digest() *digest {
	if len(s.Bot.Sections) == 0 {
		return nil
	}
	d := &digest{}
	chart := len(s.Bot.Charts)
	occurs := map[bot.Mark]bool{}
	widest := 0.0
	for _, section := range s.Bot.Sections {
		v := sectionView{Title: oneLine(section.Title)}
		for _, l := range section.Lines {
			view := s.line(l, &chart)
			occurs[view.Mark] = true
			widest = max(widest, ems(view.When))
			v.Lines = append(v.Lines, view)
		}
		d.Seen = append(d.Seen, v)
	}
	for _, m := range knownMarks {
		if occurs[m] {
			d.Legend = append(d.Legend, s.L.mark(m))
		}
	}
	d.Dates = dateClass(widest)
	d.fold()
	return d
}

func (s *shown) line(l bot.Line, chart *int) lineView {
	m := s.markup()
	v := lineView{
		markView: s.L.mark(l.Mark), When: oneLine(l.When), Text: m.line(l.Text), Detail: m.line(l.Detail), Links: sourcesOf(l.Links),
	}
	if l.Chart != nil {
		p := s.picture(*chart, *l.Chart)
		p.Small = true
		v.Chart = &p
		*chart++
	}
	return v
}

// fold moves what goes beyond a screenful out of sight.
func (d *digest) fold() {
	used := 0
	for i, section := range d.Seen {
		if section.Title != "" {
			used++
		}
		for j, l := range section.Lines {
			if used += l.height(); used > screenful && i+j > 0 {
				d.cut(i, j)
				return
			}
		}
	}
}

// cut folds what begins with a line of a section, unless that is next to nothing.
func (d *digest) cut(i, j int) {
	rest := sectionView{Lines: d.Seen[i].Lines[j:]}
	left := len(rest.Lines)
	for _, after := range d.Seen[i+1:] {
		left += len(after.Lines)
	}
	if left <= fewLines {
		return
	}
	d.Left = left
	if j == 0 {
		d.Folded, d.Seen = d.Seen[i:], d.Seen[:i]
		return
	}
	d.Folded = append([]sectionView{rest}, d.Seen[i+1:]...)
	d.Seen = d.Seen[:i+1]
	d.Seen[i].Lines = d.Seen[i].Lines[:j]
}

// ems is about how wide a text is, in the height of its letters.
func ems(s string) float64 {
	w := 0.0
	for _, r := range s {
		if unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			w++
		} else {
			w += 0.58
		}
	}
	return w
}

// dateClass names the narrowest column in which dates of a width fit; wider ones are
// broken. The stylesheet has the same steps.
func dateClass(width float64) string {
	switch {
	case width == 0:
		return "dates-none"
	case width <= 4.6:
		return "dates-s"
	case width <= 7.4:
		return "dates-m"
	}
	return "dates-l"
}

// charts are the charts of a message in the order of their numbers: its own, then those
// of its lines.
func charts(m *bot.Message) []bot.Chart {
	out := slices.Clip(m.Charts)
	for _, s := range m.Sections {
		for _, l := range s.Lines {
			if l.Chart != nil {
				out = append(out, *l.Chart)
			}
		}
	}
	return out
}
