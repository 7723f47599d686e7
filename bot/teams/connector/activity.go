package connector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// What an activity may hold. Teams' own are smaller by far.
const (
	MaxActivity = 256 << 10
	maxDepth    = 64
)

// Activity is what happens in a conversation, or what we say there:
// https://github.com/microsoft/botframework-sdk/blob/main/specs/botframework-activity/botframework-activity.md.
// What is left empty is not sent. Times are kept as they were written.
type Activity struct {
	Type           string `json:"type,omitempty"`
	ID             string `json:"id,omitempty"`
	Timestamp      string `json:"timestamp,omitempty"`
	LocalTimestamp string `json:"localTimestamp,omitempty"` // of who wrote it, with the zone's offset
	LocalTimezone  string `json:"localTimezone,omitempty"`  // such as "Asia/Seoul"
	Expiration     string `json:"expiration,omitempty"`
	ServiceURL     string `json:"serviceUrl,omitempty"`
	ChannelID      string `json:"channelId,omitempty"`

	From         *Account      `json:"from,omitempty"`
	Recipient    *Account      `json:"recipient,omitempty"`
	Conversation *Conversation `json:"conversation,omitempty"`
	ReplyToID    string        `json:"replyToId,omitempty"`

	Locale       string `json:"locale,omitempty"`
	Text         string `json:"text,omitempty"`
	TextFormat   string `json:"textFormat,omitempty"` // "plain", "markdown" or "xml"
	Speak        string `json:"speak,omitempty"`
	Summary      string `json:"summary,omitempty"` // shown in notifications
	InputHint    string `json:"inputHint,omitempty"`
	Importance   string `json:"importance,omitempty"`
	DeliveryMode string `json:"deliveryMode,omitempty"`

	Attachments      []Attachment      `json:"attachments,omitempty"`
	AttachmentLayout string            `json:"attachmentLayout,omitempty"`
	SuggestedActions *SuggestedActions `json:"suggestedActions,omitempty"`
	Entities         []json.RawMessage `json:"entities,omitempty"`
	ChannelData      json.RawMessage   `json:"channelData,omitempty"`

	Name           string          `json:"name,omitempty"` // of an invoke or event
	Value          json.RawMessage `json:"value,omitempty"`
	ValueType      string          `json:"valueType,omitempty"`
	Action         string          `json:"action,omitempty"` // of an installation: "add" or "remove"
	Label          string          `json:"label,omitempty"`
	Code           string          `json:"code,omitempty"`
	RelatesTo      json.RawMessage `json:"relatesTo,omitempty"`
	SemanticAction json.RawMessage `json:"semanticAction,omitempty"`

	MembersAdded     []Account  `json:"membersAdded,omitempty"`
	MembersRemoved   []Account  `json:"membersRemoved,omitempty"`
	ReactionsAdded   []Reaction `json:"reactionsAdded,omitempty"`
	ReactionsRemoved []Reaction `json:"reactionsRemoved,omitempty"`
	TopicName        string     `json:"topicName,omitempty"`
	HistoryDisclosed bool       `json:"historyDisclosed,omitempty"`
}

// Account is a person or an app in a conversation.
type Account struct {
	ID        string `json:"id,omitempty"` // "29:…" of a person, "28:…" of an app
	Name      string `json:"name,omitempty"`
	AADObject string `json:"aadObjectId,omitempty"`
	Role      string `json:"role,omitempty"` // "user" or "bot"
}

// Conversation is where an activity happens.
type Conversation struct {
	// ID is also the thread's in a channel: "19:…@thread.tacv2;messageid=…".
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	Type    string `json:"conversationType,omitempty"` // "personal", "groupChat" or "channel"
	Tenant  string `json:"tenantId,omitempty"`
	IsGroup bool   `json:"isGroup,omitempty"`
}

// Attachment is a card or a file.
type Attachment struct {
	ContentType  string          `json:"contentType,omitempty"`
	ContentURL   string          `json:"contentUrl,omitempty"`
	Content      json.RawMessage `json:"content,omitempty"`
	Name         string          `json:"name,omitempty"`
	ThumbnailURL string          `json:"thumbnailUrl,omitempty"`
}

// SuggestedActions are prompts shown below a message.
type SuggestedActions struct {
	To      []string     `json:"to,omitempty"`
	Actions []CardAction `json:"actions,omitempty"`
}

// CardAction is one of them.
type CardAction struct {
	Type  string          `json:"type,omitempty"` // "imBack": its value is said by who presses it
	Title string          `json:"title,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// Reaction is what somebody put on a message.
type Reaction struct {
	Type string `json:"type,omitempty"` // "like", "heart", …
}

var (
	errNoObject = errors.New("activity is no object")
	errTooDeep  = errors.New("activity is nested too deep")
	errTooLong  = errors.New("activity is too long")
)

// ParseActivity reads an activity. What has another type than it should is left out, what
// is not known too: one odd field must not lose what somebody said.
func ParseActivity(raw []byte) (Activity, error) {
	if len(raw) > MaxActivity {
		return Activity{}, errTooLong
	}
	if body := bytes.TrimLeft(raw, " \t\r\n"); len(body) == 0 || body[0] != '{' {
		return Activity{}, errNoObject
	}
	if depth(raw) > maxDepth {
		return Activity{}, errTooDeep
	}
	var a Activity
	err := json.Unmarshal(raw, &a)
	if odd := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &odd) {
		return Activity{}, fmt.Errorf("activity: %w", err)
	}
	a.tidy()
	return a, nil
}

// depth is how deep the brackets of a JSON text stand inside one another.
func depth(raw []byte) int {
	deepest, now := 0, 0
	quoted := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}', c == ']':
			now--
		}
	}
	return deepest
}

// tidy leaves out what says nothing.
func (a *Activity) tidy() {
	for _, raw := range []*json.RawMessage{&a.ChannelData, &a.Value, &a.RelatesTo, &a.SemanticAction} {
		if string(*raw) == "null" {
			*raw = nil
		}
	}
	var entities []json.RawMessage
	for _, e := range a.Entities {
		if len(e) > 0 && string(e) != "null" {
			entities = append(entities, e)
		}
	}
	a.Entities = entities
}

// At is when it happened; zero when it does not say.
func (a Activity) At() time.Time {
	t, err := time.Parse(time.RFC3339, a.Timestamp)
	if err != nil {
		return time.Time{}
	}
	return t
}

// encode writes an activity as it is sent.
func (a Activity) encode() ([]byte, error) {
	if s := a.SuggestedActions; s != nil && len(s.Actions) == 0 {
		a.SuggestedActions = nil
	}
	for _, account := range []**Account{&a.From, &a.Recipient} {
		if *account != nil && **account == (Account{}) {
			*account = nil
		}
	}
	if a.Conversation != nil && *a.Conversation == (Conversation{}) {
		a.Conversation = nil
	}
	return encode(a)
}

// encode writes JSON without making three letters of each "<", as Teams counts them all.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
