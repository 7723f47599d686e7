package semantic_test

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/format"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // its values
)

// reread is a statement as the grammar of MySQL that connectors/mysql proves statements with
// reads and writes it.
func reread(sql string) (string, error) {
	read, _, err := parser.New().Parse(sql, "", "")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	flags := format.RestoreStringSingleQuotes | format.RestoreStringEscapeBackslash | format.RestoreKeyWordUppercase | format.RestoreNameBackQuotes |
		format.RestoreSpacesAroundBinaryOperation | format.RestoreStringWithoutDefaultCharset
	err = read[0].Restore(format.NewRestoreCtx(flags, &b))
	return b.String(), err
}
