// Package answer makes a platform's neutral message of an analyst's answer, for whoever
// sends one: the desk, into the thread of a question, or a digest, by the clock.
package answer

import (
	"encoding/json"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/bot"
)

// tableRows is how many rows of a result a message shows; the rest is in the file.
const tableRows = 20

// Show fills in what a message shows of an answer: its text, what it is made of, how the
// question was read and where it comes from. What can be done with the answer, and in
// which words it was asked, is for the caller to add. Clock times are told as they are
// at the location.
func Show(msg *bot.Message, a *agent.Answer, at *time.Location) {
	w := wordsFor(a.Language)
	msg.Text, msg.Suggestions = a.Text, a.Suggestions
	for _, c := range a.Charts {
		if shown, ok := picture(c); ok {
			msg.Charts = append(msg.Charts, shown)
		}
	}
	if len(a.Happenings) > 0 {
		msg.Sections = []bot.Section{{Lines: Lines(a.Happenings, a.Language)}}
	}
	for i := range a.Results {
		show(msg, &a.Results[i], a)
	}
	for _, r := range a.Readings {
		msg.Readings = append(msg.Readings, bot.Reading{Term: r.Term, Meaning: r.Meaning})
	}
	for _, c := range a.Citations {
		msg.Links = append(msg.Links, bot.Link{Title: c.Title, URL: c.URL})
	}
	msg.Origin = origin(a, w.rung(a, at))
}

// show adds a result's table and its statement. Events are sections already.
func show(msg *bot.Message, r *agent.Result, a *agent.Answer) {
	title := r.Title
	if len(a.Results) == 1 {
		title = "" // the text says what it is
	}
	if table, ok := Table(r, a); ok && len(a.Happenings) == 0 {
		table.Title = title
		msg.Tables = append(msg.Tables, table)
	}
	if r.SQL != "" {
		msg.SQL = append(msg.SQL, bot.SQL{Result: r.Name, Title: title, Source: r.Source, Text: r.SQL})
	}
}

func picture(c agent.Chart) (bot.Chart, bool) {
	spec, err := json.Marshal(c.Spec)
	if err != nil {
		return bot.Chart{}, false
	}
	return bot.Chart{Title: c.Title, Alt: chart.Alt(c.Spec), Spec: spec}, true
}

func origin(a *agent.Answer, label string) *bot.Origin {
	o := &bot.Origin{
		Analyst: a.Analyst, AsOf: a.DataAsOf, Label: label,
		Elapsed: time.Duration(a.ElapsedMS) * time.Millisecond,
		Model:   byModel(a),
	}
	seen := map[string]bool{agent.Computed: true}
	for _, r := range a.Results {
		for _, source := range r.Sources() {
			if source == agent.SourceCalendar {
				source = wordsFor(a.Language).calendar
			}
			if !seen[source] {
				seen[source] = true
				o.Sources = append(o.Sources, source)
			}
		}
	}
	return o
}

// Table formats a result's cells. A single figure needs no table: the text says it.
func Table(r *agent.Result, a *agent.Answer) (bot.Table, bool) {
	if len(r.Rows) == 0 || len(r.Rows) == 1 && !hasDimension(r) {
		return bot.Table{}, false
	}
	if table, ok := crossTable(r, a); ok {
		return table, true
	}
	shown := a.Shown(r)
	table := bot.Table{Result: r.Name, Total: r.RowCount, Partial: r.Truncated}
	for _, i := range shown {
		c := r.Columns[i]
		label := c.Label
		if label == "" {
			label = c.Name
		}
		table.Columns = append(table.Columns, bot.TableColumn{Label: label, Numeric: isNumeric(r, i)})
	}
	for _, row := range r.Rows[:min(len(r.Rows), tableRows)] {
		cells := make([]string, 0, len(shown))
		for _, i := range shown {
			cells = append(cells, agent.CellText(row[i], r.Columns[i], a.Language))
		}
		table.Rows = append(table.Rows, cells)
	}
	return table, true
}

func hasDimension(r *agent.Result) bool {
	for _, c := range r.Columns {
		if role := semantic.Role(c.Role); role == semantic.RoleDimension || role == semantic.RoleTime {
			return true
		}
	}
	return false
}

func isNumeric(r *agent.Result, column int) bool {
	switch semantic.Role(r.Columns[column].Role) {
	case semantic.RoleDimension, semantic.RoleTime:
		return false
	}
	for _, row := range r.Rows {
		switch row[column].(type) {
		case nil:
			continue
		case string, bool, time.Time:
			return false
		}
		return true
	}
	return false
}

// byModel reports whether a language model wrote the answer, now or when it was first
// given: what is recalled keeps what it cost.
func byModel(a *agent.Answer) bool {
	return a.LLM.Calls > 0 && (a.Rung == agent.Think || a.Rung == agent.Recall)
}
