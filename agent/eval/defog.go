package eval

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// judgeDefog takes a prediction whose rows are those of an accepted answer, or hold
// them: repeated rows, the order of columns and, unless order was asked for, of rows
// do not count. A gold may stand for several statements (see expand).
func judgeDefog(ctx context.Context, _ Options, timeout time.Duration, c Case, sql string, dbs, predicted []Database) Judgement {
	got, err := fetchFrame(ctx, timeout, predicted[0], sql)
	if err != nil {
		return wrong("%v", err)
	}
	contained := false
	for _, gold := range c.Gold {
		for _, one := range expand(gold) {
			want, err := fetchFrame(ctx, timeout, dbs[0], one)
			if err != nil {
				return goldFailed(err)
			}
			same, err := sameFrames(want, got, c, gold, sql)
			if err == nil && same {
				return right()
			}
			if err == nil {
				same, err = containsFrame(want, got, c)
				contained = contained || same
			}
			if err != nil {
				return wrong("%v", err)
			}
		}
	}
	if contained {
		return right()
	}
	return wrong("the rows differ from those of every accepted answer")
}

func fetchFrame(ctx context.Context, timeout time.Duration, db Database, sql string) (*frame, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	t, err := fetchStrict(ctx, db, sql)
	if err != nil {
		return nil, err
	}
	return readFrame(t)
}

// maxOptions bounds the columns in braces: each doubles the statements.
const maxOptions = 12

// expand returns the statements a gold stands for: those between semicolons, and for
// "SELECT {a, b} … GROUP BY {}" one for each choice of columns.
func expand(gold string) []string {
	var out []string
	for query := range strings.SplitSeq(gold, ";") {
		query = strings.TrimFunc(query, isSpace)
		if query == "" {
			continue
		}
		left, rest, open := strings.Cut(query, "{")
		options, right, closed := strings.Cut(rest, "}")
		columns := strings.Split(options, ",")
		if !open || !closed || len(columns) > maxOptions {
			out = append(out, query)
			continue
		}
		for _, chosen := range choices(columns) {
			list := strings.Join(chosen, ", ")
			tail := right
			if !strings.HasPrefix(right, "GROUP BY {}") {
				tail = strings.ReplaceAll(right, "GROUP BY {}", "GROUP BY "+list)
			}
			out = append(out, left+list+tail)
		}
	}
	return out
}

// choices are the non-empty subsets, the small ones first and each in order.
func choices(all []string) [][]string {
	var out [][]string
	var grow func(chosen []string, from, size int)
	grow = func(chosen []string, from, size int) {
		if size == 0 {
			out = append(out, slices.Clone(chosen))
			return
		}
		for i := from; i <= len(all)-size; i++ {
			grow(append(chosen, all[i]), i+1, size-1)
		}
	}
	for size := 1; size <= len(all); size++ {
		grow(nil, 0, size)
	}
	return out
}

// sameFrames compares two results as they are and then in their normal form.
func sameFrames(gold, got *frame, c Case, goldSQL, gotSQL string) (bool, error) {
	if sameValues(gold, got) {
		return true, nil
	}
	gold, err := normal(gold, c, goldSQL)
	if err != nil {
		return false, err
	}
	if got, err = normal(got, c, gotSQL); err != nil {
		return false, err
	}
	return gold.rows == got.rows && len(gold.columns) == len(got.columns) && sameValues(gold, got), nil
}

// normal drops repeated rows, puts columns into the order of their names, and sorts
// rows: by all columns where no order was asked for, else by what the statement
// says after its first ORDER BY, if there is one.
func normal(f *frame, c Case, sql string) (*frame, error) {
	f, err := f.distinct()
	if err != nil {
		return nil, err
	}
	if f, err = f.sortColumns(); err != nil {
		return nil, err
	}
	if c.Category != "order_by" && !asksForOrder(c.Question) {
		return f.sortRows(f.names(), false)
	}
	by, descending, ok := orderedBy(sql)
	if !ok {
		return f, nil
	}
	names := f.names()
	by = slices.DeleteFunc(by, func(name string) bool { return !slices.Contains(names, name) })
	others := slices.DeleteFunc(names, func(name string) bool { return slices.Contains(by, name) })
	if f, err = f.sortRows(slices.Concat(by, others), descending); err != nil {
		return nil, err
	}
	return f.pick(slices.Concat(others, by)), nil
}

var orderWord = regexp.MustCompile(`order|sort|arrange`)

// asksForOrder looks for one of the evaluator's words, whole ones in Python's sense:
// a letter of any script beside it makes it another word.
func asksForOrder(question string) bool {
	question = strings.ToLower(question)
	for from := 0; ; {
		at := orderWord.FindStringIndex(question[from:])
		if at == nil {
			return false
		}
		start, end := from+at[0], from+at[1]
		before, _ := utf8.DecodeLastRuneInString(question[:start])
		after, _ := utf8.DecodeRuneInString(question[end:])
		if (start == 0 || !wordRune(before)) && (end == len(question) || !wordRune(after)) {
			return true
		}
		from = start + 1
	}
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

var (
	orderClause = regexp.MustCompile(`(?i)ORDER BY`)
	orderList   = regexp.MustCompile(`(?i)ORDER BY(.*?)(;|,|\)|\n?$)`)
)

// orderedBy reads the first ORDER BY of a statement as the evaluator does: the words
// up to the first comma, bracket, semicolon or end, the last part of dotted ones.
// Rows count as falling unless the words say ASC.
func orderedBy(sql string) (by []string, descending, ok bool) {
	if !orderClause.MatchString(sql) {
		return nil, false, false
	}
	list := orderList.FindStringSubmatch(sql)
	if list == nil {
		return nil, true, true
	}
	down, up := false, false
	for _, word := range strings.FieldsFunc(list[1], isSpace) {
		word = word[strings.LastIndexByte(word, '.')+1:]
		down = down || strings.EqualFold(word, "desc")
		up = up || strings.EqualFold(word, "asc")
		word = strings.NewReplacer(",", "", "(", "").Replace(word)
		switch strings.ToLower(word) {
		case "desc", "asc", "nulls", "last", "first", "limit":
		default:
			by = append(by, word)
		}
	}
	return by, down || !up, true
}

// containsFrame reports whether each column of gold is a column of got, and the rows
// of those columns are gold's.
func containsFrame(gold, got *frame, c Case) (bool, error) {
	if gold.rows == 0 {
		return false, nil
	}
	left := slices.Clone(got.columns)
	matched := &frame{rows: got.rows}
	for _, want := range gold.columns {
		i, err := findColumn(gold, want, left)
		if err != nil || i < 0 {
			return false, err
		}
		found := left[i]
		found.name = want.name
		matched.columns = append(matched.columns, found)
		left = slices.Delete(left, i, i+1)
	}
	gold, err := normal(gold, c, "")
	if err != nil {
		return false, err
	}
	if matched, err = normal(matched, c, ""); err != nil {
		return false, err
	}
	if gold.rows != matched.rows {
		return false, nil
	}
	return slices.EqualFunc(gold.columns, matched.columns, series.almost), nil
}

// findColumn looks for a column with the cells of want, in any order, and returns
// its place or -1.
func findColumn(gold *frame, want series, among []series) (int, error) {
	twice := func(columns []series, name string) bool {
		n := 0
		for _, c := range columns {
			if c.name == name {
				n++
			}
		}
		return n > 1
	}
	for i, column := range among {
		if twice(gold.columns, want.name) || twice(among, column.name) {
			return -1, errAmbiguous
		}
		a, err := want.sorted()
		if err != nil {
			return -1, fmt.Errorf("gold: %w", err)
		}
		b, err := column.sorted()
		if err != nil {
			return -1, err
		}
		if a.almost(b) {
			return i, nil
		}
	}
	return -1, nil
}
