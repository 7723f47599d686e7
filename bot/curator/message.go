package curator

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
)

// Bounds of a card: platforms cut what is longer, and the queue has all of it.
const (
	maxSources = 6
	maxDoubts  = 8
	maxAlike   = 4
	maxQuote   = 300 // characters
	maxTitle   = 24  // of a form: Slack's limit
)

// sep parts what a button's Value says.
const sep = "\x1f"

// What a Value says beside the item and the version of it that was shown.
const (
	despite = "despite" // the rule gives other dates
	holds   = "holds"   // of an edition, in place of an item: the dates are still right
)

// Show is a card as a message in language, "ko" or "en", with times in loc. Names are what
// people are called by their principals. All that comes from pages and people is escaped:
// it may be made to look like ours.
func Show(card *book.Card, names map[string]string, language string, loc *time.Location) bot.Message {
	w := wordsFor(language)
	it := &card.Item
	p := &it.Proposal
	msg := bot.Message{Kind: bot.KindNotice, Language: w.language, Text: heading(card, names, w, loc)}
	line := bot.Line{Mark: mark(it, p), When: w.dates(p.Start, p.End), Text: "**" + figures.Escape(title(card, w)) + "** · " + w.status(p.Status)}
	detail := []string{p.Market}
	if class := class(card); class != "" {
		detail = append(detail, w.classes[class])
	}
	if p.Place != "" {
		detail = append(detail, figures.Escape(p.Place))
	}
	line.Detail = strings.Join(detail, " · ")
	msg.Sections = append(msg.Sections, bot.Section{Lines: []bot.Line{line}})
	if now := differs(card, w); len(now) > 0 {
		msg.Sections = append(msg.Sections, bot.Section{Title: w.nowTitle, Lines: now})
	}
	msg.Sections = append(msg.Sections, sources(it, w))
	if !open(it) {
		return msg
	}
	if doubts := doubts(card, w); len(doubts) > 0 {
		msg.Sections = append(msg.Sections, bot.Section{Title: w.doubtsTitle, Lines: doubts})
	}
	if alike := alike(card, w); len(alike) > 0 {
		msg.Sections = append(msg.Sections, bot.Section{Title: w.alikeTitle, Lines: alike})
	}
	msg.Buttons = buttons(card, w)
	return msg
}

func open(it *book.Item) bool { return it.State == book.Suggested || it.State == book.InReview }

// heading says what is to be done, or what was done and by whom.
func heading(card *book.Card, names map[string]string, w *words, loc *time.Location) string {
	it := &card.Item
	name := figures.Escape(title(card, w))
	by := func(who string) string { return figures.Escape(cmp.Or(names[who], who)) }
	at := w.time(it.DecidedAt.In(loc))
	switch it.State {
	case book.Confirmed:
		return fmt.Sprintf(w.approved, name, by(it.DecidedBy), at)
	case book.Rejected:
		text := fmt.Sprintf(w.rejected, name, by(it.DecidedBy), at)
		if it.Reason != "" {
			text += " " + fmt.Sprintf(w.because, figures.Escape(clip(it.Reason, maxQuote)))
		}
		return text
	case book.Superseded:
		if it.MergedInto != "" {
			return fmt.Sprintf(w.merged, name)
		}
		return fmt.Sprintf(w.superseded, name)
	case book.Expired:
		return fmt.Sprintf(w.expired, name)
	}
	text := fmt.Sprintf(w.ask, name)
	switch {
	case card.Fails != nil:
		text += " " + figures.Escape(card.Fails.Text(w.language))
	case card.Ready:
		text += " " + w.ready
	default:
		text += " " + w.notReady
	}
	if it.SuggestedBy != book.System {
		text += " " + fmt.Sprintf(w.suggestedBy, by(it.SuggestedBy))
	}
	if it.State == book.InReview {
		text += " " + fmt.Sprintf(w.reviewedBy, by(it.ReviewedBy))
	}
	if it.AmendedBy != "" {
		text += " " + fmt.Sprintf(w.amendedBy, by(it.AmendedBy))
	}
	return text
}

// title is the event and its edition: 수능 2027.
func title(card *book.Card, w *words) string {
	name, label := card.Title.In(w.language), card.Item.Proposal.Label
	if strings.Contains(name, label) {
		return name
	}
	return name + " " + label
}

func class(card *book.Card) calendar.Class {
	switch {
	case card.Now != nil:
		return card.Now.Class
	case card.Item.Proposal.New != nil:
		return card.Item.Proposal.New.Class
	}
	return ""
}

func mark(it *book.Item, p *book.Proposal) bot.Mark {
	switch {
	case p.Status == calendar.Cancelled || it.State == book.Rejected || it.State == book.Expired:
		return bot.MarkCancelled
	case it.State == book.Confirmed && p.Status == calendar.Confirmed:
		return bot.MarkSure
	case p.Was != nil || p.Status == calendar.Postponed:
		return bot.MarkChanged
	}
	return bot.MarkUnsure
}

// differs says what the calendar has now and what would change.
func differs(card *book.Card, w *words) []bot.Line {
	if !open(&card.Item) {
		return nil
	}
	if card.Now == nil {
		return []bot.Line{{Text: w.nothingNow}}
	}
	if len(card.Changes) == 0 {
		return []bot.Line{{Text: w.sameNow}}
	}
	var out []bot.Line
	for _, c := range card.Changes {
		out = append(out, bot.Line{Mark: bot.MarkChanged, Text: figures.Escape(c.Text(w.language))})
	}
	return out
}

// sources are where the dates were read, with the words they stand in.
func sources(it *book.Item, w *words) bot.Section {
	out := bot.Section{Title: w.sourcesTitle}
	for _, src := range it.Sources[:min(len(it.Sources), maxSources)] {
		name := src.Title
		u, err := url.Parse(src.URL)
		link := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
		line := bot.Line{Text: w.origins[src.Origin] + ": " + figures.Escape(clip(name, maxQuote))}
		if name == "" {
			line.Text = w.origins[src.Origin]
		}
		if src.Quote != "" {
			line.Detail = "“" + figures.Escape(clip(src.Quote, maxQuote)) + "”"
		}
		if link {
			line.Links = []bot.Link{{Title: u.Hostname(), URL: src.URL}}
		}
		out.Lines = append(out.Lines, line)
	}
	if more := len(it.Sources) - maxSources; more > 0 {
		out.Lines = append(out.Lines, bot.Line{Text: fmt.Sprintf(w.more, more)})
	}
	if len(it.Sources) == 0 {
		out.Lines = []bot.Line{{Mark: bot.MarkCaution, Text: w.noSource}}
	}
	return out
}

func doubts(card *book.Card, w *words) []bot.Line {
	var out []bot.Line
	for _, d := range card.Doubts[:min(len(card.Doubts), maxDoubts)] {
		out = append(out, bot.Line{Mark: bot.MarkCaution, Text: figures.Escape(clip(d.Text(w.language), maxQuote))})
	}
	return out
}

func alike(card *book.Card, w *words) []bot.Line {
	var out []bot.Line
	for _, a := range card.Alike[:min(len(card.Alike), maxAlike)] {
		line := bot.Line{Text: figures.Escape(a.Name), Detail: w.likeness[a.Why]}
		if !a.Span.Start.IsZero() {
			line.When = w.dates(a.Span.Start, a.Span.End)
		}
		out = append(out, line)
	}
	return out
}

// ruled reports whether a rule of the calendar gives other dates.
func ruled(card *book.Card) bool {
	for _, d := range card.Doubts {
		if d.Code == extract.DoubtRule {
			return true
		}
	}
	return false
}

// buttons are what can be decided about an item.
func buttons(card *book.Card, w *words) []bot.Button {
	it := &card.Item
	p := &it.Proposal
	value := it.ID + sep + fmt.Sprint(it.Version)
	approve := bot.Button{Action: bot.ActionApprove, Label: w.approve, Value: value, Primary: card.Ready}
	amend := value
	if ruled(card) {
		approve.Label, approve.Value = w.approveDespite, value+sep+despite
		amend = value + sep + despite
	}
	var out []bot.Button
	if card.Fails == nil {
		out = append(out, approve)
	}
	statuses := make([]bot.Choice, 0, 4)
	for _, st := range []calendar.Status{calendar.Confirmed, calendar.Tentative, calendar.Postponed, calendar.Cancelled} {
		statuses = append(statuses, bot.Choice{Value: string(st), Label: w.status(st)})
	}
	status := p.Status
	if status == calendar.Estimated {
		status = calendar.Tentative
	}
	return append(out,
		bot.Button{Action: bot.ActionAmend, Label: w.amend, Value: amend, Form: &bot.Form{
			Title: clip(w.amendTitle, maxTitle), Note: w.amendNote, Submit: w.approve,
			Fields: []bot.FormField{
				{Name: valueStart, Label: w.start, Kind: bot.FieldDate, Value: p.Start.Format(time.DateOnly)},
				{Name: valueEnd, Label: w.end, Kind: bot.FieldDate, Value: p.End.Format(time.DateOnly)},
				{Name: valueStatus, Label: w.statusLabel, Kind: bot.FieldChoice, Value: string(status), Choices: statuses},
				{Name: valueNote, Label: w.note, Kind: bot.FieldLong, Hint: w.noteHint, Optional: true},
			},
		}},
		bot.Button{Action: bot.ActionReject, Label: w.reject, Value: value, Prompt: w.why},
	)
}

// SuggestButton offers to suggest a date for the calendar.
func (s *Service) SuggestButton(language string) bot.Button {
	return s.suggestButton(wordsFor(language), "")
}

func (s *Service) suggestButton(w *words, name string) bot.Button {
	classes := make([]bot.Choice, 0, len(suggestible))
	for _, c := range suggestible {
		classes = append(classes, bot.Choice{Value: string(c), Label: w.classes[c]})
	}
	return bot.Button{Action: bot.ActionSuggest, Label: w.suggest, Form: &bot.Form{
		Title: clip(w.suggestTitle, maxTitle), Note: w.suggestNote, Submit: w.suggestSubmit,
		Fields: []bot.FormField{
			{Name: valueName, Label: w.name, Kind: bot.FieldText, Value: name, Hint: w.nameHint},
			{Name: valueStart, Label: w.start, Kind: bot.FieldDate},
			{Name: valueEnd, Label: w.end, Kind: bot.FieldDate, Hint: w.endHint, Optional: true},
			{Name: valueSource, Label: w.source, Kind: bot.FieldText, Hint: w.sourceHint},
			{Name: valueClass, Label: w.classLabel, Kind: bot.FieldChoice, Value: string(calendar.Announced), Choices: classes},
		},
	}}
}

// suggestible are the classes of events that people add.
var suggestible = [...]calendar.Class{calendar.Announced, calendar.Shopping, calendar.Observance, calendar.Season, calendar.Caution}

// The names of what is filled into forms.
const (
	valueName   = "name"
	valueStart  = "start"
	valueEnd    = "end"
	valueStatus = "status"
	valueNote   = "note"
	valueSource = "source"
	valueClass  = "class"
)

// clip shortens a text to n characters, on one line.
func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	count := 0
	for i := range s {
		if count++; count > n {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}
