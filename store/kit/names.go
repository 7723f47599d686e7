package kit

import (
	"errors"
	"fmt"
	"strings"
)

// ErrOver is what a transaction returns that is used after its end.
var ErrOver = errors.New("transaction is over")

// CheckKind refuses what is no kind of documents or jobs.
func CheckKind(kind string) error {
	outside := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("_-.", r)
	}
	if kind == "" || strings.ContainsFunc(kind, outside) {
		return fmt.Errorf("kind %q is not a lower-case word", kind)
	}
	return nil
}

// CheckName refuses what is no name of a document.
func CheckName(kind, key string) error {
	if err := CheckKind(kind); err != nil {
		return err
	}
	if key == "" {
		return fmt.Errorf("document of kind %s: empty key", kind)
	}
	return nil
}
