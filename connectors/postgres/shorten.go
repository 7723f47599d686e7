package postgres

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

const (
	// longList is how many commas a text has at the least for its lists to be shortened: of
	// fewer, the parser is as quick as the scanner.
	longList = 100
	// keptValues is how many values of a list the parser sees before those it does not: more
	// than the arguments of any call that is looked into (see proof.call), and as many as the
	// grammar needs to know a list for one.
	keptValues = 8
)

// shortened is a statement without most of the values of its long lists.
type shortened struct {
	sql  string
	gone int // bytes
}

// shorten takes plain values, numbers and texts, out of long lists of them. The library
// hands a tree over in a form that takes it a microsecond for each value, of which there may
// be thousands, and in which there is nothing to prove.
//
// What is taken out is a value and the comma behind it, where a comma stands before it and
// keptValues such values came before that. The server's own scanner says where they are, so
// that none is in a text, a name or a comment. Between two commas such a token is an element
// of a list and all of it, whatever the list is of; the grammar's lists grow from the left,
// so that the parser is in the same state before and after it, and the tree is the same but
// for the elements.
func shorten(sql string) shortened {
	if strings.Count(sql, ",") < longList {
		return shortened{sql: sql}
	}
	scanned, err := pg.Scan(sql)
	if err != nil {
		return shortened{sql: sql} // the parser says what is wrong with it
	}
	var b strings.Builder
	written, run := 0, 0
	tokens := scanned.GetTokens()
	for i := 0; i+2 < len(tokens); i++ {
		if !isComma(tokens[i]) || !isValue(tokens[i+1]) || !isComma(tokens[i+2]) {
			run = 0
			continue
		}
		i++ // the value; its comma is the next one's
		if run++; run <= keptValues {
			continue
		}
		b.WriteString(sql[written:tokens[i-1].GetEnd()])
		written = int(tokens[i+1].GetEnd())
	}
	b.WriteString(sql[written:])
	return shortened{sql: b.String(), gone: len(sql) - b.Len()}
}

func isComma(t *pg.ScanToken) bool { return t.GetToken() == pg.Token_ASCII_44 }

func isValue(t *pg.ScanToken) bool {
	switch t.GetToken() {
	case pg.Token_ICONST, pg.Token_FCONST, pg.Token_SCONST:
		return true
	}
	return false
}
