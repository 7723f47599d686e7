package files

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// grid is rows of text cells that can be read more than once.
type grid interface {
	// rows calls yield with each row in turn until it returns false. The slice is
	// only valid during the call; the strings stay valid.
	rows(ctx context.Context, yield func(row []string) bool) error
}

// csvGrid is a file of separated values.
type csvGrid struct {
	path  string
	set   charset
	sep   byte
	field int // the longest field allowed, in bytes
	// literal are the quotation marks, by number of the record that they open,
	// that are never closed and so are characters.
	literal map[int64]bool
	meter   *meter // set while the file is written into the table
}

// openQuoteError says that the record's quoted field runs to the end of the file
// or beyond all measure.
type openQuoteError struct{ record int64 }

func (e *openQuoteError) Error() string { return "quotation mark is never closed" }

// tooLongError is a field beyond the limit.
type tooLongError struct{ limit int }

func (e *tooLongError) Error() string { return "field too long" }

func (g *csvGrid) rows(ctx context.Context, yield func([]string) bool) error {
	f, err := os.Open(g.path)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := g.set.reader(f, g.meter)
	if err != nil {
		return err
	}
	r := recordReader{in: in, sep: g.sep, limit: g.field, literal: g.literal}
	for n := int64(0); ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !yield(row) {
			return nil
		}
	}
}

// recordReader cuts text into records and fields, as RFC 4180 has it and more
// kindly: a quotation mark inside an unquoted field is a character, text after a
// closing one is kept, lines end with LF, CRLF or CR.
type recordReader struct {
	in      *bufio.Reader
	sep     byte
	limit   int
	literal map[int64]bool

	record int64
	buf    []byte // the record's fields, one after the other
	ends   []int
	row    []string
}

// next returns the next record that is not a blank line.
func (r *recordReader) next() ([]string, error) {
	for {
		r.buf, r.ends = r.buf[:0], r.ends[:0]
		err := r.read()
		if err != nil && (!errors.Is(err, io.EOF) || len(r.buf) == 0 && len(r.ends) == 0) {
			return nil, err
		}
		r.ends = append(r.ends, len(r.buf))
		r.record++
		if len(r.ends) == 1 && len(bytes.TrimSpace(r.buf)) == 0 {
			continue
		}
		return r.strings(), nil
	}
}

// strings makes one string of the record and cuts the fields out of it.
func (r *recordReader) strings() []string {
	b := r.buf
	all := string(b)
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return r.repaired(all)
	}
	r.row = r.row[:0]
	start := 0
	for _, end := range r.ends {
		r.row = append(r.row, trim(all[start:end]))
		start = end
	}
	return r.row
}

// repaired is strings for a record with bytes that no text column can hold.
func (r *recordReader) repaired(all string) []string {
	r.row = r.row[:0]
	start := 0
	for _, end := range r.ends {
		s := strings.ToValidUTF8(all[start:end], "\uFFFD")
		r.row = append(r.row, trim(strings.ReplaceAll(s, "\x00", "\uFFFD")))
		start = end
	}
	return r.row
}

// trim takes blanks off both ends, the wide and the unbreakable ones too.
func trim(s string) string {
	if s == "" || bareFront(s) && bareBack(s) {
		return s
	}
	return strings.Trim(strings.TrimSpace(s), "\u200b\ufeff\u00a0\u3000")
}

// bareFront and bareBack tell of most texts at a glance that they have no blank there:
// no blank is ASCII above the space, or has the first byte of a Hangul syllable.
func bareFront(s string) bool {
	return s[0] > ' ' && s[0] < 0x80 || isHangulLead(s[0])
}

func bareBack(s string) bool {
	last := s[len(s)-1]
	return last > ' ' && last < 0x80 || last >= 0x80 && len(s) >= 3 && isHangulLead(s[len(s)-3])
}

func isHangulLead(b byte) bool { return b >= 0xEA && b <= 0xED }

// read reads one record without its last field's end.
func (r *recordReader) read() error {
	atStart := true // of a field
	for {
		chunk, err := r.in.Peek(1)
		if err != nil {
			return err
		}
		if atStart && chunk[0] == '"' && !r.literal[r.record] {
			r.in.Discard(1) //nolint:errcheck // one byte was just peeked
			if err := r.quoted(); err != nil {
				return err
			}
			atStart = false
			continue
		}
		done, sep, err := r.plain()
		if done || err != nil {
			return err
		}
		atStart = sep
	}
}

// plain reads unquoted text from what is buffered; done at the record's end, sep
// after a separator.
func (r *recordReader) plain() (done, sep bool, err error) {
	chunk, _ := r.in.Peek(max(r.in.Buffered(), 1))
	for i, c := range chunk {
		switch c {
		case r.sep:
			r.buf = append(r.buf, chunk[:i]...)
			r.ends = append(r.ends, len(r.buf))
			_, err = r.in.Discard(i + 1)
			return false, true, err
		case '\n', '\r':
			r.buf = append(r.buf, chunk[:i]...)
			if _, err = r.in.Discard(i + 1); err == nil && c == '\r' {
				r.skipLF()
			}
			return true, false, err
		}
	}
	r.buf = append(r.buf, chunk...)
	if err := r.tooLong(); err != nil {
		return false, false, err
	}
	_, err = r.in.Discard(len(chunk))
	return false, false, err
}

func (r *recordReader) skipLF() {
	if next, err := r.in.Peek(1); err == nil && next[0] == '\n' {
		r.in.Discard(1) //nolint:errcheck // one byte was just peeked
	}
}

// quoted reads to the closing quotation mark.
func (r *recordReader) quoted() error {
	start := len(r.buf)
	for {
		chunk, err := r.in.ReadSlice('"')
		r.buf = append(r.buf, chunk...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(r.buf)-start > r.limit {
				return &openQuoteError{r.record}
			}
			continue
		case errors.Is(err, io.EOF):
			return &openQuoteError{r.record}
		case err != nil:
			return err
		}
		next, err := r.in.Peek(1)
		if err == nil && next[0] == '"' { // two stand for one
			r.in.Discard(1) //nolint:errcheck // one byte was just peeked
			continue
		}
		r.buf = r.buf[:len(r.buf)-1]
		return nil
	}
}

func (r *recordReader) tooLong() error {
	start := 0
	if len(r.ends) > 0 {
		start = r.ends[len(r.ends)-1]
	}
	if len(r.buf)-start > r.limit {
		return &tooLongError{r.limit}
	}
	return nil
}

// sniffSeparator picks the separator that cuts the first lines most evenly.
func sniffSeparator(g *csvGrid, fallback byte) byte {
	best, bestScore := fallback, 0.0
	for _, sep := range []byte{',', '\t', ';', '|'} {
		try := csvGrid{path: g.path, set: g.set, sep: sep, field: g.field}
		counts := map[int]int{}
		n := 0
		// Whatever is wrong with the text will be said when it is read in earnest.
		_ = try.rows(context.Background(), func(row []string) bool {
			counts[len(row)]++
			n++
			return n < 200
		})
		width, times := modal(counts)
		if width < 2 {
			continue
		}
		score := float64(times) / float64(n)
		if sep == fallback {
			score *= 1.1
		}
		if width > 2 {
			score *= 1.05
		}
		if score > bestScore {
			best, bestScore = sep, score
		}
	}
	return best
}

// modal returns the most frequent width, the wider of two equals.
func modal(counts map[int]int) (width, times int) {
	for w, n := range counts {
		if n > times || n == times && w > width {
			width, times = w, n
		}
	}
	return width, times
}
