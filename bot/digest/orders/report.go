package orders

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/schedule"
)

// What people call the report of what the analyst was worth. A whole text is read, or
// nothing: "활용 리포트 조회수" is a question.
var (
	reportKo = regexp.MustCompile(`^(?:(?:지난\s*주|지난\s*달|주간|월간|우리|회사|팀|밥상|봇|분석가|@?bapsang)(?:의)?\s*)*(?:활용|이용|사용|가치|효과)\s*(?:리포트|레포트|보고서)(?:를|을|도|은|는)?\s*(?:좀\s*)?$`)
	reportEn = regexp.MustCompile(`(?i)^(?:(?:the|a|your|our|my|this|last|bapsang|bapsang's|weekly|monthly|week's|month's)\s+)*(?:value|usage|roi)\s+report$`)
	showKo   = regexp.MustCompile(`\s*(?:보여|보내|알려|만들어)?\s*(?:줘|주세요|줄래|주라)?요?\s*[.!?~]*$`)
	showEn   = regexp.MustCompile(`(?i)^(?:please\s+)?(?:(?:show|send|give|get|make)\s+(?:me\s+|us\s+)?)?`)
	monthly  = regexp.MustCompile(`(?i)월간|지난\s*달|monthly|month's`)
)

// isReport reports whether a text names the report.
func (t *Taker) isReport(text string) bool {
	if t.cfg.Report == nil || len(text) > maxAbout {
		return false
	}
	text, _ = place(text)
	text = strings.TrimSpace(text)
	return reportKo.MatchString(text) || reportEn.MatchString(strings.TrimRight(text, " .!?"))
}

// reportNow reports whether a text asks for the report as it is, and for no more of them.
func (t *Taker) reportNow(text string) bool {
	if text = strings.TrimSpace(text); len(text) > maxAbout {
		return false
	}
	return t.isReport(showKo.ReplaceAllString(text, "")) || t.isReport(showEn.ReplaceAllString(text, ""))
}

var (
	everyMonthKo = regexp.MustCompile(`매달|매월|한\s*달에\s*한\s*번`)
	everyMonthEn = regexp.MustCompile(`(?i)\b(?:every|each) month\b|\bmonthly\b\s*$|\bonce a month\b`)
)

// readMonthly reads "매달 활용 리포트 보내줘", which says no day: the report comes when the
// month before is over. What else is said to come by the month may be a question about
// months, and needs its day.
func (t *Taker) readMonthly(text string) (schedule.Reading, bool) {
	if len(text) > maxAbout {
		return schedule.Reading{}, false
	}
	text, _ = place(text)
	for _, dated := range []string{everyMonthKo.ReplaceAllString(text, "매달 1일"), everyMonthEn.ReplaceAllString(text, "on the 1st of every month")} {
		if dated == text {
			continue
		}
		r, err := schedule.Parse(dated, schedule.Options{Zone: t.cfg.Zone, Now: t.cfg.Now()})
		if err == nil && t.isReport(r.Rest) {
			return r, true
		}
	}
	return schedule.Reading{}, false
}

// reportOf is the report as it is sent by a schedule: of a month where it comes by the
// month, or somebody says so.
func (t *Taker) reportOf(text string, when schedule.Schedule) digest.Subject {
	every := 31 * 24 * time.Hour
	if first, ok := when.Next(t.cfg.Now(), nil); ok && !monthly.MatchString(text) {
		if second, ok := when.Next(first.At, nil); ok {
			every = second.At.Sub(first.At)
		}
	}
	return digest.Subject{Kind: digest.KindReport, Params: t.cfg.Report(every)}
}

// showReport says what the report says, and how to have it sent.
func (t *Taker) showReport(ctx context.Context, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	every := 7 * 24 * time.Hour
	if monthly.MatchString(o.Text) {
		every = 31 * 24 * time.Hour
	}
	subject := digest.Subject{Kind: digest.KindReport, Params: t.cfg.Report(every)}
	text, err := t.cfg.Preview(ctx, by, subject, by.Language)
	if err != nil {
		return nil, err
	}
	return &desk.Reply{Text: text + "\n\n" + w.reportHow}, nil
}
