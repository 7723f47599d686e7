package agent

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// pattern is one wording of a verified question.
type pattern struct {
	verified *Verified
	expr     *regexp.Regexp
	slots    [][]string // what expr's groups hold: slots with nothing between them share one
}

// verifiedPlan is a verified question with its slots filled.
type verifiedPlan struct {
	*Verified
	sql      string
	parts    []VerifiedPart // with their slots filled, too
	period   *semantic.Period
	readings []compose.Reading
	counted  bool // it has a slot for how many: a ranking
}

// slotName is a slot in a wording.
var slotName = regexp.MustCompile(`\{([^{}]+)\}`)

// sqlSlot is a slot in a statement.
var sqlSlot = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)

// politeEnding is what may follow a question without changing it.
const politeEnding = `\s*(?:을|를|은|는|이|가)?\s*(?:좀|한번)?\s*(?:보여|알려|뽑아|정리해|말해|찾아)?\s*(?:줘|줘요|주세요|주실래요|달라|줄래|부탁해|부탁해요|부탁드립니다|궁금해|궁금해요|얼마야|얼마예요|얼마인가요|please)?\s*[?!.~…]*\s*`

// politeStart is what may come before one.
const politeStart = `\s*(?:혹시|please|show me|tell me|give me|what is|what was|what are|what were)?\s*`

func (p *prepared) compilePatterns() []pattern {
	var out []pattern
	for i := range p.Verified {
		v := &p.Verified[i]
		for _, wording := range append([]string{v.Question}, v.Also...) {
			if pt, err := compilePattern(v, wording); err == nil {
				out = append(out, pt)
			}
		}
	}
	return out
}

// compilePattern makes an expression of a wording: spaces are optional, as people
// write Korean with and without them, and slots capture anything.
func compilePattern(v *Verified, wording string) (pattern, error) {
	pt := pattern{verified: v}
	var expr strings.Builder
	expr.WriteString(`(?is)^` + politeStart)
	rest := norm.NFKC.String(strings.ToLower(strings.TrimRight(wording, " ?!.")))
	for rest != "" {
		at := slotName.FindStringSubmatchIndex(rest)
		literal := rest
		if at != nil {
			literal = rest[:at[0]]
		}
		for i, word := range strings.Fields(literal) {
			if i > 0 {
				expr.WriteString(`\s*`)
			}
			expr.WriteString(regexp.QuoteMeta(word))
		}
		if at == nil {
			break
		}
		if slot := rest[at[2]:at[3]]; strings.TrimSpace(literal) == "" && len(pt.slots) > 0 {
			last := len(pt.slots) - 1
			pt.slots[last] = append(pt.slots[last], slot)
		} else {
			expr.WriteString(`\s*(.+?)\s*`)
			pt.slots = append(pt.slots, []string{slot})
		}
		rest = rest[at[1]:]
	}
	expr.WriteString(politeEnding + `$`)
	var err error
	pt.expr, err = regexp.Compile(expr.String())
	return pt, err
}

// match returns the verified question that q asks, or nil. It must be one of the
// given wordings, every slot filled by something of its kind.
func (p *prepared) match(q *Question, cal *calendar.Calendar) *verifiedPlan {
	text := norm.NFKC.String(strings.ToLower(strings.TrimSpace(q.Text)))
	for i := range p.patterns {
		m := p.patterns[i].expr.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		f := filler{p: p, q: q, calendar: cal, literals: map[string]any{}}
		if plan := f.fill(&p.patterns[i], m[1:]); plan != nil {
			return plan
		}
	}
	return nil
}

// filler turns the words in slots into literals.
type filler struct {
	p        *prepared
	q        *Question
	calendar *calendar.Calendar
	literals map[string]any // by slot name as the statement writes it: a number, a time or a text
	plan     verifiedPlan
}

func (f *filler) fill(pt *pattern, words []string) *verifiedPlan {
	f.plan.Verified = pt.verified
	for i, slots := range pt.slots {
		if !f.share(slots, words[i]) {
			return nil
		}
	}
	for slot, word := range pt.verified.Defaults {
		if !f.filled(slot) && !f.slot(slot, word) {
			return nil
		}
	}
	sql, ok := f.write(pt.verified.SQL, pt.verified.Source)
	if !ok {
		return nil
	}
	f.plan.sql = sql
	for _, part := range pt.verified.Parts {
		if part.SQL, ok = f.write(part.SQL, part.Source); !ok {
			return nil
		}
		f.plan.parts = append(f.plan.parts, part)
	}
	return &f.plan
}

// write fills the slots of a statement in the dialect of whom it is for.
func (f *filler) write(sql, source string) (filled string, ok bool) {
	dialect, ok := semantic.DialectOf(f.p.dialectOf(source)), true
	filled = sqlSlot.ReplaceAllStringFunc(sql, func(s string) string {
		v, there := f.literals[sqlSlot.FindStringSubmatch(s)[1]]
		if !there {
			ok = false
			return ""
		}
		if n, whole := v.(int); whole {
			return strconv.Itoa(n)
		}
		return dialect.Literal(v)
	})
	return filled, ok
}

// dialectOf is the dialect of one of the analyst's sources, of its only one or of what joins
// them where none is named.
func (p *prepared) dialectOf(source string) string {
	for _, m := range p.members {
		if m.Name == source {
			return m.Dialect
		}
	}
	return p.catalog.Dialect
}

// maxShared is how long a text is looked at that several slots share, in bytes.
const maxShared = 200

// share divides a text among slots, at its spaces or, as Korean is also written
// without, anywhere.
func (f *filler) share(slots []string, text string) bool {
	if len(slots) == 1 {
		return f.slot(slots[0], text)
	}
	if len(text) > maxShared {
		return false
	}
	for _, atSpace := range []bool{true, false} {
		for i, r := range text {
			if i == 0 || unicode.IsSpace(r) != atSpace {
				continue
			}
			said := len(f.plan.readings)
			if f.slot(slots[0], text[:i]) && f.share(slots[1:], text[i:]) {
				return true
			}
			f.plan.readings = f.plan.readings[:said]
		}
	}
	return false
}

func (f *filler) filled(slot string) bool {
	if slot == "period" {
		slot = "period.start"
	}
	_, ok := f.literals[slot]
	return ok
}

func (f *filler) slot(slot, word string) bool {
	word = strings.TrimSpace(word)
	switch slot {
	case "period":
		return f.periodSlot(word)
	case "n":
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > 1000 {
			return false
		}
		f.literals["n"] = n
		f.plan.counted = true
		return true
	}
	return f.valueSlot(slot, word)
}

func (f *filler) periodSlot(word string) bool {
	in := f.p.input(f.q, f.calendar)
	mentions := period.Parse(word, period.Options{
		Language: f.q.Language, Now: f.q.Now, Calendar: f.calendar, WeekStart: in.WeekStart, FiscalYearStart: in.FiscalYearStart,
	})
	if len(mentions) != 1 || mentions[0].Kind != period.Range || strings.TrimSpace(word[:mentions[0].From]+word[mentions[0].To:]) != "" {
		return false
	}
	p := mentions[0].Period
	if p.Start.IsZero() || p.End.IsZero() {
		return false
	}
	f.literals["period.start"], f.literals["period.end"] = p.Start, p.End
	f.plan.period = &p
	term, meaning := word, period.Describe(p, f.q.Language)
	if squeeze(term) == squeeze(meaning) {
		term = wordsFor(f.q.Language).period // nothing was read into it
	}
	f.plan.readings = append(f.plan.readings, compose.Reading{Kind: compose.ReadPeriod, Term: term, Meaning: meaning})
	return true
}

func (f *filler) valueSlot(field, word string) bool {
	value, ok := f.p.value(field, word)
	if !ok {
		return false
	}
	f.literals[field] = value
	if value != word {
		f.plan.readings = append(f.plan.readings, compose.Reading{Kind: compose.ReadValue, Term: word, Meaning: value})
	}
	return true
}

// value finds the one real value of a field that word names.
func (p *prepared) value(ref, word string) (string, bool) {
	_, f := p.Model.Field(ref)
	if f == nil {
		return "", false
	}
	fold := func(s string) string { return strings.ReplaceAll(normalise(s), " ", "") }
	want := fold(word)
	for _, v := range p.lexicon.Values(ref) {
		if fold(v.Text) == want {
			return v.Text, true
		}
	}
	for _, syn := range f.Values {
		for _, w := range syn.Words {
			if fold(w) == want && len(syn.Values) == 1 {
				return syn.Values[0], true
			}
		}
	}
	return "", false
}
