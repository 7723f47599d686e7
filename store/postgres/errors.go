package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/store"
)

// What an operator has to mend, beside what the contract names. Errors wrap them.
var (
	// ErrLogin: the server does not let this login in.
	ErrLogin = errors.New("the database server refuses the login")
	// ErrDenied: the login lacks a right that the store needs.
	ErrDenied = errors.New("the database login lacks a right")
	// ErrReadOnly: the server takes no writes, as a standby does.
	ErrReadOnly = errors.New("the database server takes no writes")
	// ErrCrowded: the server has no connection left.
	ErrCrowded = errors.New("the database server has no connection left")
)

// meanings are what codes of the server mean (PostgreSQL's appendix A).
var meanings = map[string]error{
	"53100": store.ErrFull,                               // disk_full
	"XX001": store.ErrCorrupt, "XX002": store.ErrCorrupt, // data_corrupted, index_corrupted
	"28000": ErrLogin, "28P01": ErrLogin, // invalid_authorization_specification, invalid_password
	"42501": ErrDenied,   // insufficient_privilege
	"25006": ErrReadOnly, // read_only_sql_transaction
	"53300": ErrCrowded,  // too_many_connections
}

var (
	// errConflict: what an update read was changed by another; it runs again.
	errConflict = errors.New("read what another update changed")

	// errLost is kept with a job whose worker fell silent while it ran.
	errLost = errors.New("the worker was lost while the job was running")
)

// unknownError is of a transaction that may have been written or not, because the way
// to the server broke as it ended and the server could not be asked. It is not tried
// again.
type unknownError struct{ err error }

func (e *unknownError) Error() string {
	return "commit: whether it was written is unknown: " + e.err.Error()
}

// known puts errors of the server into the words of the contract.
func known(err error) error {
	if err == nil {
		return nil
	}
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		if strings.Contains(err.Error(), "closed pool") {
			return store.ErrClosed
		}
		return err
	}
	if means := meanings[server.Code]; means != nil && !errors.Is(err, means) {
		return fmt.Errorf("%w: %w", means, err)
	}
	return err
}

// transient says whether err tells of a server or a connection that may come back,
// or of a conflict that goes away.
func transient(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		switch server.Code {
		case "40001", "40P01", // serialization_failure, deadlock_detected
			"57P01", "57P02", "57P03", // admin_shutdown, crash_shutdown, cannot_connect_now
			"53300",          // too_many_connections
			"55P03", "25P03": // lock_not_available, idle_in_transaction_session_timeout
			return true
		}
		return strings.HasPrefix(server.Code, "08")
	}
	return disconnected(err)
}

// disconnected says whether err is of the way to the server, not of the server.
func disconnected(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code == "57P01" || server.Code == "57P02" || strings.HasPrefix(server.Code, "08")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed")
}
