// Package exchange reads calendars that people keep elsewhere (ICS, CSV, XLSX, JSON), says
// what taking them in would change, and writes ours for other programs.
//
// Reading gives rows and refusals: what cannot be understood is named with its place
// and a reason, and nothing is guessed. [Compare] sets the rows beside the calendar.
// Nothing here changes it; that is for a person to confirm.
package exchange

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// Bounds on a file. A larger one is refused whole: half a calendar is a wrong one.
const (
	maxBytes = 16 << 20
	maxRows  = 20_000
	maxText  = 2_000 // bytes of a name, a source or an address
	maxDays  = 400   // of one edition
)

// Format is what sort of file it is.
type Format string

// The formats.
const (
	ICS  Format = "ics"
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	JSON Format = "json"
)

// Row is an edition as a file has it. What the file does not say is empty.
type Row struct {
	Place      string // "line 12", "events, row 3": where in the file
	Line       int    // the number in it
	Event      string // id
	Label      string // of the edition
	Name       string
	Market     string
	Class      calendar.Class
	Start, End time.Time // dates at midnight UTC, End inclusive
	Status     calendar.Status
	Source     string
	URL        string
	// PreviousStart and PreviousEnd are the dates it had before it was moved.
	PreviousStart, PreviousEnd time.Time
}

// Refused is a row that was not taken, and why.
type Refused struct {
	Place   string
	Line    int
	Written string // what stands there, shortened
	Reason  Reason
	Detail  string // the value that is wrong, or what it should be
}

// File is what was read.
type File struct {
	Format  Format
	Rows    []Row
	Refused []Refused
}

// Options say how a file is read.
type Options struct {
	// Location is where times in UTC become dates; UTC where nil. Dates without a time
	// are the same everywhere and are never moved.
	Location *time.Location
	// From and To bound what recurring events of an ICS file come to, both inclusive. Where
	// they are zero it is the span of the calendar, ten years at most for each event.
	From, To time.Time
}

func (o Options) fill() Options {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.From.IsZero() {
		o.From = time.Date(calendar.FirstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.To.IsZero() {
		o.To = time.Date(calendar.LastYear, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return o
}

// Read reads a file of any of the formats; its name and its first bytes say which. The
// error is a *Error, for files that cannot be read at all.
func Read(name string, r io.Reader, o Options) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxBytes {
		return nil, &Error{Reason: TooLarge, Detail: fmt.Sprintf("%d MiB", maxBytes>>20)}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &Error{Reason: Empty}
	}
	o = o.fill()
	format, ok := formatOf(name, data)
	if !ok {
		return nil, &Error{Reason: UnknownFormat, Detail: path.Base(name)}
	}
	read := map[Format]func([]byte, Options) (*File, error){ICS: readICS, CSV: readCSV, XLSX: readXLSX, JSON: readJSON}[format]
	f, err := read(data, o)
	if err != nil {
		return nil, err
	}
	f.Format = format
	f.dropDuplicates()
	return f, nil
}

// formatOf goes by the content where it is plain, and by the name where it is not.
func formatOf(name string, data []byte) (Format, bool) {
	head := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	head = bytes.TrimLeft(head[:min(len(head), 4096)], " \t\r\n")
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return XLSX, true
	case len(head) >= 15 && strings.EqualFold(string(head[:15]), "BEGIN:VCALENDAR"):
		return ICS, true
	}
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".json":
		return JSON, true
	case ".csv", ".tsv", ".txt":
		return CSV, true
	case ".ics", ".ical", ".ifb", ".icalendar":
		return ICS, true
	case "":
		if bytes.HasPrefix(head, []byte("[")) {
			return JSON, true
		}
	}
	return "", false
}

func (f *File) refuse(r Row, reason Reason, detail, text string) {
	f.Refused = append(f.Refused, Refused{Place: r.Place, Line: r.Line, Written: shorten(text, 200), Reason: reason, Detail: shorten(detail, 200)})
}

// add takes a row in, unless it says nothing that could be a date.
func (f *File) add(r Row, text string) {
	if reason, detail := r.check(); reason != "" {
		f.refuse(r, reason, detail, text)
		return
	}
	f.Rows = append(f.Rows, r)
}

// check says what is wrong with a row, apart from the calendar.
func (r *Row) check() (Reason, string) {
	r.Name, r.Source, r.URL = clean(r.Name), clean(r.Source), clean(r.URL)
	r.Event, r.Label, r.Market = clean(r.Event), clean(r.Label), market(clean(r.Market))
	for _, s := range []string{r.Name, r.Source, r.URL, r.Event, r.Label} {
		if len(s) > maxText {
			return TooLong, shorten(s, 40)
		}
	}
	switch {
	case r.Name == "" && r.Event == "":
		return NoName, ""
	case r.Start.IsZero():
		return NoStart, ""
	case r.End.Before(r.Start):
		return Backwards, dates(r.Start, r.End)
	case r.End.Sub(r.Start) >= maxDays*24*time.Hour:
		return TooManyDays, dates(r.Start, r.End)
	case r.Start.Year() < calendar.FirstYear || r.End.Year() > calendar.LastYear:
		return YearOutside, dates(r.Start, r.End)
	case r.Class != "" && !knownClass(r.Class):
		return NoClass, string(r.Class)
	case r.Status != "" && !knownStatus(r.Status):
		return NoStatus, string(r.Status)
	case r.URL != "" && !strings.HasPrefix(r.URL, "https://") && !strings.HasPrefix(r.URL, "http://"):
		return BadURL, r.URL
	}
	return "", ""
}

func knownClass(c calendar.Class) bool {
	switch c {
	case calendar.PublicHoliday, calendar.Shopping, calendar.Observance, calendar.Season, calendar.Announced, calendar.Caution:
		return true
	}
	return false
}

func knownStatus(s calendar.Status) bool {
	switch s {
	case calendar.Confirmed, calendar.Estimated, calendar.Tentative, calendar.Postponed, calendar.Cancelled:
		return true
	}
	return false
}

// dropDuplicates refuses rows that say again what an earlier one said.
func (f *File) dropDuplicates() {
	type key struct {
		event, label, name, market string
		start, end                 time.Time
	}
	seen := map[key]string{}
	kept := f.Rows[:0]
	for _, r := range f.Rows {
		k := key{r.Event, r.Label, strings.ToLower(r.Name), r.Market, r.Start, r.End}
		if first, ok := seen[k]; ok {
			f.refuse(r, Duplicate, first, r.Name)
			continue
		}
		seen[k] = r.Place
		kept = append(kept, r)
	}
	f.Rows = kept
}

// clean makes a text one line and takes control characters off it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u00a0':
			return ' '
		case r < ' ' || r == 0x7f || r == '\ufeff' || r == '\u200b' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			return -1 // nothing to see, or turns what is beside it around
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts a text at a character's end.
func shorten(s string, n int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= n {
		return s
	}
	s = s[:n]
	for len(s) > 0 && s[len(s)-1]&0xc0 == 0x80 {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] >= 0xc0 {
		s = s[:len(s)-1]
	}
	return s + "…"
}

func dates(start, end time.Time) string {
	if start.Equal(end) {
		return start.Format(time.DateOnly)
	}
	return start.Format(time.DateOnly) + " – " + end.Format(time.DateOnly)
}

// dateOf is t's wall-clock date at midnight UTC.
func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
