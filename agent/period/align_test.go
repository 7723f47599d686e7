package period_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

func at(s string) time.Time {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	if s != "" {
		panic(s)
	}
	return time.Time{}
}

// span makes a period of two half-open ends.
func span(start, end string) semantic.Period {
	return semantic.Period{Start: at(start), End: at(end)}
}

func TestAlign(t *testing.T) {
	const previous, yearAgo = semantic.ComparePrevious, semantic.CompareYearAgo
	tests := []struct {
		name string
		p    semantic.Period
		kind semantic.CompareKind
		unit semantic.Grain
		want semantic.Period
	}{
		{"of October September", span("2026-10-01", "2026-11-01"), previous, semantic.Month, span("2026-09-01", "2026-10-01")},
		{"of March February", span("2026-03-01", "2026-04-01"), previous, semantic.Month, span("2026-02-01", "2026-03-01")},
		{"of January December", span("2026-01-01", "2026-02-01"), previous, semantic.Month, span("2025-12-01", "2026-01-01")},
		{"whole months need no unit", span("2026-10-01", "2026-11-01"), previous, "", span("2026-09-01", "2026-10-01")},
		{"three months", span("2026-08-01", "2026-11-01"), previous, semantic.Month, span("2026-05-01", "2026-08-01")},
		{"quarter", span("2026-01-01", "2026-04-01"), previous, semantic.Quarter, span("2025-10-01", "2026-01-01")},
		{"half", span("2026-07-01", "2027-01-01"), previous, "", span("2026-01-01", "2026-07-01")},
		{"year", span("2024-01-01", "2025-01-01"), previous, semantic.Year, span("2023-01-01", "2024-01-01")},
		{"week", span("2026-11-09", "2026-11-16"), previous, semantic.Week, span("2026-11-02", "2026-11-09")},
		{"six weeks", span("2026-10-05", "2026-11-16"), previous, semantic.Week, span("2026-08-24", "2026-10-05")},
		{"day", span("2026-11-22", "2026-11-23"), previous, semantic.Day, span("2026-11-21", "2026-11-22")},
		{"thirty days", span("2026-10-23", "2026-11-22"), previous, "", span("2026-09-23", "2026-10-23")},
		{"hours", span("2026-11-22T09:00", "2026-11-22T12:00"), previous, "", span("2026-11-22T06:00", "2026-11-22T09:00")},
		{"month to date", span("2026-11-01", "2026-11-23"), previous, semantic.Month, span("2026-10-01", "2026-10-23")},
		{"month to date, longer than the one before", span("2026-03-01", "2026-03-31"), previous, semantic.Month, span("2026-02-01", "2026-03-01")},
		{"quarter to date", span("2026-10-01", "2026-11-23"), previous, semantic.Quarter, span("2026-07-01", "2026-08-23")},
		{"week to date", span("2026-11-16", "2026-11-19"), previous, semantic.Week, span("2026-11-09", "2026-11-12")},
		{"week to date from Sunday", span("2026-11-15", "2026-11-19"), previous, semantic.Week, span("2026-11-08", "2026-11-12")},
		{"year to date", span("2026-01-01", "2026-11-23"), previous, semantic.Year, span("2025-01-01", "2025-11-23")},
		{"year to date after a leap day", span("2028-01-01", "2028-03-02"), previous, semantic.Year, span("2027-01-01", "2027-03-02")},
		{"part of a month without a unit", span("2026-10-01", "2026-10-16"), previous, "", span("2026-09-16", "2026-10-01")},

		{"month a year ago", span("2026-10-01", "2026-11-01"), yearAgo, semantic.Month, span("2025-10-01", "2025-11-01")},
		{"February after a leap year", span("2029-02-01", "2029-03-01"), yearAgo, semantic.Month, span("2028-02-01", "2028-03-01")},
		{"leap February", span("2028-02-01", "2028-03-01"), yearAgo, semantic.Month, span("2027-02-01", "2027-03-01")},
		{"leap day", span("2028-02-29", "2028-03-01"), yearAgo, semantic.Day, span("2027-02-28", "2027-03-01")},
		{"until the leap day", span("2028-02-20", "2028-03-01"), yearAgo, "", span("2027-02-20", "2027-03-01")},
		{"to date a year ago", span("2026-11-01", "2026-11-23"), yearAgo, semantic.Month, span("2025-11-01", "2025-11-23")},
		{"year", span("2026-01-01", "2027-01-01"), yearAgo, semantic.Year, span("2025-01-01", "2026-01-01")},
		{"dates", span("2026-10-03", "2026-10-10"), yearAgo, "", span("2025-10-03", "2025-10-10")},
		{"ISO week", span("2026-11-09", "2026-11-16"), yearAgo, semantic.Week, span("2025-11-10", "2025-11-17")},
		{"ISO week after a year of 53", span("2027-01-04", "2027-01-11"), yearAgo, semantic.Week, span("2025-12-29", "2026-01-05")},
		{"53rd week", span("2026-12-28", "2027-01-04"), yearAgo, semantic.Week, span("2025-12-22", "2025-12-29")},
		{"week from Sunday", span("2026-11-08", "2026-11-15"), yearAgo, semantic.Week, span("2025-11-09", "2025-11-16")},
		{"hours a year ago", span("2026-11-22T09:00", "2026-11-22T12:00"), yearAgo, "", span("2025-11-22T09:00", "2025-11-22T12:00")},

		{"open start", span("", "2026-11-01"), previous, "", semantic.Period{}},
		{"open end", span("2026-11-01", ""), yearAgo, "", semantic.Period{}},
		{"empty", span("2026-11-01", "2026-11-01"), previous, "", semantic.Period{}},
		{"another kind", span("2026-10-01", "2026-11-01"), semantic.CompareExplicit, "", semantic.Period{}},
	}
	for _, tt := range tests {
		if got := period.Align(tt.p, tt.kind, tt.unit); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestApply(t *testing.T) {
	october, toDate := span("2026-10-01", "2026-11-01"), span("2026-11-01", "2026-11-23")
	tests := []struct {
		text string
		base semantic.Period
		unit semantic.Grain
		want semantic.Period
	}{
		{"작년 같은 달", october, semantic.Month, span("2025-10-01", "2025-11-01")},
		{"작년 같은 달", toDate, semantic.Month, span("2025-11-01", "2025-12-01")},
		{"작년 같은 달", span("2026-10-03", "2026-10-06"), "", span("2025-10-01", "2025-11-01")},
		{"작년 같은 기간", toDate, semantic.Month, span("2025-11-01", "2025-11-23")},
		{"작년 동기", span("2026-08-01", "2026-11-01"), semantic.Month, span("2025-08-01", "2025-11-01")},
		{"작년 같은 분기", october, semantic.Month, span("2025-10-01", "2026-01-01")},
		{"작년 같은 주", span("2026-11-09", "2026-11-16"), semantic.Week, span("2025-11-10", "2025-11-17")},
		{"작년 같은 주", span("2026-11-11", "2026-11-12"), semantic.Day, span("2025-11-10", "2025-11-17")},
		{"재작년 같은 달", october, semantic.Month, span("2024-10-01", "2024-11-01")},
		{"same month last year", october, semantic.Month, span("2025-10-01", "2025-11-01")},
		{"a year ago", span("2028-02-29", "2028-03-01"), semantic.Day, span("2027-02-28", "2027-03-01")},
		{"the year before", span("2025-01-01", "2026-01-01"), semantic.Year, span("2024-01-01", "2025-01-01")},
		{"the year before", october, semantic.Month, span("2025-10-01", "2025-11-01")},
		{"그 전 달은", october, semantic.Month, span("2026-09-01", "2026-10-01")},
		{"그 전 달은", toDate, semantic.Month, span("2026-10-01", "2026-11-01")},
		{"the month before", span("2026-01-15", "2026-01-20"), "", span("2025-12-01", "2026-01-01")},
		{"한 달 전", toDate, semantic.Month, span("2026-10-01", "2026-10-23")},
		{"한 달 전", span("2026-03-31", "2026-04-01"), semantic.Day, span("2026-02-28", "2026-03-01")},
		{"한 달 전", span("2026-08-01", "2026-11-01"), semantic.Month, span("2026-07-01", "2026-10-01")},
		{"그 전 주", span("2026-11-09", "2026-11-16"), semantic.Week, span("2026-11-02", "2026-11-09")},
		{"일주일 전", span("2026-11-20", "2026-11-21"), semantic.Day, span("2026-11-13", "2026-11-14")},
		{"previous quarter", span("2026-07-01", "2026-10-01"), semantic.Quarter, span("2026-04-01", "2026-07-01")},
		{"previous quarter", october, semantic.Month, span("2026-07-01", "2026-10-01")},
		{"그 전날", span("2026-11-20", "2026-11-21"), semantic.Day, span("2026-11-19", "2026-11-20")},
		{"그 다음 달은?", span("2026-01-01", "2026-02-01"), semantic.Month, span("2026-02-01", "2026-03-01")},
		{"the week after that", span("2026-11-02", "2026-11-09"), semantic.Week, span("2026-11-09", "2026-11-16")},
		{"그 전은?", october, semantic.Month, span("2026-09-01", "2026-10-01")},
		{"previous period", span("2026-10-05", "2026-11-16"), semantic.Week, span("2026-08-24", "2026-10-05")},
		{"그 다음 기간", span("2026-01-01", "2026-04-01"), semantic.Quarter, span("2026-04-01", "2026-07-01")},
		{"작년 같은 달", span("", "2026-11-01"), "", semantic.Period{}},
	}
	for _, tt := range tests {
		m := period.Parse(tt.text, options(t, "2026-11-22T10:30"))
		if len(m) != 1 || m[0].Kind != period.Shift {
			t.Fatalf("%s: %v", tt.text, m)
		}
		if got := period.Apply(m[0], tt.base, tt.unit); got != tt.want {
			t.Errorf("%s of %v: %v", tt.text, tt.base, got)
		}
	}
	if got := period.Apply(period.Mention{Kind: period.Range}, october, semantic.Month); got != (semantic.Period{}) {
		t.Errorf("a range is no shift: %v", got)
	}
}

func TestDescribe(t *testing.T) {
	tests := []struct {
		p      semantic.Period
		ko, en string
	}{
		{span("2026-10-01", "2026-11-01"), "2026년 10월", "October 2026"},
		{span("2026-07-01", "2026-10-01"), "2026년 3분기", "Q3 2026"},
		{span("2026-10-01", "2027-01-01"), "2026년 4분기", "Q4 2026"},
		{span("2026-01-01", "2026-07-01"), "2026년 상반기", "H1 2026"},
		{span("2026-07-01", "2027-01-01"), "2026년 하반기", "H2 2026"},
		{span("2025-01-01", "2026-01-01"), "2025년", "2025"},
		{span("2024-01-01", "2026-01-01"), "2024–2025년", "2024–2025"},
		{span("2026-08-01", "2026-11-01"), "2026년 8–10월", "August–October 2026"},
		{span("2025-11-01", "2026-03-01"), "2025년 11월–2026년 2월", "November 2025–February 2026"},
		{span("2026-11-22", "2026-11-23"), "2026-11-22", "2026-11-22"},
		{span("2026-11-01", "2026-11-23"), "2026-11-01–11-22", "2026-11-01–11-22"},
		{span("2025-12-28", "2026-01-04"), "2025-12-28–2026-01-03", "2025-12-28–2026-01-03"},
		{span("2024-01-01", ""), "2024-01-01부터", "since 2024-01-01"},
		{span("", "2026-11-22"), "2026-11-21까지", "until 2026-11-21"},
		{span("", ""), "전체 기간", "all time"},
		{span("2026-11-22T09:00", "2026-11-22T12:00"), "2026-11-22 09:00–12:00", "2026-11-22 09:00–12:00"},
		{span("2026-11-22T09:00", "2026-11-23"), "2026-11-22 09:00–24:00", "2026-11-22 09:00–24:00"},
		{span("2026-11-21T10:00", "2026-11-22T10:00"), "2026-11-21 10:00–2026-11-22 10:00", "2026-11-21 10:00–2026-11-22 10:00"},
		{span("", "2026-11-22T10:00"), "2026-11-22 10:00까지", "until 2026-11-22 10:00"},
	}
	for _, tt := range tests {
		if ko, en := period.Describe(tt.p, "ko"), period.Describe(tt.p, "en"); ko != tt.ko || en != tt.en {
			t.Errorf("%v: %q, %q", tt.p, ko, en)
		}
	}
}

func TestGrainFor(t *testing.T) {
	tests := []struct {
		p    semantic.Period
		want semantic.Grain
	}{
		{span("2026-11-22", "2026-11-23"), semantic.Hour},
		{span("2026-11-22T09:00", "2026-11-22T12:00"), semantic.Hour},
		{span("2026-11-16", "2026-11-23"), semantic.Day},
		{span("2026-07-01", "2026-09-01"), semantic.Day},
		{span("2026-07-01", "2026-10-01"), semantic.Week},
		{span("2026-07-01", "2027-01-01"), semantic.Week},
		{span("2026-01-01", "2026-11-23"), semantic.Month},
		{span("2023-01-01", "2027-01-01"), semantic.Month},
		{span("2020-01-01", "2027-01-01"), semantic.Quarter},
		{span("2000-01-01", "2027-01-01"), semantic.Year},
		{span("", "2027-01-01"), semantic.Month},
		{span("", ""), semantic.Month},
	}
	for _, tt := range tests {
		if got := period.GrainFor(tt.p); got != tt.want {
			t.Errorf("%v: %s", tt.p, got)
		}
	}
}
