package files

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/bapsang/bapsang/connectors"
)

// openError classifies a failure to reach a file.
func openError(name string, err error) error {
	var ce *connectors.Error
	switch {
	case errors.As(err, &ce):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return &connectors.Error{Code: connectors.CodeNotFound, Message: "there is no file " + name + "; check the path", Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &connectors.Error{Code: connectors.CodeBadData, Message: name + " may not be read by this program; change its permissions", Err: err}
	}
	return loadError(name, err)
}

// loadError classifies a failure while name was read or written to the database.
func loadError(name string, err error) error {
	var ce *connectors.Error
	if err == nil || errors.As(err, &ce) {
		return err
	}
	text := err.Error()
	contains := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &connectors.Error{Code: connectors.CodeTimeout, Message: name + " took too long to read; split it or raise the limit", Err: err}
	case errors.Is(err, context.Canceled):
		return &connectors.Error{Code: connectors.CodeCancelled, Message: "reading " + name + " was stopped", Err: err}
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) || contains("No space left", "Could not write", "File too large", "disk quota"):
		return &connectors.Error{Code: connectors.CodeStorageFull, Message: "there is no room left to store " + name + "; free some space and try again", Err: err}
	case contains("Out of Memory", "out of memory", "bad_alloc"):
		return &connectors.Error{Code: connectors.CodeTooLarge, Message: name + " needs more memory than is allowed; split it or raise the limit", Err: err}
	case errors.Is(err, errBinary):
		return &connectors.Error{Code: connectors.CodeBadData, Message: name + " is not text; save it as CSV or XLSX and try again", Err: err}
	case errors.Is(err, errTooLong):
		return &connectors.Error{Code: connectors.CodeTooLarge, Message: name + " has a cell that is too long to be one; check its separators and quotation marks", Err: err}
	}
	return &connectors.Error{Code: connectors.CodeBadData, Message: name + " cannot be read; it may be damaged, so save it again and retry", Err: err}
}
