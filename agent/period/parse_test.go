package period_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/period"
)

// TestParse reads testdata/parse*.txt: lines "text => mentions", after a line
// "@ now [sunday] [fiscal=4]" that sets the options. "-" are no mentions.
func TestParse(t *testing.T) {
	cases, negative := 0, 0
	for _, c := range readCases(t, "testdata/parse.txt", "testdata/parse_now.txt", "testdata/parse_not.txt") {
		cases++
		if c.want == "-" {
			negative++
		}
		if got := render(c.text, period.Parse(c.text, c.opts)); got != c.want {
			t.Errorf("%s:%d: %s\n got %s\nwant %s", c.file, c.line, c.text, got, c.want)
		}
	}
	if cases < 500 || negative < 80 {
		t.Errorf("only %d cases, %d of them negative", cases, negative)
	}
}

type parseCase struct {
	file       string
	line       int
	text, want string
	opts       period.Options
}

func readCases(t testing.TB, files ...string) (cases []parseCase) {
	t.Helper()
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var opts period.Options
		s := bufio.NewScanner(f)
		for n := 1; s.Scan(); n++ {
			line := s.Text()
			switch {
			case strings.HasPrefix(line, "@ "):
				opts = options(t, line[2:])
			case line != "" && !strings.HasPrefix(line, "#"):
				text, want, ok := strings.Cut(line, " => ")
				if !ok {
					t.Fatalf("%s:%d: no =>", file, n)
				}
				cases = append(cases, parseCase{file, n, text, want, opts})
			}
		}
	}
	return cases
}

func options(t testing.TB, line string) period.Options {
	t.Helper()
	words := strings.Fields(line)
	now, err := time.Parse("2006-01-02T15:04", words[0])
	if err != nil {
		t.Fatal(err)
	}
	o := period.Options{Now: now, WeekStart: time.Monday, Calendar: calendar.Default()}
	for _, w := range words[1:] {
		switch {
		case w == "sunday":
			o.WeekStart = time.Sunday
		case strings.HasPrefix(w, "fiscal="):
			if _, err := fmt.Sscanf(w, "fiscal=%d", &o.FiscalYearStart); err != nil {
				panic(err) // in the test's own table
			}
		}
	}
	return o
}

// render writes mentions as the test data has them; dates are inclusive.
func render(text string, mentions []period.Mention) string {
	var all []string
	for _, m := range mentions {
		words := []string{fmt.Sprintf("[%s] %s", text[m.From:m.To], m.Kind)}
		switch m.Kind {
		case period.By:
			words = append(words, string(m.Grain))
		case period.Versus:
			words = append(words, string(m.Compare))
		case period.Shift:
			words = append(words, fmt.Sprintf("%+d", m.Count), string(m.Step))
		}
		if m.Kind == period.Range || !m.Period.Start.IsZero() || !m.Period.End.IsZero() {
			words = append(words, dates(m))
		}
		if m.Unit != "" {
			words = append(words, string(m.Unit))
		}
		if m.Bare {
			words = append(words, "bare")
		}
		if m.Event != "" {
			words = append(words, fmt.Sprintf("%s/%d", m.Event, m.Edition))
		}
		if m.Future {
			words = append(words, "future")
		}
		all = append(all, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	if len(all) == 0 {
		return "-"
	}
	return strings.Join(all, "; ")
}

func dates(m period.Mention) string {
	p := m.Period
	var start, end string
	if !p.Start.IsZero() {
		start = p.Start.Format(time.DateOnly)
		if p.Start.Hour() != 0 || !p.End.IsZero() && p.End.Hour() != 0 {
			return p.Start.Format("2006-01-02T15") + ".." + p.End.Format("2006-01-02T15")
		}
	}
	if !p.End.IsZero() {
		end = p.End.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if start == end && start != "" {
		return start
	}
	return start + ".." + end
}
