package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// failure classifies what went wrong. What it keeps for logs has no password in it.
func (s *Source) failure(ctx context.Context, err error) *connectors.Error {
	var own *connectors.Error
	switch {
	case s.life.Over():
		return kit.Closed()
	case ctx.Err() != nil:
		return kit.Ended(ctx, s.secret(err))
	case errors.As(err, &own):
		return own
	}
	var server *pgconn.PgError
	if errors.As(err, &server) {
		out := refusal(server)
		out.Err = s.secret(err)
		return out
	}
	out := unreachable(err)
	out.Err = s.secret(err)
	return out
}

// unreachable is what an error before or below the protocol means.
func unreachable(err error) *connectors.Error {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		lookup    *net.DNSError
	)
	text := err.Error()
	switch {
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify):
		return &connectors.Error{Code: connectors.CodeUnusable, Message: "The server's certificate cannot be verified.", Korean: "데이터베이스 서버의 인증서를 확인할 수 없어요. 운영자에게 알려 주세요.",
			Fix: "Name the authority with sslrootcert=… in dsn; sslmode=require takes any certificate, sslmode=disable needs none."}
	case strings.Contains(text, "refused TLS"):
		return &connectors.Error{Code: connectors.CodeUnusable, Message: "The server speaks no TLS.", Korean: "데이터베이스 서버가 암호화된 연결을 받지 않아요. 운영자에게 알려 주세요.",
			Fix: "Turn on ssl on the server, or write sslmode=disable into dsn where the network between is your own."}
	case errors.As(err, &lookup):
		return &connectors.Error{Code: connectors.CodeUnavailable, Message: "There is no server of that name.", Korean: "그런 이름의 데이터베이스 서버가 없어요.", Fix: "Look at the host in dsn."}
	}
	return &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database cannot be reached.", Korean: "데이터베이스에 연결할 수 없어요.", Fix: "Look at the host and the port in dsn, and whether the server runs."}
}

// lost reports whether the connection broke, or the server gave the query up, so that it
// may be asked again.
func lost(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		known, ok := stateOf(server.Code)
		return ok && known.again
	}
	var connect *pgconn.ConnectError
	var own *connectors.Error
	return !errors.As(err, &connect) && !errors.As(err, &own) && !errors.Is(err, errDate)
}

// drifted reports whether a name that was known when a statement was proven is not there any
// more, and says so in the error. The catalogue may have been read anew since.
func (k *knowledge) drifted(failed *connectors.Error, err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "42P01" && server.Code != "42703" && server.Code != "3F000" {
		return false
	}
	name, table := quotedName(server.Message), server.Code != "42703"
	if table && !k.relations.tables[name] && !k.relations.tables[strings.Replace(name, ".", "\x00", 1)] || !table && !k.columns[name[strings.LastIndexByte(name, '.')+1:]] {
		return false
	}
	what, ko := "column", "열"
	if table {
		what, ko = "table", "테이블"
	}
	failed.Code = connectors.CodeNotFound
	failed.Message = fmt.Sprintf("The database has changed: the %s %s is not there any more. It is being looked at again.", what, name)
	failed.Korean = fmt.Sprintf("데이터베이스가 바뀌어서 찾던 %s(%s)이 이제 없어요. 구조를 다시 읽고 있어요.", ko, name)
	return true
}

// quotedName is the first name that a message of the server quotes: relation "x" does not
// exist, column o.x does not exist.
func quotedName(message string) string {
	if i := strings.IndexByte(message, '"'); i >= 0 {
		if j := strings.IndexByte(message[i+1:], '"'); j >= 0 {
			return message[i+1 : i+1+j]
		}
	}
	fields := strings.Fields(message)
	if len(fields) > 1 && fields[0] == "column" {
		return fields[1]
	}
	return ""
}
