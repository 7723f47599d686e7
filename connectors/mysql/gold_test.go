package mysql_test

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/connectorstest/mariadbtest"
	"github.com/bapsang/bapsang/connectors/mysql"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// copyTables makes the tables of a script for PostgreSQL in a database of MariaDB, by way
// of a PostgreSQL: the script is written for that.
func copyTables(t *testing.T, script string, server *mariadbtest.Server, name string) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, pgtest.Shared(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.PgConn().Exec(ctx, script).ReadAll(); err != nil {
		t.Fatal(err)
	}
	tables := conn.PgConn().ExecParams(ctx, `SELECT table_schema, table_name, string_agg(quote_ident(column_name) || '::text', ', ' ORDER BY ordinal_position),
		string_agg('`+"`' || column_name || '` ' || "+`CASE data_type WHEN 'text' THEN 'TEXT' WHEN 'integer' THEN 'INT' WHEN 'bigint' THEN 'BIGINT' WHEN 'boolean' THEN 'BOOLEAN' WHEN 'real' THEN 'FLOAT'
			WHEN 'double precision' THEN 'DOUBLE' WHEN 'date' THEN 'DATE' WHEN 'timestamp without time zone' THEN 'DATETIME(6)' WHEN 'numeric' THEN format('DECIMAL(%s,%s)', coalesce(numeric_precision, 38), coalesce(numeric_scale, 10))
			ELSE format('VARCHAR(%s)', coalesce(character_maximum_length, 500)) END, ', ' ORDER BY ordinal_position)
		FROM information_schema.columns WHERE table_schema IN ('public', 'consumer_div') GROUP BY 1, 2`, nil, nil, nil, nil).Read()
	if tables.Err != nil {
		t.Fatal(tables.Err)
	}
	db := connect(t, server, name)
	written := map[string]string{} // PostgreSQL has names in small letters, and MariaDB as they are written
	for _, m := range regexp.MustCompile(`CREATE TABLE (\w+)`).FindAllStringSubmatch(script, -1) {
		written[strings.ToLower(m[1])] = m[1]
	}
	for _, table := range tables.Rows {
		at := "`" + cmp.Or(written[string(table[1])], string(table[1])) + "`"
		if _, err := db.ExecContext(ctx, "CREATE TABLE "+at+" ("+string(table[3])+")"); err != nil {
			t.Fatal(err)
		}
		rows := conn.PgConn().ExecParams(ctx, fmt.Sprintf("SELECT %s FROM %q.%q", table[2], table[0], table[1]), nil, nil, nil, nil).Read()
		if rows.Err != nil {
			t.Fatal(rows.Err)
		}
		for _, row := range rows.Rows {
			values := make([]any, len(row))
			for i, v := range row {
				switch s := string(v); {
				case v == nil:
				case s == "true":
					values[i] = 1
				case s == "false":
					values[i] = 0
				default:
					values[i] = s
				}
			}
			marks := strings.TrimSuffix(strings.Repeat("?, ", len(row)), ", ")
			if _, err := db.ExecContext(ctx, "INSERT INTO "+at+" VALUES ("+marks+")", values...); err != nil {
				t.Fatalf("%s: %v", at, err)
			}
		}
	}
}

// oracle is the server's own client.
type oracle struct {
	program string
	server  *mariadbtest.Server
	name    string
}

// answer is what the client printed: texts, nil for NULL, and names of the columns.
type answer struct {
	rows  [][]*string
	names []string
	types []string
}

type resultset struct {
	Rows []struct {
		Fields []struct {
			Name string `xml:"name,attr"`
			Nil  string `xml:"nil,attr"`
			Text string `xml:",chardata"`
		} `xml:"field"`
	} `xml:"row"`
}

var typeLine = regexp.MustCompile(`(?m)^Type: +(\w+)$`)

func (o oracle) run(t *testing.T, statement string, flags ...string) ([]byte, error) {
	t.Helper()
	args := append([]string{"--no-defaults", "--skip-ssl", "--socket=" + o.server.Socket(), "--user=root", "--default-character-set=utf8mb4", "--execute=" + statement}, flags...)
	out, err := exec.CommandContext(t.Context(), o.program, append(args, o.name)...).Output()
	return out, err
}

func (o oracle) ask(t *testing.T, statement string) (answer, error) {
	t.Helper()
	out, err := o.run(t, statement, "--xml")
	if err != nil {
		return answer{}, err
	}
	var set resultset
	if err := xml.NewDecoder(bytes.NewReader(out)).Decode(&set); err != nil {
		t.Fatalf("%s: %v\n%s", statement, err, out)
	}
	var a answer
	for i, row := range set.Rows {
		var line []*string
		for _, f := range row.Fields {
			if i == 0 {
				a.names = append(a.names, f.Name)
			}
			if f.Nil == "true" {
				line = append(line, nil)
			} else {
				line = append(line, &f.Text)
			}
		}
		a.rows = append(a.rows, line)
	}
	if out, err = o.run(t, statement, "--table", "--column-type-info"); err != nil {
		return answer{}, err
	}
	for _, m := range typeLine.FindAllSubmatch(out, -1) {
		a.types = append(a.types, string(m[1]))
	}
	return a, nil
}

// Every accepted statement of 210 published questions that the server takes passes the
// proof, and returns what the server's own client prints, value by value, type by type and
// name by name.
func TestGoldStatements(t *testing.T) {
	t.Parallel()
	const scripts = "../../agent/draft/testdata/defog"
	program, err := exec.LookPath("mariadb")
	if err != nil {
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal("there is no mariadb client; apt install mariadb-client-core")
		}
		t.Skip("there is no mariadb client; apt install mariadb-client-core")
	}
	asked, same, refused, unparsed := 0, 0, 0, 0
	for name, statements := range connectorstest.Golds(t, "testdata/defog/questions.csv") {
		t.Run(name, func(t *testing.T) {
			script, err := os.ReadFile(filepath.Join(scripts, name+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			p := database(t)
			copyTables(t, string(script), p.server, p.name)
			src := open(t, mysql.Config{DSN: p.reader})
			for _, statement := range statements {
				asked++
				statement = strings.NewReplacer("consumer_div.", "", name+".", "").Replace(statement)
				want, wantErr := oracle{program, p.server, p.name}.ask(t, statement)
				got, err := query(t, src, statement)
				switch {
				case wantErr != nil && err != nil:
					refused++
					if connectors.CodeOf(err) != connectors.CodeSQL || strings.Contains(err.Error(), "cannot be parsed") {
						t.Errorf("%s\nrefused by us before the server could: %v", statement, err)
					}
					t.Logf("the server refuses: %v", err)
				case wantErr != nil:
					t.Errorf("%s\nthe server takes what is sent, and not what was written", statement)
				case err != nil && strings.Contains(err.Error(), "cannot be parsed"):
					unparsed++
					t.Logf("not in the grammar: %s\n%v", statement, err)
				case err != nil:
					t.Errorf("%s\n%v", statement, err)
				default:
					same++
					if why := differs(got, want); why != "" {
						t.Errorf("%s\n%s", statement, why)
					}
				}
			}
		})
	}
	t.Logf("%d statements: %d with the same rows, %d that the server refuses itself, %d that our grammar does not have", asked, same, refused, unparsed)
	if asked < 210 || unparsed > 0 {
		t.Errorf("only %d statements, and %d not read", asked, unparsed)
	}
}

// differs says where a result is not what the client printed, "" for nowhere.
func differs(got *connectors.Result, want answer) string {
	if len(got.Rows) != len(want.rows) {
		return fmt.Sprintf("%d rows, not %d", len(got.Rows), len(want.rows))
	}
	var names []string
	for _, c := range got.Columns {
		names = append(names, c.Name)
	}
	if len(want.rows) > 0 && !slices.EqualFunc(names, want.names, sameName) {
		return fmt.Sprintf("columns %q, not %q", names, want.names)
	}
	if len(want.types) != len(got.Columns) {
		return fmt.Sprintf("%d columns, not %d", len(got.Columns), len(want.types))
	}
	var a, b []string
	for i := range want.rows {
		var x, y []string
		for j, text := range want.rows[i] {
			x = append(x, plain(got.Rows[i][j]))
			y = append(y, expected(text, want.types[j]))
		}
		a, b = append(a, strings.Join(x, "\x00")), append(b, strings.Join(y, "\x00"))
	}
	slices.Sort(a) // not every statement says in which order
	slices.Sort(b)
	for i := range a {
		if a[i] != b[i] {
			return fmt.Sprintf("got  %q\nwant %q", a[i], b[i])
		}
	}
	return ""
}

// sameName compares names of columns as far as both were given: a long one is cut.
func sameName(a, b string) bool {
	squeeze := func(s string) string {
		s = strings.Join(strings.Fields(s), " ")
		if runes := []rune(s); len(runes) > 60 {
			s = string(runes[:60])
		}
		return s
	}
	return squeeze(a) == squeeze(b)
}

// plain is a cell as a text that tells its type.
func plain(cell any) string {
	switch v := cell.(type) {
	case nil:
		return "null"
	case float64:
		return "float " + strconv.FormatFloat(math.Round(v*1e9)/1e9, 'g', 12, 64)
	case time.Time:
		return v.Format("2006-01-02 15:04:05.999999")
	}
	return fmt.Sprintf("%T %v", cell, cell)
}

// expected is what the client's text of a type should have become.
func expected(text *string, kind string) string {
	if text == nil {
		return "null"
	}
	s := *text
	switch kind {
	case "TINY", "SHORT", "INT24", "LONG", "LONGLONG", "YEAR":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return plain(connectors.Decimal(s))
		}
		return plain(n)
	case "NEWDECIMAL":
		return plain(connectors.Decimal(s))
	case "FLOAT", "DOUBLE":
		f, _ := strconv.ParseFloat(s, 64)
		return plain(f)
	case "DATE", "DATETIME", "TIMESTAMP":
		for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05.999999"} {
			if at, err := time.Parse(layout, s); err == nil {
				return plain(at)
			}
		}
	}
	return plain(s)
}
