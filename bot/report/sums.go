package report

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot/usage"
)

// sums sums up the rows of a period.
func sums(rows *usage.Rows, loc *time.Location) Figures {
	var f Figures
	people := map[string]map[string]bool{} // the dates on which somebody asked
	rungs := map[string]int{}
	var wait, took []int64
	var all, thought usage.Spent
	thinking := 0
	for _, q := range rows.Questions {
		if people[q.Person] == nil {
			people[q.Person] = map[string]bool{}
		}
		people[q.Person][q.Asked.In(loc).Format(time.DateOnly)] = true
		f.Questions++
		f.Good, f.Bad = f.Good+q.Good, f.Bad+q.Bad
		all.Add(q.Spent)
		wait = append(wait, q.WaitMS)
		switch q.Outcome {
		case usage.Answered:
			f.Answered++
			rungs[q.Rung]++
			took = append(took, q.TookMS)
			if q.Calls == 0 {
				f.LLM.Without++
			} else {
				thinking++
				thought.Add(q.Spent)
			}
		case usage.Declined:
			f.Declined++
		case usage.AskedBack:
			f.AskedBack++
		case usage.Cancelled:
			f.Cancelled++
		default:
			f.Failed++
		}
	}
	f.People = len(people)
	for _, dates := range people {
		if len(dates) > 1 {
			f.Returned++
		}
	}
	if f.People >= Few && len(rungs) > 0 {
		f.Rungs = rungs
	}
	f.WaitMS, f.TookMS = times(wait), times(took)
	f.LLM.Calls, f.LLM.InputTokens, f.LLM.OutputTokens = all.Calls, all.InputTokens, all.OutputTokens
	f.LLM.DigestCalls, f.LLM.DigestTokens = rows.Rendered.Calls, rows.Rendered.InputTokens+rows.Rendered.OutputTokens
	f.LLM.finish(f.Answered, thinking, thought)
	for _, i := range rows.Issues {
		d := &f.Digests
		d.Sent, d.Skipped, d.Failed, d.Unknown = d.Sent+i.Sent, d.Skipped+i.Skipped, d.Failed+i.Failed, d.Unknown+i.Unknown
	}
	return f
}

// finish works out what answers cost, and what they did not.
func (m *Model) finish(answered, thinking int, thought usage.Spent) {
	if answered > 0 {
		m.PerAnswer = float64(m.Calls) / float64(answered)
	}
	if thinking > 0 {
		each := float64(m.Without) / float64(thinking)
		m.SparedCalls = each * float64(thought.Calls)
		m.SparedTokens = each * float64(thought.InputTokens+thought.OutputTokens)
	}
}

// times are the percentiles of values.
func times(values []int64) Times {
	if len(values) == 0 {
		return Times{}
	}
	slices.Sort(values)
	at := func(p float64) int64 { return values[int(math.Ceil(p*float64(len(values))))-1] }
	return Times{Count: len(values), Median: at(0.5), P95: at(0.95)}
}

// kept is how many people of before are there now.
func kept(now, before *usage.Rows) int {
	was := map[string]bool{}
	for _, q := range before.Questions {
		was[q.Person] = true
	}
	again := map[string]bool{}
	for _, q := range now.Questions {
		if was[q.Person] {
			again[q.Person] = true
		}
	}
	return len(again)
}

// days are the dates of a period with their questions.
func days(rows *usage.Rows, p Period) []Day {
	by := map[string]int{}
	for _, q := range rows.Questions {
		by[q.Asked.In(p.From.Location()).Format(time.DateOnly)]++
	}
	var out []Day
	for d := p.From; d.Before(p.To); d = midnight(d, 0, 1) {
		date := d.Format(time.DateOnly)
		out = append(out, Day{date, by[date]})
	}
	return out
}

// saved estimates what answers saved.
func saved(rows *usage.Rows, m Minutes) Saved {
	s := Saved{Minutes: m}
	most := m.High * 60 * 1000
	var waited float64
	for _, q := range rows.Questions {
		waited += min(float64(q.TookMS), most)
		if q.Outcome == usage.Answered && q.Bad == 0 {
			s.Questions++
		}
	}
	s.WaitedHours = waited / (60 * 60 * 1000)
	hours := func(minutes float64) float64 { return max(0, float64(s.Questions)*minutes/60-s.WaitedHours) }
	s.LowHours, s.HighHours = hours(m.Low), hours(m.High)
	return s
}

// maxGroups is how many groups of a kind are listed.
const maxGroups = 10

// tally is a group while it is counted.
type tally struct {
	name      string
	questions int
	people    map[string]bool
	rooms     map[string]bool
}

// tallies counts questions by name.
type tallies map[string]*tally

// add counts a question under a key that is shown as name.
func (t tallies) add(q *usage.Question, key, name string) {
	g := t[key]
	if g == nil {
		g = &tally{name: name, people: map[string]bool{}, rooms: map[string]bool{}}
		t[key] = g
	}
	g.questions++
	g.people[q.Person] = true
	if !q.Direct {
		g.rooms[q.Platform+":"+q.Channel] = true
	}
}

// groups are those that may be told apart: of Few people, and of so many rooms.
func (t tallies) groups(rooms int) Groups {
	out := Groups{List: []Group{}}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		g := t[key]
		if len(g.people) < Few || len(g.rooms) < rooms {
			out.Rest += g.questions
			continue
		}
		out.List = append(out.List, Group{g.name, g.questions, len(g.people)})
	}
	slices.SortStableFunc(out.List, func(a, b Group) int { return cmp.Compare(b.Questions, a.Questions) })
	for len(out.List) > maxGroups {
		last := len(out.List) - 1
		out.Rest += out.List[last].Questions
		out.List = out.List[:last]
	}
	return out
}

// The names of groups that are none of a place's or an analyst's.
const (
	nameDirect = "direct" // what was asked in direct messages
	nameNone   = ""
)

// groups counts alike what is alike.
func (r *Report) groups(ctx context.Context, rows *usage.Rows, opts Options) {
	reasons, words, analysts, channels, texts := tallies{}, tallies{}, tallies{}, tallies{}, tallies{}
	for i := range rows.Questions {
		q := &rows.Questions[i]
		if q.Outcome == usage.Declined || q.Outcome == usage.Failed {
			name := cmp.Or(q.Reason, string(q.Outcome))
			reasons.add(q, name, name)
		}
		for _, word := range q.Unknown {
			words.add(q, fold(word), word)
		}
		if q.Analyst != nameNone {
			analysts.add(q, q.Analyst, q.Analyst)
		}
		if q.Direct {
			channels.add(q, nameDirect, nameDirect)
		} else {
			key := q.Platform + ":" + q.Channel
			channels.add(q, key, opts.channel(ctx, q))
		}
		if q.Text != "" {
			texts.add(q, fold(q.Text), q.Text)
		}
	}
	// A text that one room alone has seen is that room's.
	seen := 0
	if opts.Everybody {
		seen = 2
	}
	r.Reasons, r.Analysts = reasons.groups(0), analysts.groups(0)
	r.AskedFor, r.Questions = words.groups(seen), texts.groups(seen)
	r.Channels = Groups{List: []Group{}}
	if !opts.Everybody {
		r.Channels = channels.groups(0)
	}
}

// channel names where a question was asked.
func (o Options) channel(ctx context.Context, q *usage.Question) string {
	if o.Channel != nil {
		if name := o.Channel(ctx, q.Platform, q.Channel); name != "" {
			return name
		}
	}
	return q.Platform + ":" + q.Channel
}

// fold makes texts equal that differ in case, spaces and marks at the end.
func fold(text string) string {
	return strings.ToLower(strings.TrimRight(strings.Join(strings.Fields(text), " "), "?!.~ …"))
}

// maxWorst is how many answers are pointed out.
const maxWorst = 10

// worst points out the answers that people did not like, the newest first among equals.
func (r *Report) worst(ctx context.Context, rows *usage.Rows, opts Options) {
	r.Worst = []Worst{}
	for i := range slices.Backward(rows.Questions) {
		q := &rows.Questions[i]
		if q.Bad == 0 {
			continue
		}
		w := Worst{Number: q.Number(), Date: q.Asked.In(opts.Period.From.Location()).Format(time.DateOnly), Analyst: q.Analyst, Bad: q.Bad, Good: q.Good}
		if !opts.Everybody {
			w.ID, w.Text = q.ID, q.Text
			if w.Channel = nameDirect; !q.Direct {
				w.Channel = opts.channel(ctx, q)
			}
		}
		r.Worst = append(r.Worst, w)
	}
	slices.SortStableFunc(r.Worst, func(a, b Worst) int { return cmp.Compare(b.Bad-b.Good, a.Bad-a.Good) })
	r.Worst = r.Worst[:min(len(r.Worst), maxWorst)]
}
