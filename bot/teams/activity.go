package teams

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot/teams/connector"
)

// activity is what Teams tells, with what is needed of its parts.
type activity struct {
	connector.Activity
	data     channelData
	entities []entity
}

// channelData is Teams' own part of an activity.
type channelData struct {
	Tenant  named  `json:"tenant"`
	Team    named  `json:"team"`
	Channel named  `json:"channel"`
	TeamID  string `json:"teamsTeamId"`
	// Event is what happened to a message or team: "editMessage", "channelRenamed" …
	Event string `json:"eventType"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (d *channelData) team() string { return firstOf(d.Team.ID, d.TeamID) }

// entity is something that a text or its sender has.
type entity struct {
	Type      string            `json:"type"`
	Text      string            `json:"text"`
	Mentioned connector.Account `json:"mentioned"`
	Locale    string            `json:"locale"` // of "clientInfo"
}

// newActivity reads the parts of an activity. What cannot be read is left out.
func newActivity(a connector.Activity) *activity {
	out := &activity{Activity: a}
	_ = json.Unmarshal(a.ChannelData, &out.data)
	for _, raw := range a.Entities {
		var e entity
		_ = json.Unmarshal(raw, &e)
		if e.Type != "" {
			out.entities = append(out.entities, e)
		}
	}
	for _, p := range []**connector.Account{&out.From, &out.Recipient} {
		if *p == nil {
			*p = &connector.Account{}
		}
	}
	if out.Conversation == nil {
		out.Conversation = &connector.Conversation{}
	}
	return out
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// tenant is in whose Teams it happens. Somebody of another tenant in a channel that
// companies share has their own in the channel data.
func (a *activity) tenant() string { return firstOf(a.Conversation.Tenant, a.data.Tenant.ID) }

// place is the conversation without a thread.
func (a *activity) place() string {
	id, _, _ := strings.Cut(a.Conversation.ID, threadMark)
	return id
}

// post is the post of a channel that it is below; empty elsewhere.
func (a *activity) post() string {
	_, id, _ := strings.Cut(a.Conversation.ID, threadMark)
	return id
}

func (a *activity) kind() string {
	switch a.Conversation.Type {
	case kindPersonal, kindGroup, kindChannel:
		return a.Conversation.Type
	}
	return kindOf(a.place())
}

// named is what the conversation is called, where that is told.
func (a *activity) named() string {
	if a.kind() == kindChannel {
		return a.data.Channel.Name
	}
	return a.Conversation.Name
}

// human tells whether a person did it.
func (a *activity) human() bool {
	return a.From.ID != "" && !strings.HasPrefix(a.From.ID, "28:") && a.From.ID != a.Recipient.ID && a.From.Role != "bot"
}

// who is the id of who did it: the object id, which some outside the tenant have not.
func (a *activity) who() string { return personID(*a.From) }

func personID(p connector.Account) string {
	if p.AADObject != "" {
		return strings.ToLower(p.AADObject)
	}
	return p.ID
}

// says tells whether something new was said or pressed.
func (a *activity) says() bool { return a.Type == "message" && a.human() }

// removes tells whether it takes us out of where it happens.
func (a *activity) removes() bool {
	if a.Type == "installationUpdate" {
		return strings.HasPrefix(a.Action, "remove")
	}
	return a.Type == "conversationUpdate" && a.concernsUs(a.MembersRemoved)
}

// adds tells whether it brings us there.
func (a *activity) adds() bool {
	if a.Type == "installationUpdate" {
		return strings.HasPrefix(a.Action, "add")
	}
	return a.Type == "conversationUpdate" && a.concernsUs(a.MembersAdded)
}

func (a *activity) concernsUs(members []connector.Account) bool {
	for _, m := range members {
		if m.ID != "" && m.ID == a.Recipient.ID {
			return true
		}
	}
	return false
}

// locale is the language of who did it, as their Teams says.
func (a *activity) locale() string {
	if a.Locale != "" {
		return a.Locale
	}
	for _, e := range a.entities {
		if e.Type == "clientInfo" && e.Locale != "" {
			return e.Locale
		}
	}
	return ""
}

// at is when it happened.
func (a *activity) at(now time.Time) time.Time {
	if at := a.At(); !at.IsZero() {
		return at
	}
	return now
}
