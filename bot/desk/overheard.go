package desk

import (
	"slices"
	"strings"
	"unicode"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
)

// In a thread of ours people follow up without calling us, and they talk to each other.
// What is plainly a question is taken as one. Anything else that is said among several
// people is overheard: it is answered when the analyst knows what to make of it, without
// progress and without the model, and else nothing is said.

// toOthers reports whether what was said without calling us is for somebody else, or has
// no words: a name that is called first, a laugh, an emoji, a link.
func toOthers(text string) bool {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "@") {
		return true
	}
	for _, word := range strings.Fields(text) {
		if !strings.Contains(word, "://") && strings.ContainsFunc(word, speaks) {
			return false
		}
	}
	return true
}

// speaks reports whether r is part of a word. Single Korean letters are laughs.
func speaks(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && (r < 0x3130 || r > 0x318f)
}

// What sentences that ask for something end or begin with.
var (
	askingEnds = []string{
		"줘", "줘요", "줄래", "줄래요", "주세요", "주실래요", "주시겠어요", "봐", "볼까", "볼까요", "할까", "할까요", "알려", "보여", "뽑아", "나요", "까요", "가요", "는요", "은요",
		"은", "는", "만", "별로", "으로", "빼고", "제외", "포함", "추이", "비교",
	}
	askingBegins = []string{
		"what", "why", "how", "which", "who", "when", "where", "show", "give", "list", "compare", "can", "could", "only", "by", "as", "per", "without",
		"excluding", "including", "top", "split", "group", "sort", "chart", "plot", "draw", "왜", "그럼", "그러면",
	}
)

// asks reports whether a text is plainly a question or a request.
func asks(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if strings.ContainsAny(text, "?？") {
		return true
	}
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	return slices.Contains(askingBegins, words[0]) ||
		slices.ContainsFunc(askingEnds, func(end string) bool { return strings.HasSuffix(last, end) })
}

// meet notes who asks in the thread, and whether others are there.
func (t *threadRecord) meet(q *Question) {
	if t.First == "" {
		t.First = q.owner()
		// We were called into a thread that somebody else may have begun.
		t.Company = q.Message != "" && q.Message != q.Thread.ID && !q.Thread.Direct
	}
	t.Company = t.Company || t.First != q.owner()
}

// amongOthers reports whether somebody who speaks in the thread is not alone with us.
func (t *threadRecord) amongOthers(in bot.Thread, u bot.User) bool {
	return t.Company || t.First != "" && t.First != principal(in, u)
}

// unsaid reports whether nothing is said to what was overheard: it was none of ours.
func (q *Question) unsaid() bool {
	a := q.Answer
	if !q.Overheard || a == nil || a.Rung != agent.None || len(a.Results) > 0 || a.Clarify != nil {
		return false
	}
	switch a.Reason {
	case agent.ReasonEmpty, agent.ReasonTooLong, agent.ReasonUnknown, "":
		return true
	}
	return false
}

// sameWords reports whether two texts differ in no letter and no figure.
func sameWords(a, b string) bool {
	words := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return a == b || words(a) == words(b) && words(a) != ""
}
