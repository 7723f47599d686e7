package figures

import (
	"math"
	"regexp"
	"strings"
)

// Figures in words. A word that is as often no figure (한 가지, 두 곳, 이 건, one) is
// left alone.
const (
	sino   = `[일이삼사오육칠팔구십백천만억조]`
	native = `(?:열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔)`
	digit  = `(?:하나|한|둘|두|셋|세|넷|네|다섯|여섯|일곱|여덟|아홉)`
	tens   = `twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety`
	// counted is what figures in words count, ended or with a particle: 건수 and 개선 are
	// other words.
	counted = `(?:여\s?)?(?:명|건|곳|개|대)(?:[^\p{Hangul}]|$|이|가|은|는|을|를|의|에|도|만|과|와|로|으로|입니다)`
)

var (
	// nativePattern is a figure in native Korean words before what is counted: 예순세 곳.
	nativePattern = regexp.MustCompile(`(?:^|[^\p{Hangul}])(` + native + `\s?` + digit + `?)\s?` + counted +
		`|(?:^|[^\p{Hangul}])(두|세|네|다섯|여섯|일곱|여덟|아홉)\s?(?:명|건)(?:[^\p{Hangul}]|$|이|가|은|는|을|를|의|에|도|만|과|와|으로|입니다)`)
	// sinoPattern is a figure in Sino-Korean words, or a vague one: 사백오십이 건, 수천 명, 만 명.
	sinoPattern = regexp.MustCompile(`(?:^|[^\p{Hangul}])((?:[수몇]\s?[십백천만억조]+|` + sino + `{2,}|[백천만])\s?(?:` + counted + `|고객|매장|주문)|[수몇]\s?[십백천만억조]+\s?원)`)
	// hanPattern is a figure in Chinese numerals: 五百万.
	hanPattern = regexp.MustCompile(`[一二三四五六七八九十數数]+[十百千万萬億亿兆]+`)
	// wordyPattern is one in English words: a dozen, millions, twenty-five, nine out of ten.
	wordyPattern = regexp.MustCompile(`(?i)\bdozens?\b|\b(?:hundreds|thousands|millions|billions|trillions)\b|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\s(?:out of|in)\s(?:every\s)?(?:two|three|four|five|six|seven|eight|nine|ten|twenty|hundred)\b|` +
		`\b(?:eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|(?:` + tens + `)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)\b`)
)

var nativeValues = []struct {
	word  string
	value float64
}{
	{"스물", 20}, {"스무", 20}, {"서른", 30}, {"마흔", 40}, {"쉰", 50}, {"예순", 60}, {"일흔", 70}, {"여든", 80}, {"아흔", 90},
	{"다섯", 5}, {"여섯", 6}, {"일곱", 7}, {"여덟", 8}, {"아홉", 9}, {"열", 10},
	{"하나", 1}, {"한", 1}, {"둘", 2}, {"두", 2}, {"셋", 3}, {"세", 3}, {"넷", 4}, {"네", 4},
}

// readNative adds up native Korean words: 예순세 is 63.
func readNative(s string) literal {
	l := literal{kind: countLiteral, unit: 1}
	for s = strings.TrimSpace(s); s != ""; {
		rest := s
		for _, n := range nativeValues {
			if after, ok := strings.CutPrefix(s, n.word); ok {
				l.value, rest = l.value+n.value, strings.TrimSpace(after)
				break
			}
		}
		if rest == s {
			return literal{value: math.NaN()}
		}
		s = rest
	}
	return l
}

// inWords finds the figures in words that text states.
func inWords(take func(*regexp.Regexp, func(string) literal)) {
	take(nativePattern, readNative)
	unknown := func(string) literal { return literal{value: math.NaN()} }
	for _, re := range []*regexp.Regexp{sinoPattern, hanPattern, wordyPattern} {
		take(re, unknown)
	}
}
