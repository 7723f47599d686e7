package compose

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/period"
)

// tokenKind is what a piece of the text was taken for.
type tokenKind uint8

const (
	aTerm      tokenKind = iota // names of the model or of its data
	aWord                       // words that say what to do with them
	aParticle                   // Korean particles
	aNumber                     // a figure
	aMention                    // an expression of time
	aClock                      // hours of the day
	aSeparator                  // comma, slash
	anUnknown
)

// meaning is a sense that a token may have.
type meaning struct {
	sense int32
	how   how
}

// token is a piece of the text with what it may mean.
type token struct {
	kind     tokenKind
	from, to int // runes
	text     string
	meanings []meaning
	num      number
	mention  *period.Mention
	clock    *clock
	spaced   bool // white space before it
	used     bool
}

// piece is a token that the text may be covered with, and its cost.
type piece struct {
	token
	cost float64
}

// Costs. They are relative: a term is cheaper than the two it could be cut into, a
// name is preferred to a word, and anything is cheaper than not understanding.
const (
	costName     = 0.9
	costValue    = 1.0
	costWord     = 0.96
	costFiller   = 1.02
	costParticle = 0.3
	costNumber   = 1.2
	costMention  = 0.8
	costClock    = 0.7
	costUnknown  = 10
	costLetter   = 1 // of an unknown piece
)

// matcher finds the pieces that begin at each rune of a text.
type matcher struct {
	*text
	lex      *Lexicon
	mentions map[int][]*period.Mention // by first rune
	clocks   map[int]*clock            // likewise
	typos    map[int][]piece           // likewise
}

// pieces returns the pieces that begin at rune i.
func (m *matcher) pieces(i int) []piece {
	var out []piece
	m.lex.index.walk(m.text, i, func(h hit) { out = append(out, m.named(i, h)...) })
	for _, mention := range m.mentions[i] {
		to := m.runeAt(mention.To)
		out = append(out, piece{m.token(aMention, i, to), costMention})
		out[len(out)-1].mention = mention
	}
	if c := m.clocks[i]; c != nil {
		out = append(out, piece{m.token(aClock, i, m.runeAt(c.to)), costClock})
		out[len(out)-1].clock = c
	}
	if m.class[i] == digit || m.class[i] == mark || m.border(i) != inside {
		out = append(out, m.figures(i)...)
	}
	out = append(out, m.typos[i]...)
	return out
}

func (m *matcher) token(k tokenKind, from, to int) token {
	return token{kind: k, from: from, to: to, text: m.slice(from, to), spaced: from > 0 && m.class[from-1] <= mark}
}

func (m *matcher) figures(i int) []piece {
	plain, withUnit, plainEnd, unitEnd := m.numberAt(i)
	var out []piece
	if plainEnd > 0 {
		out = append(out, piece{m.token(aNumber, i, plainEnd), costNumber})
		out[len(out)-1].num = plain
	}
	if unitEnd > 0 {
		out = append(out, piece{m.token(aNumber, i, unitEnd), costNumber})
		out[len(out)-1].num = withUnit
	}
	return out
}

// named turns a hit into pieces: one for names, one for words, one for particles.
func (m *matcher) named(from int, h hit) []piece {
	var out [3]piece
	var has [3]bool
	spaced := gapped{form: ^uint32(0)}
	for _, e := range h.entries {
		if e.form != spaced.form { // of thousands that share a key, most are written alike
			spaced = m.spacing(e, h)
		}
		if !spaced.ok || spaced.torn && m.isAstray(e, h.key) || !m.sameCase(e, h.key, from, h.to) {
			continue
		}
		kind, base := m.lex.kindOf(e, h.key)
		if !has[kind] {
			has[kind] = true
			out[kind] = piece{m.token(kind, from, h.to), base + spaced.cost}
		}
		out[kind].cost = min(out[kind].cost, base+spaced.cost)
		out[kind].meanings = append(out[kind].meanings, meaning{e.sense, e.how()})
	}
	var pieces []piece
	for k, p := range out {
		if has[k] {
			p.cost += m.shortness(p.token)
			pieces = append(pieces, p)
		}
	}
	return pieces
}

// kindOf returns what an entry of a key becomes, and its cost.
func (l *Lexicon) kindOf(e entry, key string) (tokenKind, float64) {
	s := l.at(e.sense)
	extra := [...]float64{asLabel: 0, asSynonym: 0.02, asAlias: 0.08, asPart: 0.3, asPrefix: 0.6, asTypo: 2}[e.how()]
	switch {
	case s.kind == isValue:
		return aTerm, costValue + extra
	case s.kind != isWord:
		return aTerm, costName + extra
	case s.word >= wParticle && s.word <= wPlural && isHangulKey(key), s.word == wBy && isHangulKey(key), s.word == wPer && s.arg == "" && isHangulKey(key):
		return aParticle, costParticle
	case s.word == wFiller || s.word == wVerb:
		return aWord, costFiller
	}
	return aWord, costWord
}

func isHangulKey(key string) bool {
	r, _ := utf8.DecodeRuneInString(key)
	return unicode.Is(unicode.Hangul, r)
}

// gapped says how the text and a term differ in white space, if they may.
type gapped struct {
	form uint32
	cost float64
	torn bool // the text has gaps, and others
	ok   bool
}

// spacing compares where the text and the term have white space. English words are
// not run together or torn apart; Korean ones often are.
func (m *matcher) spacing(e entry, h hit) gapped {
	out := gapped{form: e.form, ok: true}
	breaks := m.lex.index.breaksOf(e)
	if h.gaps == breaks {
		return out
	}
	out.torn = h.gaps != 0
	runes := []rune(h.key)
	for i := 1; i < len(runes) && i < 64; i++ {
		inText, inTerm := h.gaps>>i&1 == 1, breaks>>i&1 == 1
		bothLatin := classOf(runes[i-1]) == latin && classOf(runes[i]) == latin
		switch {
		case inText && !inTerm && bothLatin:
			return gapped{form: e.form}
		case inText != inTerm:
			out.cost += 0.12
		}
	}
	return out
}

// isAstray reports whether a word is another one where it is torn apart: 3번 이상 한 is not
// strange.
func (m *matcher) isAstray(e entry, key string) bool {
	return m.lex.at(e.sense).word == wAnomaly && (strings.HasPrefix(key, "이상한") || strings.HasPrefix(key, "이상해") || strings.HasPrefix(key, "이상했"))
}

// sameCase keeps values such as "IN" and "OR" apart from the words in and or.
func (m *matcher) sameCase(e entry, key string, from, to int) bool {
	s := m.lex.at(e.sense)
	if s.kind == isValue && slices.Contains(smallWords, key) {
		return m.slice(from, to) == strings.ToUpper(key)
	}
	if s.kind != isValue || len(key) > 3 || len(s.values) != 1 {
		return true
	}
	written := s.values[0]
	if len(written) > 3 || written[0] > unicode.MaxASCII || !unicode.IsUpper(rune(written[0])) {
		return true
	}
	text := m.slice(from, to)
	return text == written || text == written+"s" || text == strings.ToLower(written) && len(written) > 1 && !m.lex.isSaid(key)
}

// isSaid reports whether an abbreviation is also a word, so that its capitals tell.
func (l *Lexicon) isSaid(key string) bool {
	return slices.Contains(shortWords, key) || slices.ContainsFunc(l.index.lookup(key), func(e entry) bool { return l.at(e.sense).kind == isWord })
}

// shortWords are English words of two and three letters beside those known otherwise.
var shortWords = strings.Fields("ah am eh ha he hi id ma mo oh ok ow pa pm re um vs ya yo ago any but can did due end far few get got had has her him his how its let may new not now off old one our out own per put say see she sir the too try two use via way why yes yet you")

// smallWords are English words that an abbreviation may look like: AS is after-sales
// service, "as" is not.
var smallWords = []string{"a", "as", "at", "an", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of", "on", "or", "so", "to", "up", "us", "we", "all", "and", "are", "for", "was", "who"}

// shortness makes a piece of one syllable within a word dear: it is most often part
// of a word that is not known.
func (m *matcher) shortness(t token) float64 {
	if t.kind == aParticle || t.to-t.from > 1 || m.class[t.from] != hangul {
		return 0
	}
	if m.border(t.from) == soft && !slices.ContainsFunc(t.meanings, func(x meaning) bool { return m.lex.at(x.sense).mayTrail() }) {
		return 2.5
	}
	return 0.2
}

// mayTrail reports whether a word of one syllable is often written onto the noun
// before it: 고객수, 높은순, 서울외.
func (s *sense) mayTrail() bool {
	return s.kind == isWord && (s.word == wCount || s.word == wSort || s.word == wNot || s.word == wVersus)
}
