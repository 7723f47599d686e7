package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/bapsang/bapsang/connectors"
)

// header is the part of a database's first page that is looked at here: see
// https://www.sqlite.org/fileformat.html#the_database_header.
const header = 100

var magic = []byte("SQLite format 3\x00")

// found looks whether there is a database at path, and says in a sentence why not.
func found(path string) *connectors.Error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &connectors.Error{Code: connectors.CodeNotFound, Message: "There is no such database file.", Fix: "Look at dsn of the source.", Err: err}
	case err == nil && !info.Mode().IsRegular():
		return &connectors.Error{Code: connectors.CodeNotFound, Message: "That is no database file.", Fix: "Name the file itself in dsn of the source."}
	}
	head := make([]byte, header)
	var n int
	if err == nil {
		n, err = readHead(path, head)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database file may not be read.", Fix: "Let the user who runs bapsang read the file, and enter its folders.", Err: err}
	case err != nil:
		return &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database file cannot be reached.", Err: err}
	case n == 0:
		return &connectors.Error{Code: connectors.CodeBadData, Message: "The database file is empty: nothing has been put into it yet.", Korean: "데이터베이스 파일이 비어 있어요."}
	case n < header || !bytes.HasPrefix(head, magic):
		return &connectors.Error{Code: connectors.CodeBadData, Message: "The file is no SQLite database, or it is encrypted.", Korean: "SQLite 데이터베이스 파일이 아니거나 암호화되어 있어요."}
	}
	return nil
}

func readHead(path string, head []byte) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

// isWAL reports whether the database keeps a write-ahead log, as its header says.
func isWAL(path string) bool {
	head := make([]byte, header)
	n, err := readHead(path, head)
	return err == nil && n == header && head[18] == 2
}

// identity tells the file at path from another that took its place.
func identity(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", &connectors.Error{Code: connectors.CodeUnavailable, Message: "The database file is not there any more.", Korean: "데이터베이스 파일이 없어졌어요.", Err: err}
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%d:%d", st.Dev, st.Ino), nil
	}
	return info.Name(), nil
}

// stateOf changes whenever somebody writes to the database: to its file, or to the log
// beside it.
func stateOf(path string) string {
	out := ""
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			out += fmt.Sprintf("%x-%x-", info.ModTime().UnixNano(), info.Size())
		}
	}
	if id, err := identity(path); err == nil {
		out += id
	}
	return out
}

// openToAll reports whether anybody may read the file and see what stands beside it: a
// reader that cannot see the journal of a writer which died would read what was not
// finished.
func openToAll(path string) bool {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o004 == 0 {
			return false
		}
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}
