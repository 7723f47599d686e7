package layout

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// Words are our own words in one language, the same on every platform. Those with a % are
// formats.
type Words struct {
	Lang string // "ko" or "en"

	// in messages
	Read, Source, SQL, CSV, Number, Until              string
	Suggestions, Choices, Analysts, Good, Bad, Nothing string
	Rows, RowsPart, Row, Rest, Columns, Partial        string
	Table, Chart, MoreTables, Unit                     string
	Ahead, ETA, Working                                string

	// in digests: what marks mean, and what was read
	Sure, Unsure, Changed, Cancelled, Caution, Task string
	ReadOn, LinesLeft, LinksLeft                    string

	// in dialogs and at home
	Send, Share, ShareLabel, ShareHint, SQLNone, SQLMore string
	Home, HomeTry                                        string
}

// WordsFor are the words of a language; of any but Korean those of English.
func WordsFor(lang string) *Words {
	if lang == "ko" {
		return &korean
	}
	return &english
}

var korean = Words{
	Lang: "ko",
	Read: "이렇게 읽었어요", Source: "출처", SQL: "SQL", CSV: "CSV", Number: "문의할 때 알려 주세요", Until: "%s까지",
	Suggestions: "이런 것도 물어보세요", Choices: "고를 수 있는 것", Analysts: "이 데이터를 가진 분석가",
	Good: "도움이 됐어요", Bad: "도움이 안 됐어요", Nothing: "보여 드릴 내용이 없어요.",
	Rows: "%s행", RowsPart: "%s행 중 %s행", Row: "1행", Rest: "나머지는 CSV에 있어요", Columns: "열 %d개 중 %d개", Partial: "결과가 한도에서 잘렸어요",
	Table: "표", Chart: "차트", MoreTables: "표가 %d개 더 있어요", Unit: "단위: %s",
	Ahead: "앞에 %d건", ETA: "약 %s", Working: "답을 준비하고 있어요",
	Sure: "확정", Unsure: "예상", Changed: "바뀜", Cancelled: "취소", Caution: "주의", Task: "할 일",
	ReadOn: "읽은 곳", LinesLeft: "여기에 다 담지 못한 것이 %d줄 더 있어요.", LinksLeft: "%d곳이 더 있어요.",
	Send: "보내기", Share: "채널에 공유", ShareLabel: "어느 채널에 보여 줄까요?", ShareHint: "그 채널의 모두가 답을 보게 돼요.",
	SQLNone: "보여 드릴 SQL이 없어요.", SQLMore: "너무 길어 여기까지만 보여 드려요.",
	Home: "무엇이 궁금하세요?", HomeTry: "이런 걸 물어볼 수 있어요",
}

var english = Words{
	Lang: "en",
	Read: "How I read this", Source: "Source", SQL: "SQL", CSV: "CSV", Number: "Quote this when you ask us", Until: "until %s",
	Suggestions: "You could also ask", Choices: "To choose from", Analysts: "Analysts who have this data",
	Good: "Helpful", Bad: "Not helpful", Nothing: "There is nothing to show.",
	Rows: "%s rows", RowsPart: "%s of %s rows", Row: "1 row", Rest: "the rest is in the CSV", Columns: "%[2]d of %[1]d columns", Partial: "The result was cut at its limit",
	Table: "Table", Chart: "Chart", MoreTables: "%d more tables", Unit: "unit: %s",
	Ahead: "%d ahead of you", ETA: "about %s", Working: "Working on your answer",
	Sure: "confirmed", Unsure: "estimated", Changed: "changed", Cancelled: "cancelled", Caution: "caution", Task: "to do",
	ReadOn: "Pages read", LinesLeft: "%d more lines have no room here.", LinksLeft: "%d more pages.",
	Send: "Send", Share: "Share to a channel", ShareLabel: "Which channel shall see it?", ShareHint: "Everybody in that channel will see the answer.",
	SQLNone: "There is no SQL to show.", SQLMore: "It is too long: this is as much as can be shown here.",
	Home: "What would you like to know?", HomeTry: "You could ask",
}

// RowCount says how many of a result's rows are shown.
func (w *Words) RowCount(shown, total int) string {
	switch {
	case total <= shown && shown == 1:
		return w.Row
	case total <= shown:
		return fmt.Sprintf(w.Rows, grouped(shown))
	case w.Lang == "ko": // "of" comes first
		return fmt.Sprintf(w.RowsPart, grouped(total), grouped(shown))
	}
	return fmt.Sprintf(w.RowsPart, grouped(shown), grouped(total))
}

// Waiting writes a duration of waiting the way people say it.
func (w *Words) Waiting(d time.Duration) string {
	n, ko, en := max(int(math.Round(d.Seconds())), 1), "초", " s"
	if d >= 90*time.Second {
		n, ko, en = int(math.Round(d.Minutes())), "분", " min"
	}
	if w.Lang == "ko" {
		return strconv.Itoa(n) + ko
	}
	return strconv.Itoa(n) + en
}

// Elapsed says how long an answer took.
func (w *Words) Elapsed(d time.Duration) string {
	if d >= 90*time.Second {
		return w.Waiting(d)
	}
	digits := 1
	if d < 95*time.Millisecond {
		digits = 2
	} else if d >= 10*time.Second {
		digits = 0
	}
	s := strconv.FormatFloat(d.Seconds(), 'f', digits, 64)
	if w.Lang == "ko" {
		return s + "초"
	}
	return s + " s"
}

// Waits tells how a question waits, unless its text has said so already.
func (w *Words) Waits(msg bot.Message) string {
	p := msg.Progress
	if p == nil {
		return ""
	}
	var parts []string
	if p.Ahead > 0 && !strings.Contains(msg.Text, strconv.Itoa(p.Ahead)) {
		parts = append(parts, fmt.Sprintf(w.Ahead, p.Ahead))
	}
	if p.ETA > 0 && (len(parts) > 0 || p.Ahead == 0 && len(p.Steps) == 0 && p.ETA > 2*time.Second) {
		parts = append(parts, fmt.Sprintf(w.ETA, w.Waiting(p.ETA)))
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
