//go:build unix

package mariadbtest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Zones teaches the server the names of time zones, as mariadb-tzinfo-to-sql does for all
// of them in some seconds: their changes from 1970 to 2038, from Go's time zone database.
// A server knows a name that it once could not find only on later connections.
func (s *Server) Zones(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		s.mu.Lock()
		known := s.zones[name]
		s.zones[name] = true
		s.mu.Unlock()
		if known {
			continue
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(t, zoneTables(name, zone)...)
	}
}

// zoneTables writes the statements that fill the server's tables with a zone.
func zoneTables(name string, zone *time.Location) []string {
	statements := []string{
		"INSERT INTO mysql.time_zone (Use_leap_seconds) VALUES ('N')",
		"SET @zone = LAST_INSERT_ID()",
		fmt.Sprintf("INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('%s', @zone)", name),
	}
	kinds := map[string]int{}
	var changes []string
	kind := func(at time.Time) int {
		abbreviation, offset := at.Zone()
		values := fmt.Sprintf("%d, %t, '%s'", offset, at.IsDST(), abbreviation)
		if _, ok := kinds[values]; !ok {
			kinds[values] = len(kinds)
			statements = append(statements, fmt.Sprintf("INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, `Offset`, Is_DST, Abbreviation) VALUES (@zone, %d, %s)", kinds[values], values))
		}
		return kinds[values]
	}
	last := time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)
	kind(time.Unix(0, 0).In(zone))
	for _, end := time.Unix(0, 0).In(zone).ZoneBounds(); !end.IsZero() && end.Before(last); _, end = end.ZoneBounds() {
		changes = append(changes, fmt.Sprintf("(@zone, %d, %d)", end.Unix(), kind(end)))
	}
	if len(changes) > 0 {
		statements = append(statements, "INSERT INTO mysql.time_zone_transition (Time_zone_id, Transition_time, Transition_type_id) VALUES "+strings.Join(changes, ", "))
	}
	return statements
}
