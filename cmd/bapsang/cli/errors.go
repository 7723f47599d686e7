package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// placedError is something that went wrong with a thing that people know by name.
type placedError struct {
	what string // such as "source shop"
	err  error
	todo string // a sentence, empty for none
}

func (e *placedError) Error() string { return e.what + ": " + e.err.Error() }
func (e *placedError) Unwrap() error { return e.err }

// askedError is something that went wrong for somebody who asks in a language.
type askedError struct {
	err      error
	language string
}

func (e *askedError) Error() string { return e.err.Error() }
func (e *askedError) Unwrap() error { return e.err }

// sentence says what went wrong, where, and what to do, for the terminal.
func sentence(err error) string {
	language := "en"
	var asked *askedError
	if errors.As(err, &asked) {
		language = asked.language
	}
	return sentenceIn(language, err)
}

func sentenceIn(language string, err error) string {
	var placed *placedError
	if errors.As(err, &placed) {
		s := placed.what + ": " + sentenceIn(language, placed.err)
		if placed.todo != "" {
			s = strings.TrimRight(s, ".") + ". " + placed.todo
		}
		return s
	}
	var source *connectors.Error
	if errors.As(err, &source) {
		return source.Text(language)
	}
	if s := systemSentence(err); s != "" {
		return s
	}
	return err.Error()
}

// storeError is err about the store in dir.
func storeError(dir string, err error) error {
	e := &placedError{what: filepath.Join(dir, bolt.FileName), err: err}
	for _, known := range []struct {
		is   error
		todo string
	}{
		{store.ErrLocked, "Stop the other bapsang, or choose another data directory."},
		{store.ErrCorrupt, "Move the file aside and restore a backup (see docs/backup.md)."},
		{store.ErrNewer, "Use the newer bapsang."},
		{store.ErrFull, "Free some space, then start again; nothing that was acknowledged is lost."},
	} {
		if errors.Is(err, known.is) {
			e.err, e.todo = known.is, known.todo
		}
	}
	return e
}

// systemSentence puts what the system refuses into words, "" for anything else.
func systemSentence(err error) string {
	where := "the place"
	var path *fs.PathError
	if errors.As(err, &path) {
		where = path.Path
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("%s: permission denied; change its permissions, or name another place", where)
	case errors.Is(err, syscall.EROFS):
		return fmt.Sprintf("%s is on a read-only file system; name a place that can be written", where)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), strings.Contains(err.Error(), syscall.ENOSPC.Error()),
		strings.Contains(err.Error(), "No space left on device"): // the database engine's errors are text
		return "there is no space left on the disk; free some, then try again"
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("%v; stop the other program, or choose another address", err)
	}
	return ""
}
