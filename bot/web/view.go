package web

import (
	"fmt"
	"hash/fnv"
	"html"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/bapsang/bapsang/bot"
)

// shown is a message on a page.
type shown struct {
	*entry
	V     *viewer
	T     *texts // the page's words, in the viewer's language
	L     *texts // words in the message's own language
	Place place
	Key   string
	web   *Web
}

func (w *Web) shown(v *viewer, e *entry) *shown {
	s := &shown{entry: e, V: v, T: textsFor(v.Lang), L: textsFor(v.Lang), Place: placeOf(v, e.Channel), Key: newKey(), web: w}
	if e.Bot != nil {
		s.L = textsFor(e.Bot.Language)
	}
	return s
}

// Own tells whether the viewer wrote it.
func (s *shown) Own() bool { return s.Bot == nil && s.User.ID == s.V.ID && !s.Deleted }

// ThreadURL is the address of its thread.
func (s *shown) ThreadURL() string { return s.Place.threadURL(s.Thread) }

// Clock is the time at which it was said.
func (s *shown) Clock() string { return s.local(s.At).Format("15:04") }

// LastClock is the time of the last reply, with the day when it was another.
func (s *shown) LastClock() string {
	at := s.local(s.State.LastAt)
	if at.Format(time.DateOnly) == s.local(s.At).Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return at.Format("01-02 15:04")
}

// Day is the day on which it was said, and how the page heads it.
func (s *shown) Day() string { return s.local(s.At).Format(time.DateOnly) }

// DayLabel heads the messages of its day.
func (s *shown) DayLabel() string { return s.T.Day(s.local(s.At)) }

// Stamp is the time for machines.
func (s *shown) Stamp() string { return s.local(s.At).Format(time.RFC3339) }

func (s *shown) local(t time.Time) time.Time { return t.In(s.web.cfg.Location) }

// Said is a person's text, with our mention set off.
func (s *shown) Said() template.HTML {
	var out strings.Builder
	at := 0
	for _, m := range mention.FindAllStringSubmatchIndex(s.Text, -1) {
		out.WriteString(html.EscapeString(s.Text[at:m[3]]))
		out.WriteString(`<span class="mention">` + html.EscapeString(s.Text[m[3]:m[1]]) + `</span>`)
		at = m[1]
	}
	out.WriteString(html.EscapeString(s.Text[at:]))
	return template.HTML(out.String()) //nolint:gosec // built from escaped text above
}

// Initial stands for a person's picture.
func (s *shown) Initial() string { return initial(s.User.Name) }

func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

// Colour is one of eight by which people are told apart.
func (s *shown) Colour() int { return colourOf(s.User.ID) }

func colourOf(id string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum32() % 8)
}

// Verdict is what the viewer pressed under it.
func (s *shown) Verdict() string { return s.Verdicts[s.V.ID] }

// picture is a chart of a message.
type picture struct {
	bot.Chart
	base  string
	Pref  string // the viewer's theme
	Small bool   // beside a line of text
}

// Pictures are its charts.
func (s *shown) Pictures() []picture {
	var out []picture
	for i, c := range s.Bot.Charts {
		out = append(out, s.picture(i, c))
	}
	return out
}

// picture is the chart with a number.
func (s *shown) picture(n int, c bot.Chart) picture {
	h := fnv.New64a()
	_, _ = h.Write(c.Spec)
	base := fmt.Sprintf("/chart/%s/%d?v=%x", url.PathEscape(s.ID), n, h.Sum64())
	return picture{Chart: c, base: base, Pref: s.V.Theme}
}

// Drawn tells whether charts can be drawn at all.
func (s *shown) Drawn() bool { return s.web.cfg.Render != nil }

// Address is the address of the chart without a size and a theme; the page's script
// knows both and puts the chart into the page.
func (p picture) Address() string { return p.base }

// Sources are the addresses for browsers without scripts, one for each theme that the
// viewer may see. They are PNGs: a drawing inside an <img> has not the page's font.
func (p picture) Sources(size string) map[string]string {
	out := map[string]string{}
	for _, theme := range []string{"light", "dark"} {
		if p.Pref == "" || p.Pref == theme {
			out[theme] = p.base + "&as=png&size=" + size + "&theme=" + theme
		}
	}
	return out
}

// Src is what browsers without a choice of their own show.
func (p picture) Src() string {
	size := "pane"
	if p.Small {
		size = "small"
	}
	return p.base + "&as=png&size=" + size + "&theme=" + p.theme()
}

// Large is the address of the picture to keep.
func (p picture) Large() string { return p.base + "&as=png&theme=" + p.theme() }

func (p picture) theme() string {
	if p.Pref == "dark" {
		return "dark"
	}
	return "light"
}

// csvLink is a result to download.
type csvLink struct{ URL, Result string }

// CSVs are the results that can be downloaded, each once. Where each of several has
// its table, the table has the link.
func (s *shown) CSVs() []csvLink {
	var out []csvLink
	seen := map[string]bool{"": true}
	for _, name := range results(s.Bot) {
		if !seen[name] && s.web.cfg.CSV != nil {
			seen[name] = true
			out = append(out, csvLink{URL: s.csvURL(name), Result: name})
		}
	}
	if len(out) == 1 {
		out[0].Result = ""
	}
	return slices.DeleteFunc(out, func(l csvLink) bool { return s.CSVOf(l.Result) != "" })
}

// CSVOf is where the result under a table is, when there is more than one.
func (s *shown) CSVOf(result string) string {
	if s.web.cfg.CSV == nil || len(s.Bot.Tables) < 2 || result == "" {
		return ""
	}
	for _, t := range s.Bot.Tables {
		if t.Result == result {
			return s.csvURL(result)
		}
	}
	return ""
}

func (s *shown) csvURL(result string) string {
	return "/csv/" + url.PathEscape(s.ID) + "/" + url.PathEscape(result)
}

// Choices are the buttons that lead on: answers to a question back, other questions.
func (s *shown) Choices() []bot.Button { return s.buttons(isChoice) }

// Tools are the buttons that act on the message itself.
func (s *shown) Tools() []bot.Button {
	return s.buttons(func(b bot.Button) bool {
		return !isChoice(b) && !isVerdict(b.Action) && b.Action != bot.ActionCSV && b.Action != bot.ActionSQL
	})
}

// Judge are the buttons by which people say what they think of it.
func (s *shown) Judge() []bot.Button {
	return s.buttons(func(b bot.Button) bool { return isVerdict(b.Action) })
}

func isChoice(b bot.Button) bool {
	return b.Action == bot.ActionChoose || b.Action == bot.ActionAsk || b.Action == bot.ActionAnalyst
}

func (s *shown) buttons(keep func(bot.Button) bool) []bot.Button {
	var out []bot.Button
	for _, b := range s.Bot.Buttons {
		if keep(b) {
			out = append(out, b)
		}
	}
	return out
}

// Channels are where an answer can be shared.
func (s *shown) Channels() []string { return s.web.cfg.Channels }

// press is a button with what its form needs.
type press struct {
	bot.Button
	*shown
}

// Pressed tells whether the viewer pressed it before.
func (p press) Pressed() bool { return isVerdict(p.Action) && p.Verdict() == p.Action }

// Class is how it looks.
func (p press) Class() string {
	class := "action"
	if isChoice(p.Button) {
		class = "chip"
	}
	if p.Primary {
		class += " first"
	}
	if p.Pressed() {
		class += " pressed"
	}
	return class + " a-" + p.Action
}

// FormURL is where the form of the button is.
func (p press) FormURL() string {
	n := slices.IndexFunc(p.Bot.Buttons, func(b bot.Button) bool { return b.Form == p.Form })
	q := url.Values{"action": {p.Action}, "value": {p.Value}}
	return "/form/" + url.PathEscape(p.ID) + "/" + strconv.Itoa(n) + "?" + q.Encode()
}

// Waits tells how a question waits, unless its text has said so already.
func (s *shown) Waits() string {
	p := s.Bot.Progress
	if p == nil {
		return ""
	}
	var parts []string
	if p.Ahead > 0 && !strings.Contains(s.Bot.Text, strconv.Itoa(p.Ahead)) {
		parts = append(parts, s.L.Ahead(p.Ahead))
	}
	if eta := s.L.ETA(p.ETA); p.ETA > 0 && (len(parts) > 0 || p.Ahead == 0 && len(p.Steps) == 0 && p.ETA > 2*time.Second) && !strings.Contains(s.Bot.Text, eta) {
		parts = append(parts, eta)
	}
	return strings.Join(parts, " · ")
}

// OriginLine says where an answer came from.
func (s *shown) OriginLine() []string {
	o := s.Bot.Origin
	if o == nil {
		return nil
	}
	var out []string
	add := func(t string) {
		if t != "" {
			out = append(out, t)
		}
	}
	source := strings.Join(o.Sources, ", ")
	if o.Analyst != source { // one of one source is often called as it is
		add(o.Analyst)
	}
	if !o.AsOf.IsZero() {
		until := fmt.Sprintf(s.L.Until, o.AsOf.Format(time.DateOnly))
		if source == "" {
			source = until
		} else {
			source += " (" + until + ")"
		}
	}
	add(source)
	add(o.Label)
	if o.Elapsed > 0 {
		add(s.L.Elapsed(o.Elapsed))
	}
	return out
}

func hasHangul(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
}

func (w *Web) templateFuncs() template.FuncMap {
	return template.FuncMap{
		"bytes": bytesText,
		"asset": func(name string) string { return address(name, w.assets) },
		"press": func(s *shown, b bot.Button) press { return press{Button: b, shown: s} },
		"plus":  func(n int) int { return n + 1 },
		"ask": func(s *shown, text string) press {
			return press{Button: bot.Button{Action: bot.ActionAsk, Label: text, Value: text}, shown: s}
		},
		"format":  fmt.Sprintf,
		"key":     newKey,
		"colour":  colourOf,
		"initial": initial,
		"dict":    dict,
		"numeric": func(columns []bot.TableColumn, i int) bool { return i < len(columns) && columns[i].Numeric },
	}
}

// dict names the arguments of a template.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d arguments", len(pairs))
	}
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: argument %d is no name", i)
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}
