package orders

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/bot/digest"
)

// words are the package's own in one language.
type words struct {
	language                string
	sendWhat, sendWhen      string
	which, nothingTo        map[string]string // by what is done
	reportHow               string
	daily, weekly           string // schedules that are offered
	created                 string // schedule, name, recipient
	createdAlert            string // schedule, name, condition, recipient
	assumed                 string
	next                    string // time
	nextIs                  string
	rightNow                string // sentence
	none, have              string // number
	mine, here, more        string // headings; number
	one, issues             string
	paused, disabled        string
	toMe, toHere, toChannel string
	toOthers                string // number
	done                    map[string]string
	sending                 map[string]string
	dos                     map[string]string
	statuses                map[digest.Status]string
	settings, apply, submit string
	settingsHere, alertWhen string
	formTitle               string
	what, when, whenHint    string
	where, onlyMe           string
	thisChannel             string
	skip                    string
	skips                   map[digest.Skip]string
	conditions              map[digest.AlertKind]string // threshold
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &korean
	}
	return &english
}

var korean = words{
	language: "ko",
	sendWhat: "무엇을 보내 드릴까요? `매주 월요일 9시에 지난주 지역별 매출 보내줘`처럼 적거나, 답을 받은 스레드에서 말해 주세요.",
	sendWhen: "이 답을 언제 보내 드릴까요? `매주 월요일 9시에 보내줘`, `평일 아침 8시 반에 나에게 보내줘`처럼 말하거나 답 아래의 **매주 받기**를 눌러 주세요.",
	which: map[string]string{
		doEnd: "어느 것을 그만 보낼까요?", doPause: "어느 것을 잠시 멈출까요?", doResume: "어느 것을 다시 시작할까요?",
	},
	nothingTo: map[string]string{
		doEnd: "여기로 보내는 것은 만든 사람이 끝낼 수 있어요. **내가 만든 것**은 없어요.", doPause: "잠시 멈출 수 있는 것이 없어요. **내가 만든 것** 가운데 보내고 있는 것만 멈출 수 있어요.",
		doResume: "다시 시작할 것이 없어요. **내가 만든 것**은 모두 보내고 있어요.",
	},
	reportHow: "자세한 리포트는 정해 둔 때에 보내 드려요. `매주 월요일 9시에 활용 리포트 보내줘`처럼 말해 주세요.",
	daily:     "매일 9시에", weekly: "매주 월요일 09:00",
	created:      "%s에 **%s** 소식을 %s 보낼게요.",
	createdAlert: "%s에 **%s** 값을 보고, %s %s 알릴게요. 조건에 들어설 때 한 번만 알려요.",
	assumed:      "시각을 말하지 않아 09:00으로 잡았어요.", next: "다음은 %s이에요.", nextIs: "다음", rightNow: "지금 보내면 이래요: %s",
	none: "받고 있는 것이 없어요. 답 아래의 **매주 받기**를 누르거나 `매주 월요일 9시에 지난주 매출 보내줘`처럼 말해 주세요.",
	have: "정해 둔 때에 보내는 것이 %d개 있어요.", mine: "내가 만든 것", here: "이 채널로 오는 것", more: "외 %d개",
	one: "이 구독은 이래요.", issues: "지난 발송", paused: "일시 정지", disabled: "멈춤",
	toMe: "나에게", toHere: "이 채널로", toChannel: "채널로", toOthers: "%d곳으로",
	done: map[string]string{
		doEdit: "**%s** 설정을 바꿨어요.", doPause: "**%s** 발송을 잠시 멈췄어요. 다시 시작할 때까지 보내지 않아요.", doResume: "**%s** 발송을 다시 시작해요. 멈춘 동안의 것은 보내지 않아요.",
		doEnd: "**%s** 발송을 끝냈어요. 지난 기록은 남아 있어요.", "": "**%s**",
	},
	sending: map[string]string{doRun: "지금 보내고 있어요.", doTest: "나에게만 한 번 보내고 있어요. 발송 기록에는 세지 않아요."},
	dos: map[string]string{
		doEdit: "바꾼 설정 저장", doPause: "잠시 멈추기", doResume: "다시 시작", doEnd: "그만 받기", doRun: "지금 모두에게 보내기", doTest: "나에게 시험 발송",
	},
	statuses: map[digest.Status]string{
		digest.Due: "보낼 차례", digest.Rendering: "만드는 중", digest.Sending: "보내는 중", digest.Sent: "보냄", digest.Skipped: "건너뜀", digest.Failed: "실패", digest.Unknown: "보냈는지 확인 중",
	},
	settings: "설정", settingsHere: "이 발송 설정", alertWhen: "알림 조건", apply: "확인", submit: "받기", formTitle: "정해 둔 때에 받기",
	what: "할 일", when: "언제", whenHint: "매주 월요일 9시 · 평일 아침 8시 반 · 매달 마지막 영업일 17시", where: "어디로", onlyMe: "나에게만", thisChannel: "이 채널",
	skip:  "건너뛰기",
	skips: map[digest.Skip]string{digest.SendAlways: "항상 보내기", digest.SkipEmpty: "보낼 내용이 없으면 건너뛰기", digest.SkipUnchanged: "지난번과 같으면 건너뛰기"},
	conditions: map[digest.AlertKind]string{
		digest.AlertAbove: "%s 이상이 되면", digest.AlertBelow: "%s 이하가 되면", digest.AlertChange: "지난번보다 %s%% 넘게 바뀌면", digest.AlertAnomaly: "평소와 다르면",
	},
}

var english = words{
	language: "en",
	sendWhat: "What should I send? Write it like `every Monday at 9 send me revenue by region last week`, or say it in the thread of an answer.",
	sendWhen: "When should I send this answer? Say it like `every Monday at 9` or `send it to me every weekday at 8:30`, or press **Send weekly** below the answer.",
	which: map[string]string{
		doEnd: "Which one should I stop sending?", doPause: "Which one should I pause?", doResume: "Which one should I resume?",
	},
	nothingTo: map[string]string{
		doEnd: "What is sent here can be ended by who made it. **You** have made none.", doPause: "There is nothing to pause: of **yours**, none is being sent.",
		doResume: "There is nothing to resume: all of **yours** are being sent.",
	},
	reportHow: "The whole report is sent by the clock. Write `every Monday at 9 send me the value report`.",
	daily:     "every day at 9", weekly: "every Monday at 09:00",
	created:      "I will send **%[2]s** %[1]s %[3]s.",
	createdAlert: "I look at **%[2]s** %[1]s and tell %[4]s when it %[3]s. Once when that begins, not again while it lasts.",
	assumed:      "You named no time, so I took 09:00.", next: "Next: %s.", nextIs: "next", rightNow: "Sent now it would say: %s",
	none: "Nothing is sent by the clock. Press **Send weekly** below an answer, or write `every Monday at 9 send me revenue last week`.",
	have: "%d things are sent by the clock.", mine: "Yours", here: "Sent to this channel", more: "and %d more",
	one: "This is how it stands.", issues: "Past issues", paused: "paused", disabled: "stopped",
	toMe: "to you", toHere: "to this channel", toChannel: "to a channel", toOthers: "to %d places",
	done: map[string]string{
		doEdit: "The settings of **%s** are changed.", doPause: "**%s** is paused: nothing is sent until you resume it.", doResume: "**%s** is sent again. What was due meanwhile is not.",
		doEnd: "**%s** is no longer sent. Its history is kept.", "": "**%s**",
	},
	sending: map[string]string{doRun: "It is being sent.", doTest: "It is being sent to you alone. That does not count as an issue."},
	dos: map[string]string{
		doEdit: "Save these settings", doPause: "Pause", doResume: "Resume", doEnd: "Stop sending", doRun: "Send to everybody now", doTest: "Test to me",
	},
	statuses: map[digest.Status]string{
		digest.Due: "due", digest.Rendering: "being made", digest.Sending: "being sent", digest.Sent: "sent", digest.Skipped: "skipped", digest.Failed: "failed", digest.Unknown: "not known whether it arrived",
	},
	settings: "Settings", settingsHere: "Subscription settings", alertWhen: "alert", apply: "OK", submit: "Send it", formTitle: "Have it sent",
	what: "Do", when: "When", whenHint: "every Monday at 9 · every weekday at 8:30 · last business day of the month at 17:00", where: "Where", onlyMe: "only to me", thisChannel: "this channel",
	skip:  "Skip",
	skips: map[digest.Skip]string{digest.SendAlways: "always send", digest.SkipEmpty: "skip when there is nothing to say", digest.SkipUnchanged: "skip when nothing changed"},
	conditions: map[digest.AlertKind]string{
		digest.AlertAbove: "reaches %s", digest.AlertBelow: "falls to %s or less", digest.AlertChange: "moves by %s%% or more", digest.AlertAnomaly: "is out of line",
	},
}

// to says where a subscription goes, seen by the actor.
func (w *words) to(sub *digest.Subscription, by digest.Actor) string {
	if len(sub.To) > 1 {
		return fmt.Sprintf(w.toOthers, len(sub.To))
	}
	switch r := sub.To[0]; {
	case r.Thread.Direct && r.Principal == by.Principal:
		return w.toMe
	case r.Thread.Direct:
		return escape(r.Name)
	case r.Thread.Channel == by.In.Channel && r.Thread.Platform == by.In.Platform:
		return w.toHere
	case r.Name != "":
		return "#" + escape(r.Name)
	}
	return w.toChannel
}

// condition says what an alert waits for.
func (w *words) condition(a *digest.Alert) string {
	text := w.conditions[a.Kind]
	if !strings.Contains(text, "%s") {
		return text
	}
	return fmt.Sprintf(text, format.Short(a.Threshold, format.Number, w.language))
}

// time says an instant with its date, the day of the week and the clock.
func (w *words) time(t time.Time) string {
	if w.language == "ko" {
		day := string([]rune("일월화수목금토")[t.Weekday()])
		return fmt.Sprintf("%d/%d(%s) %s", t.Month(), t.Day(), day, t.Format("15:04"))
	}
	return t.Format("Mon, Jan 2 15:04")
}

var (
	alone     = regexp.MustCompile(`(?i)(?:나한테만?|나에게만?|저에게만?|저한테만?|DM으로|디엠으로|\bto me\b|\bby DM\b|\bin a DM\b)`)
	inChannel = regexp.MustCompile(`(?i)(?:이\s*채널(?:에|로)|채널(?:에|로)|여기(?:에|로)|\bto (?:this|the) channel\b|\bhere\b)`)
)

// place reads where something is to be sent, and returns the text without it.
func place(text string) (rest, to string) {
	if alone.MatchString(text) {
		return alone.ReplaceAllString(text, ""), toMe
	}
	if inChannel.MatchString(text) {
		return inChannel.ReplaceAllString(text, ""), hereOnly
	}
	return text, ""
}

// escape shows a name as it is within restricted Markdown.
func escape(s string) string { return figures.Escape(clip(s, maxName)) }

// maxName is how much of a name is shown, in characters.
const maxName = 80

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
