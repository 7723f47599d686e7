package slacktest_test

import (
	"fmt"
	"testing"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

func TestTextIsAllThatCanBeRead(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	blocks := []any{
		obj{"type": "header", "text": plain(2)},
		obj{"type": "section", "text": obj{"type": "mrkdwn", "text": "*Revenue*"}, "fields": []any{obj{"type": "plain_text", "text": "a field"}}},
		withField(dataTable([]any{[]any{text("City")}, []any{obj{"type": "raw_number", "value": 12.5, "text": "₩12.5"}}}), "caption", "Cities"),
		withField(pie(1, 1, 7), "title", "Shares"),
		actions(withField(button(0), "text", obj{"type": "plain_text", "text": "Dig deeper"})),
	}
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "hidden", "blocks": blocks}); got["ok"] != true {
		t.Fatal(got)
	}
	want := "가가\n*Revenue*\na field\nCities\nCity\n₩12.5\nShares\n가 7\nDig deeper"
	if got := slacktest.Text(s.All(slacktest.Sales)[0]); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	post := func(extra obj) slacktest.Message {
		t.Helper()
		body := obj{"channel": slacktest.Sales}
		for k, v := range extra {
			body[k] = v
		}
		if got := call(t, s, "chat.postMessage", body); got["ok"] != true {
			t.Fatal(got)
		}
		all := s.All(slacktest.Sales)
		return all[len(all)-1]
	}
	m := post(obj{"text": "&lt;!channel&gt; is escaped", "unfurl_links": false, "unfurl_media": false, "blocks": []any{
		obj{"type": "section", "text": obj{"type": "plain_text", "text": "<!here> is plain"}}, obj{"type": "table", "rows": []any{[]any{text("<!here>")}}},
	}})
	if p, l := slacktest.Pings(m), slacktest.Links(m); len(p)+len(l) != 0 || m.Unfurls {
		t.Errorf("calls %q, leads to %q, unfurls %v", p, l, m.Unfurls)
	}
	m = post(obj{"text": "<@" + slacktest.Alex + ">", "blocks": []any{
		obj{"type": "section", "text": obj{"type": "mrkdwn", "text": "<!channel> <https://a.example|here> https://b.example/x"}},
		obj{"type": "markdown", "text": "[c](https://c.example)"},
		actions(withField(button(0), "url", "https://d.example")),
	}})
	if got := fmt.Sprint(slacktest.Pings(m)); got != "[<!channel> <@"+slacktest.Alex+">]" {
		t.Errorf("calls %s", got)
	}
	if got := fmt.Sprint(slacktest.Links(m)); got != "[https://a.example https://b.example/x https://c.example https://d.example]" || !m.Unfurls {
		t.Errorf("leads to %s, unfurls %v", got, m.Unfurls)
	}
}
