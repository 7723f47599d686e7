package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// The kinds of the desk's documents.
const (
	kindQuestion = "question" // by question id
	kindThread   = "thread"   // by Thread.Key
	kindMessage  = "message"  // by Thread.Key/message id: the question it became
	kindFeedback = "feedback" // by question id/principal
	kindOpen     = "open"     // by id of jobs that have not ended: who waits for an answer
	kindOwed     = "owed"     // by id of questions whose end is still to be shown; empty
	kindLater    = "later"    // by id of questions that wait until it is quiet; empty
)

// Question is a question from being asked to being answered, as stored.
type Question struct {
	ID       string          `json:"id"` // also the id of its job
	Thread   bot.Thread      `json:"thread"`
	Message  string          `json:"message"`
	User     bot.User        `json:"user"`
	Text     string          `json:"text"` // what is asked; a written choice becomes the question it is about
	Language string          `json:"language"`
	Analyst  string          `json:"analyst,omitempty"` // asked for by name
	Rungs    []agent.Rung    `json:"rungs,omitempty"`
	Deep     bool            `json:"deep,omitempty"` // the model is to look thoroughly
	Choice   *compose.Choice `json:"choice,omitempty"`
	Files    []File          `json:"files,omitempty"`
	Command  string          `json:"command,omitempty"` // a word of ours that is asked instead of an analyst
	Press    *bot.Action     `json:"press,omitempty"`   // the button that was pressed instead
	Reply    *Reply          `json:"reply,omitempty"`   // what is shown beside Answer of a command
	// Aside questions need no model, so they do not wait for their thread.
	Aside bool `json:"aside,omitempty"`
	// Overheard is set for what may have been said to somebody else.
	Overheard bool `json:"overheard,omitempty"`
	// Copy is set when the answer of another question is shown.
	Copy *copied `json:"copy,omitempty"`

	// Email and Standing are the asker's, where the platform tells them.
	Email    string       `json:"email,omitempty"`
	Standing bot.Standing `json:"standing,omitempty"`
	// Refused is set when nothing is answered to whoever asks.
	Refused bool `json:"refused,omitempty"`

	State   store.State   `json:"state"`
	Steps   []bot.Step    `json:"steps,omitempty"` // so far, passing ones too
	Plan    []string      `json:"plan,omitempty"`  // what a thorough answer looks at
	Answer  *agent.Answer `json:"answer,omitempty"`
	Failure *Failure      `json:"failure,omitempty"`

	// Ref is the message that shows the question's progress and later its answer.
	Ref *bot.Ref `json:"ref,omitempty"`
	// GreetUntil is until when whoever took the question may still be posting Ref; in a
	// fleet nobody but Greeter may, once it is set.
	GreetUntil time.Time `json:"greet_until,omitzero"`
	Greeter    string    `json:"greeter,omitempty"`
	// Shown is a digest of what Ref first showed, so that it is not sent again at once.
	Shown string `json:"shown,omitempty"`
	// Message after message: Part counts those that came before Ref.
	Part int `json:"part,omitempty"`
	// Process is the desk that took the question. Another's may have posted what it did
	// not come to remember.
	Process string `json:"process,omitempty"`

	// Meanwhile is the question that was answered while this one waited for the model;
	// Offers are some that could be.
	Meanwhile string   `json:"meanwhile,omitempty"`
	Offers    []string `json:"offers,omitempty"`
	// Later questions wait until it is quiet.
	Later bool `json:"later,omitempty"`
	// KeptBy is the event by which somebody had it wait.
	KeptBy string `json:"kept_by,omitempty"`
	// Note is a line about how the question is answered now.
	Note string `json:"note,omitempty"`
	// Notify are told directly when the question has ended.
	Notify []bot.User `json:"notify,omitempty"`
	// Held is set while a platform does not do what the question needs.
	Held *held `json:"held,omitempty"`
	// Unshown says why the end of the question is not shown.
	Unshown *unshown `json:"unshown,omitempty"`

	// Opinions are what people think of the answer: the action's name, by principal.
	Opinions map[string]string `json:"opinions,omitempty"`

	AskedAt time.Time `json:"asked_at"`
	// BegunAt is when somebody first began to answer.
	BegunAt time.Time `json:"begun_at,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"`
}

// held is how long a platform has not done what a question needs.
type held struct {
	Since time.Time `json:"since"`
	Tries int       `json:"tries"`
	Why   string    `json:"why"`
}

// unshown is why something is not shown.
type unshown struct {
	Why string    `json:"why"` // in the platform's terms
	At  time.Time `json:"at"`
}

// Principal is on whose behalf the question is answered: the same person on every
// platform that tells their address.
func (q *Question) Principal() string {
	if q.Email != "" {
		return q.Email
	}
	return principal(q.Thread, q.User)
}

// owner is whose question it is before anybody looked who they are.
func (q *Question) owner() string { return principal(q.Thread, q.User) }

func principal(t bot.Thread, u bot.User) string { return t.Platform + ":" + u.ID }

// Number is the short number people quote.
func (q *Question) Number() string {
	if len(q.ID) < 4 {
		return "q-" + q.ID
	}
	return "q-" + strings.ToLower(q.ID[len(q.ID)-4:])
}

// place is where the question's messages go. What a stranger is told is for them alone.
func (q *Question) place() bot.Thread {
	t := q.Thread
	if q.Refused && !t.Direct {
		t.Only = q.User.ID
		if t.ID == q.Message {
			t.ID = "" // it would be said in a thread that nobody can open yet
		}
	}
	return t
}

// passing reports whether what is shown of the question cannot be updated.
func (q *Question) passing() bool { return q.place().Only != "" }

// threads are those that remember the question: where it was asked, and where it is
// shown when that is elsewhere.
func (q *Question) threads() []bot.Thread {
	var out []bot.Thread
	if q.passing() {
		return nil
	}
	if q.Thread.ID != "" {
		out = append(out, q.Thread)
	}
	if q.Ref != nil && q.Ref.Thread.Key() != q.Thread.Key() {
		out = append(out, q.Ref.Thread)
	}
	return out
}

// key is that of the question's present message.
func (q *Question) key() string {
	if q.Part == 0 {
		return q.ID
	}
	return fmt.Sprintf("%s/%d", q.ID, q.Part+1)
}

// Ended reports whether nothing more will happen to the question.
func (q *Question) Ended() bool {
	return q.State == store.Done || q.State == store.Failed || q.State == store.Cancelled
}

// File is a file that came with a question.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Path string `json:"path"`
	// Content is by what the vault knows it.
	Content string `json:"content,omitempty"`
	// ID is the platform's, of a file that is fetched when the question is worked on.
	ID string `json:"id,omitempty"`
	// TooLarge is set when the file was over the limit and was not kept.
	TooLarge bool `json:"too_large,omitempty"`
}

// Failure is why a question failed.
type Failure struct {
	Code string `json:"code"` // a connectors.Code, or "internal"
	// Detail is a sentence that may be shown, empty for none.
	Detail string    `json:"detail,omitempty"`
	Tries  int       `json:"tries"`
	At     time.Time `json:"at"`
}

// threadRecord is what a thread remembers.
type threadRecord struct {
	Analyst string           `json:"analyst,omitempty"` // who answers here
	Turns   []agent.Turn     `json:"turns,omitempty"`   // oldest first, at most maxTurns
	Choices []compose.Choice `json:"choices,omitempty"`
	// Asking is set when the last thing said was a question back to the asker.
	Asking *asking `json:"asking,omitempty"`
	// First is who asked first; Company is set when others are there.
	First   string `json:"first,omitempty"`
	Company bool   `json:"company,omitempty"`
	// Begun is the question whose message began the thread. Its answer comes first.
	Begun string `json:"begun,omitempty"`
}

// asking is a question back that waits for its choice.
type asking struct {
	Text    string           `json:"text"` // the question it is about
	Clarify *compose.Clarify `json:"clarify"`
}

// reply returns the choice that text makes by naming an option, as people do who
// write instead of pressing a button; nil for another question.
func (a *asking) reply(text string) *compose.Choice {
	if a == nil {
		return nil
	}
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	for i, o := range a.Clarify.Options {
		if said := fold(text); said == fold(o.Label) || said == strconv.Itoa(i+1) {
			return &compose.Choice{Term: a.Clarify.Term, Ref: o.Ref}
		}
	}
	return nil
}

// maxTurns bounds how much of a thread a follow-up looks back on.
const maxTurns = 12

func (t *threadRecord) remember(turn agent.Turn) {
	t.Turns = append(t.Turns, turn)
	if over := len(t.Turns) - maxTurns; over > 0 {
		t.Turns = append([]agent.Turn(nil), t.Turns[over:]...)
	}
}

// Feedback is what somebody thought of an answer.
type Feedback struct {
	Question  string    `json:"question"`
	Principal string    `json:"principal"`
	Verdict   string    `json:"verdict"` // the action's name
	Reason    string    `json:"reason,omitempty"`
	At        time.Time `json:"at"`
}

func load[T any](tx store.ReadTx, kind, key string) (*T, error) {
	data, err := tx.Get(kind, key)
	if err != nil {
		return nil, err
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("decode %s %s: %w", kind, key, err)
	}
	return &v, nil
}

func save(tx store.Tx, kind, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", kind, key, err)
	}
	return tx.Put(kind, key, data)
}

func loadThread(tx store.ReadTx, t bot.Thread) (*threadRecord, error) {
	rec, err := load[threadRecord](tx, kindThread, t.Key())
	if errors.Is(err, store.ErrNotFound) {
		return &threadRecord{}, nil
	}
	return rec, err
}

// saveQuestion writes q and wakes who watches it.
func saveQuestion(tx store.Tx, q *Question) error {
	tx.Notify(Topic(q.ID))
	return save(tx, kindQuestion, q.ID, q)
}

// Topic is what store.Store.Listen is given to follow question id.
func Topic(id string) string { return "question:" + id }

// question reads one question.
func (d *Desk) question(ctx context.Context, id string) (q *Question, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		q, err = load[Question](tx, kindQuestion, id)
		return err
	})
	return q, err
}

// change applies fn to a stored question in a transaction of its own. fn returning
// false leaves it as it was.
func (d *Desk) change(ctx context.Context, id string, fn func(q *Question) bool) (q *Question, err error) {
	err = d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if q, err = load[Question](tx, kindQuestion, id); err != nil {
			return err
		}
		if !fn(q) {
			return nil
		}
		return saveQuestion(tx, q)
	})
	return q, err
}
