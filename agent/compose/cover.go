package compose

import "math"

// after is what a piece follows, as far as that decides what may come next.
type after uint8

const (
	afterOther after = iota // the start, a verb, a separator
	afterNoun
	afterParticle
	afterUnknown
	states
)

// maxUnknown bounds the length of a piece that nothing explains; a longer word is
// several of them.
const maxUnknown = 24

// step is the best way to reach a rune in a state.
type step struct {
	cost  float64
	from  int   // rune
	state after // at from
	piece token
}

// cover cuts a text into the pieces that cost least together.
func (m *matcher) cover() []token {
	n := m.len()
	best := make([][states]step, n+1)
	for i := range best {
		for s := range best[i] {
			best[i][s].cost = math.Inf(1)
		}
	}
	best[0][afterOther].cost = 0
	for i := range n {
		m.extend(best, i)
	}
	return m.trace(best)
}

// extend continues every way that reaches rune i.
func (m *matcher) extend(best [][states]step, i int) {
	reached := false
	for s := range best[i] {
		reached = reached || !math.IsInf(best[i][s].cost, 1)
	}
	if !reached {
		return
	}
	if m.class[i] <= mark {
		m.pass(best, i)
	}
	if m.class[i] == blank {
		return
	}
	pieces := m.pieces(i)
	if m.class[i] > mark {
		pieces = append(pieces, m.unknowns(i)...)
	}
	for _, p := range pieces {
		next := follow(m.lex, p.token)
		for s := range best[i] {
			cost := best[i][s].cost + p.cost + m.join(after(s), p.token)
			if to := &best[p.to][next]; cost < to.cost-1e-9 {
				*to = step{cost: cost, from: i, state: after(s), piece: p.token}
			}
		}
	}
}

// pass steps over white space and punctuation; a comma and its like separate.
func (m *matcher) pass(best [][states]step, i int) {
	separator := false
	switch m.runes[i] {
	case ',', '/', '&', '+', '·', '、', ';':
		separator = true
	}
	for s := range best[i] {
		next, t := after(s), token{}
		if separator {
			next, t = afterOther, m.token(aSeparator, i, i+1)
		}
		cost := best[i][s].cost + 0.01
		if m.runes[i] == '%' {
			cost += costWord // it is read where it can be
		}
		if to := &best[i+1][next]; cost < to.cost {
			*to = step{cost: cost, from: i, state: after(s), piece: t}
		}
	}
}

// unknowns are the pieces from rune i on that say nothing.
func (m *matcher) unknowns(i int) []piece {
	var out []piece
	for to := i + 1; to <= m.len() && to-i <= maxUnknown; to++ {
		if b := m.border(to); b != inside {
			out = append(out, piece{m.token(anUnknown, i, to), costUnknown + costLetter*float64(to-i)})
		}
		if to == m.len() || m.class[to] <= mark {
			return out
		}
	}
	_, to := m.word(i)
	return append(out, piece{m.token(anUnknown, i, to), costUnknown + costLetter*float64(to-i)})
}

// join is the cost of putting a piece after what precedes it.
func (m *matcher) join(s after, t token) float64 {
	attached := !t.spaced && t.from > 0
	if t.kind == aParticle {
		switch {
		case s == afterOther:
			return math.Inf(1)
		case attached:
			return 0
		case m.class[t.from] == hangul && t.to-t.from == 1 && !m.lex.detachable(t):
			return 1.2
		}
		return 0.5
	}
	if !attached || m.border(t.from) == hard {
		return 0
	}
	switch s {
	case afterNoun:
		return 0.3
	case afterParticle:
		return 0.6
	case afterUnknown:
		return 1.5
	}
	return 1.2
}

// detachable reports whether a particle is often written apart from its noun.
func (l *Lexicon) detachable(t token) bool {
	return l.has(t, wBy) || l.has(t, wPer) || l.has(t, wUntil) || l.has(t, wAmong) || l.has(t, wThan) || l.has(t, wAnd)
}

// follow returns the state after a piece.
func follow(l *Lexicon, t token) after {
	switch t.kind {
	case aParticle:
		return afterParticle
	case anUnknown:
		return afterUnknown
	case aSeparator:
		return afterOther
	case aWord:
		if l.has(t, wVerb) {
			return afterOther
		}
	}
	return afterNoun
}

// trace reads the cheapest way back from the end.
func (m *matcher) trace(best [][states]step) []token {
	at, state := m.len(), afterOther
	for s := range best[at] {
		if best[at][s].cost < best[at][state].cost {
			state = after(s)
		}
	}
	var out []token
	for at > 0 {
		s := best[at][state]
		if s.piece.to > 0 {
			out = append(out, s.piece)
		}
		at, state = s.from, s.state
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// has reports whether a token can be a word.
func (l *Lexicon) has(t token, w word) bool {
	_, ok := l.arg(t, w)
	return ok
}

// arg returns the argument of a word that a token can be.
func (l *Lexicon) arg(t token, w word) (string, bool) {
	if t.kind != aWord && t.kind != aParticle {
		return "", false
	}
	for _, x := range t.meanings {
		if s := l.at(x.sense); s.kind == isWord && s.word == w {
			return s.arg, true
		}
	}
	return "", false
}
