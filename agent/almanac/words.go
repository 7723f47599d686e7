package almanac

import "github.com/bapsang/bapsang/agent/calendar"

// say is what a word contributes.
type say uint8

const (
	sayNothing  say = iota
	sayCalendar     // it is the calendar that is asked
	sayWhen
	sayPrepare
	sayResult // what came of it
	sayWorkdays
	sayPast
	sayNext
	sayLeft // what is left of the stretch
)

// entry is a word or phrase, in lower case. A stem may be followed by any ending.
type entry struct {
	text   string
	say    say
	class  calendar.Class
	market string
	stem   bool
}

// vocabulary are the words that such questions are made of. Phrases may be written with
// or without their spaces.
func vocabulary() []entry {
	var all []entry
	add := func(s say, stem bool, words ...string) {
		for _, w := range words {
			all = append(all, entry{text: w, say: s, stem: stem})
		}
	}
	add(sayCalendar, false,
		"일정", "일정표", "스케줄", "캘린더", "달력", "마케팅 일정", "마케팅 캘린더", "행사 일정", "이벤트 일정", "이벤트", "행사", "데이 마케팅", "대목",
		"calendar", "schedule", "marketing calendar", "events", "event", "key dates", "dates", "occasions")
	add(sayWhen, true, "언제", "며칠", "몇일", "무슨 요일", "날짜", "남았", "남은 날", "디데이", "d-day")
	add(sayWhen, false, "when", "when's", "what day", "what date", "which day", "date", "what dates", "how many days until", "how long until", "days until", "how many days", "days left")
	add(sayPrepare, true, "준비", "챙겨", "챙길", "챙기", "대응")
	add(sayPrepare, false, "prepare", "preparing", "preparation", "preparations", "prep", "get ready", "ready", "to do", "checklist", "plan", "planning", "deadlines", "deadline", "마감", "체크리스트", "할 일", "해야 할 일")
	add(sayResult, true, "어땠", "어떠했", "어떻게 됐")
	add(sayResult, false, "성과", "효과", "how did", "how was", "do last time", "performance", "perform", "go", "지난번 성과")
	add(sayWorkdays, false, "영업일", "영업일수", "근무일", "근무일수", "평일", "working days", "business days", "workdays", "weekdays")
	add(sayPast, false, "지난", "지난번", "저번", "직전", "last", "last time", "previous", "last year's", "the last")
	add(sayNext, false, "다음", "다음번", "이번", "다가오는", "곧 있을", "next", "upcoming", "coming", "coming up", "this", "this coming", "앞으로", "향후", "soon", "곧", "예정된", "예정", "ahead")
	add(sayLeft, false, "남은", "remaining", "left", "rest of", "the rest of")
	add(sayNothing, true, "알려", "보여", "정리", "궁금", "가르쳐", "찾아", "뽑아", "말해", "있", "되", "돼", "될", "인가", "이야", "예요", "이에요", "입니", "인지", "해야", "하면", "할까", "하지", "부탁", "주세요")
	add(sayNothing, false,
		"뭐", "뭐가", "뭐야", "뭘", "뭐부터", "무엇", "무엇이", "어떤", "무슨", "어느", "것", "거", "게", "건", "할", "뭐뭐", "전부", "모두", "모든", "전체", "주요", "중요한", "큰", "우리", "우리가", "목록", "리스트", "좀", "혹시", "날", "날들", "몇", "몇 개", "개", "얼마나", "때", "기간", "중", "동안", "까지", "부터", "그리고", "와", "과", "랑", "및", "또", "번째", "맞아", "줘", "수", "관련", "주의할", "들", "올", "사이", "사이에", "총", "나라", "해", "요",
		"the", "a", "an", "is", "are", "was", "were", "will", "be", "what", "which", "show", "me", "tell", "list", "give", "give us", "show us", "tell us", "our", "we", "in", "on", "of", "for", "to", "and", "or", "at", "by", "all", "any", "there", "please", "do", "does", "did", "have", "has", "need", "should", "up", "it", "take", "takes", "place", "happen", "happens", "happening", "major", "important", "big", "main", "how", "many", "much", "until", "from", "within", "over", "during", "can", "you", "i", "s", "know", "help", "about", "time", "let", "start", "starts", "end", "ends", "fall", "falls", "many", "there's", "what's")
	classed := func(c calendar.Class, words ...string) {
		for _, w := range words {
			all = append(all, entry{text: w, say: sayCalendar, class: c})
		}
	}
	// Of these many things can be asked, so that they need a plainer word beside them.
	for class, words := range map[calendar.Class][]string{
		calendar.Shopping: {"쇼핑", "세일", "프로모션", "shopping", "sales", "sale", "promotions"}, calendar.Season: {"시즌", "season", "seasons"},
		"": {"마케팅", "marketing"},
	} {
		for _, w := range words {
			all = append(all, entry{text: w, class: class})
		}
	}
	classed(calendar.PublicHoliday, "공휴일", "휴일", "법정 공휴일", "쉬는 날", "빨간 날", "노는 날", "국경일", "연휴", "황금연휴", "대체공휴일", "임시공휴일", "휴무", "휴무일",
		"public holidays", "public holiday", "holidays", "holiday", "bank holidays", "bank holiday", "days off", "day off", "long weekends")
	classed(calendar.Shopping, "쇼핑 행사", "할인 행사", "쇼핑 이벤트", "쇼핑 시즌", "shopping days", "shopping events", "sale events", "sales events")
	classed(calendar.Observance, "기념일", "무슨 데이", "observances", "observance", "anniversaries", "special days")
	classed(calendar.Season, "시즌 일정", "seasonal events")
	classed(calendar.Caution, "주의일", "조심할 날", "주의할 날", "추모일", "caution days", "sensitive dates", "days to be careful")
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
	"이란", "에서는", "에는", "까지", "부터", "에서", "으로", "이랑", "하고", "이야", "이지", "인가", "이면", "에도", "에만", "때", "날", "은", "는", "이", "가", "을", "를", "에", "의", "도", "만", "로", "와", "과", "랑", "야", "들", "용", "별", "쯤",
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
