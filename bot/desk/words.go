package desk

import (
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/connectors"
)

// texts are the desk's own words in one language.
type texts struct {
	language  string
	stop      string
	retry     string
	deeper    string
	askModel  string
	cancelled string
	wrong     string
	wrongWhy  string
	usual     string
	watch     string

	taken     string // progress with nobody before
	ahead     string // progress: count, wait
	behind    string // progress of a question that waits for the one before it: wait
	failed    string // failure: sentence, clock, tries
	awaited   string // below why a source is not there
	causes    map[connectors.Code]string
	tooLarge  string // name, limit in MB
	files     string // names
	noFiles   string
	elsewhere string // files of another thread
	edited    string // offered with the new text
	cannot    string // a button that does nothing here
	gone      string // a button of a question that is not there

	fileGone, fileLate string // name
	strangers          map[bot.Standing]string

	// of waiting for the model
	perMinute             string // count, as part of the next
	limitAhead, limitNext string // limit, count, wait; limit, wait
	dontWait, notify      string
	willNotify            string
	meanwhile             string // what is answered

	// of doing less while many ask
	later, laterTwice         string
	laterPlace, laterPlaceETA string // count; count, wait
	laterNext, laterNextETA   string // none; wait
	dontLater                 string
	levels                    [degrade.QueueOnly + 1]string // by level
	levelDown, inLine         string

	// of showing an answer elsewhere
	share, notYours, notYet, notShared string
	shared, sharedBy, ready            string // question; name, question; question

	// of commands
	help, askWhat, askedAlone   string
	noCommand                   string // word
	analysts, noAnalysts, owner string
	more                        string // count
	nothingOpen, open           string // count
	working, next, heldUp       string
	coming, nothingComing       string
	noCalendar                  string
	place                       string // count, wait
	queue                       string // count
	modelFree, modelDown        string // limit
	because                     string // why something is not there
	modelBusy                   string // limit, count
}

func textFor(language string) *texts {
	if language == "ko" {
		return &korean
	}
	return &english
}

var korean = texts{
	language:  "ko",
	stop:      "중지",
	retry:     "지금 다시",
	deeper:    "더 깊이",
	askModel:  "모델에게 묻기",
	cancelled: "멈췄어요.",
	wrong:     "틀렸어요",
	wrongWhy:  "어디가 틀렸는지 한 줄로 알려 주세요",
	usual:     "(보통 이것)",
	watch:     "매주 받기",
	taken:     "접수했어요",
	ahead:     "접수했어요 · 앞에 %d건, 약 %s",
	behind:    "접수했어요 · 앞 질문이 끝나면 이어서 답해요, 약 %s",
	failed:    "%s (%s, %d번 시도). 질문은 보관했어요.",
	awaited:   "질문은 맡아 두었고, 다시 연결되는 대로 답해 드릴게요.",
	causes: map[connectors.Code]string{
		connectors.CodeTimeout:     "데이터베이스가 제시간에 답하지 않아 답하지 못했어요",
		connectors.CodeUnavailable: "데이터베이스가 응답하지 않아 답하지 못했어요",
		connectors.CodeExhausted:   "데이터베이스와 약속한 호출 한도를 다 써서 답하지 못했어요",
		connectors.CodeTooLarge:    "계산이 메모리 한도를 넘어 답하지 못했어요",
		connectors.CodeStorageFull: "저장 공간이 가득 차서 답하지 못했어요",
	},
	tooLarge:  "%s 파일이 너무 커요. %d MB까지 읽을 수 있어요. 기간이나 열을 줄여서 다시 올려 주세요.",
	files:     "%s 읽는 중 …",
	noFiles:   "여기서는 파일을 읽을 수 없어요. 질문은 글로 적어 주세요.",
	elsewhere: "그 파일은 이 대화에 올린 것이 아니라서 볼 수 없어요. 여기에 다시 올려 주세요.",
	edited:    "고치기 전 질문은 이미 맡아서 그대로 뒀어요. 고친 질문으로 물어볼까요?",
	cannot:    "그 버튼으로 할 수 있는 일이 아직 없어요. 궁금한 것을 글로 적어 주세요.",
	gone:      "그 질문은 더 이상 갖고 있지 않아요. 다시 물어봐 주세요.",

	fileGone: "%s 파일을 열 수 없었어요. 지워졌거나 제가 볼 수 없는 파일이에요. 여기에 다시 올려 주세요.",
	fileLate: "%s 파일을 지금은 받아 올 수 없었어요. 조금 뒤에 다시 올려 주세요.",
	strangers: map[bot.Standing]string{
		bot.Guest:    "게스트 계정에는 회사 데이터를 알려 드릴 수 없어요. 필요한 것이 있으면 채널의 구성원에게 부탁해 주세요.",
		bot.External: "다른 회사 분께는 회사 데이터를 알려 드릴 수 없어요. 필요한 것이 있으면 채널의 구성원에게 부탁해 주세요.",
		bot.Robot:    "앱의 질문에는 답하지 않아요.",
		bot.Left:     "회사 구성원의 질문에만 답해 드려요.",
	},

	perMinute:  "(분당 %d회)",
	limitAhead: "모델이 한도%s까지 쓰이고 있어요. 앞에 %d건, 약 %s.",
	limitNext:  "모델이 한도%s까지 쓰이고 있어요. 다음 차례예요, 약 %s.",
	dontWait:   "기다리지 않고 취소",
	notify:     "끝나면 DM으로",
	willNotify: "끝나면 DM으로 알려 드릴게요.",
	meanwhile:  "모델 차례를 기다리는 동안 먼저 확인된 답을 드려요 · **%s**",

	later:         "조용해지면 답해 주세요",
	laterTwice:    "이미 맡아 뒀어요. 조용해지면 답해 드릴게요.",
	laterPlace:    "조용해지면 답해 드릴게요 · 앞에 %d건",
	laterPlaceETA: "조용해지면 답해 드릴게요 · 앞에 %d건, 약 %s",
	laterNext:     "조용해지면 바로 답해 드릴게요",
	laterNextETA:  "조용해지면 바로 답해 드릴게요 · 약 %s",
	dontLater:     "안 기다릴래요",
	levels: [...]string{
		degrade.Brief:     "지금 붐벼서 모델의 답은 짧게 드려요.",
		degrade.NoDeep:    "지금 붐벼서 모델의 답은 짧게 드리고, ‘더 깊이’는 잠시 쉬어요.",
		degrade.NoModel:   "지금 많이 붐벼요. 모델이 필요한 새 질문은 뒤로 미뤄질 수 있고, 나머지는 바로 답해요.",
		degrade.QueueOnly: "지금 아주 많이 붐벼요. 순서와 예상 시간만 알려 드리고 차례대로 답해요.",
	},
	levelDown: "지금은 모델을 쓸 수 없어요. 모델이 필요한 질문은 다시 쓸 수 있을 때 답하고, 나머지는 바로 답해요.",
	inLine:    "지금 아주 많이 붐벼요. 차례가 오면 답해 드려요.",

	share:     "채널에 공유",
	notYours:  "둘이서 나눈 답은 물어본 사람만 공유할 수 있어요.",
	notYet:    "아직 답이 나오지 않아 공유할 수 없어요. 끝난 뒤에 다시 눌러 주세요.",
	notShared: "그 채널에 올리지 못했어요. 제가 그 채널에 없거나 글을 쓸 수 없어요. 채널에 저를 초대한 뒤 다시 공유해 주세요.",
	shared:    "공유된 답이에요 · %s",
	sharedBy:  "%s님이 공유한 답이에요 · %s",
	ready:     "기다리던 답이 나왔어요 · %s",

	help: "궁금한 것을 평소 말로 물어보세요. 채널에서는 저를 부르고, 둘만의 대화에서는 그냥 적으면 돼요.\n\n" +
		"- `질문 …` 답을 DM으로 혼자 받아요\n- `분석가` 물어볼 수 있는 분석가들\n- `상태` 내 질문이 어디쯤 있는지\n- `일정` 다가오는 기념일과 행사\n- `구독` 정해 둔 때에 받는 것들, `구독 매주 월요일 9시에 지난주 매출`처럼 더할 수 있어요\n- `도움말` 이 안내",
	askWhat:     "무엇을 물어볼까요? `질문 지난달 매출`처럼 적어 주세요.",
	askedAlone:  "접수했어요. 답은 DM으로 드릴게요.",
	noCommand:   "‘%s’라는 명령은 없어요. 질문이면 `질문 …`으로 적어 주세요.",
	analysts:    "물어볼 수 있는 분석가예요. `이름: 질문`처럼 적으면 그 분석가가 답해요.",
	noAnalysts:  "아직 분석가가 없어요.",
	owner:       "담당 %s",
	more:        "그 밖에 %d개",
	nothingOpen: "기다리는 질문이 없어요.",

	coming:        "앞으로 6주 일정이에요.",
	nothingComing: "앞으로 6주 동안 아는 일정이 없어요.",
	noCalendar:    "여기에는 달력이 없어요.",

	open:      "기다리는 질문이 %d개 있어요.",
	working:   "답하는 중",
	next:      "다음 차례",
	heldUp:    "메신저가 받지 않아 다시 보내는 중",
	place:     "앞에 %d건, 약 %s",
	queue:     "지금 모두 합쳐 %d건을 맡고 있어요.",
	modelFree: "모델%s은 바로 답할 수 있어요.",
	because:   "까닭: %s",
	modelBusy: "모델%s은 한도까지 쓰이고 있어 %d건이 차례를 기다려요.",
	modelDown: "모델이 지금 응답하지 않아요. 모델이 없어도 되는 질문은 그대로 답해 드려요.",
}

var english = texts{
	language:  "en",
	stop:      "Stop",
	retry:     "Try again",
	deeper:    "Dig deeper",
	askModel:  "Ask the model",
	cancelled: "Stopped.",
	wrong:     "It's wrong",
	wrongWhy:  "What is wrong, in a line?",
	usual:     "(usually this)",
	watch:     "Send weekly",
	taken:     "Got it",
	ahead:     "Got it · %d ahead of you, about %s",
	behind:    "Got it · next after the question before it, about %s",
	failed:    "%s (%s, tried %d times). Your question is kept.",
	awaited:   "Your question is kept and is answered as soon as it is back.",
	causes: map[connectors.Code]string{
		connectors.CodeTimeout:     "The database did not answer in time",
		connectors.CodeUnavailable: "The database does not respond",
		connectors.CodeExhausted:   "The calls agreed with the database's owner are used up",
		connectors.CodeTooLarge:    "The computation went over its memory limit",
		connectors.CodeStorageFull: "There is no storage left to write to",
	},
	tooLarge:  "%s is too large: up to %d MB can be read. Try fewer rows or columns.",
	files:     "Reading %s …",
	noFiles:   "Files cannot be read here. Please ask in words.",
	elsewhere: "Those files were not dropped into this conversation, so I cannot look at them. Please drop them here.",
	edited:    "Your question was taken before you changed it, so it stays as it was. Shall I answer the new one?",
	cannot:    "That button does nothing here yet. Please ask in words.",
	gone:      "That question is not here any more. Please ask it again.",

	fileGone: "I could not open %s. It was removed, or I may not see it. Please drop it here again.",
	fileLate: "I could not get %s just now. Please drop it again in a while.",
	strangers: map[bot.Standing]string{
		bot.Guest:    "I cannot tell company data to guest accounts. Please ask a member of the channel for what you need.",
		bot.External: "I cannot tell company data to people of another company. Please ask a member of the channel for what you need.",
		bot.Robot:    "I do not answer apps.",
		bot.Left:     "I only answer members of the company.",
	},

	perMinute:  " (%d calls a minute)",
	limitAhead: "The model is used up to its limit%s. %d ahead, about %s.",
	limitNext:  "The model is used up to its limit%s. You are next, about %s.",
	dontWait:   "Cancel, don't wait",
	notify:     "DM me when done",
	willNotify: "I will tell you in a DM when it is done.",
	meanwhile:  "While this waits for the model, here is what I am sure of · **%s**",

	later:         "Answer when it's quiet",
	laterTwice:    "I have it already, and will answer when it is quiet.",
	laterPlace:    "I will answer when it is quiet · %d ahead",
	laterPlaceETA: "I will answer when it is quiet · %d ahead, about %s",
	laterNext:     "I will answer as soon as it is quiet",
	laterNextETA:  "I will answer as soon as it is quiet · about %s",
	dontLater:     "Don't wait",
	levels: [...]string{
		degrade.Brief:     "Many are asking, so the model answers shortly.",
		degrade.NoDeep:    "Many are asking, so the model answers shortly and digging deeper is paused.",
		degrade.NoModel:   "Very many are asking: new questions that need the model may be put off. Others are answered right away.",
		degrade.QueueOnly: "Very many are asking. You are told your place and the time, and answered in order.",
	},
	levelDown: "The model cannot be asked right now: questions that need it are answered when it can, others right away.",
	inLine:    "Very many are asking right now. You are answered when it is your turn.",

	share:     "Share to a channel",
	notYours:  "What was answered in a direct message is only for the asker to share.",
	notYet:    "There is no answer to share yet. Please press again when there is.",
	notShared: "I could not post in that channel: I am not in it, or may not write there. Please invite me and share again.",
	shared:    "A shared answer · %s",
	sharedBy:  "%s shared this answer · %s",
	ready:     "The answer you waited for · %s",

	help: "Ask in your own words. In a channel mention me; in a direct message just write.\n\n" +
		"- `ask …` get the answer alone, in a DM\n- `analysts` whom you can ask\n- `status` where your questions are\n- `calendar` holidays and marketing days to come\n- `subscriptions` what is sent by the clock; add one like `subscribe every Monday at 9 revenue last week`\n- `help` this",
	askWhat:     "What would you like to ask? Write it like `ask revenue last month`.",
	askedAlone:  "Got it. The answer comes in a DM.",
	noCommand:   "There is no command ‘%s’. To ask something, write `ask …`.",
	analysts:    "These analysts can be asked. Begin with a name to pick one, like `name: question`.",
	noAnalysts:  "There are no analysts yet.",
	owner:       "owner %s",
	more:        "and %d more",
	nothingOpen: "None of your questions is waiting.",

	coming:        "In the next 6 weeks:",
	nothingComing: "I know of nothing in the next 6 weeks.",
	noCalendar:    "There is no calendar here.",

	open:      "Your questions that are not answered yet: %d",
	working:   "being answered",
	next:      "next in line",
	heldUp:    "the chat does not take it, sending again",
	place:     "%d ahead, about %s",
	queue:     "Questions in hand, everybody's: %d.",
	modelFree: "The model%s can answer right away.",
	because:   "Why: %s",
	modelBusy: "The model%s is used up to its limit; %d calls wait for it.",
	modelDown: "The model does not respond right now. Questions that need none are still answered.",
}

// unclassified is what is said of any other failure.
var unclassified = map[string]string{
	"ko": "저희 쪽 문제로 답하지 못했어요",
	"en": "Something broke on our side",
}

func (t *texts) progress(p *bot.Progress) string {
	switch {
	case p == nil:
		return t.taken
	case len(p.Steps) > 0:
		return p.Steps[len(p.Steps)-1].Text
	case p.Ahead > 0:
		return fmt.Sprintf(t.ahead, p.Ahead, waiting(p.ETA, t.language))
	case p.ETA > longWait:
		return fmt.Sprintf(t.behind, waiting(p.ETA, t.language))
	}
	return t.taken
}

func (t *texts) failure(f *Failure) string {
	if f == nil {
		f = &Failure{}
	}
	cause, ok := t.causes[connectors.Code(f.Code)]
	if !ok {
		cause = unclassified[t.language]
	}
	return fmt.Sprintf(t.failed, cause, f.At.Format("15:04"), max(f.Tries, 1))
}

func (t *texts) fileTooLarge(name string, limit int64) string {
	return fmt.Sprintf(t.tooLarge, name, limit>>20)
}

func (t *texts) reading(files []File) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return fmt.Sprintf(t.files, strings.Join(names, ", "))
}
