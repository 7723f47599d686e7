package slacktest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

func option(v string) obj { return obj{"text": obj{"type": "plain_text", "text": v}, "value": v} }

// field is an input whose element has the action id and block id of its name.
func field(name, kind string, extra obj) obj {
	el := obj{"type": kind, "action_id": name}
	for k, v := range extra {
		el[k] = v
	}
	return obj{"type": "input", "block_id": name, "label": plain(2), "element": el}
}

func form(fields ...any) obj {
	return obj{"type": "modal", "callback_id": "form", "title": plain(3), "submit": plain(2), "blocks": fields}
}

// TestFieldsOfForms holds what stands in a form's fields at first.
func TestFieldsOfForms(t *testing.T) {
	t.Parallel()
	menu := []any{option("a"), option("b")}
	for name, c := range map[string]struct {
		good, bad []any
		says      string
	}{
		"a date": {
			[]any{field("x", "datepicker", obj{"initial_date": "2026-11-27"})}, []any{field("x", "datepicker", obj{"initial_date": "11/27"})},
			"must be a valid date [json-pointer:/view/blocks/0/element/initial_date]",
		},
		"a time": {[]any{field("x", "timepicker", obj{"initial_time": "09:05"})}, []any{field("x", "timepicker", obj{"initial_time": "25:00"})}, "must be a valid time"},
		"a choice": {
			[]any{field("x", "static_select", obj{"options": menu, "initial_option": option("b")})},
			[]any{field("x", "static_select", obj{"options": menu, "initial_option": obj{"text": plain(1), "value": "b"}})}, "must be one of the provided options",
		},
		"choices": {
			[]any{field("x", "multi_static_select", obj{"options": menu, "initial_options": []any{option("b")}})},
			[]any{field("x", "multi_static_select", obj{"options": menu, "initial_options": []any{option("c")}})}, "must be one of the provided options [json-pointer:/view/blocks/0/element/initial_options/0]",
		},
		"groups": {
			[]any{field("x", "static_select", obj{"option_groups": []any{obj{"label": plain(1), "options": menu}}, "initial_option": option("a")})},
			[]any{field("x", "static_select", obj{"option_groups": []any{obj{"label": plain(1), "options": menu}}, "options": menu})}, "must provide either",
		},
		"people": {
			[]any{field("x", "multi_users_select", obj{"initial_users": []any{slacktest.Alex}})},
			[]any{field("x", "multi_users_select", obj{"initial_users": []any{"U0NOBODY00"}})}, "invalid user",
		},
		"focus": {
			[]any{field("x", "plain_text_input", obj{"focus_on_load": true}), field("y", "datepicker", nil)},
			[]any{field("x", "plain_text_input", obj{"focus_on_load": true}), field("y", "datepicker", obj{"focus_on_load": true})}, "only one element",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := slacktest.Start(t, slacktest.Options{})
			open := func(fields []any) obj {
				return call(t, s, "views.open", obj{"trigger_id": s.Shortcut(slacktest.Minji, "x", slacktest.Message{}), "view": form(fields...)})
			}
			if got := open(c.good); got["ok"] != true {
				t.Errorf("refused: %v", got)
			}
			wrong(t, open(c.bad), "invalid_arguments", c.says)
		})
	}
}

// What was filled in comes as Slack tells it: several are lists, and what nobody touched is
// as it was.
func TestFormsAreFilledIn(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	menu := []any{option("a"), option("b"), option("c")}
	view := form(
		field("date", "datepicker", obj{"initial_date": "2026-11-27"}), field("time", "timepicker", nil), field("one", "static_select", obj{"options": menu, "initial_option": option("a")}),
		field("some", "multi_static_select", obj{"options": menu}), field("who", "multi_users_select", nil), field("text", "plain_text_input", obj{"initial_value": "was", "max_length": 5}),
	)
	if got := call(t, s, "views.open", obj{"trigger_id": s.Shortcut(slacktest.Minji, "x", slacktest.Message{}), "view": view}); got["ok"] != true {
		t.Fatal(got)
	}
	filled := map[string]string{"time": "10:30", "some": "a,c", "who": slacktest.Alex + "," + slacktest.Minji}
	for name, v := range map[string]string{"time": "soon", "date": "soon", "one": "z", "some": "a,z", "text": "too long", "who": "", "other": "x"} {
		values := map[string]string{}
		for k, x := range filled {
			values[k] = x
		}
		values[name] = v
		if err := s.Submit(slacktest.Minji, values); err == nil {
			t.Errorf("%s can be %q", name, v)
		}
	}
	a.mu.Lock()
	a.reply = func(request) (int, string) { return 200, `{"response_action":"errors","errors":{"nowhere":"x"}}` }
	a.mu.Unlock()
	for range 2 {
		if err := s.Submit(slacktest.Minji, filled); err != nil {
			t.Fatal(err)
		}
		if err := s.Idle(soon(t)); err != nil {
			t.Fatal(err)
		}
		if said := s.Complaints()[""]; !strings.Contains(said, "nowhere") {
			t.Errorf("an error at no input is %v", s.Complaints())
		}
	}
	got := a.got()
	values, _ := url.ParseQuery(string(got[len(got)-1].body))
	var told struct {
		View struct {
			State struct {
				Values map[string]map[string]obj `json:"values"`
			} `json:"state"`
		} `json:"view"`
	}
	if err := json.Unmarshal([]byte(values.Get("payload")), &told); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"date": "map[selected_date:2026-11-27 type:datepicker]", "time": "map[selected_time:10:30 type:timepicker]", "text": "map[type:plain_text_input value:was]",
		"who": fmt.Sprintf("map[selected_users:[%s %s] type:multi_users_select]", slacktest.Alex, slacktest.Minji),
	} {
		if got := fmt.Sprint(told.View.State.Values[name][name]); got != want {
			t.Errorf("%s is told as %s, want %s", name, got, want)
		}
	}
	some, _ := told.View.State.Values["some"]["some"]["selected_options"].([]any)
	if one, _ := told.View.State.Values["one"]["one"]["selected_option"].(obj); len(some) != 2 || one["value"] != "a" {
		t.Errorf("got %v and %v", one, some)
	}
}
