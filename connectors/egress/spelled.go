package egress

import "regexp"

// Numbers in words.
const (
	// Sino-Korean digits and powers, and Korean tens with what follows them.
	sino   = `[영공일이삼사오육칠팔구십백천만억조]`
	native = `(열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔)\s?(하나|한|둘|두|셋|세|넷|네|다섯|여섯|일곱|여덟|아홉)?`

	englishSmall   = `one|two|three|four|five|six|seven|eight|nine|ten`
	englishLarge   = `eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand`
	englishNumbers = englishSmall + `|` + englishLarge
)

// Amounts without a digit that are ones whatever they are of: 오천만 원, 백이십억, 삼천만,
// twelve million, thirty percent. Words that look like numbers are left out by what stands
// before or after (백조, 천만에, 추억).
var spelled = []*regexp.Regexp{
	regexp.MustCompile(`[일이삼사오육칠팔구십백천만억조]{2,}\s*원|(^|[^가-힣])[수몇]?[일이삼사오육칠팔구십백천만]+\s?억($|[^가-힣 ]|\s[^마])|` +
		`[일이삼사오육칠팔구십백천]{2,}\s?(만|조)($|[^가-힣])`),
	regexp.MustCompile(`(^|[^가-힣])` + native + `\s?(억|만|천만|백만)($|[^가-힣])`),
	regexp.MustCompile(`(^|[^가-힣])(` + sino + `+(점\s?` + sino + `+)?|` + native + `)\s*(퍼센트|%)`),
	regexp.MustCompile(`(^|[^가-힣])[일이삼사오육칠팔구]?[십백]` + sino + `*\s*프로($|[^가-힣])`),
	// Digits read out one by one: more than words have.
	regexp.MustCompile(`[영공일이삼사오육칠팔구]{5,}|(^|[^가-힣])([영공일이삼사오육칠팔구] ){4,}`),
	regexp.MustCompile(`(?i)\b(` + englishNumbers + `)[ -](million|billion|trillion|percent|per cent|lakh|crore)\b`),
	regexp.MustCompile(`(?i)\b(` + englishNumbers + `)[ -](hundred|thousand) (and )?((` + englishNumbers + `)[ -])*(users|customers|members|subscribers|people|employees|units|dollars|euros|won|yen)\b`),
	regexp.MustCompile(`(?i)\b(five|six|seven|eight|nine|ten)[- ]figures?\b`),
	regexp.MustCompile(`[一二三四五六七八九十百千数数]+\s?[億亿]`),
	regexp.MustCompile(`(?i)(^|[^a-z])[ivxlcdm]+\s?억`), // Roman numerals
}

// Numbers in words that are figures beside a word such as 매출.
var spelledCount = []*regexp.Regexp{
	regexp.MustCompile(`[일이삼사오육칠팔구십백천만]{2,}\s*(개|건|명|장|박스)`),
	regexp.MustCompile(`(^|[^가-힣])[일이삼사오육칠팔구]?[십백천만]` + sino + `*($|[^가-힣])`),
	regexp.MustCompile(`(^|[^가-힣])` + native + `\s*(개|건|명|장|박스|배|점)?($|[^가-힣])`),
	regexp.MustCompile(`[영공일이삼사오육칠팔구]{4,}|(^|[^가-힣])([영공일이삼사오육칠팔구] ){3,}`),
	regexp.MustCompile(`(?i)\b(` + englishLarge + `)\b`),
	regexp.MustCompile(`[一二三四五六七八九〇零十百千万萬]{2,}`),
}

func anyOf(forms []*regexp.Regexp, text string) bool {
	for _, form := range forms {
		if form.MatchString(text) {
			return true
		}
	}
	return false
}
