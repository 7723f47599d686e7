package digest

// words are the service's own in one language.
type words struct {
	errors  map[Code]string
	broken  string
	reasons map[Reason]string
	kinds   map[Kind]string
	other   string // an unknown kind

	late     string // said above what comes late: when it was due
	lateMany string // and how many before it were missed
	noRights string // to a recipient: name of the subscription
	failed   string // to the owner: name, when, reason
	some     string // to the owner: name, when, how many of how many, reason
	disabled string // to the owner: name, reason
	unknown  string // to the owner: name, when
	number   string // id
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &korean
	}
	return &english
}

func kindName(k Kind, language string) string {
	w := wordsFor(language)
	if name, ok := w.kinds[k]; ok {
		return name
	}
	return w.other
}

// Sentence says the reason to people: a clause without a full stop, empty for a reason
// that is not known.
func (r Reason) Sentence(language string) string { return wordsFor(language).reasons[r] }

var korean = words{
	errors: map[Code]string{
		CodeNotFound:     "그런 구독을 찾지 못했어요. `구독 목록`이라고 하면 지금 보내는 것을 보여 드려요.",
		CodeDenied:       "구독은 만든 사람과 관리자만 바꿀 수 있어요.",
		CodeConflict:     "그사이 다른 곳에서 구독을 바꿨어요. 다시 열어서 고쳐 주세요.",
		CodeEnded:        "이미 끝낸 구독이에요. 새로 만들어 주세요.",
		CodeKind:         "그런 내용은 여기서 구독할 수 없어요.",
		CodeNoQuestion:   "무엇을 보낼지 질문을 적어 주세요.",
		CodeAlert:        "언제 알릴지 조건을 적어 주세요. 값 이상, 값 이하, 몇 % 변화, 이상치 가운데 하나예요.",
		CodeSkip:         "언제 건너뛸지 알아듣지 못했어요.",
		CodeSchedule:     "언제 보낼지 알아듣지 못했어요. ‘매주 월요일 9시’처럼 적어 주세요.",
		CodeTooLong:      "제목이나 질문이 너무 길어요. 줄여 주세요.",
		CodeRecipients:   "받는 곳을 한 곳에서 %d곳까지 골라 주세요.",
		CodeUnreachable:  "받는 곳 가운데 보낼 수 없는 곳이 있어요. 채널이나 구성원을 다시 골라 주세요.",
		CodeOwnerLimit:   "구독은 한 사람이 %d개까지 둘 수 있어요. 안 쓰는 것을 끝낸 뒤 다시 해 주세요.",
		CodeChannelLimit: "한 채널로 보내는 구독은 %d개까지예요. 그 채널의 구독을 정리한 뒤 다시 해 주세요.",
	},
	broken: "지금은 처리하지 못했어요. 조금 뒤에 다시 해 주세요.",
	reasons: map[Reason]string{
		ReasonEmpty:        "보낼 내용이 없어서 건너뛰었어요",
		ReasonUnchanged:    "지난번과 같아서 건너뛰었어요",
		ReasonQuiet:        "알림 조건에 들지 않아서 건너뛰었어요",
		ReasonStillHolds:   "이미 알린 상태가 이어지고 있어서 건너뛰었어요",
		ReasonNoValue:      "지켜볼 값이 데이터에 없어서 건너뛰었어요",
		ReasonBaseline:     "비교할 첫 값을 적어 두었어요",
		ReasonNoRights:     "받는 사람에게 볼 권한이 없어요",
		ReasonPaused:       "보내기 전에 일시 정지했어요",
		ReasonEdited:       "보내기 전에 일정이 바뀌었어요",
		ReasonEnded:        "보내기 전에 구독을 끝냈어요",
		ReasonDisabled:     "보내기 전에 구독이 멈췄어요",
		ReasonMissed:       "보낼 시간에 프로그램이 멈춰 있었어요",
		ReasonLeft:         "받는 사람이 회사를 떠났어요",
		ReasonNoRecipients: "받을 사람이 남아 있지 않아요",
		ReasonRender:       "내용을 만들지 못했어요",
		ReasonRefused:      "이 내용은 더 이상 만들 수 없어요",
		ReasonUnavailable:  "메신저가 제시간에 받지 않았어요",
		ReasonLost:         "만드는 도중 프로그램이 거듭 멈췄어요",
		ReasonGone:         "채널이 보관되었거나 없어졌어요",
		ReasonDenied:       "앱이 채널에서 빠졌거나 글을 쓸 권한이 없어요",
		ReasonOwnerLeft:    "담당자가 회사를 떠났어요",
		ReasonFailing:      "연달아 보내지 못했어요",
	},
	kinds: map[Kind]string{
		KindCalendar: "마케팅 일정", KindQuestion: "저장한 질문", KindAlert: "알림", KindReport: "활용 리포트",
	},
	other:    "구독",
	late:     "지연 발송 · 원래 %s 발송분이에요.",
	lateMany: "지연 발송 · 원래 %s 발송분이에요. 그 전의 %d건은 프로그램이 멈춰 있어서 보내지 않았어요.",
	noRights: "‘%s’ 구독에는 볼 권한이 없는 데이터가 들어 있어서 내용을 보내지 않아요. 필요하면 데이터 담당자에게 권한을 요청해 주세요.",
	failed:   "‘%s’ 구독의 %s 발송분을 보내지 못했어요. %s.",
	some:     "‘%s’ 구독의 %s 발송분을 %d곳 중 %d곳에 보내지 못했어요. %s.",
	disabled: "‘%s’ 구독을 멈췄어요. %s. 고친 뒤 다시 시작해 주세요.",
	unknown:  "‘%s’ 구독의 %s 발송분이 도착했는지 확인하지 못했어요. 다음 발송 때 다시 확인하고, 두 번 보내지는 않아요.",
	number:   "구독 번호 %s",
}

var english = words{
	errors: map[Code]string{
		CodeNotFound:     "I could not find that subscription. Say `subscriptions` to see what is sent.",
		CodeDenied:       "Only who made a subscription, and administrators, can change it.",
		CodeConflict:     "Somebody changed the subscription meanwhile. Please open it again and change that.",
		CodeEnded:        "That subscription has ended. Please make a new one.",
		CodeKind:         "That cannot be subscribed to here.",
		CodeNoQuestion:   "Please write the question to be sent.",
		CodeAlert:        "Please say when to alert: at or above a value, at or below one, a change in percent, or an anomaly.",
		CodeSkip:         "I could not read when to skip it.",
		CodeSchedule:     "I could not read when to send it. Please write it like “every Monday at 9”.",
		CodeTooLong:      "The title or the question is too long. Please shorten it.",
		CodeRecipients:   "Please choose from one to %d recipients.",
		CodeUnreachable:  "One of the recipients cannot be posted to. Please choose the channel or the person again.",
		CodeOwnerLimit:   "A person can have up to %d subscriptions. Please end one first.",
		CodeChannelLimit: "Up to %d subscriptions can go to a channel. Please end one of that channel first.",
	},
	broken: "That did not work just now. Please try again in a while.",
	reasons: map[Reason]string{
		ReasonEmpty:        "skipped, because there was nothing to say",
		ReasonUnchanged:    "skipped, because nothing changed since the last one",
		ReasonQuiet:        "skipped, because the alert's condition does not hold",
		ReasonStillHolds:   "skipped, because it was told when it came to hold",
		ReasonNoValue:      "skipped, because the data has no value for the figure",
		ReasonBaseline:     "the first value was noted, to compare others with",
		ReasonNoRights:     "the recipient may not see it",
		ReasonPaused:       "paused before it was sent",
		ReasonEdited:       "the schedule was changed before it was sent",
		ReasonEnded:        "ended before it was sent",
		ReasonDisabled:     "the subscription was stopped before it was sent",
		ReasonMissed:       "the program was not running when it was due",
		ReasonLeft:         "the recipient has left the company",
		ReasonNoRecipients: "nobody is left to send it to",
		ReasonRender:       "the content could not be made",
		ReasonRefused:      "the content cannot be made any more",
		ReasonUnavailable:  "the messenger did not take it in time",
		ReasonLost:         "the program stopped while making it, again and again",
		ReasonGone:         "the channel is archived or gone",
		ReasonDenied:       "the app was removed from the channel or may not write there",
		ReasonOwnerLeft:    "its owner has left the company",
		ReasonFailing:      "several in a row could not be sent",
	},
	kinds: map[Kind]string{
		KindCalendar: "Marketing calendar", KindQuestion: "Saved question", KindAlert: "Alert", KindReport: "Value report",
	},
	other:    "Subscription",
	late:     "Delayed · this was due %s.",
	lateMany: "Delayed · this was due %s. The program was not running for %d before it, which are not sent.",
	noRights: "The subscription “%s” has data that you may not see, so its content is not sent to you. Please ask the owner of the data if you need it.",
	failed:   "“%s”, due %s, could not be sent: %s.",
	some:     "“%s”, due %s, could not be sent to %[4]d of %[3]d recipients: %[5]s.",
	disabled: "“%s” was stopped: %s. Please resume it when that is mended.",
	unknown:  "I could not find out whether “%s”, due %s, arrived. I will look again with the next one, and never send it twice.",
	number:   "subscription %s",
}
