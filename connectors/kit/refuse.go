package kit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// maxQuoted is the length in runes of a name in a sentence.
	maxQuoted = 60
	// maxLine is the length in runes of an engine's message.
	maxLine = 400
)

// CheckText refuses what must not even reach a parser: a text of more than limit bytes,
// which grow some parsers' work with their square; a NUL, which ends a statement for some
// engines and not for their parser; and what is no UTF-8.
func CheckText(sql string, limit int) *connectors.Error {
	switch {
	case len(sql) > limit:
		return connectors.Errorf(connectors.CodeDenied, "The statement is longer than %d bytes.", limit)
	case strings.ContainsRune(sql, 0) || !utf8.ValidString(sql):
		return connectors.Errorf(connectors.CodeDenied, "The statement is not plain text.")
	}
	return nil
}

// CheckBrackets refuses a text that nests deeper than limit, for parsers that recurse. It
// counts brackets in strings, too, and so may refuse more than it must.
func CheckBrackets(sql string, limit int) *connectors.Error {
	depth := 0
	for i := range len(sql) {
		switch sql[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		}
		if depth > limit {
			return TooDeep()
		}
	}
	return nil
}

// TooDeep refuses a statement whose parse nests too deeply to be looked through.
func TooDeep() *connectors.Error {
	return connectors.Errorf(connectors.CodeDenied, "The statement is nested too deeply.")
}

// NotParsed says what a parser had against a text.
func NotParsed(reason string) *connectors.Error {
	return connectors.Errorf(connectors.CodeSQL, "The statement cannot be parsed: %s.", Phrase(reason))
}

// Empty says that there is no statement.
func Empty() *connectors.Error {
	return connectors.Errorf(connectors.CodeSQL, "The statement is empty.")
}

// DenyMany refuses more than one statement.
func DenyMany() *connectors.Error {
	return connectors.Errorf(connectors.CodeDenied, "Only one statement at a time is allowed.")
}

// DenyTable refuses a table that the statement may not name.
func DenyTable(name string) *connectors.Error {
	return connectors.Errorf(connectors.CodeDenied, "The table %s is not one that may be read here.", Quoted(name))
}

// DenyFunction refuses a function that is not on the list.
func DenyFunction(name string) *connectors.Error {
	return connectors.Errorf(connectors.CodeDenied, "The function %s is not allowed.", Quoted(name))
}

// DenyConstruct refuses a part of the grammar that nobody has looked at.
func DenyConstruct(kind string) *connectors.Error {
	return connectors.Errorf(connectors.CodeDenied, "The statement uses a construct that is not allowed (%s).", Quoted(kind))
}

// Closed says that the source is.
func Closed() *connectors.Error {
	return connectors.Errorf(connectors.CodeUnavailable, "The source is closed.")
}

// Ended is what an error means where the time of the query was up by then or its caller
// had gone, and nil where neither was so.
func Ended(ctx context.Context, err error) *connectors.Error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &connectors.Error{Code: connectors.CodeTimeout, Message: "The query took too long and was stopped.", Err: err}
	case ctx.Err() != nil:
		return &connectors.Error{Code: connectors.CodeCancelled, Message: "The query was stopped.", Err: err}
	}
	return nil
}

// Bounded wraps a proven statement, which has no semicolon at its end, so that it returns
// one row more than rows at most: whether there were more shows. The newline keeps a
// trailing comment from swallowing the parenthesis. The inner order stays only where the
// engine keeps it.
func Bounded(sql string, rows int) string {
	return fmt.Sprintf("SELECT * FROM (%s\n) AS q LIMIT %d", sql, rows+1)
}

// Quoted is a name out of a statement for use in a sentence, cut to a length that a
// sentence bears.
func Quoted(name string) string { return fmt.Sprintf("%q", cut(name, maxQuoted)) }

// OneLine joins the lines of an engine's message and bounds it.
func OneLine(message string) string {
	return cut(strings.Join(strings.Fields(message), " "), maxLine)
}

// Phrase is an engine's message as a part of a sentence.
func Phrase(message string) string { return strings.TrimRight(OneLine(message), ".!") }

func cut(s string, length int) string {
	if runes := []rune(s); len(runes) > length {
		return string(runes[:length]) + "…"
	}
	return s
}
