package cli

import (
	"errors"
	"fmt"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// sentence says what went wrong and what to do, for the terminal.
func sentence(err error) string {
	var source *connectors.Error
	switch {
	case errors.Is(err, store.ErrLocked):
		return fmt.Sprintf("%v. Stop the other bapsang, or choose another --data-dir.", err)
	case errors.Is(err, store.ErrCorrupt):
		return fmt.Sprintf("%v. Move the file aside and restore a backup (see docs/backup.md).", err)
	case errors.Is(err, store.ErrNewer):
		return fmt.Sprintf("%v. Use the newer bapsang.", err)
	case errors.Is(err, store.ErrFull):
		return fmt.Sprintf("%v. Free some space, then start again; nothing that was acknowledged is lost.", err)
	case errors.As(err, &source):
		return source.Message
	}
	return err.Error()
}
