package bottest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// Messages are messages of every kind, in Korean and English, ordinary and hostile,
// by a name that says what they are. Each call makes them anew.
func Messages() map[string]bot.Message {
	return map[string]bot.Message{
		"progress-ko":  progress("ko"),
		"progress-en":  progress("en"),
		"waiting-ko":   waiting(),
		"limit-ko":     limit("ko"),
		"limit-en":     limit("en"),
		"answer-ko":    answerKorean(),
		"answer-en":    answerEnglish(),
		"several":      several(),
		"direct-ko":    direct(),
		"clarify-ko":   clarify("ko"),
		"clarify-en":   clarify("en"),
		"refusal-ko":   refusal("ko"),
		"refusal-en":   refusal("en"),
		"failure-ko":   failure("ko"),
		"failure-en":   failure("en"),
		"notice-ko":    {Kind: bot.KindNotice, Language: "ko", Question: "q-notice", Text: "멈췄어요.", Buttons: []bot.Button{{Action: bot.ActionRetry, Label: "지금 다시"}}},
		"notice-plain": {Kind: bot.KindNotice, Language: "en", Text: "Monday's digest is off from now on."},
		"markdown":     {Kind: bot.KindAnswer, Language: "en", Question: "q-markdown", Text: Markdown},
		"hostile":      Hostile(),
		"long-table":   longTable(),
		"long-text":    {Kind: bot.KindAnswer, Language: "ko", Question: "q-long", Text: strings.Repeat("매출은 지역과 채널에 따라 다르게 움직였습니다. ", 100) + "끝말"},
		"empty":        {Kind: bot.KindAnswer, Language: "en", Question: "q-empty"},
	}
}

// Markdown has all that a message's text may hold, and much that is only text.
const Markdown = "**Revenue** was ₩2.31B, *up 6.4%*.\n\n" +
	"- online mall: `+9.1%`\n- stores: **flat**\n\n" +
	"1. first\n2. second\n\n" +
	"a line\nand its next, 2 * 3 * 4 = 24, snake_case_name, \\*not italic\\*, # no heading, [no](http://link.example), <b>no tag</b>"

func progress(language string) bot.Message {
	at := time.Date(2026, 11, 22, 10, 31, 58, 0, time.UTC)
	m := bot.Message{
		Kind: bot.KindProgress, Language: language, Question: "q-progress", Text: "매출(할인 후) × 지역, 2026-10-01–10-31 …",
		Progress: &bot.Progress{ETA: 2 * time.Second, Steps: []bot.Step{
			{Text: "질문을 읽었어요", At: at, Done: true}, {Text: "매출(할인 후) × 지역, 2026-10-01–10-31 …", At: at.Add(time.Second)},
		}},
		Buttons: []bot.Button{{Action: bot.ActionCancel, Label: "중지"}},
	}
	if language == "en" {
		m.Text, m.Buttons[0].Label = "Revenue × region, 2026-10-01–10-31 …", "Stop"
		m.Progress.Steps[0].Text, m.Progress.Steps[1].Text = "Question read", m.Text
	}
	return m
}

func waiting() bot.Message {
	return bot.Message{
		Kind: bot.KindProgress, Language: "ko", Question: "q-waiting", Text: "접수했어요 · 앞에 2건, 약 40초",
		Progress: &bot.Progress{Ahead: 2, ETA: 40 * time.Second},
		Buttons:  []bot.Button{{Action: bot.ActionCancel, Label: "중지"}},
	}
}

// limit is progress of a question whose turn at the language model is minutes away.
func limit(language string) bot.Message {
	m := bot.Message{
		Kind: bot.KindProgress, Language: language, Question: "q-limit",
		Text:        "모델이 한도(분당 100회)까지 쓰이고 있어요. 앞에 31건, 약 4분.",
		Progress:    &bot.Progress{Ahead: 31, ETA: 4 * time.Minute},
		Suggestions: []string{"지난달 지역별 매출", "지난달 채널별 매출"},
		Buttons:     []bot.Button{{Action: bot.ActionCancel, Label: "기다리지 않고 취소"}, {Action: bot.ActionNotify, Label: "끝나면 DM으로"}},
	}
	if language == "en" {
		m.Text = "The model is used up to its limit (100 calls a minute). 31 ahead, about 4 min."
		m.Suggestions = []string{"revenue by region last month", "revenue by channel last month"}
		m.Buttons[0].Label, m.Buttons[1].Label = "Cancel, don't wait", "DM me when done"
	}
	return m
}

// direct is an answer that one person was given alone and may show to others. Without
// a value the platform asks for the channel.
func direct() bot.Message {
	m := answerKorean()
	m.Question = "q-direct"
	m.Buttons = append(m.Buttons, bot.Button{Action: bot.ActionShare, Label: "채널에 공유"})
	return m
}

func regions() bot.Table {
	return bot.Table{
		Result:  "r1",
		Columns: []bot.TableColumn{{Label: "지역"}, {Label: "매출", Numeric: true}, {Label: "비중", Numeric: true}, {Label: "전월 대비", Numeric: true}},
		Rows: [][]string{
			{"경기도", "4억 841만", "33.5%", "+6.0%"}, {"서울특별시", "3억 5,862만", "29.4%", "+1.2%"}, {"부산광역시", "1억 2,210만", "10.0%", "−2.3%"},
			{"경상남도", "9,844만", "8.1%", "+3.8%"}, {"인천광역시", "8,120만", "6.7%", "+0.4%"}, {"제주특별자치도", "1,977만", "1.6%", "−8.9%"},
		},
		Total: 17,
	}
}

// spec writes a chart spec the way package chart does.
func spec(v map[string]any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // the maps below marshal
	}
	return data
}

func bars() bot.Chart {
	return bot.Chart{
		Title: "지역별 매출", Alt: "막대 차트: 지역별 매출. 경기도 4억 841만 원이 가장 크고 제주특별자치도 1,977만 원이 가장 작습니다.",
		Spec: spec(map[string]any{
			"kind": "hbar", "language": "ko", "title": "지역별 매출", "subtitle": "2026-10-01–10-31", "x_kind": "category", "y_format": "krw",
			"categories": []string{"경기도", "서울특별시", "부산광역시", "경상남도", "인천광역시", "제주특별자치도"},
			"series":     []any{map[string]any{"name": "매출", "values": []float64{408_410_000, 358_620_000, 122_100_000, 98_440_000, 81_200_000, 19_770_000}}},
		}),
	}
}

func line(language string) bot.Chart {
	var times []time.Time
	var values []float64
	for i, v := range []float64{251, 262, 240, 288, 301, 296, 318, 354} {
		times = append(times, time.Date(2026, 9, 28+7*i, 0, 0, 0, 0, time.UTC))
		values = append(values, v*1e6)
	}
	title, name := "Revenue by week", "revenue"
	if language == "ko" {
		title, name = "주별 매출", "매출"
	}
	return bot.Chart{
		Title: title, Alt: title + ": 2026-09-28 251M → 2026-11-16 354M",
		Spec: spec(map[string]any{
			"kind": "line", "language": language, "title": title, "subtitle": "2026-09-28–11-22", "x_kind": "time", "grain": "week", "y_format": "krw",
			"times": times, "series": []any{map[string]any{"name": name, "values": values}},
		}),
	}
}

func answerKorean() bot.Message {
	return bot.Message{
		Kind: bot.KindAnswer, Language: "ko", Question: "q-ko",
		Text:   "지난달 매출은 **12억 1,854만 원**, 9월보다 4.1% 늘었습니다. 경기도가 33.5%로 가장 큽니다.",
		Charts: []bot.Chart{bars()},
		Tables: []bot.Table{regions()},
		Readings: []bot.Reading{
			{Term: "지난달", Meaning: "2026-10-01–10-31"}, {Term: "매출", Meaning: "할인 후, 반품 포함"},
		},
		SQL: []bot.SQL{{Result: "r1", Source: "shop", Text: "SELECT \"지역\", sum(amount) AS revenue\nFROM orders\nWHERE ordered_at >= DATE '2026-10-01' AND ordered_at < DATE '2026-11-01'\nGROUP BY 1\nORDER BY 2 DESC"}},
		Origin: &bot.Origin{
			Analyst: "판매 현황", Sources: []string{"주문"}, AsOf: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Label: "정의된 지표", Elapsed: 310 * time.Millisecond,
		},
		Suggestions: []string{"지난달 채널별 매출", "최근 8주 매출 추이"},
		Buttons: []bot.Button{
			{Action: bot.ActionCSV, Label: "CSV", Value: "r1"}, {Action: bot.ActionDeeper, Label: "더 깊이"},
			{Action: bot.ActionGood, Label: "👍"}, {Action: bot.ActionBad, Label: "👎"},
			{Action: bot.ActionWrong, Label: "틀렸어요", Prompt: "어디가 틀렸는지 한 줄로 알려 주세요"},
		},
	}
}

func answerEnglish() bot.Message {
	return bot.Message{
		Kind: bot.KindAnswer, Language: "en", Question: "q-en",
		Text:   "Revenue was **₩2.31B** over the last 8 weeks, up 6.4% on the 8 before. Online mall drove 71% of the rise.",
		Charts: []bot.Chart{line("en")},
		Tables: []bot.Table{{
			Result: "r1", Columns: []bot.TableColumn{{Label: "Channel"}, {Label: "Revenue", Numeric: true}, {Label: "Growth", Numeric: true}},
			Rows: [][]string{{"Online mall", "₩1.42B", "+9.1%"}, {"Stores", "₩610M", "+0.2%"}, {"Open market", "₩280M", "−1.4%"}}, Total: 3,
		}},
		Readings: []bot.Reading{{Term: "last 8 weeks", Meaning: "2026-09-28–11-22"}, {Term: "revenue", Meaning: "after discounts, returns included"}},
		SQL:      []bot.SQL{{Result: "r1", Source: "shop", Text: "SELECT channel, sum(amount) AS revenue FROM orders GROUP BY 1"}},
		Origin: &bot.Origin{
			Analyst: "sales", Sources: []string{"orders"}, AsOf: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Label: "defined metric", Elapsed: 290 * time.Millisecond,
		},
		Suggestions: []string{"revenue by region, last 8 weeks"},
		Buttons: []bot.Button{
			{Action: bot.ActionCSV, Label: "CSV", Value: "r1"}, {Action: bot.ActionGood, Label: "👍"}, {Action: bot.ActionBad, Label: "👎"},
			{Action: bot.ActionWrong, Label: "It's wrong", Prompt: "What is wrong, in a line?"},
		},
	}
}

func several() bot.Message {
	m := answerKorean()
	m.Question, m.Text = "q-several", "매출과 그 추이입니다."
	second := regions()
	second.Result, second.Total, second.Partial = "r2", len(second.Rows), true
	m.Charts = append(m.Charts, line("ko"), line("ko"))
	m.Tables = append(m.Tables, second)
	m.SQL = append(m.SQL, bot.SQL{Result: "r2", Source: "shop", Text: "SELECT 1"})
	return m
}

func clarify(language string) bot.Message {
	if language == "en" {
		return bot.Message{
			Kind: bot.KindClarify, Language: "en", Question: "q-clarify-en", Text: "\"Revenue\" could be two things. Which one?",
			Buttons: []bot.Button{
				{Action: bot.ActionChoose, Label: "before discounts", Value: "revenue\x1fgross"},
				{Action: bot.ActionChoose, Label: "after discounts (usually this)", Says: "after discounts", Value: "revenue\x1fnet", Primary: true},
			},
		}
	}
	return bot.Message{
		Kind: bot.KindClarify, Language: "ko", Question: "q-clarify-ko", Text: "\"매출\"이 두 가지예요. 어느 쪽일까요?",
		Buttons: []bot.Button{
			{Action: bot.ActionChoose, Label: "할인 전", Value: "매출\x1fgross"},
			{Action: bot.ActionChoose, Label: "할인 후 (보통 이것)", Says: "할인 후", Value: "매출\x1fnet", Primary: true},
		},
	}
}

func refusal(language string) bot.Message {
	if language == "en" {
		return bot.Message{
			Kind: bot.KindRefusal, Language: "en", Question: "q-refusal-en", Text: "Staff turnover is not in the data I see (orders, customers, campaigns).",
			Suggestions: []string{"new customers by month", "repeat purchase rate"},
			Buttons:     []bot.Button{{Action: bot.ActionAnalyst, Label: "People (HR)", Value: "people"}},
		}
	}
	return bot.Message{
		Kind: bot.KindRefusal, Language: "ko", Question: "q-refusal-ko", Text: "이직률은 제가 보는 데이터(주문, 고객, 캠페인)에 없어요.",
		Suggestions: []string{"월별 신규 고객", "재구매율"},
		Buttons:     []bot.Button{{Action: bot.ActionAnalyst, Label: "인사 현황 (인사팀)", Value: "people"}},
	}
}

func failure(language string) bot.Message {
	m := bot.Message{
		Kind: bot.KindFailure, Language: "ko", Question: "q-failure", Number: "q-7f3a",
		Text:    "주문 DB가 응답하지 않아 답하지 못했어요 (10:32, 2번 시도). 질문은 보관했어요.",
		Buttons: []bot.Button{{Action: bot.ActionRetry, Label: "지금 다시", Primary: true}},
	}
	if language == "en" {
		m.Language, m.Text = "en", "The orders database does not respond (10:32, tried 2 times). Your question is kept."
		m.Buttons[0].Label = "Try again"
	}
	return m
}

// Attack is put wherever a text of others may stand. A page that runs any of it has
// window.pwned set.
const Attack = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"'><svg onload=window.pwned=1>&lt;b&gt; javascript:window.pwned=1 {{7*7}} ${7*7}`

// Hostile has an attack in every text.
func Hostile() bot.Message {
	return bot.Message{
		Kind: bot.KindAnswer, Language: "en", Question: "q-hostile",
		Text: "**" + Attack + "** *" + Attack + "* `" + Attack + "`\n- " + Attack + "\n1. " + Attack +
			"\n[x](javascript:window.pwned=1) ![x](javascript:window.pwned=1) <!-- \u202eesrever\u202c \x00\x1b[31m",
		Tables: []bot.Table{{
			Result: "r1", Columns: []bot.TableColumn{{Label: Attack}, {Label: "=cmd()", Numeric: true}},
			Rows: [][]string{{Attack, "1"}, {strings.Repeat("넓다", 400), "2"}, {"a\nb\tc", ""}, {"</td></table></article>", "3"}}, Total: 4,
		}},
		Charts: []bot.Chart{{Title: Attack, Alt: Attack, Spec: spec(map[string]any{
			"kind": "bar", "language": "en", "title": Attack, "x_kind": "category", "categories": []string{Attack, "b"},
			"series": []any{map[string]any{"name": Attack, "values": []float64{1, 2}}},
		})}},
		Readings:    []bot.Reading{{Term: Attack, Meaning: Attack}},
		SQL:         []bot.SQL{{Result: Attack, Source: Attack, Text: "SELECT '" + Attack + "'"}},
		Origin:      &bot.Origin{Analyst: Attack, Sources: []string{Attack}, Label: Attack},
		Suggestions: []string{Attack},
		Number:      Attack,
		Buttons: []bot.Button{
			{Action: bot.ActionChoose, Label: Attack, Value: Attack}, {Action: bot.ActionWrong, Label: "wrong", Prompt: Attack},
			{Action: Attack, Label: Attack},
		},
	}
}

func longTable() bot.Message {
	t := bot.Table{Result: "r1", Columns: []bot.TableColumn{{Label: "상품 이름"}, {Label: "날짜"}}, Total: 1_204_331}
	for i := range 12 {
		t.Columns = append(t.Columns, bot.TableColumn{Label: fmt.Sprintf("지표 %d", i+1), Numeric: true})
	}
	for i := range 20 {
		row := []string{fmt.Sprintf("통돌이 세탁기 %dkg", i+8), fmt.Sprintf("2026-10-%02d", i+1)}
		for j := range 12 {
			row = append(row, fmt.Sprintf("%d,%03d", i*7+j, i*31+j))
		}
		t.Rows = append(t.Rows, row)
	}
	return bot.Message{Kind: bot.KindAnswer, Language: "ko", Question: "q-table", Text: "상품이 많아 앞의 20개만 보여 드려요.", Tables: []bot.Table{t},
		Buttons: []bot.Button{{Action: bot.ActionCSV, Label: "CSV", Value: "r1"}}}
}
