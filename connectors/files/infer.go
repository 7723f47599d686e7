package files

import (
	"time"
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
