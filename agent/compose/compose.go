package compose

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/period"
)

// maxText is how many characters a question may have.
const maxText = 2000

// maxTokens is how many words and particles are still read as one question.
const maxTokens = 150

// maxGuesses bounds the unknown words that a slip of the finger is looked for in;
// a text with more of them is not a mistyped question.
const maxGuesses = 4

// Parse reads a question. It has no side effects and its time is bounded by the
// length of the text. A text of more than 2,000 characters is declined as
// DeclineShape.
func Parse(in Input) Outcome {
	if in.Language == "" {
		in.Language = Detect(in.Text)
	}
	if len(in.Text) > 4*maxText || utf8.RuneCountInString(in.Text) > maxText {
		return Outcome{Declined: DeclineShape}
	}
	t, toks := tokens(in)
	if len(toks) > maxTokens {
		return Outcome{Declined: DeclineShape}
	}
	if unknown := unknownWords(toks); len(unknown) > 0 {
		return Outcome{Declined: DeclineUnknown, Unknown: unknown}
	}
	r := &reader{in: in, lex: in.Lexicon, text: t, toks: toks}
	r.read()
	if r.problem == nil && !r.d.says() {
		return Outcome{Declined: DeclineEmpty}
	}
	return r.compose()
}

// tokens covers the text with what the lexicon, the calendar and the languages know.
func tokens(in Input) (*text, []token) {
	m := in.matcher()
	toks := m.cover()
	if right, any := m.spelled(toks); any {
		in.Text = right
		m = in.matcher()
		toks = m.cover()
	}
	if m.foretells(toks) && m.lookAhead(in) {
		toks = m.cover()
	}
	if len(unknownWords(m.dropGlossed(m.wholeUnknowns(toks)))) > 0 && m.guess(toks) {
		toks = m.cover()
	}
	return m.text, m.dropGlossed(m.wholeUnknowns(toks))
}

func (in Input) matcher() *matcher {
	t := newText(in.Text)
	m := &matcher{text: t, lex: in.Lexicon, mentions: map[int][]*period.Mention{}, clocks: map[int]*clock{}}
	for _, x := range in.mentions(t.src) {
		at := t.runeAt(x.From)
		m.mentions[at] = append(m.mentions[at], &x)
	}
	for _, c := range clocks(t.src) {
		m.clocks[t.runeAt(c.from)] = &c
	}
	return m
}

// dropGlossed leaves out words that nothing explains but what stands in parentheses
// after them: 변속기(transmission)별.
func (m *matcher) dropGlossed(toks []token) []token {
	var out []token
	for i, t := range toks {
		named := t.kind == anUnknown || t.mention != nil && t.mention.Kind == period.By // 주별(state)
		if !named || !m.glossed(t, toks[i+1:]) {
			out = append(out, t)
		}
	}
	return out
}

func (m *matcher) glossed(t token, rest []token) bool {
	from := m.skipBlank(t.to)
	if from >= m.len() || m.runes[from] != '(' {
		return false
	}
	length := slices.Index(m.runes[from:], ')')
	known := false
	for _, x := range rest {
		if x.from > from+length {
			break
		}
		if x.kind == anUnknown {
			return false
		}
		known = known || x.kind == aTerm
	}
	return known
}

func (in Input) mentions(src string) []period.Mention { return period.Parse(src, in.times()) }

func (in Input) times() period.Options {
	return period.Options{Language: in.Language, Now: in.Now, WeekStart: in.WeekStart, FiscalYearStart: in.FiscalYearStart, Calendar: in.Calendar}
}

func unknownWords(toks []token) []string {
	var out []string
	for _, t := range toks {
		if t.kind == anUnknown {
			out = append(out, t.text)
		}
	}
	return out
}

// compose builds the plan, or says why there is none.
func (r *reader) compose() Outcome {
	if r.problem != nil {
		return r.outcome()
	}
	b := &builder{reader: r, follow: r.follows()}
	if b.follow {
		b.p = clone(r.in.Previous)
		b.forgetNamed()
	}
	b.build()
	if r.problem != nil {
		return r.outcome()
	}
	if b.follow {
		b.p.Changed = b.changes(r.in.Previous)
	}
	return Outcome{Plan: &b.p, FollowUp: b.follow}
}

func (r *reader) outcome() Outcome {
	p := r.problem
	if p.clarify != nil {
		return Outcome{Clarify: p.clarify}
	}
	return Outcome{Declined: p.decline, Unknown: p.unknown, Until: p.until}
}

// guess looks for slips of the finger in the words that nothing explains, alone and
// with the words around them, and reports whether it found any.
func (m *matcher) guess(toks []token) bool {
	m.typos = map[int][]piece{}
	found := false
	if len(unknownWords(toks)) > maxGuesses {
		return false
	}
	for _, t := range toks {
		if t.kind != anUnknown {
			continue
		}
		from, to := m.word(t.from)
		starts, ends := []int{from}, []int{to}
		if joins := m.class[from] != latin || to-from > 3; joins { // "tv" is no slip of the word before revenue
			if p := m.wordBefore(from); p >= 0 {
				starts = append(starts, p)
			}
			if n := m.wordAfter(to); n >= 0 {
				ends = append(ends, n)
			}
		}
		for _, a := range starts {
			for _, z := range ends {
				found = m.guessAt(a, z) || found
			}
		}
	}
	return found
}

func (m *matcher) wordBefore(i int) int {
	for i--; i >= 0 && m.class[i] == blank; i-- {
	}
	if i < 0 || m.class[i] <= mark {
		return -1
	}
	from, _ := m.word(i)
	return from
}

func (m *matcher) wordAfter(i int) int {
	i = m.skipBlank(i)
	if i >= m.len() || m.class[i] <= mark {
		return -1
	}
	_, to := m.word(i)
	return to
}

// maxSuffix is how many syllables of particles a mistyped word may carry.
const maxSuffix = 4

// guessAt looks for keys near the runes from a to z, less the particles at the end.
func (m *matcher) guessAt(a, z int) bool {
	found := false
	best := 3
	for end := z; end > a && z-end <= maxSuffix; end-- {
		if m.border(end) == inside || m.class[end-1] == blank {
			continue
		}
		key := fold(m.slice(a, end))
		near, distance := m.lex.fuzzy.near(key)
		if len(near) == 0 || distance > best {
			continue
		}
		best = distance
		for _, key := range near {
			m.addTypo(a, end, key, distance)
			found = true
		}
	}
	return found
}

// addTypo offers a key as what was meant by the runes from a to z.
func (m *matcher) addTypo(a, z int, key string, distance int) {
	for _, e := range m.lex.index.lookup(key) {
		kind, base := m.lex.kindOf(e, key)
		if kind == aParticle || kind == aWord && m.startsWithName(m.slice(a, z)) {
			continue // 구매 주기 is no slip of 구해 주기
		}
		how := asTypo
		p := piece{m.token(kind, a, z), base + 2.5 + 1.5*float64(distance)}
		p.meanings = []meaning{{e.sense, how}}
		m.typos[a] = mergePiece(m.typos[a], p)
	}
}

// startsWithName reports whether the first of several words is a name.
func (m *matcher) startsWithName(words string) bool {
	first, _, several := strings.Cut(strings.TrimSpace(words), " ")
	key := fold(first)
	return several && slices.ContainsFunc(m.lex.index.lookup(key), func(e entry) bool { return m.lex.at(e.sense).kind != isWord })
}

// mergePiece adds the meanings of a piece to one with the same extent.
func mergePiece(list []piece, p piece) []piece {
	for i := range list {
		if list[i].to == p.to && list[i].kind == p.kind && list[i].cost == p.cost {
			if !slices.Contains(list[i].meanings, p.meanings[0]) {
				list[i].meanings = append(list[i].meanings, p.meanings[0])
			}
			return list
		}
	}
	return append(list, p)
}

// wholeUnknowns joins what nothing explains to the rest of its word, so that 이직률
// is named whole and not by the syllables that happened to be left over.
func (m *matcher) wholeUnknowns(toks []token) []token {
	var out []token
	for _, t := range toks {
		last := len(out) - 1
		joins := last >= 0 && !t.spaced && out[last].to == t.from && m.border(t.from) == soft && t.kind != aParticle && out[last].kind != aParticle ||
			last >= 0 && m.endsUnknown(out[last], t)
		if joins && (t.kind == anUnknown || out[last].kind == anUnknown) {
			out[last].to = t.to
			out[last].kind = anUnknown
			out[last].text = strings.TrimSpace(m.slice(out[last].from, t.to))
			continue
		}
		out = append(out, t)
	}
	return out
}

// endsUnknown reports whether what looks like a particle is the end of a word that nothing
// explains: 이, 은, 을 and 과 follow a consonant, so that 카카오페이 is a name and not 카카오페.
func (m *matcher) endsUnknown(unknown, t token) bool {
	if unknown.kind != anUnknown || t.kind != aParticle || t.spaced || unknown.to != t.from {
		return false
	}
	head := string([]rune(m.slice(t.from, t.to))[:1])
	return strings.Contains("이은을과", head) && format.Josa(unknown.text, "consonant", "vowel") == "vowel"
}
