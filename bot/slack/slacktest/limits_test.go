package slacktest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

type obj = map[string]any

// call calls a method with a JSON body.
func call(t *testing.T, s *slacktest.Server, method string, body obj) obj {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+method, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+s.BotToken())
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return obj{"error": err.Error()}
	}
	defer func() { _ = resp.Body.Close() }()
	out := obj{"status": resp.StatusCode, "retry-after": resp.Header.Get("Retry-After")}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		out["error"] = err.Error()
	}
	return out
}

// put posts a body and returns the answer.
func put(t *testing.T, address any, kind, body string) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprint(address), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

func letters(n int) string { return strings.Repeat("가", n) }

func plain(n int) obj  { return obj{"type": "plain_text", "text": letters(n)} }
func mrkdwn(n int) obj { return obj{"type": "mrkdwn", "text": letters(n)} }

// many is n values.
func many(n int, one func(i int) any) []any {
	out := []any{}
	for i := range n {
		out = append(out, one(i))
	}
	return out
}

func button(i int) obj {
	return obj{"type": "button", "text": plain(1), "action_id": fmt.Sprint("a", i), "value": "v"}
}

func section(extra obj) obj {
	o := obj{"type": "section", "text": plain(1)}
	for k, v := range extra {
		o[k] = v
	}
	return o
}

func actions(elements ...any) obj { return obj{"type": "actions", "elements": elements} }

func withField(o obj, name string, v any) obj { o[name] = v; return o }

func text(s string) obj { return obj{"type": "raw_text", "text": s} }

func grid(rows, columns int) []any {
	return many(rows, func(int) any { return many(columns, func(int) any { return text("x") }) })
}

func dataTable(rows []any) obj { return obj{"type": "data_table", "caption": "c", "rows": rows} }

func pie(segments int, label int, value float64) obj {
	return obj{"type": "data_visualization", "title": "t", "chart": obj{"type": "pie", "segments": many(segments, func(int) any {
		return obj{"label": letters(label), "value": value}
	})}}
}

func bars(series, points int) obj {
	return obj{"type": "data_visualization", "title": "t", "chart": obj{
		"type": "bar", "axis_config": obj{"categories": many(points, func(i int) any { return fmt.Sprint("c", i) })},
		"series": many(series, func(i int) any {
			return obj{"name": fmt.Sprint("s", i), "data": many(points, func(i int) any { return obj{"label": fmt.Sprint("c", i), "value": -1.5} })}
		}),
	}}
}

// TestMessageLimits holds each limit of a message: legal at it, refused one over.
func TestMessageLimits(t *testing.T) {
	t.Parallel()
	one := func(b obj) []any { return []any{b} }
	for _, c := range []struct {
		name   string
		limit  int
		blocks func(n int) []any
		says   string
		code   string // invalid_blocks unless it says
	}{
		{name: "blocks", limit: 50, blocks: func(n int) []any { return many(n, func(int) any { return obj{"type": "divider"} }) }, says: "no more than 50 items allowed [json-pointer:/blocks]"},
		{name: "section", limit: 3000, blocks: func(n int) []any { return one(obj{"type": "section", "text": mrkdwn(n)}) }, says: "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{name: "fields", limit: 10, blocks: func(n int) []any {
			return one(obj{"type": "section", "fields": many(n, func(int) any { return mrkdwn(1) })})
		}, says: "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
		{name: "field", limit: 2000, blocks: func(n int) []any { return one(obj{"type": "section", "fields": []any{mrkdwn(n)}}) }, says: "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"},
		{name: "header", limit: 150, blocks: func(n int) []any { return one(obj{"type": "header", "text": plain(n)}) }, says: "must be less than 151 characters"},
		{name: "context", limit: 10, blocks: func(n int) []any {
			return one(obj{"type": "context", "elements": many(n, func(int) any { return mrkdwn(1) })})
		}, says: "no more than 10 items allowed [json-pointer:/blocks/0/elements]"},
		{name: "actions", limit: 25, blocks: func(n int) []any {
			return one(actions(many(n, func(i int) any { return button(i) })...))
		}, says: "no more than 25 items allowed"},
		{name: "button text", limit: 75, blocks: func(n int) []any { return one(actions(withField(button(0), "text", plain(n)))) }, says: "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"},
		{name: "button value", limit: 2000, blocks: func(n int) []any { return one(actions(withField(button(0), "value", letters(n)))) }, says: "must be less than 2001 characters"},
		{name: "action_id", limit: 255, blocks: func(n int) []any { return one(actions(withField(button(0), "action_id", letters(n)))) }, says: "must be less than 256 characters"},
		{name: "block_id", limit: 255, blocks: func(n int) []any { return one(section(obj{"block_id": letters(n)})) }, says: "must be less than 256 characters"},
		{name: "alt text", limit: 2000, blocks: func(n int) []any {
			return one(obj{"type": "image", "image_url": "https://x.example/a.png", "alt_text": letters(n)})
		}, says: "must be less than 2001 characters"},
		{name: "options", limit: 100, blocks: func(n int) []any {
			return one(actions(obj{"type": "static_select", "action_id": "a", "options": many(n, func(i int) any { return obj{"text": plain(75), "value": fmt.Sprint(i)} })}))
		}, says: "no more than 100 items allowed"},
		{name: "overflow", limit: 5, blocks: func(n int) []any {
			return one(actions(obj{"type": "overflow", "action_id": "a", "options": many(n, func(i int) any { return obj{"text": plain(1), "value": fmt.Sprint(i)} })}))
		}, says: "no more than 5 items allowed"},
		{name: "option value", limit: 150, blocks: func(n int) []any {
			return one(actions(obj{"type": "static_select", "action_id": "a", "options": []any{obj{"text": plain(1), "value": letters(n)}}}))
		}, says: "must be less than 151 characters"},
		{name: "context_actions", limit: 5, blocks: func(n int) []any {
			return one(obj{"type": "context_actions", "elements": many(n, func(i int) any {
				return obj{"type": "icon_button", "icon": "trash", "text": plain(1), "action_id": fmt.Sprint(i)}
			})})
		}, says: "no more than 5 items allowed"},
		{name: "markdown", limit: 12000, blocks: func(n int) []any {
			return []any{obj{"type": "markdown", "text": letters(n / 2)}, obj{"type": "markdown", "text": letters(n - n/2)}}
		}, code: "msg_blocks_too_long"},
		{name: "all text", limit: 13200, blocks: func(n int) []any {
			return append(many(n/3000, func(int) any { return obj{"type": "section", "text": mrkdwn(3000)} }), obj{"type": "section", "text": mrkdwn(n % 3000)})
		}, code: "msg_blocks_too_long"},
		{name: "all text, escaped", limit: 2640, blocks: func(n int) []any { return one(obj{"type": "markdown", "text": strings.Repeat("&", n)}) }, code: "msg_blocks_too_long"},
		{name: "all text, with headings", limit: 30, blocks: func(n int) []any {
			return one(obj{"type": "markdown", "text": letters(10079) + "\n" + strings.Repeat("# h\n", n)})
		}, code: "msg_blocks_too_long"},
		{name: "rendered", limit: 50, blocks: func(n int) []any { return one(obj{"type": "markdown", "text": strings.Repeat("# h\n", n)}) }, code: "msg_blocks_too_long"},
		{name: "table rows", limit: 100, blocks: func(n int) []any { return one(obj{"type": "table", "rows": grid(n, 2)}) }, says: "no more than 100 items allowed"},
		{name: "table columns", limit: 20, blocks: func(n int) []any { return one(obj{"type": "table", "rows": grid(1, n)}) }, says: "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"},
		{name: "column settings", limit: 20, blocks: func(n int) []any {
			return one(obj{"type": "table", "rows": grid(1, 20), "column_settings": many(n, func(int) any { return obj{"align": "right"} })})
		}, says: "no more than 20 items allowed"},
		{name: "tables", limit: 1, blocks: func(n int) []any { return many(n, func(int) any { return dataTable(grid(2, 2)) }) }, code: "invalid_attachments", says: "only_one_table_allowed"},
		{name: "markdown tables", limit: 1, blocks: func(n int) []any {
			return one(obj{"type": "markdown", "text": strings.Repeat("| a | b |\n|---|---|\n| 1 | 2 |\n\nx\n\n", n)})
		}, code: "invalid_attachments"},
		{name: "data table rows", limit: 101, blocks: func(n int) []any { return one(dataTable(grid(n, 2))) }, says: "no more than 101 items allowed"},
		{name: "data table columns", limit: 20, blocks: func(n int) []any { return one(dataTable(grid(2, n))) }, says: "no more than 20 items allowed"},
		{name: "data table text", limit: 10000, blocks: func(n int) []any {
			return one(dataTable([]any{[]any{text("h")}, []any{text(letters(n - 1))}}))
		}, says: "must be less than 10001 characters"},
		{name: "page size", limit: 100, blocks: func(n int) []any { return one(withField(dataTable(grid(2, 2)), "page_size", n)) }, says: "must be an integer from 1 to 100"},
		{name: "row header", limit: 1, blocks: func(n int) []any { return one(withField(dataTable(grid(2, 2)), "row_header_column_index", n)) }, says: "must be an integer from 0 to 1"},
		{name: "chart title", limit: 50, blocks: func(n int) []any { return one(withField(pie(1, 1, 1), "title", letters(n))) }, says: "must be less than 51 characters"},
		{name: "segments", limit: 6, blocks: func(n int) []any { return one(pie(n, 1, 1)) }, says: "no more than 6 items allowed"},
		{name: "segment label", limit: 20, blocks: func(n int) []any { return one(pie(1, n, 1)) }, says: "must be less than 21 characters"},
		{name: "series", limit: 6, blocks: func(n int) []any { return one(bars(n, 2)) }, says: "no more than 6 items allowed"},
		{name: "points", limit: 20, blocks: func(n int) []any { return one(bars(1, n)) }, says: "no more than 20 items allowed"},
		{name: "charts", limit: 2, blocks: func(n int) []any { return many(n, func(int) any { return pie(1, 1, 1) }) }, says: "too many data_visualization blocks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := slacktest.Start(t, slacktest.Options{})
			if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": c.blocks(c.limit)}); got["ok"] != true {
				t.Errorf("at the limit: %v", got)
			}
			wrong(t, call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": c.blocks(c.limit + 1)}), c.code, c.says)
			if shown := len(s.Messages(slacktest.Sales, "")); shown != 1 {
				t.Errorf("%d messages", shown)
			}
		})
	}
}

// wrong checks that an answer is a refusal which says something.
func wrong(t *testing.T, got obj, code, says string) {
	t.Helper()
	if code == "" {
		code = "invalid_blocks"
	}
	metadata, _ := got["response_metadata"].(obj)
	messages := fmt.Sprint(metadata["messages"])
	if got["error"] != code || !strings.Contains(messages, says) {
		t.Errorf("got %v %s, want %s: %s", got["error"], messages, code, says)
	}
}

// TestMessageForms holds what is wrong whatever its size.
func TestMessageForms(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{NoRates: true})
	for _, c := range []struct {
		name, says string
		block      any
	}{
		{"unknown block", "unsupported type: rocket [json-pointer:/blocks/0/type]", obj{"type": "rocket"}},
		{"no type", "missing required field: type", obj{}},
		{"not an object", "must provide an object [json-pointer:/blocks/0]", "x"},
		{"alert", "unsupported type: alert", obj{"type": "alert", "text": mrkdwn(1)}},
		{"card", "unsupported type: card", obj{"type": "card"}},
		{"carousel", "unsupported type: carousel", obj{"type": "carousel", "elements": []any{obj{}}}},
		{"unknown element", "unsupported type: slider", actions(obj{"type": "slider", "action_id": "a"})},
		{"feedback in actions", "unsupported type: feedback_buttons", actions(obj{"type": "feedback_buttons", "action_id": "a"})},
		{"button in context", "unsupported type: button", obj{"type": "context", "elements": []any{button(0)}}},
		{"extra field", "invalid additional property: colour [json-pointer:/blocks/0]", section(obj{"colour": "red"})},
		{"extra field of a button", "invalid additional property: colour", actions(withField(button(0), "colour", "red"))},
		{"empty text", "must be more than 0 characters [json-pointer:/blocks/0/text/text]", obj{"type": "section", "text": plain(0)}},
		{"text as string", "must provide an object [json-pointer:/blocks/0/text]", obj{"type": "section", "text": "x"}},
		{"mrkdwn header", "unsupported type: mrkdwn", obj{"type": "header", "text": mrkdwn(1)}},
		{"mrkdwn button", "unsupported type: mrkdwn", actions(withField(button(0), "text", mrkdwn(1)))},
		{"style", "must be a valid enum value", actions(withField(button(0), "style", "blue"))},
		{"action twice", "`action_id` \"a0\" already exists [json-pointer:/blocks/0/elements/1/action_id]", actions(button(0), button(0))},
		{"no elements", "must provide at least 1 items", obj{"type": "actions", "elements": []any{}}},
		{"image without text", "missing required field: alt_text", obj{"type": "image", "image_url": "https://x.example/a.png"}},
		{"image without source", "must provide either", obj{"type": "image", "alt_text": "x"}},
		{"image of two sources", "must provide either", obj{"type": "image", "alt_text": "x", "image_url": "https://x.example", "slack_file": obj{"id": "F0AAAAAAAAA"}}},
		{"image url", "invalid URL", obj{"type": "image", "alt_text": "x", "image_url": "a.png"}},
		{"file id", "input must match regex pattern: ^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]", obj{"type": "image", "alt_text": "x", "slack_file": obj{"id": "f1"}}},
		{"file that is not there", "invalid slack file", obj{"type": "image", "alt_text": "x", "slack_file": obj{"id": "F0AAAAAAAAA"}}},
		{"number in a table", "unsupported type: raw_number", obj{"type": "table", "rows": []any{[]any{obj{"type": "raw_number", "value": 1}}}}},
		{"empty cell", "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]", obj{"type": "table", "rows": []any{[]any{text("")}}}},
		{"data table of one row", "must provide at least 2 items", dataTable(grid(1, 1))},
		{"data table without caption", "missing required field: caption", obj{"type": "data_table", "rows": grid(2, 1)}},
		{"number as header", "unsupported type: raw_number [json-pointer:/blocks/0/rows/0/0/type]", dataTable([]any{[]any{obj{"type": "raw_number", "value": 1}}, []any{text("x")}})},
		{"ragged", "must provide 2 items [json-pointer:/blocks/0/rows/1]", dataTable([]any{[]any{text("a"), text("b")}, []any{text("x")}})},
		{"cell without value", "missing required field: value [json-pointer:/blocks/0/rows/1/0]", dataTable([]any{[]any{text("a")}, []any{obj{"type": "raw_number"}}})},
		{"pie of nothing", "must be greater than 0", pie(1, 1, 0)},
		{"scatter", "unsupported type: scatter", obj{"type": "data_visualization", "title": "t", "chart": obj{"type": "scatter"}}},
		{"chart without title", "missing required field: title", obj{"type": "data_visualization", "chart": obj{"type": "pie", "segments": []any{obj{"label": "a", "value": 1}}}}},
		{"missing point", "must provide a data point for every category", obj{"type": "data_visualization", "title": "t", "chart": obj{
			"type": "line", "axis_config": obj{"categories": []any{"a", "b"}}, "series": []any{obj{"name": "s", "data": []any{obj{"label": "a", "value": 1}}}},
		}}},
		{"stray point", "must be one of the categories, once", obj{"type": "data_visualization", "title": "t", "chart": obj{
			"type": "line", "axis_config": obj{"categories": []any{"a"}}, "series": []any{obj{"name": "s", "data": []any{obj{"label": "b", "value": 1}}}},
		}}},
		{"task without id", "missing required field: task_id", obj{"type": "task_card", "title": "x"}},
		{"plan without title", "missing required field: title", obj{"type": "plan"}},
		{"rich text", "unsupported type: banner", obj{"type": "rich_text", "elements": []any{obj{"type": "banner"}}}},
		{"input without label", "missing required field: label", obj{"type": "input", "element": obj{"type": "plain_text_input", "action_id": "a"}}},
		{"initial option", "must be one of the provided options", actions(obj{
			"type": "static_select", "action_id": "a", "options": []any{obj{"text": plain(1), "value": "1"}}, "initial_option": obj{"text": plain(1), "value": "2"},
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrong(t, call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": []any{c.block}}), "", c.says)
		})
	}
	if n := len(s.All(slacktest.Sales)); n != 0 {
		t.Errorf("%d messages", n)
	}
	both := []any{section(obj{"block_id": "b"}), section(obj{"block_id": "b"})}
	wrong(t, call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "blocks": both}), "", "`block_id` \"b\" already exists")
	for code, body := range map[string]obj{
		"no_text":                 {"channel": slacktest.Sales},
		"invalid_blocks_format":   {"channel": slacktest.Sales, "blocks": "{"},
		"markdown_text_conflict":  {"channel": slacktest.Sales, "text": "x", "markdown_text": "y"},
		"invalid_metadata_format": {"channel": slacktest.Sales, "text": "x", "metadata": "{"},
		"invalid_metadata_schema": {"channel": slacktest.Sales, "text": "x", "metadata": obj{"event_type": "a"}},
		"metadata_too_large":      {"channel": slacktest.Sales, "text": "x", "metadata": obj{"event_type": "a", "event_payload": obj{"k": letters(8000)}}},
		"invalid_thread_ts":       {"channel": slacktest.Sales, "text": "x", "thread_ts": "now"},
		"channel_not_found":       {"channel": "C0NOWHERE00", "text": "x"},
		"is_archived":             {"channel": slacktest.Archived, "text": "x"},
		"not_in_channel":          {"channel": slacktest.Closed, "text": "x"},
		"missing_scope":           {"channel": slacktest.Sales, "text": "x", "username": "boss"},
	} {
		if got := call(t, s, "chat.postMessage", body); got["error"] != code {
			t.Errorf("got %v, want %s", got, code)
		}
	}
	got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": letters(40001)})
	if m := s.Messages(slacktest.Sales, "")[0]; got["warning"] != "message_truncated" || len([]rune(m.Text)) != 40000 {
		t.Errorf("a text of 40001: %v, %d kept", got["warning"], len([]rune(m.Text)))
	}
	if got := call(t, s, "chat.update", obj{"channel": slacktest.Sales, "ts": got["ts"], "text": letters(4001)}); got["error"] != "msg_too_long" {
		t.Errorf("update to 4001: %v", got)
	}
	if got := call(t, s, "chat.update", obj{"channel": slacktest.Sales, "ts": got["ts"], "text": letters(4000)}); got["ok"] != true {
		t.Errorf("update to 4000: %v", got)
	}
}

// TestOldWorkspace holds what a workspace without newer features says.
func TestOldWorkspace(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{
		Without: []slacktest.Feature{slacktest.Charts, slacktest.DataTables, slacktest.Tables, slacktest.Streaming, slacktest.Agents},
	})
	for kind, block := range map[string]obj{"data_visualization": pie(1, 1, 1), "data_table": dataTable(grid(2, 1)), "table": {"type": "table", "rows": grid(1, 1)}} {
		wrong(t, call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": []any{block}}), "", "unsupported type: "+kind)
	}
	for _, m := range []string{"chat.startStream", "agents.sessions.setStatus", "no.such.method"} {
		if got := call(t, s, m, obj{}); got["error"] != "unknown_method" {
			t.Errorf("%s: %v", m, got)
		}
	}
}

// TestViewLimits holds each limit of a modal.
func TestViewLimits(t *testing.T) {
	t.Parallel()
	input := obj{"type": "input", "label": plain(1), "element": obj{"type": "plain_text_input", "action_id": "a"}}
	modal := func(extra obj) obj {
		o := obj{"type": "modal", "title": plain(1), "blocks": []any{obj{"type": "divider"}}}
		for k, v := range extra {
			o[k] = v
		}
		return o
	}
	for _, c := range []struct {
		name  string
		limit int
		view  func(n int) obj
		says  string
	}{
		{"title", 24, func(n int) obj { return modal(obj{"title": plain(n)}) }, "must be less than 25 characters [json-pointer:/view/title/text]"},
		{"submit", 24, func(n int) obj { return modal(obj{"submit": plain(n)}) }, "must be less than 25 characters"},
		{"close", 24, func(n int) obj { return modal(obj{"close": plain(n)}) }, "must be less than 25 characters"},
		{"metadata", 3000, func(n int) obj { return modal(obj{"private_metadata": letters(n)}) }, "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{"callback", 255, func(n int) obj { return modal(obj{"callback_id": letters(n)}) }, "must be less than 256 characters"},
		{"blocks", 100, func(n int) obj {
			return modal(obj{"blocks": many(n, func(int) any { return obj{"type": "divider"} })})
		}, "no more than 100 items allowed [json-pointer:/view/blocks]"},
		{"no submit", 0, func(n int) obj {
			return modal(obj{"blocks": many(n, func(int) any { return input })})
		}, "must define `submit` to use an `input` block in modals"},
		{"no charts", 0, func(n int) obj { return modal(obj{"blocks": many(n, func(int) any { return pie(1, 1, 1) })}) }, "unsupported type: data_visualization [json-pointer:/view/blocks/0/type]"},
		{"no markdown", 0, func(n int) obj {
			return modal(obj{"blocks": many(n, func(int) any { return obj{"type": "markdown", "text": "x"} })})
		}, "unsupported type: markdown"},
		{"initial value", 3000, func(n int) obj {
			return modal(obj{"submit": plain(1), "blocks": []any{obj{"type": "input", "label": plain(1), "element": obj{"type": "plain_text_input", "action_id": "a", "initial_value": letters(n)}}}})
		}, "must be less than 3001 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := slacktest.Start(t, slacktest.Options{})
			m := s.Say(slacktest.Minji, slacktest.Sales, "x")
			if got := call(t, s, "views.open", obj{"trigger_id": s.Shortcut(slacktest.Minji, "x", m), "view": c.view(c.limit)}); got["ok"] != true {
				t.Errorf("at the limit: %v", got)
			}
			wrong(t, call(t, s, "views.open", obj{"trigger_id": s.Shortcut(slacktest.Minji, "x", m), "view": c.view(c.limit + 1)}), "invalid_arguments", c.says)
			if n := len(s.Modals(slacktest.Minji)); n != 1 {
				t.Errorf("%d modals", n)
			}
		})
	}
}
