package extract

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxArticle bounds the pages whose article is looked for: finding it takes several
// passes over the tree.
const maxArticle = 1 << 20

// Read reads a page. Errors are ErrTooLarge and ErrNoText.
func Read(p Page) (*Document, error) {
	if len(p.Body) > MaxBytes {
		return nil, ErrTooLarge
	}
	root, err := parse(p.Body)
	if err != nil {
		return nil, err
	}
	d := &Document{URL: p.URL, FetchedAt: p.FetchedAt, Title: titleOf(root)}
	var published string
	d.declared, published, d.raw = declaredEvents(root)
	d.Published = publishedOn(root, published)
	prune(root, 0)
	d.Text, d.lines = flatten(root)
	d.ownTitle = d.titleEnds()
	if d.Text == "" && len(d.declared) == 0 {
		return nil, ErrNoText
	}
	if len(p.Body) <= maxArticle {
		d.markOutside(article(root, p.URL))
	}
	return d, nil
}

// article returns the text of the page's own article, "" where none is found.
func article(root *html.Node, address string) (text string) {
	at, err := url.Parse(address)
	if err != nil {
		at = &url.URL{}
	}
	// Pages are hostile and the reader is ported line by line from another language: what
	// breaks it costs the mark of what is outside, not the page.
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	parser := readability.NewParser()
	parser.DisableJSONLD = true
	found, err := parser.ParseAndMutate(root, at)
	if err != nil || found.Node == nil {
		return ""
	}
	text, _ = flatten(found.Node)
	return text
}

// shortest is the length in characters from which what was found is believed to be the
// article; it is readability's own threshold. Of a short page it may take one row of a
// table.
const shortest = 500

// markOutside marks the lines that the article lacks, if it has any dates at all: one
// without is a wrong guess at what the article is. Headings are left, because a title
// repeated in the text is not taken for part of the article.
func (d *Document) markOutside(article string) {
	if utf8.RuneCountInString(article) < shortest || len(newScanner(article, "").spans()) == 0 {
		return
	}
	has := map[string]bool{}
	for l := range strings.Lines(article) {
		has[strings.TrimSpace(l)] = true
	}
	for i := range d.lines {
		l := &d.lines[i]
		if !l.heading && !has[d.Text[l.at:l.end]] {
			l.outside = true
		}
	}
}

func titleOf(root *html.Node) (title string) {
	walk(root, 0, func(n *html.Node) {
		if n.DataAtom == atom.Title && title == "" && n.FirstChild != nil {
			title = strings.Join(strings.Fields(clean(n.FirstChild.Data)), " ")
		}
	})
	return title
}

// publishedOn is when the page says it was published: in its metadata or its JSON-LD.
func publishedOn(root *html.Node, fromJSON string) time.Time {
	said := fromJSON
	walk(root, 0, func(n *html.Node) {
		if n.DataAtom != atom.Meta || said != "" {
			return
		}
		switch strings.ToLower(attr(n, "property") + attr(n, "name") + attr(n, "itemprop")) {
		case "article:published_time", "datepublished", "date", "pubdate", "publish_date", "dc.date", "dc.date.issued", "og:regdate":
			said = strings.TrimSpace(attr(n, "content"))
		}
	})
	day, ok := declaredDate(said)
	if !ok {
		return time.Time{}
	}
	return day
}

// reference is the date from which the page's words are to be understood.
func (d *Document) reference() time.Time {
	if !d.Published.IsZero() && d.Published.Before(d.FetchedAt) {
		return d.Published
	}
	return dateOf(d.FetchedAt)
}

// dateOf is t's wall-clock date at midnight UTC.
func dateOf(t time.Time) time.Time {
	y, m, day := t.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
}

// maxCandidates bounds the dates of one page; the further ones are not looked at.
const maxCandidates = 500

// Candidates returns the dates on the page that may be the event's: the declared ones,
// then those of the text in its order. Days on which something was posted or said are not
// among them. Past editions, other events and registration periods are, with their
// doubts; see Best.
func (d *Document) Candidates(o Options) []Candidate {
	names := make([]string, 0, len(o.Names))
	for _, n := range o.Names {
		if n = squash(n); n != "" {
			names = append(names, n)
		}
	}
	var found []Candidate
	scan := newScanner(d.Text, o.Market)
	spans := scan.spans()
	visible := map[[2]int]bool{}
	for _, s := range spans {
		visible[[2]int{s.from.month, s.from.day}] = true
	}
	for _, e := range d.declared {
		if c, ok := d.declaredCandidate(e, names); ok {
			if !visible[[2]int{int(c.Start.Month()), c.Start.Day()}] {
				c.doubt(DoubtNotVisible, "")
			}
			found = append(found, c)
		}
	}
	at := 0
	for _, s := range spans {
		if len(found) >= maxCandidates {
			break
		}
		for at < len(d.lines)-1 && d.lines[at].end < s.at {
			at++
		}
		if c, ok := d.textCandidate(scan, s, at, names, o.Lunar); ok {
			found = append(found, c)
		}
	}
	return found
}

// textCandidate gives a span what surrounds it. at is the index of its line.
func (d *Document) textCandidate(scan *scanner, s span, at int, names []string,
	lunar func(int, int, int) (time.Time, bool)) (Candidate, bool) {
	l := d.lines[at]
	before, after := scan.cell(s)
	if s.end > l.end || posted(d.Text[l.at:l.end], before, after) {
		return Candidate{}, false
	}
	from, to := sentence(d.Text, l, s.at, s.end)
	if !s.ranged && stated(d.Text[from:s.at], d.Text[s.end:to]) {
		return Candidate{}, false
	}
	c := Candidate{Sentence: d.Text[from:to], Title: d.headingAbove(at), Outside: l.outside}
	tense, cueYear := edition(c.Sentence, s.at-from, s.end-from)
	m, ok := s.resolve(context{ref: d.reference(), cueYear: cueYear, lunar: lunar, year: d.yearNear(d.Text[from:s.at], c.Title)})
	if !ok {
		return Candidate{}, false
	}
	m.Quote, m.Tense = d.Text[s.at:s.end], tense
	c.Mention = m
	if tense == TenseUnknown && m.End.Before(dateOf(d.FetchedAt)) {
		c.Tense = TensePast
	}
	c.Named = named(names, c.Sentence, c.Title) || !c.Outside && at < d.ownTitle && named(names, d.Title)
	if c.Status = statusSaid(c.Sentence); s.moved && c.Status == Scheduled {
		c.Status = Rescheduled
	}
	if c.Status != Cancelled && former(c.Sentence, s.at-from, s.end-from) {
		c.Tense = TensePast
	}
	if strings.IndexFunc(before, unicode.IsLetter) < 0 {
		before = d.Text[max(from, l.at):s.at] // the cells before it name it
	}
	if word := half(before, after); word != "" && !s.ranged {
		c.doubt(DoubtHalf, word)
	}
	if word := sideline(before, after); word != "" {
		c.doubt(DoubtSideline, word)
	}
	c.qualify(names)
	return c, true
}

// qualify adds the doubts that come from where a candidate stands.
func (c *Candidate) qualify(names []string) {
	if c.Tense == TensePast {
		c.doubt(DoubtPast, "")
	}
	if c.Outside {
		c.doubt(DoubtOutside, "")
	}
	if len(names) > 0 && !c.Named {
		c.doubt(DoubtUnnamed, "")
	}
}

func (c *Candidate) doubt(code DoubtCode, detail string) {
	c.Doubts = append(c.Doubts, Doubt{code, detail})
}

func (c *Candidate) doubted(code DoubtCode) bool {
	for _, d := range c.Doubts {
		if d.Code == code {
			return true
		}
	}
	return false
}

// headingAbove is the nearest heading above a line; "" without.
func (d *Document) headingAbove(at int) string {
	for i := at; i >= 0 && i > at-60; i-- {
		if l := d.lines[i]; l.heading {
			return d.Text[l.at:l.end]
		}
	}
	return ""
}

// titleEnds is the index of the first line with a heading of its own, neither the title
// repeated nor the label of a field: up to there the title speaks for what is said.
func (d *Document) titleEnds() int {
	title := squash(d.Title)
	for i, l := range d.lines {
		if !l.heading {
			continue
		}
		if text := squash(d.Text[l.at:l.end]); !strings.Contains(title, text) && !isLabel(text) {
			return i
		}
	}
	return len(d.lines)
}

func isLabel(squashed string) bool {
	for _, w := range dateLabels {
		if strings.Contains(squashed, w) {
			return true
		}
	}
	return false
}

// yearNear is the year that stands last before a date in its sentence, else the only one
// in the heading, else the only one in the title.
func (d *Document) yearNear(before, heading string) int {
	if years := yearsIn(before); len(years) > 0 {
		return years[len(years)-1]
	}
	for _, text := range []string{heading, d.Title} {
		if years := yearsIn(text); len(years) == 1 {
			return years[0]
		}
	}
	return 0
}

// yearsIn returns the years from 2000 to 2100 in a text, each once.
func yearsIn(s string) (years []int) {
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		end := i
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		y, _, ok := number(s, i, 4, 4)
		if _, school := literal(s, end, "학년도", "회계연도"); ok && !school && y >= 2000 && y <= 2100 && (i == 0 || s[i-1] != ',' && s[i-1] != '.') && !contains(years, y) {
			years = append(years, y)
		}
		i = end
	}
	return years
}

func contains(years []int, y int) bool {
	for _, x := range years {
		if x == y {
			return true
		}
	}
	return false
}

// squash drops what spells a name differently without changing it.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-.·ㆍ‧・'’‘\"“”", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, clean(s))
}

// named reports whether any of names, squashed, stands in a sentence or heading.
func named(names []string, texts ...string) bool {
	for _, text := range texts {
		text = squash(text)
		for _, n := range names {
			if strings.Contains(text, n) {
				return true
			}
		}
	}
	return false
}

// statusSaid is what a sentence says of an event's taking place.
func statusSaid(s string) Status {
	s = strings.ToLower(s)
	for _, w := range []string{"취소되", "취소됐", "취소합니다", "취소하기로", "전면 취소", "is cancelled", "is canceled", "been cancelled", "been canceled"} {
		if strings.Contains(s, w) {
			return Cancelled
		}
	}
	for _, w := range []string{"무기한 연기", "잠정 연기", "postponed until further notice", "postponed indefinitely"} {
		if strings.Contains(s, w) {
			return Postponed
		}
	}
	for _, w := range []string{"연기되", "연기됐", "연기합니다", "연기하기로", "일정 변경", "변경되", "변경됐", "앞당", "미뤄", "rescheduled", "postponed to", "moved to"} {
		if strings.Contains(s, w) {
			return Rescheduled
		}
	}
	return Scheduled
}

// declaredCandidate reads an event that the page declares for machines.
func (d *Document) declaredCandidate(e declared, names []string) (Candidate, bool) {
	start, ok := declaredDate(e.start)
	if !ok {
		return Candidate{}, false
	}
	c := Candidate{Title: clean(e.name), Place: clean(e.place), Declared: true, Status: e.status}
	c.Start, c.End, c.Year, c.Confidence = start, start, YearWritten, High
	c.Quote, c.Sentence = e.start, e.start
	if e.end != "" {
		end, ok := declaredDate(e.end)
		if !ok {
			c.doubt(DoubtUnreadable, head(e.end, 40))
			c.Confidence = Low
			end = start
		} else if midnight(e.end) && end.After(start) {
			end = end.AddDate(0, 0, -1)
		}
		c.End = end
	}
	c.Previous, _ = declaredDate(e.previous)
	if c.End.Before(c.Start) {
		c.Confidence = Conflict
		c.doubt(DoubtReversed, e.start+" > "+e.end)
	}
	if c.End.Before(dateOf(d.FetchedAt)) {
		c.Tense = TensePast
	}
	c.Named = named(names, c.Title)
	c.qualify(names)
	return c, true
}
