package files

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// openJSON spools the objects of a file: an array of them, one after the other
// (NDJSON), or such an array somewhere inside an object, as interfaces answer.
// Objects inside become columns of their own, "customer_name"; deeper ones and arrays
// stay JSON text. The file is read once for its rows, as taking JSON apart costs many
// times what reading the spooled cells does.
func openJSON(ctx context.Context, in input, cfg Config, ws *workspace) ([]*part, error) {
	set, err := charsetOf(in.path)
	if err != nil {
		return nil, err
	}
	f := jsonFile{path: in.path, set: set, limit: 4 * cfg.Limits.Field}
	into, err := f.findRows(ctx)
	if err != nil {
		return nil, jsonError(file(in.name), err)
	}
	f.meter = ws.meter
	t := jsonTable{at: map[string]int{}}
	g := &spoolGrid{path: ws.temp("json")}
	rows, err := g.write(ctx, func(yield func([]string) error) error {
		return f.records(ctx, into, func(raw []byte) error {
			row := t.row(raw)
			if len(t.keys) > cfg.Limits.Columns {
				return faultColumns.about(nil, file(in.name), len(t.keys), cfg.Limits.Columns)
			}
			return yield(row)
		})
	})
	if err != nil {
		return nil, jsonError(file(in.name), err)
	}
	if rows == 0 || len(t.keys) == 0 {
		return nil, faultNoObjects.about(nil, file(in.name))
	}
	p := &part{in: in, name: stem(in.path), series: seriesName(in.path), label: stem(in.path), grid: g, records: true, notes: set.notes()}
	p.layout.headings = t.keys
	return []*part{p}, nil
}

func jsonError(name phrase, err error) error {
	var syntax *syntaxError
	var long *tooLongError
	switch {
	case errors.As(err, &syntax):
		return faultJSON.about(err, name, syntax.at)
	case errors.As(err, &long):
		return faultObject.about(err, name, size(long.limit))
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return faultCut.about(err, name)
	}
	return err
}

// jsonTable turns objects into rows. Columns are found on the way: a row is as long
// as the columns that were known then.
type jsonTable struct {
	keys  []string
	at    map[string]int
	cells []string
	name  []byte
}

// row returns the cells of one row, valid until the next call. A row that is no object
// is a column called "value".
func (t *jsonTable) row(raw []byte) []string {
	clear(t.cells)
	if raw[0] != '{' {
		t.name = append(t.name[:0], "value"...)
		t.set(raw)
		return t.cells
	}
	members(raw, func(key, value []byte) {
		if value[0] != '{' {
			t.name = append(t.name[:0], key...)
			t.set(value)
			return
		}
		members(value, func(inner, v []byte) {
			t.name = append(append(append(t.name[:0], key...), '_'), inner...)
			t.set(v)
		})
	})
	return t.cells
}

// set puts value under t.name.
func (t *jsonTable) set(value []byte) {
	i, ok := t.at[string(t.name)]
	if !ok {
		i = len(t.keys)
		key := strings.ToValidUTF8(string(t.name), "\uFFFD")
		t.at[string(t.name)] = i
		t.keys = append(t.keys, key)
		t.cells = append(t.cells, "")
	}
	t.cells[i] = jsonText(value)
}

// members calls use with the members of a valid object in their order, keys unquoted.
func members(object []byte, use func(key, value []byte)) {
	s := object[1 : len(object)-1]
	for {
		s = bytes.TrimLeft(s, " \n\r\t,")
		if len(s) == 0 {
			return
		}
		end := valueEnd(s)
		key := s[1 : end-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			var text string
			if json.Unmarshal(s[:end], &text) == nil {
				key = []byte(text)
			}
		}
		s = bytes.TrimLeft(s[end:], " \n\r\t:")
		end = valueEnd(s)
		use(key, s[:end])
		s = s[end:]
	}
}

// valueEnd is where the value ends that s begins with.
func valueEnd(s []byte) int {
	var m matcher
	n, _ := m.scan(s)
	return n
}

// jsonText is a value as a cell: strings without their quotation marks, null as
// nothing.
func jsonText(v []byte) string {
	switch {
	case bytes.Equal(v, []byte("null")):
		return ""
	case v[0] == '"' && bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v):
		return trim(string(v[1 : len(v)-1]))
	case v[0] == '"':
		var s string
		if json.Unmarshal(v, &s) == nil {
			return trim(strings.ReplaceAll(s, "\x00", "\uFFFD"))
		}
	case v[0] == '[' || v[0] == '{':
		var b bytes.Buffer
		if json.Compact(&b, v) == nil {
			return strings.ToValidUTF8(b.String(), "\uFFFD")
		}
	}
	return string(v)
}

// jsonFile is a file of JSON.
type jsonFile struct {
	path  string
	set   charset
	limit int // the longest row allowed, in bytes
	meter *meter
}

func (f *jsonFile) open(use func(*jsonReader) error) error {
	h, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer h.Close()
	in, err := f.set.reader(h, f.meter)
	if err != nil {
		return err
	}
	return use(&jsonReader{in: in, limit: f.limit})
}

// records calls use with the text of each row, which is valid during the call.
func (f *jsonFile) records(ctx context.Context, into []string, use func([]byte) error) error {
	return f.open(func(r *jsonReader) error {
		if len(into) > 0 {
			if err := r.seek(ctx, into); err != nil {
				return err
			}
			return r.list(ctx, use)
		}
		for {
			c, err := r.peek()
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			case c == '[':
				err = r.list(ctx, use)
			default:
				err = r.one(ctx, use)
			}
			if err != nil {
				return err
			}
		}
	})
}

// maxNesting is how deep the list of rows may lie in objects.
const maxNesting = 8

// findRows returns the way to the longest list of objects in a file that is one
// object, and nil for any other.
func (f *jsonFile) findRows(ctx context.Context) (into []string, err error) {
	err = f.open(func(r *jsonReader) error {
		if c, err := r.peek(); err != nil || c != '{' {
			return emptyIsFine(err)
		}
		longest := 0
		var walk func(path []string) error
		walk = func(path []string) error {
			return r.object(func(key string) (bool, error) {
				path := append(slices.Clone(path), key)
				c, err := r.peek()
				switch {
				case err != nil:
					return false, err
				case c == '{' && len(path) < maxNesting:
					return true, walk(path)
				case c != '[':
					return true, r.skip(ctx)
				}
				rows, objects := 0, 0
				err = r.list(ctx, func(v []byte) error {
					if rows++; v[0] == '{' {
						objects++
					}
					return nil
				})
				if objects > longest && objects == rows {
					longest, into = objects, path
				}
				return true, err
			})
		}
		if err := walk(nil); err != nil {
			return err
		}
		if _, err := r.peek(); err == nil {
			into = nil // something follows: these are the rows
		}
		return nil
	})
	return into, err
}

// emptyIsFine takes the end of the file for no error.
func emptyIsFine(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
