package teamstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Pressing is how something is pressed.
type Pressing struct {
	// Data picks the action, among those of the same name, whose data has the text.
	Data string
	// Inputs is what was typed or chosen in the card before, by the id of the input.
	Inputs map[string]string
	// Times is how often the activity arrives; 0 means once.
	Times int
}

// Press has a person press the action with the id, title or verb, in a message as they
// see it now. It fails when there is nothing such, or when an input is missing.
func (s *Server) Press(person string, m Message, action string, how ...Pressing) error {
	var h Pressing
	if len(how) > 0 {
		h = how[0]
	}
	s.mu.Lock()
	p, x := s.mustPerson(person), s.find(m.Conversation, m.ID)
	if x == nil || x.deleted {
		s.mu.Unlock()
		return fmt.Errorf("teamstest: %s sees no message %s in %s", person, m.ID, m.Conversation)
	}
	defer s.mu.Unlock()
	for _, a := range s.suggestions(x) {
		if text(a, "title") == action || a["value"] == action {
			return s.suggestedPress(p, x, a, h)
		}
	}
	for i, c := range s.cardsFor(x, person) {
		found, card := findAction(c, action, h.Data)
		if found == nil {
			continue
		}
		return s.pressed(p, x, i, found, card, h)
	}
	return fmt.Errorf("teamstest: no action %q %q in message %s, only %q", action, h.Data, m.ID, titles(s.cardsFor(x, person)))
}

// suggestions are the suggested actions of a message that are there to be pressed: in a
// person's chat only those of the last message are.
func (s *Server) suggestions(m *message) []obj {
	list := suggested(m.activity)
	for i := len(s.order) - 1; i >= 0 && m.room.kind == "personal"; i-- {
		if s.order[i].room == m.room && !s.order[i].deleted {
			if s.order[i] != m {
				return nil
			}
			break
		}
	}
	return list[:min(len(list), maxSuggested)]
}

func (s *Server) suggestedPress(p *Person, m *message, a obj, h Pressing) error {
	switch a["type"] {
	case "imBack":
		s.echo(p, m, text(a, "value"), h.Times)
	case "Action.Submit":
		s.invoke(p, m, "suggestedAction/submit", a["value"], h.Times, nil)
	default:
		return fmt.Errorf("teamstest: %v only fills the compose box", a["type"])
	}
	return nil
}

// echo has a person say what a button says for them.
func (s *Server) echo(p *Person, m *message, words string, times int) {
	said := &message{room: m.room, id: s.nextID(), thread: m.thread, from: p.ID, text: words, reactions: map[string][]string{}}
	s.keep(said)
	said.activity = s.said("message", p, said, nil)
	s.tell(said.activity, p, times, delivery{})
}

// cardsFor are the cards of a message as a person sees them.
func (s *Server) cardsFor(m *message, person string) []obj {
	cards := cardsOf(m.activity)
	for i := range cards {
		if c, ok := m.cards[fmt.Sprint(person, i)].(obj); ok {
			cards[i] = c
		}
	}
	return cards
}

// CardsFor are the cards of a message as a person sees them, which an answer to
// Action.Execute changes for them alone.
func (s *Server) CardsFor(person string, m Message) []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []json.RawMessage
	if x := s.find(m.Conversation, m.ID); x != nil {
		for _, c := range s.cardsFor(x, person) {
			out = append(out, raw(c))
		}
	}
	return out
}

func titles(cards []obj) []string {
	var out []string
	for _, c := range cards {
		eachAction(c, func(a, _ obj) { out = append(out, text(a, "title")) })
	}
	return out
}

func findAction(card obj, name, data string) (action, within obj) {
	eachAction(card, func(a, c obj) {
		if action == nil && (a["title"] == name || a["id"] == name || a["verb"] == name) && (data == "" || strings.Contains(string(raw(a["data"])), data)) {
			action, within = a, c
		}
	})
	return action, within
}

// eachAction shows the actions of a card, and the card that each is in: what is in a
// fallback is not seen.
func eachAction(card obj, visit func(action, card obj)) {
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				look(x)
			}
		case obj:
			typ, _ := v["type"].(string)
			if strings.HasPrefix(typ, "Action.") {
				visit(v, card)
				if inner, ok := v["card"].(obj); ok {
					eachAction(inner, visit)
				}
				return
			}
			for _, name := range order {
				look(v[name])
			}
		}
	}
	look(card["body"])
	look(card["actions"])
	look(card["selectAction"])
}

func (s *Server) pressed(p *Person, m *message, card int, action, within obj, h Pressing) error {
	switch action["type"] {
	case "Action.OpenUrl", "Action.ShowCard":
		return nil
	case "Action.ToggleVisibility":
		for _, id := range toggles(action) {
			m.shown[p.ID+id] = !m.shown[p.ID+id]
		}
		s.notify()
		return nil
	}
	data, err := fillIn(within, action, h.Inputs)
	if err != nil {
		return err
	}
	if action["type"] == "Action.Execute" {
		value := obj{"action": obj{"type": "Action.Execute", "verb": action["verb"], "id": action["id"], "data": data}, "trigger": "manual"}
		s.invoke(p, m, "adaptiveCard/action", value, h.Times, func(body obj) { s.executed(p, m, card, body) })
		return nil
	}
	return s.submit(p, m, data, h)
}

// submit is Action.Submit: a message with a value, unless its data says otherwise.
func (s *Server) submit(p *Person, m *message, data any, h Pressing) error {
	o, _ := data.(obj)
	special, _ := o["msteams"].(obj)
	a := s.from("message", s.nextID(), p, m.room, m.thread)
	a["replyToId"], a["value"] = m.id, data
	a["channelData"].(obj)["source"] = obj{"name": "message"}
	switch text(special, "type") {
	case "task/fetch":
		value := obj{"data": data, "context": obj{"theme": "default"}}
		s.invoke(p, m, "task/fetch", value, h.Times, func(body obj) { s.opened(p, m, "task/submit", nil, body) })
		return nil
	case "imBack":
		s.echo(p, m, text(special, "value"), h.Times)
		return nil
	case "messageBack":
		a["text"] = text(special, "text")
		if v, there := special["value"]; there {
			a["value"] = v
		}
	case "invoke", "signin":
		return fmt.Errorf("teamstest: %v is not done here", special["type"])
	}
	s.tell(a, p, h.Times, delivery{trouble: unreached})
	return nil
}

const (
	unreached = "Unable to reach app. Please try again."
	wentWrong = "Something went wrong. Please try again."
)

// fillIn is the data of an action with what is in the inputs of its card.
func fillIn(card, action obj, typed map[string]string) (any, error) {
	if said, ok := action["data"].(string); ok {
		return said, nil
	}
	data := obj{}
	if o, ok := action["data"].(obj); ok {
		for k, v := range o {
			data[k] = v
		}
	}
	if action["associatedInputs"] == "none" {
		return data, nil
	}
	known := map[string]bool{}
	var missing error
	walk([]any{card["body"]}, func(o obj) {
		if typ, _ := o["type"].(string); !strings.HasPrefix(typ, "Input.") {
			return
		}
		id := text(o, "id")
		known[id] = true
		v, there := typed[id]
		if !there {
			if first, has := o["value"]; has {
				v, there = fmt.Sprint(first), true
			}
		}
		if there {
			if wrong := cannotBe(o, v); wrong != "" {
				missing = fmt.Errorf("teamstest: nobody can enter %q into %s: %s", v, id, wrong)
			}
		}
		if v == "" && o["isRequired"] == true {
			missing = fmt.Errorf("teamstest: the card asks for %s: %s", id, text(o, "errorMessage"))
		}
		if most, ok := o["maxLength"].(float64); ok && len([]rune(v)) > int(most) {
			missing = fmt.Errorf("teamstest: %s takes %v characters", id, most)
		}
		if there {
			data[id] = v
		}
	})
	for id := range typed {
		if !known[id] {
			return nil, fmt.Errorf("teamstest: the card has no input %s", id)
		}
	}
	return data, missing
}

// cannotBe says why people cannot enter a value into an input; empty when they can.
func cannotBe(input obj, v string) string {
	layout := map[string]string{"Input.Date": time.DateOnly, "Input.Time": "15:04"}[text(input, "type")]
	if _, err := time.Parse(layout, v); layout != "" && v != "" && err != nil {
		return "it is no " + layout
	}
	if text(input, "type") != "Input.ChoiceSet" || input["choices.data"] != nil || v == "" {
		return ""
	}
	values := []string{v}
	if input["isMultiSelect"] == true {
		values = strings.Split(v, ",")
	}
	for _, one := range values {
		if !slices.ContainsFunc(objects(input["choices"]), func(c obj) bool { return c["value"] == one }) {
			return "it is not offered"
		}
	}
	return ""
}

// invoke calls the app about a message, which answers in the response.
func (s *Server) invoke(p *Person, m *message, name string, value any, times int, answer func(obj)) {
	a := s.from("invoke", "f:"+s.uuid(), p, m.room, m.thread)
	a["name"], a["value"], a["replyToId"] = name, value, m.id
	a["channelData"].(obj)["source"] = obj{"name": "message"}
	s.tell(a, p, times, delivery{tries: 2, trouble: unreached, answer: func(status int, body []byte) {
		var o obj
		if len(body) > 0 && json.Unmarshal(body, &o) != nil || answer != nil && status == http.StatusAccepted {
			s.troubles[p.ID] = append(s.troubles[p.ID], wentWrong)
			return
		}
		if answer != nil {
			answer(o)
		}
	}})
}

// View has a person look at a message: a card that asks for it is refreshed for them.
func (s *Server) View(person string, m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, x := s.mustPerson(person), s.find(m.Conversation, m.ID)
	if x == nil || x.deleted {
		return
	}
	for i, c := range s.cardsFor(x, person) {
		refresh, _ := c["refresh"].(obj)
		action, _ := refresh["action"].(obj)
		ids, limited := refresh["userIds"].([]any)
		if action == nil || limited && !slices.Contains(ids, any(person)) {
			continue
		}
		value := obj{"action": obj{"type": "Action.Execute", "verb": action["verb"], "id": action["id"], "data": action["data"]}, "trigger": "automatic"}
		s.invoke(p, x, "adaptiveCard/action", value, 1, func(body obj) { s.executed(p, x, i, body) })
	}
}

// executed takes the answer to Action.Execute. s.mu is held.
func (s *Server) executed(p *Person, m *message, card int, body obj) {
	status, _ := body["statusCode"].(float64)
	switch kind := body["type"]; {
	case status == http.StatusOK && kind == adaptive:
		c, _ := body["value"].(obj)
		if wrong := CheckCard(raw(c)); len(wrong) > 0 {
			s.complaints = append(s.complaints, "adaptiveCard/action: "+wrong[0])
			s.troubles[p.ID] = append(s.troubles[p.ID], wentWrong)
			return
		}
		m.cards[fmt.Sprint(p.ID, card)] = c
	case status == http.StatusOK && kind == "application/vnd.microsoft.activity.message":
		s.notes[p.ID] = append(s.notes[p.ID], text(body, "value"))
	default:
		s.troubles[p.ID] = append(s.troubles[p.ID], wentWrong)
	}
}

// dialog is what is open in front of a person.
type dialog struct {
	Dialog
	about  *message
	submit string // the name of the invoke
	extra  obj    // that goes with it
}

// Dialog is a task module.
type Dialog struct {
	Title string
	Card  json.RawMessage
	URL   string
}

// Dialog is what is open in front of a person.
func (s *Server) Dialog(person string) (Dialog, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dialogs[person]
	if d == nil {
		return Dialog{}, false
	}
	return d.Dialog, true
}

// CloseDialog has a person close it.
func (s *Server) CloseDialog(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.dialogs, person)
	s.notify()
}

// opened takes the answer to a dialog's invoke. s.mu is held.
func (s *Server) opened(p *Person, m *message, submit string, extra obj, body obj) {
	task, _ := body["task"].(obj)
	delete(s.dialogs, p.ID)
	switch task["type"] {
	case "continue":
		value, _ := task["value"].(obj)
		attachment, _ := value["card"].(obj)
		card, _ := attachment["content"].(obj)
		d := &dialog{Dialog: Dialog{Title: text(value, "title"), URL: text(value, "url")}, about: m, submit: submit, extra: extra}
		if card != nil {
			d.Card = raw(card)
			if wrong := CheckCard(d.Card); len(wrong) > 0 || attachment["contentType"] != adaptive {
				s.complaints = append(s.complaints, fmt.Sprint("task: ", wrong))
				s.troubles[p.ID] = append(s.troubles[p.ID], wentWrong)
				return
			}
		}
		if card == nil && d.URL == "" {
			s.troubles[p.ID] = append(s.troubles[p.ID], wentWrong)
			return
		}
		s.dialogs[p.ID] = d
	case "message":
		s.notes[p.ID] = append(s.notes[p.ID], text(task, "value"))
	case nil:
		if submit == "" || len(body) > 0 {
			s.troubles[p.ID] = append(s.troubles[p.ID], wentWrong)
		}
	default:
		s.troubles[p.ID] = append(s.troubles[p.ID], wentWrong)
	}
}

// SubmitDialog has a person press the action in the dialog that is open, the first when
// action is empty, with inputs by their ids.
func (s *Server) SubmitDialog(person, action string, inputs map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, d := s.mustPerson(person), s.dialogs[person]
	if d == nil {
		return fmt.Errorf("teamstest: no dialog in front of %s", person)
	}
	var card obj
	_ = json.Unmarshal(d.Card, &card)
	found, within := findAction(card, action, "")
	if action == "" {
		eachAction(card, func(a, c obj) {
			if found == nil && a["type"] == "Action.Submit" {
				found, within = a, c
			}
		})
	}
	if found == nil {
		return fmt.Errorf("teamstest: no action %q in the dialog, only %q", action, titles([]obj{card}))
	}
	data, err := fillIn(within, found, inputs)
	if err != nil {
		return err
	}
	value := obj{"data": data, "context": obj{"theme": "default"}}
	if d.extra != nil {
		value = obj{"actionName": "feedback", "actionValue": obj{"reaction": d.extra["reaction"], "feedback": string(raw(data))}}
	}
	s.invoke(p, d.about, d.submit, value, 1, func(body obj) { s.opened(p, d.about, d.submit, nil, body) })
	return nil
}

// Feedback has a person press the thumb of a message, "like" or "dislike", and write why.
// Where the app asks in a dialog of its own, that opens, and SubmitDialog answers it.
func (s *Server) Feedback(person string, m Message, reaction, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, x := s.mustPerson(person), s.find(m.Conversation, m.ID)
	if x == nil || x.deleted {
		return fmt.Errorf("teamstest: %s sees no message %s in %s", person, m.ID, m.Conversation)
	}
	switch feedbackOf(x.activity) {
	case "default":
		value := obj{"actionName": "feedback", "actionValue": obj{"reaction": reaction, "feedback": string(raw(obj{"feedbackText": why}))}}
		s.invoke(p, x, "message/submitAction", value, 1, nil)
	case "custom":
		extra := obj{"reaction": reaction}
		value := obj{"data": obj{"actionName": "feedback", "actionValue": extra}}
		s.invoke(p, x, "message/fetchTask", value, 1, func(body obj) { s.opened(p, x, "message/submitAction", extra, body) })
	default:
		return fmt.Errorf("teamstest: message %s asks for no feedback", m.ID)
	}
	return nil
}
