package extract_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/calendar/extract"
)

// TestHostilePages is not parallel, so that the CPU time is its own.
func TestHostilePages(t *testing.T) {
	date := "<p>달빛마켓 블랙위크 2026년 11월 23일(월)</p>"
	big := strings.Repeat("<div><p>상품 12345 11,900원 (11/1) 010-1234-5678 ~~~ 1.2.3.4 Mon May 5</p></div>", 60_000)
	for _, tt := range []struct {
		name, body string
		dates      int // of 2026-11-23; -1 where reading may be refused
	}{
		{"5 MB", date + big, 1},
		{"a megabyte of digits", date + "<p>" + strings.Repeat("1", 1<<20) + "</p>", 1},
		{"a megabyte of dots", date + "<p>" + strings.Repeat("1.", 1<<19) + "</p>", 1},
		{"a megabyte of ranges", date + "<p>" + strings.Repeat("11월 23~", 1<<17) + "</p>", 1},
		{"one line of many dates", "<h1>달빛마켓 블랙위크</h1><p>" + strings.Repeat("2026년 11월 23일(월) ", 1<<15) + "</p>", 1},
		{"brackets", date + "<p>" + strings.Repeat("11월 23일(월", 1<<16) + "</p>", 1},
		{"deep", strings.Repeat("<div>", 300) + date, 1},
		{"too deep", strings.Repeat("<div>", 100_000) + date, -1},
		{"bytes that are not UTF-8", date + "\xff\xfe<p>\x80\x81 11월 \xec\x9b 23일</p>", 1},
		{"CP949 left as it was", date + "<p>\xb4\xde\xba\xfb 11\xbf\xf9 23\xc0\xcf</p>", 1},
		{"NUL", date + "<p>\x00\x00</p>", 1},
		{"attributes", date + "<p " + strings.Repeat("a=b ", 100_000) + ">x</p>", 1},
		{"one attribute", date + `<p style="` + strings.Repeat("x", 1<<20) + `">x</p>`, 1},
		{"unclosed comment", date + "<!--" + strings.Repeat("-", 1<<16), 1},
		{"many declared events", date + strings.Repeat(`<script type="application/ld+json">{"@type":"Event","name":"x","startDate":"2027-01-01"}</script>`, 5000), 1},
		{"nested arrays", date + `<script type="application/ld+json">` + strings.Repeat("[", 9000) + `</script>`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begun := spent()
			d, err := extract.Read(extract.Page{URL: "https://example.com/", Body: []byte(tt.body), FetchedAt: today})
			if err != nil {
				if tt.dates >= 0 || !errors.Is(err, extract.ErrNoText) {
					t.Fatal(err)
				}
				return
			}
			best := d.Best(extract.Options{Names: []string{"달빛마켓 블랙위크"}, Market: "KR"}, today, nil)
			found := 0
			for _, c := range best {
				if c.Start.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
					found++
				}
			}
			if found != tt.dates {
				t.Errorf("%d dates found", found)
			}
			// Each takes below 1 s, ten times that with the race detector; a quadratic mistake
			// takes minutes.
			if took := spent() - begun; took > 20*time.Second {
				t.Errorf("took %v of CPU", took)
			}
			t.Logf("took %v of CPU", spent()-begun)
		})
	}
}

func TestRefusedPages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body []byte
		want error
	}{
		{bytes.Repeat([]byte("x"), extract.MaxBytes+1), extract.ErrTooLarge},
		{nil, extract.ErrNoText},
		{[]byte("<script>only</script>"), extract.ErrNoText},
		{[]byte(" \n\u200b "), extract.ErrNoText},
	} {
		if _, err := extract.Read(extract.Page{Body: tt.body}); !errors.Is(err, tt.want) {
			t.Errorf("%.20q: %v, want %v", tt.body, err, tt.want)
		}
	}
}

func TestEveryDoubtHasItsSentence(t *testing.T) {
	t.Parallel()
	for _, code := range []extract.DoubtCode{extract.DoubtWeekday, extract.DoubtPastYear, extract.DoubtGuessed, extract.DoubtContext, extract.DoubtOrder,
		extract.DoubtSideline, extract.DoubtPast, extract.DoubtOutside, extract.DoubtUnnamed, extract.DoubtNoQuote, extract.DoubtReread,
		extract.DoubtReversed, extract.DoubtLong, extract.DoubtFar, extract.DoubtOver, extract.DoubtRule, extract.DoubtConflict, extract.DoubtSources,
		extract.DoubtMore, extract.DoubtHalf, extract.DoubtUnreadable, extract.DoubtNotVisible} {
		d := extract.Doubt{Code: code}
		ko, en := d.Text("ko"), d.Text("en")
		if ko == en || !strings.HasSuffix(ko, ".") || !strings.HasSuffix(en, ".") || strings.Contains(ko+en, "%!") {
			t.Errorf("%s: %q, %q", code, ko, en)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"<p>2026년 11월 23일(월)~29일(일)</p>", "<table><tr><td>11.23~12.3", "Nov 23–29, 2026 (Mon", "’26.1.1~", "12.28(월)~1.3(일) 10:00",
		`<script type="application/ld+json">{"@type":"Event","startDate":"2026-11-23T00:00`, "Mon 23 Nov – Sun 29", "음력 8월 15일", "\xff\xfe", "from 5/12 to 12/5", "from 1!0000 01.1",
		`<div itemscope itemtype="Event"><time itemprop="startDate" datetime="2026-02-30">`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d, err := extract.Read(extract.Page{URL: "https://example.com/", Body: []byte(body), FetchedAt: today})
		if err != nil {
			return
		}
		if !utf8.ValidString(d.Text) {
			t.Errorf("text is not UTF-8: %q", d.Text)
		}
		for _, c := range d.Candidates(extract.Options{Names: []string{"달빛"}, Lunar: lunar}) {
			if c.Quote == "" || !d.Holds(c.Quote) || !d.Holds(c.Sentence) {
				t.Errorf("quote %q or sentence %q is not on the page %q", c.Quote, c.Sentence, d.Text)
			}
			if c.Start.IsZero() || c.End.IsZero() || c.Start.Year() < 1900 || c.End.Year() > 2105 {
				t.Errorf("%q gave %v–%v", c.Quote, c.Start, c.End)
			}
			for _, doubt := range d.Check(c, today, extract.Rule{}) {
				if doubt.Code == extract.DoubtReread && !c.Declared {
					t.Errorf("%q in %q: %s gave %s", c.Quote, c.Sentence, extract.Dates(c.Start, c.End), doubt.Detail)
				}
			}
		}
	})
}
