package almanac

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// reader accounts for every word of a question, from its beginning on.
type reader struct {
	o        Options
	text     string // lower case, NFC
	today    time.Time
	mentions []period.Mention
	ahead    []stretch

	said      say
	events    []string
	markets   []string
	classes   []calendar.Class
	year      int
	from, to  time.Time
	stretches int
	apart     bool // two stretches with others between them
	nth       int
	words     int      // of the vocabulary
	after     *Request // the question before, of one that follows
}

// stretch is a part of the text that names days from today on.
type stretch struct {
	at, end  int
	from, to time.Time
}

func newReader(text string, o Options) *reader {
	text = strings.ToLower(norm.NFC.String(strings.TrimSpace(text)))
	y, m, d := o.Now.Date()
	r := &reader{o: o, text: text, today: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
	r.mentions = period.Parse(text, period.Options{Now: o.Now, WeekStart: o.WeekStart})
	r.ahead = r.lengths()
	return r
}

// lookup is the vocabulary, by first letter and the longest first.
var lookup = sync.OnceValue(func() map[rune][]entry {
	by := map[rune][]entry{}
	for _, e := range vocabulary() {
		first, _ := utf8.DecodeRuneInString(e.text)
		by[first] = append(by[first], e)
	}
	for _, list := range by {
		slices.SortStableFunc(list, func(a, b entry) int { return len(b.text) - len(a.text) })
	}
	return by
})

// read goes through the text and reports whether every word of it was accounted for.
func (r *reader) read() bool {
	for i := 0; i < len(r.text); {
		c, width := utf8.DecodeRuneInString(r.text[i:])
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			i += width
			continue
		}
		to := r.thing(i)
		if to <= i {
			return false
		}
		i = to
	}
	return true
}

// thing reads what begins at i: an event, days, or a word; the longest of them. It
// returns where that ends, i when it is none.
func (r *reader) thing(i int) int {
	event, eventEnd := r.event(i)
	days, daysEnd := r.days(i)
	word, wordEnd := r.word(i)
	switch longest := max(eventEnd, daysEnd, wordEnd); {
	case longest == i:
		return i
	case wordEnd == longest && word.say&sayLeft != 0: // 오늘부터 is no day
		r.hear(word)
	case daysEnd == longest:
		r.take(days)
	case eventEnd == longest:
		if !slices.Contains(r.events, event) {
			r.events = append(r.events, event)
		}
	default:
		r.hear(word)
	}
	return max(eventEnd, daysEnd, wordEnd)
}

func (r *reader) hear(e entry) {
	r.said |= e.say
	r.words++
	if e.nth != 0 {
		r.nth = e.nth
	}
	if e.class != "" && !slices.Contains(r.classes, e.class) {
		r.classes = append(r.classes, e.class)
	}
	if e.market != "" && !slices.Contains(r.markets, e.market) {
		r.markets = append(r.markets, e.market)
	}
}

// event reads an event's name.
func (r *reader) event(i int) (id string, end int) {
	m, ok := r.o.Calendar.Prefix(r.text[i:])
	if !ok {
		return "", i
	}
	end = r.wordEnd(i + m.Len)
	if end < 0 {
		return "", i
	}
	return m.Event, end
}

// word reads a word of the vocabulary.
func (r *reader) word(i int) (entry, int) {
	first, _ := utf8.DecodeRuneInString(r.text[i:])
	var best entry
	end := i
	for _, e := range lookup()[first] {
		n := matches(r.text[i:], e.text)
		if n == 0 {
			continue
		}
		to := i + n
		if e.stem {
			end := r.endOfWord(to)
			if strings.HasPrefix(r.text[to:end], "별") {
				continue // 날짜별, 요일별: of a figure
			}
			to = end
		} else if to = r.wordEnd(to); to < 0 {
			continue
		}
		if to > end {
			best, end = e, to
		}
	}
	return best, end
}

// matches returns how many bytes of text spell phrase, 0 when it does not begin with it.
// Spaces of a phrase may be missing or many.
func matches(text, phrase string) int {
	i := 0
	for _, c := range phrase {
		if c == ' ' {
			for i < len(text) && text[i] == ' ' {
				i++
			}
			continue
		}
		got, width := utf8.DecodeRuneInString(text[i:])
		if got != c {
			return 0
		}
		i += width
	}
	return i
}

// wordEnd returns where the word ends that something ending at i is the beginning of,
// with a particle behind it, or -1 when it goes on otherwise.
func (r *reader) wordEnd(i int) int {
	end := r.endOfWord(i)
	rest := r.text[i:end]
	if rest == "" || rest == "s" && i < len(r.text) {
		return end
	}
	for range 2 { // 까지는, 에는
		for _, p := range particles {
			if rest == p {
				return end
			}
			if strings.HasPrefix(rest, p) && slices.Contains(particles, rest[len(p):]) {
				return end
			}
		}
	}
	if last, _ := utf8.DecodeLastRuneInString(r.text[:i]); unicode.Is(unicode.Hangul, last) {
		// Korean words of a question are also written together: 다음달일정알려줘.
		if next, _ := utf8.DecodeRuneInString(rest); unicode.Is(unicode.Hangul, next) {
			if _, to := r.word(i); to > i && (to == end || r.wordEnd(to) >= 0) {
				return i
			}
		}
	}
	return -1
}

func (r *reader) endOfWord(i int) int {
	for i < len(r.text) {
		c, width := utf8.DecodeRuneInString(r.text[i:])
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			break
		}
		i += width
	}
	return i
}

// days reads an expression of time.
func (r *reader) days(i int) (stretch, int) {
	var best stretch
	for _, s := range r.ahead {
		if s.at == i && s.end > best.end {
			best = s
		}
	}
	for _, m := range r.mentions {
		if m.From != i || m.Kind != period.Range || m.Period.Start.IsZero() || m.Period.End.IsZero() {
			continue
		}
		end := max(m.To, r.endOfParticle(m.To))
		if from, to := r.whole(m); end > best.end {
			best = stretch{at: i, end: end, from: from, to: to.AddDate(0, 0, -1)}
		}
	}
	return best, max(i, best.end)
}

func (r *reader) endOfParticle(i int) int {
	if end := r.endOfWord(i); slices.Contains(particles, r.text[i:end]) {
		return end
	}
	return i
}

// whole is the stretch that a mention means for the calendar. Packages that look back read
// a unit as what of it is over, and a month without a year as the last one.
func (r *reader) whole(m period.Mention) (from, to time.Time) {
	from, to = m.Period.Start, m.Period.End
	tomorrow := r.today.AddDate(0, 0, 1)
	if to.Equal(tomorrow) && m.Unit != "" && m.Unit != semantic.Day {
		switch m.Unit {
		case semantic.Week:
			to = from.AddDate(0, 0, 7)
		case semantic.Month:
			to = from.AddDate(0, 1, 0)
		case semantic.Quarter:
			to = from.AddDate(0, 3, 0)
		case semantic.Year:
			to = from.AddDate(1, 0, 0)
		}
	}
	if !to.After(r.today) && !r.datesItself(r.text[m.From:m.To]) {
		from, to = from.AddDate(1, 0, 0), to.AddDate(1, 0, 0)
	}
	return from, to
}

// dated are the words by which an expression says itself in which year or direction it is.
var dated = regexp.MustCompile(`\d{4}|지난|저번|작년|올해|금년|재작년|전년|이번|어제|그제|전\b|last|previous|past|this|ago|yesterday|today|오늘`)

func (r *reader) datesItself(expression string) bool { return dated.MatchString(expression) }

func (r *reader) take(s stretch) {
	if s.from.Month() == time.January && s.from.Day() == 1 && s.to.Equal(s.from.AddDate(1, 0, -1)) {
		r.year = s.from.Year()
	}
	if r.stretches == 1 && r.after == nil {
		// 11월과 12월 is one stretch; what lies apart is two.
		switch {
		case s.from.Equal(r.to.AddDate(0, 0, 1)):
			r.to = s.to
			return
		case s.to.Equal(r.from.AddDate(0, 0, -1)):
			r.from = s.from
			return
		}
		r.apart = true
	}
	r.from, r.to = s.from, s.to
	r.stretches++
}

var (
	aheadKo = regexp.MustCompile(`(?:앞으로|향후|다가오는|이후)\s*(\d{1,3}|한|두|세|네|다섯|여섯|일|이|삼)\s*(일|주일|주|개월|달|년)(?:간|동안|\s*안에|\s*이내)?`)
	aheadEn = regexp.MustCompile(`(?:in |over |for |within )?(?:the )?(?:next|coming|upcoming|following)\s+(\d{1,3}|a|one|two|three|four|five|six|few|couple of)\s+(days?|weeks?|months?|years?)`)
	weeksEn = regexp.MustCompile(`(?:the )?(?:coming|next few|upcoming) (weeks|months)`)
	// aYear is one that package period sees no year in: of New Year 2027 it reads the wrong end.
	aYear   = regexp.MustCompile(`\b20\d\d\b`)
	nowDays = regexp.MustCompile(`지금|현재|right now|currently|now\b`)
	yearEnd = regexp.MustCompile(`연말까지|올해 말까지|(?:until|through|to|by) (?:the )?(?:end of (?:the |this )?year|year-end|year end)|(?:the )?(?:rest|remainder) of (?:the|this) year|올해\s*남은|남은\s*올해`)
)

// lengths are the expressions that reach ahead from today, which package period, made
// for looking back, does not read.
func (r *reader) lengths() []stretch {
	var out []stretch
	for _, pattern := range []*regexp.Regexp{aheadKo, aheadEn} {
		for _, m := range pattern.FindAllStringSubmatchIndex(r.text, -1) {
			n, err := strconv.Atoi(r.text[m[2]:m[3]])
			if err != nil {
				n = numbers[r.text[m[2]:m[3]]]
			}
			out = append(out, r.reach(m[0], m[1], n, r.text[m[4]:m[5]]))
		}
	}
	for _, m := range weeksEn.FindAllStringSubmatchIndex(r.text, -1) {
		out = append(out, r.reach(m[0], m[1], 4, r.text[m[2]:m[3]]))
	}
	for _, m := range aYear.FindAllStringIndex(r.text, -1) {
		year, _ := strconv.Atoi(r.text[m[0]:m[1]])
		first := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		out = append(out, stretch{at: m[0], end: r.endOfParticle(m[1]), from: first, to: first.AddDate(1, 0, -1)})
	}
	for _, m := range nowDays.FindAllStringIndex(r.text, -1) {
		out = append(out, stretch{at: m[0], end: r.endOfParticle(m[1]), from: r.today, to: r.today})
	}
	for _, m := range yearEnd.FindAllStringIndex(r.text, -1) {
		out = append(out, stretch{at: m[0], end: m[1], from: r.today, to: time.Date(r.today.Year(), 12, 31, 0, 0, 0, 0, time.UTC)})
	}
	return out
}

func (r *reader) reach(at, end, n int, unit string) stretch {
	to := r.today
	for _, u := range units {
		if u.text == unit {
			to = r.today.AddDate(0, n*u.months, n*u.days)
		}
	}
	end = r.endOfParticle(end)
	return stretch{at: at, end: end, from: r.today, to: to}
}
