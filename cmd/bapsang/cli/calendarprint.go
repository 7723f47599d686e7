package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
)

// calendarWords are those of the calendar on a terminal.
type calendarWords struct {
	month     string // layout
	days      [7]string
	classes   map[calendar.Class]string
	statuses  map[calendar.Status]string
	legend    string
	none, sum string
	was       string

	verdicts map[string]string // of rows of a file
	// row of a preview or an import
	waits, wouldWait, counted, refusedTitle string
	queue, queueEmpty, queueMore            string
	ready, look                             string
	suggested, added, known, holds, refused string
	approved, amended, rejected, reopened   string
	merged, cancelled, decideHow            string
}

var calendarKorean = calendarWords{
	month: "2006년 1월", days: [7]string{"일", "월", "화", "수", "목", "금", "토"},
	classes: map[calendar.Class]string{
		calendar.PublicHoliday: "공휴일", calendar.Shopping: "쇼핑", calendar.Observance: "기념일", calendar.Season: "시즌", calendar.Announced: "행사", calendar.Caution: "조심할 날",
	},
	statuses: map[calendar.Status]string{
		calendar.Estimated: "예상", calendar.Tentative: "잠정", calendar.Postponed: "연기", calendar.Cancelled: "취소",
	},
	legend: "● 확정  △ 예상·잠정  ↻ 옮겨짐·연기  ✕ 취소  ! 조심할 날", none: "그 기간에는 달력에 있는 일정이 없어요.", sum: "%d개", was: "원래 %s",
	verdicts: map[string]string{"new": "새로", "changed": "변경", "same": "같음", "refused": "거절", "holds": "같음", "known": "대기중", "supported": "대기중", "added": "새로"},
	waits:    "%d개가 담당자의 확인을 기다려요: bapsang calendar review", wouldWait: "아직 아무것도 바꾸지 않았어요. --preview 없이 다시 하면 제안으로 들어가요.",
	counted: "새로 %d · 변경 %d · 같음 %d · 거절 %d", refusedTitle: "받지 않은 줄",
	queue: "기다리는 제안 %d개", queueEmpty: "기다리는 제안이 없어요.", queueMore: "더 있어요. --all 로 모두 볼 수 있어요.", ready: "출처 충분", look: "확인 필요",
	suggested: "제안했어요: %s, %s (%s). 담당자가 확인하면 달력에 들어가요: bapsang calendar review %[3]s --approve --as 누구", added: "달력에 넣었어요: %s, %s (%s).",
	known: "같은 제안이 이미 기다리고 있어요: %s, %s (%s).", holds: "이미 달력에 있는 날짜예요: %s, %s.", refused: "전에 거절된 날짜예요: %s, %s (%s). 되돌리려면: bapsang calendar review %[3]s --reopen --as 누구",
	approved: "승인했어요: %s, %s (%s).", amended: "고쳐서 승인했어요: %s, %s (%s).", rejected: "거절했어요: %s, %s (%s).", reopened: "다시 열었어요: %s, %s (%s).",
	merged: "합쳤어요: %s, %s (%s).", cancelled: "취소로 확정했어요: %s, %s (%s).",
	decideHow: "결정: bapsang calendar review ID --approve | --amend --start 날짜 --end 날짜 | --reject --reason 이유, 그리고 --as 누구",
}

var calendarEnglish = calendarWords{
	month: "January 2006", days: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	classes: map[calendar.Class]string{
		calendar.PublicHoliday: "holiday", calendar.Shopping: "shopping", calendar.Observance: "observance", calendar.Season: "season", calendar.Announced: "event", calendar.Caution: "caution",
	},
	statuses: map[calendar.Status]string{
		calendar.Estimated: "expected", calendar.Tentative: "tentative", calendar.Postponed: "postponed", calendar.Cancelled: "cancelled",
	},
	legend: "● confirmed  △ expected or tentative  ↻ moved or postponed  ✕ cancelled  ! a day to be careful on", none: "The calendar has nothing in that time.", sum: "%d in all", was: "was %s",
	verdicts: map[string]string{"new": "new", "changed": "changed", "same": "same", "refused": "refused", "holds": "same", "known": "waits", "supported": "waits", "added": "new"},
	waits:    "%d wait for a curator: bapsang calendar review", wouldWait: "Nothing was changed. Without --preview they become suggestions.",
	counted: "new %d · changed %d · same %d · refused %d", refusedTitle: "Rows that were not taken",
	queue: "Suggestions that wait: %d", queueEmpty: "No suggestion waits.", queueMore: "There are more; --all shows them.", ready: "sources suffice", look: "needs a look",
	suggested: "Suggested: %s, %s (%s). A curator confirms it: bapsang calendar review %[3]s --approve --as WHO", added: "In the calendar: %s, %s (%s).",
	known: "The same suggestion waits already: %s, %s (%s).", holds: "The calendar has it already: %s, %s.", refused: "These dates were rejected before: %s, %s (%s). To take that back: bapsang calendar review %[3]s --reopen --as WHO",
	approved: "Approved: %s, %s (%s).", amended: "Changed and approved: %s, %s (%s).", rejected: "Rejected: %s, %s (%s).", reopened: "Open again: %s, %s (%s).",
	merged: "Merged: %s, %s (%s).", cancelled: "Confirmed as cancelled: %s, %s (%s).",
	decideHow: "Decide: bapsang calendar review ID --approve | --amend --start DATE --end DATE | --reject --reason WHY, and --as WHO",
}

func calendarWordsFor(language string) *calendarWords {
	if language == "ko" {
		return &calendarKorean
	}
	return &calendarEnglish
}

// calendarMark is an edition's mark.
func calendarMark(e calendar.Edition) string {
	m := bot.MarkUnsure
	switch {
	case !e.TakesPlace():
		m = bot.MarkCancelled
	case e.Moved() || e.Status == calendar.Postponed:
		m = bot.MarkChanged
	case e.Solemn || e.Class == calendar.Caution:
		m = bot.MarkCaution
	case e.Status == calendar.Confirmed:
		m = bot.MarkSure
	}
	return marks[m]
}

// when are an edition's days, below a heading that says the month.
func (w *calendarWords) when(start, end time.Time) string {
	day := func(t time.Time) string { return fmt.Sprintf("%d/%d %s", t.Month(), t.Day(), w.days[t.Weekday()]) }
	switch {
	case !end.After(start):
		return day(start)
	case end.Year() != start.Year():
		return day(start) + "–" + fmt.Sprintf("%d/", end.Year()) + day(end)
	}
	return day(start) + "–" + day(end)
}

// printCalendar lists editions by month, aligned by how wide a terminal draws them.
func printCalendar(out io.Writer, list []calendar.Edition, language string) error {
	w := calendarWordsFor(language)
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, w.none)
		return err
	}
	rows := make([][]string, 0, len(list))
	for _, e := range list {
		what := w.classes[e.Class]
		if s := w.statuses[e.Status]; s != "" {
			what += ", " + s
		}
		if e.Moved() {
			what += ", " + fmt.Sprintf(w.was, w.when(e.PreviousStart, e.PreviousEnd))
		}
		rows = append(rows, []string{w.when(e.Start, e.End), oneLine(e.Name.In(language)), e.Market, oneLine(what), oneLine(cmp.Or(e.URL, e.Source))})
	}
	widths := columnWidths(rows)
	var b strings.Builder
	month := ""
	for i, e := range list {
		if m := e.Start.Format(w.month); m != month {
			if month != "" {
				b.WriteString("\n")
			}
			b.WriteString(m + "\n")
			month = m
		}
		b.WriteString("  " + calendarMark(e) + " " + joinColumns(rows[i], widths) + "\n")
	}
	fmt.Fprintf(&b, "\n"+w.sum+"   %s\n", len(list), w.legend)
	_, err := io.WriteString(out, visible(b.String()))
	return err
}

// columnWidths are the widest cells of each column.
func columnWidths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for j, cell := range row {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], cellWidth(cell))
		}
	}
	return widths
}

// joinColumns pads the cells of a row to the widths of their columns.
func joinColumns(row []string, widths []int) string {
	var line strings.Builder
	for j, cell := range row {
		line.WriteString(cell + strings.Repeat(" ", widths[j]-cellWidth(cell)) + "  ")
	}
	return strings.TrimRight(line.String(), " ")
}

// printMessage writes what curators are shown, for a terminal.
func printMessage(b *strings.Builder, msg *bot.Message) {
	b.WriteString(figures.Plain(msg.Text) + "\n")
	for _, s := range msg.Sections {
		if s.Title != "" {
			b.WriteString("\n" + s.Title + "\n")
		}
		for _, l := range s.Lines {
			head := strings.TrimSpace(strings.TrimSpace(marks[l.Mark]+" "+l.When) + "  " + figures.Plain(l.Text))
			b.WriteString("  " + head + "\n")
			if l.Detail != "" {
				b.WriteString("      " + figures.Plain(l.Detail) + "\n")
			}
			for _, link := range l.Links {
				b.WriteString("      " + link.URL + "\n")
			}
		}
	}
}
