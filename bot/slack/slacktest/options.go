package slacktest

import (
	"slices"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// The people and channels that a server has without being told.
const (
	Minji    = "U0MINJI0001" // a member, ko-KR
	Alex     = "U0ALEX00002" // a member, en-US, in Toronto
	Guest    = "U0GUEST0003" // a guest of several channels
	Single   = "U0SINGLE004" // a guest of one channel
	External = "U0EXTERN005" // of another company, in Shared
	Robot    = "U0ROBOT0006" // another app's bot
	Gone     = "U0GONE00007" // deactivated

	General  = "C0GENERAL01"
	Sales    = "C0SALES0002"
	Private  = "C0PRIVATE03"
	Archived = "C0ARCHIVE04"
	Closed   = "C0CLOSED005" // public, the bot is not in it
	Shared   = "C0SHARED006" // with another company
)

// OtherTeam is the workspace of External.
const OtherTeam = "T0OTHER0002"

// Options say what the workspace and the app are. The zero value is a small company
// with all that the app asks for.
type Options struct {
	BotToken      string // "xoxb-…"
	AppToken      string // "xapp-…", for Socket Mode
	SigningSecret string
	Scopes        []string // granted to the bot token; nil means DefaultScopes
	Events        []string // subscribed to; nil means DefaultEvents

	Team       string // "T…"
	Enterprise string // "E…" of an Enterprise Grid; empty when none
	App        string // "A…"
	BotUser    string // "U…"
	BotID      string // "B…"
	BotName    string

	Users    []User    // more people
	Channels []Channel // more channels

	// SocketMode sends events over the WebSockets that the app opens; without it they
	// go where DeliverTo says.
	SocketMode bool
	// EventsURL is DeliverTo's argument, when it is known from the start.
	EventsURL string
	// Sockets is how many WebSockets the app may have open; 0 means 10.
	Sockets int

	// Clock is the time of everything. Nil means the clock on the wall.
	Clock standin.Clock
	// Scale makes rates, streams, files, statuses and retries pass so many times as
	// fast; 0 means 1. What a caller must do in time (acknowledge in 3 s, use a trigger
	// in 3 s) stays as it is, timestamps too, and Retry-After is told in seconds on the
	// wall.
	Scale float64
	// AckWait is how long a delivery waits for its acknowledgement, and how long a trigger
	// can be used; 0 means 3 s.
	AckWait time.Duration
	// NoRates switches rate limits off.
	NoRates bool
	// Without are features that the workspace does not have.
	Without []Feature
	// FileTime is how long a file is processed; FilePolls is how often files.info must
	// be asked until it is. Whichever comes first; both zero mean 1 s.
	FileTime  time.Duration
	FilePolls int
	// Seed is of the chance in faults.
	Seed uint64
}

// Feature is something that not every workspace has.
type Feature string

// The features that can be missing.
const (
	Charts     Feature = "data_visualization"
	DataTables Feature = "data_table"
	Tables     Feature = "table"
	Streaming  Feature = "streaming"
	Agents     Feature = "agents" // agents.sessions.*
)

// User is a person, or a bot.
type User struct {
	ID, Name, RealName string
	Email              string
	Locale             string // such as "ko-KR"
	TZ                 string // such as "Asia/Seoul"
	TZOffset           int    // seconds
	Team               string // another one makes the user a stranger
	Enterprise         string // "W…"-style ids are users of a Grid
	Admin              bool
	Restricted         bool // a guest
	UltraRestricted    bool // a guest of one channel
	Bot                bool
	Deleted            bool
}

// Channel is a conversation.
type Channel struct {
	ID, Name string
	Private  bool
	Archived bool
	Shared   bool     // with OtherTeam
	With     string   // the user of a direct message
	Members  []string // user ids; the bot's own among them when it is in
	Topic    string
}

// DefaultScopes are the scopes that the app's manifest asks for.
func DefaultScopes() []string {
	return []string{
		"app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "commands", "files:read",
		"files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write", "mpim:history", "reactions:write",
		"users:read", "users:read.email",
	}
}

// DefaultEvents are the events that the app's manifest subscribes to.
func DefaultEvents() []string {
	return []string{
		"agent_session_stopped", "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_context_changed",
		"assistant_thread_started", "channel_archive", "channel_left", "group_left", "member_left_channel", "message.channels",
		"message.groups", "message.im", "message.mpim", "tokens_revoked",
	}
}

func defaultUsers(team string) []User {
	seoul := func(u User) User { u.TZ, u.TZOffset, u.Locale, u.Team = "Asia/Seoul", 9*3600, "ko-KR", team; return u }
	return []User{
		seoul(User{ID: Minji, Name: "minji", RealName: "김민지", Email: "Minji.Kim@example.com"}),
		{
			ID: Alex, Name: "alex", RealName: "Alex Tremblay", Email: "alex@example.com", Team: team, Admin: true,
			TZ: "America/Toronto", TZOffset: -5 * 3600, Locale: "en-US",
		},
		seoul(User{ID: Guest, Name: "guest", RealName: "Guest", Email: "guest@partner.example", Restricted: true}),
		seoul(User{ID: Single, Name: "single", RealName: "Single", Email: "single@partner.example", Restricted: true, UltraRestricted: true}),
		{ID: External, Name: "ext", RealName: "Erin External", Email: "erin@other.example", Team: OtherTeam, TZ: "Europe/Paris", TZOffset: 3600},
		seoul(User{ID: Robot, Name: "robot", RealName: "Robot", Bot: true}),
		seoul(User{ID: Gone, Name: "gone", RealName: "Gone", Email: "gone@example.com", Deleted: true}),
	}
}

func defaultChannels(bot string) []Channel {
	all := []string{Minji, Alex, Guest, bot}
	return []Channel{
		{ID: General, Name: "general", Members: all},
		{ID: Sales, Name: "sales-매출", Members: append(slices.Clone(all), Single, Robot)},
		{ID: Private, Name: "private", Private: true, Members: []string{Minji, bot}},
		{ID: Archived, Name: "archived", Archived: true, Members: all},
		{ID: Closed, Name: "closed", Members: []string{Minji, Alex}},
		{ID: Shared, Name: "shared", Shared: true, Members: append(slices.Clone(all), External)},
	}
}

func (o Options) filled() Options {
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&o.BotToken, "xoxb-0000000001-0000000002-slacktestslacktestslackte")
	set(&o.AppToken, "xapp-1-A0BAPSANG01-0000000003-slacktest")
	set(&o.SigningSecret, "8f742231b10e8888abcd99yyyzzz85a5")
	set(&o.Team, "T0COMPANY01")
	set(&o.App, "A0BAPSANG01")
	set(&o.BotUser, "U0BAPSANG00")
	set(&o.BotID, "B0BAPSANG01")
	set(&o.BotName, "bapsang")
	if o.Scopes == nil {
		o.Scopes = DefaultScopes()
	}
	if o.Events == nil {
		o.Events = DefaultEvents()
	}
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.AckWait <= 0 {
		o.AckWait = 3 * time.Second
	}
	if o.Sockets <= 0 {
		o.Sockets = 10
	}
	if o.FileTime == 0 && o.FilePolls == 0 {
		o.FileTime = time.Second
	}
	return o
}
