// Package period finds what a text says about time, in Korean and English: periods
// (지난달, last 6 weeks, 작년 추석), grains (월별, by week), comparisons (전년 대비, vs
// September) and shifts of a period named before (작년 같은 달은?).
//
// How expressions that people disagree about are read:
//
//   - The current unit (이번 달, this year, 11월 in November) ends today. A month, quarter
//     or day without a year is the latest one that has begun.
//   - "Last N" weeks, months, quarters and years (최근 3개월, last 6 weeks), N above one,
//     are the N complete calendar units before the current one. N days, hours, and one
//     week, month or year (최근 한 달, past year) are rolling and end yesterday, or with
//     the last full hour.
//   - "Last few" units (지난 몇 달, past weeks) are the last three, "a couple" the last two.
//   - 최근, 요즘 and recently, alone, are the last 30 days.
//   - N units ago (2주 전) is the calendar unit at that distance; so is N units before an
//     event, counted from its first day (추석 2주 전 is the second week before it, "3 days
//     before Chuseok" one day). 추석 전 2주 and "the 2 weeks before Chuseok" are all 14 days.
//   - 초, 중순 and 말 of a month are its days 1–10, 11–20 and from 21; of a year, 초 and 말
//     are January and December.
//   - The n-th week of a month counts weeks with most of their days in it; weeks of a year
//     are those of ISO 8601.
//   - A fiscal year is named by the calendar year it ends in.
//   - 이후 and since include what they name, except an event, which must be over; 이전 and
//     before exclude it, except that 이전 includes a single day.
package period

import (
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/semantic"
)

// Kind is what a mention says.
type Kind string

// The kinds of mentions.
const (
	Range  Kind = "range"  // a period
	By     Kind = "by"     // a grain to group by: 월별, daily, 요일별
	Versus Kind = "versus" // a comparison: 전월 대비, vs last year, 9월보다
	Shift  Kind = "shift"  // another period relative to one named before: 작년 같은 달, the month before that
)

// Mention is one expression of time in a text.
type Mention struct {
	Kind Kind
	// From and To are the byte offsets of the expression with its particles,
	// half-open.
	From, To int
	// Period is the period of a Range, and of a Versus that names one. An open end is
	// zero; 전체 기간 (all time) is open at both. A Shift that can also be said of today
	// (한 달 전, previous quarter) has that reading here, for texts that follow no other.
	Period semantic.Period
	// Unit is the calendar unit a Range was named in (지난달 → month, 2025년 → year, the
	// complete units of "last 6 weeks" → week); "" for rolling, explicit and event
	// periods, and for halves of a year. Of a Versus it is the unit compared by
	// (전월 대비 → month), and of a Shift the unit that the result is one of (작년 같은 달
	// → month; 작년 같은 기간 → "", the same dates).
	Unit semantic.Grain
	// Bare is set on a Range that names a unit and nothing else (작년, last year,
	// 9월, 3분기), so that a follow-up "그럼 작년은?" may mean the same dates then.
	Bare bool
	// Grain is that of a By.
	Grain semantic.Grain
	// Compare is that of a Versus. 지난달보다 and 작년보다 are previous and year_ago, with
	// the month and year named in Period: the first is meant when the base is the
	// current unit or not named, Period when it is another.
	Compare semantic.CompareKind
	// Count and Step are those of a Shift: -1 and year for 작년 같은 달. Step "" is the
	// base's own length.
	Count int
	Step  semantic.Grain
	// Event is the calendar's event id, and Edition its year, when the period was
	// named by one.
	Event   string
	Edition int
	// Future is set when the period begins after now.
	Future bool
}

// Options say how to read.
type Options struct {
	Language        string    // "ko" or "en"; expressions of both are found in either
	Now             time.Time // "today" is its date in its own location
	WeekStart       time.Weekday
	FiscalYearStart time.Month         // 0 means January
	Calendar        *calendar.Calendar // for periods named by events; nil finds none
}

// Parse returns the expressions of time in text, in its order and without overlap: at
// each place the longest. Words that merely look like one (5월드, "may" as a verb) are
// left out, and so are days of the week that recur (주말, Mondays). Dates of the result
// are wall time, at midnight UTC; hours appear only where they were named.
func Parse(text string, opts Options) []Mention {
	r := newReader(text, opts)
	var found []Mention
	for i := 0; i < len(text); {
		if r.begins(i) {
			if to := r.noEdition(i); to > i {
				i = to
				continue
			}
			if m, ok := r.mention(i); ok {
				if n := len(found); n > 0 {
					m = m.apart(found[n-1])
				}
				found = append(found, m)
				i = m.To
				continue
			}
		}
		_, width := utf8.DecodeRuneInString(text[i:])
		i += width
	}
	return found
}

// apart moves what is compared with a year back where it would be the period itself:
// this October vs last October.
func (m Mention) apart(before Mention) Mention {
	if m.Kind == Versus && m.Compare == semantic.CompareExplicit && before.Kind == Range && m.Period == before.Period && !m.Period.Start.IsZero() && !m.Period.End.IsZero() {
		m.Period = semantic.Period{Start: m.Period.Start.AddDate(-1, 0, 0), End: m.Period.End.AddDate(-1, 0, 0)}
	}
	return m
}

// mention returns the longest expression that begins at i.
func (r *reader) mention(i int) (Mention, bool) {
	var best Mention
	for _, read := range []func(*reader, int) (Mention, bool){(*reader).versus, (*reader).shift, (*reader).by} {
		if m, ok := read(r, i); ok && m.To > best.To {
			best = m
		}
	}
	if a := r.span(i); a.to > best.To {
		best = a.mention(Range)
		r.carried = a
	}
	if best.To == 0 {
		return best, false
	}
	best.From = i
	best.Future = !best.Period.Start.IsZero() && best.Period.Start.After(r.now)
	return best, true
}
