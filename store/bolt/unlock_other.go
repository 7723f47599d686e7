//go:build !unix

package bolt

import "os"

// unlock does nothing where locks end with the file.
func unlock(*os.File) {}
