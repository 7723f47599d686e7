package format

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ending is how a word ends when it is read aloud.
type ending int

const (
	unknown ending = iota
	vowel
	consonant
	rieul // the consonant ㄹ, after which 로 is said and not 으로
)

// Josa returns the particle that follows word: Josa("매출", "은", "는") is 은,
// Josa("경기도", "은", "는") is 는. The first is the one after a consonant. Digits, units
// and Latin letters count as they are read (16kg is 킬로그램), and what stands in
// brackets after a word is not (서울(도심)은 by 서울); when nobody can tell, both are
// given: 은(는). For 으로 and 로 the exception of ㄹ is kept.
func Josa(word, afterConsonant, afterVowel string) string {
	euro := strings.HasPrefix(afterConsonant, "으로")
	switch end := endingOf(norm.NFKC.String(word)); {
	case end == vowel, end == rieul && euro:
		return afterVowel
	case end == consonant, end == rieul:
		return afterConsonant
	case euro:
		return "(으)" + afterVowel
	}
	return afterConsonant + "(" + afterVowel + ")"
}

func endingOf(word string) ending {
	runes := beforeBrackets([]rune(word))
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; {
		case r >= '가' && r <= '힣':
			return hangulEnding(r)
		case r >= '0' && r <= '9':
			return numberEnding(runes[:i+1])
		case r < unicode.MaxASCII && unicode.IsLetter(r):
			return latinEnding(runes[:i+1])
		case unicode.IsLetter(r):
			return unknown
		}
		if end, ok := signEndings[runes[i]]; ok {
			return end
		}
	}
	return unknown
}

// signEndings are signs that are read: 퍼센트, 배, 도, 플러스, 달러, 유로, 파운드, 원, 엔.
var signEndings = map[rune]ending{
	'%': vowel, '×': vowel, '°': vowel, '+': vowel, '$': vowel, '€': vowel, '£': vowel, '₩': consonant, '¥': consonant,
}

// beforeBrackets leaves out brackets at the end, unless nothing readable stands before
// them.
func beforeBrackets(runes []rune) []rune {
	end := len(runes)
	for end > 0 && !isReadable(runes[end-1]) && runes[end-1] != ')' && runes[end-1] != ']' {
		end--
	}
	depth := 0
	for i := end - 1; i >= 0; i-- {
		switch runes[i] {
		case ')', ']':
			depth++
		case '(', '[':
			depth--
		}
		if depth > 0 {
			continue
		}
		if before := runes[:i]; i < end-1 && slices.ContainsFunc(before, isReadable) {
			return beforeBrackets(before)
		}
		break
	}
	return runes
}

func isReadable(r rune) bool {
	_, sign := signEndings[r]
	return sign || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func hangulEnding(r rune) ending {
	switch (r - '가') % 28 {
	case 0:
		return vowel
	case 8:
		return rieul
	}
	return consonant
}

// numberEnding goes by the Sino-Korean names: 영 일 이 삼 사 오 육 칠 팔 구. Zeros at
// the end are read 십, 백, 천, 만 or 억, all of them with a consonant, and 조.
func numberEnding(runes []rune) ending {
	zeros := 0
	for i := len(runes) - 1; i >= 0 && (runes[i] == '0' || runes[i] == ','); i-- {
		if runes[i] == '0' {
			zeros++
		}
	}
	if zeros >= 12 && zeros < 16 {
		return vowel
	}
	switch runes[len(runes)-1] {
	case '1', '7', '8':
		return rieul
	case '0', '3', '6':
		return consonant
	}
	return vowel
}

// unitEndings are units after a number that are not read by their letters. Those with
// capitals of their own come first: 5G is 지, 5g 그램.
var unitEndings = map[string]ending{
	"G": vowel, "T": vowel, "M": consonant,
	"kg": consonant, "g": consonant, "mg": consonant, "t": consonant, "km": vowel, "m": vowel, "cm": vowel, "mm": vowel,
	"l": vowel, "ml": vowel, "db": rieul, "px": rieul, "h": consonant, "min": consonant, "kcal": vowel, "cal": vowel,
	"in": vowel, "inch": vowel, "mah": vowel, "kwh": vowel, "hz": vowel,
}

// latinEnding guesses how the Latin letters at the end are read in Korean. Capitals are
// read letter by letter, as 엘지 and 에스큐엘 are, unless they are four with a vowel;
// words by their usual transcription.
func latinEnding(runes []rune) ending {
	start := len(runes)
	for start > 0 && runes[start-1] < unicode.MaxASCII && unicode.IsLetter(runes[start-1]) {
		start--
	}
	word := string(runes[start:])
	if before := strings.TrimRight(string(runes[:start]), " "); before != "" && before[len(before)-1] >= '0' && before[len(before)-1] <= '9' {
		for _, unit := range []string{word, strings.ToLower(word)} {
			if end, ok := unitEndings[unit]; ok {
				return end
			}
		}
	}
	capitals := word == strings.ToUpper(word)
	if len(word) < 4 && capitals || len(word) == 4 && capitals && !strings.ContainsAny(word, "AEIOU") || len(word) == 1 {
		return letterEnding(word[len(word)-1])
	}
	word = strings.ToLower(word)
	switch {
	case hasAnySuffix(word, "l", "le"):
		return rieul
	case hasAnySuffix(word, "m", "n", "ng", "me", "ne", "ck", "pp", "tt"):
		return consonant
	case len(word) > 1 && hasAnySuffix(word, "p", "t", "k", "b", "c") && strings.ContainsRune("aeiou", rune(word[len(word)-2])):
		return consonant // 숍, 마켓, 북, 웹
	}
	return vowel
}

func letterEnding(letter byte) ending {
	switch letter | 0x20 {
	case 'l', 'r':
		return rieul
	case 'm', 'n':
		return consonant
	}
	return vowel
}

func hasAnySuffix(word string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(word, s) {
			return true
		}
	}
	return false
}
