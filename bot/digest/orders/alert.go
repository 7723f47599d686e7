package orders

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot/digest"
)

// A condition is written as people do: "어제 매출이 3천만 원 아래로 떨어지면 알려줘", "alert
// me when revenue yesterday exceeds 50 million". What stands before it is the question,
// which has one figure for an answer.
var (
	alertKo = regexp.MustCompile(`^(.+?)(?:이|가|은|는|을|를)?\s+([0-9][0-9,.]*\s*(?:천|백|십)?\s*(?:만|억|조)?(?:\s*[0-9][0-9,]*\s*(?:만|억))?)\s*(%|퍼센트|원|건|명|개|회|번|달러)?\s*(?:이|를|을|보다|으로|로|까지)?\s*` +
		`(이상|이하|미만|초과|넘|밑|아래|위로|적|작|낮|많|크|높|커지|줄|늘|감소|증가|하락|상승|변하|바뀌|달라지|움직이|변동|오르|떨어지|내려가|올라가)[^.?!]{0,16}?(?:면|때|경우)\s*(?:에)?\s*(?:나한테|나에게|저에게|저한테|여기에?|채널에)?\s*(?:꼭|바로)?\s*(?:알려|알림|말해|보내|알람)`)
	alertEn = regexp.MustCompile(`(?i)^\s*(?:please\s+)?(?:alert|notify|tell|warn|ping|message|let)\s+(?:me|us|the channel)(?:\s+know)?\s*(.*?)\s*\b(?:when|if|once|whenever)\s+(.+?)\s+` +
		`((?:drops?|falls?|go(?:es)?|sinks?) (?:below|under)|(?:is|are) (?:below|under|less than|at most)|exceeds?|(?:go(?:es)?|rises?|climbs?|gets?) (?:above|over)|(?:is|are) (?:above|over|more than|at least)|reach(?:es)?|(?:changes?|moves?|drops?|falls?|rises?|increases?|decreases?|grows?) by)\s+` +
		`(?:more than\s+)?([$₩€]?\s*[0-9][0-9,.]*)\s*(%|percent|k|m|b|thousand|million|billion)?\b.*$`)
	oddKo = regexp.MustCompile(`^(.+?)(?:이|가|은|는)?\s+(?:이상하면|평소와 다르면|튀면|이상치가?\s*(?:나오면|있으면|생기면))\s*(?:꼭|바로)?\s*(?:알려|알림|말해|보내)`)
	oddEn = regexp.MustCompile(`(?i)^\s*(?:please\s+)?(?:alert|notify|tell|warn|ping)\s+(?:me|us)\s*(.*?)\s*\b(?:when|if|whenever)\s+(.+?)\s+(?:is|looks|gets)\s+(?:unusual|anomalous|odd|strange|out of line)`)
)

// maxAlert bounds the text that is looked at, in bytes.
const maxAlert = 600

// alertIn reads a condition, and returns the question that it is about, with what of the
// text says when it is looked at.
func alertIn(text string) (question string, alert *digest.Alert, ok bool) {
	if len(text) > maxAlert {
		return "", nil, false
	}
	text = strings.TrimSpace(text)
	if m := alertKo.FindStringSubmatch(text); m != nil {
		n, ok := koreanNumber(m[2])
		return m[1], &digest.Alert{Kind: kindKo(m[3], m[4], m[0]), Threshold: n}, ok
	}
	if m := alertEn.FindStringSubmatch(text); m != nil {
		n, ok := englishNumber(m[4], m[5])
		return strings.TrimSpace(m[1] + " " + m[2]), &digest.Alert{Kind: kindEn(m[3]), Threshold: n}, ok
	}
	if m := oddKo.FindStringSubmatch(text); m != nil {
		return m[1], &digest.Alert{Kind: digest.AlertAnomaly}, true
	}
	if m := oddEn.FindStringSubmatch(text); m != nil {
		return strings.TrimSpace(m[1] + " " + m[2]), &digest.Alert{Kind: digest.AlertAnomaly}, true
	}
	return "", nil, false
}

// changing are the words by which it is a change that is waited for: 20% 이상 변하면.
var changing = regexp.MustCompile(`변하|바뀌|달라지|움직이|오르거나|변동`)

// byPercent are the words by which percents are of a change: "20% 이상 떨어지면", and not
// "5% 아래로 떨어지면".
var byPercent = regexp.MustCompile(`(?:%|퍼센트)(?:\s*(?:이상|초과|넘게|나|이나|정도|까지))?\s*(?:떨어지|내려가|내리|하락|감소|줄|오르|올라가|상승|증가|늘)`)

func kindKo(unit, word, condition string) digest.AlertKind {
	switch {
	case changing.MatchString(condition), (unit == "%" || unit == "퍼센트") && byPercent.MatchString(condition):
		return digest.AlertChange
	case strings.Contains("이하 미만 밑 아래 떨어지 내려가 적 작 낮 줄 감소 하락", word):
		return digest.AlertBelow
	}
	return digest.AlertAbove
}

func kindEn(word string) digest.AlertKind {
	word = strings.ToLower(word)
	switch {
	case strings.Contains(word, "by"):
		return digest.AlertChange
	case strings.Contains(word, "below"), strings.Contains(word, "under"), strings.Contains(word, "less"):
		return digest.AlertBelow
	}
	return digest.AlertAbove
}

var koreanUnits = map[string]float64{"십": 10, "백": 100, "천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12}

// koreanNumber reads 3,000만 · 1억 2000만 · 3천만.
func koreanNumber(text string) (float64, bool) {
	total, group := 0.0, 0.0
	digits := ""
	flush := func() bool {
		if digits == "" {
			return true
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(digits, ",", ""), 64)
		group, digits = group+n, ""
		return err == nil
	}
	for _, r := range text {
		switch unit, known := koreanUnits[string(r)]; {
		case r >= '0' && r <= '9' || r == '.' || r == ',':
			digits += string(r)
		case r == ' ':
		case !known:
			return 0, false
		default:
			if !flush() {
				return 0, false
			}
			if group == 0 {
				group = 1
			}
			if group *= unit; unit >= 1e4 {
				total, group = total+group, 0
			}
		}
	}
	if !flush() {
		return 0, false
	}
	return total + group, true
}

func englishNumber(text, unit string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.Trim(strings.ReplaceAll(text, ",", ""), "$₩€ "), 64)
	if err != nil {
		return 0, false
	}
	switch strings.ToLower(unit) {
	case "k", "thousand":
		n *= 1e3
	case "m", "million":
		n *= 1e6
	case "b", "billion":
		n *= 1e9
	}
	return n, true
}
