// Package cards lays a bot.Message out in Adaptive Cards as Teams shows them, within its
// limits, and reads back what people press. It calls nothing.
//
// A message that Teams refuses would be an answer lost. So what does not fit is left out
// in a fixed order (see shrink), said, and laying out never fails.
//
// Texts of people, data and models stand in rich text, of which Teams gives no character
// a meaning, and on buttons. Where there is only Markdown, which is what Teams takes beside
// a card, they are escaped.
package cards

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// Options are what a layout depends on besides the message.
type Options struct {
	Location *time.Location // of clocks; nil means UTC
	// Pictures are PNGs by the index of their chart in Charts (see WantsPicture and
	// PictureSpec): what a client that draws no charts shows. One that is too large is made
	// smaller.
	Pictures map[int][]byte
	// CSV is where a browser gets a result's rows, by the result's name. A result without
	// one is asked for by a press.
	CSV map[string]string
	// DialogCSV is set when a press for a result's rows is answered by a dialog.
	DialogCSV bool
	// Streamed is set when the message's text is to stand above the card, as it does at the
	// end of a stream: it is Layout.Text then, and not in the card. It begins with StreamText.
	Streamed bool
	// Feedback is set when Teams' own 👍 and 👎 stand below the message: the card has none
	// then.
	Feedback bool
	// Limit bounds a layout in bytes as Microsoft counts them, pictures apart; 0 means what
	// Microsoft recommends.
	Limit int
}

// Layout is what an activity shows.
type Layout struct {
	Text    string          // Markdown as Teams has it; empty when the card says all
	Card    json.RawMessage // an Adaptive Card; nil for none
	Summary string          // what notifications show, without marks
	// Entities are the label that a model wrote it, and the sources that Text cites.
	Entities []json.RawMessage
	// Feedback is set when people shall be able to say below the message what they think of
	// it (channelData.feedbackLoop).
	Feedback bool
}

// The limits of an activity, in bytes: Microsoft counts its JSON in UTF-16.
const (
	maxActivity = 80_000 // recommended; refused are those above 100 KB
	envelope    = 6_000  // of it, for who, where and to whom
)

// Render lays msg out. What does not fit is left out in a fixed order, and said.
func Render(msg bot.Message, opts Options) Layout {
	msg = layout.Bounded(msg)
	limit := opts.Limit
	if limit <= 0 {
		limit = maxActivity - envelope
	}
	charts := figuresOf(msg, opts.Pictures)
	var out Layout
	for _, cuts := range shrink {
		r := renderer{msg: msg, opts: opts, words: wordsOf(msg), charts: charts, cuts: cuts}
		if out = r.layout(); out.bytes() <= limit {
			return out
		}
	}
	// Nothing is left but a text: as much of it as fits.
	for room := limit / 2; room > 8; room = room * 2 / 3 {
		if out = plainLayout(msg, room); out.bytes() <= limit {
			break
		}
	}
	return out
}

// cuts are what a layout may hold.
type cuts struct {
	pictures bool
	charts   int // drawn by Teams
	sql      bool
	rows     int // of a table
	readings int
	lines    int // of sections
	links    int // to pages that were read
	words    int // UTF-16 units of the message's text
	buttons  int // of each kind that leads on: choices, analysts, suggestions
}

// shrink is what is tried one after the other until a layout fits: without pictures, with
// one chart, without SQL (which can still be asked for), with fewer lines and rows, with
// fewer readings, links and questions, with less text.
var shrink = []cuts{
	{pictures: true, charts: maxNative, sql: true, rows: maxRows, readings: layout.Many, lines: layout.MaxLines, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{charts: maxNative, sql: true, rows: maxRows, readings: layout.Many, lines: layout.MaxLines, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{charts: 1, sql: true, rows: maxRows, readings: layout.Many, lines: layout.MaxLines, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{charts: 1, rows: maxRows, readings: layout.Many, lines: layout.MaxLines, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{charts: 1, rows: maxRows, readings: layout.Many, lines: 100, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{charts: 1, rows: maxRows, readings: layout.Many, lines: 60, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{charts: 1, rows: 10, readings: layout.Many, lines: 40, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{charts: 1, rows: 5, readings: layout.Many, lines: 25, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{rows: 1, readings: layout.Many, lines: 15, links: maxLinks, words: layout.Longest, buttons: layout.Many},
	{rows: 1, readings: 5, lines: 8, links: 10, words: layout.Longest, buttons: 8},
	{lines: 4, links: 3, words: layout.Longest / 4, buttons: 4},
	{lines: 1, words: layout.Longest / 16, buttons: 2},
}

// bytes counts a layout as Microsoft counts an activity: in UTF-16, without pictures.
func (l Layout) bytes() int {
	n := layout.Size(escapedJSON(l.Text)) + layout.Size(escapedJSON(l.Summary)) + layout.Size(withoutPictures(string(l.Card)))
	for _, e := range l.Entities {
		n += layout.Size(string(e))
	}
	return 2 * n
}

// escapedJSON is s as it is sent.
func escapedJSON(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return string(data)
}

func withoutPictures(s string) string {
	var out strings.Builder
	for {
		head, tail, found := strings.Cut(s, dataURI)
		out.WriteString(head)
		if !found {
			return out.String()
		}
		_, s, _ = strings.Cut(tail, `"`)
		out.WriteByte('"')
	}
}
