package compose_test

import (
	"regexp"
	"time"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

func ymd(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func rng(a, b time.Time, unit semantic.Grain, bare bool) period.Mention {
	return period.Mention{Kind: period.Range, Period: semantic.Period{Start: a, End: b}, Unit: unit, Bare: bare, Future: a.After(now)}
}

var fakes = []struct {
	re *regexp.Regexp
	m  period.Mention
}{
	{regexp.MustCompile(`전월 ?대비|지난달 ?대비|지난달보다|month over month|mom\b`), period.Mention{Kind: period.Versus, Compare: semantic.ComparePrevious}},
	{regexp.MustCompile(`전년 ?대비|작년 ?대비|작년보다|작년이랑 비교해서|yoy|year over year|vs last year|compared to last year|전년 동기 대비`), period.Mention{Kind: period.Versus, Compare: semantic.CompareYearAgo}},
	{regexp.MustCompile(`작년 같은 달은?`), period.Mention{Kind: period.Shift, Count: -1, Step: semantic.Year}},
	{regexp.MustCompile(`지난 ?달의?|last month|10월에?|in october|october`), rng(ymd(2026, 10, 1), ymd(2026, 11, 1), semantic.Month, false)},
	{regexp.MustCompile(`9월|september`), rng(ymd(2026, 9, 1), ymd(2026, 10, 1), semantic.Month, true)},
	{regexp.MustCompile(`이번 ?달|this month`), rng(ymd(2026, 11, 1), ymd(2026, 12, 1), semantic.Month, false)},
	{regexp.MustCompile(`다음 ?달|next month`), rng(ymd(2026, 12, 1), ymd(2027, 1, 1), semantic.Month, false)},
	{regexp.MustCompile(`next 4 weeks|다음 4주`), rng(ymd(2026, 11, 23), ymd(2026, 12, 21), "", false)},
	{regexp.MustCompile(`작년은?|last year`), rng(ymd(2025, 1, 1), ymd(2026, 1, 1), semantic.Year, true)},
	{regexp.MustCompile(`올해|this year`), rng(ymd(2026, 1, 1), ymd(2027, 1, 1), semantic.Year, false)},
	{regexp.MustCompile(`최근 30일|last 30 days`), rng(ymd(2026, 10, 23), ymd(2026, 11, 22), "", false)},
	{regexp.MustCompile(`월 ?별로?|monthly|by month|per month`), period.Mention{Kind: period.By, Grain: semantic.Month}},
	{regexp.MustCompile(`일 ?별로?|daily|by day|per day`), period.Mention{Kind: period.By, Grain: semantic.Day}},
	{regexp.MustCompile(`주 ?별로?|weekly|by week`), period.Mention{Kind: period.By, Grain: semantic.Week}},
	{regexp.MustCompile(`요일 ?별로?|by weekday`), period.Mention{Kind: period.By, Grain: semantic.Weekday}},
}

func periods(text string, o period.Options) []period.Mention {
	var out []period.Mention
	for _, f := range fakes {
		for _, at := range f.re.FindAllStringIndex(text, -1) {
			m := f.m
			m.From, m.To = at[0], at[1]
			clash := false
			for _, x := range out {
				clash = clash || x.From < m.To && m.From < x.To
			}
			if !clash {
				out = append(out, m)
			}
		}
	}
	return out
}
