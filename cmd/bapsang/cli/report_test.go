package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// reported is what is compared of "report --format json".
type reported struct {
	Figures struct {
		People    int            `json:"people"`
		Returned  int            `json:"returned"`
		Questions int            `json:"questions"`
		Answered  int            `json:"answered"`
		Declined  int            `json:"declined"`
		AskedBack int            `json:"asked_back"`
		Rungs     map[string]int `json:"rungs"`
		Good      int            `json:"good"`
		Bad       int            `json:"bad"`
		LLM       struct {
			Calls   int `json:"calls"`
			Without int `json:"without"`
		} `json:"llm"`
	} `json:"figures"`
	Reasons   grouped `json:"reasons"`
	AskedFor  grouped `json:"asked_for"`
	Questions grouped `json:"questions"`
	Channels  grouped `json:"channels"`
	Worst     []struct {
		Number, ID, Text, Channel string
		Bad                       int
	} `json:"worst"`
	Saved struct {
		Questions int     `json:"questions"`
		Low       float64 `json:"low_hours"`
		High      float64 `json:"high_hours"`
	} `json:"saved"`
}

type grouped struct {
	List []struct {
		Name      string `json:"name"`
		Questions int    `json:"questions"`
		People    int    `json:"people"`
	} `json:"list"`
	Rest int `json:"rest"`
}

// of is the group of a name, as questions/people; empty for none.
func (g grouped) of(name string) string {
	for _, one := range g.List {
		if one.Name == name {
			return fmt.Sprintf("%d/%d", one.Questions, one.People)
		}
	}
	return ""
}

// reportOf has the command report in JSON.
func reportOf(t *testing.T, args ...string) (r reported) {
	t.Helper()
	code, out, errs := run(t, append(append([]string{"--now", now, "report"}, args...), "--format", "json")...)
	if code != 0 {
		t.Fatalf("report %v: %d %s", args, code, errs)
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// asking is what somebody asks, and what they think of the answer.
type asking struct{ user, channel, text, verdict string }

// several is what four people ask; nobody but one asks for the gym.
func several() []asking {
	var out []asking
	for i, user := range []string{"kim-minji", "lee-alex", "park-dana", "choi-suho"} {
		verdict := []string{"good", "bad", "", "wrong"}[i]
		out = append(out, asking{user, "sales", "지난달 지역별 매출", verdict}, asking{user, "general", "  이직률 보여줘? ", ""})
	}
	return append(out, asking{"kim-minji", "sales", "헬스장 회원 수", "bad"}, asking{"lee-alex", "sales", "지난달 매출", "good"}, asking{"kim-minji", "general", "내년 4월 매출", ""})
}

// TestTheReportCountsWhatTheAPISays has people ask and judge, and counts for itself what
// the API answered. The figures are the same while the program runs, after a crash, and when
// nobody runs.
func TestTheReportCountsWhatTheAPISays(t *testing.T) {
	t.Parallel()
	dir := ownDemo(t)
	p := start(t, "--now", now, "demo", "--listen", "127.0.0.1:0", "--data-dir", dir)
	ids := p.asks(t, several())
	want, reasons := p.recount(t, ids)
	where := []string{"--data-dir", filepath.Join(dir, "demo"), "--since", now}
	check := func(what string) {
		t.Helper()
		r := reportOf(t, where...)
		if got := r.Figures; !reflect.DeepEqual(got, want.Figures) {
			t.Errorf("%s:\n got %+v\nwant %+v", what, got, want.Figures)
		}
		if r.Saved.Questions != want.Saved.Questions || r.Saved.High <= 0 || r.Saved.High < r.Saved.Low {
			t.Errorf("%s: saved %+v, want %+v", what, r.Saved, want.Saved)
		}
		for reason, n := range reasons {
			if got := r.Reasons.of(reason); n < 3 != (got == "") {
				t.Errorf("%s: %d were declined for %s, reported %q", what, n, reason, got)
			}
		}
		checkGroups(t, what, r)
	}
	check("while it runs")
	p.kill()
	check("after a crash")
	p = start(t, "--now", now, "demo", "--listen", "127.0.0.1:0", "--data-dir", dir)
	for i, a := range several() {
		if a.verdict == "wrong" { // they looked again
			p.judge(t, ids[i], "good", a.user)
			want.Figures.Good, want.Figures.Bad, want.Saved.Questions = want.Figures.Good+1, want.Figures.Bad-1, want.Saved.Questions+1
		}
	}
	check("with another opinion")
	p.kill()
	checkForms(t, where)
}

// asks asks, waits for the answers, and has people judge them.
func (p *process) asks(t *testing.T, all []asking) (ids []string) {
	t.Helper()
	for i, a := range all {
		body := fmt.Sprintf(`{"channel":%q,"user":%q,"text":%q,"dedupe_key":"%d"}`, a.channel, a.user, a.text, i)
		code, got := p.call(t, "POST", "/api/v1/questions", body, token)
		if code != http.StatusAccepted {
			t.Fatalf("ask: %d %v", code, got)
		}
		ids = append(ids, got["id"].(string))
		p.answer(t, ids[i], token)
		if a.verdict != "" {
			p.judge(t, ids[i], a.verdict, a.user)
		}
	}
	return ids
}

func (p *process) judge(t *testing.T, id, verdict, user string) {
	t.Helper()
	if code, got := p.call(t, "POST", "/api/v1/questions/"+id+"/feedback", fmt.Sprintf(`{"verdict":%q,"user":%q}`, verdict, user), token); code != http.StatusNoContent {
		t.Fatalf("feedback: %d %v", code, got)
	}
}

// recount counts what the API says of the crowd's questions.
func (p *process) recount(t *testing.T, ids []string) (want reported, reasons map[string]int) {
	t.Helper()
	f := &want.Figures
	f.Rungs, reasons = map[string]int{}, map[string]int{}
	people := map[string]bool{}
	for i, a := range several() {
		answer := p.answer(t, ids[i], token)["answer"].(map[string]any)
		people[a.user] = true
		f.Questions++
		calls := int(answer["llm"].(map[string]any)["calls"].(float64))
		f.LLM.Calls += calls
		switch rung := answer["rung"].(string); {
		case rung != "none":
			f.Answered++
			f.Rungs[rung]++
			if calls == 0 {
				f.LLM.Without++
			}
			if a.verdict == "good" || a.verdict == "" {
				want.Saved.Questions++
			}
		default:
			f.Declined++
			reasons[answer["reason"].(string)]++
		}
		switch a.verdict {
		case "good":
			f.Good++
		case "bad", "wrong":
			f.Bad++
		}
	}
	f.People = len(people)
	return want, reasons
}

// checkGroups looks at what is told apart: nothing that fewer than three people did.
func checkGroups(t *testing.T, what string, r reported) {
	t.Helper()
	if got := r.Questions.of("지난달 지역별 매출"); got != "4/4" {
		t.Errorf("%s: what four people asked is %q", what, got)
	}
	if got := r.AskedFor.of("이직률"); got != "4/4" {
		t.Errorf("%s: what four people missed is %q in %+v", what, got, r.AskedFor)
	}
	for _, g := range []grouped{r.Reasons, r.AskedFor, r.Questions, r.Channels} {
		for _, one := range g.List {
			if one.People < 3 || strings.Contains(one.Name, "헬스장") {
				t.Errorf("%s: %q of %d people is told apart", what, one.Name, one.People)
			}
		}
	}
	if r.Questions.Rest != 3 { // the gym, last month, next year
		t.Errorf("%s: %d other questions", what, r.Questions.Rest)
	}
}

// checkForms reads the report in its other forms: figures, no name, and a page that needs
// nothing else.
func checkForms(t *testing.T, where []string) {
	t.Helper()
	for form, parts := range map[string][]string{
		"md ko":   {"# 활용 리포트 · 2026-11-22", "4명이 11건을 물었고", "| 답함 ", "## 아낀 시간 (추정)", "가정", "알 수 없는 것", "정의된 지표"},
		"md en":   {"# Value report", "4 people asked 11 questions", "assumption", "cannot know"},
		"html ko": {"<!doctype html>", "prefers-color-scheme", "<svg", "아낀 시간 (추정)", "<code>report.minutes_per_question</code>"},
		"html en": {"<html lang=\"en\">", "4 people asked 11 questions"},
	} {
		format, language, _ := strings.Cut(form, " ")
		code, out, errs := run(t, append([]string{"--now", now, "report", "--format", format, "--language", language}, where...)...)
		if code != 0 {
			t.Fatalf("%s: %d %s", form, code, errs)
		}
		for _, part := range parts {
			if !strings.Contains(out, part) {
				t.Errorf("%s: no %q in\n%s", form, part, out)
			}
		}
		for _, a := range several() {
			if strings.Contains(out, a.user) {
				t.Errorf("%s names %s", form, a.user)
			}
		}
		for _, outside := range []string{"http://", "https://", "src=", "<link", "@import", "<script"} {
			if clean := strings.ReplaceAll(strings.ReplaceAll(out, "http://www.w3.org/2000/svg", ""), "http://www.w3.org/1999/xlink", ""); format == "html" && strings.Contains(clean, outside) {
				t.Errorf("%s needs %q from elsewhere", form, outside)
			}
		}
	}
}

// TestTheReportOfAWorkspace has people ask in a channel and alone in one week, and the report
// sent in the next: to a channel, set up by an operator, and by the month in a chat. What was
// asked alone is quoted nowhere.
func TestTheReportOfAWorkspace(t *testing.T) {
	t.Parallel()
	const more = "report: {minutes_per_question: 6}\nsubscriptions:\n  - {name: value, owner: \"slack:@" + slacktest.Minji + "\", to: [\"slack:" + slacktest.Sales + "\"], when: 매주 월요일 9시, report: week}\n"
	w := inSlackAt(t, "2026-11-18T10:00:00+09:00", slacktest.Options{NoRates: true}, more)
	const dana = "U0DANA00009"
	w.SetUser(slacktest.User{ID: dana, Name: "dana", RealName: "Dana", Locale: "ko-KR", TZ: "Asia/Seoul", Team: w.Team(), Email: "dana@example.com"})
	w.Join(dana, slacktest.Sales)
	people := []string{slacktest.Minji, slacktest.Alex, dana}
	for _, user := range people {
		w.answer(w.Say(user, slacktest.Sales, w.Mention()+" 지역별 금액 합계"), 1)
		dm := w.DM(user)
		w.answer(w.Say(user, dm, "상품별 수량 합계"), 1)
	}
	week := []string{"--config", w.config, "--since", "2026-11-16", "--until", "2026-11-22"}
	for deadline := time.Now().Add(time.Minute); reportOf(t, week...).Figures.Questions < 2*len(people); {
		if time.Now().After(deadline) {
			t.Fatal("the last question does not end") // its answer is seen a moment before
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
	w.p.kill()
	r := reportOf(t, week...)
	if f := r.Figures; f.People != 3 || f.Questions != 6 || f.Answered != 6 || f.Returned != 0 {
		t.Errorf("figures %+v", f)
	}
	if r.Questions.of("지역별 금액 합계") != "3/3" || r.Channels.of("direct") != "3/3" || r.Channels.of("slack:"+slacktest.Sales) != "3/3" {
		t.Errorf("questions %+v, channels %+v", r.Questions, r.Channels)
	}
	if r.Saved.Questions != 6 || r.Saved.Low != r.Saved.High || r.Saved.High > 0.6 || r.Saved.High < 0.5 {
		t.Errorf("six answers, six minutes each: %+v", r.Saved)
	}
	for _, args := range [][]string{{"--format", "md"}, {"--format", "json"}, {"--format", "html"}} {
		code, out, errs := run(t, append([]string{"--now", "2026-11-23", "report", "--config", w.config}, args...)...)
		if code != 0 || strings.Contains(out, "상품별 수량") || strings.Contains(out, "Minji") || strings.Contains(out, slacktest.Minji) {
			t.Errorf("%v: %d %s\n%s", args, code, errs, out)
		}
	}

	w.now = afterNine
	w.serve()
	w.until("the report", func() bool { return len(w.sent(slacktest.Sales)) > 0 })
	sent := w.sent(slacktest.Sales)[0]
	w.reads("the report", slacktest.Text(sent), "활용 리포트", "2026-11-16–11-22", "3명이 6건을 물었고 6건에 답했어요", "아낀 시간 (추정)", "6분")
	w.until("its details", func() bool { return len(w.replies(sent)) >= 2 })
	all := slacktest.Text(sent)
	for _, m := range w.replies(sent) {
		all += slacktest.Text(m)
	}
	w.reads("its details", all, "알 수 없는 것", "설정에 적힌 가정")
	// One channel alone has seen the question, so that it is no news for others.
	for _, secret := range []string{"지역별 금액", "상품별 수량", "Minji", slacktest.Minji} {
		if strings.Contains(all, secret) {
			t.Errorf("what is sent to a channel says %q", secret)
		}
	}
	told := w.answer(w.Say(slacktest.Alex, slacktest.Sales, w.Mention()+" 매달 활용 리포트를 나에게 보내줘"), 1)
	w.reads("what was set up", slacktest.Text(told), "매월 1일 09:00", "활용 리포트", "나에게", "12/1(화) 09:00", "2026-10")
	shown := w.answer(w.Say(slacktest.Alex, slacktest.Sales, w.Mention()+" show me the value report"), 1)
	w.reads("what is shown at once", slacktest.Text(shown), "3 people asked 6 questions", "every Monday at 9")
}

// TestReportRefusals are mistakes of who asks for a report.
func TestReportRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := func(more string) string {
		path := filepath.Join(t.TempDir(), "bapsang.yaml")
		if err := os.WriteFile(path, []byte("sources: [{name: a, driver: files, dsn: ./a.csv}]\n"+more), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"--data-dir", dir}, "there is no"},
		{[]string{"--data-dir", dir, "--config", config("")}, "not by both"},
		{[]string{"--config", config("report: {minutes_per_question: [9, 3]}\n")}, ":2:"},
		{[]string{"--config", config("report: {minutes_per_question: ten}\n")}, "a number of minutes"},
		{[]string{"--config", config("subscriptions: [{name: v, owner: \"web:@k\", to: [\"web:a\"], when: 매주, report: year}]\n")}, "week and month"},
	} {
		if code, _, errs := run(t, append([]string{"report"}, tt.args...)...); code != 2 || !strings.Contains(errs, tt.says) {
			t.Errorf("%v: %d %s", tt.args, code, errs)
		}
	}
}
