package agent

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// LastTime is what an event did for the company in its last edition: the metric over the
// days around it, against the same days of the week just before.
//
// It is aligned by the event, not by the date: 추석 is set against 추석, in the month that
// it was in.
type LastTime struct {
	Edition string `json:"edition"`
	Start   string `json:"start"` // of the edition, as 2006-01-02
	End     string `json:"end"`   // inclusive
	From    string `json:"from"`  // of the days looked at
	To      string `json:"to"`
	// Text is a sentence, and empty where there are no figures; Why then says why.
	Text string `json:"text,omitempty"`
	Why  string `json:"why,omitempty"`
	// Differences say what makes the editions hard to compare.
	Differences []string `json:"differences,omitempty"`
	Chart       *Chart   `json:"chart,omitempty"`

	results []Result
	// own says what the edition's own days came to, where that is what is asked, and comes
	// from ownResults.
	own        string
	ownResults []Result
	failed     bool // the source did not answer
}

// figuresOf computes what the edition was of the event did. Prefix begins the names of the
// results. An analyst without a metric that adds up has no figures to tell: nil.
func (r *run) figuresOf(ctx context.Context, now, was calendar.Edition, prefix string) (*LastTime, error) {
	metric := r.mainMetric()
	if metric == nil {
		return nil, nil
	}
	w := calendarWordsFor(r.q.Language)
	window, usual := windowOf(was)
	r.plan = &compose.Plan{Intent: compose.Trend}
	last := &LastTime{
		Edition: editionLabel(was), Start: was.Start.Format(jsonDate), End: was.End.Format(jsonDate),
		From: window.Start.Format(jsonDate), To: window.End.AddDate(0, 0, -1).Format(jsonDate),
	}
	for _, d := range almanac.Differences(r.agent.cfg.Calendar(), now, was, r.q.Language) {
		last.Differences = append(last.Differences, d.Tell(r.q.Language))
	}
	from, until := r.p.recorded(metric.Name)
	switch {
	case window.Start.Before(from):
		last.Why = fmt.Sprintf(w.notYetRecorded, from.Format(jsonDate))
		return last, nil
	case !until.IsZero() && window.End.AddDate(0, 0, -1).After(until):
		window.End = until.AddDate(0, 0, 1)
		usual.End = usual.Start.Add(window.End.Sub(window.Start))
		if !window.End.After(window.Start) {
			last.Why = fmt.Sprintf(w.notRecorded, until.Format(jsonDate))
			return last, nil
		}
		last.Differences = append(last.Differences, fmt.Sprintf(w.recordedUntil, until.Format(jsonDate)))
	}
	q := semantic.Query{Measures: []semantic.Measure{{Metric: metric.Name}}, Period: &window}
	if !usual.Start.Before(from) {
		q.Compare = &semantic.Compare{Kind: semantic.CompareExplicit, Period: usual}
	}
	if err := r.tellLastTime(ctx, last, q, was, prefix); err != nil {
		return nil, err
	}
	asked := now.Event == was.Event && now.Market == was.Market && now.Start.Equal(was.Start) // it, and not the one to come
	if asked && last.Text != "" && was.Windows != (calendar.Windows{}) {
		return last, r.tellOwnDays(ctx, last, was, metric, prefix+"o")
	}
	return last, nil
}

// windowOf is the days around an edition that its figures are about, and the same days of
// the week as shortly before as does not overlap.
func windowOf(e calendar.Edition) (window, usual semantic.Period) {
	window = semantic.Period{Start: e.Start.AddDate(0, 0, -e.Windows.Lead), End: e.End.AddDate(0, 0, e.Windows.Tail+1)}
	days := int(window.End.Sub(window.Start) / (24 * time.Hour))
	back := (days + 6) / 7 * 7
	return window, semantic.Period{Start: window.Start.AddDate(0, 0, -back), End: window.End.AddDate(0, 0, -back)}
}

// mainMetric is what the analyst measures first that adds up over days.
func (r *run) mainMetric() *semantic.Metric {
	for _, preferred := range []bool{true, false} {
		for _, m := range r.p.Model.Metrics {
			if m.Default == preferred && !m.Hidden && m.Time != "" && r.p.Model.Additive(m.Name) {
				return m
			}
		}
	}
	return nil
}

// tellLastTime asks the data and writes the sentence and the chart.
func (r *run) tellLastTime(ctx context.Context, last *LastTime, q semantic.Query, was calendar.Edition, prefix string) error {
	whole, err := r.query(ctx, prefix, q)
	if err != nil {
		return err
	}
	key := q.Measures[0].Key()
	n := r.narrator(q, whole)
	w := calendarWordsFor(r.q.Language)
	if whole.empty() || !n.has(0, key) {
		last.Why = w.nothingRecorded
		return nil
	}
	leaders, err := r.leaders(ctx, q, key)
	if err != nil {
		return err
	}
	text := fmt.Sprintf(w.lastTime, r.editionName(was), windowName(was, q.Period, r.q.Language), whole.Columns[whole.column(key)].Label, figures.Ref(prefix, key, 0))
	if n.has(0, key+"__growth") {
		text += fmt.Sprintf(w.thanUsual, figures.RefAs(prefix, key+"__growth", 0, figures.Signed))
	}
	if leaders != "" {
		text += fmt.Sprintf(w.ledBy, leaders)
	}
	if last.Text, err = figures.Fill(text, []figures.Table{whole.figureTable()}, r.q.Language); err != nil {
		return fmt.Errorf("write last time: %w", err)
	}
	daily, err := r.daily(ctx, last, q, was, prefix+"d")
	if err != nil {
		return err
	}
	last.results = append(last.results, *whole, *daily)
	return nil
}

// tellOwnDays says what the edition's own days came to: who asks how it went asks of them
// first, and of the days around them then.
func (r *run) tellOwnDays(ctx context.Context, last *LastTime, was calendar.Edition, metric *semantic.Metric, name string) error {
	days := semantic.Period{Start: was.Start, End: was.End.AddDate(0, 0, 1)}
	res, err := r.query(ctx, name, semantic.Query{Measures: []semantic.Measure{{Metric: metric.Name}}, Period: &days})
	if err != nil || res.empty() {
		return err
	}
	label := res.Columns[0].Label
	if r.q.Language == "ko" {
		label += format.Josa(label, "은", "는")
	}
	text := fmt.Sprintf(calendarWordsFor(r.q.Language).ownDays, r.editionName(was), escapeMarkdown(was.Name.In(r.q.Language)), label, figures.Ref(name, metric.Name, 0))
	if last.own, err = figures.Fill(text+" ", []figures.Table{res.figureTable()}, r.q.Language); err != nil {
		return fmt.Errorf("write its own days: %w", err)
	}
	last.ownResults = []Result{*res}
	return nil
}

// daily draws the days of the window, beside the usual ones.
func (r *run) daily(ctx context.Context, last *LastTime, q semantic.Query, was calendar.Edition, name string) (*Result, error) {
	q.Dimensions = []semantic.Dimension{{Grain: semantic.Day}}
	q.FillTime = true
	res, err := r.query(ctx, name, q)
	if err != nil || res.empty() {
		return res, err
	}
	data := r.chartData(res, q)
	w := calendarWordsFor(r.q.Language)
	data.Intent, data.PartialLast, data.BeforeName, data.NowName = string(compose.Trend), false, w.usual, r.editionName(was)
	data.Title = fmt.Sprintf(w.chartTitle, r.editionName(was), was.Name.In(r.q.Language), res.Columns[res.column(q.Measures[0].Key())].Label)
	if c, ok := drawn(res, data, ""); ok {
		last.Chart = &c
	}
	return res, nil
}

// editionName says which edition is meant by its year, as people do: 작년, 2024년.
func (r *run) editionName(e calendar.Edition) string {
	w := calendarWordsFor(r.q.Language)
	switch r.q.Now.Year() - e.Start.Year() {
	case 0:
		return w.thisYear
	case 1:
		return w.lastYear
	}
	return fmt.Sprintf(w.year, e.Start.Year())
}

// editionLabel is what an edition is called among those of its event.
func editionLabel(e calendar.Edition) string {
	if e.Label != "" {
		return e.Label
	}
	return fmt.Sprint(e.Year)
}

// windowName says the days looked at by their distance, and by their dates where the
// event is longer than a day.
func windowName(e calendar.Edition, p *semantic.Period, language string) string {
	if e.End.After(e.Start) || p.End.Sub(p.Start) <= 24*time.Hour {
		return period.Describe(*p, language)
	}
	before, after := int(e.Start.Sub(p.Start)/(24*time.Hour)), int(p.End.Sub(e.Start)/(24*time.Hour))-1
	from := fmt.Sprintf("D-%d", before)
	if before == 0 {
		from = "D-day"
	}
	switch {
	case after < 0:
		return from + fmt.Sprintf("–D-%d", -after)
	case after == 0:
		return from + "–D-day"
	}
	return from + fmt.Sprintf("–D+%d", after)
}

// Bounds of what is looked at to say who led: dimensions, and names told.
const (
	maxLeadDimensions = 6
	maxLeaders        = 2
	leadingPart       = 0.2 // of the rise; less than that leads nothing
)

// leaders are the values that most of the rise above the usual came from, "" when it did
// not rise or came from everywhere.
func (r *run) leaders(ctx context.Context, q semantic.Query, key string) (string, error) {
	if q.Compare == nil {
		return "", nil
	}
	var splits []dimensioned
	fields := r.driverFields(q)
	for _, ref := range fields[:min(maxLeadDimensions, len(fields))] {
		split, ok, err := r.splitBy(ctx, q, key, ref)
		if err != nil {
			return "", err
		}
		if ok {
			splits = append(splits, dimensioned{split: split})
		}
	}
	best, found := 0.0, ""
	for _, s := range splits {
		var rise float64
		for _, p := range s.split.Parts {
			rise += p.Change()
		}
		if rise <= 0 || s.split.Purity == 0 {
			continue
		}
		names, share := leadersOf(s, rise)
		// How uneven the rise is, against what the same values usually are.
		if lift := share; len(names) > 0 && lift > best && !math.IsInf(lift, 0) {
			best, found = lift, joinNames(names)
		}
	}
	return found, nil
}

// joinNames sets names apart that have dots in themselves by commas.
func joinNames(names []string) string {
	if slices.ContainsFunc(names, func(n string) bool { return strings.ContainsRune(n, '·') }) {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "·")
}

// leadersOf are the values of a split that rose most, and by how much their part of the
// rise is more than their part of the usual.
func leadersOf(s dimensioned, rise float64) (names []string, uneven float64) {
	var before float64
	for _, p := range s.split.Parts {
		before += math.Abs(p.Before)
	}
	for _, p := range s.split.Parts {
		part := p.Change() / rise
		if len(names) == maxLeaders || part < leadingPart || before == 0 {
			break
		}
		if extra := part - math.Abs(p.Before)/before; extra > 0 {
			names, uneven = append(names, escapeMarkdown(p.Key)), uneven+extra
		}
	}
	return names, uneven
}
