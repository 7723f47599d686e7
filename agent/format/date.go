package format

import (
	"fmt"
	"strconv"
	"time"
)

const (
	isoDate   = "2006-01-02"
	isoMinute = "2006-01-02 15:04"
)

// exactTime writes a time as ISO 8601 does, with a space: a date alone when f is Date,
// or when the time of day is midnight and f does not insist.
func exactTime(t time.Time, f Format) string {
	switch {
	case t.IsZero():
		return Missing
	case f == Year:
		return strconv.Itoa(t.Year())
	case f == Date, isMidnight(t) && f != Datetime:
		return t.Format(isoDate)
	case t.Second() != 0:
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format(isoMinute)
}

func isMidnight(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0 && t.Nanosecond() == 0
}

// Period writes the half-open period [start, end) with its last day included:
// 2026-10-01–10-31. Whole quarters and years have their names; an end that is zero is
// open.
func Period(start, end time.Time, lang Language) string {
	switch {
	case start.IsZero() && end.IsZero():
		return pick(lang, "전체 기간", "all time")
	case start.IsZero():
		return fmt.Sprintf(pick(lang, "%s까지", "until %s"), lastMoment(end))
	case end.IsZero():
		return fmt.Sprintf(pick(lang, "%s부터", "since %s"), exactTime(start, ""))
	case !isMidnight(start) || !isMidnight(end):
		return instants(start, end)
	}
	if name := wholeYears(start, end, lang); name != "" {
		return name
	}
	if (start.Month()-1)%3 == 0 && start.Day() == 1 && end.Equal(start.AddDate(0, 3, 0)) {
		return DateIn(start, "quarter", lang)
	}
	return days(start, end.AddDate(0, 0, -1))
}

// PeriodShort is Period, but a whole month is 2026-10.
func PeriodShort(start, end time.Time, lang Language) string {
	if start.Day() == 1 && isMidnight(start) && !start.IsZero() && end.Equal(start.AddDate(0, 1, 0)) {
		return start.Format("2006-01")
	}
	return Period(start, end, lang)
}

func lastMoment(end time.Time) string {
	if isMidnight(end) {
		return end.AddDate(0, 0, -1).Format(isoDate)
	}
	return end.Format(isoMinute)
}

func instants(start, end time.Time) string {
	if start.Format(isoDate) == end.Format(isoDate) {
		return start.Format(isoMinute) + "–" + end.Format("15:04")
	}
	return start.Format(isoMinute) + "–" + end.Format(isoMinute)
}

func wholeYears(start, end time.Time, lang Language) string {
	if start.YearDay() != 1 || end.YearDay() != 1 || !start.Before(end) {
		return ""
	}
	first, last := start.Year(), end.Year()-1
	if first == last {
		return fmt.Sprintf(pick(lang, "%d년", "%d"), first)
	}
	return fmt.Sprintf(pick(lang, "%d–%d년", "%d–%d"), first, last)
}

func days(first, last time.Time) string {
	switch {
	case !first.Before(last):
		return first.Format(isoDate)
	case first.Year() == last.Year():
		return first.Format(isoDate) + "–" + last.Format("01-02")
	}
	return first.Format(isoDate) + "–" + last.Format(isoDate)
}

// DateIn writes the start of a period of a grain as people name it: 10월 3일, Oct 3;
// 2026년 10월, Oct 2026; 2026년 3분기, Q3 2026. Days, weeks and hours are without
// their year (see DateFull).
func DateIn(t time.Time, grain string, lang Language) string {
	switch grain {
	case "year":
		return fmt.Sprintf(pick(lang, "%d년", "%d"), t.Year())
	case "quarter":
		quarter := (int(t.Month()) + 2) / 3
		if lang == "ko" {
			return fmt.Sprintf("%d년 %d분기", t.Year(), quarter)
		}
		return fmt.Sprintf("Q%d %d", quarter, t.Year())
	case "month":
		if lang == "ko" {
			return fmt.Sprintf("%d년 %d월", t.Year(), t.Month())
		}
		return t.Format("Jan 2006")
	case "week":
		return fmt.Sprintf(pick(lang, "%s 주", "week of %s"), DateIn(t, "day", lang))
	case "hour":
		return DateIn(t, "day", lang) + " " + Hour(t.Hour(), lang)
	}
	if lang == "ko" {
		return fmt.Sprintf("%d월 %d일", t.Month(), t.Day())
	}
	return t.Format("Jan 2")
}

// DateFull is DateIn with the year also for days, weeks and hours: 2026년 10월 3일,
// Oct 3, 2026.
func DateFull(t time.Time, grain string, lang Language) string {
	day := t.Format("Jan 2, 2006")
	if lang == "ko" {
		day = fmt.Sprintf("%d년 %d월 %d일", t.Year(), t.Month(), t.Day())
	}
	switch grain {
	case "year", "quarter", "month":
		return DateIn(t, grain, lang)
	case "week":
		return fmt.Sprintf(pick(lang, "%s 주", "week of %s"), day)
	case "hour":
		return day + " " + Hour(t.Hour(), lang)
	}
	return day
}

var (
	koreanWeekdays  = [...]string{"월", "화", "수", "목", "금", "토", "일"}
	englishWeekdays = [...]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
)

// Weekday names the day of the week: 1 is 월 or Mon, 7 is 일 or Sun. Other numbers are
// Missing.
func Weekday(n int, lang Language) string {
	if n < 1 || n > 7 {
		return Missing
	}
	return pick(lang, koreanWeekdays[n-1], englishWeekdays[n-1])
}

// Hour names an hour of the day, 0 to 23: 14시, 14:00. Other numbers are Missing.
func Hour(n int, lang Language) string {
	if n < 0 || n > 23 {
		return Missing
	}
	return fmt.Sprintf(pick(lang, "%d시", "%02d:00"), n)
}

// Month names a month, 1 to 12: 10월, Oct. Other numbers are Missing.
func Month(n int, lang Language) string {
	if n < 1 || n > 12 {
		return Missing
	}
	return pick(lang, strconv.Itoa(n)+"월", time.Month(n).String()[:3])
}
