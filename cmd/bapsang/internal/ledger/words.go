package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// words are what the page says, in one language.
type words struct {
	lang, title, intro, made    string
	kinds                       map[string]string
	states                      map[State]string
	owner, since, expires, most string
	forGood, entries            string
	exhausted, timeout, cache   string
	when                        map[string]string
	what, calls, errors         string
	refused, cached, p95, peak  string
	today, yesterday, week      string
	off, offBecause, offUntil   string
	slowed, broken, paused      string
	acts, turnedOn, turnedOff   string
	trickle                     string
	any, atOnce, tokens, each   string
	used                        string // of tokens
	distress, switching, call   string
	distressLines               []string
	switchLines                 []string
	nobodyToCall                string
	none                        string
}

func wordsFor(language string) *words {
	if language == "en" {
		return &english
	}
	return &korean
}

var korean = words{
	lang: "ko", title: "호출 장부", intro: "밥상이 부르는 시스템마다 무엇을 약속했고, 많아야 얼마나 부르며, 실제로 얼마나 불렀는지 적었어요.",
	made:   "%s 기준 · 하루는 %s 시간으로 세요",
	kinds:  map[string]string{"model": "언어 모델", "source": "데이터베이스", "search": "검색", "feed": "피드", "pages": "웹 페이지"},
	states: map[State]string{Agreed: "약속이 있어요", Expiring: "약속이 곧 끝나요", Expired: "약속이 끝났어요", NotYet: "약속한 날이 아직 오지 않았어요", Nobody: "약속이 없어요"},
	owner:  "담당", since: "약속한 날", expires: "마지막 날", most: "최대", forGood: "정하지 않음", entries: "함께 쓰는 설정",
	exhausted: "다 쓰면", timeout: "한 번에 기다리는 시간", cache: "답을 다시 쓰는 시간",
	when: map[string]string{
		"queue": "차례를 기다려요. 더 부르지 않아요.", "degrade": "전에 받은 답을 쓰거나 그 부분을 빼고 답해요.", "refuse": "그 자리에서 그만두고 언제 다시 되는지 알려요.",
	},
	what: "기간", calls: "호출", errors: "답 없음", refused: "보내지 않음", cached: "캐시로 답함", p95: "95%가 걸린 시간", peak: "가장 바빴던 1분",
	today: "오늘", yesterday: "어제", week: "최근 7일",
	off: "%s에 %s 님이 껐어요", offBecause: "이유: %s", offUntil: "%s에 다시 켜져요",
	slowed: "힘들어 보여서 지금은 약속의 %d%%만 써요", broken: "답이 없어 %s까지 부르지 않아요", paused: "쉬게 해 달라고 해서 %s까지 부르지 않아요",
	acts: "켜고 끈 기록", turnedOn: "켬", turnedOff: "끔",
	trickle: "약속한 사람이 없어 조금씩만 불러요. 담당자와 얼마나 불러도 되는지 정해 주세요.",
	any:     "정해 둔 횟수 없음", atOnce: "동시에 %s번", tokens: "1분에 토큰 %s개", each: "프로세스마다",
	used:     "쓴 토큰",
	distress: "시스템이 힘들 때", switching: "저희를 끄려면", call: "연락할 곳",
	distressLines: []string{
		"429나 Retry-After를 받으면 그때까지 어느 서버에서도 부르지 않고, 속도를 반으로 줄여요.",
		"5xx이거나 답이 없으면 속도를 반으로 줄이고, 다섯 번 이어지면 10초 동안 부르지 않다가 한 번만 불러 봐요.",
		"답이 평소보다 네 배 넘게 느려져도 반으로 줄여요.",
		"10초에 5%씩 천천히 되돌리고, 다시 부르는 호출은 전체의 10%를 넘지 않아요.",
	},
	switchLines: []string{
		"아래로 연락해 주시면 바로 꺼요. 1초 안에 모든 서버가 멈춰요: `bapsang upstream off 이름 --config bapsang.yaml --because \"이유\"`",
		"급하면 429와 Retry-After로 답해 주세요. 24시간까지 그대로 지켜요.",
	},
	nobodyToCall: "설정의 contact에 연락처를 적어 주세요.",
	none:         "부르는 시스템이 없어요.",
}

var english = words{
	lang: "en", title: "Ledger of calls", intro: "What was agreed with the owner of each system that Bapsang calls, what it gets at most, and what it got.",
	made:   "As of %s · days are those of %s",
	kinds:  map[string]string{"model": "language model", "source": "database", "search": "search", "feed": "feed", "pages": "web pages"},
	states: map[State]string{Agreed: "agreed", Expiring: "the agreement ends soon", Expired: "the agreement has ended", NotYet: "agreed for a day to come", Nobody: "nobody agreed"},
	owner:  "Owner", since: "Agreed on", expires: "Last day", most: "At most", forGood: "not set", entries: "Shared by",
	exhausted: "When that is used up", timeout: "We wait for an answer", cache: "Answers are given again for",
	when: map[string]string{
		"queue": "we wait for room, and send nothing meanwhile", "degrade": "we use older answers, or leave that part out", "refuse": "we stop at once, and say when there is room again",
	},
	what: "When", calls: "Calls", errors: "Unanswered", refused: "Not sent", cached: "From cache", p95: "95 % took", peak: "Busiest minute",
	today: "Today", yesterday: "Yesterday", week: "Last 7 days",
	off: "Turned off at %s by %s", offBecause: "because: %s", offUntil: "on again at %s",
	slowed: "in distress, so that %d%% of what was agreed is used", broken: "not answering; left alone until %s", paused: "asked to be left alone until %s",
	acts: "Turned off and on", turnedOn: "on", turnedOff: "off",
	trickle: "Nobody agrees to it, so it gets a trickle. Its owner should say how much may be sent.",
	any:     "any number", atOnce: "%s at once", tokens: "%s tokens a minute", each: "each process",
	used:     "Tokens used",
	distress: "When your system is in distress", switching: "To switch us off", call: "Whom to call",
	distressLines: []string{
		"At a 429 or a Retry-After no server of ours calls until then, and the pace halves.",
		"At a 5xx or no answer the pace halves; after five in a row nobody calls for ten seconds, then one call finds out.",
		"When answers take more than four times as long as usual, the pace halves too.",
		"It comes back by 5% every ten seconds, and calls made a second time are never more than 10% of all.",
	},
	switchLines: []string{
		"Call us (below): it takes effect on all servers within a second: `bapsang upstream off NAME --config bapsang.yaml --because \"reason\"`",
		"In a hurry, answer 429 with Retry-After. It is kept, for up to 24 hours.",
	},
	nobodyToCall: "Write whom to call as contact in the configuration.",
	none:         "No system is called.",
}

// number is n with its thousands apart.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// rate is a rate in words.
func (w *words) rate(r connectors.Rate) string {
	n := number(r.Calls)
	korean := w.lang == "ko"
	if r.Zone != nil {
		if korean {
			return fmt.Sprintf("하루에 %s번 (%s 자정부터)", n, r.Zone)
		}
		return fmt.Sprintf("%s a day (from midnight in %s)", n, r.Zone)
	}
	unit := ""
	for _, u := range []struct {
		per    time.Duration
		ko, en string
	}{{24 * time.Hour, "24시간", "24 hours"}, {time.Hour, "1시간", "hour"}, {time.Minute, "1분", "minute"}, {time.Second, "1초", "second"}} {
		if r.Per == u.per {
			if unit = u.en; korean {
				unit = u.ko
			}
		}
	}
	if unit == "" {
		unit = w.span(r.Per)
	}
	if korean {
		return fmt.Sprintf("%s에 %s번", unit, n)
	}
	if r.Per == time.Hour {
		return n + " an hour"
	}
	if strings.Contains(unit, " ") {
		return n + " in " + unit
	}
	return n + " a " + unit
}

// span is a time in words.
func (w *words) span(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		per    time.Duration
		ko, en string
	}{{time.Hour, "시간", " h"}, {time.Minute, "분", " min"}, {time.Second, "초", " s"}, {time.Millisecond, "밀리초", " ms"}} {
		if n := d / u.per; n > 0 {
			d -= n * u.per
			unit := u.en
			if w.lang == "ko" {
				unit = u.ko
			}
			parts = append(parts, strconv.Itoa(int(n))+unit)
		}
	}
	return strings.Join(parts, " ")
}

// limits are the most that is sent, in words.
func (w *words) limits(l *Limits) string {
	var parts []string
	for _, r := range l.rates {
		parts = append(parts, w.rate(r))
	}
	if l.TokensPerMinute > 0 {
		parts = append(parts, fmt.Sprintf(w.tokens, number(l.TokensPerMinute)))
	}
	if l.Concurrency > 0 {
		parts = append(parts, fmt.Sprintf(w.atOnce, number(l.Concurrency)))
	}
	if len(parts) == 0 {
		return w.any
	}
	if l.EachProcess {
		parts = append(parts, w.each)
	}
	return strings.Join(parts, " · ")
}

// took is a 95th percentile in words.
func (w *words) took(f Figures) string {
	if f.Calls == 0 {
		return "–"
	}
	d := time.Duration(f.P95MS) * time.Millisecond
	unit := map[bool][2]string{true: {"초", "밀리초"}, false: {" s", " ms"}}[w.lang == "ko"]
	if d >= time.Second {
		return "≤ " + strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + unit[0]
	}
	return "≤ " + strconv.FormatInt(d.Milliseconds(), 10) + unit[1]
}

// peak is the busiest minute in words.
func (w *words) peak1(f Figures) string {
	if f.Peak == 0 {
		return "–"
	}
	return number(f.Peak) + " (" + f.PeakAt.Format("1/2 15:04") + ")"
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04") }

// notes are what is special about an upstream at the moment.
func (w *words) notes(u *Upstream) []string {
	var out []string
	if o := u.Off; o != nil {
		line := fmt.Sprintf(w.off, stamp(o.At), o.By)
		if o.Because != "" {
			line += " · " + fmt.Sprintf(w.offBecause, o.Because)
		}
		if o.Until != nil {
			line += " · " + fmt.Sprintf(w.offUntil, stamp(*o.Until))
		}
		out = append(out, line)
	}
	if u.State == Nobody || u.State == Expired {
		out = append(out, w.trickle)
	}
	if u.BrokenUntil != nil {
		out = append(out, fmt.Sprintf(w.broken, u.BrokenUntil.Format("15:04:05")))
	}
	if u.PausedUntil != nil {
		out = append(out, fmt.Sprintf(w.paused, stamp(*u.PausedUntil)))
	}
	if u.Pace < 1 {
		out = append(out, fmt.Sprintf(w.slowed, int(100*u.Pace+0.5)))
	}
	return out
}

// fact is a line about an upstream.
type fact struct{ Name, Value string }

func (w *words) facts(u *Upstream) []fact {
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	out := []fact{{w.most, w.limits(&u.AtMost)}, {w.owner, or(u.Owner, "–")}, {w.since, or(u.Agreed, "–")}, {w.expires, or(u.Expires, w.forGood)}, {w.exhausted, w.when[u.Exhausted]}}
	if u.AtMost.timeout > 0 {
		out = append(out, fact{w.timeout, w.span(u.AtMost.timeout)})
	}
	if u.AtMost.CacheSeconds > 0 {
		out = append(out, fact{w.cache, w.span(time.Duration(u.AtMost.CacheSeconds) * time.Second)})
	}
	if u.Week.Tokens > 0 {
		out = append(out, fact{w.used, fmt.Sprintf("%s %s · %s %s · %s %s", w.today, number(u.Today.Tokens), w.yesterday, number(u.Yesterday.Tokens), w.week, number(u.Week.Tokens))})
	}
	if len(u.Entries) > 0 {
		out = append(out, fact{w.entries, strings.Join(u.Entries, ", ")})
	}
	return out
}

// row is one line of figures.
type row struct {
	When                           string
	Calls, Errors, Refused, Cached string
	P95, Peak                      string
}

func (w *words) rows(u *Upstream) []row {
	var out []row
	for _, one := range []struct {
		when string
		f    Figures
	}{{w.today, u.Today}, {w.yesterday, u.Yesterday}, {w.week, u.Week}} {
		f := one.f
		out = append(out, row{one.when, number(f.Calls), number(f.Errors), number(f.Refused), number(f.Cached), w.took(f), w.peak1(f)})
	}
	return out
}

// act is an operator's act in words.
func (w *words) act(a Act) string {
	what := w.turnedOff
	if a.On {
		what = w.turnedOn
	}
	line := stamp(a.At) + " · " + what + " · " + a.By
	if a.Because != "" {
		line += " · " + a.Because
	}
	if a.Until != nil {
		line += " · " + fmt.Sprintf(w.offUntil, stamp(*a.Until))
	}
	return line
}
