package files

import (
	"slices"
	"strings"
)

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

// add looks at the text of so many cells, without space around it. It reports whether
// it matters how often the text comes, but not when.
func (e *evidence) add(s string, times int64) (anyOrder bool) {
	if isEmpty(s) {
		return true
	}
	if len(s) > 64 {
		e.values += times
		e.long = true
		return true
	}
	n, isNum := parseNumber(s)
	if !isNum && isVagueEmpty(s) {
		e.vague += times
		return true
	}
	e.values += times
	if isNum {
		e.addNumber(n, times)
	}
	m, isDate := moment{}, false
	if !isNum || n.plain && (len(s) == 8 || len(s) == 6 || len(s) == 14) || len(s) == 7 && s[4] == '.' {
		m, isDate = parseMoment(s)
	}
	if isDate {
		e.addMoment(m, isNum, times)
	}
	isBool := !isNum && !isDate && len(s) <= 9 && e.addBool(s, times)
	if !isNum && !isDate && !isBool && len(e.samples) < 3 && !slices.Contains(e.samples, s) {
		e.samples = append(e.samples, s)
	}
	return !isDate || m.form != formNoYear
}

func (e *evidence) addNumber(n number, times int64) {
	e.numbers += times
	if n.unit != "" {
		if e.units == nil {
			e.units = map[string]int64{}
		}
		e.units[n.unit] += times
	}
	if n.isFloat {
		e.floats += times
		return
	}
	scale := n.scale
	if n.unit == "%" {
		scale += 2
	}
	if n.zero {
		e.zeros += times
	}
	digits := n.intDigits()
	e.maxScale, e.maxInt = max(e.maxScale, scale), max(e.maxInt, digits)
	if !n.plain {
		return
	}
	if e.plain == 0 {
		e.minNum, e.maxNum = n.mant, n.mant
	}
	e.plain += times
	if digits > 15 {
		e.wide += times
	}
	if n.mant == 0 || n.mant == 1 {
		e.binary += times
	}
	if n.mant >= 32874 && n.mant <= 73050 {
		e.excelSerials += times
	}
	e.minNum, e.maxNum = min(e.minNum, n.mant), max(e.maxNum, n.mant)
}

func (e *evidence) addMoment(m moment, isNum bool, times int64) {
	if m.hasTime && m.form != formTime {
		e.withTime += times
		if m.sec > 0 || m.micro > 0 {
			e.clocks += times
		}
		if e.zones == nil {
			e.zones = map[int]int64{}
		}
		if m.hasZone {
			e.zones[m.zone] += times
		}
	}
	switch {
	case m.form == formTime:
		e.times += times
	case m.form == formCompact:
		e.compacts += times
		if m.c == 1 {
			e.shortYears += times
		}
	case m.form == formMonth && isNum:
		e.monthDots += times
	case m.form == formMonth:
		e.months += times
	case m.form == formNoYear:
		e.noYears += times
		md := m.a*100 + m.b
		e.wraps = e.wraps || e.lastMD-md > 600
		e.lastMD, e.maxMD = md, max(e.maxMD, md)
	case m.ambiguous:
		e.ambiguous += times
		for o := range orders {
			if _, _, _, ok := m.ordered(o); ok {
				e.orders[o] += times
			}
		}
	default:
		e.dates += times
	}
}

func (e *evidence) addBool(s string, times int64) bool {
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
				e.pairs[i][1] += times
			} else {
				e.pairs[i][0] += times
			}
		}
	}
	return found
}

// observer adds the cells of a column to its evidence. How often a text comes again is
// counted first and weighed once.
type observer struct {
	*evidence
	counts recall[int64]
}

// observe begins to look at that many columns.
func observe(columns int) []observer {
	seen := make([]observer, columns)
	for i := range seen {
		seen[i].evidence = &evidence{}
	}
	return seen
}

// concluded is what was seen of the columns.
func concluded(seen []observer) []*evidence {
	out := make([]*evidence, len(seen))
	for i := range seen {
		for j := range seen[i].counts.places {
			seen[i].weigh(&seen[i].counts.places[j])
		}
		out[i] = seen[i].evidence
	}
	return out
}

func (o *observer) see(s string) {
	if s == "" {
		return
	}
	place, known := o.counts.find(s)
	if known {
		place.made++
		return
	}
	anyOrder := o.add(s, 1)
	if place != nil && anyOrder {
		o.weigh(place)
		place.hold(s, 0)
	}
}

// weigh adds a text as often as it was counted.
func (o *observer) weigh(counted *recalled[int64]) {
	if counted.made > 0 {
		o.add(counted.text, counted.made)
	}
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
