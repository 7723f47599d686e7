package slacktest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// elementKind is a kind of element: in which blocks it may be, its fields, and the rest.
type elementKind struct {
	in     []string
	fields []string
	check  func(k *checker, ptr string, e obj)
}

func elementKinds() map[string]elementKind {
	words := strings.Fields
	anywhere := words("section actions input")
	pressed := words("section actions")
	return map[string]elementKind{
		"button": {pressed, words("text url value style confirm accessibility_label"), (*checker).button},
		"image":  {words("section context"), words("image_url slack_file alt_text"), (*checker).picture},
		"overflow": {pressed, words("options confirm"), func(k *checker, ptr string, e obj) {
			k.options(ptr, e, 5)
		}},
		"static_select":              {anywhere, words("placeholder options option_groups initial_option confirm focus_on_load"), (*checker).menu},
		"multi_static_select":        {words("section input"), words("placeholder options option_groups initial_options confirm max_selected_items focus_on_load"), (*checker).menu},
		"external_select":            {anywhere, words("placeholder initial_option min_query_length confirm focus_on_load"), (*checker).menu},
		"users_select":               {anywhere, words("placeholder initial_user confirm focus_on_load"), (*checker).menu},
		"multi_users_select":         {words("section input"), words("placeholder initial_users confirm max_selected_items focus_on_load"), (*checker).menu},
		"channels_select":            {anywhere, words("placeholder initial_channel confirm response_url_enabled focus_on_load"), (*checker).menu},
		"conversations_select":       {anywhere, words("placeholder initial_conversation default_to_current_conversation confirm response_url_enabled filter focus_on_load"), (*checker).menu},
		"multi_conversations_select": {words("section input"), words("placeholder initial_conversations default_to_current_conversation confirm max_selected_items filter focus_on_load"), (*checker).menu},
		"checkboxes":                 {anywhere, words("options initial_options confirm focus_on_load"), (*checker).choices},
		"radio_buttons":              {anywhere, words("options initial_option confirm focus_on_load"), (*checker).choices},
		"datepicker":                 {anywhere, words("initial_date confirm focus_on_load placeholder"), (*checker).menu},
		"timepicker":                 {anywhere, words("initial_time confirm focus_on_load placeholder timezone"), (*checker).menu},
		"datetimepicker":             {words("actions input"), words("initial_date_time confirm focus_on_load"), (*checker).menu},
		"plain_text_input": {
			words("input"), words("initial_value multiline min_length max_length dispatch_action_config focus_on_load placeholder"),
			(*checker).textInput,
		},
		"number_input":     {words("input"), words("is_decimal_allowed initial_value min_value max_value dispatch_action_config focus_on_load placeholder"), (*checker).menu},
		"email_text_input": {words("input"), words("initial_value dispatch_action_config focus_on_load placeholder"), (*checker).menu},
		"url_text_input":   {words("input"), words("initial_value dispatch_action_config focus_on_load placeholder"), (*checker).menu},
		"feedback_buttons": {words("context_actions"), words("positive_button negative_button"), (*checker).feedback},
		"icon_button":      {words("context_actions"), words("icon text value confirm accessibility_label visible_to_user_ids"), (*checker).iconButton},
	}
}

// element checks an element of a block, whose kind is in.
func (k *checker) element(ptr string, v any, in string) {
	e, ok := v.(obj)
	if !ok {
		k.say(ptr, "must provide an object")
		return
	}
	typ, _ := e["type"].(string)
	kind, known := k.elementKinds[typ]
	if !known || !slices.Contains(kind.in, in) {
		k.say(ptr+"/type", "unsupported type: %s", typ)
		return
	}
	k.props(e, ptr, append([]string{"action_id"}, kind.fields...))
	if typ == "image" && e["action_id"] != nil {
		k.say(ptr, "invalid additional property: action_id")
	}
	if id := k.str(e, "action_id", ptr, 0, 255); id != "" {
		if k.actions[id] {
			k.say(ptr+"/action_id", "`action_id` %q already exists", id)
		}
		k.actions[id] = true
	}
	if c, there := e["confirm"]; there {
		k.confirm(ptr+"/confirm", c)
	}
	kind.check(k, ptr, e)
}

func (k *checker) confirm(ptr string, v any) {
	o, ok := v.(obj)
	if !ok {
		k.say(ptr, "must provide an object")
		return
	}
	k.props(o, ptr, []string{"title", "text", "confirm", "deny", "style"})
	k.textObject(o, "title", ptr, "plain_text", 100, true)
	k.textObject(o, "text", ptr, "", 300, true)
	k.textObject(o, "confirm", ptr, "plain_text", 30, true)
	k.textObject(o, "deny", ptr, "plain_text", 30, true)
	k.enum(o, "style", ptr, false, "primary", "danger")
}

func (k *checker) button(ptr string, e obj) {
	k.textObject(e, "text", ptr, "plain_text", 75, true)
	k.str(e, "value", ptr, 0, 2000)
	k.str(e, "accessibility_label", ptr, 0, 75)
	k.enum(e, "style", ptr, false, "primary", "danger")
	if link := k.str(e, "url", ptr, 0, 3000); link != "" && !strings.Contains(link, "://") && !strings.HasPrefix(link, "mailto:") {
		k.say(ptr+"/url", "invalid URL")
	}
}

func (k *checker) iconButton(ptr string, e obj) {
	k.enum(e, "icon", ptr, true, "trash")
	k.textObject(e, "text", ptr, "plain_text", 75, true)
	k.str(e, "value", ptr, 0, 2000)
	k.str(e, "accessibility_label", ptr, 0, 75)
}

func (k *checker) feedback(ptr string, e obj) {
	for _, side := range []string{"positive_button", "negative_button"} {
		b, ok := e[side].(obj)
		if !ok {
			k.say(ptr, "missing required field: %s", side)
			continue
		}
		at := ptr + "/" + side
		k.props(b, at, []string{"text", "value", "accessibility_label"})
		k.textObject(b, "text", at, "plain_text", 75, true)
		k.str(b, "value", at, 1, 2000)
		k.str(b, "accessibility_label", at, 0, 75)
	}
}

func (k *checker) menu(ptr string, e obj) {
	k.textObject(e, "placeholder", ptr, "plain_text", 150, false)
	k.whole(e, "max_selected_items", ptr, 1, 1000)
	k.focus(ptr, e)
	switch typ, _ := e["type"].(string); typ {
	case "datepicker":
		k.form(e, "initial_date", ptr, time.DateOnly)
	case "timepicker":
		k.form(e, "initial_time", ptr, "15:04")
	case "users_select":
		if id := k.str(e, "initial_user", ptr, 1, 255); id != "" {
			k.person(ptr+"/initial_user", id)
		}
	case "multi_users_select":
		if _, there := e["initial_users"]; !there {
			return
		}
		for i, v := range k.list(e, "initial_users", ptr, 1, 1000) {
			k.person(fmt.Sprintf("%s/initial_users/%d", ptr, i), v)
		}
	case "static_select", "multi_static_select":
		k.staticMenu(ptr, e)
	}
}

func (k *checker) staticMenu(ptr string, e obj) {
	groups, grouped := e["option_groups"]
	switch {
	case grouped && e["options"] != nil:
		k.say(ptr, "must provide either `options` or `option_groups`")
	case !grouped:
		k.options(ptr, e, 100)
	default:
		list, _ := groups.([]any)
		if len(list) == 0 || len(list) > 100 {
			k.say(ptr+"/option_groups", "no more than 100 items allowed")
		}
		for i, g := range list {
			at := fmt.Sprintf("%s/option_groups/%d", ptr, i)
			o, _ := g.(obj)
			k.props(o, at, []string{"label", "options"})
			k.textObject(o, "label", at, "plain_text", 75, true)
			k.options(at, o, 100)
		}
	}
	all := optionsOf(e)
	chosen := func(at string, v any) {
		if !slices.ContainsFunc(all, func(o obj) bool { return reflect.DeepEqual(v, any(o)) }) {
			k.say(at, "must be one of the provided options")
		}
	}
	if first, there := e["initial_option"]; there {
		chosen(ptr+"/initial_option", first)
	}
	if _, there := e["initial_options"]; there {
		for i, v := range k.list(e, "initial_options", ptr, 1, 100) {
			chosen(fmt.Sprintf("%s/initial_options/%d", ptr, i), v)
		}
	}
}

// form checks a text that has the form of a time.
func (k *checker) form(e obj, name, ptr, layout string) {
	if _, there := e[name]; !there {
		return
	}
	if _, err := time.Parse(layout, k.str(e, name, ptr, 1, 20)); err != nil {
		k.say(ptr+"/"+name, "must be a valid %s", strings.TrimPrefix(name, "initial_"))
	}
}

// person checks an id of somebody who is there.
func (k *checker) person(ptr string, v any) {
	if id, _ := v.(string); k.user(id) == nil {
		k.say(ptr, "invalid user")
	}
}

// focus checks that one element of a view at the most is in focus when it opens.
func (k *checker) focus(ptr string, e obj) {
	if on, _ := e["focus_on_load"].(bool); on {
		if k.focused {
			k.say(ptr+"/focus_on_load", "only one element can have `focus_on_load` set to true")
		}
		k.focused = true
	}
}

func (k *checker) choices(ptr string, e obj) { k.options(ptr, e, 10) }

// options checks the options of a menu, and that what is chosen at first is one of them.
func (k *checker) options(ptr string, e obj, most int) {
	seen := map[string]bool{}
	kind := "plain_text"
	if e["type"] == "checkboxes" || e["type"] == "radio_buttons" {
		kind = ""
	}
	for i, v := range k.list(e, "options", ptr, 1, most) {
		at := fmt.Sprintf("%s/options/%d", ptr, i)
		o, ok := v.(obj)
		if !ok {
			k.say(at, "must provide an object")
			continue
		}
		k.props(o, at, []string{"text", "value", "description", "url"})
		k.textObject(o, "text", at, kind, 75, true)
		k.textObject(o, "description", at, kind, 75, false)
		seen[k.str(o, "value", at, 1, 150)] = true
	}
	if first, ok := e["initial_option"].(obj); ok {
		if v, _ := first["value"].(string); !seen[v] && e["type"] == "radio_buttons" {
			k.say(ptr+"/initial_option", "must be one of the provided options")
		}
	}
}

func (k *checker) textInput(ptr string, e obj) {
	k.textObject(e, "placeholder", ptr, "plain_text", 150, false)
	k.whole(e, "min_length", ptr, 0, 3000)
	k.whole(e, "max_length", ptr, 1, 3000)
	most := 3000
	if n, ok := e["max_length"].(float64); ok {
		most = int(n)
	}
	k.str(e, "initial_value", ptr, 0, most)
	k.flag(e, "multiline", ptr)
	k.focus(ptr, e)
}
