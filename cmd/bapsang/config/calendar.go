package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Calendar is the marketing calendar: who keeps it, and who reads it. docs/calendar.md
// says how it is kept.
type Calendar struct {
	// Curators are those who confirm dates, by their address (kim@acme.example) or, where a
	// platform tells none, by the platform and their id there (slack:U0123). web:* are all
	// who open the chat page, which is on this machine only.
	Curators []string `yaml:"curators"`
	// Channel is where they are shown what was suggested, as platform:id (slack:C0123).
	Channel string `yaml:"channel"`
	// Markets are those that are looked at, the home market first; empty means KR.
	Markets []string `yaml:"markets"`
	// EventsDir is a folder of the company's own events, relative to the configuration.
	EventsDir string `yaml:"events_dir"`
	// Feeds are the calendar for the calendar programs of teams.
	Feeds []CalendarFeed `yaml:"feeds"`
}

// CalendarFeed is the calendar as a team subscribes to it, under /calendar/TOKEN.ics.
type CalendarFeed struct {
	Name      string   `yaml:"name"`
	Token     string   `yaml:"token"`
	TokenFile string   `yaml:"token_file"` // read instead of token
	Markets   []string `yaml:"markets"`    // empty means those of the calendar
	Classes   []string `yaml:"classes"`    // empty means all
	Language  string   `yaml:"language"`   // "ko", the default, or "en"
}

// Place is the curators' channel in its two parts, empty where there is none.
func (c *Calendar) Place() (platform, channel string) {
	platform, channel, _ = strings.Cut(c.Channel, ":")
	return platform, channel
}

// calendarClasses are the classes that events have.
var calendarClasses = []string{"public_holiday", "shopping", "observance", "season", "announced", "caution"}

var (
	marketName = regexp.MustCompile(`^([A-Z]{2}|world)$`)
	// What stands in an address must not need escaping there.
	feedToken = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)
)

func (c *Config) validateCalendar(wrong func(path, format string, args ...any)) {
	cal := &c.Calendar
	for i, who := range cal.Curators {
		at := fmt.Sprintf("$.calendar.curators[%d]", i)
		switch {
		case strings.TrimSpace(who) == "" || strings.ContainsAny(who, " \t\n"):
			wrong(at, "curator %q: write an address such as kim@acme.example, or platform and id such as slack:U0123", who)
		case !strings.ContainsAny(who, "@:"):
			wrong(at, "curator %q: write an address such as kim@acme.example, or platform and id such as slack:U0123", who)
		case strings.EqualFold(who, "system"):
			wrong(at, "curator %q is the program itself, which confirms nothing", who)
		}
	}
	c.validateCalendarChannel(wrong)
	validMarkets("$.calendar.markets", "calendar", cal.Markets, wrong)
	if cal.EventsDir != "" {
		if info, err := os.Stat(c.Path(cal.EventsDir)); err != nil {
			wrong("$.calendar.events_dir", "events_dir: %v", err)
		} else if !info.IsDir() {
			wrong("$.calendar.events_dir", "events_dir %s is no folder", cal.EventsDir)
		}
	}
	c.validateFeeds(wrong)
}

func (c *Config) validateCalendarChannel(wrong func(path, format string, args ...any)) {
	cal := &c.Calendar
	if cal.Channel == "" {
		return
	}
	platform, channel := cal.Place()
	configured := map[string]bool{"web": !c.Web.Off, "slack": c.Slack != nil, "teams": c.Teams != nil}
	on, known := configured[platform]
	switch {
	case channel == "" || !known:
		wrong("$.calendar.channel", "channel %q: write platform and id, such as slack:C0123, teams:19:…@thread.tacv2 or web:marketing", cal.Channel)
	case !on:
		wrong("$.calendar.channel", "channel %q is of %s, which is not configured", cal.Channel, platform)
	case platform == "slack" && strings.HasPrefix(channel, "#"):
		wrong("$.calendar.channel", "channel %q: Slack's channels are named by their id (C…), which stays when a channel is renamed; it is at the end of the channel's details", cal.Channel)
	case len(cal.Curators) == 0:
		wrong("$.calendar.channel", "there is a channel for curators, and nobody in curators who may decide there")
	}
}

func validMarkets(at, whose string, markets []string, wrong func(path, format string, args ...any)) {
	for i, m := range markets {
		if !marketName.MatchString(m) {
			wrong(fmt.Sprintf("%s[%d]", at, i), "%s: market %q is neither a country's two letters, such as KR, nor world", whose, m)
		} else if slices.Contains(markets[:i], m) {
			wrong(fmt.Sprintf("%s[%d]", at, i), "%s: market %s is there twice", whose, m)
		}
	}
}

func (c *Config) validateFeeds(wrong func(path, format string, args ...any)) {
	tokens := map[string]string{}
	for i := range c.Calendar.Feeds {
		f := &c.Calendar.Feeds[i]
		at := fmt.Sprintf("$.calendar.feeds[%d]", i)
		if f.Name == "" {
			wrong(at, "the feed has no name; calendar programs show it")
			continue
		}
		if f.TokenFile != "" && f.Token == "" {
			data, err := os.ReadFile(rooted(filepath.Dir(c.file), f.TokenFile))
			if err != nil {
				wrong(at+".token_file", "feed %s: token_file: %v", f.Name, err)
				continue
			}
			f.Token = strings.TrimSpace(string(data))
		} else if f.TokenFile != "" {
			wrong(at, "feed %s has both token and token_file; keep one", f.Name)
			continue
		}
		switch {
		case f.Token == "":
			wrong(at, "feed %s has no token: whoever has the address with it may read the feed", f.Name)
		case !feedToken.MatchString(f.Token):
			wrong(at, "feed %s: a token has 16 to 128 letters, digits, - and _, for it stands in an address", f.Name)
		case tokens[f.Token] != "":
			wrong(at, "feeds %s and %s have the same token", tokens[f.Token], f.Name)
		}
		tokens[f.Token] = f.Name
		validMarkets(at+".markets", "feed "+f.Name, f.Markets, wrong)
		for j, class := range f.Classes {
			if !slices.Contains(calendarClasses, class) {
				wrong(fmt.Sprintf("%s.classes[%d]", at, j), "feed %s: class %q is not known; there are %s", f.Name, class, strings.Join(calendarClasses, ", "))
			}
		}
		if f.Language != "" && f.Language != "ko" && f.Language != "en" {
			wrong(at+".language", "feed %s: language %q is not known; there are ko and en", f.Name, f.Language)
		}
	}
}
