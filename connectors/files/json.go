package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
)

// jsonGrid is a file of JSON objects: an array of them, one after the other
// (NDJSON), or an object that holds such an array. Objects inside become columns
// of their own, "customer_name"; deeper ones and arrays stay JSON text.
type jsonGrid struct {
	path string
	set  charset
	into string // the member that holds the rows, "" for the top
	keys []string
	at   map[string]int
}

func openJSON(ctx context.Context, in input, cfg Config) ([]*part, error) {
	f, err := os.Open(in.path)
	if err != nil {
		return nil, err
	}
	set, err := sniffCharset(f)
	f.Close()
	if err != nil {
		return nil, err
	}
	g := &jsonGrid{path: in.path, set: set, at: map[string]int{}}
	if g.into, err = g.findRows(); err != nil {
		return nil, jsonError(file(in.name), err)
	}
	rows := 0
	err = g.records(ctx, func(dec *json.Decoder) error {
		rows++
		err := g.each(dec, func(key string, _ json.RawMessage) { g.key(key) })
		if err == nil && len(g.keys) > cfg.Limits.Columns {
			err = faultColumns.about(nil, file(in.name), len(g.keys), cfg.Limits.Columns)
		}
		return err
	})
	if err != nil {
		return nil, jsonError(file(in.name), err)
	}
	if rows == 0 || len(g.keys) == 0 {
		return nil, faultNoObjects.about(nil, file(in.name))
	}
	p := &part{in: in, name: stem(in.path), series: seriesName(in.path), label: stem(in.path), grid: g, records: true}
	p.layout.headings = g.keys
	return []*part{p}, nil
}

func jsonError(name phrase, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return faultJSON.about(err, name, syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return faultCut.about(err, name)
	case errors.Is(err, errNotRows):
		return faultNoObjects.about(err, name)
	}
	return err
}

var errNotRows = errors.New("no list of objects")

func (g *jsonGrid) key(k string) int {
	i, ok := g.at[k]
	if !ok {
		i = len(g.keys)
		g.at[strings.Clone(k)] = i
		g.keys = append(g.keys, strings.Clone(k))
	}
	return i
}

// findRows looks whether the file is one object around the list of rows, as
// interfaces answer: {"data": [{…}, …]}.
func (g *jsonGrid) findRows() (string, error) {
	into := ""
	err := g.open(func(dec *json.Decoder, in *bufio.Reader) error {
		if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
			return err
		}
		for dec.More() {
			tok, err := dec.Token()
			if err != nil {
				return err
			}
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return err
			}
			key, _ := tok.(string)
			if t := bytes.TrimLeft(raw, " \n\r\t["); len(raw) > 2 && raw[0] == '[' && len(t) > 0 && t[0] == '{' {
				into = key
			}
		}
		if _, err := dec.Token(); err != nil {
			return err
		}
		if dec.More() {
			into = "" // another object follows: these are the rows
		}
		return nil
	})
	return into, err
}

func (g *jsonGrid) open(use func(*json.Decoder, *bufio.Reader) error) error {
	f, err := os.Open(g.path)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := g.set.reader(f)
	if err != nil {
		return err
	}
	return use(json.NewDecoder(in), in)
}

// records calls use where each row begins.
func (g *jsonGrid) records(ctx context.Context, use func(*json.Decoder) error) error {
	return g.open(func(dec *json.Decoder, in *bufio.Reader) error {
		switch {
		case g.into != "":
			if err := seekMember(dec, g.into); err != nil {
				return err
			}
		default:
			first, err := firstByte(in)
			if err != nil {
				return err
			}
			if first == '[' {
				if _, err := dec.Token(); err != nil {
					return err
				}
			}
		}
		for n := 0; dec.More(); n++ {
			if n%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := use(dec); err != nil {
				return err
			}
		}
		if g.into == "" {
			if _, err := dec.Token(); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		return nil
	})
}

// seekMember moves to the rows inside the member called key.
func seekMember(dec *json.Decoder, key string) error {
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		if tok == key {
			_, err := dec.Token()
			return err
		}
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return err
		}
	}
	return errNotRows
}

func firstByte(in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		if err != nil {
			return 0, err
		}
		if c := b[n-1]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
	}
}

// each reads one row and calls use with its members, those of inner objects as
// "outer_inner". A row that is a bare value is called "value".
func (g *jsonGrid) each(dec *json.Decoder, use func(key string, value json.RawMessage)) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	if raw[0] != '{' {
		use("value", raw)
		return nil
	}
	return members(raw, func(key string, value json.RawMessage) error {
		if len(value) > 0 && value[0] == '{' {
			return members(value, func(inner string, v json.RawMessage) error {
				use(key+"_"+inner, v)
				return nil
			})
		}
		use(key, value)
		return nil
	})
}

// members calls use with the members of an object in their order.
func members(raw json.RawMessage, use func(string, json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return err
		}
		key, _ := tok.(string)
		if err := use(key, v); err != nil {
			return err
		}
	}
	return nil
}

func (g *jsonGrid) rows(ctx context.Context, yield func([]string) bool) error {
	row := make([]string, len(g.keys))
	stop := errors.New("stop")
	err := g.records(ctx, func(dec *json.Decoder) error {
		clear(row)
		if err := g.each(dec, func(key string, v json.RawMessage) {
			if i, ok := g.at[key]; ok {
				row[i] = jsonText(v)
			}
		}); err != nil {
			return err
		}
		if !yield(slices.Clone(row)) {
			return stop
		}
		return nil
	})
	if errors.Is(err, stop) {
		return nil
	}
	return err
}

// jsonText is a value as a cell: strings without their quotation marks, null as
// nothing.
func jsonText(v json.RawMessage) string {
	switch {
	case len(v) == 0 || bytes.Equal(v, []byte("null")):
		return ""
	case v[0] == '"':
		var s string
		if json.Unmarshal(v, &s) == nil {
			return trim(strings.ReplaceAll(s, "\x00", "\uFFFD"))
		}
	case v[0] == '[' || v[0] == '{':
		var b bytes.Buffer
		if json.Compact(&b, v) == nil {
			return b.String()
		}
	}
	return string(v)
}
