package postgres

import (
	"strings"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// list is a long list of a value, between what comes first and last.
func list(first, value, last string, n int) string {
	return first + strings.Repeat(", "+value, n) + ", " + last
}

// longTexts are statements with long lists, and with what looks like some.
var longTexts = map[string]string{
	"numbers":            "SELECT count(*) FROM items WHERE id IN (" + list("1", "12345", "2", 2000) + ")",
	"texts":              "SELECT 1 FROM items WHERE label IN (" + list("'밥상'", "'it''s, 밥'", "'x'", 900) + ") AND id = 3",
	"other texts":        "SELECT 1 FROM items WHERE label IN (" + list("'a'", "E'\\',', $x$, 1, $x$, 'a'\n'b', 1.5e3", "'x'", 200) + ")",
	"with comments":      "SELECT 1 FROM items WHERE id IN (" + list("1", "2 /* , 3, */ , -- 4, 5,\n 6", "7", 200) + ")",
	"rows of values":     "SELECT * FROM (VALUES (" + list("1", "2", "3", 200) + ")) v",
	"an array":           "SELECT id = ANY (ARRAY[" + list("1", "2", "3", 200) + "]) FROM items; -- done",
	"columns":            "SELECT " + list("id", "1", "label", 200) + " FROM items ORDER BY " + list("1", "2", "3", 100),
	"negative, null":     "SELECT 1 FROM items WHERE id IN (" + list("1", "-2, NULL, 4, TRUE", "5", 200) + ")",
	"escapes":            "SELECT 1 FROM items WHERE label IN (" + list("'a'", "U&'d!0061' UESCAPE '!', 'x', 'y'", "'b'", 200) + ")",
	"a text of a list":   "SELECT '" + list("1", "2", "3", 200) + "' FROM items",
	"a name of a list":   `SELECT 1 FROM "` + list("1", "2", "3", 10) + `" WHERE id IN (` + list("1", "2", "3", 200) + ")",
	"a comment of one":   "/* " + list("1", "2", "3", 200) + " */ SELECT 1 FROM items",
	"two lists":          "SELECT 1 FROM items WHERE id IN (" + list("1", "2", "3", 200) + ") OR label IN (" + list("'1'", "'2'", "'3'", 200) + ") LIMIT 3",
	"empty elements":     "SELECT 1 FROM items WHERE id IN (" + list("1", "2,", "3", 200) + ")",
	"not closed":         "SELECT 1 FROM items WHERE id IN (" + list("1", "2", "3", 200),
	"a text not closed":  "SELECT 1 FROM items WHERE id IN (" + list("1", "2", "'3", 200) + ")",
	"two statements":     "SELECT 1 FROM items WHERE id IN (" + list("1", "2", "3", 200) + "); DELETE FROM items",
	"semicolons first":   ";; SELECT 1 FROM items WHERE id IN (" + list("1", "2", "3", 200) + ") ; ;",
	"a call":             "SELECT concat(" + list("'a'", "'b'", "'c'", 200) + ") FROM items",
	"too many arguments": "SELECT repeat(" + list("'a'", "1000000000", "'c'", 200) + ") FROM items",
}

// What the parser does not see is values of a list, and nothing else: the tree is the same
// but for how many stand side by side, and so is every complaint.
func TestShortenedReadsTheSame(t *testing.T) {
	for name, sql := range longTexts {
		t.Run(name, func(t *testing.T) {
			short := shorten(sql)
			if len(short.sql)+short.gone != len(sql) {
				t.Fatalf("%d bytes of %d, %d of them gone", len(short.sql), len(sql), short.gone)
			}
			want, wantErr := pg.Parse(sql)
			got, err := pg.Parse(short.sql)
			if wantErr != nil || err != nil {
				if wantErr == nil || err == nil || wantErr.Error() != err.Error() {
					t.Errorf("whole: %v\nshort: %v", wantErr, err)
				}
				return
			}
			fold(want.ProtoReflect())
			fold(got.ProtoReflect())
			if !proto.Equal(want, got) {
				t.Errorf("%.300s\nwas read as\n%.600v\nnot as\n%.600v", short.sql, got, want)
			}
		})
	}
	if short := shorten(longTexts["numbers"]); len(short.sql) > 200 {
		t.Errorf("still %d bytes", len(short.sql))
	}
}

// fold makes one of plain values that stand side by side, and forgets where all stood.
func fold(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Name() == "location" || fd.Name() == "stmt_location" || fd.Name() == "stmt_len":
			m.Clear(fd)
		case fd.Kind() != protoreflect.MessageKind:
		case !fd.IsList():
			fold(v.Message())
		default:
			all, kept, before := v.List(), 0, false
			for i := range all.Len() {
				fold(all.Get(i).Message())
				constant := plainValue(all.Get(i).Message().Interface())
				if !constant || !before {
					all.Set(kept, all.Get(i))
					kept++
				}
				before = constant
			}
			all.Truncate(kept)
		}
		return true
	})
}

// plainValue reports whether a node is a value, or an output or a key of an order that is
// one.
func plainValue(m proto.Message) bool {
	n, ok := m.(*pg.Node)
	if !ok {
		return false
	}
	for _, at := range []*pg.Node{n, n.GetResTarget().GetVal(), n.GetSortBy().GetNode()} {
		if at.GetAConst() != nil && n.GetResTarget().GetName() == "" {
			return true
		}
	}
	return false
}

// What is sent is the whole statement, and what stands within or behind a long list is
// proven as ever.
func TestLongListsAreProven(t *testing.T) {
	rel := relations{tables: map[string]bool{"items": true}}
	values := func(last string) string { return list("1", "12345", last, 1000) }
	for name, c := range map[string]struct {
		sql, want string
		refused   connectors.Code
	}{
		"a list":             {sql: longTexts["numbers"], want: longTexts["numbers"]},
		"texts":              {sql: longTexts["texts"], want: longTexts["texts"]},
		"what ends it":       {sql: " " + longTexts["numbers"] + " ; ", want: longTexts["numbers"]},
		"semicolons first":   {sql: longTexts["semicolons first"], want: strings.Trim(longTexts["semicolons first"], "; ")},
		"a comment after it": {sql: longTexts["an array"], want: strings.TrimSuffix(longTexts["an array"], "; -- done")},
		"a call at the end":  {sql: "SELECT 1 FROM items WHERE id IN (" + values("pg_sleep(9)") + ")", refused: connectors.CodeDenied},
		"a call within":      {sql: "SELECT 1 FROM items WHERE id IN (" + values("pg_sleep(9), "+values("3")) + ")", refused: connectors.CodeDenied},
		"a table behind":     {sql: "SELECT 1 FROM items WHERE id IN (" + values("3") + ") UNION SELECT 1 FROM secrets", refused: connectors.CodeDenied},
		"a subquery within":  {sql: "SELECT 1 FROM items WHERE id IN (" + values("(SELECT 1 FROM secrets), "+values("3")) + ")", refused: connectors.CodeDenied},
		"a table of a list":  {sql: longTexts["a name of a list"], refused: connectors.CodeDenied},
		"two statements":     {sql: longTexts["two statements"], refused: connectors.CodeDenied},
		"a long text":        {sql: longTexts["too many arguments"], refused: connectors.CodeDenied},
		"a parameter":        {sql: "SELECT 1 FROM items WHERE id IN (" + values("$1, "+values("3")) + ")", refused: connectors.CodeDenied},
		"no end":             {sql: longTexts["not closed"], refused: connectors.CodeSQL},
		"a text without end": {sql: longTexts["a text not closed"], refused: connectors.CodeSQL},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := prove(c.sql, rel)
			if c.refused != "" {
				if err == nil || err.Code != c.refused {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%v\n%s", err, got)
			}
		})
	}
}

// FuzzShorten looks for a list that means something else when it is shorter.
func FuzzShorten(f *testing.F) {
	for _, value := range []string{"1", "'a'", "E'\\',', $x$, 1, $x$", "2 /* , 3, */ , -- 4, 5,\n 6", "U&'d!0061' UESCAPE '!', 'x'", "-2, NULL", "2,", `"`, "'", "1), (2", "f(1, 2)"} {
		f.Add("SELECT 1 FROM t WHERE x IN (1", value, ", 3) ORDER BY 1")
		f.Add("SELECT f(g", value, ", 3)")
	}
	f.Fuzz(func(t *testing.T, before, value, after string) {
		sql := before + strings.Repeat(", "+value, longList) + after
		if kit.CheckText(sql, maxStatement) != nil || kit.CheckBrackets(sql, maxBrackets) != nil {
			return
		}
		short := shorten(sql)
		want, wantErr := pg.Parse(sql)
		got, err := pg.Parse(short.sql)
		if (wantErr == nil) != (err == nil) {
			t.Fatalf("whole: %v\nshort: %v", wantErr, err)
		}
		if err != nil {
			return
		}
		fold(want.ProtoReflect())
		fold(got.ProtoReflect())
		if !proto.Equal(want, got) {
			t.Fatalf("%s\nwas read as\n%v\nnot as\n%v", short.sql, got, want)
		}
	})
}
