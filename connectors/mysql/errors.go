package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"

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
		return kit.Ended(ctx, s.at.secret(err))
	case errors.As(err, &own):
		return own
	}
	var out *connectors.Error
	if server := (*mysql.MySQLError)(nil); errors.As(err, &server) {
		if number := server.Number; (number == 1044 || number == 1045) && !errors.As(err, &connectError{}) {
			// It is not us who may not: a view's definer may not any more.
			server = &mysql.MySQLError{Number: 1356}
		}
		out = refusal(server)
	} else {
		out = unreachable(err)
	}
	out.Err = s.at.secret(err)
	return out
}

// sentences are what errors of the server mean, by their numbers.
var sentences = map[uint16]connectors.Error{
	1045: {Code: connectors.CodeUnusable, Message: "The database does not accept the login.", Korean: "데이터베이스가 로그인을 받아 주지 않아요. 운영자에게 알려 주세요.", Fix: "Look at the name and the password in dsn, and at the host that the server has the login for (CREATE USER 'bapsang'@'host')."},
	1044: {Code: connectors.CodeUnusable, Message: "The login may not use that database.", Korean: "이 로그인은 그 데이터베이스를 쓸 수 없어요. 운영자에게 알려 주세요.", Fix: "Look at the name of the database in dsn, and GRANT SELECT on it; bapsang doctor writes the statement."},
	1049: {Code: connectors.CodeUnusable, Message: "The server has no database of that name.", Korean: "서버에 그런 이름의 데이터베이스가 없어요. 운영자에게 알려 주세요.", Fix: "Look at the name of the database in dsn."},
	1130: {Code: connectors.CodeUnusable, Message: "The server takes no connections from this host.", Korean: "서버가 이 컴퓨터에서 오는 연결을 받지 않아요. 운영자에게 알려 주세요.", Fix: "CREATE USER 'bapsang'@'%', or with this host's name, on the server."},
	1129: {Code: connectors.CodeUnavailable, Message: "The server has shut this host out after too many failed connections.", Fix: "FLUSH HOSTS on the server, or mariadb-admin flush-hosts."},
	1251: {Code: connectors.CodeUnusable, Message: "The server wants the password in a form that is not spoken here.", Korean: "서버가 여기서 쓸 수 없는 방식의 비밀번호를 요구해요. 운영자에게 알려 주세요.", Fix: "Give the login a password of mysql_native_password, ed25519 or caching_sha2_password."},
	3159: {Code: connectors.CodeUnusable, Message: "The server takes encrypted connections only.", Korean: "서버가 암호화된 연결만 받아요. 운영자에게 알려 주세요.", Fix: "Take tls=false out of dsn."},
	1862: {Code: connectors.CodeUnusable, Message: "The login's password has expired.", Korean: "로그인의 비밀번호가 만료됐어요. 운영자에게 알려 주세요.", Fix: "ALTER USER … IDENTIFIED BY … on the server."},
	1820: {Code: connectors.CodeUnusable, Message: "The login's password has expired.", Korean: "로그인의 비밀번호가 만료됐어요. 운영자에게 알려 주세요.", Fix: "ALTER USER … IDENTIFIED BY … on the server."},
	3118: {Code: connectors.CodeUnusable, Message: "The login is locked.", Korean: "로그인이 잠겨 있어요. 운영자에게 알려 주세요.", Fix: "ALTER USER … ACCOUNT UNLOCK on the server."},
	4151: {Code: connectors.CodeUnusable, Message: "The login is locked.", Korean: "로그인이 잠겨 있어요. 운영자에게 알려 주세요.", Fix: "ALTER USER … ACCOUNT UNLOCK on the server."},
	1298: {Code: connectors.CodeBadData, Message: "The server does not know the time zone.", Fix: "Look at timezone in the configuration."},

	1040: {Code: connectors.CodeUnavailable, Message: "The server has no connection left.", Korean: "데이터베이스 서버에 남은 연결이 없어요. 잠시 뒤에 다시 물어봐 주세요."},
	1203: {Code: connectors.CodeUnavailable, Message: "The login has no connection left.", Korean: "이 로그인에 남은 연결이 없어요. 잠시 뒤에 다시 물어봐 주세요.", Fix: "Raise MAX_USER_CONNECTIONS of the login, or lower the contract's concurrency."},
	1226: {Code: connectors.CodeUnavailable, Message: "The login has used up what the server gives it.", Korean: "이 로그인이 쓸 수 있는 만큼을 다 썼어요. 잠시 뒤에 다시 물어봐 주세요.", Fix: "Raise the login's MAX_… limits, or lower the contract's rate and concurrency."},

	1317: {Code: connectors.CodeUnavailable, Message: "Somebody stopped the query on the server.", Korean: "서버에서 누군가 조회를 멈췄어요."},
	1927: {Code: connectors.CodeUnavailable, Message: "Somebody closed the connection on the server.", Korean: "서버에서 누군가 연결을 끊었어요."},
	1969: {Code: connectors.CodeTimeout, Message: "The query took too long and was stopped."},
	3024: {Code: connectors.CodeTimeout, Message: "The query took too long and was stopped."},
	1205: {Code: connectors.CodeTimeout, Message: "The table is locked by somebody who changes it.", Korean: "누군가 테이블을 바꾸는 중이라 지금은 읽을 수 없어요."},
	1213: {Code: connectors.CodeUnavailable, Message: "The query stood in the way of somebody who changes the table. Ask again.", Korean: "테이블을 바꾸는 작업과 겹쳐 조회를 멈췄어요. 다시 물어봐 주세요."},

	1046: {Code: connectors.CodeSQL, Message: "The database refused the statement: a WITH inside of another query does not see the names of the outer WITH; write all of them into one."},
	1142: {Code: connectors.CodeDenied, Message: "The login may not read that.", Korean: "이 로그인으로는 읽을 수 없는 데이터예요.", Fix: "bapsang doctor writes the GRANT that is missing."},
	1143: {Code: connectors.CodeDenied, Message: "The login may not read that.", Korean: "이 로그인으로는 읽을 수 없는 데이터예요.", Fix: "bapsang doctor writes the GRANT that is missing."},
	1370: {Code: connectors.CodeDenied, Message: "A view calls a function that the login may not call.", Fix: "Let the view run with its definer's rights (SQL SECURITY DEFINER)."},
	1792: {Code: connectors.CodeDenied, Message: "The statement would have changed something."},
	1836: {Code: connectors.CodeDenied, Message: "The statement would have changed something."},
	1356: {Code: connectors.CodeSQL, Message: "The view refers to what is not there any more, or its definer may not read it any more.", Korean: "뷰가 가리키는 테이블이 없어졌거나 뷰를 만든 사람의 권한이 없어졌어요.", Fix: "CREATE OR REPLACE VIEW with a definer who may read its tables."},
	1449: {Code: connectors.CodeSQL, Message: "The user who defined the view is not there any more.", Korean: "뷰를 만든 사용자가 이제 없어요.", Fix: "CREATE OR REPLACE DEFINER = … VIEW with a user who is there."},

	3:    {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},
	28:   {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},
	1021: {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},
	1037: {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},
	1038: {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},
	1041: {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},
	1104: {Code: connectors.CodeTooLarge, Message: "The query would look at more rows than the server allows."},
	1114: {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},
	1153: {Code: connectors.CodeTooLarge, Message: "A row of the result is larger than the server sends."},
	1301: {Code: connectors.CodeTooLarge, Message: "A value of the result is larger than the server sends."},
	3170: {Code: connectors.CodeTooLarge, Message: "The server has no room for that query."},

	1053: {Code: connectors.CodeUnavailable, Message: "The database cannot be reached at the moment: the server is shutting down."},
	1152: {Code: connectors.CodeUnavailable, Message: "The database cannot be reached at the moment."},
	1194: {Code: connectors.CodeUnavailable, Message: "A table of the database is damaged.", Fix: "REPAIR TABLE on the server; its log says which."},
	1195: {Code: connectors.CodeUnavailable, Message: "A table of the database is damaged.", Fix: "REPAIR TABLE on the server; its log says which."},
	1290: {Code: connectors.CodeUnavailable, Message: "The server is started in a way that does not allow that."},
}

// refusal is what an error of the server means.
func refusal(e *mysql.MySQLError) *connectors.Error {
	if out, ok := sentences[e.Number]; ok {
		return &out
	}
	if strings.HasPrefix(string(e.SQLState[:]), "08") {
		return &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database cannot be reached at the moment."}
	}
	return connectors.Errorf(connectors.CodeSQL, "The database refused the statement: %s.", kit.Phrase(e.Message))
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
	switch {
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify):
		return &connectors.Error{Code: connectors.CodeUnusable, Message: "The server's certificate cannot be verified.", Korean: "데이터베이스 서버의 인증서를 확인할 수 없어요. 운영자에게 알려 주세요.",
			Fix: "Name the authority with tls-ca=/path/ca.pem in dsn (MariaDB 11.4 and later make a certificate of their own, which nobody vouches for); tls=skip-verify takes any certificate, tls=false needs none."}
	case errors.Is(err, mysql.ErrNoTLS):
		return &connectors.Error{Code: connectors.CodeUnusable, Message: "The server speaks no TLS.", Korean: "데이터베이스 서버가 암호화된 연결을 받지 않아요. 운영자에게 알려 주세요.",
			Fix: "Give the server a certificate (ssl-cert, ssl-key), or write tls=false into dsn where the network between is your own."}
	case errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrOldPassword), errors.Is(err, mysql.ErrUnknownPlugin), errors.Is(err, mysql.ErrNativePassword):
		out := sentences[1251]
		return &out
	case errors.As(err, &lookup):
		return &connectors.Error{Code: connectors.CodeUnavailable, Message: "There is no server of that name.", Fix: "Look at the host in dsn."}
	case errors.Is(err, mysql.ErrPktTooLarge):
		return &connectors.Error{Code: connectors.CodeTooLarge, Message: fmt.Sprintf("One row of the result is larger than %d MB.", connectors.MaxResultBytes>>20)}
	}
	return &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database cannot be reached.", Fix: "Look at the host and the port in dsn, and whether the server runs."}
}

// lost reports whether the connection broke, or the server gave the query up, so that it
// may be asked again.
func lost(err error) bool {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		switch server.Number {
		case 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1213, 1927, 3032, 4031:
			return true
		}
		return false
	}
	var network net.Error
	return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrMalformPkt) || errors.Is(err, mysql.ErrPktSync) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &network)
}

// Messages of the server that name what is not there.
var (
	noTable  = regexp.MustCompile(`Table '(.+)' doesn't exist`)
	noColumn = regexp.MustCompile(`Unknown column '(.+?)' in`)
)

// drifted reports whether a name that was known when a statement was proven is not there any
// more, and says so in the error. The catalogue may have been read anew since.
func (k *knowledge) drifted(failed *connectors.Error, err error) bool {
	var server *mysql.MySQLError
	if !errors.As(err, &server) {
		return false
	}
	name, what, ko := "", "", ""
	switch server.Number {
	case 1146, 1932:
		if m := noTable.FindStringSubmatch(server.Message); m != nil {
			schema, table, _ := strings.Cut(m[1], ".")
			if k.relations.tables[place{schema, table}] {
				name, what, ko = table, "table", "테이블"
			}
		}
	case 1054:
		if m := noColumn.FindStringSubmatch(server.Message); m != nil {
			column := m[1][strings.LastIndexByte(m[1], '.')+1:]
			if k.columns[strings.ToLower(column)] {
				name, what, ko = column, "column", "열"
			}
		}
	}
	if name == "" {
		return false
	}
	failed.Code = connectors.CodeNotFound
	failed.Message = fmt.Sprintf("The database has changed: the %s %s is not there any more. It is being looked at again.", what, name)
	failed.Korean = fmt.Sprintf("데이터베이스가 바뀌어서 찾던 %s(%s)이 이제 없어요. 구조를 다시 읽고 있어요.", ko, name)
	return true
}
