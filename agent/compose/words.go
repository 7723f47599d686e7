package compose

import "strings"

// word is what a word that is no name of the model says about the question.
type word uint8

const (
	wNone word = iota
	// Words that change nothing.
	wFiller // 좀, please, the
	wVerb   // 보여줘, show me: ends a clause
	wDone   // 구매한, bought: says nothing after a value or a period
	wBeen   // published, located in: says nothing after what is counted or measured
	// Words that are known to ask for what nobody here can do. They are never
	// explained, and never taken for a slip of a word that is.
	wNever
	wWhere // where, whose: what precedes it is described
	// Korean particles, attached to what they mark.
	wParticle // 은, 이, 를, 의
	wCopula   // 이야, 인가요
	wOnly     // 만, only
	wAnd      // 와, and
	wAlso     // 도, also
	wFrom     // 부터
	wUntil    // 까지
	wThan     // 보다, than
	wInto     // 으로
	wAmong    // 중, of those
	wPlural   // 들
	// Grouping.
	wBy   // 별, by
	wEach // 각, each
	wPer  // 당, per
	// Ranking.
	wTop     // 상위, top
	wBottom  // 하위, bottom
	wMost    // 가장, most
	wHigh    // 많은, highest
	wLow     // 적은, lowest
	wGood    // 좋은, best
	wBad     // 나쁜, worst
	wRank    // 순위, ranking
	wSort    // 순으로, sorted by
	wAscend  // 오름차순
	wDescend // 내림차순
	// What to compute.
	wShare
	wPercent    // 몇 %, percent
	wChange     // 증감, 변화
	wMoney      // 금액으로, in won: what is told in money and not in percent
	wGrowth     // 성장률; arg "either" where a fall is as much of one
	wRose       // 늘었어
	wFell       // 줄었어
	wCumulative // 누적
	wCompare    // 비교
	wVersus     // vs
	wAgainst    // 대비
	wTrend
	wRelate
	wWhy
	wAnomaly
	wForecast
	wWill // 팔릴까, will: the future tense; arg "maybe" when it only wonders
	wNext // 앞으로, next: before a length of time to forecast
	wList
	wAverage
	wMedian      // 중앙값, median
	wAverageOver // 일평균, daily average: arg is a grain
	wCount       // 수, number of
	wHowMany     // 몇
	wHowMuch     // 얼마
	wTotal       // 총, total
	wAll         // 전체, all
	wSold        // 팔린, sold
	wDistinct    // 고유
	// Asking for what there is.
	wWhich // 어떤, which
	wExist // 있어, are there
	// Conditions.
	wNot
	wAtLeast
	wAtMost
	wOver
	wUnder
	wBetween
	wContains
	// Following up.
	wThen    // 그럼, what about
	wInstead // 대신
	wThose   // 그 중, of those
	wSame    // 똑같이
	// Forms of answer; arg is a chart kind.
	wChart
	wGrain // 날, month: arg is a grain
	wUnit  // 개, items: a counter; arg is its kind
	wDays  // 주말, Mondays; arg is the Korean name
	wFirst // 처음으로, first: the time at which something came about
	wRest  // 나머지, the others: after what is left out
	wExact // 딱, exactly: before a figure
	wHow   // 어땠어, how was: how a time went, in words that are also verbs
)

// vocabulary lists words, separated by "|", by their argument ("" for none).
type vocabulary map[string]string

// addWords makes the words of both languages known.
func (l *Lexicon) addWords() {
	for _, group := range []map[word]vocabulary{koreanWords(), englishWords(), {wDays: dayWords()}} {
		for w, byArg := range group {
			for arg, list := range byArg {
				n := l.sense(sense{kind: isWord, word: w, arg: arg})
				for _, term := range strings.Split(list, "|") {
					l.add(term, n, asLabel)
				}
			}
		}
	}
}

// one is the vocabulary of a word without arguments.
func one(lists ...string) vocabulary { return vocabulary{"": strings.Join(lists, "|")} }

// conjugate joins every stem to every ending.
func conjugate(stems, endings string) string {
	var b strings.Builder
	for _, stem := range strings.Split(stems, "|") {
		for _, ending := range strings.Split(endings, "|") {
			if b.Len() > 0 {
				b.WriteByte('|')
			}
			b.WriteString(stem)
			b.WriteString(ending)
		}
	}
	return b.String()
}
