package schedule

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Options say how words are read.
type Options struct {
	Zone string    // IANA name, where the text names no place
	Now  time.Time // from when on weeks are counted that the text does not date
	// At is the time of day, as minutes, where the text has none; 0 means 09:00.
	At int
}

// Reading is what was read of a text.
type Reading struct {
	Schedule Schedule
	// Rest is the text without what says when, and without "send me": the question.
	Rest string
	// Assumed is set when the text has no time of day, or no day of the week.
	Assumed bool
	// Asked is set when the text asks for something to be sent, and does not just mention
	// days: "매주 월요일 9시에 보내줘", not "매주 월요일 매출".
	Asked bool
}

// maxWords bounds the text that is read, in bytes.
const maxWords = 8 << 10

// hole stands for what was read out of a text.
const hole = "\uE000"

// Parse reads when something is to be sent from what people write around their question,
// in Korean or English, whichever the text is in: "매주 월요일 9시에 지난주 매출 보내줘".
// What cron's five fields are in, is read when it stands between backquotes after "cron".
// Its errors are *Error: Unreadable when nothing says how often, or it is nothing that a
// schedule can be.
func Parse(text string, opts Options) (Reading, error) {
	if len(text) > maxWords {
		return Reading{}, &Error{Code: Unreadable, Text: clip(text)}
	}
	r := reader{text: strings.ReplaceAll(strings.ToValidUTF8(text, " "), hole, " "), opts: opts}
	r.text = koreanFirst.ReplaceAllString(koreanShort.ReplaceAllString(r.text, "${1}요일"), "1일")
	r.text = koreanEach.ReplaceAllString(r.text, "${1}마다 ${2}에")
	zone := r.eatZone()
	if r.opts.Zone = zone; zone == "" {
		r.opts.Zone = opts.Zone
	}
	rule := r.eatRule()
	s, ok, err := r.eatCron()
	if err == nil && !ok {
		s, err = r.eatSchedule()
	}
	if err != nil {
		return Reading{}, err
	}
	if s.zone == "" {
		s.zone = r.opts.Zone
	}
	if _, err := location(s.zone); err != nil {
		return Reading{}, err
	}
	if rule != Anyway {
		if s, err = s.WithRule(rule); err != nil {
			return Reading{}, err
		}
	}
	out := Reading{Schedule: s, Assumed: r.assumed}
	out.Rest, out.Asked = r.rest()
	return out, nil
}

// reader eats a text.
type reader struct {
	text    string
	opts    Options
	assumed bool
	part    string // of the day
	bare    bool   // how often is a word that also says by what figures are told apart: 평일, weekly
	at      bool   // the time has a particle that makes it one at which something is done: 9시에
}

// eat replaces the first match of re and returns its groups; nil when there is none.
func (r *reader) eat(re *regexp.Regexp, by string) []string {
	at := re.FindStringSubmatchIndex(r.text)
	if at == nil {
		return nil
	}
	groups := groupsAt(r.text, at)
	r.text = r.text[:at[0]] + by + r.text[at[1]:]
	return groups
}

var (
	inBrackets = regexp.MustCompile(`\(([^()]{1,40})\)`)
	timeOf     = regexp.MustCompile(`(?i)(\p{Hangul}{2,6})\s?시간(?:으로|기준)?|(?:in )?\b([A-Z][\p{L} ]{1,20}) time\b|\b(KST|UTC|GMT)\b`)
)

// Ways of speaking that are read as others: 월욜, 월요일 9시마다, 초하루.
var (
	koreanShort = regexp.MustCompile(`([월화수목금토일])욜`)
	koreanEach  = regexp.MustCompile(`([월화수목금토일]요일)\s*((?:(?:오전|오후|아침|새벽|낮|저녁|밤)\s*)?\d{1,2}\s?시(?:\s*반|\s*\d{1,2}분)?)마다`)
	koreanFirst = regexp.MustCompile(`초하루`)
)

// eatZone returns the zone that the text names; "" when none.
func (r *reader) eatZone() string {
	for _, at := range inBrackets.FindAllStringSubmatchIndex(r.text, 4) {
		if zone := zoneNamed(r.text[at[2]:at[3]]); zone != "" {
			r.text = r.text[:at[0]] + r.text[at[1]:]
			return zone
		}
	}
	for _, at := range timeOf.FindAllStringSubmatchIndex(r.text, 4) {
		for g := 2; g < len(at); g += 2 {
			if at[g] < 0 {
				continue
			}
			if zone := zoneNamed(r.text[at[g]:at[g+1]]); zone != "" {
				r.text = r.text[:at[0]] + r.text[at[1]:]
				return zone
			}
		}
	}
	return ""
}

func zoneNamed(name string) string {
	name = strings.TrimSpace(name)
	for _, p := range places() {
		if strings.EqualFold(name, p.en) || name == p.ko {
			return p.zone
		}
	}
	switch name {
	case "KST", "한국":
		return "Asia/Seoul"
	case "GMT":
		return "UTC"
	}
	// Only what looks like an IANA name is one: "(EST)" would be without summer time.
	if !strings.Contains(name, "/") {
		return ""
	}
	if _, err := location(name); err != nil {
		return ""
	}
	return name
}

var (
	koreanRule  = regexp.MustCompile(`,?\s*(?:공휴일|휴일|휴무일|쉬는 날)(?:이면|에는|은|엔|과 겹치면)?\s*(?:그\s*)?(?:(다음|이전|전|앞)\s*(?:영업일|평일)(?:에|로)?|(제외(?:하고)?|빼고|건너뛰고|건너뛰기|쉬고))`)
	englishRule = regexp.MustCompile(`(?i),?\s*(?:if it is a holiday,? (?:on )?the (next|previous) (?:business|working) day|(except(?: on)?|not on|but not on|skipping) (?:public )?holidays)`)
)

func (r *reader) eatRule() Rule {
	groups := r.eat(koreanRule, " ")
	if groups == nil {
		groups = r.eat(englishRule, " ")
	}
	switch {
	case groups == nil:
		return Anyway
	case groups[2] != "":
		return Skip
	case groups[1] == "다음" || strings.EqualFold(groups[1], "next"):
		return Next
	}
	return Previous
}

var inBackquotes = regexp.MustCompile("(?i)\\bcron\\s*`([^`]*)`")

func (r *reader) eatCron() (s Schedule, ok bool, err error) {
	groups := r.eat(inBackquotes, hole)
	if groups == nil {
		return Schedule{}, false, nil
	}
	s, err = ParseCron(groups[1], r.opts.Zone)
	return s, true, err
}

// eatSchedule reads how often, then when.
func (r *reader) eatSchedule() (Schedule, error) {
	before := r.text
	p, ok := r.eatKorean()
	if !ok {
		p, ok = r.eatEnglish()
	}
	if !ok {
		return Schedule{}, &Error{Code: Unreadable, Text: clip(before)}
	}
	if p.unit != byInterval {
		p.times = r.eatTimes()
		if len(p.times) == 0 {
			r.assumed = true
			p.times = []int{r.defaultTime()}
		}
	}
	if p.unit == byWeek {
		r.eatStart(&p)
	}
	s, ok := p.schedule()
	if !ok {
		return Schedule{}, &Error{Code: Unreadable, Text: clip(before)}
	}
	return s, nil
}

// defaultTime is the time where none is said.
func (r *reader) defaultTime() int {
	if g := r.eat(koreanPart, hole); g != nil {
		r.part = g[1]
	}
	if r.part != "" {
		return partMinutes(r.part)
	}
	if r.opts.At != 0 {
		return r.opts.At
	}
	return 9 * 60
}

var starts = regexp.MustCompile(`(?i)` + hole + `,?\s*(?:from (\d{4}-\d{2}-\d{2})|(\d{4}-\d{2}-\d{2})부터)`)

// eatStart sets what a schedule by weeks starts from, and its day where there is none:
// Monday.
func (r *reader) eatStart(p *shape) {
	if p.weekdays == 0 {
		p.weekdays, r.assumed = 1<<time.Monday, true
	}
	if p.every < 2 {
		return
	}
	now := r.opts.Now
	if loc, err := location(r.opts.Zone); err == nil {
		now = now.In(loc)
	}
	first := dayOf(now)
	if groups := r.eat(starts, hole); groups != nil {
		if date, err := time.Parse(time.DateOnly, groups[1]+groups[2]); err == nil {
			p.anchor = dayOf(date).monday()
			return
		}
	}
	// The first one that is still to come.
	if first.weekday() != 0 || p.weekdays&1 == 0 || dayMinutes(now) >= p.times[len(p.times)-1] {
		for d := first; ; d++ {
			if p.weekdays&(1<<d.weekday()) != 0 && (d > first || dayMinutes(now) < p.times[len(p.times)-1]) {
				first = d
				break
			}
		}
	}
	p.anchor = first.monday()
}

func dayMinutes(t time.Time) int { return t.Hour()*60 + t.Minute() }

const (
	koreanClock  = `(?:(오전|오후|아침|새벽|낮|점심|저녁|밤)\s*)?(?:(\d{1,2}|열한|열두|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?시(?:\s*(반)|\s*(\d{1,2})분)?|(\d{1,2}):(\d{2})|(정오|자정))`
	englishClock = `(?:(\d{1,2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.|o'clock)|(\d{1,2}):(\d{2})|(noon|midnight))`
	koreanAt     = `(?:(?:에는|에|마다)(?:\s|$))?`
	bareClock    = `(?:(\d{1,2})(?::(\d{2}))?\s*(?:(am|pm|a\.m\.|p\.m\.)|o'clock)?(?:\s*in the (morning|afternoon|evening))?)`
)

var (
	// Right after what says how often, or right before it.
	koreanTimes = []*regexp.Regexp{
		regexp.MustCompile(hole + `(?:에|마다|은|,)?\s*` + koreanClock + koreanAt),
		regexp.MustCompile(koreanClock + `(?:에|마다)?,?\s*` + hole),
	}
	koreanSendTime = regexp.MustCompile(hole + `([^` + hole + `]*?)\s` + koreanClock + `에?\s*((?:좀\s*)?(?:DM|디엠|메일|보내|알려|발송|전송|공유|받|올려))`)
	koreanMore     = regexp.MustCompile(hole + `\s*(?:[·,]|와|과|하고|및)\s*` + koreanClock + koreanAt)
	englishTimes   = []*regexp.Regexp{
		regexp.MustCompile(`(?i)` + hole + `,?\s*(?:at|by|around)\s+` + bareClock + `(?:\b|$)`),
		regexp.MustCompile(`(?i)(?:\bat|\bby|\baround)\s+` + bareClock + `,?\s*` + hole),
	}
	englishLoose = []*regexp.Regexp{
		regexp.MustCompile(`(?i)` + hole + `,?\s*(?:at\s+)?` + englishClock + `(?:\b|$|\s)`),
		regexp.MustCompile(`(?i)(?:\bat\s+)?\b` + englishClock + `,?\s*` + hole),
	}
	englishMore = regexp.MustCompile(`(?i)` + hole + `\s*(?:,|and|&)\s*(?:at\s+)?` + englishClock + `(?:\b|$)`)
	// A part of the day, whose hour may follow in English.
	koreanPart  = regexp.MustCompile(hole + `\s*(아침|오전|점심|오후|저녁|밤)(?:마다|에)?(?:\s|$)`)
	englishPart = regexp.MustCompile(`(?i)` + hole + `\s*(morning|afternoon|evening|night)s?\b`)
	atTime      = regexp.MustCompile(`(?:에|마다|에는)[\s,]*(?:` + hole + `)?$`)
	// What follows a time that is not when to send: "18시 이후".
	notATime = regexp.MustCompile(`^\s*(?:이후|이전|부터|까지|전|후|~|–|대의|대 |간)|^\s*(?i:to|until|-|–)\s*\d|^\s*(?i:am|pm|a\.m|p\.m)`)
)

// eatTimes returns the times of the day that the text has, ascending.
func (r *reader) eatTimes() (times []int) {
	if g := r.eat(englishPart, hole); g != nil {
		r.part = strings.ToLower(g[1])
	}
	more, read := koreanMore, koreanMinutes
	t, ok := r.eatTime(koreanTimes, koreanMinutes)
	if !ok {
		t, ok = r.eatSendTime()
	}
	if !ok {
		more, read = englishMore, englishMinutes
		t, ok = r.eatTime(englishTimes, r.bareMinutes)
	}
	if !ok {
		t, ok = r.eatTime(englishLoose, englishMinutes)
	}
	for ; ok && len(times) < maxTimes; t, ok = r.eatTime([]*regexp.Regexp{more}, read) {
		times = append(times, t)
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// eatTime reads a time that stands beside what says how often, in the first way that
// fits.
func (r *reader) eatTime(ways []*regexp.Regexp, read func(groups []string) (int, bool)) (int, bool) {
	for _, re := range ways {
		at := re.FindStringSubmatchIndex(r.text)
		if at == nil || notATime.MatchString(r.text[at[1]:]) {
			continue
		}
		if t, ok := read(groupsAt(r.text, at)[1:]); ok {
			r.at = r.at || atTime.MatchString(r.text[at[0]:at[1]])
			r.text = r.text[:at[0]] + hole + r.text[at[1]:]
			return t, true
		}
	}
	return 0, false
}

// eatSendTime reads a time that stands before what is to be done: "매주 월요일에 지난주 매출을
// 9시에 보내줘".
func (r *reader) eatSendTime() (int, bool) {
	at := koreanSendTime.FindStringSubmatchIndex(r.text)
	if at == nil {
		return 0, false
	}
	g := groupsAt(r.text, at)
	t, ok := koreanMinutes(g[2:])
	if ok {
		r.at = true
		r.text = r.text[:at[0]] + hole + g[1] + " " + g[len(g)-1] + r.text[at[1]:]
	}
	return t, ok
}

func groupsAt(text string, at []int) []string {
	groups := make([]string, len(at)/2)
	for i := range groups {
		if at[2*i] >= 0 {
			groups[i] = text[at[2*i]:at[2*i+1]]
		}
	}
	return groups
}

// partMinutes is when a part of the day is, where no hour is said.
func partMinutes(part string) int {
	switch part {
	case "점심":
		return 12 * 60
	case "오후", "afternoon":
		return 14 * 60
	case "저녁", "evening":
		return 18 * 60
	case "밤", "night":
		return 21 * 60
	}
	return 9 * 60
}

var koreanHours = []string{"", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"}

func koreanMinutes(g []string) (int, bool) {
	part, hour, half, minute, h24, m24, word := g[0], g[1], g[2], g[3], g[4], g[5], g[6]
	switch word {
	case "정오":
		return 12 * 60, true
	case "자정":
		return 0, true
	}
	h, m := atoi(hour+h24), atoi(minute+m24)
	if n := slices.Index(koreanHours, hour); n > 0 {
		h = n
	}
	if half != "" {
		m = 30
	}
	switch part {
	case "오후", "저녁", "점심", "낮":
		if h < 12 && (part == "오후" || part == "저녁" || h < 6) {
			h += 12
		}
	case "밤":
		if h >= 6 && h < 12 {
			h += 12
		}
		h = h % 24
		if h == 12 {
			h = 0
		}
	case "오전", "새벽", "아침":
		if h == 12 {
			h = 0
		}
	}
	if h == 24 && m == 0 {
		h = 0
	}
	return h*60 + m, h < 24 && m < 60
}

func englishMinutes(g []string) (int, bool) {
	switch strings.ToLower(g[5]) {
	case "noon":
		return 12 * 60, true
	case "midnight":
		return 0, true
	}
	return clockMinutes(g[0]+g[3], g[1]+g[4], g[2])
}

func (r *reader) bareMinutes(g []string) (int, bool) {
	half, part := g[2], strings.ToLower(g[3])
	if part == "" {
		part = r.part
	}
	if h := atoi(g[0]); half == "" && h >= 1 && h <= 12 {
		switch part {
		case "afternoon", "evening", "night":
			half = "pm"
		case "morning":
			half = "am"
		}
	}
	return clockMinutes(g[0], g[1], half)
}

func clockMinutes(hour, minute, half string) (int, bool) {
	h, m := atoi(hour), atoi(minute)
	switch strings.ToLower(strings.ReplaceAll(half, ".", "")) {
	case "am":
		if h < 1 || h > 12 {
			return 0, false
		}
		h %= 12
	case "pm":
		if h < 1 || h > 12 {
			return 0, false
		}
		h = h%12 + 12
	}
	return h*60 + m, h < 24 && m < 60
}

func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

const (
	send      = `(?:보내|발송해|전송해|배달해|받아\s*보|받고\s*싶|받을|받게|구독해|구독할|구독하|알[림람]을?\s*(?:주|줘|줄|해|보내))`
	tell      = `(?:구독|알려|보여|공유해|올려|띄워|말해|전해|정리해)`
	koreanEnd = `\s*(?:(?:해\s*)?(?:줘|주세요|줄래|주실래요|주라|드려|달라|싶어|어|래|게)요?)?\s*[.!?~…]*\s*$`
)

var (
	koreanSend = regexp.MustCompile(`(?:[을를]?\s*(?:요약|정리)해서\s*)?(?:에게|한테|로|으로|에)?\s*(?:좀\s*)?(?:(?:DM으|디엠으|이?메일|슬랙으|팀즈)로\s*)?` + send + koreanEnd)
	koreanTell = regexp.MustCompile(`\s*(?:좀\s*)?` + tell + koreanEnd)
	// What asks for it in English stands before the question.
	englishSend = regexp.MustCompile(`(?i)^\s*` + polite + `(?:send|e-?mail|deliver|post|dm|remind|subscribe)(?:\s+(?:me|us|it|this|here))*(?:\s+(?:to|with|about|of))?(?:\s+|$)`)
	englishTell = regexp.MustCompile(`(?i)^\s*` + polite + `(?:(?:tell|show|give|get)(?:\s+(?:me|us))*(?:\s+(?:about))?|i(?:'d| would) (?:like|love)(?: to (?:get|have|see|receive))?|i want(?: to (?:get|have|see|receive))?)(?:\s+|$)`)
	please      = regexp.MustCompile(`(?i),?\s*please\s*[.!?]*\s*$`)
	// What is said of the answer before, where nothing else is left: "매일 알려줘".
	tellOnly = regexp.MustCompile(`(?i)(?:알려|말해|전해|공유해|올려)[^\p{Hangul}]*\p{Hangul}*\s*[.!?~…]*$|^\s*` + polite + `(?:tell\s+(?:me|us)\s*$|(?:give|get)\s+(?:me|us)\s+(?:this|that|it)|i want|i(?:'d| would))`)
	// What stands for the answer that was just given.
	thisAnswer = regexp.MustCompile(`(?i)^(?:이제|지금부터|오늘부터)?\s*(?:이거|이것|이걸|그거|이 답변?|방금 답변?|이 내용|이 질문|(?:this )?answer|this|that|it)?(?:을|를|도|은|만)?$`)
	fromNow    = regexp.MustCompile(`^(?:앞으로(?:는)?|이제|지금부터)\s+`)
	// What is left of an object when its verb is gone.
	objectEnd = regexp.MustCompile(`(\p{Hangul})[을를]\s*$`)
	// Reports are sent by the clock where figures are told apart by it: "a weekly report of
	// revenue", "weekly revenue".
	report = regexp.MustCompile(`(?i)^\s*(?:report|digest|update|summary|e-?mail|newsletter)s?\b`)
	// A stretch of time before how often, or after it, is of the question: "지난달 매일 매출",
	// "revenue every day last week".
	stretchBefore = regexp.MustCompile(`^\s*(?:(?:지난|최근|이번|작년|올해|재작년|\d{1,2}월|\d{4}년|지난해|지난달|한|두|세|\d{1,3}|상반기|하반기|[1-4]분기)\s*(?:\d{1,3}\s*)?(?:주|달|년|분기|개월|개월간|일간|주간|일|해|동안|간|치)?\s*(?:동안|간)?\s*(?:의)?\s*)+$`)
	stretchAfter  = regexp.MustCompile(`(?i)^\s*(?:of|in|for|during|over)?\s*(?:the\s+)?(?:last|past|previous|this)\s+(?:\d+\s+)?(?:days?|weeks?|months?|quarters?|years?)\s*[.!?]*\s*$`)
)

const polite = `(?:please\s+|can you\s+|could you\s+|would you\s+)?`

// ofFigures reports whether how often is said of the figures, and not of when they are to
// be sent. Where a time of day is named it never is.
func (r *reader) ofFigures() bool {
	if !r.assumed || r.part != "" {
		return false
	}
	before, after, ok := strings.Cut(r.text, hole)
	if !ok {
		return false
	}
	if i := strings.LastIndex(after, hole); i >= 0 {
		after = after[i+len(hole):]
	}
	follows := koreanSend.ReplaceAllString(koreanTell.ReplaceAllString(after, ""), "")
	if strings.TrimFunc(follows, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) == "" {
		return false
	}
	asked := englishSend.ReplaceAllString(before, "")
	return r.bare && !report.MatchString(after) && !please.MatchString(after) && !sendNext.MatchString(after) ||
		stretchBefore.MatchString(before) || strings.TrimSpace(asked) != "" && stretchAfter.MatchString(after)
}

// sendNext is what is to be done right after how often: "weekly, send me revenue".
var sendNext = regexp.MustCompile(`(?i)^\s*,|^\s*(?:send|post|tell|show|give|at|on|by|to|here)\b`)

// rest is the question, and whether the text asks for something to be sent.
func (r *reader) rest() (question string, asked bool) {
	figures := r.ofFigures()
	text := strings.Join(strings.FieldsFunc(r.text, func(c rune) bool { return string(c) == hole }), " ")
	text = please.ReplaceAllString(strings.TrimSpace(text), "")
	text = strings.TrimLeftFunc(text, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(",.·:;-", c) })
	for _, particle := range []string{"에는 ", "에 ", "마다 ", "은 ", "to ", "에,"} {
		text = strings.TrimPrefix(text, particle)
	}
	text = fromNow.ReplaceAllString(text, "")
	verbs := []struct {
		re           *regexp.Regexp
		sends, timed bool
	}{
		{koreanSend, true, true}, {englishSend, true, true},
		{koreanTell, false, !r.assumed && r.at}, {englishTell, false, !r.assumed},
	}
	only := false
	for _, v := range verbs {
		if !v.re.MatchString(text) {
			continue
		}
		only = !v.sends && tellOnly.MatchString(text)
		text = strings.TrimSpace(v.re.ReplaceAllString(text, ""))
		text = objectEnd.ReplaceAllString(text, "$1")
		asked = v.timed
		break
	}
	text = strings.TrimRightFunc(strings.Join(strings.Fields(text), " "), func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(",·:;.!?", c) })
	if utf8.RuneCountInString(text) == 1 && strings.ContainsAny(text, "에을를은는.,!?") || thisAnswer.MatchString(text) {
		text = ""
	}
	return text, (asked || only && text == "") && !figures
}
