package mysql

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

// testRelations has tables items, Items2 and other.things.
func testRelations(server flavor) relations {
	rel := relations{server: server, first: "shop", tables: map[place]bool{}, folded: map[place][]place{}, foreign: map[string]bool{"nvl": true}}
	for _, at := range []place{{"shop", "items"}, {"shop", "Items2"}, {"shop", "Both"}, {"shop", "both"}, {"other", "things"}, {"shop", "주문 내역"}} {
		rel.add(at)
	}
	return rel
}

// What is sent is not the text, but what was read in it.
func TestWrittenAnew(t *testing.T) {
	var p prover
	for sql, want := range map[string]string{
		"select id from items":                                                      "SELECT `id` FROM `shop`.`items` LIMIT 11",
		"SELECT id FROM items LIMIT 3":                                              "SELECT `id` FROM `shop`.`items` LIMIT 3",
		"SELECT id FROM items LIMIT 3, 4000":                                        "SELECT `id` FROM `shop`.`items` LIMIT 3,11",
		"SELECT i.id FROM ITEMS i -- x":                                             "SELECT `i`.`id` FROM `shop`.`items` AS `i` LIMIT 11",
		"SELECT id FROM ITEMS2":                                                     "SELECT `id` FROM `shop`.`Items2` AS `ITEMS2` LIMIT 11",
		"SELECT id FROM `both`":                                                     "SELECT `id` FROM `shop`.`both` LIMIT 11",
		"SELECT COUNT(*) FROM other.things;":                                        "SELECT COUNT(1) AS `COUNT(*)` FROM `other`.`things` LIMIT 11",
		"SELECT 'a\\'b', \"c\", '\\\\%' FROM `주문 내역`":                               "SELECT 'a''b','c','\\\\%' FROM `shop`.`주문 내역` LIMIT 11",
		"SELECT until, 'until', `until`, a.Array /* until */ FROM items a -- until": "SELECT `until`,'until',`until`,`a`.`Array` FROM `shop`.`items` AS `a` LIMIT 11",
		"SELECT 1 UNION SELECT 2":                                                   "SELECT 1 UNION SELECT 2 LIMIT 11",
		"WITH x AS (SELECT 1 AS a) SELECT a FROM x":                                 "WITH `x` AS (SELECT 1 AS `a`) SELECT `a` FROM `x` LIMIT 11",
		"SELECT (1 + 2) * 3, -(-1), 1 - -1, NOT (1 = 2), !0 = 1":                    "SELECT (1 + 2) * 3 AS `(1 + 2) * 3`,-(-1) AS `-(-1)`,1 - -1 AS `1 - -1`,NOT (1 = 2) AS `NOT (1 = 2)`,!0 = 1 AS `!0 = 1` LIMIT 11",
	} {
		got, refused := p.prove(sql, testRelations(mysqlServer), 10)
		if refused != nil || got.sql != want {
			t.Errorf("%s\ngot  %s %v\nwant %s", sql, got.sql, refused, want)
		}
	}
}

// Names that two servers do not both have are known to the one.
func TestFunctionsOfOneServer(t *testing.T) {
	var p prover
	for sql, want := range map[string][2]connectors.Code{
		"SELECT ANY_VALUE(id) FROM items":        {"", connectors.CodeDenied},
		"SELECT ADD_MONTHS(id, 1) FROM items":    {connectors.CodeDenied, ""},
		"SELECT NVL(id, 1) FROM items":           {connectors.CodeDenied, connectors.CodeDenied}, // there is one of the database's
		"SELECT REGEXP_LIKE(id, '1') FROM items": {"", connectors.CodeDenied},
	} {
		for i, server := range []flavor{mysqlServer, mariadbServer} {
			_, err := p.prove(sql, testRelations(server), 10)
			code := connectors.Code("")
			if err != nil {
				code = err.Code
			}
			if code != want[i] {
				t.Errorf("%s on %s: %v", sql, server, err)
			}
		}
	}
}

// Statements that are proven at the same time are not taken for each other.
func TestProvenTogether(t *testing.T) {
	var p prover
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				text := fmt.Sprintf("SELECT %d FROM items WHERE id = %d", i, j)
				want := fmt.Sprintf("SELECT %d FROM `shop`.`items` WHERE `id` = %d LIMIT 11", i, j)
				if got, err := p.prove(text, testRelations(mariadbServer), 10); err != nil || got.sql != want {
					t.Errorf("%s became %s, %v", text, got.sql, err)
				}
			}
		})
	}
	all.Wait()
}

// What the grammar cannot read is refused in a sentence, and quickly.
func TestHostileTexts(t *testing.T) {
	var p prover
	for _, sql := range []string{
		"SELECT " + strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500),
		"SELECT '" + strings.Repeat("x", maxStatement) + "'", "SELECT 1\x00", "SELECT '\xbf\\' OR 1=1 -- '", "SELECT '\xff'", "SELECT /*!50000 1 */", "SELECT /*M!100000 1 */", "SELECT 1 /*",
		"SELECT 'x", "SELECT `x", "SELECT \"x", "SELECT _gbk'\xbf'", "SELECT _gbk'가'", "SELECT _latin1 x'E9'", "SELECT ?", "SELECT :x",
		strings.Repeat("SELECT 1 + ", 3000) + "1", "SELECT " + strings.Repeat("-", 4000) + "1", "SELECT " + strings.Repeat("NOT ", 7000) + "1",
		"SELECT CASE " + strings.Repeat("WHEN 1 THEN CASE ", 1500) + "END", "\ufeffSELECT SLEEP(1)",
	} {
		if got, err := p.prove(sql, testRelations(mariadbServer), 10); err == nil {
			t.Errorf("let through: %.100s", got.sql)
		} else if err.Message == "" || len(err.Message) > 400 {
			t.Errorf("%.60s: %s", sql, err.Message)
		}
	}
}

func FuzzProve(f *testing.F) {
	var p prover
	f.Add("SELECT id FROM items WHERE label LIKE '%a\\_b%' /* x */ ORDER BY 1 DESC LIMIT 5")
	f.Fuzz(func(t *testing.T, sql string) {
		got, err := p.prove(sql, testRelations(mariadbServer), 10)
		if err != nil {
			return
		}
		again, err := p.prove(got.sql, testRelations(mariadbServer), 10)
		if err != nil || again.sql != got.sql {
			t.Errorf("%q became %q and then %q, %v", sql, got.sql, again.sql, err)
		}
	})
}

func TestGrants(t *testing.T) {
	for line, want := range map[string]string{
		"GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*B6 ON X'":                   "",
		"GRANT SELECT ON `k`.* TO `r`@`%`":                                                  "",
		"GRANT SELECT (`a`, `INSERT, x`), SHOW VIEW ON `k`.`t ON x` TO `r`@`%`":             "",
		"GRANT SELECT (`a`), INSERT (`b`) ON `k`.`t` TO `r`@`%`":                            "may INSERT on k.t",
		"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION":               "may ALL PRIVILEGES on *.*",
		"GRANT SELECT ON *.* TO `r`@`%`":                                                    "may read every database, the server's accounts too",
		"GRANT SELECT ON `mysql`.* TO `r`@`%`":                                              "may read the server's own database mysql",
		"GRANT SELECT ON `k`.* TO `r`@`%` WITH GRANT OPTION":                                "may pass on what it may do on k.*",
		"GRANT PROXY ON ``@`%` TO `root`@`localhost`":                                       "may PROXY on @%",
		"GRANT EXECUTE ON FUNCTION `k`.`f` TO `r`@`%`":                                      "may EXECUTE on FUNCTION k.f",
		"GRANT FILE, PROCESS, SUPER, SELECT ON *.* TO `r`@`%`":                              "may FILE, PROCESS, SUPER on *.*",
		"GRANT APPLICATION_PASSWORD_ADMIN,BACKUP_ADMIN ON *.* TO `r`@`%` WITH GRANT OPTION": "may APPLICATION_PASSWORD_ADMIN, BACKUP_ADMIN on *.*",
	} {
		g, ok := readGrant(line)
		if got := g.excess(); !ok || got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	for line, want := range map[string]string{"GRANT `a`@`%`,`b`@`%` TO `r`@`%`": "`a`@`%` `b`@`%`", "GRANT `rr` TO `r2`@`%`": "`rr`"} {
		if g, ok := readGrant(line); !ok || strings.Join(g.roles, " ") != want {
			t.Errorf("%s: %q", line, g.roles)
		}
	}
	if _, ok := readGrant("SET DEFAULT ROLE `rr` FOR `r2`@`%`"); ok {
		t.Error("a default role is no grant")
	}
}
