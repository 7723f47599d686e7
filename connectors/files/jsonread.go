package files

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
)

// syntaxError is what is no JSON, at a byte of the text counted from 1.
type syntaxError struct{ at int64 }

func (*syntaxError) Error() string { return "not valid JSON" }

// jsonReader cuts JSON into its values without holding more than one row: a file may
// be one line of gigabytes. Lists and objects on the way to the rows are walked, and
// what is handed out is checked.
type jsonReader struct {
	in    *bufio.Reader
	limit int
	at    int64 // bytes read
	buf   []byte
	rows  int
}

// matcher finds the end of a value, given in pieces.
type matcher struct {
	depth           int
	quoted, escaped bool
}

// scan returns how many bytes of chunk belong to the value, and whether it ends there.
func (m *matcher) scan(chunk []byte) (n int, done bool) {
	for i, c := range chunk {
		if m.quoted {
			switch {
			case m.escaped:
				m.escaped = false
			case c == '\\':
				m.escaped = true
			case c == '"':
				if m.quoted = false; m.depth == 0 {
					return i + 1, true
				}
			}
			continue
		}
		switch c {
		case '"':
			m.quoted = true
		case '{', '[':
			m.depth++
		case '}', ']':
			if m.depth--; m.depth < 0 {
				return i, true
			}
			if m.depth == 0 {
				return i + 1, true
			}
		case ',', ':', ' ', '\n', '\r', '\t':
			if m.depth == 0 {
				return i, true
			}
		}
	}
	return len(chunk), false
}

// peek returns the next byte that is no space.
func (r *jsonReader) peek() (byte, error) {
	for {
		b, err := r.in.Peek(1)
		if err != nil {
			return 0, err
		}
		if c := b[0]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
		r.discard(1)
	}
}

func (r *jsonReader) discard(n int) {
	r.in.Discard(n) //nolint:errcheck // what was just peeked is there
	r.at += int64(n)
}

// expect takes c.
func (r *jsonReader) expect(c byte) error {
	got, err := r.peek()
	if err != nil {
		return cutShort(err)
	}
	r.discard(1)
	if got != c {
		return &syntaxError{r.at}
	}
	return nil
}

// cutShort is err where the text may not end.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// value reads the text of the next value.
func (r *jsonReader) value() ([]byte, error) {
	if _, err := r.peek(); err != nil {
		return nil, cutShort(err)
	}
	r.buf = r.buf[:0]
	start := r.at
	var m matcher
	for {
		chunk, err := r.in.Peek(max(r.in.Buffered(), 1))
		if len(chunk) == 0 {
			if errors.Is(err, io.EOF) && m.depth == 0 && !m.quoted {
				break // a number at the end of the file
			}
			return nil, cutShort(err)
		}
		n, done := m.scan(chunk)
		r.buf = append(r.buf, chunk[:n]...)
		r.discard(n)
		if done {
			break
		}
		if len(r.buf) > r.limit {
			return nil, &tooLongError{r.limit}
		}
	}
	if json.Valid(r.buf) {
		return r.buf, nil
	}
	var bad *json.SyntaxError
	if err := json.Unmarshal(r.buf, new(json.RawMessage)); errors.As(err, &bad) {
		start += bad.Offset
	}
	if len(r.buf) == 0 {
		start++ // no value begins like that
	}
	return nil, &syntaxError{start}
}

// one hands the next value to use.
func (r *jsonReader) one(ctx context.Context, use func([]byte) error) error {
	if r.rows++; r.rows%1024 == 0 && ctx.Err() != nil {
		return ctx.Err()
	}
	v, err := r.value()
	if err != nil {
		return err
	}
	return use(v)
}

// skip passes over the next value.
func (r *jsonReader) skip(ctx context.Context) error {
	return r.one(ctx, func([]byte) error { return nil })
}

// more moves to the next element of a list or an object that end closes; false behind
// its end.
func (r *jsonReader) more(end byte, first bool) (bool, error) {
	c, err := r.peek()
	switch {
	case err != nil:
		return false, cutShort(err)
	case c == end:
		r.discard(1)
		return false, nil
	case first:
		return true, nil
	}
	return true, r.expect(',')
}

// list hands each value of a list to use.
func (r *jsonReader) list(ctx context.Context, use func([]byte) error) error {
	if err := r.expect('['); err != nil {
		return err
	}
	for first := true; ; first = false {
		if more, err := r.more(']', first); err != nil || !more {
			return err
		}
		if err := r.one(ctx, use); err != nil {
			return err
		}
	}
}

// object calls use at the value of each member, which it must read, until use says no.
func (r *jsonReader) object(use func(key string) (more bool, err error)) error {
	if err := r.expect('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		if more, err := r.more('}', first); err != nil || !more {
			return err
		}
		v, err := r.value()
		if err != nil {
			return err
		}
		var key string
		if json.Unmarshal(v, &key) != nil {
			return &syntaxError{r.at}
		}
		if err := r.expect(':'); err != nil {
			return err
		}
		if more, err := use(key); err != nil || !more {
			return err
		}
	}
}

// seek moves to the value that path leads to; it is there.
func (r *jsonReader) seek(ctx context.Context, path []string) error {
	return r.object(func(key string) (bool, error) {
		switch {
		case key != path[0]:
			return true, r.pass(ctx)
		case len(path) == 1:
			return false, nil
		}
		return false, r.seek(ctx, path[1:])
	})
}

// pass is skip for values of any length: lists and objects are walked.
func (r *jsonReader) pass(ctx context.Context) error {
	c, err := r.peek()
	switch {
	case err != nil:
		return cutShort(err)
	case c == '[':
		return r.list(ctx, func([]byte) error { return nil })
	case c == '{':
		return r.object(func(string) (bool, error) { return true, r.pass(ctx) })
	}
	return r.skip(ctx)
}
