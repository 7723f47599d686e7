package slack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

var _ bot.Checker = (*Slack)(nil)

// Scope is a right that the app asks for.
type Scope struct {
	Name    string
	For     string // what it is for
	Without string // what is lost without it
	Must    bool   // without it nothing works
}

// Scopes are the rights of the bot token, as deploy/slack/manifest.yaml asks for them.
func Scopes() []Scope {
	return []Scope{
		{"app_mentions:read", "hearing its name in channels", "mentions in channels are not heard", true},
		{"chat:write", "answering", "nothing can be said", true},
		{"users:read", "knowing who asks", "nobody can be told from a guest, so nobody is answered", true},
		{"users:read.email", "knowing people by their e-mail address", "people have no e-mail address, so rights that are given by address do not reach them", false},
		{"channels:history", "follow-ups without a mention in public channels, and finding what was posted before", "every follow-up needs a mention, and after a crash an answer may come twice", false},
		{"groups:history", "the same in private channels", "every follow-up in a private channel needs a mention, and after a crash an answer may come twice", false},
		{"mpim:history", "the same in group messages", "every follow-up in a group message needs a mention", false},
		{"im:history", "hearing direct messages", "direct messages are not heard", false},
		{"im:read", "knowing its direct messages", "some direct messages cannot be told from channels", false},
		{"im:write", "beginning a direct message", "what cannot be answered where it was asked may reach nobody", false},
		{"channels:read", "names of public channels", "analysts are bound to channels by id only", false},
		{"groups:read", "names of private channels", "analysts are bound to private channels by id only", false},
		{"files:read", "questions about files that people drop", "files are refused, and charts without a native form are told in words", false},
		{"files:write", "charts as pictures where Slack has no such chart, and CSV", "charts are told in words, and there is no CSV", false},
		{"commands", "/bapsang and the shortcuts", "the command and the shortcuts do nothing", false},
		{"assistant:write", "the agent view: suggestions, status, Slack's own stop button", "it looks like a plain direct message", false},
	}
}

// checkTimeout bounds each question to Slack.
const checkTimeout = 15 * time.Second

// The clock may be off by so much before it is worth a word, and before requests are
// refused: Slack's signatures hold for five minutes.
const (
	skewWarning = 30 * time.Second
	skewBroken  = 4 * time.Minute
)

// Check implements bot.Checker.
func (s *Slack) Check(ctx context.Context) []bot.Finding {
	token, known := s.checkToken(ctx)
	findings := []bot.Finding{token}
	if known {
		findings = append(findings, s.checkScopes()...)
		findings = append(findings, s.checkClock())
	}
	findings = append(findings, s.checkDoor(ctx))
	if token.State != bot.Broken {
		findings = append(findings, s.checkStreams(ctx), s.checkSessions(ctx))
	}
	return append(findings, s.checkStates()...)
}

// quickly has do call Slack within checkTimeout, and once more when that failed on the
// way: somebody sits and waits.
func (s *Slack) quickly(ctx context.Context, method string, do func(ctx context.Context, api *slack.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	m := client.Method{Name: method, Repeatable: true}
	err := s.client.TryCall(ctx, m, do)
	if err != nil && client.KindOf(err) == client.KindOther {
		err = s.client.TryCall(ctx, m, do)
	}
	return err
}

// checkToken asks whose the bot token is. Known is set when Slack said so.
func (s *Slack) checkToken(ctx context.Context) (f bot.Finding, known bool) {
	f = bot.Finding{Name: "bot token", State: bot.Broken}
	if !strings.HasPrefix(s.cfg.BotToken, "xoxb-") {
		f.Text = "It does not begin with xoxb-."
		f.Fix = "Take the Bot User OAuth Token of OAuth & Permissions for slack.bot_token."
		return f, false
	}
	var who *slack.AuthTestResponse
	err := s.quickly(ctx, "auth.test", func(ctx context.Context, api *slack.Client) (err error) {
		who, err = api.AuthTestContext(ctx)
		return err
	})
	switch {
	case err == nil:
		f.State, f.Text = bot.Fine, fmt.Sprintf("It is @%s of %s (%s).", who.User, who.Team, strings.TrimSuffix(strings.TrimPrefix(who.URL, "https://"), "/"))
		if who.BotID == "" {
			f.State, f.Text = bot.Broken, "It is the token of a person, "+who.User+"."
			f.Fix = "Take the Bot User OAuth Token of OAuth & Permissions for slack.bot_token."
		}
		return f, true
	case client.KindOf(err) == client.KindToken:
		f.Text = "Slack refuses it: " + client.Reason(err) + "."
		f.Fix = tokenFix(client.Reason(err))
	default:
		f.Text, f.Fix = unreachable(err)
	}
	return f, false
}

// tokenFix is what to do about a token that Slack refuses.
func tokenFix(reason string) string {
	switch reason {
	case "token_revoked", "account_inactive":
		return "Somebody removed the app or its bot: install it to the workspace again, and put the new token into slack.bot_token."
	case "token_expired":
		return "Tokens that expire are not supported: switch token rotation off in the app's settings, and install the app again."
	case "not_allowed_token_type":
		return "Take the token of the other kind: xoxb- for slack.bot_token, xapp- for slack.app_token."
	}
	return "Copy the token again, from OAuth & Permissions, without spaces or line breaks."
}

// unreachable says why a question to Slack had no answer.
func unreachable(err error) (text, fix string) {
	var why *bot.Error
	if errors.As(err, &why) && why.Code == bot.CodeBusy {
		return "Slack is told too much at once, and did not answer in time: " + why.Reason + ".", "Try again in a minute."
	}
	reason := "no answer"
	if why != nil {
		reason = why.Reason
	}
	return "Slack cannot be reached: " + reason + ".",
		"See that this machine reaches https://slack.com, through HTTPS_PROXY where there is a proxy, and that slack.api_url is empty."
}

// checkScopes compares the rights that the token has with those that are needed.
func (s *Slack) checkScopes() []bot.Finding {
	have := s.client.Said().Scopes
	if have == nil {
		return []bot.Finding{{Name: "scopes", State: bot.Warning, Text: "Slack did not say which scopes the token has."}}
	}
	var missing []bot.Finding
	for _, scope := range Scopes() {
		if slices.Contains(have, scope.Name) {
			continue
		}
		f := bot.Finding{
			Name: "scope " + scope.Name, State: bot.Warning, Text: "It is missing: " + scope.Without + ".",
			Fix: "Add it at OAuth & Permissions → Bot Token Scopes, and reinstall the app.",
		}
		if scope.Must {
			f.State = bot.Broken
		}
		missing = append(missing, f)
	}
	if len(missing) > 0 {
		return missing
	}
	return []bot.Finding{{Name: "scopes", State: bot.Fine, Text: fmt.Sprintf("All %d are there.", len(Scopes()))}}
}

func (s *Slack) checkClock() bot.Finding {
	skew := s.client.Said().Skew
	f := bot.Finding{Name: "clock", State: bot.Fine, Text: "It agrees with Slack's."}
	away := skew.Abs()
	if away < skewWarning {
		return f
	}
	direction := "behind"
	if skew < 0 {
		direction = "ahead of"
	}
	f.State, f.Text = bot.Warning, fmt.Sprintf("It is %v %s Slack's.", away.Round(time.Second), direction)
	f.Fix = "Have the machine keep its time, by NTP."
	if away > skewBroken && s.cfg.SigningSecret != "" {
		f.State = bot.Broken
		f.Text += " What Slack sends is refused as too old."
	}
	return f
}

var signingSecret = regexp.MustCompile(`^[0-9a-f]{32}$`)

// checkDoor looks at the way by which events come in.
func (s *Slack) checkDoor(ctx context.Context) bot.Finding {
	switch {
	case s.cfg.AppToken != "":
		return s.checkAppToken(ctx)
	case s.cfg.SigningSecret == "":
		return bot.Finding{
			Name: "events", State: bot.Broken, Text: "There is neither an app token nor a signing secret: nothing can come in.",
			Fix: "Set slack.app_token for Socket Mode, or slack.signing_secret for HTTP.",
		}
	case !signingSecret.MatchString(s.cfg.SigningSecret):
		return bot.Finding{
			Name: "signing secret", State: bot.Warning, Text: "It is not 32 hexadecimal digits, as Slack's are.",
			Fix: "Copy Basic Information → Signing Secret, not the client secret or the verification token.",
		}
	}
	return bot.Finding{Name: "signing secret", State: bot.Fine, Text: "It is there. Whether it is the right one shows with the first event."}
}

func (s *Slack) checkAppToken(ctx context.Context) bot.Finding {
	f := bot.Finding{Name: "app token", State: bot.Broken}
	const where = "Generate one at Basic Information → App-Level Tokens with the scope connections:write, and put it into slack.app_token."
	if !strings.HasPrefix(s.cfg.AppToken, "xapp-") {
		f.Text, f.Fix = "It does not begin with xapp-.", where
		return f
	}
	err := s.quickly(ctx, "apps.connections.open", func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.StartSocketModeContext(ctx)
		return err
	})
	switch kind := client.KindOf(err); {
	case err == nil:
		f.State, f.Text = bot.Fine, "Socket Mode can be used."
	case kind == client.KindToken:
		f.Text, f.Fix = "Slack refuses it: "+client.Reason(err)+".", where
	case kind == client.KindScope:
		f.Text, f.Fix = "It lacks the scope connections:write.", where
	case client.Reason(err) == "not_allowed" || client.Reason(err) == "socket_mode_not_enabled" || client.Reason(err) == "forbidden_team":
		f.Text, f.Fix = "Socket Mode is off: "+client.Reason(err)+".", "Switch it on at Socket Mode in the app's settings."
	default:
		f.Text, f.Fix = unreachable(err)
	}
	return f
}

// nowhere is a conversation that nobody has: what is sent there only shows whether the
// method is to be had.
const nowhere, never = "C00000000", "1000000000.000001"

func (s *Slack) checkStreams(ctx context.Context) bot.Finding {
	err := s.quickly(ctx, "chat.startStream", func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.StartStreamContext(ctx, nowhere, slack.MsgOptionTS(never))
		return err
	})
	return featureFinding("streaming", err, "Progress is streamed.", "Progress is shown by changing the message instead.")
}

func (s *Slack) checkSessions(ctx context.Context) bot.Finding {
	err := s.quickly(ctx, "agents.sessions.setStatus", func(ctx context.Context, api *slack.Client) error {
		_, err := api.SetAgentSessionStatusContext(ctx, slack.AgentSessionSetStatusParameters{
			Status: slack.AgentSessionStatusActive, ChannelID: nowhere, ThreadTS: never,
		})
		return err
	})
	return featureFinding("agent sessions", err, "Slack shows that we are at work, with its own stop button.",
		"Slack's own stop button is not shown; the one in the message does the same.")
}

// featureFinding is what a call that cannot succeed says about its method.
func featureFinding(name string, err error, with, without string) bot.Finding {
	switch client.KindOf(err) {
	case client.KindFeature, client.KindScope:
		return bot.Finding{Name: name, State: bot.Warning, Text: "Not in this workspace (" + client.Reason(err) + "). " + without}
	case client.KindToken, client.KindRate:
		return bot.Finding{Name: name, State: bot.Warning, Text: "Could not be tried: " + client.Reason(err) + "."}
	case client.KindOther:
		if why := (*bot.Error)(nil); errors.As(err, &why) && noAnswer(why.Reason) {
			return bot.Finding{Name: name, State: bot.Warning, Text: "Could not be tried: " + client.Reason(err) + "."}
		}
	}
	return bot.Finding{Name: name, State: bot.Fine, Text: with}
}

// noAnswer reports whether a reason is ours, for an answer that did not come.
func noAnswer(reason string) bool {
	switch reason {
	case "no_reply", "not_reached", "timeout", "bad_reply", "no_budget", "given_up", "internal_error", "fatal_error", "service_unavailable":
		return true
	}
	return strings.HasPrefix(reason, "http_")
}

// checkStates tells what this process has met since it began.
func (s *Slack) checkStates() []bot.Finding {
	var out []bot.Finding
	add := func(name, text, fix string) {
		out = append(out, bot.Finding{Name: name, State: bot.Warning, Text: text, Fix: fix})
	}
	if why := s.Intake().Revoked; why != "" {
		out = append(out, bot.Finding{Name: "app", State: bot.Broken, Text: "Slack told that it was removed: " + why + ".", Fix: tokenFix("token_revoked")})
	}
	for _, name := range sorted(s.client.Paused()) {
		add("rate of "+name, "Slack told us to wait; it goes on by itself.", "")
	}
	for _, name := range sorted(s.out.refused.Now()) {
		if !strings.HasPrefix(name, "picture ") {
			add(name, "Slack refused it within the last hour; something simpler is shown.", "")
		}
	}
	if s.Intake().NoEmail {
		add("e-mail addresses", "People come without them.", "Add users:read.email at OAuth & Permissions, and reinstall the app.")
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
