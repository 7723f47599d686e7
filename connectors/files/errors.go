package files

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/bapsang/bapsang/connectors"
)

// openError classifies a failure to reach a file.
func openError(name phrase, err error) error {
	var ce *connectors.Error
	switch {
	case errors.As(err, &ce):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return faultMissing.about(err, name)
	case errors.Is(err, fs.ErrPermission):
		return faultUnreadable.about(err, name)
	}
	return loadError(name, err)
}

// loadError classifies a failure while name was read or written to the database.
func loadError(name phrase, err error) error {
	var ce *connectors.Error
	if err == nil || errors.As(err, &ce) {
		return err
	}
	// The engine's errors are text.
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(err.Error(), w) })
	}
	var long *tooLongError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return faultTime.about(err, name)
	case errors.Is(err, context.Canceled):
		return faultStopped.about(err, name)
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) || says("No space left", "Could not write", "File too large", "disk quota"):
		return faultDisk.about(err, name)
	case says("Out of Memory", "out of memory", "bad_alloc"):
		return faultMemory.about(err, name)
	case errors.Is(err, errBinary):
		return faultNotText.about(err, name)
	case errors.As(err, &long):
		return faultCell.about(err, name, size(long.limit))
	}
	return faultDamaged.about(err, name)
}
