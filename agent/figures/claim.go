package figures

import (
	"math"
	"regexp"
)

func abs(f float64) float64 { return math.Abs(f) }

// The words that give a change its direction, next to its figure: those of another clause
// may be of another figure. "6%로 늘었다" tells a level that something came to, and not by
// how much; 개선 goes either way.
const (
	rising   = `늘(?:었|어|렸|려|린|고|며|면|지|습|리|기)|(?:증가|상승|성장)(?:[^율률폭액분세]|$)|올랐|오른|올라|많아|높아`
	falling  = `줄(?:었|어|였|여|인|고|며|면|지|습|이|기)|(?:감소|하락)(?:[^율률폭액분세]|$)|떨어|내렸|내린|내려|낮아|적어`
	beside   = `(?:이상|정도|가량|가까이|넘게|만큼|포인트|더|크게|소폭|대폭|급격히|약간|꾸준히|다시|또|각각|씩)`
	besideEn = `(?:by|about|around|some|nearly|almost|roughly|a|over|more than|another|only|just|sharply|slightly)`
)

var (
	directionAfter  = regexp.MustCompile(`(?i)^(?:\s?(?:원|달러|건|명|개))?[^{}.,\s]{0,3}(?:\s?` + beside + `){0,2}\s?(?:(` + rising + `)|(` + falling + `))|^\s(?:(higher|more|up|increase|growth|rise|gain|jump)|(lower|less|fewer|down|decrease|decline|drop|fall|reduction|(?:\w+\s)?(?:was|were)\s(?:lost|gone)))\b`)
	directionBefore = regexp.MustCompile(`(?i)(?:\b(rose|rise|risen|up|grew|grown|gained|increased?|climbed)|\b(fell|fall|fallen|down|declined?|dropped|decreased?|shrank|lost))(?:\s` + besideEn + `){0,2}\s?[₩$€¥]?$`)
	levelAfter      = regexp.MustCompile(`^(?:\s?(?:원|달러|건|명|개))?\s?(?:수준|으?로[\s,]|까지|에서\s)`)
	levelBefore     = regexp.MustCompile(`(?i)\b(?:to|at|from|of)\s?[₩$€¥]?$`)
)

// direction is what the words around a figure say of it: 1 up, -1 down, 0 nothing, or
// both.
func direction(before, after string) int {
	if levelAfter.MatchString(after) || levelBefore.MatchString(before) {
		return 0
	}
	first, then := sense(directionBefore.FindStringSubmatch(before)), sense(directionAfter.FindStringSubmatch(after))
	switch {
	case first == 0 || first == then:
		return then
	case then == 0:
		return first
	}
	return 0
}

// sense is the way that the group which matched says: groups of rising and falling take
// turns.
func sense(groups []string) int {
	for i := 1; i < len(groups); i++ {
		if groups[i] != "" {
			return 1 - 2*((i+1)%2)
		}
	}
	return 0
}

// A share is a part of a whole whatever is said of growth beside it.
var shareWords = regexp.MustCompile(`(?i)차지|비중|비율|점유|전체의|중에서|가운데|\bshare\b|\bof (?:the |all )?(?:total|whole|all)\b|\baccount`)

// What is said to be sure by so many percent is no figure of any result, unless it is a
// cell: a model's own confidence is not computed.
var (
	sureAfter  = regexp.MustCompile(`(?i)^\s?(?:이상\s?|넘게\s?|의\s?|정도\s?|로\s?|[a-z]+\s){0,2}(?:확실|확신|확률|신뢰|가능성|장담|confiden|certain|sure\b|likel|probab|chance|accura)`)
	sureBefore = regexp.MustCompile(`(?i)(?:확률|신뢰도|신뢰\s?수준|신뢰\s?구간|가능성|확신|확신도|정확도|certainty|confidence|probability|likelihood|chance|accuracy)[^{}.,]{0,12}$`)
)

// percent reports whether the evidence has a percentage as it is told.
func (e *evidence) percent(l literal, body string, d *derived) bool {
	whole, bounded := l.windowOf(body)
	part := whole.percent()
	amounts := e.values
	if bounded { // of which a few are found near any figure
		amounts = e.raw
	}
	before, after := body[:l.start], body[l.end:]
	if sureAfter.MatchString(after) || sureBefore.MatchString(before) {
		return part.among(e.rates) || whole.among(amounts)
	}
	way := direction(before, after)
	if around(l.value, l.unit).percent().among(e.stated) || whole.among(amounts) {
		return true
	}
	share := shareWords.MatchString(body)
	if way == 0 && share { // a part of a whole is no change
		return part.among(e.rates) || part.among(d.parts) || part.moved(e.changes, 0)
	}
	if way == 0 || share {
		return part.among(e.rates) || part.among(d.parts) || part.moved(d.moves, 0) || part.moved(e.changes, 0)
	}
	// Only a change has a direction; a rate that is a cell may be one without saying so.
	return part.among(e.rates) || part.moved(e.changes, way) || part.moved(d.moves, way)
}

// shiftedOtherwise reports whether an amount is told as a change that results have in the
// other direction alone.
func (e *evidence) shiftedOtherwise(l literal, body string) bool {
	way := direction(body[:l.start], body[l.end:])
	w, _ := l.windowOf(body)
	return way != 0 && !math.IsNaN(l.value) && w.moved(e.shifts, -way) && !w.moved(e.shifts, way)
}
