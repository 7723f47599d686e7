package files

import (
	"strings"
	"time"
	"unicode"
)

// agree is the share of a column's values that must be of one type for the column
// to have it.
const agree = 0.99

// kindOf is what a column is stored as.
type kindOf int

const (
	asText kindOf = iota
	asBool
	asInteger
	asDecimal
	asFloat
	asDate
	asTimestamp
	asTime
)

func (k kindOf) String() string {
	return [...]string{"text", "yes/no", "integers", "numbers", "numbers", "dates", "timestamps", "times"}[k]
}

// empties are what people write for "no value" whatever the column holds; the
// vaguer ones only mean that in a column of numbers, dates or yes and no, for a
// text column may well have a category "없음".
var (
	empties = map[string]bool{
		"-": true, "--": true, "—": true, "–": true, "n/a": true, "#n/a": true, "null": true, "(null)": true, "\\n": true,
		"nan": true, "none": true, "nil": true, "<na>": true, "#value!": true, "#ref!": true, "#div/0!": true, "#name?": true, "#num!": true, "#null!": true,
	}
	vagueEmpties = map[string]bool{
		"na": true, "없음": true, "미정": true, "미상": true, "해당없음": true, "해당 없음": true, "모름": true, "무": true, "?": true, ".": true,
		"unknown": true, "tbd": true,
	}
)

func isEmpty(s string) bool {
	switch {
	case s == "":
		return true
	case len(s) > 8:
		return false
	case len(s) == 1:
		return s == "-"
	}
	switch s[0] {
	case '-', '#', '\\', '<', '(', 'n', 'N', 0xE2:
		return empties[strings.ToLower(s)]
	}
	return false
}

func isVagueEmpty(s string) bool {
	if len(s) > 16 {
		return false
	}
	switch s[0] { // the first bytes of those words
	case 'n', 'N', 'u', 'U', 't', 'T', '?', '.':
		return vagueEmpties[strings.ToLower(s)]
	case 0xEB, 0xEC, 0xED: // Korean has no case
		return vagueEmpties[s]
	}
	return false
}

// pair is a way to write yes and no.
type pair struct {
	words map[string]bool
	// both says that the two words must both occur, unless the heading asks a
	// question: a column of nothing but "O" is as likely blood groups as answers.
	both bool
}

var pairs = []pair{
	{map[string]bool{"true": true, "false": false}, false},
	{map[string]bool{"예": true, "네": true, "아니오": false, "아니요": false}, false},
	{map[string]bool{"y": true, "n": false}, true},
	{map[string]bool{"yes": true, "no": false}, false},
	{map[string]bool{"o": true, "x": false}, true},
	{map[string]bool{"t": true, "f": false}, true},
	{map[string]bool{"참": true, "거짓": false}, false},
	{map[string]bool{"○": true, "×": false, "〇": true}, true},
}

// yesOrNo is every word of pairs.
var yesOrNo = func() map[string]bool {
	all := map[string]bool{}
	for _, p := range pairs {
		for w := range p.words {
			all[w] = true
		}
	}
	return all
}()

// evidence is what the values of one column look like.
type evidence struct {
	values int64 // neither empty nor placeholder
	vague  int64 // placeholders that count as values in a text column
	long   bool  // some value is too long to be anything but text

	numbers      int64
	floats       int64
	zeros        int64 // with leading zeros
	plain        int64 // digits alone
	maxScale     int
	maxInt       int
	wide         int64 // of more than 15 digits
	units        map[string]int64
	binary       int64 // 0 or 1
	excelSerials int64 // whole numbers that Excel could mean as dates since 1990
	minNum       int64
	maxNum       int64

	dates      int64
	compacts   int64 // 20261122
	shortYears int64 // 202611
	months     int64
	monthDots  int64 // 2026.11, which is also a number
	noYears    int64
	withTime   int64
	clocks     int64 // with a time other than midnight
	times      int64
	zones      map[int]int64
	ambiguous  int64
	orders     [orders]int64
	lastMD     int
	wraps      bool // month and day went backwards past a year's end
	maxMD      int

	pairs [8][2]int64 // by pair: how many no, how many yes

	samples []string // a few values that are neither number nor date
}

// add looks at one cell, without space around it.
func (e *evidence) add(s string) {
	if isEmpty(s) {
		return
	}
	if len(s) > 64 {
		e.values++
		e.long = true
		return
	}
	n, isNum := parseNumber(s)
	if !isNum && isVagueEmpty(s) {
		e.vague++
		return
	}
	e.values++
	if isNum {
		e.addNumber(n)
	}
	m, isDate := moment{}, false
	if !isNum || n.plain && (len(s) == 8 || len(s) == 6 || len(s) == 14) || len(s) == 7 && s[4] == '.' {
		m, isDate = parseMoment(s)
	}
	if isDate {
		e.addMoment(m, isNum)
	}
	isBool := !isNum && !isDate && len(s) <= 9 && e.addBool(s)
	if !isNum && !isDate && !isBool && len(e.samples) < 3 {
		e.samples = append(e.samples, s)
	}
}

func (e *evidence) addNumber(n number) {
	e.numbers++
	if n.unit != "" {
		if e.units == nil {
			e.units = map[string]int64{}
		}
		e.units[n.unit]++
	}
	if n.isFloat {
		e.floats++
		return
	}
	scale := n.scale
	if n.unit == "%" {
		scale += 2
	}
	if n.zero {
		e.zeros++
	}
	digits := n.intDigits()
	e.maxScale, e.maxInt = max(e.maxScale, scale), max(e.maxInt, digits)
	if !n.plain {
		return
	}
	e.plain++
	if digits > 15 {
		e.wide++
	}
	if n.mant == 0 || n.mant == 1 {
		e.binary++
	}
	if n.mant >= 32874 && n.mant <= 73050 {
		e.excelSerials++
	}
	if e.plain == 1 {
		e.minNum, e.maxNum = n.mant, n.mant
	}
	e.minNum, e.maxNum = min(e.minNum, n.mant), max(e.maxNum, n.mant)
}

func (e *evidence) addMoment(m moment, isNum bool) {
	if m.hasTime && m.form != formTime {
		e.withTime++
		if m.sec > 0 || m.micro > 0 {
			e.clocks++
		}
		if e.zones == nil {
			e.zones = map[int]int64{}
		}
		if m.hasZone {
			e.zones[m.zone]++
		}
	}
	switch {
	case m.form == formTime:
		e.times++
	case m.form == formCompact:
		e.compacts++
		if m.c == 1 {
			e.shortYears++
		}
	case m.form == formMonth && isNum:
		e.monthDots++
	case m.form == formMonth:
		e.months++
	case m.form == formNoYear:
		e.noYears++
		md := m.a*100 + m.b
		e.wraps = e.wraps || e.lastMD-md > 600
		e.lastMD, e.maxMD = md, max(e.maxMD, md)
	case m.ambiguous:
		e.ambiguous++
		for o := range orders {
			if _, _, _, ok := m.ordered(o); ok {
				e.orders[o]++
			}
		}
	default:
		e.dates++
	}
}

func (e *evidence) addBool(s string) bool {
	found := false
	low := s
	if s[0] < 0x80 {
		low = strings.ToLower(s)
	}
	if !yesOrNo[low] {
		return false
	}
	for i, p := range pairs {
		if yes, ok := p.words[low]; ok {
			found = true
			if yes {
				e.pairs[i][1]++
			} else {
				e.pairs[i][0]++
			}
		}
	}
	return found
}

// merge adds what another file of the same shape shows.
func (e *evidence) merge(o *evidence) {
	e.values += o.values
	e.vague += o.vague
	e.long = e.long || o.long
	if o.plain > 0 {
		if e.plain == 0 {
			e.minNum, e.maxNum = o.minNum, o.maxNum
		}
		e.minNum, e.maxNum = min(e.minNum, o.minNum), max(e.maxNum, o.maxNum)
	}
	for _, p := range [][2]*int64{
		{&e.numbers, &o.numbers}, {&e.floats, &o.floats}, {&e.zeros, &o.zeros}, {&e.plain, &o.plain}, {&e.wide, &o.wide},
		{&e.binary, &o.binary}, {&e.excelSerials, &o.excelSerials}, {&e.dates, &o.dates}, {&e.compacts, &o.compacts},
		{&e.shortYears, &o.shortYears}, {&e.months, &o.months}, {&e.monthDots, &o.monthDots}, {&e.noYears, &o.noYears},
		{&e.withTime, &o.withTime}, {&e.clocks, &o.clocks}, {&e.times, &o.times}, {&e.ambiguous, &o.ambiguous},
	} {
		*p[0] += *p[1]
	}
	e.maxScale, e.maxInt, e.maxMD = max(e.maxScale, o.maxScale), max(e.maxInt, o.maxInt), max(e.maxMD, o.maxMD)
	e.wraps = e.wraps || o.wraps
	for i := range e.orders {
		e.orders[i] += o.orders[i]
	}
	for i := range e.pairs {
		e.pairs[i][0] += o.pairs[i][0]
		e.pairs[i][1] += o.pairs[i][1]
	}
	e.units, e.zones = addCounts(e.units, o.units), addCounts(e.zones, o.zones)
	for _, s := range o.samples {
		if len(e.samples) < 3 {
			e.samples = append(e.samples, s)
		}
	}
}

func addCounts[K comparable](into, from map[K]int64) map[K]int64 {
	if into == nil && len(from) > 0 {
		into = map[K]int64{}
	}
	for k, n := range from {
		into[k] += n
	}
	return into
}

// decision is how a column is stored.
type decision struct {
	kind    kindOf
	width   int // of a DECIMAL
	scale   int
	unit    string
	power   int // figures are multiplied by this power of ten
	order   order
	year    func(month, day int) int // for dates without year
	serial  bool                     // whole numbers are Excel's dates
	compact bool                     // digits alone are dates
	utc     bool                     // written in several zones: converted
	pair    int
	binary  bool // 0 and 1 are no and yes

	note     string // what had to be assumed about dates
	noteCode int
	close    kindOf // for text: what most values look like
	misfits  int64
}

const (
	noteNothing = iota
	noteYear
	noteOrder
)

// setting is what surrounds a column: where dates without a year belong, and the
// unit that a caption gives for amounts.
type setting struct {
	now     time.Time
	year    int    // that the file's name or caption gives, 0 for none
	unit    string // "천원", from a caption "(단위: 천원)"
	korean  bool
	heading string
}

// enough reports whether n of the values are the agreed share.
func (e *evidence) enough(n int64) bool {
	return e.values > 0 && float64(n) >= agree*float64(e.values)
}

// decide settles the type of a column.
func (e *evidence) decide(s setting) decision {
	h := headingOf(s.heading)
	if e.values == 0 {
		return decision{}
	}
	if d, ok := e.decideBool(h); ok {
		return d
	}
	if d, ok := e.decideDate(h, s); ok {
		return d
	}
	if d, ok := e.decideNumber(h, s); ok {
		return d
	}
	return e.decideText()
}

// decideText keeps the column as text, and remembers what it nearly was.
func (e *evidence) decideText() decision {
	d := decision{}
	dates := e.dates + e.months + e.noYears + e.ambiguous
	switch {
	case e.numbers*10 >= e.values*7 && e.zeros == 0 && e.numbers < e.values:
		d.close, d.misfits = asDecimal, e.values-e.numbers
	case dates*10 >= e.values*7 && dates < e.values:
		d.close, d.misfits = asDate, e.values-dates
	}
	return d
}

func (e *evidence) decideBool(h heading) (decision, bool) {
	for i, p := range pairs {
		no, yes := e.pairs[i][0], e.pairs[i][1]
		if e.enough(no+yes) && (no > 0 && yes > 0 || h.flag || !p.both) {
			return decision{kind: asBool, pair: i}, true
		}
	}
	if h.flag && e.binary == e.values && e.plain == e.values {
		return decision{kind: asBool, pair: -1, binary: true}, true
	}
	return decision{}, false
}

func (e *evidence) decideDate(h heading, s setting) (decision, bool) {
	if h.code {
		return decision{}, false
	}
	d := decision{kind: asDate}
	if e.enough(e.times) && e.dates == 0 {
		return decision{kind: asTime}, true
	}
	compact := e.compacts
	if compact > 0 && !(h.date || compact == e.values && compact >= 5 && e.shortYears < compact && e.minNum >= 19_000_101) {
		compact = 0
	}
	dots := e.monthDots
	if !h.date {
		dots = 0
	}
	best := yearMonthDay
	for o := range orders {
		if e.orders[o] > e.orders[best] || e.orders[o] == e.orders[best] && o == monthDayYear && !s.korean && best == yearMonthDay {
			best = o
		}
	}
	total := e.dates + e.months + e.noYears + e.orders[best] + compact + dots
	if !e.enough(total) {
		if h.date && e.plain == e.values && e.excelSerials == e.values && !h.number {
			d.serial = true
			return d, true
		}
		return decision{}, false
	}
	d.order, d.compact = best, compact > 0
	if e.clocks > 0 {
		d.kind, d.utc = asTimestamp, len(e.zones) > 1
	}
	if e.ambiguous > 0 && e.tied(best) {
		d.note, d.noteCode = best.String(), noteOrder
	}
	if e.noYears > 0 {
		d.year, d.note = e.assumeYear(s)
		d.noteCode = noteYear
	}
	return d, true
}

// tied reports whether another order explains the dates as well.
func (e *evidence) tied(best order) bool {
	for o := range orders {
		if o != best && e.orders[o] == e.orders[best] {
			return true
		}
	}
	return false
}

// assumeYear places dates without a year: in the year that the file names, else
// so that none lies in the future.
func (e *evidence) assumeYear(s setting) (func(month, day int) int, string) {
	if s.year > 0 {
		return func(int, int) int { return s.year }, itoa(s.year)
	}
	year, today := s.now.Year(), int(s.now.Month())*100+s.now.Day()
	switch {
	case e.maxMD <= today && !e.wraps:
		return func(int, int) int { return year }, itoa(year)
	case !e.wraps:
		return func(int, int) int { return year - 1 }, itoa(year - 1)
	}
	return func(month, day int) int {
		if month*100+day > today {
			return year - 1
		}
		return year
	}, itoa(year-1) + "–" + itoa(year)
}

func (e *evidence) decideNumber(h heading, s setting) (decision, bool) {
	if !e.enough(e.numbers) || e.zeros > 0 || e.wide > 0 || e.long || h.code && len(e.units) == 0 {
		return decision{}, false
	}
	unit, ok := e.oneUnit()
	if !ok {
		return decision{}, false
	}
	d := decision{kind: asInteger, unit: unit, scale: e.maxScale}
	switch {
	case unit != "":
		if unit == "%" {
			d.power = -2
		}
	case h.unit != "":
		d.unit, d.power = h.unit, h.power
	case h.money && s.unit != "":
		if u, p, ok := unitOf(s.unit); ok {
			d.unit, d.power = u, p
		}
	}
	if unit == "" {
		// Figures written with their sign already carry its factor in maxScale.
		d.scale = max(e.maxScale-d.power, 0)
	}
	d.width = 18
	switch {
	case e.floats > 0 || d.scale > maxScale || e.maxInt+d.power+d.scale > 18:
		if d.scale == 0 && e.floats == 0 {
			return d, e.maxInt+d.power <= 18
		}
		d.kind = asFloat
	case d.scale > 0:
		d.kind = asDecimal
	}
	return d, true
}

// oneUnit returns the unit of the column; false when the values have several, or
// when some say percent and others nothing.
func (e *evidence) oneUnit() (string, bool) {
	unit, with := "", int64(0)
	for u, n := range e.units {
		if unit != "" {
			return "", false
		}
		unit, with = u, n
	}
	if unit == "%" && float64(with) < agree*float64(e.numbers) {
		return "", false
	}
	return unit, true
}

// heading is what a column's heading says about its values.
type heading struct {
	code   bool // postal codes, telephone and account numbers: never figures
	date   bool
	flag   bool
	money  bool
	number bool // a count or an amount, so not a date
	unit   string
	power  int
}

var (
	codeWords  = []string{"우편번호", "전화", "휴대폰", "핸드폰", "연락처", "팩스", "사번", "계좌", "카드번호", "사업자", "주민", "바코드", "운송장", "송장번호", "학번", "군번", "zip", "postal", "postcode", "phone", "mobile", "fax", "barcode", "isbn", "account_no", "account_number", "card_number", "ssn", "vin"}
	dateWords  = []string{"일자", "날짜", "일시", "년월", "연월", "기준월", "주문일", "등록일", "가입일", "생일", "생년월일", "시각", "발생일", "거래일", "작성일", "구매일", "결제일", "방문일", "date", "dt", "day", "ymd", "yyyymm", "month", "ym", "time", "timestamp", "created", "updated"}
	moneyWords = []string{"매출", "금액", "비용", "이익", "원가", "예산", "가격", "단가", "수입", "지출", "판매액", "손익", "급여", "연봉", "월급", "보수", "잔액", "부채", "자산", "자본", "대금", "요금", "수익", "총액", "가액", "실적", "결제액", "amount", "revenue", "sales", "cost", "price", "profit", "budget", "salary", "fee", "income", "expense", "balance"}
	numberHint = []string{"수량", "금액", "매출", "가격", "amount", "price", "count", "qty", "quantity", "total"}
)

func headingOf(text string) heading {
	var h heading
	name, unit := cutUnit(text)
	if u, p, ok := unitOf(unit); ok && unit != "" {
		h.unit, h.power = u, p
	}
	low := strings.ToLower(name)
	words := splitWords(name)
	h.code = matches(low, words, codeWords)
	h.date = matches(low, words, dateWords) || strings.HasSuffix(low, "일") && !strings.HasSuffix(low, "요일") || strings.HasSuffix(low, "월")
	h.money = matches(low, words, moneyWords)
	h.number = matches(low, words, numberHint)
	h.flag = strings.HasSuffix(low, "여부") || strings.HasSuffix(low, "유무") || strings.HasSuffix(low, "_yn") || low == "yn"
	for _, w := range words {
		if w == "is" || w == "has" || w == "was" || w == "flag" || w == "yn" {
			h.flag = true
		}
	}
	return h
}

// matches reports whether a Korean word is part of the heading or a Latin one is
// one of its words.
func matches(low string, words, list []string) bool {
	for _, w := range list {
		if w[0] >= 0x80 {
			if strings.Contains(low, w) {
				return true
			}
			continue
		}
		if strings.Contains(w, "_") && strings.Contains(low, w) {
			return true
		}
		for _, x := range words {
			if x == w {
				return true
			}
		}
	}
	return false
}

// cutUnit parts "매출 (천원)" into the name and the unit; the unit is "" when what
// stands in brackets is none.
func cutUnit(text string) (name, unit string) {
	for _, b := range []string{"()", "[]", "（）"} {
		r := []rune(b)
		open := strings.LastIndex(text, string(r[0]))
		if open <= 0 || !strings.HasSuffix(text, string(r[1])) {
			continue
		}
		inner := strings.TrimSuffix(text[open+len(string(r[0])):], string(r[1]))
		inner = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(inner), "단위"), ":"))
		if _, _, ok := unitOf(inner); ok && inner != "" {
			return strings.TrimSpace(text[:open]), inner
		}
	}
	return text, ""
}

// splitWords cuts a heading at anything but letters and digits and where the case
// rises, in lower case: "orderDate" is order, date.
func splitWords(s string) []string {
	var words []string
	start, prev := -1, rune(0)
	for i, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if start >= 0 && (!letter || unicode.IsUpper(r) && unicode.IsLower(prev)) {
			words = append(words, strings.ToLower(s[start:i]))
			start = -1
		}
		if letter && start < 0 {
			start = i
		}
		prev = r
	}
	if start >= 0 {
		words = append(words, strings.ToLower(s[start:]))
	}
	return words
}
