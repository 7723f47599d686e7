package config

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Subscription is something that is sent by the clock, set up by an operator. What people
// set up themselves in chat is not here.
type Subscription struct {
	// Name tells it from the others, and stays when the rest is changed.
	Name  string `yaml:"name"`
	Owner string `yaml:"owner"` // whom failures are told, as platform:user id
	// To are channels and people: "slack:C0123456", "teams:19:…", "web:marketing", and
	// people with an @ before their id: "slack:@U0123456".
	To []string `yaml:"to"`
	// When is as people write it in chat ("매주 월요일 9시", "every weekday at 8:30"), or five
	// fields of cron.
	When     string `yaml:"when"`
	Timezone string `yaml:"timezone"` // default: the deployment's
	Language string `yaml:"language"` // "ko", the default, or "en"
	// Calendar, Question or Report say what is sent; an alert is about a question. A report
	// is of the last whole "week" or "month".
	Calendar *SubscribedCalendar `yaml:"calendar"`
	Report   string              `yaml:"report"`
	Question string              `yaml:"question"`
	Analyst  string              `yaml:"analyst"`
	Alert    *SubscribedAlert    `yaml:"alert"`
	// Skip is "empty" or "unchanged"; without it everything is sent.
	Skip string `yaml:"skip"`
}

// SubscribedCalendar is the marketing calendar.
type SubscribedCalendar struct {
	Markets []string `yaml:"markets"` // default: the home market
	Weeks   int      `yaml:"weeks"`   // default 4
}

// SubscribedAlert is when to be told; one of them.
type SubscribedAlert struct {
	Above   *float64 `yaml:"above"`
	Below   *float64 `yaml:"below"`
	Change  *float64 `yaml:"change"` // percent
	Anomaly bool     `yaml:"anomaly"`
}

// conditions is how many the alert has.
func (a *SubscribedAlert) conditions() int {
	n := 0
	for _, has := range []bool{a.Above != nil, a.Below != nil, a.Change != nil, a.Anomaly} {
		if has {
			n++
		}
	}
	return n
}

// place is a channel or a person on a platform.
var place = regexp.MustCompile(`^(slack|teams|web):(@?)(\S.*)$`)

// Place takes an address apart: the platform, the id, and whether it is a person's.
func Place(text string) (platform, id string, person, ok bool) {
	m := place.FindStringSubmatch(text)
	if m == nil {
		return "", "", false, false
	}
	return m[1], m[3], m[2] != "", true
}

func (c *Config) validateSubscriptions(wrong func(path, format string, args ...any)) {
	seen := map[string]bool{}
	for i := range c.Subscriptions {
		s := &c.Subscriptions[i]
		at := fmt.Sprintf("$.subscriptions[%d]", i)
		switch {
		case s.Name == "":
			wrong(at, "the subscription has no name")
		case seen[s.Name]:
			wrong(at+".name", "there are two subscriptions called %s", s.Name)
		}
		seen[s.Name] = true
		c.validatePlaces(s, at, wrong)
		if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
			wrong(at+".timezone", "subscription %s: timezone %q is not an IANA name such as Asia/Seoul", s.Name, s.Timezone)
		}
		if s.Language != "" && s.Language != "ko" && s.Language != "en" {
			wrong(at+".language", "subscription %s: language %q is not known; there are ko and en", s.Name, s.Language)
		}
		if s.Skip != "" && s.Skip != "empty" && s.Skip != "unchanged" {
			wrong(at+".skip", "subscription %s: skip %q is not known; there are empty and unchanged", s.Name, s.Skip)
		}
		s.validateSubject(at, wrong)
	}
}

func (c *Config) validatePlaces(s *Subscription, at string, wrong func(path, format string, args ...any)) {
	there := map[string]bool{"web": !c.Web.Off, "slack": c.Slack != nil, "teams": c.Teams != nil}
	if platform, _, person, ok := Place(s.Owner); !ok || !person {
		wrong(at+".owner", "subscription %s: owner %q is not a person such as slack:@U0123456", s.Name, s.Owner)
	} else if !there[platform] {
		wrong(at+".owner", "subscription %s: there is no %s in this configuration", s.Name, platform)
	}
	if len(s.To) == 0 {
		wrong(at, "subscription %s goes nowhere: name channels or people with to", s.Name)
	}
	for j, to := range s.To {
		if platform, _, _, ok := Place(to); !ok {
			wrong(fmt.Sprintf("%s.to[%d]", at, j), "subscription %s: %q is neither a channel such as slack:C0123456 nor a person such as slack:@U0123456", s.Name, to)
		} else if !there[platform] {
			wrong(fmt.Sprintf("%s.to[%d]", at, j), "subscription %s: there is no %s in this configuration", s.Name, platform)
		}
	}
}

// subjects is how many things the subscription says are sent.
func (s *Subscription) subjects() int {
	n := 0
	for _, has := range []bool{s.Calendar != nil, strings.TrimSpace(s.Question) != "", s.Report != ""} {
		if has {
			n++
		}
	}
	return n
}

func (s *Subscription) validateSubject(at string, wrong func(path, format string, args ...any)) {
	switch {
	case strings.TrimSpace(s.When) == "":
		wrong(at, "subscription %s does not say when, such as 매주 월요일 9시 or 0 9 * * 1", s.Name)
	case s.subjects() == 0:
		wrong(at, "subscription %s says neither calendar nor question nor report", s.Name)
	case s.subjects() > 1:
		wrong(at, "subscription %s says more than one of calendar, question and report; keep one", s.Name)
	case s.Report != "" && s.Report != "week" && s.Report != "month":
		wrong(at+".report", "subscription %s: report %q is not known; there are week and month", s.Name, s.Report)
	case s.Calendar != nil && (s.Calendar.Weeks < 0 || s.Calendar.Weeks > 26):
		wrong(at+".calendar.weeks", "subscription %s: weeks %d are not 1 to 26", s.Name, s.Calendar.Weeks)
	case s.Alert != nil && s.Question == "":
		wrong(at+".alert", "subscription %s: an alert is about a question", s.Name)
	case s.Alert != nil && s.Alert.conditions() != 1:
		wrong(at+".alert", "subscription %s: an alert has one of above, below, change and anomaly", s.Name)
	}
}
