//go:build unix && !linux

package postgres_test

import "testing"

// smallDisk is not made elsewhere.
func smallDisk(t testing.TB, _ int) string {
	t.Skip("small file systems are made on Linux")
	return ""
}
