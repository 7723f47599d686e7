package eval

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenEnd returns where the token of sql that begins at i ends. Only what decides
// where statements and words end is told apart: quoted things, comments, words, and
// single characters. What is not closed goes to the end.
func tokenEnd(sql string, i int) int {
	rest := sql[i:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		return i + until(rest, "\n", 2)
	case strings.HasPrefix(rest, "/*"):
		return i + until(rest, "*/", 2)
	case c == '\'' || c == '"' || c == '`':
		for j := 1; j < len(rest); j++ {
			if rest[j] != c {
				continue
			}
			if j+1 < len(rest) && rest[j+1] == c {
				j++
				continue
			}
			return i + j + 1
		}
		return len(sql)
	case c == '[':
		return i + until(rest, "]", 1)
	}
	n := 0
	for n < len(rest) {
		r, size := utf8.DecodeRuneInString(rest[n:])
		if r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		n += size
	}
	if n == 0 {
		_, n = utf8.DecodeRuneInString(rest)
	}
	return i + n
}

// until returns the length of s up to and with the first end after from bytes.
func until(s, end string, from int) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

var (
	errStatements = errors.New("more than one statement")
	errNull       = errors.New("the statement contains a null character")
)

// oneStatement returns the statement of sql without its semicolon and what follows.
// It fails where Python's sqlite3 refuses to execute sql: for a NUL and for anything
// but blanks and comments after the first semicolon, be it another one.
func oneStatement(sql string) (string, error) {
	if strings.ContainsRune(sql, 0) {
		return "", errNull
	}
	for i := 0; i < len(sql); i = tokenEnd(sql, i) {
		if sql[i] == ';' {
			if blank(sql[i+1:]) {
				return sql[:i], nil
			}
			return "", errStatements
		}
	}
	return sql, nil
}

// blank reports whether s holds nothing but blanks and comments.
func blank(s string) bool {
	for i := 0; i < len(s); {
		switch {
		case strings.IndexByte(" \t\n\r\f", s[i]) >= 0:
			i++
		case strings.HasPrefix(s[i:], "--"), strings.HasPrefix(s[i:], "/*"):
			i = tokenEnd(s, i)
		default:
			return false
		}
	}
	return true
}

// stripDistinct takes the word DISTINCT out of the first statement of sql and drops
// the others, as Spider's evaluator does with the help of sqlparse.
func stripDistinct(sql string) string {
	var b strings.Builder
	for i := 0; i < len(sql); {
		end := tokenEnd(sql, i)
		if token := sql[i:end]; !strings.EqualFold(token, "distinct") {
			b.WriteString(token)
		}
		if sql[i] == ';' {
			break
		}
		i = end
	}
	return b.String()
}
