package files

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/bapsang/bapsang/connectors"
)

// charset is how the bytes of a text file are to be read.
type charset struct {
	name string // "" for UTF-8
	enc  encoding.Encoding
	skip int64 // bytes of a byte order mark
	bad  int64 // bytes that are no text: not UTF-8 in a file that otherwise is, zeros
}

var errBinary = errors.New("the file is not text")

// charsetOf finds how the file at path is encoded.
func charsetOf(path string) (charset, error) {
	f, err := os.Open(path)
	if err != nil {
		return charset{}, err
	}
	defer f.Close()
	return sniffCharset(f)
}

// notes says what whoever reads the table should know of it.
func (c charset) notes() []connectors.Note {
	var out []connectors.Note
	if c.name != "" {
		out = append(out, connectors.Note{Code: connectors.NoteEncoding, Detail: c.name})
	}
	if c.bad > 0 {
		out = append(out, connectors.Note{Code: connectors.NoteBadText, Count: c.bad})
	}
	return out
}

// sniffCharset finds how the file is encoded. It reads the whole file where that
// is needed: the first Korean name of a customer may stand a gigabyte in.
func sniffCharset(f *os.File) (charset, error) {
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return charset{}, err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return charset{skip: 3}, nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return charset{name: "UTF-16", enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), skip: 2}, nil
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return charset{name: "UTF-16", enc: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), skip: 2}, nil
	}
	if bytes.IndexByte(head, 0) >= 0 && !strayZeros(head) {
		return sniffUTF16(head)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return charset{}, err
	}
	bad, zeros, around, err := scanUTF8(f)
	if err != nil {
		return charset{}, err
	}
	set := charset{}
	if bad > 0 {
		set = guessLegacy(bad, around)
	}
	set.bad += zeros
	return set, nil
}

// strayZeros reports whether the zero bytes of head are accidents in a text: few, with
// no other byte that text has not, and commas and line ends of one byte.
func strayZeros(head []byte) bool {
	zeros, marks, wide := 0, 0, 0
	for i, b := range head {
		switch {
		case b == 0:
			zeros++
		case b == '\n' || b == ',' || b == '\t' || b == ';':
			if marks++; i > 0 && head[i-1] == 0 || i+1 < len(head) && head[i+1] == 0 {
				wide++
			}
		case b < ' ' && b != '\r':
			return false
		}
	}
	return zeros*10 < len(head) && marks > 0 && wide*4 < marks
}

// sniffUTF16 tells UTF-16 without a mark from a binary file: in it, the zero bytes
// of Latin letters and digits stand on one side of the pairs.
func sniffUTF16(head []byte) (charset, error) {
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[1] > 20*zeros[0] && zeros[1]*20 > len(head):
		return charset{name: "UTF-16", enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}, nil
	case zeros[0] > 20*zeros[1] && zeros[0]*20 > len(head):
		return charset{name: "UTF-16", enc: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}, nil
	}
	return charset{}, errBinary
}

// scanUTF8 counts the bytes of f that are not UTF-8, and the zeros, and returns lines
// around the first of the former. It stops counting where the file is clearly something else.
func scanUTF8(f *os.File) (bad, zeros int64, around []byte, err error) {
	buf := make([]byte, 1<<20)
	fill := 0
	for {
		n, err := f.Read(buf[fill:])
		zeros += int64(bytes.Count(buf[fill:fill+n], []byte{0}))
		fill += n
		at, rest := 0, buf[fill:fill]
		for at < fill && !utf8.Valid(buf[at:fill]) {
			at += firstInvalid(buf[at:fill])
			if err == nil && !utf8.FullRune(buf[at:fill]) {
				rest = buf[at:fill] // a character cut in two by the end of the buffer
				break
			}
			if around == nil {
				around = append(around, buf[lineStart(buf, at):min(fill, at+64<<10)]...)
			}
			at++
			if bad++; bad > 10_000 {
				break
			}
		}
		fill = copy(buf, rest)
		if errors.Is(err, io.EOF) || bad > 10_000 {
			return bad, zeros, around, nil
		}
		if err != nil {
			return 0, 0, nil, err
		}
	}
}

// lineStart is the beginning of the line that b[i] is on.
func lineStart(b []byte, i int) int { return bytes.LastIndexByte(b[:i], '\n') + 1 }

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(b)
}

// guessLegacy picks the encoding of a file that is not UTF-8 from a stretch of it.
func guessLegacy(bad int64, around []byte) charset {
	multi := 0 // characters of UTF-8 with several bytes, which no other encoding yields by chance
	for i := 0; i < len(around); {
		r, size := utf8.DecodeRune(around[i:])
		if size > 2 || r >= 0x80 && size == 2 {
			multi++
		}
		i += size
	}
	if multi > 4*int(bad) {
		return charset{bad: bad}
	}
	text, err := korean.EUCKR.NewDecoder().Bytes(around)
	hangul, wrong := 0, 0
	for _, r := range string(text) {
		switch {
		case r >= 0xAC00 && r <= 0xD7A3:
			hangul++
		case r == utf8.RuneError:
			wrong++
		}
	}
	if err == nil && hangul > 0 && wrong*20 <= hangul {
		return charset{name: "CP949", enc: korean.EUCKR}
	}
	return charset{name: "Windows-1252", enc: charmap.Windows1252}
}

// reader reads the file from its start as UTF-8, and tells m. What is not text comes out
// as U+FFFD.
func (c charset) reader(f *os.File, m *meter) (*bufio.Reader, error) {
	if _, err := f.Seek(c.skip, io.SeekStart); err != nil {
		return nil, err
	}
	r := m.reading(f.Name(), f)
	if c.enc != nil {
		r = transform.NewReader(r, c.enc.NewDecoder())
	}
	return bufio.NewReaderSize(r, 256<<10), nil
}
