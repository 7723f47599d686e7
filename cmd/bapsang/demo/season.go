package demo

import (
	"math"
	"time"
)

// lunarDays are the lunar holidays as published for Korea, month and day: Seollal,
// Buddha's birthday, Chuseok. They are kept here and not taken from a calendar that
// may learn more, so that a day once generated never changes. After the last year
// the holidays still fall, on the average date.
var lunarDays = map[int][3][2]int{
	2023: {{1, 22}, {5, 27}, {9, 29}},
	2024: {{2, 10}, {5, 15}, {9, 17}},
	2025: {{1, 29}, {5, 5}, {10, 6}},
	2026: {{2, 17}, {5, 24}, {9, 25}},
	2027: {{2, 7}, {5, 13}, {9, 15}},
	2028: {{1, 27}, {5, 2}, {10, 3}},
	2029: {{2, 13}, {5, 20}, {9, 22}},
	2030: {{2, 3}, {5, 9}, {9, 12}},
}

func lunarDay(year, which int) int {
	days, ok := lunarDays[year]
	if !ok {
		days = [3][2]int{{2, 5}, {5, 15}, {9, 22}}
	}
	return dayOf(year, time.Month(days[which][0]), days[which][1])
}

func seollal(year int) int { return lunarDay(year, 0) }
func chuseok(year int) int { return lunarDay(year, 2) }

// blackFriday is the day after the fourth Thursday of November.
func blackFriday(year int) int {
	first := dayOf(year, time.November, 1)
	thursday := (int(time.Thursday) - int(dateOf(first).Weekday()) + 7) % 7
	return first + thursday + 22
}

var fixedHolidays = map[[2]int]bool{
	{1, 1}: true, {3, 1}: true, {5, 5}: true, {6, 6}: true, {8, 15}: true,
	{10, 3}: true, {10, 9}: true, {12, 25}: true,
}

// lunarHoliday says whether the day is one of the three of Seollal or Chuseok.
func lunarHoliday(day, year int) bool {
	return abs(day-seollal(year)) <= 1 || abs(day-chuseok(year)) <= 1
}

func holiday(day int) bool {
	t := dateOf(day)
	return fixedHolidays[[2]int{int(t.Month()), t.Day()}] ||
		lunarHoliday(day, t.Year()) || day == lunarDay(t.Year(), 1)
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// monthly are the seasons of the subcategories: demand of each month as a share of
// the average, January first. What is not listed sells evenly.
var monthly = map[string][12]float64{
	"TV":       {1.0, 1.0, 0.9, 0.9, 0.95, 1.0, 0.95, 0.9, 0.95, 1.0, 1.15, 1.3},
	"프로젝터":     {0.9, 0.9, 0.9, 0.95, 1.05, 1.1, 1.15, 1.15, 0.95, 0.95, 0.95, 1.05},
	"무선 이어폰":   {0.95, 1.05, 1.1, 0.95, 1.0, 0.95, 0.95, 0.95, 1.05, 0.95, 1.05, 1.2},
	"헤드폰":      {1.05, 0.95, 0.95, 0.9, 0.95, 0.85, 0.85, 0.9, 1.0, 1.1, 1.2, 1.3},
	"세탁기":      {0.9, 0.95, 1.1, 1.1, 1.05, 1.0, 1.0, 0.95, 1.0, 1.0, 1.0, 0.9},
	"건조기":      {0.95, 0.95, 1.05, 1.0, 1.0, 1.15, 1.25, 1.05, 0.95, 0.95, 0.9, 0.8},
	"의류관리기":    {0.9, 0.9, 1.15, 1.15, 1.05, 0.95, 0.95, 0.9, 1.0, 1.1, 1.05, 0.9},
	"냉장고":      {0.85, 0.9, 1.0, 1.05, 1.15, 1.2, 1.2, 1.1, 1.0, 0.9, 0.85, 0.8},
	"김치냉장고":    {0.5, 0.4, 0.4, 0.4, 0.4, 0.45, 0.5, 0.8, 1.5, 2.4, 2.8, 1.4},
	"식기세척기":    {0.95, 1.0, 1.1, 1.05, 1.05, 0.95, 0.95, 0.95, 1.05, 1.0, 0.95, 1.0},
	"인덕션":      {0.95, 0.95, 1.1, 1.05, 1.0, 1.05, 1.1, 1.05, 0.95, 0.95, 0.9, 0.95},
	"커피머신":     {1.0, 0.95, 0.95, 0.95, 1.05, 0.9, 0.85, 0.85, 1.0, 1.1, 1.15, 1.25},
	"에어컨":      {0.15, 0.2, 0.5, 0.85, 1.5, 2.3, 3.1, 2.1, 0.7, 0.25, 0.2, 0.15},
	"제습기":      {0.2, 0.2, 0.3, 0.5, 1.2, 2.8, 3.6, 2.0, 0.7, 0.25, 0.15, 0.1},
	"선풍기":      {0.1, 0.1, 0.2, 0.6, 1.6, 2.7, 3.3, 2.3, 0.7, 0.2, 0.1, 0.1},
	"가습기":      {2.0, 1.5, 1.1, 0.6, 0.3, 0.2, 0.15, 0.2, 0.7, 1.6, 1.9, 1.75},
	"히터":       {1.9, 1.4, 0.8, 0.3, 0.1, 0.05, 0.05, 0.1, 0.5, 1.7, 2.6, 2.5},
	"공기청정기":    {1.1, 1.2, 1.7, 1.5, 1.05, 0.7, 0.6, 0.6, 0.7, 0.9, 1.0, 0.95},
	"노트북":      {1.15, 1.5, 1.5, 0.9, 0.8, 0.8, 0.85, 1.0, 0.95, 0.8, 0.95, 0.8},
	"태블릿":      {1.0, 1.3, 1.3, 0.9, 1.05, 0.85, 0.85, 1.0, 0.95, 0.85, 1.0, 0.95},
	"모니터":      {1.05, 1.2, 1.2, 0.95, 0.9, 0.9, 0.9, 0.95, 0.95, 0.95, 1.05, 1.0},
	"스마트워치":    {1.1, 0.95, 1.0, 1.0, 1.15, 0.95, 0.9, 0.95, 1.0, 0.95, 1.0, 1.05},
	"필터·소모품":   {1.0, 1.0, 1.2, 1.15, 1.0, 1.0, 1.0, 0.9, 0.9, 0.95, 0.95, 0.95},
	"케이스·보호용품": {1.0, 1.1, 1.15, 0.95, 0.95, 0.95, 0.95, 1.0, 1.0, 0.95, 1.0, 1.0},
}

// seasonOf interpolates between the middles of the months, so that no month begins
// with a step.
func seasonOf(subcategory string, t time.Time) float64 {
	months, ok := monthly[subcategory]
	if !ok {
		return 1
	}
	at := float64(t.Month()-1) + (float64(t.Day())-15)/30
	low := int(math.Floor(at))
	share := at - float64(low)
	return months[(low+12)%12]*(1-share) + months[(low+13)%12]*share
}

// A peak raises what sells around an event that recurs every year.
type peak struct {
	day         func(year int) int
	before      int // days before the event the peak begins
	after       int // days after it the peak ends
	factor      float64
	subcategory []string // nil for all
	online      bool     // the event is one of the online channels only
}

func fixedDay(month time.Month, day int) func(int) int {
	return func(year int) int { return dayOf(year, month, day) }
}

var gifts = []string{"전기밥솥", "에어프라이어", "커피머신", "무선 이어폰", "스마트워치",
	"공기청정기", "무선청소기", "블루투스 스피커"}

var peaks = []peak{
	{day: seollal, before: 15, after: -2, factor: 1.7, subcategory: gifts},
	{day: chuseok, before: 16, after: -2, factor: 1.75, subcategory: gifts},
	{day: fixedDay(time.March, 2), before: 30, after: 8, factor: 1.5,
		subcategory: []string{"노트북", "태블릿", "모니터", "키보드·마우스"}},
	{day: fixedDay(time.May, 8), before: 9, after: 3, factor: 1.45,
		subcategory: []string{"태블릿", "스마트워치", "무선 이어폰", "커피머신", "스마트밴드", "헤드폰"}},
	{day: fixedDay(time.November, 11), before: 1, after: 1, factor: 1.8, online: true},
	{day: blackFriday, before: 4, after: 3, factor: 1.5, online: true},
	{day: blackFriday, before: 4, after: 3, factor: 1.6,
		subcategory: []string{"TV", "무선 이어폰", "사운드바", "로봇청소기"}},
	{day: fixedDay(time.December, 24), before: 12, after: 1, factor: 1.35,
		subcategory: []string{"무선 이어폰", "헤드폰", "스마트워치", "블루투스 스피커", "커피머신", "태블릿"}},
}

// sports are the tournaments for which people buy television sets.
var sports = []struct {
	from, until int
	factor      float64
}{
	{dayOf(2024, 7, 12), dayOf(2024, 8, 11), 1.2},  // Paris Olympics
	{dayOf(2026, 1, 30), dayOf(2026, 2, 22), 1.12}, // Milano Cortina Olympics
	{dayOf(2026, 5, 25), dayOf(2026, 7, 19), 1.35}, // World Cup in North America
}

// eventOf is what the year's events do to a subcategory on a day.
func eventOf(subcategory string, day int, online bool) float64 {
	factor, year := 1.0, dateOf(day).Year()
	for _, p := range peaks {
		at := p.day(year)
		if day < at-p.before || day > at+p.after || p.online && !online {
			continue
		}
		if p.subcategory == nil || contains(p.subcategory, subcategory) {
			factor *= p.factor
		}
	}
	if subcategory == "TV" {
		for _, s := range sports {
			if day >= s.from && day <= s.until {
				factor *= s.factor
			}
		}
	}
	return factor
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// saleDiscount is the extra discount of the online sales.
func saleDiscount(day int) float64 {
	year := dateOf(day).Year()
	switch {
	case abs(day-dayOf(year, time.November, 11)) <= 1:
		return 0.08
	case day >= blackFriday(year)-4 && day <= blackFriday(year)+3:
		return 0.10
	}
	return 0
}

// weekdays are the shares of the days, Sunday first.
var (
	onlineWeek    = [7]float64{0.98, 1.13, 1.06, 1.03, 1.00, 0.95, 0.85}
	offlineWeek   = [7]float64{1.55, 0.72, 0.72, 0.75, 0.78, 0.98, 1.50}
	corporateWeek = [7]float64{0.02, 1.30, 1.45, 1.45, 1.40, 1.35, 0.03}
)

// rhythmOf is what the weekday and the holidays do to a channel on a day.
func rhythmOf(kind string, day int) float64 {
	t := dateOf(day)
	weekday := int(t.Weekday())
	feast := lunarHoliday(day, t.Year())
	switch {
	case kind == "온라인" && feast:
		return 0.55 * onlineWeek[weekday]
	case kind == "온라인":
		return onlineWeek[weekday]
	case kind == "기업" && holiday(day):
		return 0.02
	case kind == "기업":
		return corporateWeek[weekday]
	case feast:
		return 0.35
	case holiday(day):
		return 1.45
	}
	return offlineWeek[weekday]
}

// lifeOf is the course of a product's demand since its launch: a strong start, then a
// slow decline to two thirds.
func lifeOf(launched, day int) float64 {
	age := float64(day - launched)
	if age < 0 {
		return 0
	}
	return 0.65 + 0.25*math.Exp(-age/600) + 0.7*math.Exp(-age/35)
}

// growthOf compounds yearly growth for as long as the company is young; later it
// levels off, so that a clock set far ahead does not ask for boundless data.
func growthOf(perYear float64, day int) float64 {
	return math.Pow(perYear, min(float64(day)/365.25, 6))
}
