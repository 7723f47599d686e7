package think

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/connectors"
)

// What a join joins by is read off its statement, which the engine has proven to be one
// SELECT. Only a plain equation of two columns counts: of keys that are joined by what is
// computed from them nobody here knows which meet, and nothing is told of them.

// sideColumn is a column of one of the results that are joined, by their places.
type sideColumn struct{ side, column int }

// equation says that two columns of different sides are joined by being equal.
type equation [2]sideColumn

// word is a part of a statement: a name, an operator or a literal.
type word struct {
	text   string
	name   bool
	quoted bool
}

func (w word) is(keywords ...string) bool {
	return !w.quoted && slices.ContainsFunc(keywords, func(k string) bool { return strings.EqualFold(k, w.text) })
}

// wordsOf takes a statement apart, without its comments. Literals are words that are no names.
func wordsOf(sql string) (out []word) {
	for sql != "" {
		r, size := utf8.DecodeRuneInString(sql)
		n := size
		switch {
		case unicode.IsSpace(r):
			sql = sql[size:]
			continue
		case strings.HasPrefix(sql, "--"):
			_, sql, _ = strings.Cut(sql, "\n")
			continue
		case strings.HasPrefix(sql, "/*"):
			_, sql, _ = strings.Cut(sql, "*/")
			continue
		case r == '"':
			n = quotedLength(sql)
			out = append(out, word{strings.ReplaceAll(strings.Trim(sql[:n], `"`), `""`, `"`), true, true})
		case r == '\'':
			n = quotedLength(sql)
			out = append(out, word{text: sql[:n], quoted: true})
		case nameLetter(r):
			if n = strings.IndexFunc(sql, func(r rune) bool { return !nameLetter(r) }); n < 0 {
				n = len(sql)
			}
			out = append(out, word{text: sql[:n], name: r < '0' || r > '9'})
		default:
			if len(sql) > 1 && slices.Contains([]string{"==", "<=", ">=", "!=", "<>", "||", "::"}, sql[:2]) {
				n = 2
			}
			out = append(out, word{text: sql[:n]})
		}
		sql = sql[n:]
	}
	return out
}

func nameLetter(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// quotedLength is how long the quoted text is that a statement begins with.
func quotedLength(sql string) int {
	for i := 1; i < len(sql); i++ {
		switch {
		case sql[i] != sql[0]:
		case i+1 < len(sql) && sql[i+1] == sql[0]:
			i++
		default:
			return i + 1
		}
	}
	return len(sql)
}

// The words between which an equation stands for itself.
var (
	beforeEquation = []string{"ON", "AND", "WHERE"}
	afterEquation  = []string{
		"AND", ")", ",", ";", "WHERE", "GROUP", "ORDER", "HAVING", "QUALIFY", "WINDOW", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT",
		"JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "ANTI", "SEMI", "ASOF", "POSITIONAL",
	}
	// noAlias are words after a table that do not name it.
	noAlias = append([]string{"ON", "USING", "SELECT", "FROM", "TABLESAMPLE", "SAMPLE", "PIVOT", "UNPIVOT"}, afterEquation...)
)

// joinWords is the statement of a join with the results that its names mean.
type joinWords struct {
	words []word
	sides []*Result
	named map[string]int // the side that a name in FROM stands for
	seen  []int          // of each word the side that FROM or JOIN named last, -1 for none
}

// equationsOf are the equations that a statement joins the sides by. Stacked says that it puts
// their rows below one another instead, where rows without a key are of one group.
func equationsOf(sql string, sides []*Result) (out []equation, stacked bool) {
	j := &joinWords{words: wordsOf(sql), sides: sides, named: map[string]int{}}
	j.readFrom()
	has := func(keyword string) bool {
		return slices.ContainsFunc(j.words, func(w word) bool { return w.is(keyword) })
	}
	for i, w := range j.words {
		switch {
		case !w.quoted && (w.text == "=" || w.text == "=="):
			out = j.equated(out, i)
		case w.is("USING") && j.at(i+1).text == "(":
			out = j.used(out, i)
		}
	}
	if len(out) == 0 && has("UNION") && !has("JOIN") {
		return j.stacked(), true
	}
	return out, false
}

func (j *joinWords) at(i int) word {
	if i < 0 || i >= len(j.words) {
		return word{}
	}
	return j.words[i]
}

// readFrom finds what the names in FROM stand for.
func (j *joinWords) readFrom() {
	last := -1
	for i, w := range j.words {
		if before := j.at(i - 1); w.name && (before.is("FROM", "JOIN") || before.text == ",") && j.at(i+1).text != "." {
			side := slices.IndexFunc(j.sides, func(r *Result) bool { return strings.EqualFold(r.Name, w.text) })
			if side >= 0 || before.is("JOIN") {
				last = side
			}
			if side >= 0 {
				j.named[strings.ToLower(w.text)] = side
				next := j.at(i + 1)
				if next.is("AS") {
					next = j.at(i + 2)
				}
				if next.name && !next.is(noAlias...) {
					j.named[strings.ToLower(next.text)] = side
				}
			}
		}
		j.seen = append(j.seen, last)
	}
}

// equated adds the equation of the two columns around word i, if that is one.
func (j *joinWords) equated(out []equation, i int) []equation {
	start, end := i-1, i+1
	if j.at(i-2).text == "." {
		start = i - 3
	}
	if j.at(i+2).text == "." {
		end = i + 3
	}
	before := j.at(start - 1)
	opens := before.is(beforeEquation...) || before.text == "(" && (j.at(start-2).is(beforeEquation...) || j.at(start-2).text == "(")
	if after := j.at(end + 1); !opens || after.text != "" && !after.is(afterEquation...) {
		return out
	}
	var found []equation
	for _, l := range j.operand(start, i-1) {
		for _, r := range j.operand(i+1, end) {
			if l.side > r.side {
				l, r = r, l
			}
			if e := (equation{l, r}); l.side != r.side && !slices.Contains(found, e) {
				found = append(found, e)
			}
		}
	}
	if len(found) != 1 {
		return out // a name that may mean several
	}
	return append(out, found[0])
}

// operand are the columns that the words from start to end may mean: one, where they say of
// which side it is, or those of that name where the statement calls a side otherwise.
func (j *joinWords) operand(start, end int) (out []sideColumn) {
	w := j.at(end)
	if !w.name {
		return nil
	}
	if start < end {
		if side, ok := j.named[strings.ToLower(j.at(start).text)]; ok {
			if at := columnOf(j.sides[side], w.text); at >= 0 {
				return []sideColumn{{side, at}}
			}
			return nil
		}
	}
	return j.called(w.text)
}

// called are the columns of a name.
func (j *joinWords) called(name string) (out []sideColumn) {
	for i, r := range j.sides {
		if at := columnOf(r, name); at >= 0 {
			out = append(out, sideColumn{i, at})
		}
	}
	return out
}

// columnOf is the place of a column as the engine of joins finds it, -1 for none.
func columnOf(r *Result, name string) int {
	return slices.IndexFunc(r.Columns, func(c Column) bool { return strings.EqualFold(c.Name, name) })
}

// used adds the equations of the columns that a USING names: those of the side that is joined
// there and of those before it.
func (j *joinWords) used(out []equation, i int) []equation {
	for at := i + 2; at < len(j.words) && j.words[at].text != ")"; at++ {
		if !j.words[at].name {
			continue
		}
		columns := j.called(j.words[at].text)
		right := slices.IndexFunc(columns, func(c sideColumn) bool { return c.side == j.seen[i] })
		if right < 0 {
			right = len(columns) - 1
		}
		for n, c := range columns {
			if n != right && (j.seen[i] < 0 || slices.Contains(j.seen[:i], c.side)) {
				out = append(out, equation{c, columns[right]})
			}
		}
	}
	return out
}

// stacked are the equations of sides whose rows are put below one another and grouped: of
// every text and time that they have in common.
func (j *joinWords) stacked() (out []equation) {
	if len(j.sides) == 0 {
		return nil
	}
	first := heldOf(j.sides[0])
	types := connectors.Types(first.Columns, first.Rows)
	for i, c := range j.sides[0].Columns {
		columns := j.called(c.Name)
		if len(columns) < len(j.sides) || !slices.Contains([]string{"VARCHAR", "DATE", "TIMESTAMP"}, types[i]) {
			continue
		}
		for _, other := range columns[1:] {
			out = append(out, equation{columns[0], other})
		}
	}
	return out
}
