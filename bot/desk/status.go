package desk

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/store"
)

// Status is a question and where it stands.
type Status struct {
	Question
	Ahead int           // questions before it, while it waits; calls, while it waits for a model
	ETA   time.Duration // until its answer, while it waits; until its turn at the model
}

// Status returns where question id stands, or store.ErrNotFound.
func (d *Desk) Status(ctx context.Context, id string) (*Status, error) {
	q, err := d.question(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.statusOf(ctx, q)
}

func (d *Desk) statusOf(ctx context.Context, q *Question) (*Status, error) {
	s := &Status{Question: *q}
	if last := len(q.Steps) - 1; q.State == store.Running && last >= 0 {
		s.Ahead = q.Steps[last].Ahead
		if until := q.Steps[last].Until; !until.IsZero() {
			s.ETA = max(until.Sub(d.now()), 0)
		}
	}
	if q.State != store.Queued {
		return s, nil
	}
	var err error
	if s.Ahead, s.ETA, err = d.placeOf(ctx, q); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return s, nil
}

// placeOf is how many come before a question that waits, and about how long it waits.
func (d *Desk) placeOf(ctx context.Context, q *Question) (ahead int, eta time.Duration, err error) {
	if q.Later {
		return d.placeInLine(ctx, q)
	}
	if _, ahead, err = d.cfg.Queue.Peek(ctx, q.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, 0, err
	}
	return ahead, d.pace.eta(ahead, q.mailbox(), d.now()), err
}

// Analysts lists whom everybody may ask.
func (d *Desk) Analysts(ctx context.Context, language string) ([]agent.Listed, error) {
	return d.cfg.Agent.Analysts(ctx, language)
}

// Watch returns a channel that receives a value whenever question id may have
// changed, until ctx ends.
func (d *Desk) Watch(ctx context.Context, id string) <-chan struct{} {
	return d.cfg.Store.Listen(ctx, Topic(id))
}

// Cancel stops question id wherever it is. A question that has ended stays as it is.
// It returns store.ErrNotFound when there is no such question.
func (d *Desk) Cancel(ctx context.Context, id string) error {
	q, err := d.question(ctx, id)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	if q.Ended() {
		return nil // its job may have been cleaned away since
	}
	if err := d.cfg.Queue.Cancel(ctx, id); err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	job, _, err := d.cfg.Queue.Peek(ctx, id)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	if job.State != store.Cancelled {
		return nil // running: its worker says how it ended
	}
	return d.settle(ctx, id, job)
}

// Feedback keeps what somebody thought of an answer; a second opinion of the same
// person replaces the first.
func (d *Desk) Feedback(ctx context.Context, f Feedback) error {
	f.At = d.now()
	return d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		q, err := load[Question](tx, kindQuestion, f.Question)
		if err != nil {
			return fmt.Errorf("feedback: %w", err)
		}
		if q.Opinions == nil {
			q.Opinions = map[string]string{}
		}
		q.Opinions[f.Principal] = f.Verdict
		if err := errors.Join(save(tx, kindFeedback, f.Question+"/"+f.Principal, f), saveQuestion(tx, q)); err != nil || !q.Ended() {
			return err
		}
		return d.count(tx, q)
	})
}

// FeedbackOn returns what people thought of question id.
func (d *Desk) FeedbackOn(ctx context.Context, id string) (list []Feedback, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		list = nil
		var keys []string
		if err := tx.Scan(kindFeedback, store.Range{Prefix: id + "/"}, func(key string, _ []byte) bool {
			keys = append(keys, key)
			return true
		}); err != nil {
			return err
		}
		for _, key := range keys {
			f, err := load[Feedback](tx, kindFeedback, key)
			if err != nil {
				return err
			}
			list = append(list, *f)
		}
		return nil
	})
	return list, err
}

// ErrNoResult means that a question has no such result.
var ErrNoResult = errors.New("no such result")

// CSV writes a result of question id, exact and with the headings people saw.
// Spreadsheets take the byte order mark as the sign of UTF-8.
func (d *Desk) CSV(ctx context.Context, id, result string, w io.Writer) error {
	q, err := d.question(ctx, id)
	if err != nil {
		return err
	}
	if q.Answer == nil {
		return ErrNoResult
	}
	for i := range q.Answer.Results {
		if r := &q.Answer.Results[i]; r.Name == result {
			return writeCSV(w, r)
		}
	}
	return ErrNoResult
}

func writeCSV(w io.Writer, r *agent.Result) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	record := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		if record[i] = c.Label; c.Label == "" {
			record[i] = c.Name
		}
		record[i] = inert(record[i])
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range r.Rows {
		for i, cell := range row {
			record[i] = csvCell(cell)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvCell(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case string:
		return inert(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.DateTime)
	}
	return fmt.Sprint(cell)
}

// inert keeps a spreadsheet from taking text for a formula (OWASP, "CSV injection").
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
