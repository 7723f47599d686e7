package cli_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// TestLinksInAChatLeadToThePage has the calendar sent to a channel of a company whose page
// stands behind a proxy.
func TestLinksInAChatLeadToThePage(t *testing.T) {
	t.Parallel()
	const line = "public_url: https://bapsang.example.com/\nsubscriptions:\n  - {name: calendar, owner: \"slack:@" + slacktest.Minji + "\", to: [\"slack:" + slacktest.Sales + "\"], when: 매주 월요일 9시, calendar: {}}\n"
	w := inSlackAt(t, beforeNine, slacktest.Options{NoRates: true}, line)
	w.lists(slacktest.Minji, "what was set up", "09:00")
	w.later(afterNine)
	w.until("the issue", func() bool { return len(w.sent(slacktest.Sales)) == 1 })
	if sent := w.sent(slacktest.Sales)[0]; !strings.Contains(string(sent.Raw), "https://bapsang.example.com/calendar") {
		t.Errorf("no link in %s", sent.Raw)
	}
}
