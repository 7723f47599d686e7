package almanac

import (
	"slices"

	"github.com/bapsang/bapsang/agent/calendar"
)

// say is what a word contributes; a word may contribute several things.
type say uint32

const (
	sayCalendar say = 1 << iota // it is the calendar that is asked
	sayPlain                    // and in a word that is about nothing else
	sayWhen
	sayPrepare
	sayResult // what came of it
	sayWorkdays
	sayPast
	saySoon // the next one
	sayLeft // what is left of the stretch
	sayDay  // what day it is
	sayLong // days off in a row
	sayBridge
	saySubstitute
	sayWhat   // what there is
	sayNarrow // a word that data have too: sales, season
	sayFigure // a number of something: the data's
	sayRun    // days off in a row, where it is one of them that is asked for

	sayNothing say = 0
)

// entry is a word or phrase, in lower case. A stem may be followed by any ending.
type entry struct {
	text   string
	say    say
	class  calendar.Class
	market string
	stem   bool
	nth    int // which of several; -1 is the last
}

// vocabulary are the words that such questions are made of. Phrases may be written with
// or without their spaces.
func vocabulary() []entry {
	return slices.Concat(questionWords(), classWords(), marketWords(), ordinals(), fillers())
}

// wordsOf makes entries that say the same.
func wordsOf(s say, stem bool, words ...string) []entry {
	all := make([]entry, len(words))
	for i, w := range words {
		all[i] = entry{text: w, say: s, stem: stem}
	}
	return all
}

// questionWords are what decides which question it is.
func questionWords() []entry {
	return slices.Concat(
		wordsOf(sayCalendar|sayPlain, false,
			"일정", "일정표", "스케줄", "캘린더", "달력", "마케팅 일정", "마케팅 캘린더", "행사 일정", "이벤트 일정", "이벤트", "행사", "데이 마케팅", "대목",
			"calendar", "schedule", "marketing calendar", "events", "event", "key dates", "dates", "occasions"),
		wordsOf(sayWhen, true, "언제", "며칠", "몇일", "몇 일", "무슨 요일", "날짜", "디데이", "d-day", "끝나", "끝났", "시작"),
		wordsOf(sayWhen, false, "요일", "when", "when's", "whens", "what date", "which day", "date", "what dates", "how many days until", "how many days till", "how many days to", "how long until", "how long till", "how long is", "how long", "days until", "how many days",
			"what day of the week", "what weekday", "which weekday", "which day of the week", "long", "finish", "over"),
		wordsOf(sayWhen|sayDay, false, "what day", "what's the day"),
		wordsOf(sayWhen|sayLeft, true, "남았", "남음", "남나", "남은 날"),
		wordsOf(sayWhen|sayLeft, false, "days left", "days remaining"),
		wordsOf(sayWhen|sayPast, true, "언제였", "였", "이었", "언제 했"),
		wordsOf(sayWhen|sayPast, false, "when was", "when were"),
		wordsOf(sayPrepare, true, "시작해야", "시작하면", "준비", "챙겨", "챙길", "챙기", "대응"),
		wordsOf(sayPrepare, false, "prepare", "preparing", "preparation", "preparations", "prep", "get ready", "ready", "to do", "checklist", "plan", "planning", "deadlines", "deadline", "마감", "체크리스트", "할 일", "해야 할 일"),
		wordsOf(sayResult, true, "어땠", "어떠했", "어떻게 됐"),
		wordsOf(sayResult, false, "성과", "효과", "how did", "how was", "how were", "do last time", "performance", "perform", "go", "지난번 성과"),
		wordsOf(sayWorkdays, false, "영업일", "영업일수", "영업일 수", "근무일", "근무일수", "평일", "working days", "business days", "workdays", "weekdays", "working day", "business day", "workday"),
		wordsOf(sayWorkdays, true, "영업하", "일하는 날"),
		wordsOf(sayPast, false, "지난", "지난번", "저번", "직전", "last", "last time", "previous", "last year's", "the last"),
		wordsOf(saySoon, false, "다음", "다음번", "next", "the next", "제일 가까운", "가장 가까운", "nearest", "closest"),
		wordsOf(sayLeft, false, "남은", "remaining", "left", "rest of", "the rest of", "오늘부터", "지금부터", "from today", "from now", "from now on", "starting today"),
		wordsOf(sayDay, true, "무슨 날", "뭔 날", "무슨 데이"),
		wordsOf(sayCalendar|sayBridge, false, "징검다리", "징검다리 연휴", "징검다리 휴일", "샌드위치", "샌드위치 데이", "bridge day", "bridge days", "연차 쓰기 좋은 날", "연차 내기 좋은 날", "연차"),
		wordsOf(sayCalendar|sayLong, false, "황금연휴", "황금 연휴", "긴 연휴", "long weekend", "long weekends", "long holiday", "long holidays", "golden holidays", "golden holiday"),
		wordsOf(sayWhat, true, "뭐 있", "뭐가 있", "무엇이 있", "무슨 일이 있", "뭐 하"),
		wordsOf(sayWhat, false, "what's on", "whats on", "what is on", "what's happening", "whats happening", "what is happening", "what's coming up", "whats coming up", "what is coming up", "anything coming up", "anything on", "anything happening"),
		wordsOf(sayFigure, false, "건수", "개수", "횟수"),
	)
}

// fillers are words that change nothing.
func fillers() []entry {
	return slices.Concat(
		wordsOf(sayNothing, true, "알려", "보여", "정리", "궁금", "가르쳐", "찾아", "뽑아", "말해", "있", "되", "돼", "될", "인가", "이야", "예요", "에요", "이에요", "입니", "인지", "해야", "하면", "할까", "하지", "하나", "한대", "부탁", "주세요", "도와", "맞나", "맞지", "이지", "이니", "이냐", "안 남", "얼마 안 남", "진행"),
		wordsOf(sayNothing, false,
			"뭐", "뭐가", "뭐야", "뭘", "뭐부터", "무엇", "무엇이", "어떤", "무슨", "어느", "것", "거", "게", "건", "할", "뭐뭐", "전부", "모두", "모든", "전체", "주요", "중요한", "큰", "우리", "우리가", "목록", "리스트", "좀", "혹시", "날", "날들", "몇", "몇 개", "개", "얼마나", "때", "기간", "중", "동안", "까지", "부터", "그리고", "와", "과", "랑", "및", "또", "번째", "맞아", "줘", "수", "관련", "주의할", "들", "올", "사이", "사이에", "총", "나라", "해", "요",
			"이번", "다가오는", "곧 있을", "upcoming", "coming", "coming up", "this", "this coming", "앞으로", "향후", "soon", "곧", "예정된", "예정", "ahead", "그럼", "그러면", "그", "그건", "그거", "만", "아", "음", "네", "사항", "가장", "제일", "가까운", "일자", "이후", "짜리", "쉬는",
			"the", "a", "an", "is", "are", "was", "were", "will", "be", "what", "which", "show", "me", "tell", "list", "give", "give us", "show us", "tell us", "our", "we", "in", "on", "of", "for", "to", "and", "or", "at", "by", "all", "any", "there", "please", "do", "does", "did", "have", "has", "need", "should", "up", "it", "take", "takes", "place", "happen", "happens", "happening", "major", "important", "big", "main", "how", "many", "much", "until", "till", "from", "within", "over", "during", "between", "can", "you", "i", "s", "know", "help", "about", "how about", "time", "let", "start", "starts", "begin", "begins", "end", "ends", "fall", "falls", "many", "there's", "what's", "whats", "only", "just", "then", "ok", "so", "day", "days", "off", "it's", "get", "got", "hey", "hi", "that", "going", "anything"),
	)
}

// classWords narrow the question to a class of events.
func classWords() []entry {
	var all []entry
	classed := func(c calendar.Class, words ...string) {
		for _, w := range words {
			all = append(all, entry{text: w, say: sayCalendar, class: c})
		}
	}
	// Of these many things can be asked, so that they need a plainer word beside them.
	for class, words := range map[calendar.Class][]string{
		calendar.Shopping: {"쇼핑", "세일", "프로모션", "shopping", "sales", "sale", "promotions"}, calendar.Season: {"시즌", "season", "seasons"},
	} {
		for _, w := range words {
			all = append(all, entry{text: w, say: sayNarrow, class: class})
		}
	}
	all = append(all, wordsOf(sayNothing, false, "마케팅", "marketing")...)
	classed(calendar.PublicHoliday, "공휴일", "휴일", "법정 공휴일", "쉬는 날", "빨간 날", "노는 날", "국경일", "임시공휴일", "휴무", "휴무일", "쉬는 날짜",
		"public holidays", "public holiday", "holidays", "holiday", "bank holidays", "bank holiday", "days off", "day off", "a day off", "national holiday", "national holidays")
	all = append(all, entry{text: "연휴", say: sayCalendar | sayRun, class: calendar.PublicHoliday})
	for _, w := range []string{"쉬어", "쉬나", "쉬는지", "쉬니", "쉬냐", "쉽니", "쉬죠", "쉬지"} {
		all = append(all, entry{text: w, say: sayCalendar, class: calendar.PublicHoliday, stem: true})
	}
	for _, w := range []string{"대체공휴일", "대체 휴일", "대체휴무", "substitute holiday", "substitute holidays"} {
		all = append(all, entry{text: w, say: sayCalendar | saySubstitute, class: calendar.PublicHoliday})
	}
	classed(calendar.Shopping, "쇼핑 행사", "할인 행사", "쇼핑 이벤트", "쇼핑 시즌", "shopping days", "shopping events", "sale events", "sales events")
	classed(calendar.Observance, "기념일", "observances", "observance", "anniversaries", "special days")
	classed(calendar.Season, "시즌 일정", "seasonal events")
	classed(calendar.Caution, "주의일", "조심할 날", "주의할 날", "조심해야 할 날", "주의해야 할 날", "조심해야 되는 날", "주의가 필요한 날", "추모일", "caution days", "sensitive dates", "days to be careful")
	return all
}

// ordinals say which of several.
func ordinals() []entry {
	var all []entry
	for n, words := range map[int][]string{
		1: {"첫", "첫째", "첫 번째", "첫번째", "first", "1st"}, 2: {"두 번째", "둘째", "second", "2nd"}, 3: {"세 번째", "셋째", "third", "3rd"},
		4: {"네 번째", "넷째", "fourth", "4th"}, 5: {"다섯 번째", "fifth", "5th"}, -1: {"마지막", "final"},
	} {
		for _, w := range words {
			all = append(all, entry{text: w, nth: n})
		}
	}
	return all
}

// marketWords narrow the question to a market.
func marketWords() []entry {
	var all []entry
	for market, words := range map[string][]string{
		"KR": {"한국", "국내", "우리나라", "korea", "korean", "kr"}, "US": {"미국", "us", "usa", "american", "united states", "america"},
		"JP": {"일본", "japan", "japanese", "jp"}, "CN": {"중국", "china", "chinese", "cn"}, "GB": {"영국", "uk", "britain", "british", "gb"},
		"DE": {"독일", "germany", "german", "de"}, "FR": {"프랑스", "france", "french", "fr"}, "IN": {"인도", "india", "indian"},
		"SG": {"싱가포르", "singapore", "sg"}, "world": {"세계", "글로벌", "전세계", "global", "world", "worldwide"},
	} {
		for _, w := range words {
			all = append(all, entry{text: w, market: market})
		}
	}
	return all
}

// particles may follow a Korean word of the vocabulary, or an event's name.
var particles = []string{
	"이란", "에서는", "에는", "까지", "부터", "에서", "으로", "이랑", "하고", "이야", "이지", "인가", "이면", "인데", "인지", "이니", "이냐", "이죠", "이에요", "예요", "에요", "인가요", "이었", "에도", "에만", "때", "날", "은", "는", "이", "가", "을", "를", "에", "의", "도", "만", "로", "와", "과", "랑", "야", "들", "용", "쯤",
}

// units are lengths of time that begin today: 앞으로 2주, the next 30 days.
var units = []struct {
	text         string
	days, months int
}{
	{"일", 1, 0}, {"주일", 7, 0}, {"주", 7, 0}, {"개월", 0, 1}, {"달", 0, 1}, {"년", 0, 12},
	{"days", 1, 0}, {"day", 1, 0}, {"weeks", 7, 0}, {"week", 7, 0}, {"months", 0, 1}, {"month", 0, 1}, {"years", 0, 12}, {"year", 0, 12},
}

// numbers are those written as words before a unit.
var numbers = map[string]int{
	"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일": 1, "이": 2, "삼": 3,
	"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "few": 3, "couple of": 2,
}
