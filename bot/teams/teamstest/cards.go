package teamstest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

const (
	adaptive   = "application/vnd.microsoft.card.adaptive"
	maxActions = 6
)

// card checks an Adaptive Card.
func (k *checker) card(where string, c obj, nested bool) {
	if c["type"] != "AdaptiveCard" {
		k.refuse("BadArgument", "%s: type is not AdaptiveCard", where)
		return
	}
	version, has := c["version"].(string)
	if !has && !nested || has && !slices.Contains([]string{"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"}, version) {
		k.refuse("BadArgument", "%s: version is %v, Teams shows 1.5", where, c["version"])
	}
	if x, there := c["$schema"]; there && x != "http://adaptivecards.io/schemas/adaptive-card.json" && x != "https://adaptivecards.io/schemas/adaptive-card.json" {
		k.refuse("BadArgument", "%s: $schema is %v", where, x)
	}
	if len(objects(c["body"])) == 0 {
		k.refuse("BadArgument", "%s: the body is empty", where)
	}
	k.typed(where, "AdaptiveCard", c)
	if nested {
		return
	}
	k.targets(where, c)
	k.cardMentions(where, c)
	if r, ok := c["refresh"].(obj); ok {
		if ids, _ := r["userIds"].([]any); len(ids) > 60 {
			k.refuse("BadArgument", "%s: refresh names more than 60 people", where)
		}
	}
}

// typed checks the fields of an object.
func (k *checker) typed(where, typ string, o obj) {
	fields := k.cards.types[typ]
	for name, f := range fields {
		if _, there := o[name]; f.required && !there {
			k.refuse("BadArgument", "%s: %s has no %s", where, typ, name)
		}
	}
	for name, v := range o {
		f, known := fields[name]
		if name == "type" && !known {
			continue
		}
		if !known {
			k.refuse("BadArgument", "%s: %s has no field %s", where, typ, name)
			continue
		}
		k.value(where+"/"+name, f.kind, v)
	}
}

func (k *checker) value(where, kind string, v any) {
	good := true
	switch kind {
	case "any":
	case "string":
		_, good = v.(string)
	case "bool":
		_, good = v.(bool)
	case "number":
		_, good = v.(float64)
	case "object":
		_, good = v.(obj)
	case "elements":
		k.each(where, v, k.element)
	case "actions":
		k.actions(where, v)
	case "action":
		k.action(where, v)
	case "inlines":
		k.each(where, v, k.inline)
	case "fallback":
		k.fallback(where, v)
	default:
		k.named(where, kind, v)
	}
	if !good {
		k.refuse("BadArgument", "%s: no %s but %.40v", where, kind, v)
	}
}

// named checks a value of an enum, of a type, or a list of a type.
func (k *checker) named(where, kind string, v any) {
	if typ, list := strings.CutPrefix(kind, "["); list {
		typ = strings.TrimSuffix(typ, "]")
		k.each(where, v, func(where string, x any) {
			if typ == "string" {
				k.value(where, "string", x)
				return
			}
			k.named(where, typ, x)
		})
		return
	}
	allowed, isEnum := k.cards.enums[kind]
	if text, inline := strings.CutPrefix(kind, "enum("); inline {
		allowed, isEnum = strings.Split(strings.TrimSuffix(text, ")"), "|"), true
	}
	if isEnum {
		s, _ := v.(string)
		if !slices.ContainsFunc(allowed, func(x string) bool { return strings.EqualFold(x, s) }) {
			k.refuse("BadArgument", "%s: %.40v is none of %v", where, v, allowed)
		}
		return
	}
	o, ok := v.(obj)
	if !ok {
		k.refuse("BadArgument", "%s: no object", where)
		return
	}
	if kind == "AdaptiveCard" {
		k.card(where, o, true)
		return
	}
	_, own := k.cards.types[kind]["type"]
	if t, there := o["type"]; there && !own && t != kind {
		k.refuse("BadArgument", "%s: type is %v, not %s", where, t, kind)
	}
	k.typed(where, kind, o)
	k.further(where, kind, o)
}

func (k *checker) each(where string, v any, check func(string, any)) {
	list, ok := v.([]any)
	if !ok {
		k.refuse("BadArgument", "%s: no list", where)
	}
	for i, x := range list {
		check(fmt.Sprintf("%s/%d", where, i), x)
	}
}

// element checks an element of a body.
func (k *checker) element(where string, v any) {
	o, _ := v.(obj)
	typ, _ := o["type"].(string)
	if !k.cards.isElement(typ) {
		k.refuse("BadArgument", "%s: unknown element %q", where, typ)
		return
	}
	k.typed(where, typ, o)
	k.further(where, typ, o)
}

// further checks what types do not say.
func (k *checker) further(where, typ string, o obj) {
	if id, there := o["id"].(string); there {
		if k.ids[id] || id == "" {
			k.refuse("BadArgument", "%s: id %q is not its own", where, id)
		}
		k.ids[id] = true
	}
	switch {
	case strings.HasPrefix(typ, "Input."):
		k.input(where, typ, o)
	case strings.HasPrefix(typ, "Chart."):
		k.chart(where, typ, o)
	case typ == "Image":
		k.picture(where, text(o, "url"))
	case typ == "Table":
		columns := len(objects(o["columns"]))
		for i, r := range objects(o["rows"]) {
			if n := len(objects(r["cells"])); n > columns {
				k.refuse("BadArgument", "%s/rows/%d: %d cells in %d columns", where, i, n, columns)
			}
		}
	case typ == "FactSet" && len(objects(o["facts"])) == 0, typ == "ImageSet" && len(objects(o["images"])) == 0:
		k.refuse("BadArgument", "%s: %s is empty", where, typ)
	}
}

func (k *checker) input(where, typ string, o obj) {
	if text(o, "id") == "" {
		k.refuse("BadArgument", "%s: %s has no id", where, typ)
	}
	if o["isRequired"] == true && (text(o, "label") == "" || text(o, "errorMessage") == "") {
		k.refuse("BadArgument", "%s: what is required has a label and an errorMessage", where)
	}
	if typ == "Input.ChoiceSet" && len(objects(o["choices"])) == 0 && o["choices.data"] == nil {
		k.refuse("BadArgument", "%s: no choices", where)
	}
}

// chart checks a chart, which not every client draws.
func (k *checker) chart(where, typ string, o obj) {
	if _, ok := o["fallback"].(obj); !ok {
		k.refuse("BadArgument", "%s: %s has no element as fallback", where, typ)
	}
	if typ == "Chart.Gauge" {
		if _, ok := o["value"].(float64); !ok {
			k.refuse("BadArgument", "%s: a gauge has a value", where)
		}
		return
	}
	data := objects(o["data"])
	if len(data) == 0 {
		k.refuse("BadArgument", "%s: no data", where)
	}
	k.points(where+"/data", data)
}

func (k *checker) points(where string, data []obj) {
	for i, d := range data {
		where := fmt.Sprintf("%s/%d", where, i)
		series := false
		for _, name := range []string{"values", "data"} {
			if list, there := d[name]; there {
				series = true
				k.points(where+"/"+name, objects(list))
			}
		}
		_, y := d["y"].(float64)
		_, value := d["value"].(float64)
		if !series && !y && !value {
			k.refuse("BadArgument", "%s: no value", where)
		}
	}
}

func (k *checker) inline(where string, v any) {
	if _, plain := v.(string); plain {
		return
	}
	o, _ := v.(obj)
	switch typ, _ := o["type"].(string); typ {
	case "TextRun", "IconRun", "ImageRun":
		k.typed(where, typ, o)
	default:
		k.refuse("BadArgument", "%s: unknown inline %q", where, typ)
	}
}

func (k *checker) fallback(where string, v any) {
	if v == "drop" {
		return
	}
	o, _ := v.(obj)
	if typ, _ := o["type"].(string); k.cards.isAction(typ) {
		k.action(where, v)
		return
	}
	// An element's fallback may have the ids that the element has.
	ids := k.ids
	k.ids = map[string]bool{}
	typ, _ := o["type"].(string)
	if strings.Contains(" Column TableRow TableCell ", " "+typ+" ") {
		k.typed(where, typ, o)
	} else {
		k.element(where, v)
	}
	k.ids = ids
}

func (k *checker) actions(where string, v any) {
	k.each(where, v, k.action)
	primary := 0
	for _, a := range objects(v) {
		if a["mode"] != "secondary" {
			primary++
		}
	}
	if primary > maxActions {
		k.refuse("BadArgument", "%s: %d actions, Teams shows %d", where, primary, maxActions)
	}
}

var submitTypes = []string{"messageBack", "imBack", "signin", "invoke", "task/fetch"}

func (k *checker) action(where string, v any) {
	o, _ := v.(obj)
	typ, _ := o["type"].(string)
	if !k.cards.isAction(typ) {
		k.refuse("BadArgument", "%s: unknown action %q", where, typ)
		return
	}
	k.typed(where, typ, o)
	if strings.Contains(where, "/actions/") && text(o, "title") == "" && text(o, "iconUrl") == "" {
		k.refuse("BadArgument", "%s: an action has a title", where)
	}
	switch typ {
	case "Action.OpenUrl":
		if u, err := url.Parse(text(o, "url")); err != nil || !slices.Contains([]string{"https", "http", "mailto", "tel", "msteams", "sip"}, u.Scheme) {
			k.refuse("BadArgument", "%s: url %.80q", where, text(o, "url"))
		}
	case "Action.Submit", "Action.Execute":
		data, isObj := o["data"].(obj)
		if _, isText := o["data"].(string); o["data"] != nil && !isObj && !isText {
			k.refuse("BadArgument", "%s: data is neither an object nor a text", where)
		}
		if m, ok := data["msteams"].(obj); ok && m["type"] != nil && !slices.Contains(submitTypes, text(m, "type")) {
			k.refuse("BadArgument", "%s: data.msteams.type is %v", where, m["type"])
		}
	case "Action.ShowCard":
		if _, ok := o["card"].(obj); !ok {
			k.refuse("BadArgument", "%s: no card", where)
		}
	}
}

// targets checks that what ToggleVisibility toggles is there.
func (k *checker) targets(where string, c obj) {
	walk(c, func(o obj) {
		if o["type"] != "Action.ToggleVisibility" {
			return
		}
		list, _ := o["targetElements"].([]any)
		if len(list) == 0 {
			k.refuse("BadArgument", "%s: ToggleVisibility of nothing", where)
		}
		for _, id := range toggles(o) {
			if !k.ids[id] {
				k.refuse("BadArgument", "%s: ToggleVisibility of %q, which is not there", where, id)
			}
		}
	})
}

// toggles are the ids that a ToggleVisibility toggles.
func toggles(action obj) []string {
	list, _ := action["targetElements"].([]any)
	var out []string
	for _, x := range list {
		if o, ok := x.(obj); ok {
			x = o["elementId"]
		}
		id, _ := x.(string)
		out = append(out, id)
	}
	return out
}

// cardMentions checks the mentions in a card.
func (k *checker) cardMentions(where string, c obj) {
	m, _ := c["msteams"].(obj)
	said := strings.Join(read(nil, c), "\n")
	for i, e := range objects(m["entities"]) {
		k.mention(fmt.Sprintf("%s/msteams/entities/%d", where, i), said, e)
	}
}

// walk shows every object in a value.
func walk(v any, visit func(obj)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(x, visit)
		}
	case obj:
		visit(v)
		for _, x := range v {
			walk(x, visit)
		}
	}
}
