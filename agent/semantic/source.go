package semantic

import (
	"slices"
	"strings"
)

// sourceText is a Dataset.Source taken apart.
type sourceText struct {
	query  bool
	text   string   // of a query, without what ends it
	parts  []string // of a table's name, unquoted
	tables []string // what it reads
}

// parseSource tells a table's name from a query. A name with blanks needs no quotes,
// one with a dot of its own does.
func parseSource(src string) sourceText {
	trimmed := strings.TrimRight(strings.TrimSpace(src), "; \t\r\n")
	if isQuery(trimmed) {
		return sourceText{query: true, text: keepQuotedBreaks(trimmed), tables: queryTables(trimmed)}
	}
	parts := splitName(trimmed)
	return sourceText{parts: parts, tables: []string{strings.Join(parts, ".")}}
}

func isQuery(s string) bool {
	if strings.HasPrefix(s, "(") {
		return true
	}
	i := strings.IndexAny(s, " \t\r\n")
	if i < 0 {
		return false
	}
	switch strings.ToUpper(s[:i]) {
	case "SELECT", "WITH", "FROM", "VALUES":
		return true
	}
	return false
}

// splitName cuts a qualified name at the dots outside quotes.
func splitName(s string) []string {
	var parts []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		case s[i] == '"' && (quoted || b.Len() == 0):
			quoted = !quoted
		case s[i] == '.' && !quoted:
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	return append(parts, b.String())
}

// keepQuotedBreaks protects the line breaks inside quotes from indentation.
func keepQuotedBreaks(s string) string {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == quote:
			quote = 0
		}
		if c == '\n' && quote != 0 {
			b.WriteString(breakMark)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// queryTables finds the tables a query reads: the names after FROM, JOIN and the
// commas between them, less those the query defines. It reads words, not grammar; the
// guard of the source has the last word.
func queryTables(src string) []string {
	words := sqlWords(src)
	var tables, defined []string
	type level struct{ inFrom, wantTable bool }
	stack := []level{{}}
	for i := 0; i < len(words); i++ {
		top := &stack[len(stack)-1]
		w := words[i]
		upper := strings.ToUpper(w)
		switch {
		case w == "(":
			top.wantTable = false
			stack = append(stack, level{})
		case w == ")":
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		case upper == "FROM" || upper == "JOIN":
			*top = level{inFrom: true, wantTable: true}
		case w == "," && top.inFrom:
			top.wantTable = true
		case endsFrom[upper]:
			*top = level{}
		case top.wantTable:
			name := w
			for i+2 < len(words) && words[i+1] == "." {
				name += "." + words[i+2]
				i += 2
			}
			top.wantTable = false
			if i+1 < len(words) && words[i+1] == "(" {
				break // a table function
			}
			tables = append(tables, strings.Join(splitName(name), "."))
		case upper == "AS" && i > 0 && i+1 < len(words) && words[i+1] == "(":
			defined = append(defined, strings.Join(splitName(words[i-1]), "."))
		}
	}
	tables = slices.DeleteFunc(tables, func(t string) bool {
		return slices.ContainsFunc(defined, func(d string) bool { return strings.EqualFold(d, t) })
	})
	slices.Sort(tables)
	return slices.Compact(tables)
}

var endsFrom = map[string]bool{
	"WHERE": true, "GROUP": true, "ORDER": true, "HAVING": true, "LIMIT": true, "UNION": true,
	"EXCEPT": true, "INTERSECT": true, "QUALIFY": true, "SELECT": true,
	"WINDOW": true,
}

// sqlWords cuts a query into names (quotes kept), and symbols. Strings, numbers and
// comments are dropped.
func sqlWords(src string) []string {
	var words []string
	for i := 0; i < len(src); {
		t, next, err := scanOne(src, i)
		if err != nil {
			i++
			continue
		}
		i = next
		switch t.kind {
		case tokName, tokSymbol:
			words = append(words, t.text)
		case tokQuoted:
			words = append(words, `"`+strings.ReplaceAll(t.text, `"`, `""`)+`"`)
		}
	}
	return words
}
