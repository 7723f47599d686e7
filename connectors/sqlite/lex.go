package sqlite

import (
	"strings"
)

// token is a piece of a statement, as far as statements must be told apart by it.
type token struct {
	kind tokenKind
	text string // as written
}

type tokenKind int

const (
	space tokenKind = iota
	comment
	text   // '…'
	quoted // "…", `…`, […]
	word
	mark // one byte of anything else
)

// tokens takes a statement apart the way SQLite does. What is not closed goes to the end.
func tokens(sql string) []token {
	var out []token
	for sql != "" {
		kind, n := next(sql)
		out = append(out, token{kind, sql[:n]})
		sql = sql[n:]
	}
	return out
}

func next(s string) (tokenKind, int) {
	switch c := s[0]; {
	case strings.HasPrefix(s, bom):
		return space, len(bom) // to SQLite, wherever a word could begin
	case isSpace(c):
		n := 1
		for n < len(s) && isSpace(s[n]) {
			n++
		}
		return space, n
	case strings.HasPrefix(s, "--"):
		return comment, upTo(s, "\n", 2)
	case strings.HasPrefix(s, "/*"):
		return comment, upTo(s, "*/", 2)
	case c == '\'':
		return text, closing(s)
	case c == '"', c == '`':
		return quoted, closing(s)
	case c == '[':
		return quoted, upTo(s, "]", 1)
	case isWord(c):
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		return word, n
	}
	return mark, 1
}

// bom is the mark that some programs begin a text with.
const bom = "\ufeff"

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// closing is the length of what a quotation mark opens; the mark twice is itself.
func closing(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			continue
		}
		if i+1 == len(s) || s[i+1] != s[0] {
			return i + 1
		}
		i++
	}
	return len(s)
}

func upTo(s, end string, from int) int {
	if len(s) < from {
		return len(s)
	}
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// unquoted is the name that a token writes.
func unquoted(s string) string {
	if len(s) < 2 {
		return s
	}
	switch s[0] {
	case '"', '`', '\'':
		q := s[:1]
		return strings.ReplaceAll(strings.TrimSuffix(s[1:], q), q+q, q)
	case '[':
		return strings.TrimSuffix(s[1:], "]")
	}
	return s
}

// fold is a name as SQLite compares it: only the capitals of ASCII are small letters, too.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// identifier writes a name so that it can be nothing but a name.
func identifier(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
