package desk

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// The commands.
const (
	commandHelp     = "help"
	commandAsk      = "ask"
	commandAnalysts = "analysts"
	commandStatus   = "status"
	commandCalendar = "calendar"
	commandUnknown  = "unknown" // help, and that there is no such command

	commandSubscribe     = "subscribe"     // the text says what to send, and when
	commandSubscriptions = "subscriptions" // what is sent already
	commandPress         = "press"         // a button about subscriptions

	commandCurate = "curate" // a button about a date of the calendar
)

// commands are the words by which people call the commands.
var commands = map[string]string{
	"help": commandHelp, "도움말": commandHelp, "도움": commandHelp, "사용법": commandHelp,
	"ask": commandAsk, "질문": commandAsk,
	"analysts": commandAnalysts, "분석가": commandAnalysts,
	"status": commandStatus, "상태": commandStatus,
	"calendar": commandCalendar, "일정": commandCalendar, "캘린더": commandCalendar, "달력": commandCalendar,
	"subscribe": commandSubscribe, "구독": commandSubscribe, "받기": commandSubscribe,
	"subscriptions": commandSubscriptions, "구독목록": commandSubscriptions,
}

// phrases are what people write in a conversation with us alone for a command. What is
// more than one of these is a question.
var phrases = map[string]string{
	"help": commandHelp, "도움말": commandHelp, "도움": commandHelp, "사용법": commandHelp,
	"analysts": commandAnalysts, "list analysts": commandAnalysts, "분석가": commandAnalysts, "분석가 목록": commandAnalysts,
	"status": commandStatus, "상태": commandStatus, "내 질문": commandStatus, "내 질문 상태": commandStatus,
	"calendar": commandCalendar, "일정": commandCalendar, "캘린더": commandCalendar,
	"subscriptions": commandSubscriptions, "my subscriptions": commandSubscriptions, "구독": commandSubscriptions,
	"구독 목록": commandSubscriptions, "내 구독": commandSubscriptions,
}

// commandIn is the command that a message is; empty for a question.
func commandIn(text string) string {
	return phrases[strings.ToLower(strings.Join(strings.Fields(strings.Trim(text, " ?!./")), " "))]
}

// takeCommand takes what somebody wrote after "/bapsang".
func (d *Desk) takeCommand(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	word, rest := firstWord(ev.Text)
	command, known := commands[strings.ToLower(word)]
	switch {
	case word == "":
		command = commandHelp
	case !known && isQuestion(ev.Text):
		return d.askAlone(ctx, ev, strings.TrimSpace(ev.Text))
	case !known:
		command = commandUnknown
	case command == commandAsk && rest != "":
		return d.askAlone(ctx, ev, rest)
	case command == commandSubscribe && (rest == "" || subscriptionsListed(rest)):
		command = commandSubscriptions
	}
	text := strings.TrimSpace(ev.Text)
	if command == commandSubscribe {
		text = rest // its first word is no part of the question
	}
	return d.ask(ctx, ev.ID, &Question{
		Thread: ev.Thread, User: ev.User, Text: text, Command: command,
		Language: commandLanguage(ev.Text, ev.User.Locale),
	})
}

// subscriptionsListed reports whether what follows 구독 asks for the list of them.
func subscriptionsListed(rest string) bool {
	switch strings.ToLower(strings.TrimSpace(rest)) {
	case "list", "목록", "보기", "리스트":
		return true
	}
	return false
}

// firstWord parts a text behind its first word.
func firstWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	if end := strings.IndexFunc(text, unicode.IsSpace); end >= 0 {
		return text[:end], strings.TrimSpace(text[end:])
	}
	return text, ""
}

// commandLanguage is the language to answer a command in. Everybody types "help", so in
// ASCII a command says nothing of its giver's language.
func commandLanguage(text, locale string) string {
	if locale != "" && strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return language("", locale)
	}
	return language(text, locale)
}

// isQuestion tells what is asked without the word for it, as most people do, from a
// command that is written wrong: that is one word, and in the letters of the commands
// that people misspell.
func isQuestion(text string) bool {
	return len(strings.Fields(text)) > 1 || strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) >= 0
}

// askAlone asks in a conversation with the person alone, and says so where they gave
// the command. Both are taken in one transaction.
func (d *Desk) askAlone(ctx context.Context, ev bot.Event, text string) (bot.Receipt, error) {
	lang := language(text, ev.User.Locale)
	asked := &Question{
		Thread: bot.Direct(ev.Thread.Platform, ev.Thread.Workspace, ev.User.ID), User: ev.User, Text: text, Language: lang,
	}
	said := &Question{Thread: ev.Thread, User: ev.User, Language: lang, Answer: d.sentence(lang, textFor(lang).askedAlone)}
	var ids [2]string
	var added [2]bool
	err := d.cfg.Store.Update(ctx, func(tx store.Tx) (err error) {
		if ids[0], added[0], err = d.enqueue(tx, ev.ID, asked); err != nil {
			return err
		}
		ids[1], added[1], err = d.enqueue(tx, ev.ID+"/said", said)
		return err
	})
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("take question: %w", err)
	}
	for i, q := range []*Question{asked, said} {
		if added[i] {
			d.taken(ids[i], q)
		}
	}
	return bot.Receipt{Question: ids[0], Thread: asked.Thread, Duplicate: !added[0]}, nil
}

// sentence is an answer that is ready.
func (d *Desk) sentence(lang, text string, offers ...string) *agent.Answer {
	return &agent.Answer{Language: lang, Rung: agent.None, Text: text, Suggestions: offers, AnsweredAt: d.now()}
}

// obeyed answers a command and keeps the answer, once.
func (d *Desk) obeyed(ctx context.Context, q *Question) (*Question, error) {
	answer, reply, err := d.obey(ctx, q)
	if err != nil {
		return q, fmt.Errorf("%s: %w", q.Command, err)
	}
	return d.change(ctx, q.ID, func(q *Question) bool {
		if q.Answer != nil {
			return false
		}
		q.Answer, q.Reply = answer, reply
		return true
	})
}

func (d *Desk) obey(ctx context.Context, q *Question) (answer *agent.Answer, reply *Reply, err error) {
	switch q.Command {
	case commandStatus:
		answer, err = d.tellStatus(ctx, q)
	case commandAnalysts:
		answer, err = d.tellAnalysts(ctx, q)
	case commandCalendar:
		reply, err = d.tellCalendar(ctx, q)
	case commandSubscribe, commandSubscriptions, commandPress:
		reply, err = d.order(ctx, q)
	case commandCurate:
		reply, err = d.curate(ctx, q)
	default:
		answer = d.tellHelp(ctx, q)
	}
	if reply != nil {
		answer = d.sentence(q.Language, reply.Text)
	}
	return answer, reply, err
}

// tellHelp says what can be done. A source that is down takes its examples with it, not
// the help.
func (d *Desk) tellHelp(ctx context.Context, q *Question) *agent.Answer {
	t := textFor(q.Language)
	text := t.help
	switch q.Command {
	case commandUnknown:
		word, _ := firstWord(q.Text)
		text = fmt.Sprintf(t.noCommand, figures.Escape(clip(word))) + "\n\n" + text
	case commandAsk:
		text = t.askWhat + "\n\n" + text
	}
	var offers []string
	if about, err := d.cfg.Agent.Introduce(ctx, "", q.Language); err != nil {
		d.cfg.Logger.WarnContext(ctx, "desk: help without examples", "error", err)
	} else {
		offers = about.Suggestions
	}
	return d.sentence(q.Language, text, offers...)
}

// clip shortens what somebody typed.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// maxAnalysts is how many analysts are listed.
const maxAnalysts = 30

func (d *Desk) tellAnalysts(ctx context.Context, q *Question) (*agent.Answer, error) {
	t := textFor(q.Language)
	all, err := d.cfg.Agent.Analysts(ctx, q.Language)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return d.sentence(q.Language, t.noAnalysts), nil
	}
	var out strings.Builder
	out.WriteString(t.analysts)
	for _, a := range all[:min(len(all), maxAnalysts)] {
		fmt.Fprintf(&out, "\n- **%s**", figures.Escape(a.Title))
		if a.Title != a.Name {
			fmt.Fprintf(&out, " (%s)", figures.Escape(a.Name))
		}
		if a.Purpose != "" {
			out.WriteString(" — " + figures.Escape(a.Purpose))
		}
		if a.Owner != "" {
			fmt.Fprintf(&out, " · "+t.owner, figures.Escape(a.Owner))
		}
		for _, m := range d.drifted(a.Name) {
			out.WriteString("\n  - " + figures.Escape(m.Text(q.Language)))
		}
	}
	if more := len(all) - maxAnalysts; more > 0 {
		fmt.Fprintf(&out, "\n"+t.more, more)
	}
	return d.sentence(q.Language, out.String()), nil
}

// drifted tells what an analyst has lost of its tables.
func (d *Desk) drifted(analyst string) (out []Missing) {
	if d.cfg.Missing == nil {
		return nil
	}
	for _, m := range d.cfg.Missing() {
		if m.Kind == MissingTables && m.Name == analyst {
			out = append(out, m)
		}
	}
	return out
}

// maxStatus is how many of somebody's questions are listed.
const maxStatus = 10

func (d *Desk) tellStatus(ctx context.Context, q *Question) (*agent.Answer, error) {
	t := textFor(q.Language)
	mine, err := d.openOf(ctx, q.owner())
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, o := range mine {
		status, err := d.statusOf(ctx, o)
		if err != nil {
			return nil, err
		}
		lines = append(lines, t.standing(status))
	}
	text := t.nothingOpen
	if len(lines) > 0 {
		text = fmt.Sprintf(t.open, len(lines)) + "\n" + strings.Join(lines[:min(len(lines), maxStatus)], "\n")
		if more := len(lines) - maxStatus; more > 0 {
			text += "\n" + fmt.Sprintf(t.more, more)
		}
	}
	waiting, err := d.countOpen(ctx)
	if err != nil {
		return nil, err
	}
	text += "\n\n" + fmt.Sprintf(t.queue, waiting)
	if d.cfg.ModelLoad != nil {
		text += " " + t.model(d.cfg.ModelLoad())
	}
	if line := d.levelLine(t); line != "" {
		text += "\n" + line
	}
	if d.cfg.Missing != nil {
		for _, m := range d.cfg.Missing() {
			text += "\n" + figures.Escape(m.Text(q.Language))
			if why := m.Why(q.Language); why != "" {
				text += " " + fmt.Sprintf(t.because, figures.Escape(why))
			}
		}
	}
	return d.sentence(q.Language, text), nil
}

// standing is a line about a question that has not ended.
func (t *texts) standing(s *Status) string {
	where := t.working
	switch {
	case s.Ahead > 0:
		where = fmt.Sprintf(t.place, s.Ahead, waiting(s.ETA, t.language))
	case s.State == store.Queued:
		where = t.next
	case s.Held != nil:
		where = t.heldUp
	}
	return fmt.Sprintf("- %s — %s · #%s", quoted(s.Text), where, s.Number())
}

// model says how the language model stands.
func (t *texts) model(l ModelLoad) string {
	limit := ""
	if l.PerMinute > 0 {
		limit = fmt.Sprintf(t.perMinute, l.PerMinute)
	}
	switch {
	case l.Down:
		return t.modelDown
	case l.Waiting > 0:
		return fmt.Sprintf(t.modelBusy, limit, l.Waiting)
	}
	return fmt.Sprintf(t.modelFree, limit)
}

// openOf returns the questions of owner that have not ended, oldest first.
func (d *Desk) openOf(ctx context.Context, owner string) (list []*Question, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		list = nil
		var ids []string
		err := tx.Scan(kindOpen, store.Range{}, func(id string, whose []byte) bool {
			if string(whose) == owner {
				ids = append(ids, id)
			}
			return true
		})
		for _, id := range ids {
			q, err := load[Question](tx, kindQuestion, id)
			if err != nil {
				return err
			}
			list = append(list, q)
		}
		return err
	})
	return list, err
}

// countOpen counts the questions that have not ended.
func (d *Desk) countOpen(ctx context.Context) (n int, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		n = 0
		return tx.Scan(kindOpen, store.Range{}, func(_ string, whose []byte) bool {
			if len(whose) > 0 {
				n++
			}
			return true
		})
	})
	return n, err
}
