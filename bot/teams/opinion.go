package teams

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot"
)

// Teams' own 👍 and 👎 say below which message they were pressed, and not for which
// question. So it is kept which message answers which: of the last messages, in pages of a
// fixed size. Of an older one it is not known any more, and the press is not counted.
const (
	answerPages = 4096
	answersEach = 16
)

// answer is a message that answers a question.
type answer struct {
	Message  string `json:"m"`
	Question string `json:"q"`
}

func answerPage(conversation, message string) (page, key string) {
	conversation, _, _ = strings.Cut(conversation, threadMark)
	key = conversation + "/" + message
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // never fails
	return "answers/" + strconv.FormatUint(uint64(h.Sum32()%answerPages), 10), key
}

// answers keeps that a message which was posted to a conversation answers a question, for
// those who press Teams' own thumbs below it.
func (t *Teams) answers(ctx context.Context, conversation, message, question string) error {
	page, key := answerPage(conversation, message)
	done, err := t.out.turns.Take(ctx, page)
	if err != nil {
		return err
	}
	defer done()
	err = changeKept(ctx, t.cfg.References, page, func(kept json.RawMessage) (json.RawMessage, error) {
		all := answersIn(kept)
		if slices.Contains(all, answer{key, question}) {
			return nil, nil
		}
		all = slices.DeleteFunc(all, func(a answer) bool { return a.Message == key })
		return json.Marshal(append([]answer{{key, question}}, all[:min(len(all), answersEach-1)]...))
	})
	if err != nil {
		return fmt.Errorf("keep question of message: %w", err)
	}
	return nil
}

func answersIn(data json.RawMessage) (all []answer) {
	_ = json.Unmarshal(data, &all) // what cannot be read is begun anew
	return all
}

func (t *Teams) answersOn(ctx context.Context, page string) ([]answer, error) {
	data, err := t.cfg.References.Get(ctx, page)
	if err != nil {
		return nil, fmt.Errorf("get question of message: %w", err)
	}
	return answersIn(data), nil
}

// questionOf is the question that a message answers; empty when that is not known.
func (t *Teams) questionOf(ctx context.Context, conversation, message string) (string, error) {
	page, key := answerPage(conversation, message)
	all, err := t.answersOn(ctx, page)
	for _, a := range all {
		if a.Message == key {
			return a.Question, err
		}
	}
	return "", err
}

// opinion takes what somebody said with Teams' own thumbs.
func (t *Teams) opinion(ctx context.Context, h bot.Handler, d *deed) {
	action, ok := opinionOf(d.Value)
	if !ok || d.message == "" {
		t.in.ignored.Add(1)
		return
	}
	question, err := t.questionOf(ctx, d.place(), d.message)
	if err == nil && question == "" {
		t.in.ignored.Add(1)
		t.log.WarnContext(ctx, "teams: an opinion of a message that is not known", "conversation", d.place(), "message", clip(d.message))
		return
	}
	if err == nil {
		action.Question = question
		err = t.act(ctx, h, d, action)
	}
	if err != nil {
		t.in.failed.Add(1)
		t.log.ErrorContext(ctx, "teams: an opinion was not taken", "error", err)
	}
}

// opinionOf reads the press of a thumb.
func opinionOf(value json.RawMessage) (bot.Action, bool) {
	var said struct {
		Name  string `json:"actionName"`
		Value struct {
			Reaction string          `json:"reaction"`
			Feedback json.RawMessage `json:"feedback"`
		} `json:"actionValue"`
	}
	_ = json.Unmarshal(value, &said)
	action := bot.Action{Text: feedbackText(said.Value.Feedback)}
	switch {
	case said.Name != "feedback":
		return action, false
	case said.Value.Reaction == "like":
		action.Name = bot.ActionGood
	case said.Value.Reaction == "dislike" && action.Text != "":
		action.Name = bot.ActionWrong
	case said.Value.Reaction == "dislike":
		action.Name = bot.ActionBad
	default:
		return action, false
	}
	return action, true
}

// maxOpinion bounds what somebody says why.
const maxOpinion = 2000

// feedbackText is what somebody wrote beside a thumb. It comes as JSON in a text from Teams,
// and as the text itself from Microsoft's emulator.
func feedbackText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw) // the object itself
	}
	var inner struct {
		Text string `json:"feedbackText"`
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") && json.Unmarshal([]byte(text), &inner) == nil {
		text = inner.Text
	}
	if text = tidy(text); text == "null" {
		return ""
	}
	if r := []rune(text); len(r) > maxOpinion {
		text = string(r[:maxOpinion])
	}
	return text
}

// judged keeps which question a message answers that Teams' thumbs stand below. That it could
// not be kept costs a verdict, and no answer.
func (t *Teams) judged(ctx context.Context, ref bot.Ref, msg bot.Message) {
	asks := slices.ContainsFunc(msg.Buttons, func(b bot.Button) bool { return b.Action == bot.ActionGood || b.Action == bot.ActionBad })
	if !asks || msg.Question == "" || ref.ID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := t.answers(ctx, ref.Thread.Channel, ref.ID, msg.Question); err != nil {
		t.log.WarnContext(ctx, "teams: thumbs below an answer lead nowhere", "question", msg.Question, "error", err)
	}
}
