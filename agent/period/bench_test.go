package period_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/period"
)

func BenchmarkParse(b *testing.B) {
	opts := period.Options{Now: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC), WeekStart: time.Monday, Calendar: calendar.Default()}
	for name, text := range map[string]string{
		"ko": "작년 추석 2주 전부터 추석까지 지역별 매출을 월별로 전년 동기 대비 증감률과 함께 보여줘",
		"en": "show me monthly revenue by region for the last 6 weeks compared with the same period last year",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				period.Parse(text, opts)
			}
		})
	}
}
