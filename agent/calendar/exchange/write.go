package exchange

import (
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"

	"github.com/bapsang/bapsang/agent/calendar"
)

// WriteCSV writes editions as a table with the columns of the JSON, and the address.
// It begins with the mark of UTF-8: Excel in Korea takes a CSV without one for CP949 and
// shows 추석 as ì¶"ì„. Readers that we know skip it.
func WriteCSV(w io.Writer, editions []calendar.Edition, language string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	rows := [][]string{{"event", "edition", "name", "market", "class", "start", "end", "status", "source", "url"}}
	for _, e := range editions {
		rows = append(rows, []string{e.Event, guard(e.Label), guard(e.Name.In(language)), e.Market, string(e.Class),
			e.Start.Format(time.DateOnly), e.End.Format(time.DateOnly), string(e.Status), guard(e.Source), guard(e.URL)})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// Feed is a calendar for other programs.
type Feed struct {
	Name     string // shown as the calendar's title
	Language string // of the names, "ko" or "en"
	Editions []calendar.Edition
}

// epoch is the time stamp of editions by rule, which nobody confirmed at any time, and
// where counting revisions begins.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// WriteICS writes a feed. Days are whole days, DTEND the day after the last. The same
// editions give the same bytes; an edition keeps its UID when it is moved, and its
// SEQUENCE grows when somebody confirms it anew.
func WriteICS(w io.Writer, feed Feed) error {
	c := ical.NewCalendar()
	c.SetProductId("-//Bapsang//Marketing calendar//EN")
	c.SetMethod(ical.MethodPublish)
	c.SetCalscale("GREGORIAN")
	c.SetName(clean(feed.Name))
	c.SetXWRCalName(clean(feed.Name))
	c.SetXPublishedTTL("PT6H")
	c.SetRefreshInterval("PT6H") // which says by itself that it is a duration
	for _, e := range feed.Editions {
		addEvent(c, e, feed.Language)
	}
	if err := c.SerializeTo(w, ical.WithNewLineWindows); err != nil {
		return fmt.Errorf("write ICS: %w", err)
	}
	return nil
}

// UID is the stable name of an edition in calendar programs.
func UID(e calendar.Edition) string {
	sum := sha256.Sum256([]byte(e.Event + "\x00" + e.Market + "\x00" + e.Label))
	return hex.EncodeToString(sum[:16]) + "@calendar.bapsang"
}

func addEvent(c *ical.Calendar, e calendar.Edition, language string) {
	v := c.AddEvent(UID(e))
	stamp := e.ConfirmedAt
	if stamp.IsZero() {
		stamp = cmp.Or(e.RetrievedAt, epoch)
	}
	v.SetDtStampTime(stamp)
	v.SetModifiedAt(stamp)
	v.SetSequence(sequence(e))
	v.SetAllDayStartAt(e.Start)
	v.SetAllDayEndAt(e.End.AddDate(0, 0, 1))
	v.SetSummary(clean(e.Name.In(language)))
	v.SetDescription(description(e, language))
	v.SetProperty(ical.ComponentPropertyCategories, string(e.Class))
	v.SetStatus(icsStatus(e))
	v.SetTimeTransparency(ical.TransparencyTransparent) // a day to know of, not to be away
	if e.URL != "" {
		v.SetURL(clean(e.URL))
	}
	for _, p := range []struct {
		name ical.ComponentProperty
		text string
	}{{propEvent, e.Event}, {propEdition, e.Label}, {propMarket, e.Market}, {propClass, string(e.Class)}, {propStatus, string(e.Status)},
		{propSource, clean(e.Source)}} {
		if p.text != "" {
			v.SetProperty(p.name, p.text)
		}
	}
	if e.Moved() {
		v.SetProperty(propPrevious, e.PreviousStart.Format(time.DateOnly)+"/"+e.PreviousEnd.Format(time.DateOnly))
	}
}

// sequence grows with every confirmation: minutes since a fixed day.
func sequence(e calendar.Edition) int {
	if e.ConfirmedAt.Before(epoch) {
		return 0
	}
	return int(e.ConfirmedAt.Sub(epoch) / time.Minute)
}

// icsStatus is the nearest of the three statuses that ICS has.
func icsStatus(e calendar.Edition) ical.ObjectStatus {
	switch {
	case !e.TakesPlace():
		return ical.ObjectStatusCancelled
	case e.Status == calendar.Estimated || e.Status == calendar.Tentative:
		return ical.ObjectStatusTentative
	}
	return ical.ObjectStatusConfirmed
}

// words for calendar programs, which show the description only.
var statusWords = map[calendar.Status][2]string{
	calendar.Confirmed: {"확정", "Confirmed"}, calendar.Estimated: {"예상", "Estimated"}, calendar.Tentative: {"잠정", "Tentative"},
	calendar.Postponed: {"연기", "Postponed"}, calendar.Cancelled: {"취소", "Cancelled"},
}

func description(e calendar.Edition, language string) string {
	at, before, from := 1, "Before: ", "Source: "
	if language == "ko" {
		at, before, from = 0, "이전 일정: ", "출처: "
	}
	lines := []string{statusWords[e.Status][at]}
	if e.Moved() {
		lines = append(lines, before+dates(e.PreviousStart, e.PreviousEnd))
	}
	if s := source(e); s != "" {
		lines = append(lines, from+clean(s))
	}
	return strings.Join(lines, "\n")
}
