package agent

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// words are the agent's own sentences in one language.
type words struct {
	share      string
	period     string
	data       string
	until      string // date
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
	cut:       "표시", rowsCut: "앞의 %s행까지만",
	noShare: "0보다 작은 값이 있어 나눌 수 없음",
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
	cut:       "Shown", rowsCut: "only the first %s rows",
	noShare: "none, as some values are below zero",
}

func (w *words) noAnalyst(name string) string { return fmt.Sprintf(w.nobody, escapeMarkdown(name)) }

// sourceFailure returns what to tell the asker of a failure that trying again does
// not mend, or "".
func (w *words) sourceFailure(err error) (string, Reason) {
	var e *connectors.Error
	if !errors.As(err, &e) {
		return "", ""
	}
	reason, ok := reasonOf(e.Code)
	if !ok {
		return "", ""
	}
	return w.causes[e.Code], reason
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
