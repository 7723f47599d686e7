package extract

import "strings"

// cue is a word that tells which edition a sentence speaks of.
type cue struct {
	word  string
	tense Tense
	year  int // from the reference year; noYear where the word says none
}

const noYear = 100

// adverbs name an edition; they outweigh verbs. Longer words come before those they
// contain.
var adverbs = []cue{
	{"재작년", TensePast, -2}, {"작년", TensePast, -1}, {"지난해", TensePast, -1}, {"전년", TensePast, -1},
	{"last year", TensePast, -1}, {"previous year", TensePast, -1}, {"prior year", TensePast, -1},
	{"지난 회차", TensePast, noYear}, {"지난 행사", TensePast, noYear}, {"이전 행사", TensePast, noYear}, {"역대", TensePast, noYear},
	{"지난 ", TensePast, noYear}, {"previous edition", TensePast, noYear}, {"past edition", TensePast, noYear}, {"previously", TensePast, noYear},
	{"내년", TenseUpcoming, 1}, {"next year", TenseUpcoming, 1},
	{"올해", TenseUpcoming, 0}, {"금년", TenseUpcoming, 0}, {"this year", TenseUpcoming, 0},
	{"이번 ", TenseUpcoming, noYear}, {"오는 ", TenseUpcoming, noYear}, {"upcoming", TenseUpcoming, noYear},
}

var verbs = []cue{
	{"열렸", TensePast, noYear}, {"진행했", TensePast, noYear}, {"진행됐", TensePast, noYear}, {"진행되었", TensePast, noYear},
	{"개최했", TensePast, noYear}, {"개최됐", TensePast, noYear}, {"개최되었", TensePast, noYear}, {"열린 바", TensePast, noYear},
	{"종료되었", TensePast, noYear}, {"종료됐", TensePast, noYear}, {"성료", TensePast, noYear}, {"마쳤", TensePast, noYear},
	{"막을 내렸", TensePast, noYear}, {"이었습니다", TensePast, noYear}, {"였습니다", TensePast, noYear},
	{"was held", TensePast, noYear}, {"were held", TensePast, noYear}, {"took place", TensePast, noYear}, {"ran from", TensePast, noYear},
	{"ended", TensePast, noYear}, {"concluded", TensePast, noYear}, {"recap", TensePast, noYear},
	{"예정", TenseUpcoming, noYear}, {"열린다", TenseUpcoming, noYear}, {"열립니다", TenseUpcoming, noYear}, {"진행합니다", TenseUpcoming, noYear},
	{"진행됩니다", TenseUpcoming, noYear}, {"진행된다", TenseUpcoming, noYear}, {"개최합니다", TenseUpcoming, noYear}, {"개최한다", TenseUpcoming, noYear},
	{"개막한다", TenseUpcoming, noYear}, {"찾아옵니다", TenseUpcoming, noYear}, {"시작합니다", TenseUpcoming, noYear}, {"돌아옵니다", TenseUpcoming, noYear},
	{"will ", TenseUpcoming, noYear}, {"returns", TenseUpcoming, noYear}, {"kicks off", TenseUpcoming, noYear}, {"runs from", TenseUpcoming, noYear},
	{"takes place", TenseUpcoming, noYear}, {"begins", TenseUpcoming, noYear},
}

// comparisons name an edition without speaking of it.
var comparisons = []string{"작년과 달리", "지난해와 달리", "작년보다", "지난해보다", "작년 대비", "지난해 대비", "전년 대비", "전년보다", "작년에 이어", "지난해에 이어",
	"작년과 마찬가지로", "지난해와 마찬가지로", "unlike last year", "compared to last year", "compared with last year", "than last year", "as last year",
	"like last year"}

// clauseEdges end what an adverb of an edition is said of.
var clauseEdges = []string{cellEdge, ";", "며 ", "며, ", "고, ", "지만", "반면", "는데", "만, ", ", but ", " but ", " while ", " whereas ", "(", ")", " / "}

// edition tells the tense of the date at at…end of a sentence, and the year said by the
// word that told it. A word in the date's own clause counts before one in front of it,
// and that before the verbs. A year that stands between a word and the date says more
// than the word: "this year …; in 2025 it was November 28".
func edition(sentence string, at, end int) (Tense, int) {
	lower := asciiLower(sentence)
	for _, w := range comparisons {
		lower = strings.ReplaceAll(lower, w, strings.Repeat(" ", len(w)))
	}
	from, to := clause(lower, at, end)
	for _, stretch := range [][2]int{{from, to}, {0, at}} {
		c, where, ok := nearest(lower, stretch[0], stretch[1], at, adverbs)
		if !ok {
			continue
		}
		if where < at && len(yearsIn(lower[where:at])) > 0 {
			break
		}
		return c.tense, c.year
	}
	for _, stretch := range [][2]int{{from, to}, {end, len(lower)}} {
		if c, _, ok := nearest(lower, stretch[0], stretch[1], at, verbs); ok {
			return c.tense, c.year
		}
	}
	return TenseUnknown, noYear
}

// Words that say where a date was before it was moved.
var (
	formerBefore = []string{"당초", "애초", "원래", "기존", "originally"}
	formerAfter  = []string{"예정이던", "예정이었던", "예정됐던", "예정되었던", "하려던", "열려던", "열기로 했던", "originally"}
)

// former reports whether the date is the one an event had before it was moved: such a
// word stands before or behind it, and no other date in between.
func former(sentence string, at, end int) bool {
	lower := asciiLower(sentence)
	before := tail(lower[:at], 60)
	if i := lastOf(before, formerBefore); i >= 0 && strings.IndexFunc(before[i:], isNumeral) < 0 {
		return true
	}
	after := head(lower[end:], 48)
	for _, w := range formerAfter {
		if i := strings.Index(after, w); i >= 0 && strings.IndexFunc(after[:i], isNumeral) < 0 {
			return true
		}
	}
	return false
}

func isNumeral(r rune) bool { return r >= '0' && r <= '9' }

// asciiLower lowers ASCII letters, so that offsets stay.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func clause(s string, at, end int) (from, to int) {
	to = len(s)
	for _, edge := range clauseEdges {
		if i := strings.LastIndex(s[:at], edge); i >= 0 {
			from = max(from, i+len(edge))
		}
		if i := strings.Index(s[end:], edge); i >= 0 {
			to = min(to, end+i+len(edge))
		}
	}
	return from, to
}

// nearest returns the cue in s[from:to] that stands last before at, or else first behind.
func nearest(s string, from, to, at int, cues []cue) (found cue, where int, ok bool) {
	middle := min(max(at, from), to)
	before, behind := -1, len(s)
	var after cue
	for _, c := range cues {
		if i := strings.LastIndex(s[from:middle], c.word); i > before {
			before, found, ok = i, c, true
		}
		if i := strings.Index(s[middle:to], c.word); i >= 0 && i < behind {
			behind, after = i, c
		}
	}
	if !ok && behind < len(s) {
		return after, middle + behind, true
	}
	return found, from + before, ok
}

// Words beside dates that are not the event's own.
var (
	postedBefore = []string{"작성일", "등록일", "게시일", "수정일", "발행일", "입력", "승인", "업데이트", "기사등록", "수정", "보도시점", "배포", "posted", "published",
		"updated", "modified", "announced on", "copyright", "©"}
	postedAfter = []string{"밝혔", "발표했", "전했", "말했", "기준", "현재", "작성", "등록", "보도", "자로", "announced", "said"}
	sidelines   = []string{"사전예약", "사전 예약", "사전 알림", "사전알림", "사전 판매", "접수", "신청", "모집", "예매", "응모", "당첨", "결과 발표", "얼리버드",
		"환불", "배송", "발송", "출고", "주문", "쿠폰", "유효기간", "사용기한", "적립", "registration", "early bird", "early-bird", "presale", "pre-sale", "pre-order", "apply by", "deadline", "shipping"}
)

// stampWords stand in the line that a page or a comment carries: its author, how often it
// was read.
var stampWords = []string{"조회", "댓글", "기자", "입력", "작성자", "추천", "views", "comments"}

// posted reports whether the date is the day the page, or a statement in it, was made.
// whole is the line, before and after its cell.
func posted(whole, before, after string) bool {
	near := asciiLower(tail(before, 30))
	for _, w := range postedBefore {
		if strings.HasSuffix(strings.TrimRight(near, " :：|.]"), w) {
			return true
		}
	}
	if len(whole) <= 200 && lastOf(asciiLower(whole), stampWords) >= 0 && clock(after, 0) > 0 {
		return true
	}
	if dateline(before, after) {
		return true
	}
	after = asciiLower(strings.TrimLeft(after, " )"))
	for _, w := range postedAfter {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// dateline reports whether the date stands in an article's first line, behind the place:
// "SEATTLE--(Wire)--Sept. 28, 2026--".
func dateline(before, after string) bool {
	after = strings.TrimLeft(after, " ")
	dash := strings.HasPrefix(after, "—") || strings.HasPrefix(after, "–") || strings.HasPrefix(after, "--")
	place, _ := word(before, 0)
	return dash && len(place) >= 3 && place == strings.ToUpper(place)
}

// stated reports whether the day is when somebody said what the sentence is about:
// "산업부는 9월 29일 … 연다고 밝혔다".
func stated(before, rest string) bool {
	before = strings.TrimRight(before, " ")
	_, topic := literal(tail(before, len("는")), 0, "는", "은", "가", "이")
	if !topic {
		return false
	}
	for _, w := range []string{"밝혔다", "발표했다", "전했다", "알렸다", "밝혔습니다", "발표했습니다"} {
		if strings.HasSuffix(strings.TrimRight(rest, " .\"'”’"), w) {
			return true
		}
	}
	return false
}

// primary are words of the event itself, after which a sideline is over.
var primary = []string{"행사", "본 행사", "축제", "세일", "개막", "일시", "event", "sale", "festival"}

// sideline returns the word that makes a date one of registration and the like.
func sideline(before, after string) string {
	near := asciiLower(tail(before, 48))
	best, at := "", -1
	for _, w := range sidelines {
		if i := strings.LastIndex(near, w); i > at {
			best, at = w, i
		}
	}
	if best != "" && lastOf(near[at+len(best):], primary) < 0 {
		return best
	}
	next := asciiLower(head(after, 14))
	if i := strings.IndexAny(next, "/,;|·"); i >= 0 {
		next = next[:i]
	}
	for _, w := range sidelines {
		if strings.Contains(next, w) && best == "" {
			return w
		}
	}
	return ""
}

// halves say that a single date is where something begins, or where it ends.
var halves = []string{"까지", "부터", "시작", "개막", "오픈", "종료", "마감", "폐막", "starts", "begins", "opens", "kicks off", "ends", "until", "through"}

// half returns the word that makes a single date one end of a stretch of days.
func half(before, after string) string {
	near := strings.TrimRight(asciiLower(tail(before, 30)), " :|은는이가-")
	for _, w := range halves {
		if strings.HasSuffix(near, w) || strings.HasSuffix(near, w+"일") || strings.HasSuffix(near, w+" on") {
			return w
		}
	}
	next := asciiLower(strings.TrimLeft(head(after, 30), " ()에"))
	for _, w := range halves {
		if strings.HasPrefix(next, w) {
			return w
		}
	}
	return ""
}
