package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

// TestTheDemosFileIsNotToBlame: an engine that did not start on a busy machine is no reason
// to have somebody remove the data.
func TestTheDemosFileIsNotToBlame(t *testing.T) {
	t.Parallel()
	for code, blamed := range map[connectors.Code]bool{
		connectors.CodeBadData: true, connectors.CodeUnusable: true, connectors.CodeUnavailable: false, connectors.CodeTimeout: false,
	} {
		err := demoError("demo.duckdb", &connectors.Error{Code: code, Message: "It does not open.", Err: errors.New("cause")})
		if said := sentence(err); !strings.HasPrefix(said, "demo.duckdb: ") || strings.Contains(said, "Remove the file") != blamed {
			t.Errorf("%s: %s", code, said)
		}
	}
}
