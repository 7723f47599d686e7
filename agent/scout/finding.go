package scout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/connectors"
)

// Finding is what came of looking for one edition.
type Finding struct {
	Target Target
	Name   calendar.Names
	Now    *calendar.Edition // what the calendar says before anybody decides; nil for nothing
	Found  []Found
	Alerts []Alert

	// Silent are the engines, feeds and parts of them that did not answer, with the
	// reason: "naver: too many requests". With any, nothing found does not mean that
	// there is nothing.
	Silent []string
	Unread []string // pages that could not be read, with the reason
	Cut    bool     // the budget ended before everything was looked at
	Denied bool     // the name may not leave the company
	// Private is set for events of the company's own, which no engine is asked about.
	Private bool

	Searches, Pages int // made
}

// Found is one set of dates that sources give.
type Found struct {
	Result book.Result
	Item   string // to look at in the book; "" for dates that the rules have
	Dates  book.Span
	Status calendar.Status
	URLs   []string
	Doubts []extract.Doubt
}

// Alert is a page that contradicts a rule of the calendar. The rule holds.
type Alert struct{ URL, Says, Rule string }

func (f *Finding) silent(part string) {
	if !slices.Contains(f.Silent, part) {
		f.Silent = append(f.Silent, part)
	}
}

func (f *Finding) unread(url string, code connectors.Code) {
	f.Unread = append(f.Unread, url+": "+string(code))
}

// rank orders results by how much they say: a new item stays new when the same page, or
// another, is found to say the same.
var rank = map[book.Result]int{book.Added: 5, book.Supported: 4, book.Holds: 3, book.Known: 2, book.Refused: 1}

func (f *Finding) found(out book.Outcome, p book.Proposal, s book.Source) {
	for i := range f.Found {
		known := &f.Found[i]
		if known.Dates.Start.Equal(p.Start) && known.Dates.End.Equal(p.End) && known.Status == p.Status {
			if rank[out.Result] > rank[known.Result] {
				known.Result = out.Result
			}
			if !slices.Contains(known.URLs, s.URL) {
				known.URLs = append(known.URLs, s.URL)
			}
			known.Doubts = append(known.Doubts, s.Doubts...)
			return
		}
	}
	f.Found = append(f.Found, Found{Result: out.Result, Item: out.Item.ID, Dates: book.Span{Start: p.Start, End: p.End}, Status: p.Status,
		URLs: []string{s.URL}, Doubts: slices.Clone(s.Doubts)})
}

// Complete reports whether everything that should have been asked was, and answered.
// Only then does an empty Found mean that nothing was found.
func (f *Finding) Complete() bool {
	return len(f.Silent) == 0 && len(f.Unread) == 0 && !f.Cut && !f.Denied
}

// Retry reports whether looking again later may find more.
func (f *Finding) Retry() bool { return len(f.Silent) > 0 || f.Cut }

// News reports whether a curator has something new to look at.
func (f *Finding) News() bool {
	return len(f.Alerts) > 0 || slices.ContainsFunc(f.Found, func(x Found) bool { return x.Result == book.Added || x.Result == book.Supported })
}

// Text is the finding for the curators' channel, in language "ko" or "en": a line for
// what was found and one for what could not be asked. It holds names of pages: whoever
// puts it into markup escapes it.
func (f *Finding) Text(language string) string {
	say := english
	if language == "ko" {
		say = korean
	}
	title := fmt.Sprintf("%s %s", f.Name.In(language), f.Target.Label)
	var lines []string
	for _, x := range f.Found {
		if s := say.results[x.Result]; s != "" {
			lines = append(lines, title+": "+fmt.Sprintf(s, f.change(x, say), sources(x.URLs, say)))
		}
	}
	for _, a := range f.Alerts {
		lines = append(lines, title+": "+fmt.Sprintf(say.alert, extract.Domain(a.URL), a.Says, a.Rule))
	}
	if len(lines) == 0 {
		lines = append(lines, title+": "+f.nothing(say))
	}
	if len(f.Silent) > 0 {
		lines = append(lines, fmt.Sprintf(say.silent, strings.Join(f.Silent, ", ")))
	}
	if len(f.Unread) > 0 {
		lines = append(lines, fmt.Sprintf(say.unread, len(f.Unread)))
	}
	if f.Cut {
		lines = append(lines, say.cut)
	}
	return strings.Join(lines, "\n")
}

func (f *Finding) nothing(say words) string {
	switch {
	case f.Denied:
		return say.denied
	case f.Private:
		return say.private
	case f.Complete():
		return say.nothing
	}
	return say.notYet
}

// change says the dates found, after those of the calendar where they are others.
func (f *Finding) change(x Found, say words) string {
	dates := extract.Dates(x.Dates.Start, x.Dates.End)
	if s := say.status[x.Status]; s != "" {
		dates += " (" + s + ")"
	}
	if f.Now == nil {
		return dates
	}
	now := extract.Dates(f.Now.Start, f.Now.End)
	if now == extract.Dates(x.Dates.Start, x.Dates.End) {
		return dates
	}
	return now + " → " + dates
}

// sources names the domains, each once.
func sources(urls []string, say words) string {
	var domains []string
	for _, u := range urls {
		domains = union(domains, []string{extract.Domain(u)})
	}
	if len(domains) > 3 {
		return fmt.Sprintf(say.more, strings.Join(domains[:3], ", "), len(domains)-3)
	}
	return strings.Join(domains, ", ")
}

// words are the sentences of one language.
type words struct {
	results                                                            map[book.Result]string
	status                                                             map[calendar.Status]string
	alert, nothing, notYet, silent, unread, cut, denied, private, more string
}

var (
	korean = words{
		results: map[book.Result]string{
			book.Added: "새 날짜 제안 %s (출처: %s). 검토가 필요합니다.", book.Supported: "이미 제안된 %s의 출처가 늘었습니다 (%s).",
			book.Known: "%s 제안이 검토를 기다립니다 (출처: %s).", book.Holds: "달력의 날짜 %s 그대로입니다 (출처: %s).",
			book.Refused: "전에 거절한 %s 말고는 찾은 날짜가 없습니다 (출처: %s).",
		},
		status: map[calendar.Status]string{calendar.Cancelled: "취소", calendar.Postponed: "연기"},
		alert:  "%s에는 %s로 적혀 있지만, 달력 규칙은 %s입니다. 규칙을 따릅니다.", nothing: "아직 발표된 날짜를 찾지 못했습니다.",
		notYet: "답하지 않은 곳이 있어, 발표된 날짜가 없다고는 할 수 없습니다.", silent: "응답하지 않은 곳: %s. 나중에 다시 찾아봅니다.",
		unread: "읽지 못한 페이지가 %d개 있습니다.", cut: "이번에 쓸 수 있는 검색 횟수를 다 써서, 나머지는 다음에 찾아봅니다.",
		denied: "이름을 회사 밖에 알릴 수 없어 검색하지 않았습니다.", private: "회사 자체 일정이라 외부에서 검색하지 않았습니다.", more: "%s 외 %d곳",
	}
	english = words{
		results: map[book.Result]string{
			book.Added: "new dates suggested: %s (source: %s). They wait for a review.", book.Supported: "more sources for %s, suggested before (%s).",
			book.Known: "the suggestion %s still waits for a review (source: %s).", book.Holds: "%s holds, as in the calendar (source: %s).",
			book.Refused: "nothing but %s, which was rejected before (source: %s).",
		},
		status: map[calendar.Status]string{calendar.Cancelled: "cancelled", calendar.Postponed: "postponed"},
		alert:  "%s says %s, but the calendar's rule gives %s. The rule holds.", nothing: "no dates have been announced, as far as could be found.",
		notYet: "not everybody answered, so that dates may have been announced.", silent: "No answer from: %s. They will be asked again later.",
		unread: "%d pages could not be read.", cut: "The budget of searches is used up; the rest is looked for next time.",
		denied: "not searched for, because the name must not leave the company.", private: "the company's own event: nobody outside was asked.",
		more: "%s and %d more",
	}
)
