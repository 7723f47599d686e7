package draft

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// nameFlag lets rows be asked for by what a column of yes and no says of them: of
// is_canceled, cancelled orders and 취소된 주문. Without it 취소 would be but the short name of
// the rate, and a question for how many were cancelled answered with a share.
func (d *drafter) nameFlag(c *column) {
	f := c.field
	if f.Kind != semantic.Boolean || f.Hidden {
		return
	}
	if words := d.flagWords(c); len(words) > 0 {
		f.Values = append(f.Values, semantic.ValueSynonym{Words: words, Values: l("true")})
	}
}

// flagWords are the words for rows of which a column says yes, nil where they are not known.
func (d *drafter) flagWords(c *column) []string {
	for _, bare := range []string{flagStem(c.said), flagStem(c.Name), flagStem(c.field.Label.Ko)} {
		if same := d.terms.states.with(bare); len(same) > 0 {
			return participles(same[0])
		}
	}
	return nil
}

// flagStem is what a column of yes and no is about: cancel_yn and is_canceled are about what
// is cancelled, 취소 여부 about 취소.
func flagStem(name string) string {
	name = strings.TrimSpace(name)
	for _, tail := range l("여부", "유무") {
		if rest, ok := strings.CutSuffix(name, tail); ok {
			return strings.TrimSpace(rest)
		}
	}
	w := split(name)
	if n := len(w); n > 1 && slices.Contains(l("yn", "flag", "flg", "fg"), w[n-1]) {
		w = w[:n-1]
	}
	if len(w) > 1 && slices.Contains(l("is", "was", "has"), w[0]) {
		w = w[1:]
	}
	return strings.Join(w, " ")
}

// participles are the words of a group that are said of rows, and 취소된 for 취소.
func participles(group []string) []string {
	out := spokenWords(group)
	for _, w := range group {
		if isKorean(w) && slices.Contains(group, w+"된") {
			out = append(out, w+"한")
		}
	}
	return without(out)
}

// spokenWords are the words of a group that are long enough to mean nothing else.
func spokenWords(group []string) []string {
	var out []string
	for _, w := range group {
		if len([]rune(w)) > 2 || isKorean(w) && len([]rune(w)) > 1 {
			out = append(out, strings.ToLower(w))
		}
	}
	return out
}

// nameYes does the same for a column that says Y and N.
func (d *drafter) nameYes(c *column) {
	if c.Profile == nil || len(c.Profile.Values) > 2 {
		return
	}
	yes := ""
	for _, v := range c.Profile.Values {
		switch strings.ToUpper(v.Value) {
		case "Y", "YES":
			yes = v.Value
		case "N", "NO":
		default:
			return
		}
	}
	if words := d.flagWords(c); yes != "" && len(words) > 0 {
		c.field.Values = append(c.field.Values, semantic.ValueSynonym{Words: words, Values: l(yes)})
	}
}

// codeInComment is one code of a list such as 10:접수, 20=출고, 90-취소.
var codeInComment = regexp.MustCompile(`(?:^|[\s(\[{,;/|])'?([0-9A-Za-z_]{1,12})'?\s*[:=\-.)→]\s*([\p{L}][\p{L}\p{N} ]{0,19})`)

// nameCodes lets the codes of a column be called what its comment says they are:
// 상태코드(10:접수,90:취소).
func (d *drafter) nameCodes(c *column) {
	if c.field.Kind != semantic.Categorical || c.field.Hidden || c.Profile == nil {
		return
	}
	held := map[string]bool{}
	for _, v := range c.Profile.Values {
		held[v.Value] = true
	}
	var found []semantic.ValueSynonym
	for _, m := range codeInComment.FindAllStringSubmatch(c.Comment, -1) {
		code, word := m[1], strings.TrimSpace(m[2])
		again := slices.ContainsFunc(found, func(s semantic.ValueSynonym) bool { return s.Values[0] == code || s.Words[0] == strings.ToLower(word) })
		if !held[code] || again || len([]rune(word)) < 2 {
			continue
		}
		found = append(found, semantic.ValueSynonym{Words: d.wordsFor(word), Values: l(code)})
	}
	if len(found) < 2 {
		return // one code is no list
	}
	c.field.Values = append(c.field.Values, found...)
}

// wordsFor are a word and those that are said for it.
func (d *drafter) wordsFor(word string) []string {
	out := l(strings.ToLower(word))
	for _, g := range d.terms.states.with(word) {
		out = append(out, participles(g)...)
	}
	return without(out)
}

// sharedPrefix is the word that all values of a column begin with, with what follows it:
// "wc-" of wc-completed and wc-cancelled.
func sharedPrefix(values []connectors.ValueCount) string {
	if len(values) < 2 {
		return ""
	}
	at := strings.IndexAny(values[0].Value, "-_:. ")
	if at <= 0 {
		return ""
	}
	prefix := values[0].Value[:at+1]
	if slices.ContainsFunc(values, func(v connectors.ValueCount) bool { return !strings.HasPrefix(v.Value, prefix) }) {
		return ""
	}
	return prefix
}
