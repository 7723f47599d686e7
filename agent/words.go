package agent

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// words are the agent's own sentences in one language.
type words struct {
	share      string
	period     string
	data       string
	until      string // date
	stale      string // layout of a time
	search     string
	staleFound string // layout of a time, of what a search found then
	empty      string
	tooLong    string
	nobody     string // analyst's name
	unknown    string // words, subjects
	unsure     string // subjects
	shape      string
	apart      string // metric, field: in data that are not connected
	unheard    string // a word that names nothing, subjects
	future     string
	nothing    string // period and filters
	causes     map[connectors.Code]string
	subjects   string // joins the names of what can be asked about
	intro      string // analyst, tables
	introAsk   string
	unnamed    string // how many tables are not named
	grains     map[semantic.Grain]string
	previous   map[semantic.Grain]string // against the one before
	yearAgo    string
	before     string // the period of the same length before
	versus     string // period
	change     string
	rest       string
	total      string
	expected   string
	forecast   string
	actual     string
	strength   string
	tooShort   string
	noChange   string // subject, period compared with
	almost     string // before "the same"
	noAnomaly  string
	by         map[semantic.Grain]string // before 별, Korean only
	noRecord   string                    // heads a reading
	withValue  string                    // of a dimension, in a ranking
	none       string                    // in place of a missing value of a dimension
	ofChange   string
	yearBefore string                    // the same dates a year before
	befores    map[semantic.Grain]string // the period before, by the unit
	points     map[semantic.Grain]string // of a course, that stand out
	notBefore  string                    // date
	difference string
	times      string
	part       string
	cut        string // heads a reading
	rowsCut    string // number of rows
	noShare    string

	tooWide    string // source, rows
	notReached string // source
	noRoom     string // source, why
	tooSlow    string // source
	sources    string // heads a reading
	onlyThere  string // heads a reading
	onlyIn     string // source, values
	unmatched  string // keys without, of keys, what they are, source, sources, values
	andMore    string // values, how many more
	spelling   string // heads a reading
	spelled    string // value, source, value, source
	keys       string // heads a reading
	keyTypes   string // source, source
	noPartner  string // rows without, of rows, source, source
	allPartner string // rows, source, source
	zones      string // source, zone, source, zone
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &koreanWords
	}
	return &englishWords
}

var koreanWords = words{
	difference: "차이", times: "배수", part: "차이 비율",
	share: "비중", period: "기간", data: "데이터", until: "%s까지 있음",
	empty:    "무엇이 궁금하세요? 이런 것을 물어볼 수 있어요.",
	tooLong:  "질문이 너무 길어요. 한두 문장으로 물어봐 주세요. 표라면 파일로 올려 주세요.",
	nobody:   "%s라는 분석가는 없어요.",
	unknown:  "%s%s 제가 보는 데이터(%s)에 없어요.",
	unsure:   "무엇을 계산할지 알아듣지 못했어요. 저는 %s%s 봅니다.",
	shape:    "낱말은 알지만 하나의 계산으로 잇지 못했어요. 지표 하나에 나눌 기준과 기간을 붙여 물어봐 주세요.",
	apart:    "%s %s별로 나눌 수 없어요. 두 데이터가 서로 이어져 있지 않아요.",
	unheard:  "‘%s’%s 무슨 뜻인지 알아듣지 못했어요. 저는 %s%s 봅니다.",
	future:   "그 기간의 데이터는 아직 없어요. 데이터는 %s까지 있어요.",
	nothing:  "조건에 맞는 데이터가 없어요 (%s).",
	subjects: ", ",
	intro:    "%s%s 읽었어요.",
	introAsk: "이런 것을 물어볼 수 있어요.",
	unnamed:  "그 밖에 표가 %s개 더 있어요. 알고 싶은 표의 이름을 함께 적어 물어봐 주세요.",
	causes: map[connectors.Code]string{
		connectors.CodeTimeout:  "계산이 제한 시간을 넘어 멈췄어요. 기간이나 조건을 좁혀 다시 물어봐 주세요.",
		connectors.CodeTooLarge: "계산이 메모리 한도를 넘어 멈췄어요. 기간이나 조건을 좁혀 다시 물어봐 주세요.",
		connectors.CodeDenied:   "허용되지 않은 질의라 실행하지 않았어요.",
		connectors.CodeSQL:      "이 질문을 데이터베이스가 계산하지 못했어요. 담당자가 볼 수 있게 기록했어요.",
		connectors.CodeNotFound: "필요한 표가 지금 데이터에 없어요. 담당자가 볼 수 있게 기록했어요.",
		connectors.CodeBadData:  "데이터를 읽을 수 없어요. 담당자가 볼 수 있게 기록했어요.",
	},
	grains: map[semantic.Grain]string{
		semantic.Hour: "시각", semantic.Day: "날짜", semantic.Week: "주", semantic.Month: "월", semantic.Quarter: "분기",
		semantic.Year: "연도", semantic.Weekday: "요일", semantic.HourOfDay: "시간대", semantic.MonthOfYear: "달",
	},
	previous: map[semantic.Grain]string{
		semantic.Day: "전일 대비", semantic.Week: "전주 대비", semantic.Month: "전월 대비", semantic.Quarter: "전분기 대비", semantic.Year: "전년 대비",
		toDate(semantic.Week): "전주 동기 대비", toDate(semantic.Month): "전월 동기 대비", toDate(semantic.Quarter): "전분기 동기 대비", toDate(semantic.Year): "전년 동기 대비",
	},
	yearAgo: "전년 동기 대비", before: "직전 같은 기간", versus: "%s 대비", change: "증감",
	rest: "나머지", total: "전체", expected: "예상", forecast: "예측", actual: "실적", strength: "상관계수",
	tooShort: "지난 기간의 데이터가 너무 적어 계산할 수 없어요 (%s). 기간을 늘려 물어봐 주세요.",
	noChange: "%s %s %s같아서 나눌 변화가 없어요.", almost: "거의 ",
	noAnomaly: "%s에서 평소와 다른 곳은 없었어요.",
	none:      "(없음)", withValue: "값이 있는 것만", noRecord: "기록이 없음(0이 아님)", ofChange: "변화 중 비중", yearBefore: "전년 같은 기간",
	befores: map[semantic.Grain]string{
		semantic.Day: "전날", semantic.Week: "전주", rollingGrain: "직전 같은 기간",
		toDate(semantic.Week): "전주 같은 기간", toDate(semantic.Month): "전월 같은 기간",
		toDate(semantic.Quarter): "전분기 같은 기간", toDate(semantic.Year): "전년 같은 기간",
	},
	by: map[semantic.Grain]string{
		semantic.Hour: "시간", semantic.Day: "일", semantic.Week: "주", semantic.Month: "월", semantic.Quarter: "분기",
		semantic.Year: "연도", semantic.Weekday: "요일", semantic.HourOfDay: "시간대", semantic.MonthOfYear: "달",
	},
	points: map[semantic.Grain]string{
		semantic.Hour: "시각은", semantic.Day: "날은", semantic.Week: "주는", semantic.Month: "달은", semantic.Quarter: "분기는", semantic.Year: "해는",
	},
	notBefore: "데이터는 %s부터 있어요.",
	stale:     "1월 2일 15:04에 받아 둔 값 (데이터베이스 호출 한도를 다 써서)",
	search:    "검색", staleFound: "1월 2일 15:04에 찾아 둔 결과 (검색 호출 한도를 다 써서)",
	cut: "표시", rowsCut: "앞의 %s행까지만",
	noShare: "0보다 작은 값이 있어 나눌 수 없음",

	tooWide:    "%s에서 가져올 행이 %s행을 넘어, 두 출처를 빠짐없이 합칠 수 없어요. 기간이나 조건을 좁히거나 더 크게 묶어 물어봐 주세요.",
	notReached: "%s에 연결할 수 없어 여러 출처를 함께 계산하지 못했어요. 한쪽만 계산한 결과는 보여 드리지 않아요. 잠시 뒤 다시 물어봐 주세요.",
	noRoom:     "%s에 지금 물어볼 수 없어 여러 출처를 함께 계산하지 못했어요. 한쪽만 계산한 결과는 보여 드리지 않아요. %s",
	tooSlow:    "%s의 계산이 제한 시간을 넘어, 여러 출처를 함께 계산하지 못했어요. 기간이나 조건을 좁혀 다시 물어봐 주세요.",
	sources:    "출처", onlyThere: "한쪽에만 있음", onlyIn: "%s에만: %s", andMore: "%s 외 %s개",
	unmatched: "%[4]s에서 읽은 %[3]s %[2]s개 중 %[1]s개는 %[5]s에서 읽은 것에 짝이 없음: %[6]s",
	spelling:  "표기 차이", spelled: "‘%s’(%s)와 ‘%s’(%s)는 다르게 적혀 있어 합치지 않음",
	keys: "열쇠", keyTypes: "%s에는 수, %s에는 글자로 적혀 있어 글자로 견줌",
	noPartner: "%[3]s %[2]s행 중 %[1]s행은 %[4]s에 짝이 없음", allPartner: "%[2]s %[1]s행 모두 %[3]s에 짝이 있음",
	zones: "%s의 날짜는 %s, %s의 날짜는 %s 기준",
}

var englishWords = words{
	difference: "Difference", times: "Times", part: "Difference, share",
	share: "Share", period: "period", data: "Data", until: "until %s",
	empty:    "What would you like to know? For example:",
	tooLong:  "That is too long for a question. Please ask in a sentence or two; tables are welcome as files.",
	nobody:   "There is no analyst called %s.",
	unknown:  "%s%s not in the data I have (%s).",
	unsure:   "I could not tell what to compute. I know about %s%s.",
	shape:    "I know these words but could not make one computation of them. Try one metric, what to split it by, and a period.",
	apart:    "%s cannot be split by %s: the data do not connect the two.",
	unheard:  "I did not understand “%s”%s. I know about %s%s.",
	future:   "There is no data for that period yet. The data end on %s.",
	nothing:  "Nothing matches (%s).",
	subjects: ", ",
	intro:    "I have read %s%s.",
	introAsk: "You can ask, for example:",
	unnamed:  "%s more tables. Name the one you mean in your question.",
	causes: map[connectors.Code]string{
		connectors.CodeTimeout:  "The computation took too long and was stopped. Try a shorter period or a narrower question.",
		connectors.CodeTooLarge: "The computation needed too much memory and was stopped. Try a shorter period or a narrower question.",
		connectors.CodeDenied:   "That query is not allowed and was not run.",
		connectors.CodeSQL:      "The database could not compute this. It is on record for whoever looks after the data.",
		connectors.CodeNotFound: "A table that this needs is not there. It is on record for whoever looks after the data.",
		connectors.CodeBadData:  "The data cannot be read. It is on record for whoever looks after it.",
	},
	grains: map[semantic.Grain]string{
		semantic.Hour: "Hour", semantic.Day: "Date", semantic.Week: "Week", semantic.Month: "Month", semantic.Quarter: "Quarter",
		semantic.Year: "Year", semantic.Weekday: "Weekday", semantic.HourOfDay: "Hour of day", semantic.MonthOfYear: "Month",
	},
	previous: map[semantic.Grain]string{
		semantic.Day: "vs day before", semantic.Week: "vs week before", semantic.Month: "vs month before", semantic.Quarter: "vs quarter before", semantic.Year: "vs year before",
		toDate(semantic.Week): "vs same days of week before", toDate(semantic.Month): "vs same period of month before",
		toDate(semantic.Quarter): "vs same period of quarter before", toDate(semantic.Year): "vs same period of year before",
	},
	yearAgo: "vs year ago", before: "the period before", versus: "vs %s", change: "Change",
	rest: "rest", total: "total", expected: "Usual", forecast: "Forecast", actual: "Actual", strength: "Correlation",
	tooShort: "There is too little past data to compute this (%s). Try a longer period.",
	noChange: "%s %sthe same %s as %s, so there is no change to explain.", almost: "about ",
	noAnomaly: "Nothing out of the ordinary in %s.",
	none:      "(none)", withValue: "only rows that have one", noRecord: "no records (not zero)", ofChange: "Share of change", yearBefore: "the same period a year earlier",
	befores: map[semantic.Grain]string{
		semantic.Day: "the day before", semantic.Week: "the week before", rollingGrain: "the period before",
		toDate(semantic.Week): "the same days of the week before", toDate(semantic.Month): "the same period of the month before",
		toDate(semantic.Quarter): "the same period of the quarter before", toDate(semantic.Year): "the same period of the year before",
	},
	points: map[semantic.Grain]string{
		semantic.Hour: "Hours", semantic.Day: "Days", semantic.Week: "Weeks", semantic.Month: "Months", semantic.Quarter: "Quarters", semantic.Year: "Years",
	},
	notBefore: "The data begin on %s.",
	stale:     "as of Jan 2 15:04, for the quota of the database is used up",
	search:    "Search", staleFound: "found Jan 2 15:04, for the quota of the search is used up",
	cut: "Shown", rowsCut: "only the first %s rows",
	noShare: "none, as some values are below zero",

	tooWide:    "%s has more than %s rows for this, so the sources cannot be joined without leaving some out. Try a shorter period, a narrower question or larger groups.",
	notReached: "%s cannot be reached, so the sources could not be put together. I do not show what only a part of them says. Please ask again in a moment.",
	noRoom:     "%s cannot be asked now, so the sources could not be put together. I do not show what only a part of them says. %s",
	tooSlow:    "%s took too long, so the sources could not be put together. Try a shorter period or a narrower question.",
	sources:    "Sources", onlyThere: "Only on one side", onlyIn: "only in %s: %s", andMore: "%s and %s more",
	unmatched: "%[1]s of %[2]s keys (%[3]s) read from %[4]s have no partner among those read from %[5]s: %[6]s",
	spelling:  "Spelling", spelled: "“%s” (%s) and “%s” (%s) are written differently and were not joined",
	keys: "Keys", keyTypes: "numbers in %s, texts in %s; compared as texts",
	noPartner: "%s of %s rows of %s have no partner in %s", allPartner: "all %s rows of %s have a partner in %s",
	zones: "days of %s are those of %s, days of %s those of %s",
}

func (w *words) noAnalyst(name string) string { return fmt.Sprintf(w.nobody, escapeMarkdown(name)) }

// worthWaiting is how long a question is tried again for room at a source before the asker
// is told instead.
const worthWaiting = time.Minute

// sourceFailure returns what to tell the asker of a failure that trying again does
// not mend, or "".
func (w *words) sourceFailure(err error, language string) (string, Reason) {
	var e *connectors.Error
	if !errors.As(err, &e) {
		return "", ""
	}
	// An operator turned it off, somebody has to mend it, or there is no room for longer than a
	// job waits. All say themselves what is the matter, and until when.
	if e.Code == connectors.CodeOff || e.Code == connectors.CodeUnusable || e.Code == connectors.CodeExhausted && e.After > worthWaiting {
		return escapeMarkdown(e.Text(language)), ReasonSource
	}
	reason, ok := reasonOf(e.Code)
	if !ok {
		return "", ""
	}
	return w.causes[e.Code], reason
}

// without adds to an answer that is none which sources were not there to be asked: it may
// have been a question for one of them.
func (w *words) without(a *Answer, missing []error, language string) *Answer {
	for _, err := range missing {
		var e *connectors.Error
		if a.Clarify == nil && errors.As(err, &e) && (e.Code == connectors.CodeUnavailable || e.Code == connectors.CodeUnusable) {
			a.Text += "\n\n" + escapeMarkdown(e.Text(language))
		}
	}
	return a
}

func grainLabel(g semantic.Grain, language string) string { return wordsFor(language).grains[g] }

// rollingGrain stands for a period that is no calendar unit.
const rollingGrain semantic.Grain = "rolling"

// toDate stands for a unit that is not over, up to today.
func toDate(unit semantic.Grain) semantic.Grain { return unit + "-to-date" }

// oneUnit returns the grain if the period is one unit of it: only then is the
// comparison one with "the month before". Rolling periods yield rollingGrain, the
// beginning of a unit toDate of it.
func oneUnit(p *semantic.Period, grain semantic.Grain) semantic.Grain {
	switch {
	case p == nil:
		return ""
	case rolling(p, grain):
		return rollingGrain
	case p.Start.IsZero() || p.End.IsZero():
		return ""
	case nextPeriod(p.Start, grain, 1).After(p.End):
		return toDate(grain)
	}
	return grain
}

// rolling reports whether a period is longer than the unit it was named in, as the
// last 8 weeks are: the period before it has no name.
func rolling(p *semantic.Period, grain semantic.Grain) bool {
	return p != nil && !p.Start.IsZero() && !p.End.IsZero() && (grain == "" || p.End.After(nextPeriod(p.Start, grain, 1)))
}

// beforeLabel names the period compared with: by its name where it has one, else by
// where it lies.
func beforeLabel(c semantic.Compare, grain semantic.Grain, language string) string {
	if c.Kind == semantic.ComparePrevious && grain == rollingGrain {
		return wordsFor(language).before
	}
	return describe(c.Period, language)
}

// compareLabel heads a column of changes or growth.
func compareLabel(role semantic.Role, c semantic.Compare, grain semantic.Grain, language string) string {
	w := wordsFor(language)
	label := fmt.Sprintf(w.versus, beforeLabel(c, grain, language))
	switch c.Kind {
	case semantic.ComparePrevious:
		if s, ok := w.previous[grain]; ok {
			label = s
		}
	case semantic.CompareYearAgo:
		label = w.yearAgo
	}
	if role == semantic.RoleChange {
		return w.change
	}
	return label
}

// titleText heads a chart: "서울특별시 지역별 매출", "Revenue by region, 서울특별시".
func titleText(language, filters string, names, by []string) string {
	name := strings.Join(names, ", ")
	if language == "ko" {
		if len(by) > 0 {
			name = strings.Join(by, "·") + "별 " + name
		}
		if filters != "" {
			name = filters + " " + name
		}
		return strings.TrimSpace(name)
	}
	if len(by) > 0 && name != "" {
		name += " by " + strings.ToLower(strings.Join(by, " and "))
	} else if name == "" {
		name = strings.Join(by, " and ")
	}
	if filters != "" {
		name += ", " + filters
	}
	if name != "" && name[0] >= 'a' && name[0] <= 'z' {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	return name
}
