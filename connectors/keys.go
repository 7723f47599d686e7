package connectors

import (
	"iter"
	"regexp"
	"slices"
	"strings"
)

// Refers reports whether the column is part of a foreign key.
func (t *Table) Refers(column string) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(k ForeignKey) bool { return slices.Contains(k.Columns, column) })
}

// KeyCandidate returns the column of ref that column c of t may refer to, by its name, where
// nobody declared it: a unique column of the same name, or the id of a table that c is named
// after. Nil for none. Whether all of its values occur there, only the data tell.
func KeyCandidate(t *Table, c *ColumnInfo, ref *Table) *ColumnInfo {
	if ref == t {
		return nil
	}
	for _, key := range ref.Columns {
		if key.Profile == nil || !key.Profile.Unique || key.Kind != c.Kind || c.Kind != KindInteger && c.Kind != KindText {
			continue
		}
		column, name := strings.ToLower(c.Name), strings.ToLower(key.Name)
		if column == name && keyName.MatchString(name) && (!c.Profile.Unique || t.Rows < ref.Rows || t.Rows == ref.Rows && ref.NamedBy(column) && !t.NamedBy(column)) {
			return key
		}
		if column == name && placeName.MatchString(name) && !c.Profile.Unique {
			return key
		}
		if name == "id" && namedAfter(column, strings.ToLower(ref.own())) {
			return key
		}
	}
	return nil
}

// keyName matches the names of columns that identify something of a kind that the
// name says; "id" alone does not.
var keyName = regexp.MustCompile(`.(id|_key|_no|_cd|_code|sku|번호|코드|아이디)$`)

// placeName matches names of columns by whose values places and kinds go, so that they tell
// them apart where they are unique. Those of people do not.
var placeName = regexp.MustCompile(`^(country|state|province|region|city|district|county|department|category|brand|branch|store|shop|지역|국가|도시|지점|매장|부서|카테고리|브랜드)_?(name|명)$`)

// namedAfter reports whether column is the name of table, in the singular or as it
// is, followed by "_id". What all tables of a program begin with is no part of the name:
// post_id is of wp_posts.
func namedAfter(column, table string) bool {
	stem, ok := strings.CutSuffix(column, "_id")
	return ok && slices.ContainsFunc(plurals(stem), func(form string) bool {
		rest, ok := strings.CutSuffix(table, form)
		return ok && (rest == "" || strings.HasSuffix(rest, "_"))
	})
}

// NamedBy reports whether the table is what a key is named after: orders for order_id. Where
// several tables have a key, what refers to it means that one; the others only have a row for
// each of its.
func (t *Table) NamedBy(column string) bool {
	return namedAfter(strings.ToLower(column), strings.ToLower(t.own()))
}

// plurals are a word as it is and as tables may be called after it.
func plurals(stem string) []string {
	forms := []string{stem, stem + "s", stem + "es"}
	if root, ok := strings.CutSuffix(stem, "y"); ok {
		forms = append(forms, root+"ies")
	}
	return forms
}

// own is the table's name without its schema.
func (t *Table) own() string {
	parts := t.Parts()
	return parts[len(parts)-1]
}

// KeyIndex finds the tables that a column may refer to by its name: of ten thousand tables
// few have a name in common.
type KeyIndex map[string][]*Table

// IndexKeys indexes tables that have profiles; views, which have no keys, are left out by
// the caller.
func IndexKeys(tables []*Table) KeyIndex {
	x := KeyIndex{}
	for _, t := range tables {
		for _, c := range t.Columns {
			if c.Profile != nil && c.Profile.Unique {
				name := strings.ToLower(c.Name)
				x[name] = append(x[name], t)
			}
		}
		own := strings.ToLower(t.own())
		x[whole+own] = append(x[whole+own], t)
		for at := strings.IndexByte(own, '_'); at >= 0; {
			x[end+own[at+1:]] = append(x[end+own[at+1:]], t)
			next := strings.IndexByte(own[at+1:], '_')
			if next < 0 {
				break
			}
			at += next + 1
		}
	}
	return x
}

// What names of tables are indexed by, apart from those of columns.
const (
	whole = "\x00" // all of it
	end   = "\x01" // what follows an underscore
)

// NamedFirst returns the tables with those that a key is named after before the others.
func NamedFirst(tables []*Table, column string) []*Table {
	rank := func(t *Table) int {
		if t.NamedBy(column) {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(tables), func(a, b *Table) int { return rank(a) - rank(b) })
}

// Candidates are the tables that column c of t may refer to, each with the column of it, by
// their names. Whether all of its values occur there, only the data tell.
func (x KeyIndex) Candidates(t *Table, c *ColumnInfo) iter.Seq2[*Table, *ColumnInfo] {
	name := strings.ToLower(c.Name)
	refs := x[name]
	if stem, ok := strings.CutSuffix(name, "_id"); ok {
		for _, at := range []string{whole, end} {
			for _, form := range plurals(stem) {
				refs = slices.Concat(refs, x[at+form])
			}
		}
	}
	refs = NamedFirst(refs, c.Name)
	return func(yield func(*Table, *ColumnInfo) bool) {
		for _, ref := range refs {
			if key := KeyCandidate(t, c, ref); key != nil && !yield(ref, key) {
				return
			}
		}
	}
}
