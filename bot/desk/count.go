package desk

import (
	"context"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/usage"
	"github.com/bapsang/bapsang/store"
)

// count keeps what reports need of a question that ended, in the transaction that ends it
// or changes what people think of it.
func (d *Desk) count(tx store.Tx, q *Question) error {
	if !q.counts() {
		return nil
	}
	person, err := usage.Pseudonym(tx, q.Principal())
	if err != nil {
		return err
	}
	row := usage.Question{
		ID: q.ID, Asked: q.AskedAt, Person: person, Platform: q.Thread.Platform, Channel: q.Thread.Channel, Direct: q.Thread.Direct,
		Analyst: q.Analyst, Text: q.Text, TookMS: since(q.AskedAt, q.EndedAt), WaitMS: since(q.AskedAt, q.EndedAt),
	}
	if !q.BegunAt.IsZero() {
		row.WaitMS = since(q.AskedAt, q.BegunAt)
	}
	for _, verdict := range q.Opinions {
		if verdict == bot.ActionGood {
			row.Good++
		} else {
			row.Bad++
		}
	}
	row.Outcome, row.Reason = outcome(q)
	if a := q.Answer; a != nil {
		row.Rung, row.Unknown = string(a.Rung), a.Unknown
		row.Spent = usage.Spent{Calls: a.LLM.Calls, InputTokens: a.LLM.InputTokens, OutputTokens: a.LLM.OutputTokens}
		if a.Analyst != "" {
			row.Analyst = a.Analyst
		}
	}
	if strings.HasPrefix(row.Analyst, shelfPrefix) {
		row.Analyst = shelfPrefix // files of one thread are nobody else's
	}
	return usage.PutQuestion(tx, row)
}

// counts reports whether somebody asked for something to be found out: commands, answers
// that are shown again, sentences of ours and what was said to others are no questions.
func (q *Question) counts() bool {
	if q.Command != "" || q.Copy != nil || q.Refused || q.unsaid() || strings.TrimSpace(q.Text) == "" {
		return false
	}
	a := q.Answer
	return a == nil || a.Rung != agent.None || a.Reason != agent.ReasonEmpty
}

// outcome is how a question ended, and why.
func outcome(q *Question) (out usage.Outcome, why string) {
	a := q.Answer
	switch {
	case q.State == store.Cancelled:
		return usage.Cancelled, ""
	case q.State == store.Failed || a == nil:
		if q.Failure != nil {
			why = q.Failure.Code
		}
		return usage.Failed, why
	case a.Clarify != nil:
		return usage.AskedBack, ""
	case a.Rung == agent.None:
		return usage.Declined, string(a.Reason)
	}
	return usage.Answered, ""
}

func since(from, to time.Time) int64 { return max(0, to.Sub(from).Milliseconds()) }

// forgetEvery is how often rows are looked for that are too old.
const forgetEvery = time.Hour

// forgetOld removes them. Every process does, which does no harm.
func (d *Desk) forgetOld(ctx context.Context) {
	now := d.now()
	if now.Sub(d.forgot) < forgetEvery {
		return
	}
	d.forgot = now
	if err := usage.Forget(ctx, d.cfg.Store, now); err != nil && ctx.Err() == nil {
		d.cfg.Logger.WarnContext(ctx, "desk: old rows of usage are not removed", "error", err)
	}
}
