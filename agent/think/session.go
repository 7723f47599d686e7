package think

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
)

// session is one question being answered.
type session struct {
	t      *Thinker
	tools  *toolbox
	b      *Briefing
	q      Question
	env    Env
	budget Budget

	messages []llm.Message
	steps    int // records in the journal
	pending  []llm.ToolCall
	unheard  *llm.Reply // kept before an interruption, not acted on yet
	final    *answerArgs
	results  []Result // all that were computed, in order
	seen     bool     // the model was shown rows
	private  bool     // of which some are not for everybody
	sources  []Source // all that were found outside, in the order of their numbers
	plan     []string
	usage    Usage
	spent    time.Duration // at the model and at sources
	waited   time.Duration // for turns at the model
	repeats  map[string]int
	ids      map[string]bool // of calls
	nudged   bool
	patience int // replies in a row that led nowhere
	effort   llm.Effort
	room     int // tokens of the next reply
}

// The bounds of one reply, in tokens. Reasoning counts.
const (
	replyTokens = 6000
	briefTokens = 3000
	mostTokens  = 16_000
)

// maxPatience is how many replies in a row may lead nowhere.
const maxPatience = 3

func newSession(t *Thinker, b *Briefing, q Question, env Env) *session {
	s := &session{t: t, tools: t.tools, b: b, q: q, env: env, budget: t.cfg.Budget, repeats: map[string]int{}, ids: map[string]bool{}, effort: llm.EffortMedium, room: replyTokens}
	if b.analyst.several() {
		s.tools = t.several
	}
	switch {
	case q.Brief && q.Deep:
		s.budget = s.budget.brief(t.cfg.BriefCalls, true)
	case q.Brief:
		s.budget, s.effort, s.room = s.budget.brief(t.cfg.BriefCalls, false), llm.EffortLow, briefTokens
	case q.Deep:
		s.budget, s.effort = s.budget.deepen(), llm.EffortHigh
	}
	s.messages = []llm.Message{
		{Role: llm.System, Text: b.system},
		{Role: llm.User, Text: b.questionText(&q)},
	}
	return s
}

// resume takes up the steps that were finished before an interruption. Those taken
// with another briefing are void: the tables may have changed.
func (s *session) resume(ctx context.Context) error {
	if s.t.cfg.Journal == nil || s.q.ID == "" {
		return nil
	}
	records, err := s.t.cfg.Journal.Load(ctx, s.q.ID)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Briefing != s.b.id {
			return s.t.cfg.Journal.Forget(ctx, s.q.ID)
		}
	}
	for i, r := range records {
		s.steps++
		s.usage.Resumed = true
		switch {
		case r.Reply != nil && i == len(records)-1:
			s.took(r.Reply)
			s.unheard = r.Reply
		case r.Reply != nil:
			s.took(r.Reply)
			if s.heard(r.Reply); len(s.pending) == 0 && r.Reply.Finish != llm.FinishLength {
				s.nudge()
			}
		case r.Tool != nil:
			s.replan(r.Tool.CallID)
			s.told(r.Tool, restoreResults(r.Tool.Results))
		}
	}
	return nil
}

// replan tells the asker again of a plan that was made before an interruption.
func (s *session) replan(callID string) {
	for _, c := range s.pending {
		if c.ID != callID || c.Name != toolPlan {
			continue
		}
		if args, err := s.tools.arguments(c.Name, c.Arguments); err == nil {
			s.planned(args)
		}
	}
}

// run goes on until the question is answered or its budget spent. Each step is durable
// before the next begins.
func (s *session) run(ctx context.Context) (*Outcome, error) {
	if s.final != nil {
		return s.finish(s.final), nil
	}
	if s.unheard != nil {
		out := s.listen(s.unheard)
		if out != nil {
			return out, nil
		}
	}
	for {
		for len(s.pending) > 0 {
			out, err := s.traced(ctx, s.pending[0])
			if out != nil || err != nil {
				return out, err
			}
		}
		if s.exhausted() || s.patience >= maxPatience {
			return s.giveUp(), nil
		}
		reply, err := s.ask(ctx)
		if err != nil {
			var e *llm.Error
			if errors.As(err, &e) {
				s.usage.Calls += e.Calls
			}
			if e != nil && e.Code == llm.CodeTooLong && s.shorten() {
				continue
			}
			return s.outcome(Failed), err
		}
		if out := s.listen(reply); out != nil {
			return out, nil
		}
	}
}

func (s *session) exhausted() bool {
	return s.usage.Calls >= s.budget.Calls || s.usage.InputTokens+s.usage.OutputTokens >= s.budget.Tokens || s.spent >= s.budget.Time
}

// ask makes one call and keeps its reply.
func (s *session) ask(ctx context.Context) (*llm.Reply, error) {
	s.env.Step(Progress{Stage: StageModel})
	messages := s.messages
	if s.usage.Calls > 0 && s.usage.Calls == s.budget.Calls-1 {
		messages = append(messages[:len(messages):len(messages)], llm.Message{Role: llm.User, Text: "This is the last call there is. Call `answer` with what you have."})
	}
	reply, err := s.t.cfg.Model.Complete(ctx, llm.Request{
		Messages: messages, Tools: s.tools.forQuestion(s.q.Deep, s.env.Tools), MaxTokens: s.room, Effort: s.effort,
		Caller: llm.Caller{Principal: s.q.Principal, Question: s.q.ID, Begun: s.usage.Calls > 0, Background: s.q.Background},
		OnWait: func(w llm.Wait) { s.env.Step(Progress{Stage: StageWaiting, Wait: w}) },
	})
	if err != nil {
		return nil, err
	}
	s.took(reply)
	s.tellWaited(ctx, reply.Waited)
	if err := s.keep(ctx, Record{Reply: reply}); err != nil {
		return nil, err
	}
	return reply, nil
}

// took counts what a reply cost.
func (s *session) took(r *llm.Reply) {
	s.usage.Calls += 1 + r.Retries
	s.usage.InputTokens += r.Usage.Input
	s.usage.CachedTokens += r.Usage.Cached
	s.usage.OutputTokens += r.Usage.Output
	s.spent += r.Took
}

// heard adds a reply to the conversation and notes the calls it asks for. What was cut
// off in the middle is no part of it.
func (s *session) heard(r *llm.Reply) {
	if r.Finish == llm.FinishLength {
		s.usage.Misuse++
		s.patience++
		s.effort, s.room = llm.EffortLow, min(2*s.room, mostTokens)
		return
	}
	m := r.Message
	m.Role = llm.Assistant
	m.Calls = append([]llm.ToolCall(nil), m.Calls...)
	if args, ok := s.tools.written(m.Text, len(s.results) > 0); ok && len(m.Calls) == 0 {
		m.Text, m.Calls = "", []llm.ToolCall{{Name: toolAnswer, Arguments: args}}
	}
	for i := range m.Calls {
		c := &m.Calls[i]
		if c.Name = plainName(c.Name); c.Name == "" {
			c.Name = "unknown"
		}
		if c.ID == "" || s.ids[c.ID] {
			c.ID = fmt.Sprintf("call_%d_%d", s.usage.Calls, i)
		}
		s.ids[c.ID] = true
	}
	s.messages = append(s.messages, m)
	s.pending = append([]llm.ToolCall(nil), m.Calls...)
}

// listen decides what a reply leads to. A nil outcome means that there is more to do.
func (s *session) listen(r *llm.Reply) *Outcome {
	if s.heard(r); len(s.pending) > 0 || r.Finish == llm.FinishLength {
		return nil
	}
	return s.prose(r.Message.Text)
}

// told adds the result of a tool call to the conversation.
func (s *session) told(r *ToolRecord, results []Result) {
	s.messages = append(s.messages, llm.Message{Role: llm.ToolRole, CallID: r.CallID, Text: or(r.Text, "done")})
	for i := range s.pending {
		if s.pending[i].ID == r.CallID {
			s.pending = append(s.pending[:i:i], s.pending[i+1:]...)
			break
		}
	}
	for _, res := range results {
		s.addResult(res)
	}
	s.sources = append(s.sources, r.Sources...)
	if r.Final != nil {
		s.final = r.Final
		return
	}
	s.seen = s.seen || len(results) > 0
	s.private = s.private || len(results) > 0 && !r.Public || internal(r.Sources)
	if r.Failed {
		s.patience++
	} else {
		s.patience = 0
	}
}

// tell is told, kept.
func (s *session) tell(ctx context.Context, r *ToolRecord, results []Result) error {
	r.Results = storeResults(results)
	if r.Failed {
		failedSpan(ctx, "refused") // the model is told why
	}
	if err := s.keep(ctx, Record{Tool: r}); err != nil {
		return err
	}
	s.told(r, results)
	return nil
}

func (s *session) keep(ctx context.Context, r Record) error {
	if s.t.cfg.Journal == nil || s.q.ID == "" {
		return nil
	}
	r.Briefing = s.b.id
	err := s.t.cfg.Journal.Append(context.WithoutCancel(ctx), s.q.ID, s.steps, r)
	if err == nil {
		s.steps++
	}
	return err
}

// addResult adds a result, in place of an earlier one of its name.
func (s *session) addResult(r Result) {
	for i := range s.results {
		if s.results[i].Name == r.Name {
			s.results[i] = r
			return
		}
	}
	s.results = append(s.results, r)
}

// maxRepeats is how often the same call may be made before it is answered with that.
const maxRepeats = 2

// work does one call of a tool.
func (s *session) work(ctx context.Context, call llm.ToolCall) (*Outcome, error) {
	fail := func(format string, args ...any) error {
		s.usage.Misuse++
		return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: "Error: " + fmt.Sprintf(format, args...), Failed: true}, nil)
	}
	key := call.Name + "\x00" + call.Arguments
	if s.repeats[key]++; s.repeats[key] > maxRepeats {
		s.patience++ // beyond what failing counts
		return nil, fail("this very call was made %d times already. Do something else, or call `answer` with what there is", s.repeats[key]-1)
	}
	args, err := s.tools.arguments(call.Name, call.Arguments)
	if err != nil {
		return nil, fail("%v", err)
	}
	switch call.Name {
	case toolAnswer:
		return s.answer(ctx, call, args)
	case toolQuery:
		return nil, s.query(ctx, call, args)
	case toolLookup:
		return nil, s.lookup(ctx, call, args)
	case toolPlan:
		return nil, s.announce(ctx, call, args)
	case toolAskBack:
		if s.q.Chosen {
			return nil, fail("a question back was asked and answered in this thread. Assume what is usual, and say so in the assumptions")
		}
		return s.askBack(args)
	case toolDecline:
		return s.decline(args)
	}
	for _, t := range s.env.Tools {
		if t.Spec.Name == call.Name {
			return nil, s.extra(ctx, call, t, args)
		}
	}
	return nil, fail("there is no tool %q. Call `answer`", call.Name)
}

// extra runs a tool that the question was given.
func (s *session) extra(ctx context.Context, call llm.ToolCall, t Tool, args json.RawMessage) error {
	if t.Outbound && s.private {
		s.usage.Misuse++
		if t.Refused != nil {
			t.Refused(ctx, args)
		}
		return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: "Error: nothing may be sent to other systems once rows were read", Failed: true}, nil)
	}
	began := s.t.cfg.Now()
	found, err := t.Run(ctx, args)
	s.spent += s.t.cfg.Now().Sub(began)
	if message, ok := mendable(err); ok {
		return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: "Error: " + message, Failed: true}, nil)
	}
	if err != nil {
		return err
	}
	text, sources := s.number(found.Sources)
	return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: found.Text + text, Public: found.Public, Sources: sources}, found.Results)
}

// shorten makes room in a conversation that no longer fits: the oldest rows that were
// shown go first. The question and the tables stay.
func (s *session) shorten() bool {
	for i := range s.messages {
		m := &s.messages[i]
		if m.Role == llm.ToolRole && len(m.Text) > 400 {
			m.Text = clip(m.Text, 300) + "\n(shortened; run the query again if you need its rows)"
			return true
		}
	}
	return false
}
