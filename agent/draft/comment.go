package draft

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxComment is how much of a comment is kept: it stands beside answers and in what the
// language model is told of a table.
const maxComment = 200

// markup are tags, those of programs with what is in them.
var markup = regexp.MustCompile(`(?is)<script\b[^<>]*>.*?</script>|<style\b[^<>]*>.*?</style>|<[^<>]*>`)

// tidyComment is a comment as people may be shown it. Whoever may comment on a column may
// write anything there; what is markup to a page or a chat is left out.
func tidyComment(s string) string {
	if len(s) > 20*maxComment {
		s = strings.ToValidUTF8(s[:20*maxComment], "")
	}
	s = markup.ReplaceAllString(html.UnescapeString(s), " ")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune("<>`*_~|[]{}\\@#", r), !unicode.IsPrint(r), isPicture(r):
			return -1
		}
		return r
	}, s)
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > maxComment {
		return strings.TrimSpace(string(r[:maxComment])) + "…"
	}
	return string(r)
}

// isPicture reports whether a rune is an emoji or another sign that is no part of a name.
func isPicture(r rune) bool {
	return unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) || unicode.Is(unicode.Mn, r) || r == 0x200d
}

// noNames are what short comments say that call their column nothing.
var noNames = l("미사용", "사용 안함", "사용안함", "사용 안 함", "삭제 예정", "삭제예정", "임시", "예비", "예비 필드", "테스트", "설명", "비고 없음", "없음", "기타")

// noNameWords are English words of comments that describe and do not name.
var noNameWords = l("the", "a", "an", "is", "are", "was", "to", "for", "in", "when", "if", "this", "that", "with", "by", "from", "see", "todo", "fixme", "deprecated", "key", "unused", "note", "or", "and",
	"primary", "foreign", "unique", "identifier", "auto", "increment", "test", "temporary", "reserved", "references", "fk", "pk", "not", "null", "default", "internal", "legacy", "which", "whether", "how", "what", "where", "who")

// calledBy is what a comment calls its column or its table: its first short phrase, "" where
// it tells more than a name, or what is no name.
func calledBy(comment string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(html.UnescapeString(comment)), "\n")
	if len(first) > 20*maxComment {
		return ""
	}
	short := strings.TrimSpace(firstClause(markup.ReplaceAllString(first, " ")))
	short = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if isPicture(r) {
			return -1
		}
		return r
	}, short)), " ")
	words := strings.Fields(short)
	plain := !strings.ContainsFunc(short, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -/%&·'+", r)
	})
	letters := strings.ContainsFunc(short, unicode.IsLetter)
	switch {
	case !plain || !letters || len([]rune(short)) < 2 || len(words) > 4 || slices.Contains(noNames, short):
		return ""
	case isKorean(short):
		if len([]rune(short)) > 20 || isSentence(short) {
			return ""
		}
	case len([]rune(short)) > 30 || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(noNameWords, strings.ToLower(w)) }):
		return ""
	}
	return short
}

// isSentence reports whether Korean words end as sentences and orders do.
func isSentence(s string) bool {
	return len(strings.Fields(s)) > 1 && slices.ContainsFunc(l("다", "요", "함", "됨", "임", "짐", "것", "음", "까"), func(end string) bool { return strings.HasSuffix(s, end) })
}
