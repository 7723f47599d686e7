package agent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Drift tells how the tables of an analyst have changed, for whoever keeps it.
type Drift struct {
	Analyst string
	Owner   string
	Since   time.Time           // of the first change that still stands
	Changes []connectors.Change // those that stand, oldest first
	Hit     []semantic.Label    // metrics and fields that they are about
}

// maxDriftTold is how many changes and names a sentence about a drift has.
const maxDriftTold = 5

// Text tells it in a line, plain.
func (d Drift) Text(language string) string {
	ko := language == "ko"
	var changes []string
	for _, c := range d.Changes[:min(len(d.Changes), maxDriftTold)] {
		changes = append(changes, changeText(c, ko))
	}
	var hit []string
	for _, l := range d.Hit[:min(len(d.Hit), maxDriftTold)] {
		hit = append(hit, l.In(language, ""))
	}
	since := d.Since.Format("2006-01-02 15:04")
	if ko {
		text := fmt.Sprintf("‘%s’의 표가 바뀌었어요(%s부터): %s%s.", d.Analyst, since, strings.Join(changes, ", "), more(len(d.Changes), " 외 %d건"))
		if len(hit) > 0 {
			text += fmt.Sprintf(" 영향받는 지표와 항목: %s%s.", strings.Join(hit, ", "), more(len(d.Hit), " 외 %d개"))
		}
		return text
	}
	text := fmt.Sprintf("The tables of ‘%s’ have changed since %s: %s%s.", d.Analyst, since, strings.Join(changes, ", "), more(len(d.Changes), " and %d more"))
	if len(hit) > 0 {
		text += fmt.Sprintf(" Metrics and fields concerned: %s%s.", strings.Join(hit, ", "), more(len(d.Hit), " and %d more"))
	}
	return text
}

func more(n int, form string) string {
	if n <= maxDriftTold {
		return ""
	}
	return fmt.Sprintf(form, n-maxDriftTold)
}

// changeText tells a change to people.
func changeText(c connectors.Change, ko bool) string {
	name := c.Table
	if c.Column != "" {
		name += "." + c.Column
	}
	forms := map[connectors.ChangeKind][2]string{
		connectors.TableAdded: {"표 %s 생김", "table %s appeared"}, connectors.TableRemoved: {"표 %s 없어짐", "table %s is gone"},
		connectors.ColumnAdded: {"열 %s 생김", "column %s appeared"}, connectors.ColumnRemoved: {"열 %s 없어짐", "column %s is gone"},
	}
	form, ok := forms[c.What]
	switch {
	case !ok && ko:
		return fmt.Sprintf("열 %s 자료형 변경(%s → %s)", name, c.Before, c.After)
	case !ok:
		return fmt.Sprintf("column %s is %s, no longer %s", name, c.After, c.Before)
	case ko:
		return fmt.Sprintf(form[0], name)
	}
	return fmt.Sprintf(form[1], name)
}

// vanishedFrom says that a question needs what is no longer in the tables, "" where none of
// its words was the name of such a thing. The longest name is taken for the one meant.
func (d drift) vanishedFrom(q *Question) string {
	asked, longest := squeeze(q.Text), 0
	var what drifted
	var name hitName
	for _, x := range d {
		for _, h := range x.hit {
			for _, w := range h.words {
				if h.lost && len(w) > longest && strings.Contains(asked, w) {
					what, name, longest = x, h, len(w)
				}
			}
		}
	}
	if longest == 0 {
		return ""
	}
	return d.vanished(what, name.label.In(q.Language, name.ref), q.Language)
}

// vanishedUnder says the same of a computation of a written model, which still has the names.
func (d drift) vanishedUnder(query semantic.Query, language string) string {
	var refs []string
	for _, m := range query.Measures {
		refs = append(refs, m.Metric, m.Per, m.Each)
	}
	for _, x := range query.Dimensions {
		refs = append(refs, x.Field)
	}
	for _, f := range query.Filters {
		refs = append(refs, f.Field)
	}
	for _, x := range d {
		for _, h := range x.hit {
			if h.lost && slices.Contains(refs, h.ref) {
				return d.vanished(x, h.label.In(language, h.ref), language)
			}
		}
	}
	return ""
}

// vanished is the sentence, with what came in its place where one column went and one came.
func (d drift) vanished(x drifted, name, language string) string {
	what, since := x.Table, x.at.Format("2006-01-02 15:04")
	if x.Column != "" {
		what += "." + x.Column
	}
	var came []string
	for _, o := range d {
		if o.What == connectors.ColumnAdded && o.Table == x.Table && o.at.Equal(x.at) {
			came = append(came, o.Table+"."+o.Column)
		}
	}
	name, what = escapeMarkdown(name), escapeMarkdown(what)
	if language == "ko" {
		kind := "열"
		if x.Column == "" {
			kind = "표"
		}
		text := fmt.Sprintf("‘%s’%s %s %s에서 오는데, %s부터 그 %s%s 데이터베이스에 없어요.", name, format.Josa(name, "은", "는"), what, kind, since, kind, format.Josa(kind, "이", "가"))
		if len(came) == 1 {
			text += fmt.Sprintf(" 그때 %s 열이 생겼어요.", escapeMarkdown(came[0]))
		}
		return text + " 이 데이터를 관리하는 분에게 알려 주세요."
	}
	kind := "column"
	if x.Column == "" {
		kind = "table"
	}
	text := fmt.Sprintf("‘%s’ comes from the %s %s, which has not been in the database since %s.", name, kind, what, since)
	if len(came) == 1 {
		text += fmt.Sprintf(" The column %s appeared at the same time.", escapeMarkdown(came[0]))
	}
	return text + " Please tell whoever keeps these data."
}
