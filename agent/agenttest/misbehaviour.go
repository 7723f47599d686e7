package agenttest

// Misbehaviour is one way in which a server or a model goes wrong, made of a good reply.
type Misbehaviour struct {
	Name string
	Make func(good Reply) Reply
	// Fatal ones leave nothing to use: the call has failed. The others are a reply.
	Fatal bool
	// StreamOnly ones do nothing to a reply that is not streamed.
	StreamOnly bool
	// Hangs ones end only with the client's patience.
	Hangs bool
}

// Misbehaviours are all that this server can do wrong, so that a client's tests can go
// through them without missing one.
func Misbehaviours() []Misbehaviour {
	quirk := func(q ...Quirk) func(Reply) Reply { return func(r Reply) Reply { return r.With(q...) } }
	instead := func(r Reply) func(Reply) Reply { return func(Reply) Reply { return r } }
	change := func(fn func(*Reply)) func(Reply) Reply {
		return func(r Reply) Reply {
			fn(&r)
			return r
		}
	}
	return []Misbehaviour{
		{Name: "old reasoning field", Make: quirk(OldReasoning())},
		{Name: "unknown fields", Make: quirk(UnknownFields())},
		{Name: "no usage", Make: quirk(NoUsage())},
		{Name: "harmony in content", Make: change(func(r *Reply) {
			r.Text = "<|channel|>analysis<|message|>They want a sum.<|end|><|start|>assistant<|channel|>final<|message|>" + r.Text
		})},
		{Name: "mangled tool name", Make: change(func(r *Reply) {
			r.Calls = append([]Call(nil), r.Calls...)
			for i := range r.Calls {
				r.Calls[i].Name = "functions." + r.Calls[i].Name + "<|channel|>commentary"
			}
		})},
		{Name: "commentary beside calls", Make: change(func(r *Reply) { r.Text = "Let me look that up." })},
		{Name: "no ids of calls", Make: change(func(r *Reply) {
			r.Calls = append([]Call(nil), r.Calls...)
			for i := range r.Calls {
				r.Calls[i].NoID = true
			}
		})},
		{Name: "one id for all calls", Make: change(func(r *Reply) {
			r.Calls = append(r.Calls[:len(r.Calls):len(r.Calls)], r.Calls...)
			for i := range r.Calls {
				r.Calls[i].ID = "call_1"
			}
		})},
		{Name: "null arguments", Make: change(func(r *Reply) {
			r.Calls = append([]Call(nil), r.Calls...)
			for i := range r.Calls {
				r.Calls[i].Arguments, r.Calls[i].Null = "", true
			}
		})},
		{Name: "invalid arguments", Make: change(func(r *Reply) {
			r.Calls = append([]Call(nil), r.Calls...)
			for i := range r.Calls {
				r.Calls[i].Arguments = "{sql: 'SELECT 1',}"
			}
		})},
		{Name: "truncated arguments", Make: quirk(TruncatedArguments(8))},
		{Name: "unknown tool", Make: change(func(r *Reply) { r.Calls = []Call{{Name: "browser.open", Arguments: `{"id":1}`}} })},
		{Name: "calls with stop", Make: change(func(r *Reply) { r.Finish = "stop" })},
		{Name: "length", Make: change(func(r *Reply) { r.Finish = "length" })},
		{Name: "comments", Make: quirk(Comments()), StreamOnly: true},
		{Name: "many comments", Make: quirk(ManyComments(1000)), StreamOnly: true},
		{Name: "carriage returns", Make: quirk(CarriageReturns()), StreamOnly: true},

		{Name: "empty", Make: instead(Reply{Finish: "stop"}), Fatal: true},
		{Name: "aborted by the engine", Make: change(func(r *Reply) { r.Finish = "abort" }), Fatal: true},
		{Name: "error frame", Make: quirk(ErrorFrame(2)), Fatal: true},
		{Name: "old error frame", Make: quirk(OldErrorFrame(2)), Fatal: true},
		{Name: "bare error frame", Make: quirk(BareErrorFrame(2)), Fatal: true},
		{Name: "error frame after comments", Make: quirk(ErrorFrame(2), ErrorEvent()), Fatal: true},
		{Name: "no [DONE]", Make: quirk(NoDone(-1)), Fatal: true, StreamOnly: true},
		{Name: "stream cut", Make: quirk(NoDone(3)), Fatal: true, StreamOnly: true},
		{Name: "abort", Make: quirk(Abort(3)), Fatal: true},
		{Name: "long line", Make: quirk(LongLine(2 << 20)), Fatal: true, StreamOnly: true},
		{Name: "endless repetition", Make: quirk(Endless("네 알겠습니다. ")), Fatal: true, StreamOnly: true},
		{Name: "stall", Make: quirk(Stall(3)), Fatal: true, Hangs: true},
		{Name: "stall at once", Make: quirk(StallAtOnce()), Fatal: true, Hangs: true},
		{Name: "401", Make: instead(Unauthorized()), Fatal: true},
		{Name: "403", Make: instead(Forbidden()), Fatal: true},
		{Name: "404", Make: instead(NoModel("other")), Fatal: true},
		{Name: "context length", Make: instead(TooLong(131072, 131000, 4096)), Fatal: true},
		{Name: "context length of OpenAI", Make: instead(TooLongOpenAI(128000, 130000)), Fatal: true},
		{Name: "harmony error", Make: instead(HarmonyError()), Fatal: true},
		{Name: "harmony error under 200", Make: instead(HarmonyError200()), Fatal: true},
		{Name: "old error", Make: instead(OldError(400, "bad tool", "BadRequestError")), Fatal: true},
		{Name: "502 page", Make: instead(BadGateway()), Fatal: true},
		{Name: "503", Make: instead(Overloaded()), Fatal: true},
		{Name: "login page", Make: instead(LoginPage()), Fatal: true},
		{Name: "redirect", Make: instead(Redirect("https://sso.example.com/")), Fatal: true},
	}
}
