package egress

import (
	"slices"
	"strings"
	"unicode"
)

// term is a confidential one, as letters and digits alone.
type term struct {
	runes []rune
	jamo  []rune // runes as jamo does it
	// word is set for terms of Latin letters and digits: they count only where they
	// are not a part of a longer word.
	word bool
}

func newTerm(text string) (term, bool) {
	runes, _ := bare(plainLetters(fold(text)))
	word := !slices.ContainsFunc(runes, func(r rune) bool { return !alphabetic(r) })
	apart, _ := jamo(string(runes) + looseJamo)
	return term{runes, []rune(strings.TrimSuffix(apart, looseJamo)), word}, len(runes) >= 2
}

// bare is the letters and digits of a folded text in lower case, and for each whether
// a word may begin there.
func bare(text string) (runes []rune, begins []bool) {
	apart, last, small := true, ' ', false
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			apart = true
			continue
		}
		hump := small && unicode.IsUpper(r) // ProjectHanLaunch is three words
		small = unicode.IsLower(r)
		r = unicode.ToLower(r)
		if l, ok := lookalikes[r]; ok {
			r = l
		}
		runes = append(runes, r)
		begins = append(begins, apart || hump || alphabetic(r) != alphabetic(last))
		apart, last = false, r
	}
	return runes, begins
}

// alphabetic reports whether words of r's script are set apart, by spaces or by what
// is not alphabetic.
func alphabetic(r rune) bool {
	return unicode.IsDigit(r) || unicode.IsLetter(r) && !unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// confidential reports whether a folded text names one of the terms.
func (f *Filter) confidential(text string) bool {
	if len(f.terms) == 0 {
		return false
	}
	text = plainLetters(text)
	runes, begins := bare(text)
	apart, loose := jamo(string(runes))
	for _, t := range f.terms {
		if t.in(runes, begins) || loose && !t.word && strings.Contains(apart, string(t.jamo)) {
			return true
		}
	}
	return false
}

func (t term) in(runes []rune, begins []bool) bool {
	for i := 0; i+len(t.runes) <= len(runes); i++ {
		end := i + len(t.runes)
		whole := !t.word || begins[i] && (end == len(runes) || begins[end])
		if whole && slices.Equal(runes[i:end], t.runes) {
			return true
		}
	}
	return false
}

// looseJamo is a letter that stands alone, for which jamo takes all apart.
const looseJamo = "\u1100"
