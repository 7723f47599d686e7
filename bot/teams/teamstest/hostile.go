package teamstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Hostile are bodies that an app must survive though they come with a genuine token, by
// what is wrong with each: a message with any one part of it replaced by what nobody
// expects there, and what is hardly JSON. Give them to Post.
func (s *Server) Hostile() map[string][]byte {
	out := map[string][]byte{
		"empty": {}, "null": []byte("null"), "a list": []byte("[]"), "a text": []byte(`"x"`), "half": []byte(`{"type":"message"`), "two": []byte("{}{}"),
		"deep": []byte(strings.Repeat(`{"a":[`, 20000)), "deep and whole": []byte(strings.Repeat("[", 20000) + strings.Repeat("]", 20000)),
		"a mark": []byte("\ufeff{}"), "no UTF-8": []byte("{\"type\":\"\xff\xfe\"}"), "NUL": []byte("\x00"),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, r := s.person(Minji), s.rooms[Sales]
	example := func() obj {
		m := &message{room: r, thread: s.nextID(), id: s.nextID(), from: p.ID, text: s.Mention() + " hi"}
		a := s.said("message", p, m, nil)
		a["value"], a["replyToId"] = obj{"action": "x"}, m.thread
		var generic obj
		_ = json.Unmarshal(raw(a), &generic)
		return generic
	}
	for _, path := range paths("", example()) {
		for i, v := range []any{nil, true, -1, 1e300, "", "\u0000\u202e", []any{}, obj{}, []any{nil}, []any{[]any{1}}, obj{"id": obj{"id": 1}}} {
			a := example()
			replace(a, strings.Split(path, "/"), v)
			out[fmt.Sprintf("%s is %.20s (%d)", path, raw(v), i)] = raw(a)
		}
	}
	for name, change := range map[string]func(obj){
		"huge text":       func(a obj) { a["text"] = strings.Repeat("가", 1<<20) },
		"many entities":   func(a obj) { a["entities"] = slices.Repeat(a["entities"].([]any), 4000) },
		"mentions of air": func(a obj) { a["text"] = strings.Repeat("<at>", 50000) },
		"lone surrogate":  func(a obj) { a["text"] = "SURROGATE" },
		"twice":           func(a obj) { a["text"] = "TWICE" },
	} {
		a := example()
		change(a)
		body := strings.Replace(string(raw(a)), "SURROGATE", `\ud800`, 1)
		out[name] = []byte(strings.Replace(body, `"TWICE"`, `"a","text":{},"type":"message"`, 1))
	}
	return out
}

// paths are those of the parts of a value.
func paths(at string, v any) []string {
	var out []string
	add := func(name string, x any) {
		path := strings.TrimPrefix(at+"/"+name, "/")
		out = append(append(out, path), paths(path, x)...)
	}
	switch v := v.(type) {
	case obj:
		for name, x := range v {
			add(name, x)
		}
	case []any:
		for i, x := range v {
			add(fmt.Sprint(i), x)
		}
	}
	return out
}

func replace(v any, path []string, by any) {
	switch v := v.(type) {
	case obj:
		if len(path) == 1 {
			v[path[0]] = by
			return
		}
		replace(v[path[0]], path[1:], by)
	case []any:
		var i int
		_, _ = fmt.Sscan(path[0], &i)
		if len(path) == 1 {
			v[i] = by
			return
		}
		replace(v[i], path[1:], by)
	}
}
