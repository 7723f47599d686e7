package config

import (
	"fmt"
	"time"
)

// Changes is who is told when something that analysts rely on is gone from their tables or is
// not as it was, besides the owners of the analysts and of the sources.
type Changes struct {
	// To are channels and people, as in Subscription.To.
	To []string `yaml:"to"`
	// After is how long nothing more must have changed before it is told, such as "2m", the
	// default.
	After string `yaml:"after"`
	// Language is "ko", the default, or "en".
	Language string `yaml:"language"`
}

// changesAfter is the default of Changes.After.
const changesAfter = 2 * time.Minute

// Wait is After as a duration.
func (c Changes) Wait() time.Duration {
	d, err := time.ParseDuration(c.After)
	if err != nil || d <= 0 {
		return changesAfter
	}
	return d
}

func (c *Config) validateChanges(wrong func(path, format string, args ...any)) {
	there := map[string]bool{"web": !c.Web.Off, "slack": c.Slack != nil, "teams": c.Teams != nil}
	for i, to := range c.Changes.To {
		at := fmt.Sprintf("$.changes.to[%d]", i)
		if platform, _, _, ok := Place(to); !ok {
			wrong(at, "%q is neither a channel such as slack:C0123456 nor a person such as slack:@U0123456", to)
		} else if !there[platform] {
			wrong(at, "there is no %s in this configuration", platform)
		}
	}
	if after := c.Changes.After; after != "" {
		if d, err := time.ParseDuration(after); err != nil || d <= 0 {
			wrong("$.changes.after", "after %q is not a time such as 2m", after)
		}
	}
	if l := c.Changes.Language; l != "" && l != "ko" && l != "en" {
		wrong("$.changes.language", "language %q is not known; there are ko and en", l)
	}
}
