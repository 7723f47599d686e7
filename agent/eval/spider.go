package eval

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
)

// judgeSpider compares bags of rows under some order of the columns, on every
// database of the case. The order of rows counts where the gold says "order by".
func judgeSpider(ctx context.Context, opts Options, timeout time.Duration, c Case, sql string, dbs, predicted []Database) Judgement {
	j := wrong("there is no gold statement")
	for _, gold := range c.Gold {
		j = spiderPair(ctx, opts, timeout, sql, gold, dbs, predicted)
		if j.Right {
			break
		}
	}
	return j
}

func spiderPair(ctx context.Context, opts Options, timeout time.Duration, sql, gold string, dbs, predicted []Database) Judgement {
	sql, gold = spaced.Replace(sql), spaced.Replace(gold)
	if opts.StripDistinct {
		if strings.TrimFunc(sql, isSpace) == "" {
			return wrong("there is no statement") // which the evaluator's own parser breaks on
		}
		sql, gold = stripDistinct(sql), stripDistinct(gold)
	}
	ordered := strings.Contains(strings.ToLower(gold), "order by")
	for i := range dbs {
		want, err := fetchLenient(ctx, timeout, dbs[i], gold)
		if err != nil {
			return goldFailed(err)
		}
		got, err := fetchLenient(ctx, timeout, predicted[i], sql)
		if err != nil {
			return wrong("%v", err)
		}
		match, cancel := context.WithTimeout(ctx, timeout)
		same := sameBag(match, want, got, ordered)
		cancel()
		if !same {
			return wrong("the rows differ")
		}
	}
	return right()
}

// spaced puts operators together that tokenising models pull apart.
var spaced = strings.NewReplacer("> =", ">=", "< =", "<=", "! =", "!=")

// currentYear is what the evaluator takes for 2020, with the blanks after it. The
// class is what \s means in Python.
var currentYear = regexp.MustCompile(strings.ReplaceAll(`(?i)YEARs\(sCURDATEs\(s\)s\)s`, "s", "[\t-\r\x1c-\x1f \u0085\\p{Z}]*"))

func fetchLenient(ctx context.Context, timeout time.Duration, db Database, sql string) (*Table, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	t, err := db.Query(ctx, currentYear.ReplaceAllString(sql, "2020"))
	if err != nil {
		return nil, err
	}
	lenient(t)
	return t, nil
}

// sameBag reports whether some order of b's columns makes its rows those of a.
func sameBag(ctx context.Context, a, b *Table, ordered bool) bool {
	if len(a.Rows) == 0 && len(b.Rows) == 0 {
		return true
	}
	if len(a.Rows) != len(b.Rows) || len(a.Rows[0]) != len(b.Rows[0]) {
		return false
	}
	if !sameUnordered(a, b, ordered) {
		return false
	}
	var k keyer
	p := permuter{ctx: ctx, a: k.columns(a), b: k.columns(b), ordered: ordered}
	return p.match()
}

// sameUnordered is the evaluator's first look: rows whose cells are put into the
// order of their texts, as sets. It is not always a consequence of what follows
// (1 and 1.0 are equal but sort differently beside 10), so it decides too.
func sameUnordered(a, b *Table, ordered bool) bool {
	var k keyer
	x, y := unordered(&k, a), unordered(&k, b)
	if ordered {
		return slices.Equal(x, y)
	}
	return equalSets(x, y)
}

func unordered(k *keyer, t *Table) []string {
	type cell struct {
		sort  string
		value any
	}
	keys := make([]string, len(t.Rows))
	for i, row := range t.Rows {
		cells := make([]cell, len(row))
		for j, v := range row {
			cells[j] = cell{pyStr(v) + pyType(v), v}
		}
		slices.SortStableFunc(cells, func(a, b cell) int { return cmp.Compare(a.sort, b.sort) })
		sorted := make([]any, len(row))
		for j, c := range cells {
			sorted[j] = c.value
		}
		keys[i] = k.row(sorted)
	}
	return keys
}

// columns are a table's keys, column by column.
func (k *keyer) columns(t *Table) [][]string {
	columns := make([][]string, len(t.Rows[0]))
	for i := range columns {
		columns[i] = make([]string, len(t.Rows))
		for j, row := range t.Rows {
			columns[i][j] = k.cell(row[i])
		}
	}
	return columns
}

// permuter looks for an order of b's columns under which its rows are a's: the same
// sequence, or the same bag. The evaluator tries every order that sampled values
// allow; this one grows an order column by column and goes on only while the rows
// so far agree, which finds the same and stays quick for wide results.
type permuter struct {
	ctx     context.Context
	a, b    [][]string
	ordered bool
	used    []bool
}

func (p *permuter) match() bool {
	p.used = make([]bool, len(p.b))
	rows := len(p.a[0])
	return p.from(0, make([]int, rows), make([]int, rows))
}

// from extends an order by a column of b for column i of a. groupsA and groupsB say
// which prefix each row has so far, numbered alike on both sides.
func (p *permuter) from(i int, groupsA, groupsB []int) bool {
	if i == len(p.a) {
		return true
	}
	tried := map[string]bool{}
	for j := range p.b {
		if p.used[j] || p.ctx.Err() != nil {
			continue
		}
		same := strings.Join(p.b[j], "\x00")
		if tried[same] {
			continue // an equal column led nowhere
		}
		tried[same] = true
		nextA, nextB, ok := p.extend(groupsA, groupsB, p.a[i], p.b[j])
		if !ok {
			continue
		}
		p.used[j] = true
		if p.from(i+1, nextA, nextB) {
			return true
		}
		p.used[j] = false
	}
	return false
}

type prefix struct {
	group int
	key   string
}

// extend adds a cell to each row's prefix and reports whether both sides still agree.
func (p *permuter) extend(groupsA, groupsB []int, a, b []string) (nextA, nextB []int, ok bool) {
	if p.ordered {
		return groupsA, groupsB, slices.Equal(a, b)
	}
	numbers := map[prefix]int{}
	var counts []int
	nextA, nextB = make([]int, len(a)), make([]int, len(b))
	for r, key := range a {
		n, seen := numbers[prefix{groupsA[r], key}]
		if !seen {
			n = len(counts)
			numbers[prefix{groupsA[r], key}] = n
			counts = append(counts, 0)
		}
		counts[n]++
		nextA[r] = n
	}
	for r, key := range b {
		n, seen := numbers[prefix{groupsB[r], key}]
		if !seen || counts[n] == 0 {
			return nil, nil, false
		}
		counts[n]--
		nextB[r] = n
	}
	return nextA, nextB, true
}
