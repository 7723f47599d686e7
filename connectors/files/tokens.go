package files

import (
	"strings"
)

// token is a number, a word or a separator of a date.
type token struct {
	kind byte // '0' number, 'a' word, otherwise the separator itself
	num  int
	size int // digits of a number
	word string
}

// tokens is a date cut into pieces, read from the front.
type tokens struct {
	list [24]token
	n, i int
}

// peek returns the token k places ahead.
func (t *tokens) peek(k int) token {
	if t.i+k < t.n {
		return t.list[t.i+k]
	}
	return token{}
}

// spaces skips blanks.
func (t *tokens) spaces() {
	for t.peek(0).kind == ' ' {
		t.i++
	}
}

func (t *tokens) take(kind byte) (token, bool) {
	if tok := t.peek(0); tok.kind == kind {
		t.i++
		return tok, true
	}
	return token{}, false
}

// takeWord takes one of words.
func (t *tokens) takeWord(words ...string) bool {
	tok := t.peek(0)
	if tok.kind != 'a' {
		return false
	}
	for _, w := range words {
		if tok.word == w {
			t.i++
			return true
		}
	}
	return false
}

// split cuts s; false when it holds what no date does.
func (t *tokens) split(s string) bool {
	for i := 0; i < len(s); {
		if t.n == len(t.list) {
			return false
		}
		c, tok := s[i], &t.list[t.n]
		switch {
		case c >= '0' && c <= '9':
			*tok = token{kind: '0'}
			for ; i < len(s) && s[i] >= '0' && s[i] <= '9' && tok.size < 15; i++ {
				tok.num, tok.size = tok.num*10+int(s[i]-'0'), tok.size+1
			}
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			j := i
			for j < len(s) && (s[j]|0x20 >= 'a' && s[j]|0x20 <= 'z' || s[j] >= 0x80) {
				j++
			}
			*tok = token{kind: 'a', word: strings.ToLower(s[i:j])}
			i = j
		case strings.IndexByte(" -./:,()+'", c) >= 0:
			*tok = token{kind: c}
			i++
		default:
			return false
		}
		t.n++
	}
	return true
}
