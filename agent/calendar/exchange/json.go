package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// item is an edition as `bapsang calendar list --format json` has it.
type item struct {
	Event   string          `json:"event"`
	Edition string          `json:"edition"`
	Name    string          `json:"name"`
	Market  string          `json:"market"`
	Class   calendar.Class  `json:"class"`
	Start   string          `json:"start"`
	End     string          `json:"end"`
	Status  calendar.Status `json:"status"`
	Source  string          `json:"source"`
}

// WriteJSON writes editions as a list of objects with event, edition, name, market,
// class, start, end (inclusive), status and source. Names are in language, "ko" or "en".
func WriteJSON(w io.Writer, editions []calendar.Edition, language string) error {
	items := make([]item, 0, len(editions))
	for _, e := range editions {
		items = append(items, item{Event: e.Event, Edition: e.Label, Name: e.Name.In(language), Market: e.Market, Class: e.Class,
			Start: e.Start.Format(time.DateOnly), End: e.End.Format(time.DateOnly), Status: e.Status, Source: source(e)})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(items); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// source is what an edition rests on; where it has no name, its address.
func source(e calendar.Edition) string {
	if e.Source != "" {
		return e.Source
	}
	return e.URL
}

// readJSON reads a list of such objects. Other keys are ignored: lists of other programs
// have more.
func readJSON(data []byte, _ Options) (*File, error) {
	data, err := decode(data)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil, &Error{Reason: Unreadable, Detail: "no list of events"}
	}
	f := &File{}
	for n := 1; dec.More(); n++ {
		if n > maxRows {
			return nil, &Error{Reason: TooManyRows, Detail: strconv.Itoa(maxRows)}
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, &Error{Reason: Unreadable, Detail: fmt.Sprintf("item %d: %v", n, err)}
		}
		f.item(n, raw)
	}
	if _, err := dec.Token(); err != nil {
		return nil, &Error{Reason: Unreadable, Detail: "the list does not end"}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &Error{Reason: Unreadable, Detail: "something follows the list"}
	}
	return f, nil
}

func (f *File) item(n int, raw json.RawMessage) {
	r := Row{Place: fmt.Sprintf("item %d", n), Line: n}
	var it struct {
		item
		URL string `json:"url"`
	}
	if err := json.Unmarshal(raw, &it); err != nil {
		f.refuse(r, Malformed, err.Error(), string(raw))
		return
	}
	r.Event, r.Label, r.Name, r.Market = it.Event, it.Edition, it.Name, it.Market
	r.Class, r.Status, r.Source, r.URL = class(string(it.Class)), status(string(it.Status)), it.Source, it.URL
	for _, d := range []struct {
		text string
		to   *time.Time
	}{{it.Start, &r.Start}, {it.End, &r.End}} {
		if d.text == "" {
			continue
		}
		day, err := parseDate(d.text)
		var bad *badDate
		if errors.As(err, &bad) {
			f.refuse(r, bad.reason, bad.detail, string(raw))
			return
		}
		*d.to = day
	}
	if r.End.IsZero() {
		r.End = r.Start
	}
	f.add(r, string(raw))
}
