package calendar

import (
	"math"
	"time"
)

// A lunisolar calendar numbers the months between new moons so that the winter
// solstice falls in the 11th, and a year of 13 months repeats the number before its
// first month without a major solar term. Korea and China follow the same rule at
// different meridians, which is why their new years differ in 2027 and 2028.
type lunisolar struct {
	offset float64 // of the meridian's clock from universal time, in days
}

var (
	koreanCalendar  = lunisolar{offset: 9.0 / 24}
	chineseCalendar = lunisolar{offset: 8.0 / 24}
)

// KoreanLunar returns the day of a date of the Korean lunar year that begins in year, and
// false for what is no such date, as the 30th of a short month. Leap months hold no
// date.
func KoreanLunar(year, month, day int) (time.Time, bool) {
	if inRange(year) != nil || month < 1 || month > 12 || day < 1 || day > 30 {
		return time.Time{}, false
	}
	first := koreanCalendar.date(year, month, 1)
	number := int(j2000) + int(first.Sub(dayOf(int(j2000)))/(24*time.Hour))
	if koreanCalendar.monthOf(number+day-1) != koreanCalendar.monthOf(number) {
		return time.Time{}, false
	}
	return first.AddDate(0, 0, day-1), true
}

// date returns the day of a lunar date in the lunar year that begins in year. Leap
// months hold no date.
func (l lunisolar) date(year, month, day int) time.Time {
	from := year - 1
	if month >= 11 {
		from = year
	}
	starts, numbers := l.months(from)
	for i, n := range numbers {
		if n == month {
			return dayOf(starts[i] + day - 1)
		}
	}
	return time.Time{} // not reached: a solstice year holds every month once
}

// months returns the months from the one that holds year's winter solstice to the one
// before that which holds the next: their first days as Julian day numbers and their
// numbers, leap months numbered 0.
func (l lunisolar) months(year int) (starts, numbers []int) {
	first := l.monthOf(l.dayNumber(solarTerm(year, 270)))
	last := l.monthOf(l.dayNumber(solarTerm(year+1, 270)))
	leap := last-first == 13
	number := 11
	for k := first; k < last; k++ {
		start, end := l.dayNumber(newMoon(k)), l.dayNumber(newMoon(k+1))
		starts = append(starts, start)
		if leap && !l.hasMajorTerm(start, end) {
			numbers, leap = append(numbers, 0), false
			continue
		}
		numbers = append(numbers, number)
		number = number%12 + 1
	}
	return starts, numbers
}

// monthOf returns the index of the last new moon on or before a day.
func (l lunisolar) monthOf(day int) int {
	k := int(math.Floor((float64(day)-2451550.1)/29.530588861)) + 1
	for l.dayNumber(newMoon(k)) > day {
		k--
	}
	return k
}

// hasMajorTerm reports whether the sun passes a multiple of 30° on a day in [start, end).
func (l lunisolar) hasMajorTerm(start, end int) bool {
	return l.sector(start) != l.sector(end)
}

// sector is which twelfth of the zodiac the sun is in as a day begins.
func (l lunisolar) sector(day int) int {
	return int(sunLongitude(float64(day)-0.5-l.offset) / 30)
}

// dayNumber is the Julian day number of the local date of an instant.
func (l lunisolar) dayNumber(jd float64) int {
	return int(math.Floor(jd + l.offset + 0.5))
}

// solarDay returns the date in year on which the sun reaches longitude.
func (l lunisolar) solarDay(year int, longitude float64) time.Time {
	return dayOf(l.dayNumber(solarTerm(year, longitude)))
}

// gengDay returns the n-th day of the stem 庚, the seventh of ten, on or after the day
// in year on which the sun reaches longitude.
func (l lunisolar) gengDay(year int, longitude float64, n int) time.Time {
	day := l.dayNumber(solarTerm(year, longitude))
	for day%10 != 7 {
		day++
	}
	return dayOf(day + 10*(n-1))
}

// dayOf turns a Julian day number into a date.
func dayOf(number int) time.Time {
	return time.Date(2000, 1, 1+number-int(j2000), 0, 0, 0, 0, time.UTC)
}
