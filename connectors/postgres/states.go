package postgres

import (
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// state is what an SQLSTATE of the server means to whoever asks and to whoever runs this.
type state struct {
	code        connectors.Code
	en, ko, fix string
	again       bool // the same statement may well succeed at once
}

// states are those that are told apart, by SQLSTATE or, where that is not here, by its
// class. (PostgreSQL, appendix A. The texts of the server's own may be in any language.)
var states = map[string]state{
	"28000": {code: connectors.CodeUnusable, en: "The database does not accept the login.", ko: "데이터베이스가 로그인을 받아 주지 않아요. 운영자에게 알려 주세요.",
		fix: "Look at the name and the password in dsn, and at pg_hba.conf of the server."},
	"3D000": {code: connectors.CodeUnusable, en: "The server has no database of that name.", ko: "서버에 그런 이름의 데이터베이스가 없어요. 운영자에게 알려 주세요.", fix: "Look at the name of the database in dsn."},
	"57P04": {code: connectors.CodeUnusable, en: "The database has been dropped.", ko: "데이터베이스가 삭제됐어요. 운영자에게 알려 주세요.", fix: "Look at the name of the database in dsn."},
	"55P03": {code: connectors.CodeTimeout, en: "The table is locked by somebody who changes it.", ko: "누군가 테이블을 바꾸는 중이라 지금은 읽을 수 없어요."},
	// Our own deadline comes before the server's, so it was neither.
	"57014": {code: connectors.CodeTimeout, en: "The query was stopped on the database's side.", ko: "데이터베이스 쪽에서 조회를 멈췄어요."},
	"25006": {code: connectors.CodeDenied, en: "The statement would have changed something.", ko: "데이터를 바꾸는 조회라서 실행하지 않았어요."},
	"42501": {code: connectors.CodeDenied, en: "The login may not read that.", ko: "이 로그인으로는 읽을 수 없는 데이터예요.", fix: "bapsang doctor writes the GRANT that is missing."},
	"53300": {code: connectors.CodeUnavailable, en: "The database takes no more connections at the moment.", ko: "데이터베이스에 연결이 가득 차서 지금은 더 받지 않아요.",
		fix: "Lower contract.concurrency, or raise max_connections of the server or the CONNECTION LIMIT of the login."},
	"53100": {code: connectors.CodeTooLarge, en: "The disk of the database's server is too full for that query.", ko: "데이터베이스 서버의 디스크가 모자라서 조회하지 못했어요.", fix: "Make room on the server's disk, or for its temporary files."},
	"53200": {code: connectors.CodeTooLarge, en: "The query needs more memory than the database's server has.", ko: "데이터베이스 서버의 메모리가 모자라서 조회하지 못했어요."},
	"53400": {code: connectors.CodeTooLarge, en: "The query needs more room for temporary files than the server gives it.", ko: "조회가 서버에서 허용한 임시 파일 크기를 넘어섰어요.", fix: "Look at temp_file_limit of the server."},
	"53":    {code: connectors.CodeTooLarge, en: "The server has no room for that query.", ko: "데이터베이스 서버에 이 조회를 할 여유가 없어요."},
	"54":    {code: connectors.CodeTooLarge, en: "The query is too complex for the server.", ko: "데이터베이스 서버가 처리하기에 너무 복잡한 조회예요."},
	"40001": {code: connectors.CodeUnavailable, en: "The replica had to stop the query to keep up. Ask again.", ko: "복제 서버가 따라잡느라 조회를 멈췄어요. 다시 물어봐 주세요.", again: true,
		fix: "Raise max_standby_streaming_delay of the replica, or set hot_standby_feedback on it."},
	"40P01": {code: connectors.CodeUnavailable, en: "The query and somebody's change waited for each other, and the server stopped the query. Ask again.", ko: "조회와 다른 작업이 서로 기다리게 되어 서버가 조회를 멈췄어요. 다시 물어봐 주세요.", again: true},
	"57P01": {code: connectors.CodeUnavailable, en: "The database has ended the connection. Ask again in a moment.", ko: "데이터베이스가 연결을 끊었어요. 잠시 후 다시 물어봐 주세요.", again: true},
	"57P02": {code: connectors.CodeUnavailable, en: "The database's server has failed and starts anew. Ask again in a moment.", ko: "데이터베이스 서버가 다시 시작하고 있어요. 잠시 후 다시 물어봐 주세요.", again: true},
	"57P03": {code: connectors.CodeUnavailable, en: "The database is starting up or shutting down. Ask again in a moment.", ko: "데이터베이스가 시작하거나 종료하는 중이에요. 잠시 후 다시 물어봐 주세요.", again: true},
	"57P05": {code: connectors.CodeUnavailable, en: "The database has ended the connection. Ask again in a moment.", ko: "데이터베이스가 연결을 끊었어요. 잠시 후 다시 물어봐 주세요.", again: true},
	"25P03": {code: connectors.CodeUnavailable, en: "The database has ended the connection. Ask again in a moment.", ko: "데이터베이스가 연결을 끊었어요. 잠시 후 다시 물어봐 주세요.", again: true},
	"25P04": {code: connectors.CodeTimeout, en: "The query was stopped on the database's side.", ko: "데이터베이스 쪽에서 조회를 멈췄어요.", fix: "Look at transaction_timeout of the login."},
	"08":    {code: connectors.CodeUnavailable, en: "The database cannot be reached at the moment.", ko: "지금은 데이터베이스에 연결할 수 없어요.", again: true},
	"57":    {code: connectors.CodeUnavailable, en: "The database cannot be reached at the moment.", ko: "지금은 데이터베이스에 연결할 수 없어요."},
	"58":    {code: connectors.CodeUnavailable, en: "The database's server cannot read its own files.", ko: "데이터베이스 서버가 자기 파일을 읽지 못하고 있어요.", fix: "Look at the server's log."},
	"XX":    {code: connectors.CodeUnavailable, en: "The database's server has failed at that query.", ko: "데이터베이스 서버에서 오류가 났어요.", fix: "Look at the server's log."},
}

// stateOf is the entry for an SQLSTATE.
func stateOf(sqlstate string) (state, bool) {
	if sqlstate == "28P01" {
		sqlstate = "28000"
	}
	known, ok := states[sqlstate]
	if !ok {
		known, ok = states[sqlstate[:min(2, len(sqlstate))]]
	}
	return known, ok
}

// refusal is what an error of the server means.
func refusal(e *pgconn.PgError) *connectors.Error {
	if known, ok := stateOf(e.Code); ok {
		return &connectors.Error{Code: known.code, Message: known.en, Korean: known.ko, Fix: known.fix}
	}
	return connectors.Errorf(connectors.CodeSQL, "The database refused the statement: %s.", kit.Phrase(e.Message))
}
