package orders

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
)

// What people say of what is sent to them already: "그만 보내", "unsubscribe", "언제 보내?".
// A whole message is read, or nothing: "구독 취소한 고객 수" is a question.
const (
	koThing = `(?:구독|알[림람]|발송|소식|다이제스트|정기\s*보고서?|보내(?:는|던|주는|주던)\s*(?:거|것|걸|건|게)|(?:오는|받는|받던)\s*(?:거|것|걸|건|게))(?:을|를|은|는|이|가|도)?`
	koFill  = `(?:(?:이제|앞으로는?|더\s*이상|더는|좀|잠깐|잠시|당분간|다시|그냥|이|그|내|제|이거|이것|이걸|이건|그거|여기|이\s*채널|나한테|나에게|저한테|저에게|매주|매일|매달|매월|격주|평일|아침|(?:[월화수목금토일]요일\s*)|\d{1,2}시)(?:에|로|은|는|도|마다|에서|까지)?\s*)*`
	koPlead = `\s*(?:싶(?:어요?|습니다)|하고\s*싶(?:어요?|습니다)|할\s*수\s*있(?:어요?|나요?)|할래요?|하자|해|해\s*줘요?|해\s*주세요|해\s*줄래요?|줘요?|주세요|줄래요?|주라|부탁해요?|어떻게\s*(?:해|하나요|하지|해요))?\s*[.!?~…]*`
	enPlead = `\s*(?:please|now|for now|thanks|thank you)?\s*[.!?]*`
	enThing = `(?:my |the |this |that |these |all |every |our |your )*(?:daily |weekly |monthly |marketing |morning )*(?:subscriptions?|digests?|alerts?|notifications?|reminders?|scheduled (?:messages?|reports?))`
)

// aims are what may be wanted of what is sent, and how it is said.
var aims = []struct {
	do string
	re *regexp.Regexp
}{
	{doPause, regexp.MustCompile(`^` + koFill + koThing + `\s*` + koFill + `(?:일시\s*정지|일시\s*중지|잠깐\s*멈춰|잠시\s*멈춰|쉬어|쉬게)` + koPlead + `$`)},
	{doEnd, regexp.MustCompile(`^` + koFill + koThing + `\s*` + koFill + `(?:그만(?:\s*(?:보내|받을?|둘?))?|취소|해지|해제|끊어|끊을|꺼|끄기|끄고|끊고|끌|멈춰|멈추기|중지|중단|정지|없애|지워|삭제|빼)` + koPlead + `$`)},
	{doEnd, regexp.MustCompile(`^` + koFill + `(?:` + koThing + `\s*)?` + koFill + `(?:그만\s*(?:보내|받을래|받고\s*싶)|보내지\s*(?:마|말아|않아도)|안\s*(?:보내도\s*(?:돼|되)|받을래|받고\s*싶))(?:요|어요?|세요|줘요?|습니다)?` + koPlead + `$`)},
	{doResume, regexp.MustCompile(`^` + koFill + koThing + `\s*` + koFill + `(?:다시\s*)?(?:켜|재개|시작|살려|보내기)` + koPlead + `$`)},
	{doEdit, regexp.MustCompile(`^` + koFill + koThing + `\s*(?:시간|시각|요일|주기|일정|설정|채널)?(?:을|를|은|는)?\s*(?:바꿔|바꾸고|바꿀|변경|수정|고쳐|설정|조정)` + koPlead + `(?:\s*싶어요?)?[.!?]*$`)},
	{doEdit, regexp.MustCompile(`^` + koFill + koThing + `\s*(?:설정|관리|방법|어떻게\s*(?:해|하나요|바꿔|꺼|끊어|취소해)요?)(?:\s*(?:보여|알려)\s*(?:줘|주세요)|을?\s*바꾸고\s*싶어요?)?\s*[.!?]*$`)},
	{"", regexp.MustCompile(`^` + koFill + `(?:다음(?:엔|에는|에|번엔)?\s*)?(?:` + koThing + `\s*)?` + koFill + `언제\s*(?:또\s*|다시\s*)?(?:보내|와|오|보낼)(?:\s*(?:줘|줄|주|지|나|거|것|야|예정|이야|니|요|세요|는))*\s*[.!?~]*$`)},
	{"", regexp.MustCompile(`^` + koFill + koThing + `\s*(?:목록|리스트|현황|내역|뭐\s*있(?:어|지|나)|언제(?:야|예요)?)(?:\s*(?:좀\s*)?(?:보여|알려)\s*(?:줘|주세요|줄래))?요?\s*[.!?]*$`)},
	{"", regexp.MustCompile(`^(?:내가|제가|나|난|저는?|여기(?:서|는)?|이\s*채널은?)?\s*(?:지금\s*)?(?:뭘|뭐|무엇을|어떤\s*걸)\s*(?:받고\s*있|구독(?:하고|중|\s*중)|보내고\s*있|보내\s*주고\s*있)[^.?!]{0,8}[.!?]*$`)},
	{doStart, regexp.MustCompile(`^(?:(?:나도|저도|좀|이거|이것도?|이\s*답(?:변)?을?)\s*)*(?:알[림람]을?|구독)\s*(?:줘|주세요|해\s*줘요?|해\s*주세요|할래요?|하고\s*싶(?:어요?|습니다)|신청|걸어\s*줘|설정해\s*줘)\s*[.!?]*$`)},

	{doPause, regexp.MustCompile(`(?i)^(?:please )?(?:pause|mute|snooze|hold) ` + enThing + enPlead + `$`)},
	{doEnd, regexp.MustCompile(`(?i)^(?:please )?(?:stop|cancel|end|delete|remove|turn off|disable|switch off|get rid of) ` + enThing + enPlead + `$`)},
	{doEnd, regexp.MustCompile(`(?i)^(?:please )?stop(?: (?:it|this|that|these))?` + enPlead + `$`)},
	{doEnd, regexp.MustCompile(`(?i)^(?:please )?stop (?:sending|posting|messaging|notifying|alerting|reminding)(?: (?:it|this|that|these|them|me|us|to|here|anymore|any more|every|each|day|week|monday|tuesday|wednesday|thursday|friday|the|my|daily|weekly|marketing|digests?|alerts?|messages?|notifications?|so often))*` + enPlead + `$`)},
	{doEnd, regexp.MustCompile(`(?i)^(?:please )?(?:do not|don't|dont|no need to) (?:send|post|notify|remind|alert)(?: (?:it|this|that|these|them|me|us|to|here|anymore|any more|again|the|digests?|alerts?))*` + enPlead + `$`)},
	{doEnd, regexp.MustCompile(`(?i)^(?:please )?(?:unsubscribe(?: (?:me|us))?(?:(?: from)? (?:this|that|it|everything|all|` + enThing + `))?|no more ` + enThing + `)` + enPlead + `$`)},
	{doResume, regexp.MustCompile(`(?i)^(?:please )?(?:resume|restart|unmute|turn on|enable|start) ` + enThing + enPlead + `$`)},
	{doEdit, regexp.MustCompile(`(?i)^(?:please |how (?:do|can) i |can i |i want to |i'd like to )?(?:change|edit|reschedule|move|adjust|manage|update|stop|cancel|pause) (?:the )?(?:time|settings|schedule|day)?(?: (?:of|for) )?` + enThing + enPlead + `$`)},
	{"", regexp.MustCompile(`(?i)^when (?:will|do|are|is) (?:you )?(?:going to )?(?:send|post|` + enThing + `)(?: (?:it|this|that|next|sent|due|again))*\s*[.!?]*$|^when (?:is|comes) (?:the )?next ` + enThing + `\s*[.!?]*$`)},
	{"", regexp.MustCompile(`(?i)^(?:what am i subscribed to|what (?:do|will) you send (?:me|us|here|to (?:me|us|this channel))|(?:please )?(?:list|show|show me|see|view) ` + enThing + `)\s*[.!?]*$`)},
	{doStart, regexp.MustCompile(`(?i)^(?:please )?(?:remind me|notify me|alert me|subscribe(?: me)?|subscribe (?:me )?to (?:this|that|it))\s*[.!?]*$`)},
}

// doStart: somebody wants something sent and says neither what nor when.
const doStart = "start"

// maxAbout bounds the text that is looked at, in bytes: nobody says so in more.
const maxAbout = 160

// named are the words after which an id stands.
var named = regexp.MustCompile(`(?i)^((?:please )?(?:turn off|switch off|turn on|\w+))\b ?`)

var namedID = regexp.MustCompile(`(?i)\bd-[2-9a-z]{8}\b`)

// aboutIn reads what a text wants of what is sent already: one of the dos, empty for how
// it stands, and of which subscription, where it names one.
func aboutIn(text string) (do, id string, ok bool) {
	if len(text) > maxAbout {
		return "", "", false
	}
	if id = strings.ToLower(namedID.FindString(text)); id != "" {
		text = strings.ReplaceAll(namedID.ReplaceAllString(text, ""), "`", "")
		text = strings.Join(strings.Fields(text), " ")
		if thing := "구독"; !isASCII(text) && !strings.Contains(text, thing) {
			text = thing + " " + text
		} else if thing = "subscription"; isASCII(text) && !strings.Contains(strings.ToLower(text), "subscri") {
			text = named.ReplaceAllString(text, "$1 "+thing+" ")
		}
	}
	text = strings.Join(strings.Fields(weekdayShort.ReplaceAllString(text, "${1}요일")), " ")
	for _, a := range aims {
		if a.re.MatchString(text) {
			return a.do, id, true
		}
	}
	return "", "", false
}

var weekdayShort = regexp.MustCompile(`([월화수목금토일])욜`)

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 127 }) < 0
}

// manage answers what is said of what is sent already. One that is named is changed; else
// the buttons are shown by which to do it, for nothing is stopped on a guess.
func (t *Taker) manage(ctx context.Context, do, id string, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	if do == doStart {
		if o.About.Text != "" {
			return &desk.Reply{Text: w.sendWhen}, nil
		}
		return &desk.Reply{Text: w.sendWhat}, nil
	}
	if id != "" {
		return t.named(ctx, do, id, o, by, w)
	}
	mine, err := t.cfg.Service.Mine(ctx, by)
	if err != nil {
		return nil, err
	}
	if do == doEnd || do == doPause || do == doResume {
		mine = slices.DeleteFunc(mine, func(s *digest.Subscription) bool {
			return do == doPause && s.State != digest.Active || do == doResume && s.State == digest.Active
		})
	}
	reply, err := t.list(ctx, by, w)
	if err != nil || do == "" || do == doEdit || len(reply.Sections) == 0 {
		return reply, err
	}
	reply.Buttons = nil
	for _, sub := range mine[:min(len(mine), maxButtons)] {
		b := bot.Button{Action: bot.ActionSubscription, Label: w.dos[do] + " · " + clip(sub.Name(), maxFormTitle), Value: sub.ID + sep + do}
		reply.Buttons = append(reply.Buttons, distinct(b, sub, reply.Buttons))
	}
	reply.Text = w.which[do]
	if len(reply.Buttons) == 0 {
		reply.Text = w.nothingTo[do]
	}
	return reply, nil
}

// named does what was said of one subscription.
func (t *Taker) named(ctx context.Context, do, id string, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	if do == doEdit {
		do = "" // the buttons below how it stands change it
	}
	o.Action = &bot.Action{Name: bot.ActionSubscription, Value: fmt.Sprint(id, sep, do)}
	return t.press(ctx, o, by, w)
}
