package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/connectors"
)

// maxTold is how many losses and names a sentence has.
const maxTold = 5

// Text tells what an analyst has lost in a line, plain, with times in loc.
func (r *Record) Text(language string, loc *time.Location) string {
	var changes, hit []string
	for i := range r.Losses {
		l := &r.Losses[i]
		changes = append(changes, l.Text(language))
		for _, h := range l.Hits {
			if name := h.Label.In(language, h.Ref); !slices.Contains(hit, name) {
				hit = append(hit, name)
			}
		}
	}
	since := r.Since().In(loc).Format("2006-01-02 15:04")
	if language == "ko" {
		text := fmt.Sprintf("‘%s’의 표가 바뀌었어요(%s부터): %s.", r.Analyst, since, list(changes, " 외 %d건"))
		if len(hit) > 0 {
			text += fmt.Sprintf(" 영향받는 지표와 항목: %s.", list(hit, " 외 %d개"))
		}
		return text
	}
	text := fmt.Sprintf("The tables of ‘%s’ have changed since %s: %s.", r.Analyst, since, list(changes, " and %d more"))
	if len(hit) > 0 {
		text += fmt.Sprintf(" Metrics and fields concerned: %s.", list(hit, " and %d more"))
	}
	return text
}

// list are the first of some, and how many more there are.
func list(all []string, more string) string {
	out := strings.Join(all[:min(len(all), maxTold)], ", ")
	if n := len(all) - maxTold; n > 0 {
		out += fmt.Sprintf(more, n)
	}
	return out
}

// Text tells the loss in a few words, plain: "열 orders.status 없어짐", "column orders.amount
// holds text, no longer whole numbers".
func (l *Loss) Text(language string) string {
	if language == "ko" {
		return l.korean()
	}
	switch l.What {
	case connectors.TableRemoved:
		return "table " + l.Name() + " is gone" + l.instead("; it may be called %s now")
	case connectors.ViewBroken:
		return "view " + l.Name() + " cannot be read any more"
	case connectors.ColumnRemoved:
		return "column " + l.Name() + " is gone" + l.instead("; it may be called %s now") + l.came("; column %s appeared", "; columns %s appeared")
	}
	return fmt.Sprintf("column %s holds %s, no longer %s", l.Name(), kindText(l.Is, "en"), kindText(l.Was, "en")) + l.types()
}

func (l *Loss) korean() string {
	switch l.What {
	case connectors.TableRemoved:
		return "표 " + l.Name() + " 없어짐" + l.instead("(%s라는 이름이 된 것 같아요)")
	case connectors.ViewBroken:
		return "뷰 " + l.Name() + " 읽을 수 없음"
	case connectors.ColumnRemoved:
		return "열 " + l.Name() + " 없어짐" + l.instead("(%s라는 이름이 된 것 같아요)") + l.came("(열 %s 생김)", "(열 %s 생김)")
	}
	was, is := kindText(l.Was, "ko"), kindText(l.Is, "ko")
	return fmt.Sprintf("열 %s의 값이 %s에서 %s%s 바뀜", l.Name(), was, is, format.Josa(is, "으로", "로")) + strings.TrimPrefix(l.types(), " ")
}

// instead says what it most likely is now.
func (l *Loss) instead(form string) string {
	if l.Renamed == "" {
		return ""
	}
	return fmt.Sprintf(form, l.Renamed)
}

// came says what came, where it is not known to be the same.
func (l *Loss) came(one, several string) string {
	switch {
	case l.Renamed != "" || len(l.Came) == 0:
		return ""
	case len(l.Came) == 1:
		return fmt.Sprintf(one, l.Came[0])
	}
	return fmt.Sprintf(several, list(l.Came, " …"))
}

// types are the engine's names of them.
func (l *Loss) types() string {
	if l.Before == l.After {
		return ""
	}
	return " (" + l.Before + " → " + l.After + ")"
}

// kindText is what values of a kind are called.
func kindText(k connectors.Kind, language string) string {
	texts := map[connectors.Kind][2]string{
		connectors.KindText: {"글자", "text"}, connectors.KindInteger: {"정수", "whole numbers"}, connectors.KindNumber: {"숫자", "numbers"},
		connectors.KindBool: {"예·아니요", "yes and no"}, connectors.KindDate: {"날짜", "dates"}, connectors.KindTimestamp: {"날짜와 시각", "times"},
	}
	text, ok := texts[k]
	switch {
	case !ok && language == "ko":
		return "다른 형식"
	case !ok:
		return "something else"
	case language == "ko":
		return text[0]
	}
	return text[1]
}

// Missed says to whoever asks for name that it cannot be computed any more because of the
// loss. Name and what the database is made of go through escape, times are in loc.
func (l *Loss) Missed(name, language string, loc *time.Location, escape func(string) string) string {
	what, since := escape(l.Name()), l.At.In(loc).Format("2006-01-02 15:04")
	name = escape(name)
	if language == "ko" {
		return fmt.Sprintf("‘%s’%s %s", name, format.Josa(name, "은", "는"), l.missedKorean(what, since, escape)) + " 이 데이터를 관리하는 분에게 알려 주세요."
	}
	return fmt.Sprintf("‘%s’ %s Please tell whoever keeps these data.", name, l.missedEnglish(what, since, escape))
}

func (l *Loss) missedKorean(what, since string, escape func(string) string) string {
	switch l.What {
	case connectors.TypeChanged:
		is := kindText(l.Is, "ko")
		return fmt.Sprintf("%s 열에서 오는데, %s부터 그 열의 값이 %s 아니라 %s%s.", what, since, kindText(l.Was, "ko")+format.Josa(kindText(l.Was, "ko"), "이", "가"), is, format.Josa(is, "이에요", "예요"))
	case connectors.ViewBroken:
		return fmt.Sprintf("%s 뷰에서 오는데, %s부터 그 뷰를 읽을 수 없어요.", what, since)
	}
	kind := "열"
	if l.Column == "" {
		kind = "표"
	}
	text := fmt.Sprintf("%s %s에서 오는데, %s부터 그 %s%s 데이터베이스에 없어요.", what, kind, since, kind, format.Josa(kind, "이", "가"))
	if n := l.instead("%s"); n != "" {
		return text + fmt.Sprintf(" 그때 %s %s%s 생겼어요.", escape(n), kind, format.Josa(kind, "이", "가"))
	}
	if len(l.Came) == 1 {
		text += fmt.Sprintf(" 그때 %s 열이 생겼어요.", escape(l.Came[0]))
	}
	return text
}

func (l *Loss) missedEnglish(what, since string, escape func(string) string) string {
	switch l.What {
	case connectors.TypeChanged:
		return fmt.Sprintf("comes from the column %s, which has held %s since %s, and no longer %s.", what, kindText(l.Is, "en"), since, kindText(l.Was, "en"))
	case connectors.ViewBroken:
		return fmt.Sprintf("comes from the view %s, which cannot be read since %s.", what, since)
	}
	kind := "column"
	if l.Column == "" {
		kind = "table"
	}
	text := fmt.Sprintf("comes from the %s %s, which has not been in the database since %s.", kind, what, since)
	if n := l.instead("%s"); n != "" {
		return text + fmt.Sprintf(" The %s %s appeared at the same time.", kind, escape(n))
	}
	if len(l.Came) == 1 {
		text += fmt.Sprintf(" The column %s appeared at the same time.", escape(l.Came[0]))
	}
	return text
}
