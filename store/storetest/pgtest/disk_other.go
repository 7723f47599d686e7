//go:build unix && !linux

package pgtest

import "testing"

// Disk skips the test: small file systems are mounted on Linux alone.
func (s *Server) Disk(t testing.TB, _ int) string {
	t.Helper()
	t.Skip("small file systems are mounted on Linux alone")
	return ""
}
