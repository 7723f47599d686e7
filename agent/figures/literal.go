package figures

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// literal is a figure that a text states itself.
type literal struct {
	start, end int // in the text, in bytes
	text       string
	value      float64
	unit       float64 // what one step of its last digit is worth
	kind       literalKind
	inWords    bool // a ratio that has a word
}

type literalKind int

const (
	plainLiteral   literalKind = iota
	percentLiteral             // value is in percent: 4.1
	timesLiteral               // 2.5배, 2.5x
	ordinalLiteral             // 1위, 3rd
	countLiteral               // 5개, a small count of things
	dateLiteral                // a day, or a part of one
)

// scales are the words that multiply what stands before them.
var scales = map[string]float64{
	"경": 1e16, "조": 1e12, "억": 1e8, "천만": 1e7, "백만": 1e6, "십만": 1e5, "만": 1e4, "천": 1e3, "백": 1e2,
	"trillion": 1e12, "tn": 1e12, "t": 1e12, "billion": 1e9, "bn": 1e9, "b": 1e9,
	"million": 1e6, "mn": 1e6, "m": 1e6, "thousand": 1e3, "k": 1e3, "hundred": 1e2,
}

const (
	digits    = `\d[\d,]*(?:\.\d+)?|\.\d+`
	monthName = `(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
	scaleWord = `경|조|억|천만|백만|십만|만|천|백|(?i:trillion|billion|million|thousand|hundred|bn|tn|mn|[kmbt])\b`
)

var (
	// figurePattern is one figure with all its groups: 12억 1,854만, 1.22B, 3 million.
	figurePattern = regexp.MustCompile(`(?:` + digits + `)(?:\s?(?:` + scaleWord + `)(?:\s?\d[\d,]*(?:\.\d+)?\s?(?:` + scaleWord + `)?)*)?`)
	groupPattern  = regexp.MustCompile(`(` + digits + `)\s?(` + scaleWord + `)?`)
	datePattern   = regexp.MustCompile(`\d{4}\s?[-./]\s?\d{1,2}(?:\s?[-./]\s?\d{1,2})?|\d{4}\s?년|\d{1,2}\s?[/]\s?\d{1,2}|\b\d{2}-\d{2}\b|(?:\d{1,2}\s?월(?:\s?\d{1,2}\s?일)?)|\d{1,2}\s?일|[1-4]\s?분기|\bQ[1-4]\b|\b[1-4]Q\b|\bH[12]\b|\d{1,2}\s?시|\d{1,2}:\d{2}(?::\d{2})?|\b(?:19|20)\d{2}\b|` +
		`\b` + monthName + `\.?\s+\d{1,2}(?:st|nd|rd|th)?\b|\b\d{1,2}(?:st|nd|rd|th)?\s+` + monthName + `\b`)
	ordinalPattern = regexp.MustCompile(`^\s?(?:위|등|번째|째|순위)|^(?:st|nd|rd|th)\b`)
	percentPattern = regexp.MustCompile(`^\s?(?:%p?|퍼센트|프로|percent\b|percentage points?\b|pp\b)`)
	timesPattern   = regexp.MustCompile(`^\s?(?:배|[x×](?:\W|$)|times\b|-?fold\b)`)
	countPattern   = regexp.MustCompile(`^\s?(?:개|곳|행|rows?\b|가지|개월|주|일|년|시간|days?\b|weeks?\b|months?\b|years?\b|quarters?\b|regions?\b|products?\b|channels?\b|items?\b|of\s(?:the\s)?\d+\s[a-z])`)
	koreanNumber   = regexp.MustCompile(`[일이삼사오육칠팔구십백천]+[만억조](?:\s?[일이삼사오육칠팔구십백천]+[만억]?)*\s?(?:원|명|건|개)|[일이삼사오육칠팔구십백]+\s?(?:퍼센트|프로)`)
	englishNumber  = regexp.MustCompile(`(?i)\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a|several)[- ]?(?:one|two|three|four|five|six|seven|eight|nine)?\s(?:hundred|thousand|million|billion|percent)\b`)
	otherDigits    = regexp.MustCompile(`[\p{Nd}\p{No}\p{Nl}]`)
	ratioWords     = regexp.MustCompile(`(?i)절반|반토막|갑절|곱절|(?:두|세|네|다섯|여섯|열)\s?배|(?:열\s?[한두세네]|스무|수|몇|수십|수백)\s?배|[이삼사오육칠팔구십백]+분의\s?[일이삼사오육칠팔구]|\bhalf\b|\bhalved\b|\bdoubl(?:e|ed|ing)\b|\btripl(?:e|ed|ing)\b|\bquadrupl(?:e|ed|ing)\b|\btwice\b|\bthrice\b|\b(?:a|one)[- ](?:third|quarter|fifth|tenth) of\b|\bthree[- ]quarters\b|\ba third\b|\btwo[- ]thirds\b|[1-9]분의\s?[1-9]`)
)

// ratios are what words for a ratio say, in small letters and without hyphens. Words that
// are missing say nothing that can be checked.
var ratios = map[string]float64{
	"절반": 0.5, "반토막": 0.5, "갑절": 2, "곱절": 2, "두배": 2, "세배": 3, "네배": 4, "다섯배": 5, "여섯배": 6, "열배": 10,
	"half": 0.5, "halved": 0.5, "double": 2, "doubled": 2, "doubling": 2, "triple": 3, "tripled": 3, "tripling": 3,
	"quadruple": 4, "quadrupled": 4, "quadrupling": 4, "twice": 2, "thrice": 3, "two thirds": 2.0 / 3, "three quarters": 0.75,
	"a third": 1.0 / 3, "a third of": 1.0 / 3, "one third of": 1.0 / 3, "a quarter of": 0.25, "one quarter of": 0.25,
	"a fifth of": 0.2, "one fifth of": 0.2, "a tenth of": 0.1, "one tenth of": 0.1,
}

var koreanPart = regexp.MustCompile(`^(\S)분의\s?(\S)$`)

// ratioOf is what a word for a ratio says; NaN where that cannot be checked.
func ratioOf(word string) float64 {
	word = strings.ToLower(strings.NewReplacer(" 배", "배", "-", " ").Replace(word))
	if v, ok := ratios[word]; ok {
		return v
	}
	if m := koreanPart.FindStringSubmatch(word); m != nil {
		if whole, part := oneDigit(m[1]), oneDigit(m[2]); whole > 0 && part > 0 {
			return part / whole
		}
	}
	return math.NaN()
}

func oneDigit(s string) float64 {
	for _, digits := range []string{"123456789", "일이삼사오육칠팔구"} {
		if i := strings.Index(digits, s); i >= 0 {
			return float64(i/len(s) + 1)
		}
	}
	return 0
}

// literals finds the figures that text states itself, outside the spans given.
func literals(text string, opaque [][]int) []literal {
	masked := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			masked[i] = ' '
		}
	}
	for _, span := range opaque {
		blank(span[0], span[1])
	}
	var out []literal
	take := func(re *regexp.Regexp, make func(m string) literal) {
		for _, loc := range re.FindAllSubmatchIndex(masked, -1) {
			for len(loc) > 2 { // what stands around a group only says where it may be
				if loc = loc[2:]; loc[0] >= 0 {
					break
				}
			}
			if broken(masked, loc[0], loc[1]) {
				continue
			}
			l := make(string(masked[loc[0]:loc[1]]))
			l.start, l.end, l.text = loc[0], loc[1], text[loc[0]:loc[1]]
			out = append(out, l)
			blank(loc[0], loc[1])
		}
	}
	take(datePattern, func(string) literal { return literal{kind: dateLiteral} })
	take(ratioWords, func(m string) literal {
		v := ratioOf(m)
		return literal{kind: timesLiteral, value: v, unit: v * 0.1, inWords: true}
	})
	for _, loc := range figurePattern.FindAllIndex(masked, -1) { // indices hold: blanking keeps lengths
		l := readFigure(string(masked[loc[0]:loc[1]]))
		l.start, l.end = loc[0], loc[1]
		after := string(masked[loc[1]:])
		switch {
		case percentPattern.MatchString(after):
			l.kind, l.end = percentLiteral, loc[1]+len(percentPattern.FindString(after))
		case timesPattern.MatchString(after):
			l.kind, l.end = timesLiteral, loc[1]+len(strings.TrimRight(timesPattern.FindString(after), " .,!?)"))
		case ordinalPattern.MatchString(after):
			l.kind = ordinalLiteral
		case l.unit == 1 && countPattern.MatchString(after):
			l.kind = countLiteral
		}
		l.text = text[l.start:l.end]
		out = append(out, l)
		blank(l.start, l.end)
	}
	for _, re := range []*regexp.Regexp{koreanNumber, englishNumber, otherDigits} {
		take(re, func(string) literal { return literal{value: math.NaN()} })
	}
	inWords(take)
	return out
}

// broken reports whether what looks like a time is a part of a longer figure: 1시 of
// 22.1시간.
func broken(text []byte, from, to int) bool {
	decimal := from > 1 && text[from-1] == '.' && isDigit(text[from-2]) && isDigit(text[from])
	return decimal || strings.HasSuffix(string(text[from:to]), "시") && strings.HasPrefix(string(text[to:]), "간")
}

// readFigure adds up the groups of a figure: 12억 1,854만 is 1,218,540,000 ± 5,000.
func readFigure(s string) literal {
	l := literal{unit: 1}
	for _, m := range groupPattern.FindAllStringSubmatch(s, -1) {
		number := strings.ReplaceAll(m[1], ",", "")
		v, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return literal{value: math.NaN()}
		}
		scale := 1.0
		if m[2] != "" {
			scale = scales[strings.ToLower(m[2])]
		}
		l.value += v * scale
		l.unit = scale
		if _, decimals, ok := strings.Cut(number, "."); ok {
			l.unit = scale * math.Pow10(-len(decimals))
		}
	}
	return l
}
