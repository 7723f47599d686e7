package render

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/answer"
	"github.com/bapsang/bapsang/bot/digest"
)

// Bounds of the marketing calendar's digest: it is read within a screenful, and the rest
// is in its thread.
const (
	defaultWeeks = 4
	maxWeeks     = 26
	maxFigures   = 4 // of how many events it is told what they did last time
	maxLines     = 8
	maxChanges   = 4
	maxTasks     = 5
	maxDetails   = 25 // lines of one message of the thread
	prepareWeeks = 12 // beyond the weeks shown, for what is to be decided
)

// marketing renders the marketing calendar: what is coming, what changed since the last
// issue, what has to be decided, and what the same event did last time.
type marketing struct{ cfg Config }

// Render implements digest.Renderer.
func (r *marketing) Render(ctx context.Context, issue digest.Issue) (*digest.Content, error) {
	weeks, err := strconv.Atoi(issue.Subject.Params[ParamWeeks])
	if err != nil || weeks < 1 || weeks > maxWeeks {
		weeks = defaultWeeks
	}
	from, to := stretch(issue.Due, weeks)
	filter := calendar.Filter{Markets: []string{calendar.Home}, Major: true}
	if m := issue.Subject.Params[ParamMarkets]; m != "" {
		filter.Markets = strings.Split(m, ",")
	}
	analyst := issue.Subject.Analyst
	if r.cfg.bound(analyst) {
		analyst = "" // the calendar was asked for where a file was dropped, and is not of it
	}
	look := agent.Outlook{
		Question: agent.Question{Language: issue.Language, Analyst: analyst, Asker: issue.Viewer.Principal, Now: issue.Due},
		From:     from, To: to, Filter: filter, Figures: maxFigures,
	}
	list, err := r.cfg.Analyst.Happenings(ctx, look)
	if err != nil {
		return nil, refusal(err, issue.Language)
	}
	// What has to be ready for an event is decided long before it comes into view.
	look.To, look.Figures = to.AddDate(0, 0, 7*prepareWeeks), 0
	ahead, err := r.cfg.Analyst.Happenings(ctx, look)
	if err != nil {
		return nil, refusal(err, issue.Language)
	}
	tasks := answer.Deadlines(ahead, from, from.AddDate(0, 0, 6), issue.Language)
	return r.compose(issue, list, tasks, from, to, weeks), nil
}

// stretch is the week of an instant and those after it, from Monday on; what of the week
// is over is left out.
func stretch(due time.Time, weeks int) (from, to time.Time) {
	y, m, d := due.Date()
	from = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	monday := from.AddDate(0, 0, -(int(from.Weekday())+6)%7)
	return from, monday.AddDate(0, 0, 7*weeks-1)
}

// seen is what an issue said, for the next one to tell what changed.
type seen struct {
	To     string            `json:"to"` // last date looked at
	Events []agent.Happening `json:"events"`
}

func (r *marketing) compose(issue digest.Issue, list []agent.Happening, tasks []bot.Line, from, to time.Time, weeks int) *digest.Content {
	w := wordsFor(issue.Language)
	before := seenBefore(issue)
	changed := changes(before, list, from, w)
	msg := bot.Message{Kind: bot.KindDigest, Language: issue.Language, Text: fmt.Sprintf(w.heading, w.span(weeks), w.dates(from, to))}
	switch {
	case before != nil && len(changed) == 0:
		msg.Text += " · " + w.sameSince
	case before != nil:
		msg.Text += " · " + fmt.Sprintf(w.changedSince, len(changed))
	}
	c := &digest.Content{Empty: len(list) == 0 && len(tasks) == 0 && len(changed) == 0, Fingerprint: said(list, tasks)}
	if len(list) == 0 {
		msg.Text += "\n" + w.nothing
	}
	for _, part := range []struct {
		title, rest string
		lines       []bot.Line
		most        int
	}{
		{"", w.rest, answer.Lines(list, issue.Language), maxLines}, {w.changes, w.restChanged, changed, maxChanges}, {w.decide, w.restToDecide, tasks, maxTasks},
	} {
		if len(part.lines) == 0 {
			continue
		}
		shown, rest := part.lines, part.lines[:0]
		if len(shown) > part.most+1 { // a line that says "1 more" is no shorter than the one
			shown, rest = slices.Clone(shown[:part.most]), shown[part.most:]
			shown = append(shown, bot.Line{Text: fmt.Sprintf(w.moreBelow, len(rest))})
		}
		msg.Sections = append(msg.Sections, bot.Section{Title: part.title, Lines: shown})
		for some := range slices.Chunk(rest, maxDetails) {
			c.Details = append(c.Details, bot.Message{Kind: bot.KindDigest, Language: issue.Language, Text: part.rest, Sections: []bot.Section{{Lines: some}}})
		}
	}
	if r.cfg.CalendarURL != "" {
		msg.Links = []bot.Link{{Title: w.calendar, URL: r.cfg.CalendarURL}}
	}
	if slices.ContainsFunc(list, func(h agent.Happening) bool { return h.Last != nil && h.Last.Text != "" }) {
		msg.Readings = []bot.Reading{{Term: w.usual, Meaning: w.usualMeans}}
	}
	c.Message, c.Data = msg, remembered(list, to)
	return c
}

// seenBefore is what the issue before said; nil where there was none, or one that this
// version cannot read: then nothing is known to have changed.
func seenBefore(issue digest.Issue) *seen {
	if issue.Previous == nil || len(issue.Previous.Data) == 0 {
		return nil
	}
	var before seen
	if err := json.Unmarshal(issue.Previous.Data, &before); err != nil {
		return nil
	}
	return &before
}

// remembered is what the next issue is told of this one.
func remembered(list []agent.Happening, to time.Time) json.RawMessage {
	data, err := json.Marshal(seen{To: to.Format(time.DateOnly), Events: bare(list)})
	if err != nil {
		return nil // it holds texts and numbers alone
	}
	return data
}

// bare are events without what is not compared.
func bare(list []agent.Happening) []agent.Happening {
	out := make([]agent.Happening, len(list))
	for i, h := range list {
		h.Last, h.Prepare = nil, nil
		out[i] = h
	}
	return out
}

// said is equal for issues that tell the same dates, whatever day they are told on.
func said(list []agent.Happening, tasks []bot.Line) string {
	var b strings.Builder
	for _, h := range list {
		fmt.Fprintf(&b, "%s/%s/%s %s %s–%s\n", h.Event, h.Market, h.Edition, h.Status, h.Start, h.End)
	}
	for _, t := range tasks {
		fmt.Fprintf(&b, "%s %s\n", t.When, t.Text)
	}
	return b.String()
}

// changes are what differs from the issue before among what that one looked at: what
// comes into view only because time passes is no change.
func changes(before *seen, list []agent.Happening, from time.Time, w *words) []bot.Line {
	if before == nil {
		return nil
	}
	key := func(h agent.Happening) string { return h.Event + "/" + h.Market + "/" + h.Edition }
	was := map[string]agent.Happening{}
	for _, h := range before.Events {
		was[key(h)] = h
	}
	var out []bot.Line
	for _, h := range list {
		old, known := was[key(h)]
		delete(was, key(h))
		line := answer.Line(h, w.language)
		line.Detail, line.Chart, line.Mark = "", nil, bot.MarkChanged
		switch {
		case !known && h.Start > before.To:
			continue
		case !known:
			line.Detail = w.isNew
		case old.Start != h.Start || old.End != h.End:
			line.Detail = fmt.Sprintf(w.moved, answer.Span(old.Start, old.End, w.language))
		case old.Status != h.Status:
			line.Detail = w.nowIs[h.Status]
		default:
			continue
		}
		if h.Status == calendar.Cancelled {
			line.Mark = bot.MarkCancelled
		}
		out = append(out, line)
	}
	for _, h := range before.Events {
		if gone, left := was[key(h)]; left && gone.End >= from.Format(time.DateOnly) {
			line := answer.Line(gone, w.language)
			line.Detail, line.Chart, line.Mark = w.gone, nil, bot.MarkCancelled
			out = append(out, line)
		}
	}
	return out
}
