package semantic_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// TestLiteral writes what people named into statements that others wrote.
func TestLiteral(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		dialect      *semantic.Dialect
		text, moment string
	}{
		{nil, `'it''s \'`, "DATE '2026-09-01'"},
		{semantic.Postgres, `'it''s \'`, "DATE '2026-09-01'"},
		{semantic.SQLite, `'it''s \'`, "'2026-09-01'"},
		{semantic.MySQL, `'it''s \\'`, "DATE '2026-09-01'"},
	} {
		if got := c.dialect.Literal("it's \\"); got != c.text {
			t.Errorf("%s, want %s", got, c.text)
		}
		if got := c.dialect.Literal(day); got != c.moment {
			t.Errorf("%s, want %s", got, c.moment)
		}
	}
	if got := semantic.Postgres.Literal("two\nlines"); got != "'two\nlines'" {
		t.Errorf("%q", got)
	}
}
