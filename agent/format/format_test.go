package format_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/format"
)

// amount is a decimal number as text, as sources deliver sums of money.
type amount string

func (a amount) Float64() float64 { f, _ := strconv.ParseFloat(string(a), 64); return f }

func TestValue(t *testing.T) {
	tests := []struct {
		v      float64
		f      format.Format
		ko, en string
	}{
		{1218540000, format.KRW, "1,218,540,000원", "₩1,218,540,000"},
		{-1218540000, format.KRW, "−1,218,540,000원", "−₩1,218,540,000"},
		{12345.5, format.KRW, "12,346원", "₩12,346"},
		{-12345.5, format.KRW, "−12,346원", "−₩12,346"},
		{0.5, format.KRW, "0.5원", "₩0.5"},
		{1234.5, format.USD, "1,234.50달러", "$1,234.50"},
		{0.1 + 0.2, format.USD, "0.30달러", "$0.30"},
		{1.005, format.USD, "1.01달러", "$1.01"},
		{0.00042, format.USD, "0.00042달러", "$0.00042"},
		{99.9, format.EUR, "99.90유로", "€99.90"},
		{1500, format.JPY, "1,500엔", "¥1,500"},
		{12.5, "chf", "12.50 CHF", "12.50 CHF"},
		{12.5, "kwd", "12.500 KWD", "12.500 KWD"},
		{0.335, format.Percent, "33.5%", "33.5%"},
		{0.041, format.Percent, "4.1%", "4.1%"},
		{0.06, format.Percent, "6.0%", "6.0%"},
		{1, format.Percent, "100%", "100%"},
		{0, format.Percent, "0%", "0%"},
		{0.0004, format.Percent, "0.04%", "0.04%"},
		{123.456, format.Percent, "12,346%", "12,346%"},
		{-0.124, format.Percent, "−12.4%", "−12.4%"},
		{0.012, format.Points, "+1.2%p", "+1.2 pp"},
		{-0.012, format.Points, "−1.2%p", "−1.2 pp"},
		{0, format.Points, "0%p", "0 pp"},
		{2.354, format.Ratio, "2.35배", "2.35×"},
		{1234, "count:건", "1,234건", "1,234"},
		{1234, "count:orders", "1,234 orders", "1,234 orders"},
		{1, "count:orders", "1 orders", "1 order"},
		{1, "count:categories", "1 categories", "1 category"},
		{12.5, "count:kg", "12.5 kg", "12.5 kg"},
		{7, "count:", "7", "7"},
		{1, format.Days, "1일", "1 day"},
		{3.25, format.Days, "3.25일", "3.25 days"},
		{2, format.Hours, "2시간", "2 hours"},
		{1, format.Minutes, "1분", "1 minute"},
		{30, format.Seconds, "30초", "30 seconds"},
		{2026, format.Year, "2026", "2026"},
		{83269, format.ID, "83269", "83269"},
		{1e15 + 7, format.ID, "1000000000000007", "1000000000000007"},
		{4.356, format.Score, "4.36", "4.36"},
		{4, format.Score, "4.0", "4.0"},
		{1234567.891, format.Number, "1,234,567.89", "1,234,567.89"},
		{12, format.Number, "12", "12"},
		{0.00123, format.Number, "0.0012", "0.0012"},
		{1e-12, format.Number, "0", "0"},
		{2.5, format.Integer, "3", "3"},
		{-2.5, format.Integer, "−3", "−3"},
		{-0.4, format.Integer, "0", "0"},
		{math.Copysign(0, -1), format.Number, "0", "0"},
		{1e30, format.Number, "1×10^30", "1×10^30"},
		{math.NaN(), format.KRW, "–", "–"},
		{math.Inf(1), format.Percent, "–", "–"},
		{1790985600, format.Date, "2026-10-03", "2026-10-03"},
		{5, "what is this", "5", "5"},
	}
	for _, tt := range tests {
		if got := format.Value(tt.v, tt.f, "ko"); got != tt.ko {
			t.Errorf("Value(%v, %q, ko) = %q, want %q", tt.v, tt.f, got, tt.ko)
		}
		if got := format.Value(tt.v, tt.f, "en"); got != tt.en {
			t.Errorf("Value(%v, %q, en) = %q, want %q", tt.v, tt.f, got, tt.en)
		}
	}
}

func TestShort(t *testing.T) {
	tests := []struct {
		v      float64
		f      format.Format
		ko, en string
	}{
		{1218540000, format.KRW, "12억 1,854만 원", "₩1.22B"},
		{-112000000, format.KRW, "−1억 1,200만 원", "−₩112M"},
		{408410000, format.KRW, "4억 841만 원", "₩408M"},
		{100000000, format.KRW, "1억 원", "₩100M"},
		{99999999, format.KRW, "1억 원", "₩100M"},
		{99994999, format.KRW, "9,999만 원", "₩100M"},
		{12345678, format.KRW, "1,235만 원", "₩12.3M"},
		{1234567, format.KRW, "123만 4,567원", "₩1.23M"},
		{12345, format.KRW, "1만 2,345원", "₩12.3K"},
		{10000, format.KRW, "1만 원", "₩10K"},
		{9999.6, format.KRW, "1만 원", "₩10K"},
		{9876, format.KRW, "9,876원", "₩9,876"},
		{0, format.KRW, "0원", "₩0"},
		{1234567890123, format.KRW, "1조 2,346억 원", "₩1.23T"},
		{999999999999, format.KRW, "1조 원", "₩1T"},
		{5.1e16, format.KRW, "5경 1,000조 원", "₩51,000T"},
		{1.5e8, format.USD, "1억 5,000만 달러", "$150M"},
		{1234.5, format.USD, "1,234.50달러", "$1,234.50"},
		{1234, "count:건", "1,234건", "1,234"},
		{120000, "count:건", "12만 건", "120K"},
		{12345, "count:건", "1만 2,345건", "12.3K"},
		{120000, "count:orders", "12만 orders", "120K orders"},
		{0.335, format.Percent, "33.5%", "33.5%"},
		{999999, format.Number, "99만 9,999", "1M"},
		{999499, format.Number, "99만 9,499", "999K"},
		{1234567, format.Score, "1,234,567.0", "1,234,567.0"},
		{math.NaN(), format.KRW, "–", "–"},
	}
	for _, tt := range tests {
		if got := format.Short(tt.v, tt.f, "ko"); got != tt.ko {
			t.Errorf("Short(%v, %q, ko) = %q, want %q", tt.v, tt.f, got, tt.ko)
		}
		if got := format.Short(tt.v, tt.f, "en"); got != tt.en {
			t.Errorf("Short(%v, %q, en) = %q, want %q", tt.v, tt.f, got, tt.en)
		}
	}
}

func TestSigned(t *testing.T) {
	tests := []struct {
		v    float64
		f    format.Format
		lang string
		want string
	}{
		{0.041, format.Percent, "ko", "+4.1%"},
		{-0.124, format.Percent, "en", "−12.4%"},
		{-112000000, format.KRW, "ko", "−1억 1,200만 원"},
		{1220000000, format.KRW, "en", "+₩1.22B"},
		{0.012, format.Points, "ko", "+1.2%p"},
		{-0.012, format.Points, "en", "−1.2 pp"},
		{0, format.Percent, "ko", "0%"},
		{0, format.Points, "ko", "0%p"},
		{-0.3, format.Integer, "ko", "0"},
		{3, "count:건", "ko", "+3건"},
		{math.Inf(-1), format.Percent, "ko", "–"},

		// Never more digits than a reader can use.
		{-0.00046, format.Percent, "ko", "0.0%"},
		{0.0007, format.Percent, "ko", "+0.1%"},
		{0.00996, format.Percent, "en", "+1.0%"},
		{0.000018, format.Points, "ko", "0.0%p"},
		{-0.00046, format.Points, "ko", "−0.05%p"},
		{0.00096, format.Points, "en", "+0.1 pp"},
		{0.00104, format.Points, "en", "+0.1 pp"},
		{0.0123456, format.Points, "ko", "+1.2%p"},
		{2.5, format.Points, "ko", "+250.0%p"},
	}
	for _, tt := range tests {
		if got := format.Signed(tt.v, tt.f, tt.lang); got != tt.want {
			t.Errorf("Signed(%v, %q, %s) = %q, want %q", tt.v, tt.f, tt.lang, got, tt.want)
		}
	}
}

func TestExact(t *testing.T) {
	tests := []struct {
		cell any
		f    format.Format
		lang string
		want string
	}{
		{nil, format.KRW, "ko", "–"},
		{true, "", "ko", "예"},
		{false, "", "en", "no"},
		{int64(math.MaxInt64), "", "ko", "9,223,372,036,854,775,807"},
		{int64(math.MinInt64), "", "ko", "−9,223,372,036,854,775,808"},
		{uint8(7), "count:건", "ko", "7건"},
		{12.5, format.USD, "en", "$12.50"},
		{float32(0.5), format.Percent, "en", "50.0%"},
		{amount("12345678901234567890.125"), format.USD, "en", "$12,345,678,901,234,567,890.13"},
		{amount("-0.004"), format.USD, "en", "−$0.004"},
		{amount("-0.00"), format.USD, "en", "$0.00"},
		{amount("not a number"), format.USD, "en", "not a number"},
		{amount("1e999999999"), format.USD, "en", "1e999999999"},
		{json.Number("1234.5"), format.KRW, "ko", "1,235원"},
		{"서울특별시", format.KRW, "ko", "서울특별시"},
		{time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC), "", "ko", "2026-10-03"},
		{time.Date(2026, 10, 3, 14, 5, 0, 0, time.UTC), "", "ko", "2026-10-03 14:05"},
		{time.Date(2026, 10, 3, 14, 5, 9, 0, time.UTC), "", "ko", "2026-10-03 14:05:09"},
		{time.Date(2026, 10, 3, 14, 5, 9, 0, time.UTC), format.Date, "ko", "2026-10-03"},
		{time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC), format.Datetime, "ko", "2026-10-03 00:00"},
		{time.Time{}, "", "ko", "–"},
		{[]int{1}, "", "ko", "–"},
	}
	for _, tt := range tests {
		if got := format.Exact(tt.cell, tt.f, tt.lang); got != tt.want {
			t.Errorf("Exact(%v, %q, %s) = %q, want %q", tt.cell, tt.f, tt.lang, got, tt.want)
		}
	}
}

func TestTick(t *testing.T) {
	tests := []struct {
		v, step float64
		f       format.Format
		ko, en  string
	}{
		{8e6, 1e6, format.KRW, "800만", "₩8M"},
		{1.2e8, 2e7, format.KRW, "1.2억", "₩120M"},
		{1e8, 2e7, format.KRW, "1억", "₩100M"},
		{8e7, 2e7, format.KRW, "8,000만", "₩80M"},
		{1.25e8, 2.5e7, format.KRW, "1.25억", "₩125M"},
		{1.2001e9, 1e5, format.KRW, "12억 10만", "₩1,200,100,000"},
		{40000, 10000, format.USD, "4만", "$40K"},
		{2500, 500, format.USD, "2,500", "$2.5K"},
		{0, 10000, format.KRW, "0", "₩0"},
		{-8e6, 1e6, format.KRW, "−800만", "−₩8M"},
		{0.4, 0.2, format.Percent, "40%", "40%"},
		{0.025, 0.005, format.Percent, "2.5%", "2.5%"},
		{0.02, 0.01, format.Points, "2%p", "2 pp"},
		{1.5, 0.5, format.Ratio, "1.5배", "1.5×"},
		{1500, 500, "count:건", "1,500", "1.5K"},
		{0.25, 0.25, "", "0.25", "0.25"},
		{0.3, 0.1, "", "0.3", "0.3"},
		{-1e-17, 0.1, "", "0", "0"},
		{2026, 1, format.Year, "2026", "2026"},
		{3e-7, 1e-7, "", "0.0000003", "0.0000003"},
		{5, 0, "", "5", "5"},
		{math.NaN(), 1, "", "–", "–"},
	}
	for _, tt := range tests {
		if got := format.Tick(tt.v, tt.step, tt.f, "ko"); got != tt.ko {
			t.Errorf("Tick(%v, %v, %q, ko) = %q, want %q", tt.v, tt.step, tt.f, got, tt.ko)
		}
		if got := format.Tick(tt.v, tt.step, tt.f, "en"); got != tt.en {
			t.Errorf("Tick(%v, %v, %q, en) = %q, want %q", tt.v, tt.step, tt.f, got, tt.en)
		}
	}
}

func TestCompact(t *testing.T) {
	tests := []struct {
		v      float64
		f      format.Format
		ko, en string
	}{
		{408410000, format.KRW, "4.08억", "₩408M"},
		{99960000, format.KRW, "9,996만", "₩100M"},
		{99996000, format.KRW, "1억", "₩100M"},
		{12345, "count:건", "1.23만", "12.3K"},
		{9876, "count:건", "9,876", "9,876"},
		{980.4, "count:건", "980", "980"},
		{98.04, "", "98.04", "98.04"},
		{99.5, format.USD, "99.50", "$99.50"},
		{99, format.USD, "99", "$99"},
		{0, format.USD, "0", "$0"},
		{-2.2e8, format.KRW, "−2.2억", "−₩220M"},
		{0.0431, format.Percent, "4.3%", "4.3%"},
		{2.5, format.Ratio, "2.5배", "2.5×"},
		{1e20, "", "10,000경", "1×10^20"},
		{math.Inf(1), "", "–", "–"},
	}
	for _, tt := range tests {
		if got := format.Compact(tt.v, tt.f, "ko"); got != tt.ko {
			t.Errorf("Compact(%v, %q, ko) = %q, want %q", tt.v, tt.f, got, tt.ko)
		}
		if got := format.Compact(tt.v, tt.f, "en"); got != tt.en {
			t.Errorf("Compact(%v, %q, en) = %q, want %q", tt.v, tt.f, got, tt.en)
		}
	}
}

func TestUnit(t *testing.T) {
	tests := []struct {
		f      format.Format
		ko, en string
	}{
		{format.KRW, "원", ""}, {format.USD, "달러", ""}, {"chf", "CHF", "CHF"},
		{"count:건", "건", ""}, {"count:orders", "orders", "orders"},
		{format.Percent, "", ""}, {format.Days, "일", "days"}, {format.Number, "", ""},
	}
	for _, tt := range tests {
		if got := format.Unit(tt.f, "ko"); got != tt.ko {
			t.Errorf("Unit(%q, ko) = %q, want %q", tt.f, got, tt.ko)
		}
		if got := format.Unit(tt.f, "en"); got != tt.en {
			t.Errorf("Unit(%q, en) = %q, want %q", tt.f, got, tt.en)
		}
	}
}

func date(text string) time.Time {
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	return time.Time{}
}

func TestPeriod(t *testing.T) {
	tests := []struct{ start, end, ko, en string }{
		{"2026-10-01", "2026-11-01", "2026-10-01–10-31", "2026-10-01–10-31"},
		{"2026-10-03", "2026-10-04", "2026-10-03", "2026-10-03"},
		{"2025-12-15", "2026-01-15", "2025-12-15–2026-01-14", "2025-12-15–2026-01-14"},
		{"2026-07-01", "2026-10-01", "2026년 3분기", "Q3 2026"},
		{"2026-08-01", "2026-11-01", "2026-08-01–10-31", "2026-08-01–10-31"},
		{"2026-01-01", "2027-01-01", "2026년", "2026"},
		{"2024-01-01", "2027-01-01", "2024–2026년", "2024–2026"},
		{"2026-10-03 09:00", "2026-10-03 12:00", "2026-10-03 09:00–12:00", "2026-10-03 09:00–12:00"},
		{"2026-10-03 09:00", "2026-10-04 00:00", "2026-10-03 09:00–2026-10-04 00:00", "2026-10-03 09:00–2026-10-04 00:00"},
		{"", "2026-11-01", "2026-10-31까지", "until 2026-10-31"},
		{"2026-10-01", "", "2026-10-01부터", "since 2026-10-01"},
		{"", "", "전체 기간", "all time"},
		{"2026-10-03", "2026-10-03", "2026-10-03", "2026-10-03"},
	}
	for _, tt := range tests {
		if got := format.Period(date(tt.start), date(tt.end), "ko"); got != tt.ko {
			t.Errorf("Period(%s, %s, ko) = %q, want %q", tt.start, tt.end, got, tt.ko)
		}
		if got := format.Period(date(tt.start), date(tt.end), "en"); got != tt.en {
			t.Errorf("Period(%s, %s, en) = %q, want %q", tt.start, tt.end, got, tt.en)
		}
	}
	if got := format.PeriodShort(date("2025-10-01"), date("2025-11-01"), "ko"); got != "2025-10" {
		t.Errorf("PeriodShort of October = %q", got)
	}
	if got := format.PeriodShort(date("2025-10-01"), date("2025-10-08"), "ko"); got != "2025-10-01–10-07" {
		t.Errorf("PeriodShort of a week = %q", got)
	}
}

func TestDateIn(t *testing.T) {
	at := time.Date(2026, 10, 5, 14, 0, 0, 0, time.UTC)
	tests := []struct{ grain, ko, en, fullKo, fullEn string }{
		{"day", "10월 5일", "Oct 5", "2026년 10월 5일", "Oct 5, 2026"},
		{"week", "10월 5일 주", "week of Oct 5", "2026년 10월 5일 주", "week of Oct 5, 2026"},
		{"month", "2026년 10월", "Oct 2026", "2026년 10월", "Oct 2026"},
		{"quarter", "2026년 4분기", "Q4 2026", "2026년 4분기", "Q4 2026"},
		{"year", "2026년", "2026", "2026년", "2026"},
		{"hour", "10월 5일 14시", "Oct 5 14:00", "2026년 10월 5일 14시", "Oct 5, 2026 14:00"},
	}
	for _, tt := range tests {
		got := [4]string{
			format.DateIn(at, tt.grain, "ko"), format.DateIn(at, tt.grain, "en"),
			format.DateFull(at, tt.grain, "ko"), format.DateFull(at, tt.grain, "en"),
		}
		if want := [4]string{tt.ko, tt.en, tt.fullKo, tt.fullEn}; got != want {
			t.Errorf("%s: got %q, want %q", tt.grain, got, want)
		}
	}
}

func TestRecurring(t *testing.T) {
	got := strings.Join([]string{
		format.Weekday(1, "ko"), format.Weekday(7, "en"), format.Weekday(0, "ko"), format.Weekday(8, "en"),
		format.Hour(0, "ko"), format.Hour(9, "en"), format.Hour(24, "ko"), format.Hour(-1, "en"),
		format.Month(12, "ko"), format.Month(1, "en"), format.Month(0, "ko"), format.Month(13, "en"),
	}, " ")
	if want := "월 Sun – – 0시 09:00 – – 12월 Jan – –"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChange(t *testing.T) {
	tests := []struct {
		v          float64
		f          format.Format
		ko, en     string
		negligible bool
	}{
		{-0.124, format.Percent, "12.4%", "12.4%", false},
		{0.00046, format.Percent, "0.0%", "0.0%", true},
		{-0.000018, format.Points, "0.0%p", "0.0 pp", true},
		{-0.012, format.Points, "1.2%p", "1.2 pp", false},
		{-0.0004, format.Points, "0.04%p", "0.04 pp", false},
		{0, format.Percent, "0%", "0%", true},
		{-112000000, format.KRW, "1억 1,200만 원", "₩112M", false},
		{0.2, format.Integer, "0", "0", true},
		{math.NaN(), format.Percent, "–", "–", true},
	}
	for _, tt := range tests {
		if got := format.Change(tt.v, tt.f, "ko"); got != tt.ko {
			t.Errorf("Change(%v, %q, ko) = %q, want %q", tt.v, tt.f, got, tt.ko)
		}
		if got := format.Change(tt.v, tt.f, "en"); got != tt.en {
			t.Errorf("Change(%v, %q, en) = %q, want %q", tt.v, tt.f, got, tt.en)
		}
		if got := format.Negligible(tt.v, tt.f); got != tt.negligible {
			t.Errorf("Negligible(%v, %q) = %v", tt.v, tt.f, got)
		}
	}
}

func TestJosa(t *testing.T) {
	tests := []struct{ word, with, without, want string }{
		{"매출", "은", "는", "은"},
		{"경기도", "은", "는", "는"},
		{"서울", "으로", "로", "로"},
		{"부산", "으로", "로", "으로"},
		{"제주도", "으로", "로", "로"},
		{"서울", "과", "와", "과"},
		{"2025-10", "으로", "로", "으로"},
		{"2026-10-31", "으로", "로", "로"},
		{"3분기", "이", "가", "가"},
		{"2", "이", "가", "가"},
		{"33.5%", "을", "를", "를"},
		{"12억 1,854만 원", "을", "를", "을"},
		{"'통돌이 16kg · 오픈마켓'", "은", "는", "은"},
		{"서울(강남)", "은", "는", "은"},
		{"LG", "은", "는", "는"},
		{"CRM", "은", "는", "은"},
		{"SQL", "으로", "로", "로"},
		{"Google", "으로", "로", "로"},
		{"Facebook", "은", "는", "은"},
		{"TikTok", "이", "가", "이"},
		{"Store", "은", "는", "는"},
		{"Online", "은", "는", "은"},
		{"iPhone", "은", "는", "은"},
		{"server", "이", "가", "가"},
		{"web", "이", "가", "이"},
		{"大韓民國", "은", "는", "은(는)"},
		{"大韓民國", "으로", "로", "(으)로"},
		{"", "은", "는", "은(는)"},
		{"🍚", "이", "가", "이(가)"},

		// Units as they are read, after a number only.
		{"16kg", "이", "가", "이"}, // 킬로그램
		{"통돌이 16 KG", "으로", "로", "으로"},
		{"500g", "을", "를", "을"},
		{"5G", "이", "가", "가"}, // 지
		{"10m", "은", "는", "는"},
		{"3.5km", "으로", "로", "로"},
		{"500ml", "은", "는", "는"},
		{"27L", "은", "는", "는"},
		{"60dB", "으로", "로", "로"}, // 데시벨
		{"1TB", "이", "가", "가"},
		{"20㎏", "이", "가", "이"},
		{"33㎡", "은", "는", "는"},
		{"20℃", "은", "는", "는"},
		{"4K", "이", "가", "가"},
		{"M", "은", "는", "은"},
		{"100%", "으로", "로", "로"},
		{"+1.2%p", "이", "가", "가"},
		{"2.35배", "을", "를", "를"},
		{"3×", "은", "는", "는"},

		// Numbers.
		{"10", "이", "가", "이"},
		{"100", "은", "는", "은"},
		{"1,000", "으로", "로", "으로"},
		{"1,000,000,000,000", "은", "는", "는"}, // 조
		{"7", "으로", "로", "로"},
		{"0.5", "이", "가", "가"},
		{"3개", "이", "가", "가"},
		{"10월", "은", "는", "은"},
		{"10월", "으로", "로", "로"},
		{"2026년", "과", "와", "과"},
		{"12명", "을", "를", "을"},

		// Latin letters: by letter, or as a word.
		{"TV", "이", "가", "가"},
		{"CEO", "은", "는", "는"},
		{"VIP", "은", "는", "는"},
		{"ROAS", "은", "는", "는"},
		{"SALE", "으로", "로", "로"},
		{"HOME", "이", "가", "이"},
		{"KTX", "이", "가", "가"},
		{"Amazon", "은", "는", "은"},
		{"A+", "은", "는", "는"},

		// By what stands before brackets, quotes, stops and pictures.
		{"제주도(서귀포)", "은", "는", "는"},
		{"부산 [본점] ", "이", "가", "이"},
		{"세탁기(통돌이) (16kg)", "이", "가", "가"},
		{"(없음)", "은", "는", "은"},
		{"서울🍚", "이", "가", "이"},
		{"제주도 🎉🎉", "이", "가", "가"},
		{"\"매출\"", "이", "가", "이"},
		{"정말요?!", "은", "는", "는"},
		{"서울)", "은", "는", "은"},
		{"5$", "은", "는", "는"},
		{"서울", "은", "는", "은"}, // decomposed, as names of files on a Mac are
	}
	for _, tt := range tests {
		if got := format.Josa(tt.word, tt.with, tt.without); got != tt.want {
			t.Errorf("Josa(%q, %q, %q) = %q, want %q", tt.word, tt.with, tt.without, got, tt.want)
		}
	}
}

var negativeZero = regexp.MustCompile(`^[−+-][^1-9]*$`)

// FuzzFigures holds that no number and no format makes any of the writers panic,
// write an unsigned zero with a sign, or an ASCII minus.
func FuzzFigures(f *testing.F) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -0.005, 9999.5, 99999999.5, 1e16, -1e300, 5e-324, math.MaxFloat64} {
		for _, name := range []string{"", "krw", "usd", "percent", "points", "count:건", "score", "date", "chf"} {
			f.Add(v, v/3, name)
		}
	}
	f.Fuzz(func(t *testing.T, v, step float64, name string) {
		kind := format.Format(name)
		for _, lang := range []string{"ko", "en"} {
			for _, text := range []string{
				format.Value(v, kind, lang), format.Short(v, kind, lang), format.Signed(v, kind, lang),
				format.Tick(v, step, kind, lang), format.Compact(v, kind, lang), format.Exact(v, kind, lang), format.Unit(kind, lang),
			} {
				if kind != format.Date && kind != format.Datetime && negativeZero.MatchString(text) && !strings.ContainsAny(name, "-+−") {
					t.Errorf("%v as %q in %s: %q", v, name, lang, text)
				}
			}
		}
	})
}

// FuzzExactText holds that decimal text of any shape is written or shown as it is.
func FuzzExactText(f *testing.F) {
	for _, s := range []string{"", "-", "1e5", "--1", "1.2.3", "+5", "0x10", "-0", "1_000", ".5", "5."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := format.Exact(amount(text), format.KRW, "ko"); strings.HasPrefix(got, "-0") && text != got {
			t.Errorf("%q became %q", text, got)
		}
		format.Josa(text, "으로", "로")
	})
}

func BenchmarkShort(b *testing.B) {
	for b.Loop() {
		format.Short(1218540000, format.KRW, "ko")
	}
}
