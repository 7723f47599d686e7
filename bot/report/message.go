package report

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/store"
)

// ParamPeriod is the Param of a digest.KindReport: what of the time before it reports.
const ParamPeriod = "period"

// The values of ParamPeriod; empty means Week.
const (
	Week  = "week"
	Month = "month"
)

// Renderer renders subscriptions to the report. It implements digest.Renderer.
type Renderer struct {
	Store   store.Store
	Minutes Minutes // zero means DefaultMinutes
}

var _ digest.Renderer = (*Renderer)(nil)

// of is the period that is reported at an instant.
func of(params map[string]string, due time.Time) Period {
	if params[ParamPeriod] == Month {
		return LastMonth(due)
	}
	return LastWeek(due)
}

// make is the report as it is sent to people.
func (r *Renderer) make(ctx context.Context, params map[string]string, due time.Time) (*Report, error) {
	return Make(ctx, r.Store, Options{Period: of(params, due), Minutes: r.Minutes, Everybody: true, Now: due})
}

// Lead says what a report at an instant would say first.
func (r *Renderer) Lead(ctx context.Context, params map[string]string, language string, at time.Time) (string, error) {
	report, err := r.make(ctx, params, at)
	if err != nil {
		return "", err
	}
	w := wordsFor(language)
	return w.dates(report) + " · " + report.lead(w), nil
}

// Render implements digest.Renderer.
func (r *Renderer) Render(ctx context.Context, issue digest.Issue) (*digest.Content, error) {
	report, err := r.make(ctx, issue.Subject.Params, issue.Due)
	if err != nil {
		return nil, err
	}
	said, err := json.Marshal(report.Figures)
	if err != nil {
		return nil, fmt.Errorf("encode figures: %w", err)
	}
	d := report.write(issue.Language)
	c := &digest.Content{Empty: report.Figures.Questions == 0, Fingerprint: report.Since + string(said)}
	c.Message, err = d.message()
	if err != nil {
		return nil, err
	}
	c.Details = d.details()
	return c, nil
}

// message is what is read at a glance.
func (d *document) message() (bot.Message, error) {
	w := d.w
	msg := bot.Message{Kind: bot.KindDigest, Language: w.language, Text: "**" + d.title + "** · " + d.dates + "\n" + d.lead}
	for _, note := range d.notes {
		msg.Text += "\n" + note
	}
	if d.chart == nil {
		return msg, nil
	}
	spec, err := json.Marshal(d.chart)
	if err != nil {
		return msg, fmt.Errorf("encode chart: %w", err)
	}
	msg.Charts = []bot.Chart{{Title: d.chart.Title, Alt: chart.Alt(*d.chart), Spec: spec}}
	section := bot.Section{}
	for _, row := range d.glance.rows {
		if slices.Contains([]string{w.people, w.returned, w.answered, w.without, w.perCall, w.took, w.opinions, w.sent}, row[0]) {
			section.Lines = append(section.Lines, d.line(row))
		}
	}
	section.Lines = append(section.Lines, bot.Line{Text: "**" + w.saved + "** " + d.saved[0]})
	msg.Sections = []bot.Section{section}
	return msg, nil
}

// line is a figure, with what it was before.
func (d *document) line(row []string) bot.Line {
	l := bot.Line{Text: "**" + row[0] + "** " + row[1]}
	if row[2] != "" {
		l.Detail = d.w.before + " " + row[2]
	}
	if len(row) > 3 && row[3] != "" && row[3] != format.Missing {
		l.Detail += " · " + row[3]
	}
	return l
}

// maxLines is how many lines one message of the thread has.
const maxLines = 25

// details are what follows in the thread: the other figures, the groups, the estimate's
// assumption and what cannot be known.
func (d *document) details() []bot.Message {
	if d.chart == nil {
		return nil
	}
	var sections []bot.Section
	all := bot.Section{Title: d.glance.title}
	for _, row := range d.glance.rows {
		all.Lines = append(all.Lines, d.line(row))
	}
	sections = append(sections, all)
	for _, t := range d.parts {
		sections = append(sections, t.section())
	}
	last := bot.Section{Title: d.w.saved}
	for _, text := range d.saved {
		last.Lines = append(last.Lines, bot.Line{Text: text})
	}
	limits := bot.Section{Title: d.w.unknowable}
	for _, text := range d.limits {
		limits.Lines = append(limits.Lines, bot.Line{Text: text})
	}
	sections = append(sections, last, limits)
	var out []bot.Message
	lines := maxLines
	for _, s := range sections {
		if lines+len(s.Lines) > maxLines {
			out = append(out, bot.Message{Kind: bot.KindDigest, Language: d.w.language, Text: d.w.details})
			lines = 0
		}
		m := &out[len(out)-1]
		m.Sections = append(m.Sections, s)
		lines += len(s.Lines)
	}
	for i := range out[1:] {
		out[i+1].Text = out[i+1].Sections[0].Title
		out[i+1].Sections[0].Title = ""
	}
	return out
}

// section is a table as lines.
func (t table) section() bot.Section {
	s := bot.Section{Title: t.title}
	for _, row := range t.rows {
		l := bot.Line{Text: "**" + figures.Escape(row[0]) + "**"}
		for _, cell := range row[1:] {
			if cell != "" {
				l.Text += " · " + figures.Escape(cell)
			}
		}
		s.Lines = append(s.Lines, l)
	}
	if t.note != "" {
		s.Lines = append(s.Lines, bot.Line{Text: t.note})
	}
	return s
}
