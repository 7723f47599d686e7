package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// greetFor is how long whoever took a question has for posting its progress message
// before a worker posts one itself.
const greetFor = 3 * time.Second

// Handle implements bot.Handler.
func (d *Desk) Handle(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	switch ev.Kind {
	case bot.EventMessage:
		return d.takeMessage(ctx, ev)
	case bot.EventAction:
		return d.takeAction(ctx, ev)
	case bot.EventEdit:
		return d.takeEdit(ctx, ev)
	case bot.EventDelete:
		return d.takeDelete(ctx, ev)
	}
	return bot.Receipt{}, fmt.Errorf("take event: unknown kind %q", ev.Kind)
}

// takeMessage turns a message into a question, unless it is not for us.
func (d *Desk) takeMessage(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	if len(ev.Files) > 0 && d.cfg.Shelf == nil && ev.Addressed {
		return d.say(ctx, ev, func(t *texts) string { return t.noFiles })
	}
	files, err := d.keepFiles(ctx, ev)
	if err != nil {
		return bot.Receipt{}, err
	}
	q := &Question{
		Thread: ev.Thread, Message: ev.Message, User: ev.User,
		Text: strings.TrimSpace(ev.Text), Files: files,
		Language: language(ev.Text, ev.User.Locale),
	}
	return d.ask(ctx, ev.ID, q, ev.Addressed || len(files) > 0)
}

// ask makes q durable together with its job. The event id is the key of
// deduplication. A message that was not addressed to us becomes a question only in
// a thread where we were asked before.
func (d *Desk) ask(ctx context.Context, event string, q *Question, addressed bool) (bot.Receipt, error) {
	receipt := bot.Receipt{Thread: q.Thread}
	now := d.now()
	err := d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		receipt.Question, receipt.Duplicate = "", false
		if !addressed {
			if _, err := tx.Get(kindThread, q.Thread.Key()); errors.Is(err, store.ErrNotFound) {
				return nil
			} else if err != nil {
				return err
			}
		}
		id, added, err := tx.Enqueue(store.NewJob{
			Kind:    JobKind,
			Unique:  q.Thread.Platform + ":" + q.Thread.Workspace + ":" + event,
			Mailbox: q.Thread.Key(),
			Owner:   q.Principal(),

			MaxAttempts: maxDeaths,
		})
		if err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
		receipt.Question, receipt.Duplicate = id, !added
		if !added {
			return nil
		}
		return d.record(tx, id, q, now)
	})
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("take question: %w", err)
	}
	if receipt.Question != "" && !receipt.Duplicate && q.Answer == nil {
		d.metrics.asked.Inc()
		d.pace.waiting(receipt.Question)
		d.greetSoon(receipt.Question)
	}
	return receipt, nil
}

// say answers an event with a sentence that is ready, and questions to press. It goes
// the way of a question, so that it is said once, whatever happens, and in its place
// among the answers.
func (d *Desk) say(ctx context.Context, ev bot.Event, sentence func(*texts) string, offers ...string) (bot.Receipt, error) {
	lang := language(ev.Text, ev.User.Locale)
	return d.ask(ctx, ev.ID, &Question{
		Thread: ev.Thread, User: ev.User, Language: lang,
		Answer: &agent.Answer{
			Language: lang, Rung: agent.None, Text: sentence(textFor(lang)), Suggestions: offers, AnsweredAt: d.now(),
		},
	}, true)
}

// record writes a new question and what finds it.
func (d *Desk) record(tx store.Tx, id string, q *Question, now time.Time) error {
	stored := *q
	stored.ID, stored.State, stored.AskedAt = id, store.Queued, now
	if d.cfg.Posters[q.Thread.Platform] != nil && q.Answer == nil {
		stored.GreetUntil = now.Add(greetFor)
	}
	if stored.Message != "" {
		if err := tx.Put(kindMessage, messageKey(q.Thread, q.Message), []byte(id)); err != nil {
			return err
		}
	}
	thread, err := loadThread(tx, q.Thread)
	if err != nil {
		return err
	}
	if err := save(tx, kindThread, q.Thread.Key(), thread); err != nil {
		return err
	}
	if err := tx.Put(kindOpen, id, nil); err != nil {
		return err
	}
	return saveQuestion(tx, &stored)
}

func messageKey(t bot.Thread, message string) string { return t.Key() + "/" + message }

// keepFiles writes an event's files where the worker finds them. It happens before
// the event is acknowledged, so that a file is as durable as its question. The
// folder is named by the event: a delivery repeated overwrites itself.
func (d *Desk) keepFiles(ctx context.Context, ev bot.Event) ([]File, error) {
	if len(ev.Files) == 0 || d.cfg.Shelf == nil {
		return nil, nil
	}
	sum := sha256.Sum256([]byte(ev.Thread.Platform + "\x00" + ev.Thread.Workspace + "\x00" + ev.ID))
	dir := filepath.Join(d.cfg.UploadDir, hex.EncodeToString(sum[:12]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keep files: %w", full(err))
	}
	var kept []File
	taken := map[string]bool{}
	for i, f := range ev.Files {
		file := File{Name: f.Name, Size: f.Size, Path: filepath.Join(dir, freeName(safeName(i, f.Name), taken))}
		if f.Size > d.cfg.MaxUpload {
			file.TooLarge = true
		} else if err := d.keepFile(ctx, f, &file); err != nil {
			return nil, fmt.Errorf("keep file: %w", err)
		}
		kept = append(kept, file)
	}
	for _, named := range []string{dir, d.cfg.UploadDir} {
		if err := syncDir(named); err != nil {
			return nil, fmt.Errorf("keep files: %w", full(err))
		}
	}
	return kept, nil
}

// keepFile writes beside the file's place and renames, so that a delivery repeated
// cannot pull a file away from a worker that reads it.
func (d *Desk) keepFile(ctx context.Context, from bot.File, to *File) error {
	src, err := from.Open(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.CreateTemp(filepath.Dir(to.Path), ".upload-*")
	if err != nil {
		return full(err)
	}
	defer os.Remove(dst.Name()) // gone already when all went well
	// One byte more than allowed tells a file that lies about its size.
	to.Size, err = io.Copy(dst, io.LimitReader(src, d.cfg.MaxUpload+1))
	if err == nil {
		err = dst.Sync()
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return full(err)
	}
	if to.Size > d.cfg.MaxUpload {
		to.TooLarge = true
		return nil
	}
	return os.Rename(dst.Name(), to.Path)
}

// syncDir makes the names in dir as durable as what they name.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// full puts a disk without room into the words of the store's contract.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

// freeName returns name, numbered when an earlier file of the same message has it.
// Letter case does not tell files apart everywhere.
func freeName(name string, taken map[string]bool) string {
	ext := filepath.Ext(name)
	free := name
	for n := 2; taken[strings.ToLower(free)]; n++ {
		free = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext)
	}
	taken[strings.ToLower(free)] = true
	return free
}

// safeName keeps a dropped file's own name, for people see it in answers, but lets
// it name nothing outside its folder.
func safeName(i int, name string) string {
	name = filepath.Base(filepath.Clean("/" + strings.ReplaceAll(name, "\\", "/")))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	for len(name) > 200 { // a file name's limit is 255 bytes on common file systems
		name = name[len(name)-200:]
		name = strings.ToValidUTF8(name, "")
	}
	if name == "" || name == "/" || name == "." || name == ".." {
		name = fmt.Sprintf("file-%d", i+1)
	}
	return name
}

// takeEdit replaces the text of a question that still waits. One that was begun
// keeps its answer, for changing what was said under an answer would make it untrue;
// the new text is offered as a question. What is addressed to us only now is asked.
func (d *Desk) takeEdit(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	id, err := d.byMessage(ctx, ev)
	if err != nil {
		return bot.Receipt{}, err
	}
	if id == "" {
		if !ev.Addressed {
			return bot.Receipt{Thread: ev.Thread}, nil
		}
		return d.takeMessage(ctx, ev)
	}
	text := strings.TrimSpace(ev.Text)
	var late bool
	_, err = d.change(ctx, id, func(q *Question) bool {
		late = false
		if q.User.ID != ev.User.ID || q.Text == text {
			return false
		}
		if q.State != store.Queued {
			late = text != ""
			return false
		}
		q.Text, q.Language = text, language(ev.Text, ev.User.Locale)
		return true
	})
	if err == nil && late {
		return d.say(ctx, ev, func(t *texts) string { return t.edited }, text)
	}
	return bot.Receipt{Question: id, Thread: ev.Thread}, err
}

// takeDelete cancels the question that the message became.
func (d *Desk) takeDelete(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	id, err := d.byMessage(ctx, ev)
	if id == "" || err != nil {
		return bot.Receipt{Thread: ev.Thread}, err
	}
	return bot.Receipt{Question: id, Thread: ev.Thread}, d.Cancel(ctx, id)
}

func (d *Desk) byMessage(ctx context.Context, ev bot.Event) (id string, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		data, err := tx.Get(kindMessage, messageKey(ev.Thread, ev.Message))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		id = string(data)
		return err
	})
	return id, err
}

// takeAction does what a pressed button says.
func (d *Desk) takeAction(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	a := ev.Action
	if a == nil {
		return bot.Receipt{}, errors.New("take action: event carries none")
	}
	receipt := bot.Receipt{Question: a.Question, Thread: ev.Thread}
	var err error
	switch a.Name {
	case bot.ActionCancel:
		err = d.Cancel(ctx, a.Question)
	case bot.ActionGood, bot.ActionBad, bot.ActionWrong:
		err = d.Feedback(ctx, Feedback{
			Question: a.Question, Principal: principal(ev.Thread, ev.User), Verdict: a.Name, Reason: a.Text,
		})
	case bot.ActionAsk:
		return d.ask(ctx, ev.ID, &Question{
			Thread: ev.Thread, User: ev.User, Text: a.Value, Language: language(a.Value, ev.User.Locale),
		}, true)
	case bot.ActionChoose, bot.ActionRetry, bot.ActionAnalyst, bot.ActionModel, bot.ActionDeeper:
		receipt, err = d.again(ctx, ev)
	default:
		// A button of a newer version, or one whose work its platform should have done.
		return d.say(ctx, ev, func(t *texts) string { return t.cannot })
	}
	if errors.Is(err, store.ErrNotFound) {
		// The button outlived its question, as when an older backup was restored.
		return d.say(ctx, ev, func(t *texts) string { return t.gone })
	}
	return receipt, err
}

// again asks a question once more: with a choice made, by another analyst, or just
// again without recalling what was answered before.
func (d *Desk) again(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	before, err := d.question(ctx, ev.Action.Question)
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("ask again: %w", err)
	}
	q := &Question{
		Thread: before.Thread, User: ev.User, Text: before.Text, Language: before.Language,
		Analyst: before.Analyst, Files: before.Files, Choice: before.Choice,
	}
	switch ev.Action.Name {
	case bot.ActionChoose:
		term, ref, ok := strings.Cut(ev.Action.Value, choiceSep)
		if !ok {
			return d.say(ctx, ev, func(t *texts) string { return t.cannot })
		}
		q.Choice = &compose.Choice{Term: term, Ref: ref}
	case bot.ActionRetry:
		q.Rungs = []agent.Rung{agent.Match, agent.Compose, agent.Think}
	case bot.ActionAnalyst:
		q.Analyst = ev.Action.Value
	case bot.ActionModel, bot.ActionDeeper:
		if !d.cfg.Model {
			return d.say(ctx, ev, func(t *texts) string { return t.cannot })
		}
		q.Rungs, q.Deep = []agent.Rung{agent.Think}, ev.Action.Name == bot.ActionDeeper
	}
	return d.ask(ctx, ev.ID, q, true)
}

// choiceSep parts the two halves of a choice button's value.
const choiceSep = "\x1f"

// Asked is a question asked by a program.
type Asked struct {
	Thread  bot.Thread // an empty ID begins a new thread
	User    bot.User
	Text    string
	Analyst string
	// Key makes asking twice harmless; empty makes every call a new question.
	Key string
}

// Ask makes a program's question durable and returns its id and its thread's.
func (d *Desk) Ask(ctx context.Context, a Asked) (id, thread string, err error) {
	key := a.Key
	if key == "" {
		key = rand.Text()
	} else {
		// What one user's program calls "1" another's may too.
		key = "key\x00" + a.User.ID + "\x00" + key
	}
	if a.Thread.ID == "" {
		sum := sha256.Sum256([]byte(key))
		a.Thread.ID = hex.EncodeToString(sum[:8])
	}
	receipt, err := d.ask(ctx, key, &Question{
		Thread: a.Thread, User: a.User, Text: strings.TrimSpace(a.Text), Analyst: a.Analyst,
		Language: language(a.Text, a.User.Locale),
	}, true)
	return receipt.Question, receipt.Thread.ID, err
}
