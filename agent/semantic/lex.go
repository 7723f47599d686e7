package semantic

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxExprLen bounds an expression: a longer one is a mistake, not a metric.
const maxExprLen = 64 << 10

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokName             // bare identifier or keyword
	tokQuoted           // quoted identifier, text without its quotes
	tokNumber
	tokString // text without its quotes
	tokSymbol
)

type tokenAt struct {
	kind tokenKind
	text string
	pos  int // byte offset in the expression
}

// keyword reports whether the token is the bare word kw, given in upper case.
func (t tokenAt) keyword(kw string) bool {
	return t.kind == tokName && strings.EqualFold(t.text, kw)
}

func (t tokenAt) symbol(s string) bool { return t.kind == tokSymbol && t.text == s }

// SyntaxError says where an expression cannot be read.
type SyntaxError struct {
	Offset  int // in bytes from the start of the expression
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (at character %d)", e.Message, e.Offset+1)
}

func syntaxf(pos int, format string, args ...any) error {
	return &SyntaxError{Offset: pos, Message: fmt.Sprintf(format, args...)}
}

// scan cuts an expression into tokens. Comments are dropped.
func scan(src string) ([]tokenAt, error) {
	if len(src) > maxExprLen {
		return nil, syntaxf(0, "the expression is longer than %d bytes", maxExprLen)
	}
	if !utf8.ValidString(src) {
		return nil, syntaxf(0, "the expression is not UTF-8 text")
	}
	tokens := make([]tokenAt, 0, 16)
	for i := 0; i < len(src); {
		t, next, err := scanOne(src, i)
		if err != nil {
			return nil, err
		}
		if t.kind != tokEnd {
			tokens = append(tokens, t)
		}
		i = next
	}
	return append(tokens, tokenAt{kind: tokEnd, pos: len(src)}), nil
}

// scanOne returns the token at i, or one of kind tokEnd for space and comments, and
// where the next begins.
func scanOne(src string, i int) (tokenAt, int, error) {
	c := src[i]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return tokenAt{}, i + 1, nil
	case strings.HasPrefix(src[i:], "--"):
		if n := strings.IndexByte(src[i:], '\n'); n >= 0 {
			return tokenAt{}, i + n + 1, nil
		}
		return tokenAt{}, len(src), nil
	case strings.HasPrefix(src[i:], "/*"):
		n := strings.Index(src[i+2:], "*/")
		if n < 0 {
			return tokenAt{}, 0, syntaxf(i, "the comment is not closed")
		}
		return tokenAt{}, i + n + 4, nil
	case c == '\'':
		return scanDelimited(src, i, '\'', tokString)
	case c == '"' || c == '`':
		return scanDelimited(src, i, c, tokQuoted)
	case c >= '0' && c <= '9', c == '.' && i+1 < len(src) && isDigit(src[i+1]):
		return scanNumber(src, i)
	}
	r, size := utf8.DecodeRuneInString(src[i:])
	if unicode.IsSpace(r) {
		return tokenAt{}, i + size, nil
	}
	if isNameStart(r) {
		return scanName(src, i)
	}
	for _, s := range [...]string{"||", "::", "<>", "!=", "<=", ">=", "//"} {
		if strings.HasPrefix(src[i:], s) {
			return tokenAt{tokSymbol, s, i}, i + len(s), nil
		}
	}
	if strings.IndexByte("()+-*/%=<>,.", c) >= 0 {
		return tokenAt{tokSymbol, src[i : i+1], i}, i + 1, nil
	}
	return tokenAt{}, 0, syntaxf(i, "%q has no meaning in an expression", r)
}

func scanDelimited(src string, i int, quote byte, kind tokenKind) (tokenAt, int, error) {
	var b strings.Builder
	for j := i + 1; j < len(src); j++ {
		if src[j] == 0 {
			return tokenAt{}, 0, syntaxf(j, "a NUL character is not allowed")
		}
		if src[j] != quote {
			b.WriteByte(src[j])
			continue
		}
		if j+1 < len(src) && src[j+1] == quote {
			b.WriteByte(quote)
			j++
			continue
		}
		if kind == tokQuoted && b.Len() == 0 {
			return tokenAt{}, 0, syntaxf(i, "a quoted name is empty")
		}
		return tokenAt{kind, b.String(), i}, j + 1, nil
	}
	return tokenAt{}, 0, syntaxf(i, "the quote %c is not closed", quote)
}

func scanNumber(src string, i int) (tokenAt, int, error) {
	j := i
	for j < len(src) && isDigit(src[j]) {
		j++
	}
	if j < len(src) && src[j] == '.' {
		for j++; j < len(src) && isDigit(src[j]); j++ {
		}
	}
	if j < len(src) && (src[j] == 'e' || src[j] == 'E') {
		k := j + 1
		if k < len(src) && (src[k] == '+' || src[k] == '-') {
			k++
		}
		if k < len(src) && isDigit(src[k]) {
			for j = k; j < len(src) && isDigit(src[j]); j++ {
			}
		}
	}
	if r, _ := utf8.DecodeRuneInString(src[j:]); j < len(src) && isNameStart(r) {
		return tokenAt{}, 0, syntaxf(i, "%q is neither a number nor a name; quote a name that begins with a digit", src[i:j+utf8.RuneLen(r)])
	}
	return tokenAt{tokNumber, src[i:j], i}, j, nil
}

func scanName(src string, i int) (tokenAt, int, error) {
	j := i
	for j < len(src) {
		r, size := utf8.DecodeRuneInString(src[j:])
		if !isNameStart(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '$' {
			break
		}
		j += size
	}
	return tokenAt{tokName, src[i:j], i}, j, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }
