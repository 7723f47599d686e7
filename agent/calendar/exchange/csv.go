package exchange

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

func bytesReader(data []byte) *bytes.Reader { return bytes.NewReader(data) }

// decode makes UTF-8 of what spreadsheets save: UTF-8 with and without a mark, UTF-16
// with one ("Unicode text"), and CP949, which Korean Excel means by "CSV".
func decode(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data)
	}
	if utf8.Valid(data) {
		return data, nil
	}
	text, err := korean.EUCKR.NewDecoder().Bytes(data) // it is CP949, which has EUC-KR within
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, &Error{Reason: Unreadable, Detail: "neither UTF-8 nor CP949"}
	}
	return text, nil
}

// separator is the character between the cells: of those in use, the one that the first
// lines have most of.
func separator(text []byte) rune {
	head := text[:min(len(text), 8192)]
	best, most := ',', 0
	for _, r := range ",\t;" {
		if n := bytes.Count(head, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

func readCSV(data []byte, _ Options) (*File, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, &Error{Reason: Unreadable, Detail: "zero bytes"}
	}
	f := &File{}
	t := &table{file: f, place: func(line int) string { return fmt.Sprintf("line %d", line) }}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = separator(text), -1, true, true
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &Error{Reason: Unreadable, Detail: err.Error()}
		}
		line, _ := r.FieldPos(0)
		if err := t.row(line, cells); err != nil {
			return nil, err
		}
	}
	return f, t.done()
}

// guard keeps a spreadsheet from running a text as a formula.
func guard(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// unguard takes guard's mark off.
func unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@", rune(s[1])) {
		return s[1:]
	}
	return s
}
