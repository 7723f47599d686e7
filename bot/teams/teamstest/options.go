package teamstest

import (
	"encoding/base64"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// The people, chats and channels that a server has without being told.
const (
	Minji    = "29:1minjiK3m-0001" // a member, ko-KR
	Alex     = "29:1alexTr8y-0002" // a member, en-US, in Toronto
	Guest    = "29:1guestPr7-0003" // a guest of the tenant, in Sales
	Outsider = "29:1outs1der-0004" // of another tenant
	Newcomer = "29:1newc0mer-0005" // a member with whom the bot is not installed

	Group   = "19:group0a1b2c3d4e5f@thread.v2"       // a group chat of Minji, Alex and the bot
	General = "19:general0a1b2c3d4@thread.tacv2"     // a channel, whose id is its team's too
	Sales   = "19:sales0a1b2c3d4e5f@thread.tacv2"    // a channel of the same team
	Team    = General                                // the team
	TeamAAD = "7ea00000-0000-4000-8000-00000000000a" // the group behind the team
)

// OtherTenant is the tenant of Outsider.
const OtherTenant = "07e40000-0000-4000-8000-00000000beef"

// Options say what the tenant and the app are. The zero value is a small company that
// has the app installed.
type Options struct {
	AppID    string
	Password string
	Tenant   string
	BotName  string

	People []Person // more people

	// MessagesURL is DeliverTo's argument, when it is known from the start.
	MessagesURL string

	// Clock is the time of everything. Nil means the clock on the wall.
	Clock standin.Clock
	// Scale makes rates, streams and retries pass so many times as fast; 0 means 1. What
	// the app must do in time (acknowledge) and how long tokens last stays as it is,
	// timestamps too, and Retry-After is told in seconds on the wall.
	Scale float64
	// AckWait is how long a delivery waits for its answer; 0 means 15 s.
	AckWait time.Duration
	// NoRates switches rate limits off, streams' among them.
	NoRates bool
	// TokenLife is how long a token of the login lasts; 0 means an hour.
	TokenLife time.Duration
	// Limit is the size of an activity in bytes of UTF-16; 0 means 100 KB. 28 KB is what
	// older clients and webhooks have.
	Limit int
	// Lenient accepts what Teams tolerates or ignores and no app should send: it only shows
	// in Complaints.
	Lenient bool
	// ByID finds members by their "29:" ids alone, as Microsoft's emulator of Teams does.
	ByID bool
	// NoGraph has Microsoft Graph refuse the app, as where no administrator has consented.
	NoGraph bool
	// Seed is of the chance in faults.
	Seed uint64
}

// Person is somebody who uses Teams.
type Person struct {
	ID     string // "29:…", differs from bot to bot
	Object string // aadObjectId
	Name   string
	UPN    string
	Email  string
	Given  string
	Family string
	Tenant string // another one makes the person a stranger
	Guest  bool
	Locale string // such as "ko-KR"
	Zone   string // such as "Asia/Seoul"
	Offset int    // of the zone, seconds

	Disabled bool // the directory has disabled the account

	// Absent means that the bot is not installed in the person's own chat.
	Absent bool
}

func defaultPeople(tenant string) []Person {
	const objects = "00000000-0000-4000-a000-00000000000"
	seoul := func(p Person) Person {
		p.Locale, p.Zone, p.Offset, p.Tenant = "ko-KR", "Asia/Seoul", 9*3600, tenant
		return p
	}
	return []Person{
		seoul(Person{ID: Minji, Object: objects + "1", Name: "김민지 (Minji Kim)", UPN: "Minji.Kim@example.com", Email: "minji.kim@example.com", Given: "민지", Family: "김"}),
		{
			ID: Alex, Object: objects + "2", Name: "Alex Tremblay", UPN: "alex@example.com", Email: "alex@example.com", Given: "Alex", Family: "Tremblay",
			Tenant: tenant, Locale: "en-US", Zone: "America/Toronto", Offset: -5 * 3600,
		},
		seoul(Person{ID: Guest, Object: objects + "3", Name: "Guest <손님> & Co (Guest)", UPN: "guest_partner.example#EXT#@example.onmicrosoft.com", Email: "guest@partner.example", Guest: true}),
		{
			ID: Outsider, Object: objects + "4", Name: "Erin Outsider", UPN: "erin@other.example", Email: "erin@other.example", Tenant: OtherTenant,
			Locale: "en-US", Zone: "Europe/Paris", Offset: 3600,
		},
		seoul(Person{ID: Newcomer, Object: objects + "5", Name: "새내기", UPN: "new@example.com", Email: "new@example.com", Absent: true}),
	}
}

// room is a conversation.
type room struct {
	id, kind, name string // kind is "personal", "groupChat" or "channel"
	tenant         string
	team           string // of a channel
	members        []string
	installed      bool
	blocked        bool
}

func (o Options) filled() Options {
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&o.AppID, "b0b5a000-1111-4222-8333-444455556666")
	set(&o.Password, "teams~test.secret_0123456789")
	set(&o.Tenant, "c0ffee00-2222-4333-8444-555566667777")
	set(&o.BotName, "Bapsang")
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.AckWait <= 0 {
		o.AckWait = 15 * time.Second
	}
	if o.TokenLife <= 0 {
		o.TokenLife = time.Hour
	}
	if o.Limit <= 0 {
		o.Limit = 100 << 10
	}
	return o
}

// Chat is the id of a person's own chat with the bot.
func Chat(person string) string {
	return "a:1" + base64.RawURLEncoding.EncodeToString([]byte("bapsang/"+person))
}
