package load

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Record is what became of one question.
type Record struct {
	Question
	Person string
	Key    string
	ID     string
	Asked  time.Time
	Acked  time.Duration // the request that was acknowledged took; its tries before not counted
	Tries  int           // to ask, that failed
	Breaks int           // of the events' stream
	First  time.Duration // from asking to the first event
	Took   time.Duration // from asking to the answer; 0 when there is none
	Events int           // answers that the stream told
	State  string
	Rung   string
	Reason string // of rung none
	Text   string // of the answer
	Calls  int    // of the model
	Err    error  // what ended it without an answer
}

// Ended reports whether there is an answer, be it that there is none to be had.
func (r *Record) Ended() bool { return r.Err == nil && r.State == "done" }

// Crowd plays a day's script.
type Crowd struct {
	Day   Day
	Doors Doors
	Token string // of the API, "" for none
	// Patience is how long after the day the last answers may take, as time of the day;
	// what is not answered then is lost.
	Patience time.Duration
	// Name begins the keys, so that two days in one store are told apart.
	Name string
}

// Play has everybody ask until the day is over and everything is answered, and returns a
// record of each question, by person.
func (c *Crowd) Play(ctx context.Context) []Record {
	script := c.Day.Script()
	began := time.Now()
	over := began.Add(c.Day.Real(c.Day.Length))
	ctx, cancel := context.WithDeadline(ctx, over.Add(c.Day.Real(c.Patience)))
	defer cancel()
	cl := newClient(c.Doors, c.Token)
	defer cl.close()
	all := make([][]Record, len(script))
	var wg sync.WaitGroup
	for i, p := range script {
		wg.Go(func() {
			if wait(ctx, time.Until(began.Add(c.Day.Real(p.Comes)))) {
				all[i] = c.live(ctx, cl, i, p, over)
			}
		})
	}
	wg.Wait()
	var out []Record
	for _, records := range all {
		out = append(out, records...)
	}
	return out
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// live is one person's day.
func (c *Crowd) live(ctx context.Context, cl *client, i int, p Person, over time.Time) []Record {
	var out []Record
	for n, q := range p.Asks {
		r := Record{Question: q, Person: p.Name, Key: fmt.Sprintf("%s-%s-%d", c.Name, p.Name, n)}
		cl.live(ctx, i, &r)
		out = append(out, r)
		think := c.Day.Real(p.Think[n])
		if time.Now().Add(think).After(over) || !wait(ctx, think) {
			break // they go home
		}
	}
	return out
}

// live takes one question from asking to its answer.
func (c *client) live(ctx context.Context, person int, r *Record) {
	r.Asked = time.Now()
	r.ID, r.Acked, r.Tries, r.Err = c.ask(ctx, person, r.Question, r.Person, r.Key)
	if r.Err != nil {
		return
	}
	s, err := c.follow(ctx, person, r.ID)
	r.Breaks, r.Events, r.Err = s.breaks, s.answers, err
	if !s.first.IsZero() {
		r.First = s.first.Sub(r.Asked)
	}
	if err != nil {
		return
	}
	r.Took = time.Since(r.Asked)
	r.State = s.answer.State
	if a := s.answer.Answer; a != nil {
		r.Rung, r.Reason, r.Text, r.Calls = a.Rung, a.Reason, a.Text, a.LLM.Calls
	}
	if s.answer.Error != nil {
		r.Reason = s.answer.Error.Code
	}
}

// Recheck asks what was asked once more, every stride-th question and all that took more
// than one try, under the same key and at another door, and returns what is not as it
// was: another question made of it, or another answer shown.
func (c *Crowd) Recheck(ctx context.Context, records []Record, stride int) []string {
	cl := newClient(c.Doors, c.Token)
	defer cl.close()
	var mu sync.Mutex
	var wrong []string
	complain := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		wrong = append(wrong, fmt.Sprintf(format, args...))
	}
	var wg sync.WaitGroup
	turns := make(chan struct{}, 8)
	for i, r := range records {
		if !r.Ended() || i%stride != 0 && r.Tries == 0 && r.Breaks == 0 {
			continue
		}
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			id, _, _, err := cl.ask(ctx, i+1, r.Question, r.Person, r.Key)
			if err != nil || id != r.ID {
				complain("%q was question %s, and asked again %s (%v)", r.Text, r.ID, id, err)
				return
			}
			a, err := cl.get(ctx, i+2, id)
			if err != nil || a.State != r.State || a.Answer == nil || a.Answer.Text != r.Text {
				complain("question %s was answered %q, and now %+v (%v)", id, r.Text, a.Answer, err)
			}
		})
	}
	wg.Wait()
	return wrong
}
