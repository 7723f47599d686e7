package duckdb

import "strings"

// withoutTerminator cuts a statement before its closing semicolon, so that it can
// stand in parentheses. It only needs to be right about statements that the engine
// has parsed as one, and what it returns is parsed again before anything runs: a
// mistake here can refuse a statement, never let one through.
func withoutTerminator(sql string) string {
	for i := 0; i < len(sql); {
		switch rest := sql[i:]; {
		case rest[0] == ';':
			return sql[:i]
		case rest[0] == '\'':
			i += quotedLength(rest, '\'', i > 0 && (sql[i-1] == 'e' || sql[i-1] == 'E'))
		case rest[0] == '"':
			i += quotedLength(rest, '"', false)
		case rest[0] == '$':
			i += dollarLength(rest)
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				return sql
			}
			i += end
		case strings.HasPrefix(rest, "/*"):
			i += commentLength(rest)
		default:
			i++
		}
	}
	return sql
}

// quotedLength measures a string or quoted name, in which a doubled quote stands
// for one, and in strings with escapes a backslash hides the next byte.
func quotedLength(s string, quote byte, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// dollarLength measures a dollar-quoted string, or the dollar sign where none
// begins.
func dollarLength(s string) int {
	end := strings.IndexByte(s[1:], '$')
	if end < 0 {
		return 1
	}
	tag := s[:end+2]
	if strings.ContainsAny(tag[1:len(tag)-1], " \t\r\n'\"();,") {
		return 1
	}
	closing := strings.Index(s[len(tag):], tag)
	if closing < 0 {
		return len(s)
	}
	return len(tag) + closing + len(tag)
}

// commentLength measures a block comment, which may hold others.
func commentLength(s string) int {
	level := 0
	for i := 0; i+1 < len(s); {
		switch s[i : i+2] {
		case "/*":
			level++
			i += 2
		case "*/":
			level--
			i += 2
			if level == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(s)
}
