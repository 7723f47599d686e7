package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
	"github.com/bapsang/bapsang/connectors/workers"
)

// Failure implements workers.Engine.
func (e *engine) Failure(ctx context.Context, err error) workers.End {
	var own *connectors.Error
	if !errors.As(err, &own) {
		own = kit.Ended(ctx, err)
	}
	if own != nil {
		return workers.End{Code: own.Code, Message: own.Message, Korean: own.Korean, Fix: own.Fix}
	}
	return meaning(err)
}

// refusal says why a database was not opened.
func refusal(req openRequest, err error) workers.End {
	end := meaning(err)
	if end.Code == connectors.CodeUnavailable && isWAL(req.Path) {
		end.Message = "The database keeps a write-ahead log, and the files of the log beside it can be neither opened nor made."
		end.Fix = "Let the user who runs bapsang write into the folder of the database (the index of the log, -shm, is shared by all readers), or run PRAGMA journal_mode = DELETE on it once."
	}
	return end
}

// meaning is what an error of the engine means, by its result code
// (https://www.sqlite.org/rescode.html).
func meaning(err error) workers.End {
	end := workers.End{Code: connectors.CodeInternal, Message: "The query failed.", Detail: err.Error()}
	var failed sqlite3.Error
	if !errors.As(err, &failed) {
		return end
	}
	switch failed.Code {
	case sqlite3.ErrError, sqlite3.ErrMismatch, sqlite3.ErrRange, sqlite3.ErrConstraint:
		end.Code, end.Message = connectors.CodeSQL, "The database refused the statement: "+kit.Phrase(failed.Error())+"."
	case sqlite3.ErrAuth, sqlite3.ErrPerm:
		end.Code, end.Message = connectors.CodeDenied, "The statement, or a view that it reads, reaches for something that is not allowed."
	case sqlite3.ErrNomem:
		end.Code, end.Message = connectors.CodeTooLarge, "The query needs more memory than it may use."
	case sqlite3.ErrTooBig:
		end.Code, end.Message = connectors.CodeTooLarge, "A value of the query is larger than it may be."
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		end.Code, end.Message = connectors.CodeTimeout, "The database is locked by somebody who changes it."
		end.Korean = "누군가 데이터베이스를 바꾸는 중이라 지금은 읽을 수 없어요."
	case sqlite3.ErrInterrupt:
		end.Code, end.Message = connectors.CodeTimeout, "The query took too long and was stopped."
	case sqlite3.ErrNotADB:
		end.Code, end.Message, end.Broken = connectors.CodeBadData, "The file is no SQLite database, or it is encrypted.", true
	case sqlite3.ErrCorrupt, sqlite3.ErrFormat:
		end.Code, end.Message, end.Broken = connectors.CodeBadData, "The database file is damaged.", true
		end.Korean, end.Fix = "데이터베이스 파일이 손상되었어요.", "Look at it with PRAGMA integrity_check, and restore a copy."
	case sqlite3.ErrReadonly:
		end.Code, end.Message, end.Broken = connectors.CodeUnavailable, "Whoever wrote the database stopped in the middle of it.", true
		end.Fix = "Open it once with a program that may write it, such as sqlite3: that takes back what was not finished."
	case sqlite3.ErrCantOpen, sqlite3.ErrIoErr, sqlite3.ErrProtocol, sqlite3.ErrFull:
		end.Code, end.Message, end.Broken = connectors.CodeUnavailable, "The database file cannot be read at the moment.", true
	}
	return end
}

const noTableWords = "There is no table that may be read and is called "

func noTable(name string) *connectors.Error {
	return connectors.Errorf(connectors.CodeDenied, "%s%s.", noTableWords, kit.OneLine(name))
}

// drifted says in an error that a name is not there any more which the catalogue has, and
// reports whether that is so. A column's name may be of many tables: it is missing by a
// change only where there was one.
func (k *knowledge) drifted(failed *connectors.Error, changed bool) bool {
	if after, ok := strings.CutPrefix(failed.Message, noTableWords); ok && failed.Code == connectors.CodeDenied {
		name := strings.TrimSuffix(after, ".")
		if !k.tables[fold(name)] {
			return false
		}
		goneError(failed, "table", "테이블", name)
		return true
	}
	_, after, ok := strings.Cut(failed.Message, "no such column: ")
	after, _, _ = strings.Cut(strings.TrimSuffix(after, "."), " - ")
	name := after[strings.LastIndexByte(after, '.')+1:]
	if !ok || !changed || failed.Code != connectors.CodeSQL || !k.columns[fold(name)] {
		return false
	}
	goneError(failed, "column", "열", name)
	return true
}

func goneError(e *connectors.Error, what, ko, name string) {
	e.Code = connectors.CodeNotFound
	e.Message = fmt.Sprintf("The database has changed: the %s %s is not there any more. It is being looked at again.", what, name)
	e.Korean = fmt.Sprintf("데이터베이스가 바뀌어서 찾던 %s(%s)이 이제 없어요. 구조를 다시 읽고 있어요.", ko, name)
}
