package mysql

import (
	"regexp"
	"slices"
	"strings"
)

// strange are words that the grammar keeps for itself and that are names to the servers.
var (
	strangeWords = []string{"array", "ilike", "until", "tidb_current_tso"}
	strange      = regexp.MustCompile(`(?i)\b(` + strings.Join(strangeWords, "|") + `)\b`)
)

// ownWords puts such words into quotes, so that the grammar reads them as names. It only
// touches what is in no quotes and no comment; were it mistaken, the proof and what is
// written anew would still be of one and the same text.
func ownWords(sql string) string {
	// An expression reads a long text slower than the grammar does.
	lower := strings.ToLower(sql)
	if !slices.ContainsFunc(strangeWords, func(w string) bool { return strings.Contains(lower, w) }) {
		return sql
	}
	var b strings.Builder
	for sql != "" {
		n := skipped(sql)
		if n > 0 {
			b.WriteString(sql[:n])
			sql = sql[n:]
			continue
		}
		n = plainLength(sql)
		b.WriteString(strange.ReplaceAllString(sql[:n], "`$1`"))
		sql = sql[n:]
	}
	return b.String()
}

// plainLength is how far a text goes on without a quote or a comment, at least a byte.
func plainLength(sql string) int {
	for i := 1; i < len(sql); i++ {
		if skipped(sql[i:]) > 0 {
			return i
		}
	}
	return len(sql)
}

// skipped is the length of the quoted text, the quoted name or the comment that sql begins
// with; 0 where it begins with none.
func skipped(sql string) int {
	until := func(end string, from int) int {
		if i := strings.Index(sql[from:], end); i >= 0 {
			return from + i + len(end)
		}
		return len(sql)
	}
	switch {
	case sql[0] == '#', strings.HasPrefix(sql, "--") && (len(sql) == 2 || sql[2] <= ' '):
		return until("\n", 1)
	case strings.HasPrefix(sql, "/*"):
		return until("*/", 2)
	case sql[0] != '\'' && sql[0] != '"' && sql[0] != '`':
		return 0
	}
	for i := 1; i < len(sql); i++ {
		switch {
		case sql[i] == '\\' && sql[0] != '`':
			i++
		case sql[i] == sql[0]:
			return i + 1
		}
	}
	return len(sql)
}
