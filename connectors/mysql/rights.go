package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/bapsang/bapsang/connectors"
)

// grant is one line of SHOW GRANTS.
type grant struct {
	privileges []string // such as "SELECT"; of columns without their names
	on         string   // such as "`shop`.*"; "" for a grant of roles
	roles      []string // as SHOW GRANTS names them
	option     bool     // may be passed on
	public     bool     // everybody has it
}

// readGrant reads a line of SHOW GRANTS; ok is false for what is none.
func readGrant(line string) (g grant, ok bool) {
	rest, ok := strings.CutPrefix(line, "GRANT ")
	if !ok {
		return g, false // a default role, or what is taken away from a larger grant
	}
	what, on, some := cutOutside(rest, " ON ")
	if !some {
		roles, to, _ := cutOutside(rest, " TO ")
		g.roles, g.option = splitOutside(roles), strings.Contains(to, "WITH ADMIN OPTION")
		return g, true
	}
	var to string
	g.on, to, _ = cutOutside(on, " TO ")
	for _, privilege := range splitOutside(what) {
		name, _, _ := strings.Cut(privilege, " (")
		g.privileges = append(g.privileges, strings.ToUpper(strings.TrimSpace(name)))
	}
	g.option, g.public = strings.Contains(to, "WITH GRANT OPTION"), to == "PUBLIC" || strings.HasPrefix(to, "PUBLIC ")
	return g, true
}

// cutOutside cuts at the first sep that is in no quotes and no brackets.
func cutOutside(s, sep string) (before, after string, found bool) {
	quote, depth := byte(0), 0
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0 // a doubled one opens anew at once
			}
		case c == '`' || c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(s[i:], sep):
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// splitOutside splits at commas that are in no quotes and no brackets.
func splitOutside(s string) (out []string) {
	for {
		part, rest, more := cutOutside(s, ",")
		out = append(out, strings.TrimSpace(part))
		if !more {
			return out
		}
		s = rest
	}
}

// reading are privileges that change nothing.
var reading = []string{"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES"}

// excess says what a grant gives beyond reading the databases of questions, "" for nothing.
func (g grant) excess() string {
	on := strings.ReplaceAll(g.on, "`", "")
	var over []string
	for _, p := range g.privileges {
		if !slices.Contains(reading, p) {
			over = append(over, p)
		}
	}
	switch schema, _, _ := strings.Cut(on, "."); {
	case len(over) > 0:
		return "may " + strings.Join(over[:min(len(over), 5)], ", ") + " on " + on
	case g.option:
		return "may pass on what it may do on " + on
	case slices.Contains(g.privileges, "SELECT") && on == "*.*":
		return "may read every database, the server's accounts too"
	case slices.Contains(g.privileges, "SELECT") && slices.Contains(servers, strings.ToLower(schema)):
		return "may read the server's own database " + schema
	}
	return ""
}

// checkLogin refuses a login that could do more than read, unless the configuration lets it
// in.
func (s *Source) checkLogin(ctx context.Context, conn *session) error {
	if s.cfg.AllowPrivileged {
		return nil
	}
	rights, login, err := readRights(ctx, conn)
	if err != nil || len(rights) == 0 {
		return err
	}
	return &connectors.Error{
		Code:    connectors.CodeDenied,
		Message: fmt.Sprintf("The login %s could do more than read: it %s.", login, strings.Join(rights[:min(3, len(rights))], ", ")),
		Fix:     "Give it a login that reads only (bapsang doctor writes the statements), or write allow_privileged: true into the source.",
	}
}

// readRights returns what the login could do beyond reading, with every role that it could
// take on, and its name.
func readRights(ctx context.Context, conn *session) (rights []string, login string, err error) {
	who, err := conn.ask(ctx, "SELECT CURRENT_USER()")
	if err != nil || len(who) == 0 {
		return nil, "", errors.Join(err, errWithoutAnswer(who))
	}
	login = str(who[0][0])
	roles, rights, err := readGrants(ctx, conn, "SHOW GRANTS")
	if err != nil || len(roles) == 0 {
		return rights, login, err
	}
	conn.broken.Store(true) // what it may do now is not what others of the pool may
	statements, show := conn.flavor.roleGrants(roles)
	for i, statement := range statements {
		if show != "" {
			if err = conn.exec(ctx, statement); err == nil {
				statement = show
			}
		}
		var more []string
		if err == nil {
			_, more, err = readGrants(ctx, conn, statement)
		}
		var server *mysql.MySQLError
		switch {
		case errors.As(err, &server):
			more = []string{"has the role " + strings.ReplaceAll(roles[min(i, len(roles)-1)], "`", "") + ", whose rights it may not see"}
		case err != nil:
			return nil, "", err
		}
		for _, what := range more {
			if !slices.Contains(rights, what) {
				rights = append(rights, what)
			}
		}
	}
	return rights, login, nil
}

func errWithoutAnswer(rows [][]*string) error {
	if len(rows) == 0 {
		return errors.New("the server gives no answer")
	}
	return nil
}

// readGrants reads what one statement shows of grants.
func readGrants(ctx context.Context, conn *session, statement string) (roles, rights []string, err error) {
	rows, err := conn.ask(ctx, statement)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		g, ok := readGrant(str(row[0]))
		if !ok {
			continue
		}
		roles = append(roles, g.roles...)
		if what := g.excess(); what != "" {
			rights = append(rights, what)
		}
		if g.option && len(g.roles) > 0 {
			rights = append(rights, "may give away the role "+strings.ReplaceAll(g.roles[0], "`", ""))
		}
	}
	return roles, rights, nil
}

// publicRevokes are the statements that take back what everybody may do beyond reading, which
// no other login would be without. As it is installed, MariaDB lets everybody write to
// databases called test.
func publicRevokes(ctx context.Context, conn *session) ([]string, error) {
	rows, err := conn.ask(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, row := range rows {
		if g, ok := readGrant(str(row[0])); ok && g.public && g.excess() != "" {
			out = append(out, "REVOKE ALL PRIVILEGES ON "+g.on+" FROM PUBLIC;")
		}
	}
	return out, nil
}

// SetupSQL are the statements that make a login which reads databases and can do nothing
// else, for whoever runs the server. server is "mysql" or "mariadb".
func SetupSQL(server, login string, schemas []string) string {
	account := account(login)
	out := []string{flavor(server).createUser(account) + ";"}
	for _, schema := range schemas {
		out = append(out, fmt.Sprintf("GRANT SELECT ON %s.* TO %s;", pattern(schema), account))
	}
	return strings.Join(out, "\n")
}

// pattern is the name of a database in a GRANT, where _ and % stand for other letters.
func pattern(schema string) string {
	return identifier(strings.NewReplacer("_", `\_`, "%", `\%`).Replace(schema))
}
