package digest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bapsang/bapsang/store"
)

// decide says why an occurrence is not sent to d's group; empty when it is. It is decided
// once for all of the group, whoever asks first, and what is asked for by hand always is
// sent.
func (s *Service) decide(tx store.Tx, sub *Subscription, o *Occurrence, d *Delivery, i *issue) (Reason, error) {
	if o.Origin != ByClock {
		return "", nil
	}
	if why, ok := o.Decided[d.Group]; ok {
		return why, nil
	}
	m, err := loadMemory(tx, sub.ID, d.Group)
	if err != nil {
		return "", err
	}
	why := sub.skips(i.Content, m)
	if o.Decided == nil {
		o.Decided = map[string]Reason{}
	}
	o.Decided[d.Group] = why
	if why == "" || sub.Alert == nil {
		return why, nil
	}
	// That the condition does not hold any more is known now. That it came to hold counts
	// once somebody was told.
	m.Holds = why == ReasonStillHolds
	if why == ReasonNoValue {
		return why, nil
	}
	if why == ReasonBaseline {
		m.Value = i.Content.Value
	}
	return why, save(tx, kindMemory, memoryKey(sub.ID, d.Group), m)
}

// skips applies the subscription's rules to a content.
func (s *Subscription) skips(c *Content, m *memory) Reason {
	if s.Alert != nil {
		return s.Alert.skips(c, m)
	}
	switch {
	case s.Skip == SkipEmpty && c.Empty:
		return ReasonEmpty
	case s.Skip == SkipUnchanged && m.Fingerprint != "" && c.fingerprint() == m.Fingerprint:
		return ReasonUnchanged
	}
	return ""
}

// skips says why the alert is not sent.
func (a *Alert) skips(c *Content, m *memory) Reason {
	if a.Kind != AlertAnomaly && (c.Value == nil || math.IsNaN(*c.Value)) {
		return ReasonNoValue
	}
	if a.Kind == AlertChange && m.Value == nil {
		return ReasonBaseline
	}
	switch holds := a.holds(c, m); {
	case !holds:
		return ReasonQuiet
	case a.Kind != AlertChange && m.Holds:
		return ReasonStillHolds
	}
	return ""
}

// holds reports whether the condition does. The change is in percent of the value that
// was sent last; from zero, any change is enough.
func (a *Alert) holds(c *Content, m *memory) bool {
	if a.Kind == AlertAnomaly {
		return c.Anomaly
	}
	if c.Value == nil {
		return false
	}
	v := *c.Value
	switch a.Kind {
	case AlertAbove:
		return v >= a.Threshold
	case AlertBelow:
		return v <= a.Threshold
	case AlertChange:
		if m.Value == nil {
			return false
		}
		if *m.Value == 0 {
			return v != 0
		}
		return math.Abs(v-*m.Value)/math.Abs(*m.Value)*100 >= a.Threshold
	}
	return false
}

// remember keeps what a group was sent, for the next issue.
func (s *Service) remember(tx store.Tx, o *Occurrence, d *Delivery) error {
	if o.Origin == AsTest {
		return nil
	}
	m, err := loadMemory(tx, o.Subscription, d.Group)
	if err != nil || o.Due.Before(m.Due) || m.Issue == d.Issue {
		return err
	}
	i, err := load[issue](tx, kindIssue, d.Issue)
	if err != nil || i.Content == nil {
		return err
	}
	sub, err := loadSubscription(tx, o.Subscription)
	if err != nil {
		return err
	}
	fresh := memory{Issue: d.Issue, Due: o.Due, Fingerprint: i.Content.fingerprint(), Value: i.Content.Value}
	if sub.Alert != nil {
		fresh.Holds = sub.Alert.holds(i.Content, m)
	}
	return save(tx, kindMemory, memoryKey(sub.ID, d.Group), fresh)
}

// dueText is a time as people of a language write it, with the place whose time it is.
func dueText(t time.Time, language string) string {
	if language == "ko" {
		return fmt.Sprintf("%d월 %d일 %s", t.Month(), t.Day(), t.Format("15:04"))
	}
	return t.Format("2 January 15:04")
}

// plain takes what would be markup out of something people wrote.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("*`\n\r", r) {
			return ' '
		}
		return r
	}, text)
}
