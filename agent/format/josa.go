package format

import (
	"strings"
	"unicode"
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
// Josa("경기도", "은", "는") is 는. The first is the one after a consonant. Digits and
// Latin letters count as they are read; when nobody can tell, both are given: 은(는).
// For 으로 and 로 the exception of ㄹ is kept.
func Josa(word, afterConsonant, afterVowel string) string {
	euro := strings.HasPrefix(afterConsonant, "으로")
	switch end := endingOf(word); {
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
	runes := []rune(word)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; {
		case r >= '가' && r <= '힣':
			return hangulEnding(r)
		case r >= '0' && r <= '9':
			return digitEnding(r)
		case r == '%', r == '×':
			return vowel // 퍼센트, 배
		case r < unicode.MaxASCII && unicode.IsLetter(r):
			return latinEnding(latinTail(runes[:i+1]))
		case unicode.IsLetter(r):
			return unknown
		}
	}
	return unknown
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

// digitEnding goes by the Sino-Korean names: 영 일 이 삼 사 오 육 칠 팔 구. A final
// zero is read 십, 백, 천 or 만, all of them with a consonant.
func digitEnding(r rune) ending {
	switch r {
	case '1', '7', '8':
		return rieul
	case '0', '3', '6':
		return consonant
	}
	return vowel
}

func latinTail(runes []rune) string {
	start := len(runes)
	for start > 0 && runes[start-1] < unicode.MaxASCII && unicode.IsLetter(runes[start-1]) {
		start--
	}
	return string(runes[start:])
}

// latinEnding guesses how a word in Latin letters ends in its Korean reading.
// Capitals of up to four letters are read letter by letter, as 엘지 and 에스큐엘 are;
// longer words by their usual transcription.
func latinEnding(word string) ending {
	if len(word) <= 4 && word == strings.ToUpper(word) || len(word) == 1 {
		return letterEnding(word[len(word)-1])
	}
	word = strings.ToLower(word)
	switch {
	case hasAnySuffix(word, "l", "le"):
		return rieul
	case hasAnySuffix(word, "m", "n", "ng", "me", "ne", "ck", "pp", "tt"):
		return consonant
	case hasAnySuffix(word, "p", "t", "k", "b", "c") && strings.ContainsRune("aeiou", rune(word[len(word)-2])):
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
