package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
)

// Document is a text that people wrote about an analyst's data.
type Document struct {
	Name string // of its file
	Text string // Markdown
}

// saidRef begins the ref of an option that a model offered: what it means is said in
// its label, to the model.
const saidRef = "say:"

// thinkable reports whether a language model may make something of what the other
// rungs could not.
func (a *Agent) thinkable(q *Question, attempts []attempt) bool {
	if a.cfg.Thinker == nil || !q.allows(Think) {
		return false
	}
	if !q.allows(Compose) {
		return true // asked for by name
	}
	return !slices.ContainsFunc(attempts, func(at attempt) bool {
		return at.outcome.Clarify != nil && !q.Chosen || at.outcome.Declined == compose.DeclineEmpty || at.outcome.Declined == compose.DeclineFuture
	})
}

// dangling reports whether a plan reads a follow-up to a model's answer as a question of
// its own: nobody named what it measures, and what the thread talks about only a model
// knows.
func (a *Agent) dangling(p *prepared, q *Question, plan *compose.Plan) bool {
	n := len(q.Before)
	if a.cfg.Thinker == nil || !q.allows(Think) || n == 0 || q.Before[n-1].Plan != nil || q.Before[n-1].SQL == "" {
		return false
	}
	return p.assumesMeasure(plan, q.Language)
}

// assumesMeasure reports whether nobody named what a plan measures.
func (p *prepared) assumesMeasure(plan *compose.Plan, language string) bool {
	return slices.ContainsFunc(plan.Query.Measures, func(m semantic.Measure) bool {
		metric := p.Model.Metric(m.Metric)
		return metric != nil && slices.ContainsFunc(plan.Readings, func(r compose.Reading) bool {
			return r.Kind == compose.ReadDefault && r.Meaning == metric.Label.In(language, metric.Name)
		})
	})
}

// briefingOf is what a model is told of an analyst, made when it is first asked.
func (p *prepared) briefingOf() *think.Briefing {
	p.briefed.Do(func() {
		described := think.Analyst{
			Name: p.Name, Title: p.Title.In("ko", p.Name), Purpose: p.Purpose.In("en", ""), Model: p.Model, Catalog: p.catalog,
			Tables: p.Tables, Members: p.members, From: p.from, Until: p.until,
		}
		for _, d := range p.Knowledge {
			described.Knowledge = append(described.Knowledge, think.Document(d))
		}
		for _, v := range p.Verified {
			described.Examples = append(described.Examples, think.Example{Question: v.Question, SQL: v.shown(), Note: v.Note.In("ko", "")})
		}
		p.briefing = think.NewBriefing(described)
	})
	return p.briefing
}

// think asks the language model. Unknown are the words that the model of the data does
// not explain.
func (r *run) think(ctx context.Context, unknown []string) error {
	ctx, done := context.WithCancel(ctx)
	brief := r.agent.degraded(ctx).Level >= degrade.Brief
	if brief {
		r.noting(thinkingWordsFor(r.q.Language).briefly)
	}
	beside := r.beside(unknown)
	defer beside.running.Wait()
	defer done()
	step := func(p think.Progress) {
		if p.Stage == think.StageWaiting {
			r.tellWaiting(ctx, beside, p)
		} else {
			r.tellThinking(p)
		}
	}
	env := think.Env{Source: r.source(), Step: step, Tools: []think.Tool{r.analyse(), r.events()}}
	var together *several
	if r.p.joint != nil {
		together = newSeveral(r)
		env.Several = together
	}
	if r.searchable() {
		env.Tools = append(env.Tools, r.search())
	}
	question := r.thinkQuestion(unknown)
	question.Brief = brief
	out, err := r.agent.cfg.Thinker.Think(ctx, r.p.briefingOf(), question, env)
	if out != nil {
		r.answer.LLM = LLMUsage{Calls: out.Usage.Calls, InputTokens: out.Usage.InputTokens, OutputTokens: out.Usage.OutputTokens}
	}
	if err != nil {
		return r.thinkingFailed(ctx, err)
	}
	if out.Usage.Removed+out.Usage.Misuse > 0 {
		r.agent.cfg.Logger.InfoContext(ctx, "agent: the model was corrected", "question", r.q.ID, "removed", out.Usage.Removed, "misuse", out.Usage.Misuse, "repairs", out.Usage.Repairs)
	}
	w := thinkingWordsFor(r.q.Language)
	defer r.cite(out)
	switch out.Kind {
	case think.AskBack:
		r.answer.Rung, r.answer.Reason, r.answer.Text = None, ReasonAmbiguous, out.Text
		r.answer.Clarify = clarifyOf(out)
		return nil
	case think.Declined:
		r.answer.Rung, r.answer.Reason, r.answer.Text = None, ReasonUnknown, out.Text
		if r.answer.Text == "" {
			r.answer.Text = w.declined
		}
		r.answer.Suggestions = r.suggestions(out.Suggestions)
		return nil
	}
	r.takeResults(out)
	if together != nil {
		together.met(out.Results)
	}
	switch {
	case out.Kind == think.NoData:
		r.refuseWith(ReasonNoData, out.Text)
		return nil
	case out.Kind == think.Spent && len(out.Results) == 0:
		r.answer.Rung, r.answer.Reason, r.answer.Text = None, ReasonTooLarge, w.spent
		if out.Usage.Misuse+out.Usage.Repairs > 0 {
			r.answer.Reason, r.answer.Text = ReasonModel, w.garbled
		}
		r.answer.Suggestions = r.suggestions(nil)
		return nil
	case out.Kind == think.Spent:
		out.Text = w.partial
	}
	r.answer.Rung, r.answer.Text, r.answer.Suggestions = Think, out.Text, out.Suggestions
	r.answer.Readings = r.readings(out)
	if r.answer.Brief = brief; brief {
		r.answer.Readings = append(r.answer.Readings, compose.Reading{Kind: compose.ReadDefault, Meaning: w.shortly})
	}
	r.assume()
	r.chartThinking(out)
	return nil
}

// thinkQuestion is the question with all that is known of its words.
func (r *run) thinkQuestion(unknown []string) think.Question {
	q := think.Question{
		ID: r.q.ID, Text: r.q.Text, Language: r.q.Language, Principal: r.q.Asker, Now: r.q.Now, Chosen: r.q.Chosen, Deep: r.q.Deep,
		Background: r.q.Background,
	}
	for _, t := range r.q.Before {
		q.Before = append(q.Before, think.Turn{Question: t.Text, SQL: t.SQL, Answer: t.Said})
	}
	for _, c := range r.q.Choices {
		if said, ok := strings.CutPrefix(c.Ref, saidRef); ok {
			q.Hints = append(q.Hints, fmt.Sprintf("The asker was asked back and chose: %s", said))
		} else {
			q.Hints = append(q.Hints, fmt.Sprintf("The asker means %s by %q", c.Ref, c.Term))
		}
	}
	for _, word := range unknown[:min(len(unknown), 6)] {
		q.Hints = append(q.Hints, fmt.Sprintf("%q is no metric, field or value by name", word))
	}
	return q
}

func clarifyOf(out *think.Outcome) *compose.Clarify {
	c := &compose.Clarify{Text: out.Text}
	for i, label := range out.Choices {
		c.Options = append(c.Options, compose.Option{Label: label, Ref: saidRef + label, Usual: i == 0})
	}
	return c
}

func (r *run) suggestions(own []string) []string {
	if len(own) > 0 {
		return own
	}
	return r.agent.suggest(r.q, []*prepared{r.p})
}

// tellThinking says how the question goes on.
func (r *run) tellThinking(p think.Progress) {
	w := thinkingWordsFor(r.q.Language)
	switch p.Stage {
	case think.StageModel:
		r.step(Step{Text: w.asking})
	case think.StageQuery:
		if p.Text == "" && len(p.Sources) > 0 {
			p.Text = fmt.Sprintf(w.figuresOf, strings.Join(p.Sources, ", "))
		}
		if p.Text == "" {
			p.Text = w.figures
		}
		r.step(Step{Text: fmt.Sprintf(w.computing, p.Text), Name: p.Text, Parts: p.Parts})
	case think.StageJoin:
		joined := fmt.Sprintf(w.joining, strings.Join(p.Sources, " + "))
		r.step(Step{Text: joined + " …", Name: joined, Parts: p.Parts})
	case think.StagePlan:
		r.step(Step{Text: w.planned, Plan: p.Plan})
	case think.StageMending:
		r.step(Step{Text: w.mending})
	}
}

// thinkingFailed turns a failure of the model into what the asker is told. What it
// costs to wait is the queue's to decide: a model that is down leaves the rungs below.
func (r *run) thinkingFailed(ctx context.Context, err error) error {
	var failure *llm.Error
	if !errors.As(err, &failure) || failure.Code == llm.CodeCancelled || ctx.Err() != nil {
		return err
	}
	r.agent.cfg.Logger.WarnContext(ctx, "agent: the model did not answer", "question", r.q.ID, "error", err)
	r.answer.Rung, r.answer.Reason = None, ReasonModel
	r.answer.Text = thinkingWordsFor(r.q.Language).failures[failure.Code]
	r.answer.Suggestions = r.suggestions(nil)
	return nil
}

// takeResults attaches what was computed.
func (r *run) takeResults(out *think.Outcome) {
	r.answer.Results = r.answer.Results[:0]
	for _, res := range out.Results {
		result := Result{
			Name: res.Name, Title: res.Title, SQL: res.SQL, Rows: res.Rows, RowCount: len(res.Rows), Truncated: res.Truncated,
			ElapsedMS: res.Elapsed.Milliseconds(),
		}
		for _, p := range res.Parts {
			result.Parts = append(result.Parts, Part(p))
		}
		result.Source = r.sourceOf(res, result.Parts)
		for _, c := range res.Columns {
			result.Columns = append(result.Columns, Column{
				Column: c.Column, Label: c.Label, Format: c.Format, Role: c.Role, Grain: c.Grain,
				additive: c.Metric != "" && r.p.Model.Additive(c.Metric),
			})
		}
		r.answer.Results = append(r.answer.Results, result)
	}
}

// chartThinking draws the result that the model chose, as it wished where the data
// allow.
func (r *run) chartThinking(out *think.Outcome) {
	if out.Chart == nil || out.Chart.Kind == "none" {
		return
	}
	at := slices.IndexFunc(r.answer.Results, func(res Result) bool { return res.Name == out.Chart.Result })
	if at < 0 {
		return
	}
	res := &r.answer.Results[at]
	data := chart.Data{Language: r.q.Language, Title: out.Chart.Title, Wanted: chart.Kind(out.Chart.Kind), Rows: res.Rows}
	for _, c := range res.Columns {
		data.Columns = append(data.Columns, chart.Column{Key: c.Name, Role: c.Role, Label: c.Label, Format: c.Format, Grain: c.Grain, Measure: c.measure, Additive: c.additive})
	}
	if data.Title == "" {
		data.Title = titleOf(res)
	}
	r.attachChart(res, data)
}

// titleOf names a result by its columns.
func titleOf(res *Result) string {
	var measures, others []string
	for _, c := range res.Columns {
		if c.Role == string(semantic.RoleMeasure) {
			measures = append(measures, c.Label)
		} else {
			others = append(others, c.Label)
		}
	}
	return strings.Join(append(others, measures...), " · ")
}

// analyseArgs asks for one of our own analyses.
type analyseArgs struct {
	Kind    string            `json:"kind"`
	Metric  string            `json:"metric"`
	Start   string            `json:"start"`
	End     string            `json:"end"`
	Against string            `json:"against"`
	Grain   semantic.Grain    `json:"grain"`
	Filters []semantic.Filter `json:"filters"`
	Horizon int               `json:"horizon"`
	Part    int               `json:"part"` // of the model's plan
}

// readable reads a tool's arguments. A model that wrote something else is told so; it is no
// error of ours.
func readable(raw json.RawMessage, into any) bool { return json.Unmarshal(raw, into) == nil }

func unreadable() think.ToolResult {
	return think.ToolResult{Text: "Error: the arguments cannot be read"}
}

// analyse is the tool by which a model has drivers, outliers and forecasts computed
// rather than told.
func (r *run) analyse() think.Tool {
	n := 0
	return think.Tool{
		Spec: llm.Tool{
			Name:        "analyse",
			Description: "Computed analyses of a defined metric: drivers (which values explain its change between two periods), outliers along time, forecast with an interval. Its results can be referred to by their names.",
			Parameters: json.RawMessage(`{"type":"object","properties":{` +
				`"kind":{"type":"string","enum":["drivers","outliers","forecast"]},"metric":{"type":"string"},` +
				`"start":{"type":"string","description":"YYYY-MM-DD"},"end":{"type":"string","description":"YYYY-MM-DD, not included"},` +
				`"against":{"type":"string","enum":["previous","year_ago"],"description":"of drivers"},` +
				`"grain":{"type":"string","enum":["day","week","month","quarter"],"description":"of outliers and forecast"},` +
				`"filters":{"type":"array","items":{"type":"object"}},"horizon":{"type":"integer","minimum":1,"maximum":24},"part":{"type":"integer","minimum":1,"description":"of the plan, when there is one"}},"required":["kind","metric"]}`),
		},
		Run: func(ctx context.Context, raw json.RawMessage) (think.ToolResult, error) {
			var in analyseArgs
			if !readable(raw, &in) {
				return unreadable(), nil
			}
			plan, problem := in.plan(r.p)
			if problem != "" {
				return think.ToolResult{Text: "Error: " + problem}, nil
			}
			n++
			return r.runAnalysis(ctx, plan, n, in.Part)
		},
	}
}

// plan is the analysis as compose would plan it.
func (in *analyseArgs) plan(p *prepared) (*compose.Plan, string) {
	if p.Model.Metric(in.Metric) == nil {
		return nil, fmt.Sprintf("there is no metric %q", in.Metric)
	}
	q := semantic.Query{Measures: []semantic.Measure{{Metric: in.Metric}}, Filters: in.Filters}
	start, errStart := time.Parse(jsonDate, in.Start)
	end, errEnd := time.Parse(jsonDate, in.End)
	if errStart == nil && errEnd == nil && start.Before(end) {
		q.Period = &semantic.Period{Start: start, End: end}
	}
	plan := &compose.Plan{Query: q, Horizon: min(max(in.Horizon, 1), 24)}
	grain := in.Grain
	if grain == "" {
		grain = semantic.Month
	}
	switch in.Kind {
	case "drivers":
		if q.Period == nil {
			return nil, "drivers need start and end, such as 2026-10-01 and 2026-11-01"
		}
		kind := semantic.ComparePrevious
		if in.Against == string(semantic.CompareYearAgo) {
			kind = semantic.CompareYearAgo
		}
		plan.Intent, plan.PeriodGrain = compose.Drivers, period.GrainFor(*q.Period)
		plan.Query.Compare = &semantic.Compare{Kind: kind, Period: period.Align(*q.Period, kind, plan.PeriodGrain)}
	case "outliers", "forecast":
		plan.Intent = map[string]compose.Intent{"outliers": compose.Anomaly, "forecast": compose.Forecast}[in.Kind]
		plan.Query.Dimensions = []semantic.Dimension{{Grain: grain}}
	default:
		return nil, "the kinds are drivers, outliers and forecast"
	}
	return plan, ""
}

// runAnalysis runs a plan on the side and hands its results over under other names.
func (r *run) runAnalysis(ctx context.Context, plan *compose.Plan, n, part int) (think.ToolResult, error) {
	w := thinkingWordsFor(r.q.Language)
	aside := &run{agent: r.agent, p: r.p, q: r.q, plan: plan, answer: &Answer{Analyst: r.p.Name, Language: r.q.Language}}
	title := fmt.Sprintf(w.analyses[plan.Intent], aside.describe())
	aside.step = func(Step) {
		s := Step{Text: fmt.Sprintf(w.computing, title), Name: title}
		if part > 0 {
			s.Parts = []int{part}
		}
		r.step(s)
	}
	if err := aside.runPlan(ctx); err != nil {
		return think.ToolResult{}, err
	}
	out := think.ToolResult{Text: "What was computed, in words (figures may be referred to, not copied): " + aside.answer.Text}
	for _, res := range aside.answer.Results {
		result := thinkResult(&res)
		result.Name, result.Title = fmt.Sprintf("a%d%s", n, res.Name), upperFirst(title)
		var names []string
		for i := range result.Columns {
			result.Columns[i].Metric = "" // a part of an analysis need not add up as the metric does
			names = append(names, result.Columns[i].Name)
		}
		if r.p.joint == nil {
			result.Source = ""
		}
		out.Results = append(out.Results, result)
		out.Text += fmt.Sprintf("\n%s: %d rows of (%s)", result.Name, len(res.Rows), strings.Join(names, ", "))
	}
	return out, nil
}

// upperFirst begins a title as titles do.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// Forget removes the steps kept of a question that is answered.
func (a *Agent) Forget(ctx context.Context, question string) error {
	if a.cfg.Journal == nil || question == "" {
		return nil
	}
	return a.cfg.Journal.Forget(ctx, question)
}

// thinkingWords are what is said around a model's work, in one language.
type thinkingWords struct {
	asking, computing, figures, mending string
	figuresOf, joining                  string // sources; sources
	planned, period                     string // once a plan is there; names one
	queue, next                         string // calls ahead, time; time
	analyses                            map[compose.Intent]string
	declined, spent, garbled, partial   string
	failures                            map[llm.Code]string

	briefly, shortly     string // while many ask: of a question, of its answer
	busy, busyDeep, down string // wait, none, none
}

func (w *thinkingWords) waiting(wait llm.Wait, language string) string {
	seconds := max(wait.For, time.Second).Round(time.Second).Seconds()
	f := format.Seconds
	if seconds >= 90 {
		seconds, f = (seconds+30)/60, format.Minutes
		seconds = float64(int(seconds))
	}
	switch {
	case wait.Ahead == 0 && wait.For <= 0:
		return w.asking
	case wait.Ahead == 0:
		return fmt.Sprintf(w.next, format.Short(seconds, f, language))
	}
	return fmt.Sprintf(w.queue, format.Short(float64(wait.Ahead), format.Integer, language), format.Short(seconds, f, language))
}

func thinkingWordsFor(language string) *thinkingWords {
	if language == "ko" {
		return &koreanThinking
	}
	return &englishThinking
}

var koreanThinking = thinkingWords{
	asking: "모델에게 묻는 중 …", computing: "%s 계산 중 …", figures: "숫자", mending: "답을 다시 맞춰 보는 중 …",
	figuresOf: "%s의 숫자", joining: "%s 결과 합치기",
	planned: "살펴볼 것을 정했어요", period: "기간",
	queue:    "모델을 쓰려고 기다리는 중 · 앞에 %s건, 약 %s",
	next:     "모델을 쓰려고 기다리는 중 · 다음 차례예요, 약 %s",
	analyses: map[compose.Intent]string{compose.Drivers: "변화 요인: %s", compose.Anomaly: "평소와 다른 때: %s", compose.Forecast: "예측: %s"},
	declined: "이 데이터로는 답할 수 없어요.",
	garbled:  "모델이 쓸 수 있는 답을 주지 않았어요. 다시 묻거나 다르게 물어봐 주세요.",
	spent:    "여러 번 살펴봤지만 답을 찾지 못했어요. 범위를 좁혀 다시 물어봐 주세요.",
	partial:  "끝까지 답하지는 못했어요. 여기까지 계산한 것을 아래 표로 드려요.",
	failures: map[llm.Code]string{
		llm.CodeUnavailable: "모델이 지금 응답하지 않아 이 질문에는 답하지 못했어요. 모델 없이 답할 수 있는 질문은 그대로 답해 드려요.",
		llm.CodeBroken:      "모델의 답이 중간에 끊겨 답하지 못했어요. 다시 물어봐 주세요.",
		llm.CodeLimited:     "모델이 한도까지 쓰이고 있어 답하지 못했어요. 조금 뒤에 다시 물어봐 주세요.",
		llm.CodeExhausted:   "모델이 한도까지 쓰이고 있어 제때 차례가 오지 않아요. 조금 뒤에 다시 물어봐 주세요.",
		llm.CodeOff:         "담당자가 모델을 잠시 꺼 두어서 이 질문에는 답하지 못했어요. 모델 없이 답할 수 있는 질문은 그대로 답해 드려요.",
		llm.CodeTimeout:     "모델이 제때 답하지 않았어요. 다시 물어봐 주세요.",
		llm.CodeTooLong:     "질문과 데이터 설명이 모델에 한 번에 들어가지 않아요. 더 짧게 물어봐 주세요.",
		llm.CodeRefused:     "모델이 요청을 받아들이지 않았어요. 담당자가 볼 수 있게 기록했어요.",
		llm.CodeDenied:      "모델에 접근할 권한이 없어요. 담당자가 볼 수 있게 기록했어요.",
		llm.CodeNoModel:     "설정된 모델이 서버에 없어요. 담당자가 볼 수 있게 기록했어요.",
	},
	briefly:  "지금 붐벼서 짧게 답해 드려요.",
	shortly:  "짧게 답했어요: 지금 붐벼요",
	busy:     "지금은 묻는 분이 많아서 모델이 필요한 이 질문은 약 %s 기다려야 해요. 조용해지면 답해 드릴까요? 모델 없이 답할 수 있는 질문은 지금 바로 답해 드려요.",
	busyDeep: "지금은 묻는 분이 많아서 ‘더 깊이’는 잠시 쉬고 있어요. 조용해지면 살펴봐 드릴까요?",
	down:     "지금은 모델을 쓸 수 없어서 이 질문에는 답하지 못해요. 다시 쓸 수 있게 되면 답해 드릴까요? 모델 없이 답할 수 있는 질문은 지금 바로 답해 드려요.",
}

var englishThinking = thinkingWords{
	asking: "Asking the model …", computing: "Computing %s …", figures: "figures", mending: "Putting the answer right …",
	figuresOf: "figures of %s", joining: "Joining what %s answered",
	planned: "I know what to look at", period: "Period",
	queue:    "Waiting for the model · %s ahead, about %s",
	next:     "Waiting for the model · next in line, about %s",
	analyses: map[compose.Intent]string{compose.Drivers: "what drove %s", compose.Anomaly: "what is unusual in %s", compose.Forecast: "forecast of %s"},
	declined: "These data cannot answer that.",
	garbled:  "The model gave no answer that could be used. Please ask again, or in other words.",
	spent:    "I looked several times and found no answer. Please ask about less.",
	partial:  "I could not finish the answer. The table below holds what I computed so far.",
	failures: map[llm.Code]string{
		llm.CodeUnavailable: "The model does not respond right now, so I could not answer this. Questions that need no model still work.",
		llm.CodeBroken:      "The model's answer broke off. Please ask again.",
		llm.CodeLimited:     "The model is used up to its limit. Please ask again in a while.",
		llm.CodeExhausted:   "The model is used up to its limit, and this question's turn would come too late. Please ask again in a while.",
		llm.CodeOff:         "The model is turned off for now, so I could not answer this. Questions that need no model still work.",
		llm.CodeTimeout:     "The model did not answer in time. Please ask again.",
		llm.CodeTooLong:     "The question and what describes the data do not fit the model. Please ask more briefly.",
		llm.CodeRefused:     "The model did not accept the request. It was recorded for whoever runs this.",
		llm.CodeDenied:      "The model refused access. It was recorded for whoever runs this.",
		llm.CodeNoModel:     "The model server has no model of the configured name. It was recorded for whoever runs this.",
	},
	briefly:  "Many are asking right now, so the answer will be short.",
	shortly:  "a short answer: many are asking right now",
	busy:     "Many are asking right now: this question needs the model and would wait about %s. Shall I answer it when it is quiet? Questions that need no model are answered right away.",
	busyDeep: "Many are asking right now, so digging deeper is paused. Shall I look into it when it is quiet?",
	down:     "The model cannot be asked right now, so I cannot answer this. Shall I answer it when it can? Questions that need no model are answered right away.",
}
