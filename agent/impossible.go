package agent

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/agent/format"
)

// impossible is something in a question that there is not: a thirteenth month, the
// thirtieth of February, the best −3.
type impossible struct {
	text     string // why it cannot be, and what can
	question string // the question with something possible in its place
	reason   Reason
}

var (
	badCount   = regexp.MustCompile(`(?i)(상위|하위|톱|최근|지난|\b(?:top|bottom|best|worst|highest|lowest|largest|smallest|first|last|past))\s+([-−]\s?\d+(?:\.\d+)?|0+|\d+\.\d+)\s*(개월|개|명|곳|위|건|가지|주|일|년|분기|[a-z]+|$)`)
	isoDay     = regexp.MustCompile(`\b(\d{4})[-./](\d{1,2})(?:[-./](\d{1,2}))?\b`)
	koreanDay  = regexp.MustCompile(`(?:(\d{4})년\s*)?(?:^|[^\d])(\d{1,2})월\s*(\d{1,2})일`)
	englishDay = regexp.MustCompile(`(?i)\b(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?|(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\b(?:,?\s+(\d{4}))?`)
	monthOnly  = regexp.MustCompile(`(?i)(?:^|[^\d.])(\d{1,4})월|\bmonth\s+(\d{1,4})\b`)
	dayOnly    = regexp.MustCompile(`(?:^|[^\d.])(\d{1,4})일(?:$|[^\pL]|에|의|부터|까지)`)
	quarter    = regexp.MustCompile(`(?i)(?:^|[^\d.])(\d{1,4})분기|\bq(\d{1,2})\b|\bquarter\s+(\d{1,4})\b`)
	clockHour  = regexp.MustCompile(`(?:^|[^\d.:])(\d{1,4})시(?:$|[^\pL]|에|의|부터|까지|대)`)
	farYear    = regexp.MustCompile(`(?i)(?:^|[^\d.])(\d{4,9})년(?:$|[^\pL]|에|의|도|부터|까지)|\b(?:in|for|of|since|during)\s+(\d{4,9})\b`)
)

// countsNothing finds an end of a ranking or a span that is no whole number of one or
// more. The reader of questions takes "-3" for 3, so this is looked for before.
func countsNothing(text, language string) *impossible {
	text = norm.NFKC.String(text)
	m := badCount.FindStringSubmatchIndex(text)
	if m == nil {
		return nil
	}
	count, unit := text[m[4]:m[5]], strings.ToLower(text[m[6]:m[7]])
	said := strings.TrimSpace(count + text[m[6]:m[7]])
	if language != "ko" {
		said = strings.ReplaceAll(count, " ", "")
	}
	possible := strings.TrimLeft(count, "-− ")
	if whole, _, _ := strings.Cut(possible, "."); strings.Trim(whole, "0") != "" {
		possible = whole
	} else {
		possible = "5"
	}
	one := "1" + unit
	if unit == "" {
		one = "1개"
	}
	sentence := fmt.Sprintf("I cannot show %s of something. Please ask for a whole number from 1.", said)
	if language == "ko" {
		sentence = fmt.Sprintf("%s%s 계산할 수 없어요. %s 이상의 자연수로 물어봐 주세요.", said, format.Josa(said, "은", "는"), one)
	}
	return &impossible{text: sentence, question: text[:m[4]] + possible + text[m[5]:], reason: ReasonUnknown}
}

// notInCalendar finds a date, a month, a quarter, an hour or a year that is not there.
func (p *prepared) notInCalendar(q *Question) *impossible {
	c := calendarCheck{text: norm.NFKC.String(q.Text), ko: q.Language == "ko", now: q.Now}
	for _, look := range []func() *impossible{c.isoDay, c.day, c.month, c.quarter, c.hour, c.dayAlone} {
		if found := look(); found != nil {
			found.reason = ReasonUnknown
			return found
		}
	}
	return c.year(p.until)
}

// calendarCheck looks for what a calendar does not have.
type calendarCheck struct {
	text string
	ko   bool
	now  time.Time
}

func (c *calendarCheck) pick(ko, en string) string {
	if c.ko {
		return ko
	}
	return en
}

// replace puts what is possible where the n-th group of a match, or all of it, stands.
func (c *calendarCheck) replace(at []int, n int, with string) string {
	return c.text[:at[2*n]] + with + c.text[at[2*n+1]:]
}

// group is the number in the n-th group of a match, -1 for none.
func (c *calendarCheck) group(at []int, n int) int {
	if at[2*n] < 0 {
		return -1
	}
	v, err := strconv.Atoi(c.text[at[2*n]:at[2*n+1]])
	if err != nil {
		return 1 << 30
	}
	return v
}

// daysIn is how many days a month has; without a year February is a leap one.
func daysIn(year, month int) int {
	if year < 0 {
		year = 2000
	}
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func (c *calendarCheck) isoDay() *impossible {
	for _, at := range isoDay.FindAllStringSubmatchIndex(c.text, -1) {
		year, month, day := c.group(at, 1), c.group(at, 2), c.group(at, 3)
		switch {
		case month < 1 || month > 12:
			return c.noMonth(month, c.replace(at, 0, fmt.Sprintf("%d-%02d", year, int(c.now.Month()))))
		case day >= 0 && (day < 1 || day > daysIn(year, month)):
			return c.noDay(year, month, c.text[at[0]:at[1]], c.replace(at, 0, fmt.Sprintf("%d-%02d-%02d", year, month, daysIn(year, month))))
		}
	}
	return nil
}

func (c *calendarCheck) day() *impossible {
	for _, at := range koreanDay.FindAllStringSubmatchIndex(c.text, -1) {
		year, month, day := c.group(at, 1), c.group(at, 2), c.group(at, 3)
		if month >= 1 && month <= 12 && (day < 1 || day > daysIn(year, month)) {
			said := strings.TrimSpace(c.text[at[4]:at[1]])
			if year >= 0 {
				said = c.text[at[0]:at[1]]
			}
			return c.noDay(year, month, said, c.replace(at, 3, strconv.Itoa(shortest(year, month))))
		}
	}
	for _, at := range englishDay.FindAllStringSubmatchIndex(c.text, -1) {
		name, number := 1, 2
		if at[2] < 0 {
			name, number = 4, 3
		}
		month := (strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(c.text[at[2*name]:at[2*name]+3])) / 3) + 1
		year, day := c.group(at, 5), c.group(at, number)
		if day < 1 || day > daysIn(year, month) {
			said := time.Month(month).String() + " " + c.text[at[2*number]:at[2*number+1]]
			return c.noDay(year, month, said, c.replace(at, number, strconv.Itoa(shortest(year, month))))
		}
	}
	return nil
}

// shortest is the last day that a month surely has.
func shortest(year, month int) int {
	if year < 0 && month == 2 {
		return 28
	}
	return daysIn(year, month)
}

func (c *calendarCheck) month() *impossible {
	for _, at := range monthOnly.FindAllStringSubmatchIndex(c.text, -1) {
		n := 1
		if at[2] < 0 {
			n = 2
		}
		if month := c.group(at, n); month < 1 || month > 12 {
			last := c.now.AddDate(0, 0, -c.now.Day())
			if n == 2 { // month 13
				return c.noMonth(month, c.replace(at, 0, last.Format("January")))
			}
			return c.noMonth(month, c.replace(at, n, strconv.Itoa(int(last.Month()))))
		}
	}
	return nil
}

func (c *calendarCheck) quarter() *impossible {
	for _, at := range quarter.FindAllStringSubmatchIndex(c.text, -1) {
		n := 1
		for at[2*n] < 0 {
			n++
		}
		if number := c.group(at, n); number < 1 || number > 4 {
			return &impossible{
				text:     fmt.Sprintf(c.pick("%d분기는 없어요. 1분기부터 4분기까지 물어볼 수 있어요.", "There is no quarter %d. Quarters go from 1 to 4."), number),
				question: c.replace(at, n, "3"),
			}
		}
	}
	return nil
}

func (c *calendarCheck) hour() *impossible {
	for _, at := range clockHour.FindAllStringSubmatchIndex(c.text, -1) {
		if hour := c.group(at, 1); hour > 24 {
			return &impossible{text: fmt.Sprintf("%d시는 없는 시각이에요. 0시부터 23시까지 물어볼 수 있어요.", hour), question: c.replace(at, 1, "20")}
		}
	}
	return nil
}

func (c *calendarCheck) dayAlone() *impossible {
	for _, at := range dayOnly.FindAllStringSubmatchIndex(c.text, -1) {
		if day := c.group(at, 1); day < 1 || day > 31 {
			return &impossible{text: fmt.Sprintf("%d일은 없는 날이에요. 한 달은 길어야 31일까지예요.", day), question: c.replace(at, 1, "1")}
		}
	}
	return nil
}

// year is one that the data have not reached.
func (c *calendarCheck) year(until time.Time) *impossible {
	for _, at := range farYear.FindAllStringSubmatchIndex(c.text, -1) {
		n := 1
		if at[2] < 0 {
			n = 2
		}
		if until.IsZero() || c.group(at, n) <= until.Year() {
			continue
		}
		return &impossible{
			text: fmt.Sprintf(c.pick("%s년 데이터는 아직 없어요. 데이터는 %s까지 있어요.", "There is no data for %s yet. The data end on %s."),
				c.text[at[2*n]:at[2*n+1]], until.Format(jsonDate)),
			question: c.replace(at, n, strconv.Itoa(until.Year())), reason: ReasonFuture,
		}
	}
	return nil
}

func (c *calendarCheck) noMonth(month int, question string) *impossible {
	return &impossible{
		text:     fmt.Sprintf(c.pick("%d월은 없는 달이에요. 1월부터 12월까지 물어볼 수 있어요.", "There is no month %d. Months go from 1 to 12."), month),
		question: question,
	}
}

func (c *calendarCheck) noDay(year, month int, said, question string) *impossible {
	last := daysIn(year, month)
	if !c.ko {
		name := time.Month(month).String()
		if year >= 0 {
			name += " " + strconv.Itoa(year)
		}
		ends := fmt.Sprintf("%s has %d days.", name, last)
		if year < 0 && month == 2 {
			ends = "February has 28 days, in leap years 29."
		}
		return &impossible{text: fmt.Sprintf("There is no %s. %s", said, ends), question: question}
	}
	ends := fmt.Sprintf("%d월은 %d일까지예요.", month, last)
	switch {
	case year < 0 && month == 2:
		ends = "2월은 28일까지, 윤년에는 29일까지예요."
	case month == 2:
		ends = fmt.Sprintf("%d년 2월은 %d일까지예요.", year, last)
	}
	return &impossible{text: fmt.Sprintf("%s%s 없는 날이에요. %s", said, format.Josa(said, "은", "는"), ends), question: question}
}
