package desk

import (
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
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

	taken     string // progress with nobody before
	ahead     string // progress: count, wait
	failed    string // failure: sentence, clock, tries
	causes    map[connectors.Code]string
	rungs     map[agent.Rung]string
	verified  string // by whom
	recalled  string // clock
	tooLarge  string // name, limit in MB
	files     string // names
	noFiles   string
	elsewhere string // files of another thread
	edited    string // offered with the new text
	cannot    string // a button that does nothing here
	gone      string // a button of a question that is not there
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
	taken:     "접수했어요",
	ahead:     "접수했어요 · 앞에 %d건, 약 %s",
	failed:    "%s (%s, %d번 시도). 질문은 보관했어요.",
	causes: map[connectors.Code]string{
		connectors.CodeTimeout:     "데이터베이스가 제시간에 답하지 않아 답하지 못했어요",
		connectors.CodeUnavailable: "데이터베이스가 응답하지 않아 답하지 못했어요",
		connectors.CodeExhausted:   "데이터베이스와 약속한 호출 한도를 다 써서 답하지 못했어요",
		connectors.CodeTooLarge:    "계산이 메모리 한도를 넘어 답하지 못했어요",
		connectors.CodeStorageFull: "저장 공간이 가득 차서 답하지 못했어요",
	},
	rungs: map[agent.Rung]string{
		agent.Compose: "정의된 지표",
		agent.Match:   "확인된 질문",
		agent.Think:   "모델이 작성",
	},
	verified:  "%s님이 확인한 질문",
	recalled:  "%s에 답한 내용",
	tooLarge:  "%s 파일이 너무 커요. %d MB까지 읽을 수 있어요. 기간이나 열을 줄여서 다시 올려 주세요.",
	files:     "%s 읽는 중 …",
	noFiles:   "여기서는 파일을 읽을 수 없어요. 질문은 글로 적어 주세요.",
	elsewhere: "그 파일은 이 대화에 올린 것이 아니라서 볼 수 없어요. 여기에 다시 올려 주세요.",
	edited:    "고치기 전 질문은 이미 맡아서 그대로 뒀어요. 고친 질문으로 물어볼까요?",
	cannot:    "그 버튼으로 할 수 있는 일이 아직 없어요. 궁금한 것을 글로 적어 주세요.",
	gone:      "그 질문은 더 이상 갖고 있지 않아요. 다시 물어봐 주세요.",
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
	taken:     "Got it",
	ahead:     "Got it · %d ahead of you, about %s",
	failed:    "%s (%s, tried %d times). Your question is kept.",
	causes: map[connectors.Code]string{
		connectors.CodeTimeout:     "The database did not answer in time",
		connectors.CodeUnavailable: "The database does not respond",
		connectors.CodeExhausted:   "The calls agreed with the database's owner are used up",
		connectors.CodeTooLarge:    "The computation went over its memory limit",
		connectors.CodeStorageFull: "There is no storage left to write to",
	},
	rungs: map[agent.Rung]string{
		agent.Compose: "defined metric",
		agent.Match:   "verified question",
		agent.Think:   "written by the model",
	},
	verified:  "verified by %s",
	recalled:  "answered %s",
	tooLarge:  "%s is too large: up to %d MB can be read. Try fewer rows or columns.",
	files:     "Reading %s …",
	noFiles:   "Files cannot be read here. Please ask in words.",
	elsewhere: "Those files were not dropped into this conversation, so I cannot look at them. Please drop them here.",
	edited:    "Your question was taken before you changed it, so it stays as it was. Shall I answer the new one?",
	cannot:    "That button does nothing here yet. Please ask in words.",
	gone:      "That question is not here any more. Please ask it again.",
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

// rung says which rung spoke.
func (t *texts) rung(a *agent.Answer, at *time.Location) string {
	switch {
	case a.Rung == agent.Recall:
		return fmt.Sprintf(t.recalled, a.AnsweredAt.In(at).Format("15:04"))
	case a.Rung == agent.Match && a.VerifiedBy != "":
		return fmt.Sprintf(t.verified, a.VerifiedBy)
	}
	return t.rungs[a.Rung]
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
