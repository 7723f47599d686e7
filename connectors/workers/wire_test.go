package workers

import (
	"reflect"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// FuzzRows reads rows that anybody may have written: they are bounded as a result is, and
// what is read reads the same when it is written anew.
func FuzzRows(f *testing.F) {
	for _, cell := range []any{nil, true, false, int64(-3), 1.5, connectors.Decimal("1.20"), "밥상", time.Date(2026, 11, 22, 0, 0, 0, 7, time.UTC)} {
		b, err := appendCell(nil, cell)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, 1, 10)
		f.Add(append(b, b...), 2, 1)
	}
	f.Add([]byte{cellText, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 1, 1)
	f.Add([]byte{cellTime, 0x02, 0x80, 0x94, 0xeb, 0xdc, 0x03}, 1, 1)
	f.Fuzz(func(t *testing.T, b []byte, columns, most int) {
		r := rowReader{columns: max(columns, 0) % maxColumns, maxRows: max(most, 0)}
		if err := r.read(b); err != nil {
			return
		}
		if len(r.rows) > r.maxRows {
			t.Fatalf("%d rows, not %d", len(r.rows), r.maxRows)
		}
		var again []byte
		for _, row := range r.rows {
			for _, cell := range row {
				var err error
				if again, err = appendCell(again, cell); err != nil {
					t.Fatal(err)
				}
			}
		}
		second := rowReader{columns: r.columns, maxRows: r.maxRows}
		if len(again) > 0 {
			if err := second.read(again); err != nil {
				t.Fatal(err)
			}
		}
		if same, err := sameBits(r.rows, second.rows); !same || err != nil {
			t.Fatalf("%v, then %v", r.rows, second.rows)
		}
	})
}

// sameBits compares rows as they are written, for a number that is none equals no other.
func sameBits(a, b [][]any) (bool, error) {
	var written [2][]byte
	for i, rows := range [][][]any{a, b} {
		for _, row := range rows {
			for _, cell := range row {
				var err error
				if written[i], err = appendCell(written[i], cell); err != nil {
					return false, err
				}
			}
		}
	}
	return len(a) == len(b) && reflect.DeepEqual(written[0], written[1]), nil
}
