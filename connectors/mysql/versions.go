package mysql

import (
	"fmt"
	"strings"
	"time"
)

// flavor is whose server it is. What MySQL and MariaDB have each in its own way is in this
// file, and in functions.txt. The tests run on MariaDB; what is said of MySQL here is from
// its manual.
type flavor string

const (
	mysqlServer   flavor = "mysql"   // as the catalogue calls the dialect
	mariadbServer flavor = "mariadb" // likewise
)

// flavorOf reads VERSION().
func flavorOf(version string) flavor {
	if strings.Contains(strings.ToLower(version), "mariadb") {
		return mariadbServer
	}
	return mysqlServer
}

func (f flavor) String() string {
	if f == mariadbServer {
		return "MariaDB"
	}
	return "MySQL"
}

// least is the oldest version that this is made for.
func (f flavor) least() (major, minor int) {
	if f == mariadbServer {
		return 10, 6
	}
	return 8, 0
}

// mode is the sql_mode of our sessions: how texts and names are read is fixed, so that the
// server reads a statement as we write it. MySQL keeps ONLY_FULL_GROUP_BY, which it has by
// itself; MariaDB's refuses a column that the grouped key determines, and is off by itself.
func (f flavor) mode() string {
	mode := "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
	if f == mysqlServer {
		mode = "ONLY_FULL_GROUP_BY," + mode
	}
	return mode
}

// session is what only one of the two has to be told.
func (f flavor) session() []string {
	if f == mysqlServer {
		// Otherwise sizes and times of tables are as of a day ago.
		return []string{"information_schema_stats_expiry = 0"}
	}
	return nil
}

// timeout has the server itself end a statement after d, and not wait for a lock for longer
// than five seconds.
func (f flavor) timeout(d time.Duration) string {
	lock := max(1, min(5, int(d/time.Second)))
	limit := fmt.Sprintf("max_execution_time = %d", max(d.Milliseconds(), 1))
	if f == mariadbServer {
		limit = fmt.Sprintf("max_statement_time = %.3f", max(d, time.Millisecond).Seconds())
	}
	return fmt.Sprintf("SET SESSION %s, lock_wait_timeout = %d, innodb_lock_wait_timeout = %d", limit, lock, lock)
}

// counters are the server's counts that grow with every change of rows: of MariaDB those
// that leave temporary tables out, of MySQL InnoDB's.
func (f flavor) counters() []string {
	names := []string{"Com_truncate", "Com_alter_table", "Com_create_table", "Com_drop_table", "Com_rename_table", "Com_load"}
	if f == mariadbServer {
		return append(names, "Handler_write", "Handler_update", "Handler_delete")
	}
	return append(names, "Innodb_rows_inserted", "Innodb_rows_updated", "Innodb_rows_deleted")
}

// createUser is the statement that makes a login for reading.
func (f flavor) createUser(account string) string {
	create := "CREATE USER " + account + " IDENTIFIED BY '…' WITH MAX_USER_CONNECTIONS 15"
	if f == mariadbServer {
		create += " MAX_STATEMENT_TIME 60"
	}
	return create
}

// roleGrants are the statements after each of which SHOW GRANTS, or the statement itself,
// shows what roles give. They change the session.
func (f flavor) roleGrants(roles []string) (statements []string, show string) {
	if f == mysqlServer {
		return []string{"SHOW GRANTS FOR CURRENT_USER() USING " + strings.Join(roles, ", ")}, ""
	}
	for _, role := range roles {
		statements = append(statements, "SET ROLE "+role)
	}
	return statements, "SHOW GRANTS"
}
