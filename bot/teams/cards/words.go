package cards

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// words are our own words in one language, the same as on the chat page and in Slack.
type words struct {
	lang string

	// in messages
	read, source, sql, csv, number, until              string
	suggestions, choices, analysts, good, bad, nothing string
	rows, rowsPart, row, rest, columns, partial        string
	table, chart, moreTables, unit                     string
	ahead, eta, working                                string
	moreColumns, leftOut, leftText, leftButtons        string

	// in cards of their own
	send, askEmpty                          string
	share, shareLabel, shareHint, shareNone string
	sqlNone, sqlMore                        string
	home, homeHow, homeTry, homeFiles       string
}

func wordsFor(lang string) *words {
	if lang == "ko" {
		return &korean
	}
	return &english
}

func wordsOf(msg bot.Message) *words { return wordsFor(msg.Language) }

func languageOf(msg bot.Message) string { return wordsOf(msg).lang }

var korean = words{
	lang: "ko",
	read: "이렇게 읽었어요", source: "출처", sql: "SQL", csv: "CSV", number: "문의할 때 알려 주세요", until: "%s까지", partial: "결과가 한도에서 잘렸어요",
	suggestions: "이런 것도 물어보세요", choices: "고를 수 있는 것", analysts: "이 데이터를 가진 분석가", good: "도움이 됐어요", bad: "도움이 안 됐어요", nothing: "보여 드릴 내용이 없어요.",
	rows: "%s행", rowsPart: "%s행 중 %s행", row: "1행", rest: "나머지는 CSV에 있어요", columns: "열 %d개 중 %d개", table: "표", chart: "차트", moreTables: "표가 %d개 더 있어요",
	ahead: "앞에 %d건", eta: "약 %s", working: "답을 준비하고 있어요",
	moreColumns: "열 %d개 더 보기", leftOut: "너무 길어 뺀 것: %s", leftText: "본문의 뒷부분", leftButtons: "버튼 일부",
	send: "보내기", askEmpty: "한 줄만 적어 주세요",
	share: "채널에 공유", shareLabel: "어느 채널에 보여 줄까요?", shareHint: "그 채널의 모두가 답을 보게 돼요.", shareNone: "제가 들어가 있는 채널이 없어요. 팀에 저를 추가해 주세요.",
	home: "무엇이 궁금하세요?", homeHow: "평소 말로 물어보세요. 채널과 그룹 채팅에서는 저를 @멘션하고, 여기 1:1 채팅에서는 바로 적으면 됩니다. 답은 같은 자리에 차려 드려요.",
	homeTry: "이런 걸 물어볼 수 있어요", homeFiles: "1:1 채팅에 CSV, 엑셀, Parquet 파일을 끌어 놓고 물어봐도 됩니다.",
	sqlNone: "보여 드릴 SQL이 없어요.", sqlMore: "너무 길어 여기까지만 보여 드려요.", unit: "단위: %s",
}

var english = words{
	lang: "en",
	read: "How I read this", source: "Source", sql: "SQL", csv: "CSV", number: "Quote this when you ask us", until: "until %s", partial: "The result was cut at its limit",
	suggestions: "You could also ask", choices: "To choose from", analysts: "Analysts who have this data", good: "Helpful", bad: "Not helpful", nothing: "There is nothing to show.",
	rows: "%s rows", rowsPart: "%s of %s rows", row: "1 row", rest: "the rest is in the CSV", columns: "%[2]d of %[1]d columns", table: "Table", chart: "Chart", moreTables: "%d more tables",
	ahead: "%d ahead of you", eta: "about %s", working: "Working on your answer",
	moreColumns: "%d more columns", leftOut: "Left out, for it is too long: %s", leftText: "the rest of the text", leftButtons: "some buttons",
	send: "Send", askEmpty: "A line, please",
	share: "Share to a channel", shareLabel: "Which channel shall see it?", shareHint: "Everybody in that channel will see the answer.", shareNone: "I am in no channel yet: add me to a team.",
	home: "What would you like to know?", homeHow: "Ask in your own words: mention me in a channel or a group chat, or just write here, one to one. The answer is served in the same place.",
	homeTry: "You could ask", homeFiles: "You can also drop a CSV, Excel or Parquet file into our one-to-one chat and ask about it.",
	sqlNone: "There is no SQL to show.", sqlMore: "It is too long: this is as much as can be shown here.", unit: "unit: %s",
}

// rowCount says how many of a result's rows are shown.
func (w *words) rowCount(shown, total int) string {
	switch {
	case total <= shown && shown == 1:
		return w.row
	case total <= shown:
		return fmt.Sprintf(w.rows, grouped(shown))
	case w.lang == "ko": // "of" comes first
		return fmt.Sprintf(w.rowsPart, grouped(total), grouped(shown))
	}
	return fmt.Sprintf(w.rowsPart, grouped(shown), grouped(total))
}

// waiting writes a duration of waiting the way people say it.
func (w *words) waiting(d time.Duration) string {
	n, ko, en := max(int(math.Round(d.Seconds())), 1), "초", " s"
	if d >= 90*time.Second {
		n, ko, en = int(math.Round(d.Minutes())), "분", " min"
	}
	if w.lang == "ko" {
		return strconv.Itoa(n) + ko
	}
	return strconv.Itoa(n) + en
}

// elapsed says how long an answer took.
func (w *words) elapsed(d time.Duration) string {
	if d >= 90*time.Second {
		return w.waiting(d)
	}
	digits := 1
	if d < 95*time.Millisecond {
		digits = 2
	} else if d >= 10*time.Second {
		digits = 0
	}
	s := strconv.FormatFloat(d.Seconds(), 'f', digits, 64)
	if w.lang == "ko" {
		return s + "초"
	}
	return s + " s"
}

// waits tells how a question waits, unless its text has said so already.
func (w *words) waits(msg bot.Message) string {
	p := msg.Progress
	if p == nil {
		return ""
	}
	var parts []string
	if p.Ahead > 0 && !strings.Contains(msg.Text, strconv.Itoa(p.Ahead)) {
		parts = append(parts, fmt.Sprintf(w.ahead, p.Ahead))
	}
	if p.ETA > 0 && (len(parts) > 0 || p.Ahead == 0 && len(p.Steps) == 0 && p.ETA > 2*time.Second) {
		parts = append(parts, fmt.Sprintf(w.eta, w.waiting(p.ETA)))
	}
	return strings.Join(parts, " · ")
}

// grouped writes a count with commas.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
