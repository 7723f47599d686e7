package calendar_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

const ownEvents = `# Our own days.
events:
  - id: acme.anniversary
    name: {ko: 창립기념 세일, en: Founder's sale}
    aliases: [창립 기념전]
    market: KR
    markets: [JP]
    class: shopping
    when: {nth: {month: 5, weekday: monday, n: -1}, offset: 2}
    before: 1
    after: 3
    since: 2020
    except:
      - {year: 2025, start: 2025-06-10, end: 2025-06-12}
    windows: {lead: 7, tail: 2}
    prepare:
      - {days: 10, what: {ko: 물량 확정, en: Settle stock}}
    source: 사내 공지
  - id: acme.offsite
    name: {ko: 전사 워크숍, en: Company offsite}
    market: KR
    class: announced
    off: [{since: 2026}]
    when:
      editions:
        - {year: 2026, start: 2026-10-08}
        - {year: 2027, start: 2027-05-14, status: tentative}
    expect: {from: 10-01, to: 10-20}
    source: 사내 공지
  - id: kr.white_day
    replace: true
    name: {ko: 화이트데이, en: White Day}
    market: KR
    class: shopping
    when: {date: 03-14}
    windows: {lead: 20, tail: 0}
    source: 사내 기준
`

func TestOwnEvents(t *testing.T) {
	own, err := calendar.Load(fstest.MapFS{"own.yaml": {Data: []byte(ownEvents)}, "README.md": {Data: []byte("no rules")}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(own)
	if err != nil {
		t.Fatal(err)
	}
	// The last Monday of May 2026 is the 25th.
	expect(t, c, "acme.anniversary", 2026, day("2026-05-26"), day("2026-05-30"))
	expect(t, c, "acme.anniversary", 2025, day("2025-06-10"), day("2025-06-12"))
	if _, ok := c.Edition("acme.anniversary", 2019); ok {
		t.Error("before it was held")
	}
	if id, ok := c.Find("창립기념전"); !ok || id != "acme.anniversary" {
		t.Error(id)
	}
	e, _ := c.Edition("acme.anniversary", 2026)
	if due, err := c.Deadlines("KR", e); err != nil || len(due) != 1 || !due[0].Due.Equal(day("2026-05-11")) {
		t.Errorf("%v %v", due, err)
	}
	if works, _ := c.Workday("KR", day("2026-10-08")); works {
		t.Error("the company's day off is worked")
	}
	if works, _ := c.Workday("KR", day("2027-05-14")); !works {
		t.Error("a tentative day off is not worked")
	}
	if white, _ := c.Event("kr.white_day"); white.Windows.Lead != 20 {
		t.Errorf("%+v", white)
	}
	if got := c.Unconfirmed(day("2028-10-01"), day("2028-10-31")); len(got) != 1 && got[0].Event != "acme.offsite" {
		t.Errorf("%v", got)
	}
	if _, ok := calendar.Default().Event("acme.offsite"); ok {
		t.Error("the embedded rules changed")
	}
	if _, err := c.With(calendar.Extra{Events: []calendar.Event{{ID: "x.y", Name: calendar.Names{Ko: "창립 기념전", En: "x"}, Market: "KR", Class: calendar.Season}}}); !errors.Is(err, calendar.ErrName) {
		t.Errorf("%v", err)
	}
}

// TestDocumentedExample reads the example of the documentation.
func TestDocumentedExample(t *testing.T) {
	text, err := os.ReadFile("../../docs/calendar.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no example")
	}
	own, err := calendar.Read("calendar.md", strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(own)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, c, "acme.anniversary", 2026, day("2026-05-26"), day("2026-05-30"))
}

// row is an event with a line changed.
func row(change ...string) string {
	text := `events:
  - id: acme.x
    name: {ko: 우리, en: Ours}
    market: KR
    class: shopping
    when: {date: 03-14}
    source: x
`
	return strings.NewReplacer(change...).Replace(text)
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"unknown key":     {row("source: x", "sauce: x"), "own.yaml:7:5: unknown field"},
		"no YAML":         {"events: [", "own.yaml:1:"},
		"another type":    {row("{date: 03-14}", "[1]"), "own.yaml:6:"},
		"no source":       {row("    source: x\n", ""), "own.yaml:2:5: event \"acme.x\": an event needs"},
		"id":              {row("acme.x", "ours"), "own.yaml:2:5: event \"ours\": an id is"},
		"market":          {row("KR", "Korea"), "own.yaml:2:5: event \"acme.x\": market \"Korea\""},
		"class":           {row("shopping", "party"), "own.yaml:2:5: event \"acme.x\": no class"},
		"no such date":    {row("03-14", "02-30"), `"02-30" is no date`},
		"leap day":        {row("03-14", "02-29"), "not in every year"},
		"no rule":         {row("{date: 03-14}", "{}"), "0 rules instead of one"},
		"two rules":       {row("{date: 03-14}", "{date: 03-14, easter: 1}"), "2 rules instead of one"},
		"half a season":   {row("{date: 03-14}", "{from: 03-14}"), "from and to"},
		"weekday":         {row("{date: 03-14}", "{nth: {month: 3, weekday: Someday, n: 1}}"), "no weekday"},
		"fifth":           {row("{date: 03-14}", "{nth: {month: 3, weekday: monday, n: 5}}"), "n 1–4"},
		"lunar month":     {row("{date: 03-14}", "{lunar: {calendar: kr, month: 13, day: 1}}"), "month 1–12"},
		"lunar calendar":  {row("{date: 03-14}", "{lunar: {calendar: vn, month: 1, day: 1}}"), "no lunar calendar"},
		"lunar day":       {row("{date: 03-14}", "{lunar: {calendar: kr, month: 1, day: 30}}"), "day 1–29"},
		"longitude":       {row("{date: 03-14}", "{longitude: 360}"), "longitude 360"},
		"edition's date":  {row("{date: 03-14}", "{editions: [{year: 2026, start: 2026-02-30}]}"), `"2026-02-30" is no date`},
		"edition's order": {row("{date: 03-14}", "{editions: [{year: 2026, start: 2026-02-03, end: 2026-02-01}]}"), "is before"},
		"edition's year":  {row("{date: 03-14}", "{editions: [{year: 2020, start: 2026-02-03}]}"), "is not of the year 2020"},
		"edition's state": {row("{date: 03-14}", "{editions: [{year: 2026, start: 2026-02-03, status: maybe}]}"), "no status"},
		"expected rule":   {row("source: x", "expect: {from: 01-01, to: 02-01}\n    source: x"), "expect is for announced"},
		"prepare":         {row("source: x", "prepare: [{days: 3}]\n    source: x"), "prepare needs"},
		"substitute":      {row("source: x", "substitute: {on: friday}\n    source: x"), "substitute"},
		"idle offset":     {row("{date: 03-14}", "{date: 03-14, offset: 1}"), "offset goes with"},
		"idle before":     {row("{date: 03-14}", "{from: 03-14, to: 03-20}\n    before: 1"), "before, after"},
		"not off":         {row("source: x", "substitute: {on: sunday}\n    source: x"), "substitute is for"},
		"windows":         {row("source: x", "windows: {lead: -3}\n    source: x"), "windows of -3"},
		"twice":           {row() + strings.TrimPrefix(row(), "events:\n"), `own.yaml:8:5: event "acme.x" is there twice`},
		"an alias":        {row("source: x", "source: &a x\n    id: *a"), "anchors"},
		"deep":            {"events: " + strings.Repeat("[", 10_000), "nested too deeply"},
		"dashes":          {"events:\n  " + strings.Repeat("- ", 10_000), "nested too deeply"},
		"large":           {strings.Repeat("# x\n", 2<<20), "larger than 4 MiB"},
		"a market":        {"markets:\n  - id: Brazil\n    name: {ko: 브라질, en: Brazil}\n    official_until: 2026\n", `own.yaml:2:5: market "Brazil"`},
		"worked":          {"markets:\n  - id: BR\n    name: {ko: 브라질, en: Brazil}\n    official_until: 2026\n    worked: [2026-01-05]\n", "no date at a weekend"},
	}
	for name, tt := range tests {
		_, err := calendar.Read("own.yaml", strings.NewReader(tt.text))
		if err == nil || !strings.HasPrefix(err.Error(), "own.yaml:") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// All of a file's mistakes are told at once.
	_, err := calendar.Read("own.yaml", strings.NewReader(row("KR", "Korea")+strings.TrimPrefix(row("shopping", "party", "acme.x", "acme.y"), "events:\n")))
	if err == nil || strings.Count(err.Error(), "own.yaml:") != 2 {
		t.Errorf("%v", err)
	}
}

func TestOwnEventsBesideOurs(t *testing.T) {
	tests := map[string]struct {
		text, want string
	}{
		"taken id":       {row("acme.x", "kr.chuseok"), "own.yaml:2:5: there is an event kr.chuseok already; say replace: true"},
		"nothing to":     {row("source: x", "replace: true\n    source: x"), "own.yaml:2:5: there is no event acme.x to replace"},
		"taken name":     {row("ko: 우리", "ko: 한가위"), `own.yaml:2:5: kr.chuseok and acme.x are both called "한가위"`},
		"taken by world": {row("en: Ours", "en: Halloween"), `are both called "Halloween"`},
		"taken market":   {"markets:\n  - id: KR\n    name: {ko: 한국, en: Korea}\n    official_until: 2026\n", "own.yaml:2:5: market KR is described already"},
	}
	for name, tt := range tests {
		own, err := calendar.Read("own.yaml", strings.NewReader(tt.text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := calendar.New(own); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// In another country the name may mean another day; ours stays what questions find.
	own, err := calendar.Read("own.yaml", strings.NewReader(row("KR", "BR", "ko: 우리", "ko: 어린이날")))
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(own)
	if err != nil {
		t.Fatal(err)
	}
	if id, _ := c.Find("어린이날"); id != "kr.childrens_day" {
		t.Error(id)
	}
	if id, _ := c.Find("Ours"); id != "acme.x" {
		t.Error(id)
	}
}

func TestAMarketOfOnesOwn(t *testing.T) {
	own, err := calendar.Read("br.yaml", strings.NewReader(`
markets:
  - {id: BR, name: {ko: 브라질, en: Brazil}, since: 2025, until: 2030, official_until: 2026}
events:
  - {id: br.tiradentes, name: {ko: 치라덴치스의 날, en: Tiradentes}, market: BR, when: {date: 04-21}, off: [{}], source: Lei 662/1949}
  - {id: br.carnival, name: {ko: 브라질 카니발, en: Carnival}, market: BR, class: observance, when: {easter: -47}, source: custom}
`))
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(own)
	if err != nil {
		t.Fatal(err)
	}
	if works, err := c.Workday("BR", day("2026-04-21")); err != nil || works {
		t.Errorf("%v %v", works, err)
	}
	if _, err := c.Workday("BR", day("2031-04-21")); !errors.Is(err, calendar.ErrYear) {
		t.Error(err)
	}
	if e, _ := c.Edition("br.tiradentes", 2027); e.Status != calendar.Estimated {
		t.Errorf("%+v", e)
	}
	expect(t, c, "br.carnival", 2026, day("2026-02-17"), day("2026-02-17"))
}

func TestEveryYearOfEveryRuleIsAYear(t *testing.T) {
	c := calendar.Default()
	for year := calendar.FirstYear; year <= calendar.LastYear; year++ {
		from, to := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)
		seen := map[string]bool{}
		for _, e := range c.List(from, to, calendar.Filter{}) {
			key := e.Event + "|" + e.Market + "|" + e.Label
			if e.End.Before(e.Start) || e.Days() > 120 || e.Label == "" || e.Status == "" || e.Class == "" || e.Source == "" || seen[key] {
				t.Errorf("%+v", e)
			}
			seen[key] = true
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add(ownEvents)
	f.Add(row("{date: 03-14}", "{nth: {month: 2, weekday: monday, n: -5}, offset: -200}"))
	f.Add(row("{date: 03-14}", "{geng: {longitude: 359.9, n: 9}}"))
	f.Add(row("{date: 03-14}", "{hijri: {month: 12, day: 29}}"))
	f.Add("events:\n- - - - \n")
	f.Fuzz(func(t *testing.T, text string) {
		own, err := calendar.Read("own.yaml", strings.NewReader(text))
		if err != nil {
			return
		}
		c, err := calendar.New(own)
		if err != nil {
			return
		}
		for _, e := range c.List(day("2025-01-01"), day("2027-12-31"), calendar.Filter{}) {
			if e.End.Before(e.Start) {
				t.Errorf("%+v", e)
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := calendar.New(); err != nil {
			b.Fatal(err)
		}
	}
}
