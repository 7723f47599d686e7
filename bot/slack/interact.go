package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// What somebody pressed is decoded here, and only what is needed of it: the message
// around a button may hold blocks that slack-go does not know.

// interaction is something that somebody did with what we showed, or with a shortcut.
type interaction struct {
	Type        string `json:"type"`
	CallbackID  string `json:"callback_id"`
	Trigger     string `json:"trigger_id"` // opens a view for 3 s
	ResponseURL string `json:"response_url"`
	ActionTS    string `json:"action_ts"` // of a shortcut
	User        struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"user"`
	Team struct {
		ID         string `json:"id"`
		Enterprise string `json:"enterprise_id"`
	} `json:"team"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	Install bool `json:"is_enterprise_install"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Channel   string `json:"channel_id"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
		Ephemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Message message `json:"message"`
	View    struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		CallbackID string `json:"callback_id"`
		Metadata   string `json:"private_metadata"`
		Blocks     []struct {
			Type     string `json:"type"`
			BlockID  string `json:"block_id"`
			Optional bool   `json:"optional"`
		} `json:"blocks"`
		State struct {
			Values map[string]map[string]input `json:"values"`
		} `json:"state"`
	} `json:"view"`
	Actions []pressed `json:"actions"`
}

// pressed is a button or a choice.
type pressed struct {
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	ActionTS string `json:"action_ts"`
	Value    string `json:"value"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// input is what somebody filled in.
type input struct {
	Value        string   `json:"value"`
	Conversation string   `json:"selected_conversation"`
	Date         string   `json:"selected_date"`
	Time         string   `json:"selected_time"`
	Users        []string `json:"selected_users"`
	Option       option   `json:"selected_option"`
	Options      []option `json:"selected_options"`
}

// option is one that somebody chose.
type option struct {
	Value string `json:"value"`
}

// view is what somebody filled in, as blocks reads it.
func (in *interaction) view() slack.View {
	v := slack.View{CallbackID: in.View.CallbackID, PrivateMetadata: in.View.Metadata, State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{}}}
	for _, b := range in.View.Blocks {
		if b.Type == string(slack.MBTInput) {
			v.Blocks.BlockSet = append(v.Blocks.BlockSet, &slack.InputBlock{Type: slack.MBTInput, BlockID: b.BlockID, Optional: b.Optional})
		}
	}
	for block, inputs := range in.View.State.Values {
		v.State.Values[block] = map[string]slack.BlockAction{}
		for name, x := range inputs {
			a := slack.BlockAction{Value: x.Value, SelectedConversation: x.Conversation, SelectedDate: x.Date, SelectedTime: x.Time, SelectedUsers: x.Users}
			a.SelectedOption.Value = x.Option.Value
			for _, o := range x.Options {
				a.SelectedOptions = append(a.SelectedOptions, slack.OptionBlockObject{Value: o.Value})
			}
			v.State.Values[block][name] = a
		}
	}
	return v
}

// takeInteraction handles what somebody did. Slack does not repeat interactions over
// HTTP, so one that the handler did not take is told to who did it.
func (s *Slack) takeInteraction(ctx context.Context, h bot.Handler, payload []byte) (reply any, err error) {
	var in interaction
	if err := decode(payload, &in); err != nil {
		return nil, err
	}
	if in.User.ID == "" {
		return nil, fmt.Errorf("%w: an interaction of nobody", errUnreadable)
	}
	d := s.deedOf(&in)
	switch in.Type {
	case "block_actions":
		for _, a := range in.Actions {
			s.press(ctx, h, d, a)
		}
	case "view_submission":
		return s.submit(ctx, h, d), nil
	case "message_action":
		s.analyse(ctx, h, d)
	case "shortcut":
		if s.first(ctx, "w:"+d.user.ID+":"+d.Trigger) {
			s.open(d, blocks.AskModal(d.lang(), d.metadata(bot.Action{}, d.lang())))
		}
	default: // view_closed and what we never asked for
		s.in.ignored.Add(1)
	}
	return nil, nil
}

// deed is an interaction, and where and by whom it was done.
type deed struct {
	*interaction
	us   identity
	user bot.User
	// thread is the one that the message is in; for a view, a new one with the person.
	thread bot.Thread
}

func (s *Slack) deedOf(in *interaction) *deed {
	team, enterprise := in.Team.ID, in.Enterprise.ID
	if enterprise == "" {
		enterprise = in.Team.Enterprise
	}
	d := &deed{interaction: in, us: s.interacting(team, enterprise, in.Install), user: s.user(in.User.ID, in.User.Name)}
	channel := in.Channel.ID
	if channel == "" {
		channel = in.Container.Channel
	}
	if channel == "" {
		d.thread = bot.Direct(Platform, d.us.workspace, in.User.ID)
		return d
	}
	d.thread = d.us.thread(channel, firstOf(in.Message.ThreadTS, in.Container.ThreadTS), "")
	switch {
	case in.Container.Ephemeral:
		d.thread.Only = in.User.ID // no thread can be begun below what one person sees
	case d.thread.ID == "":
		d.thread.ID = firstOf(in.Message.TS, in.Container.MessageTS)
	}
	return d
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (d *deed) lang() string { return languageOf(d.user.Locale) }

// press does what a button says.
func (s *Slack) press(ctx context.Context, h bot.Handler, d *deed, a pressed) {
	done, ok := blocks.ParseAction(a.ActionID, firstOf(a.Value, a.Selected.Value))
	if !ok {
		// Links, and choices within a view, have no value of ours: these are for Slack.
		if firstOf(a.Value, a.Selected.Value) != "" {
			s.tell(d, sentencesFor(d.lang()).unknown)
		}
		s.in.ignored.Add(1)
		return
	}
	id := "a:" + d.thread.Channel + ":" + firstOf(d.message(), d.View.ID) + ":" + d.user.ID + ":" + a.ActionID + ":" + a.ActionTS
	lang := firstOf(done.Language, d.lang())
	var show func()
	switch {
	case done.Name == bot.ActionSQL:
		show = func() { s.showSQL(d, done.Question, lang) }
	case done.Name == bot.ActionCSV:
		show = func() { s.sendCSV(d, done.Action, lang) }
	case done.Name == bot.ActionShare:
		show = func() { s.open(d, blocks.ShareModal(lang, d.metadata(done.Action, lang))) }
	case done.Form != nil:
		show = func() { s.openForm(d, done, lang) }
	case done.Prompt != "":
		show = func() { s.open(d, blocks.PromptModal(done.Prompt, lang, d.metadata(done.Action, lang))) }
	default:
		if err := s.act(ctx, h, d, id, done.Action, lang); err != nil {
			s.tell(d, sentencesFor(lang).notTaken)
		}
		return
	}
	if s.first(ctx, id) {
		show()
	}
}

// first tells whether something comes for the first time.
func (s *Slack) first(ctx context.Context, id string) bool {
	repeated, _ := s.in.once.do(ctx, id, func() error { return nil })
	return !repeated
}

// act hands on an action. Of a verdict nothing is seen, so its sender is thanked.
func (s *Slack) act(ctx context.Context, h bot.Handler, d *deed, id string, action bot.Action, lang string) error {
	err := s.hand(ctx, h, bot.Event{
		ID: id, Kind: bot.EventAction, Thread: d.thread, Message: d.message(), User: d.user, Action: &action, At: s.cfg.Now(),
	})
	if err != nil {
		s.notTaken(ctx, err)
		return err
	}
	switch action.Name {
	case bot.ActionGood, bot.ActionBad, bot.ActionWrong:
		s.tell(d, sentencesFor(lang).thanks)
	}
	return nil
}

func (s *Slack) notTaken(ctx context.Context, err error) {
	s.in.failed.Add(1)
	s.log.ErrorContext(ctx, "slack: an interaction was not taken", "error", err)
}

// analyse makes a question of a message that somebody pointed at.
func (s *Slack) analyse(ctx context.Context, h bot.Handler, d *deed) {
	ts := d.Message.TS
	if d.CallbackID != "analyse" || ts == "" {
		s.in.ignored.Add(1)
		return
	}
	ev := bot.Event{
		ID: "s:" + d.thread.Channel + ":" + ts + ":" + d.user.ID + ":" + firstOf(d.ActionTS, d.Trigger), Kind: bot.EventMessage,
		Thread: d.thread, Message: ts, User: d.user, Text: readable(&d.Message, d.us.bot, s.people.nameOf), Addressed: true,
		Files: filesOf(&d.Message), At: s.cfg.Now(),
	}
	if err := s.hand(ctx, h, ev); err != nil {
		s.notTaken(ctx, err)
		s.tell(d, sentencesFor(d.lang()).notTaken)
	}
}

// origin is where a view was opened and for what. It travels in the view's metadata,
// which only we can set.
type origin struct {
	Thread   bot.Thread `json:"t"`
	Message  string     `json:"m,omitempty"`
	Action   bot.Action `json:"a"`
	Language string     `json:"n"`
}

func (d *deed) metadata(action bot.Action, lang string) string {
	data, err := json.Marshal(origin{Thread: d.thread, Message: d.message(), Action: action, Language: lang})
	if err != nil {
		return "" // texts and booleans marshal
	}
	return string(data)
}

// message is the one that a button is on; empty for a view's.
func (d *deed) message() string { return firstOf(d.Message.TS, d.Container.MessageTS) }

// admits tells whether what lies behind an answer is for somebody, and tells them when
// it is not. In a channel that companies share, others see our answers.
func (s *Slack) admits(ctx context.Context, d *deed, lang string) (bool, error) {
	if s.cfg.Admit == nil {
		return true, nil
	}
	who, err := s.Person(ctx, d.thread, d.user)
	switch {
	case err != nil:
		s.tell(d, sentencesFor(lang).notTaken)
		return false, err
	case !s.cfg.Admit(who):
		s.tell(d, sentencesFor(lang).notForYou)
		return false, nil
	}
	return true, nil
}

// showSQL shows the statements behind an answer.
func (s *Slack) showSQL(d *deed, question, lang string) {
	s.after("SQL not shown", s.limits.view, func(ctx context.Context) error {
		if s.cfg.SQL == nil {
			s.tell(d, sentencesFor(lang).unknown)
			return nil
		}
		if ok, err := s.admits(ctx, d, lang); !ok {
			return err
		}
		statements, err := s.cfg.SQL(ctx, question)
		if err == nil {
			err = s.openNow(ctx, d, blocks.SQLModal(statements, lang))
		}
		if err != nil {
			s.tell(d, sentencesFor(lang).noSQL)
		}
		return err
	})
}

const (
	// sendWithin is how long making a file and bringing it to Slack may take.
	sendWithin = 3 * time.Minute
	// maxCSV bounds a file in our memory.
	maxCSV = 128 << 20
)

// sendCSV puts a result's rows into the thread, as a file: Slack lets an app offer no
// download. What only one person saw goes to that person alone.
func (s *Slack) sendCSV(d *deed, action bot.Action, lang string) {
	s.after("CSV not sent", sendWithin, func(ctx context.Context) error {
		if s.cfg.CSV == nil {
			s.tell(d, sentencesFor(lang).unknown)
			return nil
		}
		if ok, err := s.admits(ctx, d, lang); !ok {
			return err
		}
		var rows limited
		err := s.cfg.CSV(ctx, action.Question, action.Value, &rows)
		if err == nil {
			err = s.sendFile(ctx, d, client.File{Name: fileName(action.Value), Data: rows.Bytes()})
		}
		if err != nil {
			s.tell(d, sentencesFor(lang).noCSV)
		}
		return err
	})
}

// sendFile brings a file to the thread, or to the person where the thread is not for it.
func (s *Slack) sendFile(ctx context.Context, d *deed, f client.File) error {
	if d.thread.Only == "" {
		f.Channel, f.Thread = d.thread.Channel, d.thread.ID
		_, err := s.client.Upload(ctx, f)
		if err == nil || client.KindOf(err) != client.KindPlace {
			return err
		}
	}
	err := s.client.Call(ctx, client.Method{Name: "conversations.open", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		dm, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{d.user.ID}})
		if err == nil {
			f.Channel, f.Thread = dm.ID, ""
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.client.Upload(ctx, f)
	return err
}

// fileName is a file's name for a result's.
func fileName(result string) string {
	result = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' || r == '_' {
			return r
		}
		return -1
	}, result)
	return "bapsang-" + firstOf(result, "result") + ".csv"
}

// limited is a buffer of at most maxCSV bytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxCSV {
		return 0, errors.New("more than a file in Slack should hold")
	}
	return l.Buffer.Write(p)
}

// viewWithin is how long opening a view may take. The trigger lives 3 s from the press.
const viewWithin = 3 * time.Second

// open shows a view. The acknowledgement does not wait for it.
func (s *Slack) open(d *deed, view slack.ModalViewRequest) {
	s.after("view not opened", s.limits.view, func(ctx context.Context) error {
		err := s.openNow(ctx, d, view)
		if err != nil {
			s.tell(d, sentencesFor(d.lang()).notTaken)
		}
		return err
	})
}

func (s *Slack) openNow(ctx context.Context, d *deed, view slack.ModalViewRequest) error {
	return s.client.Call(ctx, client.Method{Name: "views.open"}, func(ctx context.Context, api *slack.Client) error {
		_, err := api.OpenViewContext(ctx, d.Trigger, view)
		return err
	})
}

// tellWithin is how long telling somebody something may take.
const tellWithin = 20 * time.Second

// tell tells the one who did something a sentence that nobody else sees. The address
// that came with the interaction works where we are no member, too.
func (s *Slack) tell(d *deed, text string) {
	s.after("sentence not shown", tellWithin, func(ctx context.Context) error {
		if d.ResponseURL != "" {
			err := s.respond(ctx, d.ResponseURL, d.thread.ID, ephemeral(text))
			if err == nil {
				return nil
			}
			s.log.InfoContext(ctx, "slack: response address failed", "error", err)
		}
		if d.thread.Direct && d.thread.ID == "" {
			return s.client.Call(ctx, client.Method{Name: "chat.postMessage", Channel: d.thread.Channel}, func(ctx context.Context, api *slack.Client) error {
				_, _, err := api.PostMessageContext(ctx, d.thread.Channel, slack.MsgOptionText(text, true))
				return err
			})
		}
		m := client.Method{Name: "chat.postEphemeral", Channel: d.thread.Channel}
		return s.client.Call(ctx, m, func(ctx context.Context, api *slack.Client) error {
			options := []slack.MsgOption{slack.MsgOptionText(text, true)}
			if d.thread.ID != "" {
				options = append(options, slack.MsgOptionTS(d.thread.ID))
			}
			_, err := api.PostEphemeralContext(ctx, d.thread.Channel, d.user.ID, options...)
			return err
		})
	})
}

// respond posts a reply to the address that came with an interaction.
func (s *Slack) respond(ctx context.Context, address, thread string, reply map[string]any) error {
	u, err := url.Parse(address)
	if err != nil || !s.trusts(u) {
		return errors.New("not an address of Slack's")
	}
	reply["replace_original"] = false
	if thread != "" {
		reply["thread_ts"] = thread
	}
	body, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("not an address")
	}
	req.Header.Set("Content-Type", "application/json")
	hc := s.cfg.HTTPClient
	if hc == nil {
		hc = http.DefaultClient
	}
	resp, err := hc.Do(req)
	if err != nil {
		if link := (*url.Error)(nil); errors.As(err, &link) {
			err = link.Err // the address is a secret
		}
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return errors.New(strings.ToLower(resp.Status))
	}
	return nil
}
