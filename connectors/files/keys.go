package files

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// contained is the share of a foreign key's distinct values that must be found in
// the column it refers to.
const contained = 0.999

// findKeys finds primary keys, and foreign keys between tables, that nobody
// declared.
func (w *workspace) findKeys(ctx context.Context, cat *connectors.Catalog) error {
	for _, t := range cat.Tables {
		if len(t.PrimaryKey) == 0 {
			t.PrimaryKey = likelyKey(t)
		}
	}
	for _, t := range cat.Tables {
		for _, c := range t.Columns {
			if declared(t, c.Name) || !canBeKey(c) {
				continue
			}
			best, err := w.bestTarget(ctx, cat, t, c)
			if err != nil {
				return err
			}
			if best != nil {
				t.ForeignKeys = append(t.ForeignKeys, *best)
			}
		}
	}
	return nil
}

func declared(t *connectors.Table, column string) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(k connectors.ForeignKey) bool { return slices.Contains(k.Columns, column) })
}

// idWords end the names of columns that tell rows apart.
var idWords = []string{"id", "no", "code", "key", "num", "number", "uid", "uuid", "cd", "번호", "코드", "아이디", "키", "사번"}

// keyStem is what the name of a key column says besides that it is one:
// "customer_id" is customer, "고객번호" is 고객; ok is false where it says nothing
// of the kind.
func keyStem(name string) (stem string, ok bool) {
	words := splitWords(name)
	if len(words) == 0 {
		return "", false
	}
	last := words[len(words)-1]
	for _, w := range idWords {
		switch {
		case last == w:
			return strings.Join(words[:len(words)-1], ""), true
		case strings.HasSuffix(last, w) && (w[0] >= 0x80 || hasHangul(last)):
			return strings.Join(words[:len(words)-1], "") + strings.TrimSuffix(last, w), true
		case w == "id" && len(words) == 1 && len(last) >= 3 && len(last) <= 4 && strings.HasSuffix(last, "id") && last != "bid" && last != "paid":
			return strings.TrimSuffix(last, "id"), true
		case w == "id" && strings.HasSuffix(last, "id") && len(last) > 3 && len(words) == 1:
			return strings.TrimSuffix(last, "id"), true
		}
	}
	return "", false
}

// likelyKey is the column that tells the rows of t apart, by name and by values.
func likelyKey(t *connectors.Table) []string {
	for pass := range 2 {
		for i, c := range t.Columns {
			_, named := keyStem(c.Name)
			p := c.Profile
			if headingOf(c.Name).code && !strings.HasSuffix(c.Name, "사번") && !strings.HasSuffix(c.Name, "학번") {
				continue // postal codes and telephones may happen to differ
			}
			if p.Unique && p.NullShare == 0 && t.Rows > 0 && (named || pass == 1 && i == 0 && c.Kind == connectors.KindText && t.Rows > 3) &&
				(c.Kind == connectors.KindInteger || c.Kind == connectors.KindText) {
				return []string{c.Name}
			}
		}
	}
	return nil
}

func canBeKey(c *connectors.ColumnInfo) bool {
	return (c.Kind == connectors.KindInteger || c.Kind == connectors.KindText) && c.Profile.Distinct > 0 && c.Profile.Unit == ""
}

// bestTarget finds what column c of t refers to.
func (w *workspace) bestTarget(ctx context.Context, cat *connectors.Catalog, t *connectors.Table, c *connectors.ColumnInfo) (*connectors.ForeignKey, error) {
	var best *connectors.ForeignKey
	bestScore := 0
	for _, ref := range cat.Tables {
		for _, rc := range ref.Columns {
			if ref == t && rc == c || rc.Kind != c.Kind || !rc.Profile.Unique || rc.Profile.NullShare > 0 || rc.Profile.Distinct*1001 < c.Profile.Distinct*1000 {
				continue
			}
			score := refersTo(t, c, ref, rc)
			if score <= bestScore {
				continue
			}
			ok, err := w.isContained(ctx, t, c, ref, rc)
			if err != nil {
				return nil, err
			}
			if ok {
				best, bestScore = &connectors.ForeignKey{Columns: []string{c.Name}, RefTable: ref.Name, RefColumns: []string{rc.Name}, Inferred: true}, score
			}
		}
	}
	return best, nil
}

// refersTo says how much the names of two columns suggest that c refers to rc, 0
// for not at all. Values alone prove nothing: the numbers 1 to 10 are found in
// every long enough list of numbers.
func refersTo(t *connectors.Table, c *connectors.ColumnInfo, ref *connectors.Table, rc *connectors.ColumnInfo) int {
	stemC, idC := keyStem(c.Name)
	stemR, idR := keyStem(rc.Name)
	table := singular(normal(ref.Name))
	isKey := len(ref.PrimaryKey) == 1 && ref.PrimaryKey[0] == rc.Name
	same := normal(c.Name) == normal(rc.Name)
	switch {
	case ref == t:
		if idC && isKey && stemC != "" && stemC != stemR && (strings.HasPrefix(stemC, "parent") || strings.HasPrefix(stemC, "manager") || strings.HasPrefix(stemC, "상위") || strings.HasPrefix(stemC, "관리자")) {
			return 40
		}
		return 0
	case idC && idR && stemC != "" && stemR == "" && singular(stemC) == table:
		return 100
	case same && idC && stemC != "" && !(c.Profile.Unique && singular(stemC) == singular(normal(t.Name))):
		// The table that is called after the key is its home: orders, before order_payments
		// that have one for each.
		switch {
		case singular(stemC) == table:
			return 95
		case singular(stemC) == lastNoun(ref.Name):
			return 93
		case strings.Contains(table, singular(stemC)):
			return 90
		}
		if isKey && !c.Profile.Unique && len(stemC) > 2 {
			return 70
		}
		if len(stemC) <= 2 && isKey && strings.HasPrefix(table, stemC) && len(splitWords(ref.Name)) == 1 {
			return 75 // aid of writes is that of author
		}
		return 0
	case same && stemC == "" && isKey && !idC && !c.Profile.Unique && c.Kind == connectors.KindText:
		return 50 // 지역 in both, one row for each there
	case idC && idR && stemC != "" && stemR != "" && singular(stemC) == singular(stemR) && isKey:
		return 60
	case idC && stemC != "" && isKey && strings.HasSuffix(singular(stemC), table) && len(table) >= 3:
		return 55 // billing_customer_id
	case bareRefers(t, c, ref) && isKey && idR:
		return 52
	case !idC && isKey && idR && singular(normal(c.Name)) == table:
		return 45 // customer holds the customer's id
	}
	return 0
}

// lastNoun is what the name of a table ends in, without words for how it is kept: order of
// shop_orders_dataset.
func lastNoun(name string) string {
	w := splitWords(name)
	for len(w) > 1 && slices.Contains([]string{"dataset", "data", "table", "tbl", "list", "master", "info"}, w[len(w)-1]) {
		w = w[:len(w)-1]
	}
	if len(w) == 0 {
		return ""
	}
	return singular(w[len(w)-1])
}

// bareRefers reports whether c names the rows of ref once the words are left out that
// all columns of its table begin with: sbTxCustId of sbTransaction is sbCustomer's.
func bareRefers(t *connectors.Table, c *connectors.ColumnInfo, ref *connectors.Table) bool {
	if len(t.Columns) < 3 {
		return false
	}
	prefix := splitWords(t.Columns[0].Name)
	for _, o := range t.Columns {
		w := splitWords(o.Name)
		n := 0
		for n < len(prefix) && n < len(w)-1 && w[n] == prefix[n] {
			n++
		}
		prefix = prefix[:n]
	}
	w := splitWords(c.Name)
	if len(prefix) == 0 || len(w)-len(prefix) < 2 {
		return false
	}
	stem, ok := keyStem(strings.Join(w[len(prefix):], "_"))
	return ok && len(stem) >= 3 && strings.Contains(normal(ref.Name), stem)
}

// normal is a name without case and separators.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// singular takes an English plural's ending off, and the words that Korean tables
// carry after their subject.
func singular(s string) string {
	for _, suffix := range []string{"목록", "정보", "마스터", "리스트", "내역", "master", "list", "info"} {
		if len(s) > len(suffix) {
			s = strings.TrimSuffix(s, suffix)
		}
	}
	switch {
	case strings.HasSuffix(s, "ies") && len(s) > 4:
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "ses") || strings.HasSuffix(s, "xes") || strings.HasSuffix(s, "ches") || strings.HasSuffix(s, "shes"):
		return s[:len(s)-2]
	case strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss") && len(s) > 3:
		return s[:len(s)-1]
	}
	return s
}

// isContained checks in the data that what c holds is found in rc.
func (w *workspace) isContained(ctx context.Context, t *connectors.Table, c *connectors.ColumnInfo, ref *connectors.Table, rc *connectors.ColumnInfo) (bool, error) {
	var all, found int64
	stmt := fmt.Sprintf("SELECT count(*), count(r.k) FROM (SELECT DISTINCT %[1]s AS k FROM %[2]s WHERE %[1]s IS NOT NULL) c LEFT JOIN (SELECT %[3]s AS k FROM %[4]s) r ON c.k = r.k",
		quote(c.Name), quotePath(t.Name), quote(rc.Name), quotePath(ref.Name))
	if err := w.conn.QueryRowContext(ctx, stmt).Scan(&all, &found); err != nil {
		return false, err
	}
	return all > 0 && float64(found) >= contained*float64(all), nil
}
