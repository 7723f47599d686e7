package mysql

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// Every number that is known has a sentence, and what cannot be made to happen in a test
// is told as what it is.
func TestSentences(t *testing.T) {
	for number, e := range sentences {
		if !strings.HasSuffix(e.Message, ".") || e.Code == "" || e.Fix != "" && !strings.HasSuffix(e.Fix, ".") {
			t.Errorf("%d: %+v", number, e)
		}
	}
	s := &Source{life: kit.NewLife(t.Context()), at: &address{secret: scrubber("hunter2")}}
	for _, c := range []struct {
		err  error
		code connectors.Code
		say  string
		lost bool
	}{
		{&mysql.MySQLError{Number: 1053, Message: "Server shutdown in progress"}, connectors.CodeUnavailable, "shutting down", true},
		{&mysql.MySQLError{Number: 1040, Message: "Too many connections"}, connectors.CodeUnavailable, "no connection left", false},
		{&mysql.MySQLError{Number: 1203, Message: "User has already more than"}, connectors.CodeUnavailable, "login has no connection left", false},
		{&mysql.MySQLError{Number: 1205, Message: "Lock wait timeout exceeded"}, connectors.CodeTimeout, "locked", false},
		{&mysql.MySQLError{Number: 1213, Message: "Deadlock found"}, connectors.CodeUnavailable, "Ask again", true},
		{&mysql.MySQLError{Number: 1021, Message: "Disk full (/var/lib/mysql-tmp)"}, connectors.CodeTooLarge, "no room", false},
		{&mysql.MySQLError{Number: 3, Message: "Error writing file '/tmp/x' (Errcode: 28)"}, connectors.CodeTooLarge, "no room", false},
		{&mysql.MySQLError{Number: 1153, Message: "Got a packet bigger"}, connectors.CodeTooLarge, "larger than the server sends", false},
		{&mysql.MySQLError{Number: 3024, Message: "maximum statement execution time exceeded"}, connectors.CodeTimeout, "took too long", false},
		{&mysql.MySQLError{Number: 1317, Message: "Query execution was interrupted"}, connectors.CodeUnavailable, "Somebody stopped", false},
		{&mysql.MySQLError{Number: 1927, Message: "Connection was killed"}, connectors.CodeUnavailable, "Somebody closed", true},
		{&mysql.MySQLError{Number: 4031, Message: "disconnected by the server", SQLState: [5]byte{'0', '8', 'S', '0', '1'}}, connectors.CodeUnavailable, "cannot be reached", true},
		{&mysql.MySQLError{Number: 1045, Message: "Access denied"}, connectors.CodeSQL, "view", false},
		{connectError{&mysql.MySQLError{Number: 1045, Message: "Access denied"}}, connectors.CodeUnusable, "login", false},
		{&mysql.MySQLError{Number: 1064, Message: "You have an error\nnear 'x'."}, connectors.CodeSQL, "You have an error near 'x'.", false},
		{mysql.ErrInvalidConn, connectors.CodeUnavailable, "cannot be reached", true},
		{driver.ErrBadConn, connectors.CodeUnavailable, "cannot be reached", true},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), connectors.CodeUnavailable, "cannot be reached", true},
		{&net.OpError{Op: "read", Err: errors.New("reset; the password is hunter2")}, connectors.CodeUnavailable, "cannot be reached", true},
		{mysql.ErrPktTooLarge, connectors.CodeTooLarge, "larger than", false},
		{mysql.ErrNoTLS, connectors.CodeUnusable, "no TLS", false},
		{mysql.ErrOldPassword, connectors.CodeUnusable, "not spoken here", false},
	} {
		got := s.failure(t.Context(), c.err)
		if got.Code != c.code || !strings.Contains(got.Message, c.say) || strings.Contains(got.Message, "/") {
			t.Errorf("%v: %+v", c.err, got)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", got, got), "hunter2") {
			t.Errorf("the password is in %v", got)
		}
		if lost(c.err) != c.lost {
			t.Errorf("%v: asked again %v", c.err, !c.lost)
		}
	}
}
