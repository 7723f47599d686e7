package connector

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// ErrUnknown is in the chain of an error when Teams may have done what was asked.
var ErrUnknown = errors.New("whether it was done is unknown")

var errNoBudget = errors.New("held back for what matters more")

// Kind is what an error asks of its caller.
type Kind int

// The kinds of errors.
const (
	KindOther   Kind = iota
	KindRate         // too fast
	KindToken        // we are not let in: the app's credentials or its registration
	KindRemoved      // the app was removed or blocked: leave them alone until they come back
	KindPlace        // the conversation cannot be reached
	KindMessage      // the message is not there or cannot be changed
	KindSize         // the message is too large
	KindLayout       // the message cannot be shown this way
	KindStream       // the stream is over: stopped, too old or too large; or none can be had
	KindOrder        // what was streamed came after what follows it, and is not needed
	KindMember       // the person is not there
)

type meaning struct {
	code bot.Code
	kind Kind
}

// meaningOf is the one place that says what Teams' errors mean to us. They are listed
// under "Status codes from bot conversational APIs" in
// https://learn.microsoft.com/microsoftteams/platform/bots/bot-concepts, those of streams in
// https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux.
func meaningOf(reason string) meaning {
	switch strings.ReplaceAll(reason, " ", "") { // "Bad Argument" is written both ways
	case "Throttled", "TooManyRequests", "http_429":
		return meaning{bot.CodeBusy, KindRate}
	case "BotNotRegistered", "Unauthorized", "http_401", "AuthorizationDenied", "InvalidAuthenticationToken":
		return meaning{bot.CodeDenied, KindToken}
	case "NotEnoughPermissions", "TenantNoPermission", "CapabilityOverride":
		return meaning{bot.CodeDenied, KindPlace}
	case "BotDisabledByAdmin", "BotNotInConversationRoster", "ConversationBlockedByUser", "ForbiddenOperationException":
		return meaning{bot.CodeGone, KindRemoved}
	case "ConversationNotFound", "MessageWritesBlocked", "InvalidBotApiHost", "http_403", "http_404", "http_410":
		return meaning{bot.CodeGone, KindPlace}
	case "ActivityNotFoundInConversation", "MessageNotFound":
		return meaning{bot.CodeGone, KindMessage}
	case "MemberNotFoundInConversation":
		return meaning{bot.CodeGone, KindMember}
	case "MessageSizeTooBig", "http_413":
		return meaning{bot.CodeUnavailable, KindSize}
	case "BadArgument", "BadSyntax", "BadRequest", "InvalidArgument", "MissingProperty", "http_400", "http_415":
		return meaning{bot.CodeUnavailable, KindLayout}
	case "ContentStreamNotAllowed":
		return meaning{bot.CodeUnavailable, KindStream}
	case reasonOrder:
		return meaning{bot.CodeUnavailable, KindOrder}
	}
	return meaning{bot.CodeUnavailable, KindOther}
}

// reasonOrder comes with a status that says all is well.
const reasonOrder = "ContentStreamSequenceOrderPreConditionFailed"

// fate is what became of a call that was answered by a status.
type fate struct {
	again   bool // another try may end otherwise
	unknown bool // it may have been done
}

// fateOf says it of the statuses that Microsoft wants repeated, "with exponential backoff":
// the table "Status codes retry guidance" of the page above, and
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit. The connector
// knows no key of idempotency: what a gateway lost on its way back was done, and is done
// again. So only calls that may be repeated are repeated here. What says something is for
// whoever says it to repeat (Client.Rest), for only they can tell its reader so.
func fateOf(status int) fate {
	switch status {
	case http.StatusPreconditionFailed: // several calls at once for one conversation: not done
		return fate{again: true}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fate{again: true, unknown: true}
	case http.StatusNotImplemented:
		return fate{}
	case http.StatusRequestTimeout:
		return fate{unknown: true}
	}
	return fate{unknown: status >= http.StatusInternalServerError}
}

// refusal is what Teams said.
type refusal struct {
	status  int
	reason  string // its code, or "http_" and the status
	message string
	after   time.Duration // not again before that
}

func (r *refusal) Error() string {
	if r.message == "" {
		return fmt.Sprintf("status %d", r.status)
	}
	return fmt.Sprintf("status %d: %s", r.status, r.message)
}

const maxMessage = 300

// refusalOf reads what a reply says against us; nil when it says nothing.
func refusalOf(r reply) *refusal {
	fine := r.status/100 == 2
	if fine && r.status != http.StatusAccepted {
		return nil
	}
	out := &refusal{status: r.status, reason: "http_" + strconv.Itoa(r.status)}
	var said struct {
		Error   json.RawMessage `json:"error"`
		Code    string          `json:"code"`
		Message string          `json:"message"`
	}
	_ = json.Unmarshal(r.body, &said) // what cannot be read is empty
	var inner struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(said.Error, &inner) != nil {
		_ = json.Unmarshal(said.Error, &inner.Code) // the code alone
	}
	code, message := inner.Code, inner.Message
	if code == "" {
		code = said.Code
	}
	if message == "" {
		message = said.Message
	}
	if fine && code == "" {
		return nil
	}
	if code != "" && len(code) <= maxMessage {
		out.reason = code
	}
	out.message = cut(message)
	return out
}

// cut bounds a text that goes into logs.
func cut(s string) string {
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

// KindOf is what err asks for.
func KindOf(err error) Kind {
	e := (*bot.Error)(nil)
	if !errors.As(err, &e) {
		return KindOther
	}
	if e.Method == opToken && e.Code == bot.CodeDenied {
		return KindToken
	}
	said := (*refusal)(nil)
	if errors.As(err, &said) && said.status == http.StatusNotFound && strings.HasPrefix(said.reason, "http_") {
		switch e.Method {
		case opUpdate, opDelete, opReply:
			return KindMessage
		case opMember:
			return KindMember
		}
	}
	return meaningOf(e.Reason).kind
}

// Reason is Teams' word for err; empty when err is of another kind.
func Reason(err error) string {
	if e := (*bot.Error)(nil); errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// Message is Teams' sentence for err, which tells streams that were stopped by somebody
// from others; empty when it said none.
func Message(err error) string {
	if said := (*refusal)(nil); errors.As(err, &said) {
		return said.message
	}
	return ""
}

// Unknown reports whether what failed with err may have been done.
func Unknown(err error) bool { return errors.Is(err, ErrUnknown) }

// given is the error of a call that its caller gave up before it was made.
func given(op string, err error) error {
	return &bot.Error{Code: bot.CodeBusy, Method: op, Reason: "given_up", Err: err}
}

// failure says what became of a call: e is nil when all is well.
func failure(c call, r reply, err error) (e *bot.Error, again bool) {
	if err != nil {
		return broken(c, r, err)
	}
	said := refusalOf(r)
	if said == nil {
		return nil, false
	}
	e = &bot.Error{Code: meaningOf(said.reason).code, Method: c.op, Reason: said.reason, Err: said}
	if r.status == http.StatusTooManyRequests {
		e.Code = bot.CodeBusy
		return e, false // that is for the pause to say
	}
	f := fateOf(r.status)
	if f.unknown && !c.repeatable {
		said.after = after(r)
		e.Err = fmt.Errorf("%w: %w", ErrUnknown, said)
		return e, false
	}
	return e, f.again || f.unknown
}

// after is how long a refusal asks to wait; zero when it does not.
func after(r reply) time.Duration {
	if r.header.Get("Retry-After") == "" {
		return 0
	}
	return min(retryAfter(r.header, time.Now()), maxRest)
}

// broken is the failure of a call that was not answered, or not to the end.
func broken(c call, r reply, err error) (e *bot.Error, again bool) {
	e = &bot.Error{Code: bot.CodeUnavailable, Method: c.op, Reason: "no_reply", Err: unlinked(err)}
	switch {
	case !r.left:
		e.Reason = "not_reached"
		return e, true
	case r.status != 0:
		e.Reason = "bad_reply"
	case isTimeout(err):
		e.Reason = "timeout"
	}
	if !c.repeatable {
		e.Err = fmt.Errorf("%w: %w", ErrUnknown, e.Err)
	}
	return e, c.repeatable
}
