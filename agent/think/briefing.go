package think

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/knowledge"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Briefing is all that a model is told of an analyst before any question. It is made
// once per version of the analyst and its data, does not change, and its text is the
// same to the byte for every question, so that servers compute it once.
type Briefing struct {
	analyst   Analyst
	id        string
	system    string
	schema    []tableText // by table, in the catalogue's order
	whole     bool        // all of schema is in system
	tables    *knowledge.Index
	values    *knowledge.Index
	library   *knowledge.Library
	examples  *knowledge.Index
	tableList []string
}

// maxSchema is how much of the tables every question is told, in characters: about
// eight thousand tokens. Of more than that, a question gets the tables that it seems to
// be about, and the names of the others.
const maxSchema = 24_000

// tableText is a table as the model reads about it.
type tableText struct {
	name, text string
}

// NewBriefing prepares an analyst's briefing.
func NewBriefing(a Analyst) *Briefing {
	b := &Briefing{analyst: a, schema: describeTables(&a)}
	var total int
	var entries []knowledge.Entry
	for i, t := range b.schema {
		total += len([]rune(t.text))
		entries = append(entries, knowledge.Entry{ID: fmt.Sprint(i), Text: t.text})
		b.tableList = append(b.tableList, t.name)
	}
	synonyms := synonymGroups(a.Model)
	b.whole = total <= maxSchema
	b.tables = knowledge.New(entries, synonyms)
	b.values = knowledge.New(valueEntries(&a), nil)
	var documents []knowledge.Document
	for _, d := range a.Knowledge {
		documents = append(documents, knowledge.Document(d))
	}
	b.library = knowledge.NewLibrary(documents, synonyms)
	var questions []knowledge.Entry
	for i, e := range a.Examples {
		questions = append(questions, knowledge.Entry{ID: fmt.Sprint(i), Text: e.Question})
	}
	b.examples = knowledge.New(questions, synonyms)
	b.system = b.systemText()
	sum := sha256.Sum256([]byte(b.system + "\x00" + a.Catalog.Version))
	b.id = hex.EncodeToString(sum[:8])
	return b
}

// firstOf is a list's first items, as many as maxSchema has room for, and how many are left
// out: of ten thousand tables no model is told all names.
func firstOf(list, between string) string {
	if len(list) <= maxSchema {
		return list
	}
	cut := strings.LastIndex(list[:maxSchema], between)
	if cut < 0 {
		return list
	}
	return fmt.Sprintf("%s%s… and %d more%s", list[:cut], between, strings.Count(strings.TrimSuffix(list[cut+len(between):], between), between)+1, strings.TrimRight(between, ", "))
}

// systemText is the first message of every conversation.
func (b *Briefing) systemText() string {
	a := &b.analyst
	var s strings.Builder
	name := or(a.Title, a.Name)
	fmt.Fprintf(&s, "You are %q, a company's data analyst in its chat. %s\n\n%s\n", name, a.Purpose, instructions)
	if a.several() {
		fmt.Fprintf(&s, "\n# The data\n\nThe sources: %s.\n%s", a.sourceNames(), severalInstructions)
	} else {
		fmt.Fprintf(&s, "\n# The data\n\nSQL dialect: %s.\n", dialectName(a.Catalog.Dialect))
	}
	if text := a.Model.Instructions; text != "" {
		fmt.Fprintf(&s, "From the owner of the data: %s\n", text)
	}
	if metrics := describeMetrics(a); metrics != "" {
		fmt.Fprintf(&s, "\n## Defined metrics\n\n%s", firstOf(metrics, "\n"))
		fmt.Fprintf(&s, "\n## Fields that metric queries group and filter by\n\n%s", firstOf(describeFields(a), "\n"))
	}
	if b.whole {
		s.WriteString("\n## Tables for SQL\n\n")
		for _, t := range b.schema {
			s.WriteString(t.text)
		}
		s.WriteString(describeRelationships(a))
	} else {
		fmt.Fprintf(&s, "\n## Tables for SQL\n\nThere are %d tables; the message with the question describes those it seems to be about, `lookup` describes others: %s.\n",
			len(b.tableList), firstOf(strings.Join(b.tableList, ", "), ", "))
	}
	return s.String()
}

// The most that a question brings of each.
const (
	maxPassages = 3
	maxExamples = 3
	maxTables   = 6
	maxHints    = 12
	maxTurns    = 4
)

// questionText is the message with the question: what was found about it, the thread so
// far, and last the question itself.
func (b *Briefing) questionText(q *Question) string {
	var s strings.Builder
	if !b.whole {
		s.WriteString("## Tables this may be about\n\n")
		for _, h := range b.tables.Search(q.Text+" "+strings.Join(q.Hints, " "), maxTables) {
			s.WriteString(b.schema[index(h.ID)].text)
		}
	}
	if passages := b.library.Find(q.Text, maxPassages); len(passages) > 0 {
		s.WriteString("## From the knowledge base (written by the owner of the data)\n\n")
		for _, p := range passages {
			fmt.Fprintf(&s, "[%s] %s\n", strings.Trim(p.Document+" › "+p.Heading, " ›"), p.Text)
		}
		s.WriteString("\n")
	}
	if hits := b.examples.Search(q.Text, maxExamples); len(hits) > 0 {
		s.WriteString("## Verified questions with their SQL\n\n")
		for _, h := range hits {
			e := b.analyst.Examples[index(h.ID)]
			fmt.Fprintf(&s, "Q: %s\nSQL: %s\n", e.Question, strings.Join(strings.Fields(e.SQL), " "))
			if e.Note != "" {
				fmt.Fprintf(&s, "Note: %s\n", e.Note)
			}
		}
		s.WriteString("\n")
	}
	b.writeHints(&s, q)
	writeThread(&s, q)
	fmt.Fprintf(&s, "Now: %s (%s).", q.Now.Format("2006-01-02 15:04"), q.Now.Format("Monday"))
	if !b.analyst.Until.IsZero() {
		fmt.Fprintf(&s, " The data reach from %s to %s.", b.analyst.From.Format(dateLayout), b.analyst.Until.Format(dateLayout))
	}
	language := map[bool]string{true: "Korean (해요체 없이 담백한 합니다체)", false: "English"}[q.Language == "ko"]
	fmt.Fprintf(&s, "\nAnswer in %s.", language)
	if q.Brief {
		s.WriteString(" Many people wait for you: answer in as few calls as you can, in one if it can be done, with a text of at most two sentences, and suggest nothing.")
	}
	switch {
	case q.Deep:
		s.WriteString(" This is to be a thorough answer: first call `plan`, look at the data from several sides with `query`, then `answer`.")
	case q.Chosen:
		s.WriteString(" A question back was already asked and answered in this thread: do not ask another, assume what is usual and say so.")
	}
	// Who asks is nothing that a model needs to know.
	fmt.Fprintf(&s, "\n\nQuestion:\n%s\n", q.Text)
	return s.String()
}

const dateLayout = "2006-01-02"

func (b *Briefing) writeHints(s *strings.Builder, q *Question) {
	hints := q.Hints
	for _, h := range b.values.Search(q.Text, maxHints) {
		hints = append(hints, h.ID)
	}
	if len(hints) == 0 {
		return
	}
	s.WriteString("## Values and names in the data close to words of the question\n\n")
	for i, h := range dedupe(hints) {
		if i == maxHints {
			break
		}
		fmt.Fprintf(s, "- %s\n", h)
	}
	s.WriteString("\n")
}

func writeThread(s *strings.Builder, q *Question) {
	before := q.Before[max(0, len(q.Before)-maxTurns):]
	if len(before) == 0 {
		return
	}
	s.WriteString("## The thread so far\n\n")
	for _, t := range before {
		fmt.Fprintf(s, "Q: %s\n", t.Question)
		if t.SQL != "" {
			fmt.Fprintf(s, "SQL: %s\n", strings.Join(strings.Fields(t.SQL), " "))
		}
		if t.Answer != "" {
			fmt.Fprintf(s, "A: %s\n", clip(t.Answer, 300))
		}
	}
	s.WriteString("\n")
}

// Said is what an answer may repeat figures and names of.
func (b *Briefing) said(q *Question) []string {
	out := append([]string{q.Text, q.Now.Format(dateLayout), b.analyst.Until.Format(dateLayout), b.analyst.From.Format(dateLayout)}, q.Hints...)
	for _, t := range q.Before {
		out = append(out, t.Question, t.SQL)
	}
	for _, p := range b.library.Find(q.Text, maxPassages) {
		out = append(out, p.Text)
	}
	return out
}

func dedupe(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// index reads an index's id.
func index(id string) int {
	n := 0
	for _, r := range id {
		n = n*10 + int(r-'0')
	}
	return n
}

// valueEntries are the values of the data that a question may name, found by their
// text; the id is how the model reads of them.
func valueEntries(a *Analyst) []knowledge.Entry {
	var out []knowledge.Entry
	datasets := bySource(a.Model)
	for _, t := range shownTables(a) {
		d := datasets[foldName(t.Name)]
		for _, c := range t.Columns {
			if c.Profile == nil || c.Kind != connectors.KindText || hides(a, fieldOf(d, c.Name)) {
				continue
			}
			for i, v := range c.Profile.Values {
				if i == maxIndexed {
					break
				}
				if !isName(v.Value) {
					continue
				}
				out = append(out, knowledge.Entry{ID: fmt.Sprintf("%s.%s has the value %q", t.Name, c.Name, clip(v.Value, 80)), Text: v.Value})
			}
		}
	}
	return out
}

// maxIndexed bounds the values of a column that are found by a question's words.
const maxIndexed = 500

// shownTables are those of them that no dataset hides.
func shownTables(a *Analyst) (out []*connectors.Table) {
	datasets := bySource(a.Model)
	for _, t := range allowedTables(a) {
		if d := datasets[foldName(t.Name)]; d == nil || !d.Hidden {
			out = append(out, t)
		}
	}
	return out
}

// readable are the tables that a statement of the model's may read, nil for all.
func (a *Analyst) readable() []string {
	if !slices.ContainsFunc(a.Model.Datasets, func(d *semantic.Dataset) bool { return d.Hidden }) {
		return a.Tables
	}
	out := []string{} // there is always a list: a source without one would let it read everything
	for _, t := range shownTables(a) {
		out = append(out, t.Name)
	}
	return out
}

// allowedTables are the tables the analyst reads.
func allowedTables(a *Analyst) []*connectors.Table {
	if a.Tables == nil {
		return a.Catalog.Tables
	}
	var out []*connectors.Table
	for _, name := range a.Tables {
		if t := a.Catalog.Table(name); t != nil {
			out = append(out, t)
		}
	}
	return out
}
