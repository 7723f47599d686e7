//go:build unix

package bolt

import (
	"os"
	"syscall"
)

// unlock lets go of the lock of a file that bbolt has mapped and lost by a panic:
// while the mapping lasts, closing the file does not.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
