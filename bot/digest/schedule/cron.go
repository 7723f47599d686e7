package schedule

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// maxText bounds the text of a schedule in bytes, so that none takes long to read.
const maxText = 512

// ParseCron reads a schedule from cron's five fields: minute, hour, day of the month,
// month, day of the week. Beside what POSIX has, names (MON, JAN) and 7 for Sunday, they
// take
//
//	L, L-2     the month's last day, the second before it
//	LW         its last day from Monday to Friday
//	15W        the day from Monday to Friday nearest to the 15th
//	MON#2      the second Monday of the month
//	FRIL       its last Friday
//	B          every business day
//	B1, BL     the month's first business day, its last
//	BL-2       the second business day before that
//
// Before them may come TZ=Asia/Seoul; after them holiday=skip, next or previous, and
// weeks=2/2026-11-30 for every second week, counted from that date's. @daily and the
// like are read, @reboot and @every are not. zone is the time zone where the text names
// none. Errors are *Error.
func ParseCron(text, zone string) (Schedule, error) {
	var s Schedule
	fail := func(err error) (Schedule, error) {
		return Schedule{}, &Error{Code: Unreadable, Text: clip(text), Err: err}
	}
	if len(text) > maxText {
		return fail(fmt.Errorf("over %d bytes", maxText))
	}
	words := strings.Fields(text)
	for len(words) > 0 {
		name, ok := strings.CutPrefix(words[0], "CRON_TZ=")
		if !ok {
			name, ok = strings.CutPrefix(words[0], "TZ=")
		}
		if !ok {
			break
		}
		zone, words = name, words[1:]
	}
	if _, err := location(zone); err != nil {
		return Schedule{}, err
	}
	s.zone = zone
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		full, ok := nicknames[words[0]]
		if !ok {
			return fail(errNotCron)
		}
		words = append(strings.Fields(full), words[1:]...)
	}
	if len(words) < 5 {
		return fail(errNotCron)
	}
	for i, read := range []func(string) error{s.readMinutes, s.readHours, s.readDays, s.readMonths, s.readWeekdays} {
		if err := read(words[i]); err != nil {
			return fail(err)
		}
	}
	for _, option := range words[5:] {
		if err := s.readOption(option); err != nil {
			return fail(err)
		}
	}
	if s.byBusinessDays() {
		if !s.anyWeekday {
			return fail(fmt.Errorf("business days and days of the week together"))
		}
		s.rule = Anyway
	}
	return s, nil
}

var nicknames = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

func (s *Schedule) readMinutes(text string) error {
	set, err := field{low: 0, high: 59}.read(text, nil)
	s.minutes = set
	return err
}

func (s *Schedule) readHours(text string) error {
	set, err := field{low: 0, high: 23}.read(text, nil)
	s.hours = uint32(set)
	return err
}

func (s *Schedule) readMonths(text string) error {
	set, err := field{low: 1, high: 12, names: monthNames, namesFrom: 1}.read(text, nil)
	s.months = uint16(set)
	return err
}

func (s *Schedule) readDays(text string) error {
	if text == "*" || text == "?" {
		s.anyDay = true
		return nil
	}
	set, err := field{low: 1, high: 31}.read(text, s.readDay)
	s.days = uint32(set)
	if err == nil && s.byBusinessDays() && (s.days|s.nearest|s.fromLast != 0 || s.lastWeek) {
		return fmt.Errorf("business days and others together")
	}
	return err
}

// readDay reads what only a day of the month may be.
func (s *Schedule) readDay(part string) (bool, error) {
	switch part {
	case "L":
		s.fromLast |= 1
		return true, nil
	case "LW":
		s.lastWeek = true
		return true, nil
	case "B":
		s.business = true
		return true, nil
	case "BL":
		s.businessLast |= 1
		return true, nil
	}
	for _, special := range []struct {
		prefix, suffix string
		low, high      int
		set            *uint32
	}{
		{"L-", "", 1, 30, &s.fromLast}, {"BL-", "", 1, 22, &s.businessLast},
		{"", "W", 1, 31, &s.nearest}, {"B", "", 1, 23, &s.businessNth},
	} {
		digits, ok := strings.CutPrefix(part, special.prefix)
		if !ok || !strings.HasSuffix(digits, special.suffix) {
			continue
		}
		digits = strings.TrimSuffix(digits, special.suffix)
		if n, err := number(digits, special.low, special.high); err == nil && special.prefix+special.suffix != "" {
			*special.set |= 1 << n
			return true, nil
		}
	}
	return false, nil
}

func (s *Schedule) readWeekdays(text string) error {
	if text == "*" || text == "?" {
		s.anyWeekday = true
		return nil
	}
	f := field{low: 0, high: 7, names: weekdayNames}
	set, err := f.read(text, func(part string) (bool, error) {
		name, n, ok := strings.Cut(part, "#")
		bit := uint8(lastNth)
		if ok {
			nth, err := number(n, 1, 5)
			if err != nil {
				return false, err
			}
			bit = 1 << nth
		} else if name, ok = strings.CutSuffix(part, "L"); !ok || name == "" {
			return false, nil
		}
		wd, err := f.value(name)
		if err != nil {
			return false, err
		}
		s.nth[wd%7] |= bit
		return true, nil
	})
	s.weekdays = uint8(set&0x7f | set>>7&1) // 7 is Sunday too
	return err
}

func (s *Schedule) readOption(option string) error {
	name, value, _ := strings.Cut(option, "=")
	switch name {
	case "holiday":
		switch r := Rule(value); r {
		case Skip, Next, Previous:
			s.rule = r
			return nil
		}
	case "weeks":
		n, from, _ := strings.Cut(value, "/")
		weeks, err := number(n, 2, 52)
		if err != nil {
			return err
		}
		date, err := time.Parse(time.DateOnly, from)
		if err != nil {
			return fmt.Errorf("weeks from: %w", err)
		}
		s.weeks = weeks
		s.anchor = dayOf(date).monday()
		return nil
	}
	return fmt.Errorf("option %q is not known", clip(option))
}

var (
	monthNames   = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// field is what a field of cron takes.
type field struct {
	low, high int
	names     []string
	namesFrom int
}

// read returns the bits of a list of values, ranges and steps. Parts that special takes
// add none.
func (f field) read(text string, special func(part string) (bool, error)) (set uint64, err error) {
	for part := range strings.SplitSeq(strings.ToUpper(text), ",") {
		if special != nil {
			taken, err := special(part)
			if err != nil {
				return 0, err
			}
			if taken {
				continue
			}
		}
		bits, err := f.readRange(part)
		if err != nil {
			return 0, err
		}
		set |= bits
	}
	return set, nil
}

func (f field) readRange(part string) (set uint64, err error) {
	span, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		if step, err = number(stepText, 1, f.high); err != nil {
			return 0, err
		}
	}
	low, high := f.low, f.high
	if f.high == 7 {
		high = 6 // "*/2" must not take Sunday twice
	}
	if span != "*" {
		from, to, ranged := strings.Cut(span, "-")
		if low, err = f.value(from); err != nil {
			return 0, err
		}
		switch {
		case ranged:
			if high, err = f.value(to); err != nil {
				return 0, err
			}
			if f.high == 7 && high == 0 && low > 0 {
				high = 7 // FRI-SUN
			}
		case !stepped:
			high = low
		}
	}
	if low > high {
		return 0, fmt.Errorf("%q ends before it begins", clip(part))
	}
	for n := low; n <= high; n += step {
		set |= 1 << n
	}
	return set, nil
}

func (f field) value(text string) (int, error) {
	for i, name := range f.names {
		if text == name {
			return i + f.namesFrom, nil
		}
	}
	return number(text, f.low, f.high)
}

func number(text string, low, high int) (int, error) {
	if text == "" || len(text) > 3 {
		return 0, fmt.Errorf("%q is no number from %d to %d", clip(text), low, high)
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is no number from %d to %d", clip(text), low, high)
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is no number from %d to %d", clip(text), low, high)
	}
	return n, nil
}

func clip(text string) string {
	const most = 80
	text = strings.ToValidUTF8(text, "\uFFFD")
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// String is the canonical text, which ParseCron reads.
func (s Schedule) String() string {
	if s.IsZero() {
		return ""
	}
	text := "TZ=" + s.zone + " " + s.Cron()
	if s.weeks != 0 {
		text += fmt.Sprintf(" weeks=%d/%s", s.weeks, s.anchor.utc().Format(time.DateOnly))
	}
	if s.rule != Anyway {
		text += " holiday=" + string(s.rule)
	}
	return text
}

// Cron is the five fields alone.
func (s Schedule) Cron() string {
	return strings.Join([]string{
		writeSet(s.minutes, 0, 59), writeSet(uint64(s.hours), 0, 23), s.writeDays(),
		writeSet(uint64(s.months), 1, 12), s.writeWeekdays(),
	}, " ")
}

func (s Schedule) writeDays() string {
	var parts []string
	add := func(set uint32, prefix, suffix, zero string) {
		for ; set != 0; set &= set - 1 {
			n := bits.TrailingZeros32(set)
			if n == 0 {
				parts = append(parts, zero)
				continue
			}
			parts = append(parts, prefix+strconv.Itoa(n)+suffix)
		}
	}
	switch {
	case s.anyDay:
		return "*"
	case s.days == all(1, 31):
		// Every day is not "*": beside a day of the week it matches all the same.
		parts = append(parts, "1-31")
	case s.days != 0:
		parts = append(parts, writeSet(uint64(s.days), 1, 31))
	}
	add(s.nearest, "", "W", "")
	add(s.fromLast, "L-", "", "L")
	if s.lastWeek {
		parts = append(parts, "LW")
	}
	if s.business {
		parts = append(parts, "B")
	}
	add(s.businessNth, "B", "", "")
	add(s.businessLast, "BL-", "", "BL")
	return strings.Join(parts, ",")
}

func (s Schedule) writeWeekdays() string {
	if s.anyWeekday {
		return "*"
	}
	var parts []string
	if s.weekdays == uint8(all(0, 6)) {
		parts = append(parts, "0-6")
	} else if s.weekdays != 0 {
		parts = append(parts, writeSet(uint64(s.weekdays), 0, 6))
	}
	for wd, set := range s.nth {
		for ; set != 0; set &= set - 1 {
			if n := bits.TrailingZeros8(set); n == 6 {
				parts = append(parts, weekdayNames[wd]+"L")
			} else {
				parts = append(parts, weekdayNames[wd]+"#"+strconv.Itoa(n))
			}
		}
	}
	return strings.Join(parts, ",")
}

func all(low, high int) uint32 { return uint32(1<<(high+1) - 1<<low) }

// writeSet writes bits as cron does: "*", "*/15", "1-5", "1,3".
func writeSet(set uint64, low, high int) string {
	if set == 1<<(high+1)-1<<low {
		return "*"
	}
	if step := stepOf(set, low, high); step > 0 {
		return "*/" + strconv.Itoa(step)
	}
	var parts []string
	for n := low; n <= high; n++ {
		if set&(1<<n) == 0 {
			continue
		}
		end := n
		for end < high && set&(1<<(end+1)) != 0 {
			end++
		}
		switch {
		case end >= n+2:
			parts = append(parts, fmt.Sprintf("%d-%d", n, end))
			n = end
		default:
			parts = append(parts, strconv.Itoa(n))
		}
	}
	return strings.Join(parts, ",")
}

// stepOf is the step of a set that "*/step" writes, of three values or more.
func stepOf(set uint64, low, high int) int {
	if low != 0 || bits.OnesCount64(set) < 3 || set&1 == 0 {
		return 0
	}
	step := bits.TrailingZeros64(set &^ 1)
	var want uint64
	for n := 0; n <= high; n += step {
		want |= 1 << n
	}
	if set != want {
		return 0
	}
	return step
}
